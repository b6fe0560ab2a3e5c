//! Sweeps: names or ids by pages, then their descriptions in batches.

use super::{Job, Poller};
use crate::app::effect::{Effect, Lane, Query};
use crate::model::{Estate, Failure};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Services per `DescribeServices` call. Source: its API reference.
pub const SERVICES_PER_CALL: usize = 10;

/// Tasks per `DescribeTasks` call. Source: its API reference.
pub const TASKS_PER_CALL: usize = 100;

/// A settled task is described again after this long: its health may have changed.
pub(super) const SETTLED_TASK: SignedDuration = SignedDuration::from_secs(60);

/// A sweep over services or tasks.
#[derive(Debug, Clone, Default)]
pub(in crate::app) struct Sweep {
    /// Lists under way.
    pub(in crate::app) lists: usize,
    /// Names or ids that the lists gave.
    pub(in crate::app) listed: BTreeSet<String>,
    /// Of these, to be described with the next batch.
    pub(in crate::app) waiting: Vec<String>,
    /// Batches under way.
    pub(in crate::app) batches: usize,
    /// Things whose batch failed.
    pub(in crate::app) unread: usize,
    /// Why a list ended early.
    pub(in crate::app) list_failure: Option<Failure>,
    /// Why a batch failed.
    pub(in crate::app) failure: Option<Failure>,
    /// Names that AWS does not know.
    pub(in crate::app) missing: Vec<String>,
}

impl Sweep {
    pub(in crate::app) fn over(&self) -> bool {
        self.lists == 0 && self.batches == 0 && self.waiting.is_empty()
    }
}

impl Poller {
    /// Sends the services that wait, in batches; an incomplete batch only when no list is under way.
    pub(in crate::app) fn send_services(&mut self, cluster: &str, lane: Lane, effects: &mut Vec<Effect>) {
        let Some(mut sweep) = self.services.take() else { return };
        while sweep.waiting.len() >= SERVICES_PER_CALL || (sweep.lists == 0 && !sweep.waiting.is_empty()) {
            let names = sweep.waiting.drain(..sweep.waiting.len().min(SERVICES_PER_CALL)).collect();
            sweep.batches += 1;
            effects.push(self.fetch(Query::Services { cluster: cluster.to_owned(), names }, Some(Job::Services), lane));
        }
        self.services = Some(sweep);
    }

    /// The same for tasks.
    pub(in crate::app) fn send_tasks(&mut self, cluster: &str, lane: Lane, effects: &mut Vec<Effect>) {
        let Some(mut sweep) = self.tasks.take() else { return };
        while sweep.waiting.len() >= TASKS_PER_CALL || (sweep.lists == 0 && !sweep.waiting.is_empty()) {
            let ids = sweep.waiting.drain(..sweep.waiting.len().min(TASKS_PER_CALL)).collect();
            sweep.batches += 1;
            effects.push(self.fetch(Query::Tasks { cluster: cluster.to_owned(), ids }, Some(Job::Tasks), lane));
        }
        self.tasks = Some(sweep);
    }

    /// Whether a listed task must be described.
    pub(in crate::app) fn needs_description(
        &self,
        estate: &Estate,
        id: &str,
        in_stopped: bool,
        now: Timestamp,
    ) -> bool {
        let Some(task) = estate.task(id) else { return true };
        if task.stopped() {
            return false;
        }
        let old = self.described.get(id).is_none_or(|at| now.duration_since(*at) >= SETTLED_TASK);
        in_stopped || !task.settled() || old
    }
}
