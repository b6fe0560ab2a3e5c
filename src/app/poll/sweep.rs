//! Sweeps: names or ids by pages, then their descriptions in batches.
use crate::feeds::aws::Query;
use crate::model::{Failure, FailureKind, Observed};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Maximum number of services per `DescribeServices` call. Source: its API reference.
pub const SERVICES_PER_CALL: usize = 10;

/// Maximum number of tasks per `DescribeTasks` call. Source: its API reference.
pub const TASKS_PER_CALL: usize = 100;

/// A sweep over services or tasks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sweep {
    /// Number of list requests in flight.
    pub(crate) lists: usize,
    /// Names or ids returned by the lists.
    pub(crate) listed: BTreeSet<String>,
    /// Those of them that the next batches describe.
    pub(crate) waiting: Vec<String>,
    /// Number of batches in flight.
    pub(crate) batches: usize,
    /// Number of things whose batch failed.
    pub(crate) unread: usize,
    /// Why a list ended early.
    pub(crate) list_failure: Option<Failure>,
    /// The first failure of a batch.
    pub(crate) failure: Option<Failure>,
    /// Names returned by the lists that are not of the environment.
    pub(crate) foreign_names: Vec<String>,
    /// Whether the names are listed only for suggestions, because a configured name does not exist.
    pub(crate) only_for_suggestions: bool,
    /// Names that AWS does not know.
    pub(crate) missing: Vec<String>,
}

impl Sweep {
    pub(crate) fn is_finished(&self) -> bool {
        self.lists == 0 && self.batches == 0 && self.waiting.is_empty()
    }
}

impl Sweep {
    /// Records that a list or a batch ended early.
    pub(crate) fn record_failure(&mut self, query: &Query, failure: Failure) {
        match query {
            Query::Services { names: batch, .. } | Query::Tasks { ids: batch, .. } => {
                self.unread += batch.len();
                self.failure.get_or_insert(failure);
            }
            _ => self.list_failure = Some(failure),
        }
    }

    pub(crate) fn record_answer(&mut self, listing: bool) {
        let under_way = if listing { &mut self.lists } else { &mut self.batches };
        *under_way = under_way.saturating_sub(1);
    }

    pub(crate) fn outcome(&self) -> Result<(), FailureKind> {
        let failure = self.list_failure.as_ref().or(self.failure.as_ref());
        failure.map_or(Ok(()), |failure| Err(failure.kind))
    }

    /// Stores the result of the sweep in the value.
    pub(crate) fn store_result<T: Default>(&self, slot: &mut Observed<T>, what: &str, now: Timestamp) {
        let (listed, unread) = (self.listed.len(), self.unread);
        match (&self.list_failure, &self.failure) {
            (None, None) => slot.finish_fill(None, None, now),
            // Nothing came: the last good value stays.
            (Some(failure), _) if listed == 0 => slot.record_failure(failure.clone()),
            (_, Some(failure)) if unread >= listed => slot.record_failure(failure.clone()),
            (Some(failure), _) => {
                slot.finish_fill(
                    Some(format!("the list of {what} ended early, after {listed}: {failure}")),
                    Some(failure.clone()),
                    now,
                );
            }
            (None, Some(failure)) => {
                let missing = format!("{unread} of {listed} {what} could not be read: {failure}");
                slot.finish_fill(Some(missing), Some(failure.clone()), now);
            }
        }
    }
}
