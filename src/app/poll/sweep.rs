//! Sweeps: names or ids by pages, then their descriptions in batches.

use crate::model::Failure;
use std::collections::BTreeSet;

/// Services per `DescribeServices` call. Source: its API reference.
pub const SERVICES_PER_CALL: usize = 10;

/// Tasks per `DescribeTasks` call. Source: its API reference.
pub const TASKS_PER_CALL: usize = 100;

/// A sweep over services or tasks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sweep {
    /// Lists under way.
    pub(crate) lists: usize,
    /// Names or ids that the lists gave.
    pub(crate) listed: BTreeSet<String>,
    /// Of these, to be described with the next batch.
    pub(crate) waiting: Vec<String>,
    /// Batches under way.
    pub(crate) batches: usize,
    /// Things whose batch failed.
    pub(crate) unread: usize,
    /// Why a list ended early.
    pub(crate) list_failure: Option<Failure>,
    /// Why a batch failed.
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
