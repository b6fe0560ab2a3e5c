//! Which operations of this session the person confirmed, which ends were reported to them, and which failures they
//! have not looked at yet. It survives a switch of environment, as operations do.

use super::operation::outcome::Verdict;
use super::operation::{Operation, OperationId};
use crate::model::Health;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The notices about operations that the person has been shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperationNotices {
    /// Operations that were confirmed or are watched; the others were only viewed.
    pub confirmed: BTreeSet<OperationId>,
    /// Operations whose first change triggered a poll of the services.
    pub(super) begun: BTreeSet<OperationId>,
    /// Operations whose end was reported.
    pub(super) reported: BTreeSet<OperationId>,
    /// Operations that failed and have not been opened since.
    pub unacknowledged: BTreeSet<OperationId>,
    /// When quitting was requested; pending audit writes finish first.
    pub(super) leaving: Option<Timestamp>,
    /// Operations that were still running when the session ended.
    pub still_running: Vec<OperationId>,
}

/// The health whose sign and colour show the state of an operation.
pub fn health(operation: &Operation) -> Health {
    match operation.outcome.as_ref().map(|outcome| outcome.verdict) {
        None => Health::Changing,
        Some(Verdict::Done) => Health::Healthy,
        Some(Verdict::RolledBack | Verdict::Failed | Verdict::Refused | Verdict::Impossible) => Health::Down,
        Some(Verdict::Unknown) => Health::Unknown,
        Some(Verdict::Cancelled) => Health::Stopped,
    }
}

/// Whether it ended otherwise than requested.
pub fn ended_badly(operation: &Operation) -> bool {
    matches!(health(operation), Health::Down | Health::Unknown)
}

/// The progress as `1/2`; empty if there is no total.
pub fn fraction(operation: &Operation) -> String {
    operation.progress().map_or_else(String::new, |(done, all)| format!("{done}/{all}"))
}

/// How long the operation has been running, or took.
pub fn elapsed(operation: &Operation, now: Timestamp) -> jiff::SignedDuration {
    let began = operation.began().unwrap_or(operation.requested_at);
    operation.duration().unwrap_or_else(|| operation.ended.unwrap_or(now).duration_since(began))
}
