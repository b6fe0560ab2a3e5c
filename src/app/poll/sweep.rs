//! Sweeps: names or ids by pages, then their descriptions in batches.
use crate::feeds::aws::Query;
use crate::model::{Failure, FailureKind, Observed};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Services per `DescribeServices` call. Source: its API reference.
pub const SERVICES_PER_CALL: usize = 10;

/// Tasks per `DescribeTasks` call. Source: its API reference.
pub const TASKS_PER_CALL: usize = 100;

/// A sweep over services or tasks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sweep {
    /// How many list requests have not been answered.
    pub(crate) lists: usize,
    /// Names or ids that the lists gave.
    pub(crate) listed: BTreeSet<String>,
    /// Of these, to be described with the next batch.
    pub(crate) waiting: Vec<String>,
    /// How many batches have not been answered.
    pub(crate) batches: usize,
    /// Things whose batch failed.
    pub(crate) unread: usize,
    /// Why a list ended early.
    pub(crate) list_failure: Option<Failure>,
    /// Why the last failed batch failed.
    pub(crate) failure: Option<Failure>,
    /// Names that the lists gave beside those of the environment.
    pub(crate) others: Vec<String>,
    /// Only to say which names there are: one that was asked for does not exist.
    pub(crate) naming: bool,
    /// Names that AWS does not know.
    pub(crate) missing: Vec<String>,
}

impl Sweep {
    pub(crate) fn over(&self) -> bool {
        self.lists == 0 && self.batches == 0 && self.waiting.is_empty()
    }
}

impl Sweep {
    /// A list or a batch ended early.
    pub(crate) fn broke(&mut self, query: &Query, failure: Failure) {
        match query {
            Query::Services { names: batch, .. } | Query::Tasks { ids: batch, .. } => {
                self.unread += batch.len();
                self.failure.get_or_insert(failure);
            }
            _ => self.list_failure = Some(failure),
        }
    }

    pub(crate) fn landed(&mut self, listing: bool) {
        let under_way = if listing { &mut self.lists } else { &mut self.batches };
        *under_way = under_way.saturating_sub(1);
    }

    pub(crate) fn outcome(&self) -> Result<(), FailureKind> {
        let failure = self.list_failure.as_ref().or(self.failure.as_ref());
        failure.map_or(Ok(()), |failure| Err(failure.kind))
    }

    /// Writes into the value how the sweep went.
    pub(crate) fn close<T: Default>(&self, slot: &mut Observed<T>, what: &str, now: Timestamp) {
        let (listed, unread) = (self.listed.len(), self.unread);
        match (&self.list_failure, &self.failure) {
            (None, None) => slot.filled(None, None, now),
            // Nothing came: the last good value stays as it was.
            (Some(failure), _) if listed == 0 => slot.fail(failure.clone()),
            (_, Some(failure)) if unread >= listed => slot.fail(failure.clone()),
            (Some(failure), _) => {
                slot.filled(
                    Some(format!("the list of {what} ended early, after {listed}: {failure}")),
                    Some(failure.clone()),
                    now,
                );
            }
            (None, Some(failure)) => {
                let missing = format!("{unread} of {listed} {what} could not be read: {failure}");
                slot.filled(Some(missing), Some(failure.clone()), now);
            }
        }
    }
}
