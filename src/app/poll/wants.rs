//! The sources that a reader of the estate needs.

use crate::model::Source;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// The sources that a reader of the estate needs; the others are not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wants {
    pub sources: BTreeSet<Source>,
    /// Curves of services, not only of databases.
    pub service_metrics: bool,
    /// How far back the time line goes.
    pub history: SignedDuration,
    /// Up to when, by the service's clock; none for now.
    pub until: Option<Timestamp>,
    /// Everything once, rather than again and again.
    pub once: bool,
}

/// The time line of the screen goes so far back.
pub const HISTORY: SignedDuration = SignedDuration::from_hours(2);

impl Wants {
    /// The sources that the screen shows.
    pub fn of_screen() -> Self {
        let mut wants = Self::default();
        wants.sources.extend(Source::OF_TIMELINE);
        wants.sources.insert(Source::Agents);
        wants
    }
}

impl Default for Wants {
    fn default() -> Self {
        Self { sources: Source::ALL.into(), service_metrics: true, history: HISTORY, until: None, once: false }
    }
}
