//! The facts by which the scheduler plans at one moment.

use crate::config::EnvironmentConfig;
use crate::model::Estate;
use jiff::Timestamp;

/// One round of planning: what is known, what is configured, and what a person looks at.
#[derive(Clone, Copy)]
pub(super) struct Round<'a> {
    pub(super) estate: &'a Estate,
    pub(super) environment: &'a EnvironmentConfig,
    /// Names of the services on the screen: they are read first.
    pub(super) visible: &'a [String],
    /// The factor by which intervals are longer than configured: 2 without the focus.
    pub(super) slow: i32,
    pub(super) now: Timestamp,
}
