//! The sources that a reader of the estate needs.

use crate::model::Source;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// The sources that a reader of the estate needs; others are not requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wants {
    pub sources: BTreeSet<Source>,
    /// Whether metrics of services are needed, too, not only those of databases.
    pub service_metrics: bool,
    /// How far back the timeline goes.
    pub history: SignedDuration,
    /// Where the timeline ends, on AWS's clock; `None` for now.
    pub until: Option<Timestamp>,
    /// Whether everything is read only once.
    pub once: bool,
}

/// How far back the timeline of the screen goes.
pub const HISTORY: SignedDuration = SignedDuration::from_hours(2);

impl Wants {
    /// The sources that the screen shows.
    pub fn of_screen() -> Self {
        let mut wants = Self::default();
        wants.sources.extend(Source::TIMELINE_ONLY);
        wants.sources.insert(Source::Agents);
        wants
    }
}

impl Default for Wants {
    fn default() -> Self {
        Self { sources: Source::ALL.into(), service_metrics: true, history: HISTORY, until: None, once: false }
    }
}
