//! A person's knowledge of the operations of this session: which they said yes to, which ends they were told, which
//! failures they have not looked at. It stays when the environment is switched, as operations do.

use super::operation::outcome::Verdict;
use super::operation::{Operation, OperationId};
use crate::model::Health;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The notices about operations that the user has been shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperationNotices {
    /// The operations that were confirmed or are watched; the others were only looked at.
    pub confirmed: BTreeSet<OperationId>,
    /// The operations whose first change was followed by a poll of the services.
    pub(super) begun: BTreeSet<OperationId>,
    /// Operations whose end was reported.
    pub(super) told: BTreeSet<OperationId>,
    /// Operations that failed and were not opened since.
    pub unacknowledged: BTreeSet<OperationId>,
    /// When quit was requested; pending audit writes finish first.
    pub(super) leaving: Option<Timestamp>,
    /// Operations that were still running when the session ended.
    pub left: Vec<OperationId>,
}

/// The state of an operation, as a sign and colour.
pub fn health(operation: &Operation) -> Health {
    match operation.outcome.as_ref().map(|outcome| outcome.verdict) {
        None => Health::Changing,
        Some(Verdict::Done) => Health::Healthy,
        Some(Verdict::RolledBack | Verdict::Failed | Verdict::Refused | Verdict::Impossible) => Health::Down,
        Some(Verdict::Unknown) => Health::Unknown,
        Some(Verdict::Cancelled) => Health::Stopped,
    }
}

/// Whether it ended otherwise than was asked for.
pub fn ended_badly(operation: &Operation) -> bool {
    matches!(health(operation), Health::Down | Health::Unknown)
}

/// `1/2`, where there is a total.
pub fn fraction(operation: &Operation) -> String {
    operation.progress().map_or_else(String::new, |(done, all)| format!("{done}/{all}"))
}

/// How long it has been going on, or took.
pub fn elapsed(operation: &Operation, now: Timestamp) -> jiff::SignedDuration {
    let began = operation.began().unwrap_or(operation.asked);
    operation.took().unwrap_or_else(|| operation.ended.unwrap_or(now).duration_since(began))
}
