//! The facts on which the scheduler bases one round of planning.

use crate::config::EnvironmentConfig;
use crate::model::Estate;
use jiff::Timestamp;

/// One round of planning: what is known, what is configured, and what is on the screen.
#[derive(Clone, Copy)]
pub(super) struct Round<'a> {
    pub(super) estate: &'a Estate,
    pub(super) environment: &'a EnvironmentConfig,
    /// Names of the services on the screen: they are read first.
    pub(super) visible: &'a [String],
    /// The factor by which intervals are stretched: 2 without the focus.
    pub(super) slow: i32,
    pub(super) now: Timestamp,
}
