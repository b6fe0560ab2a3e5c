//! Sends the next batches of a sweep.

use super::{Job, Poller, SERVICES_PER_CALL, TASKS_PER_CALL};
use crate::app::effect::{Effect, Priority};
use crate::feeds::aws::Query;
use crate::model::Estate;
use jiff::{SignedDuration, Timestamp};

/// How long until a settled task is described again, because its health may have changed.
pub(super) const SETTLED_TASK: SignedDuration = SignedDuration::from_secs(60);

impl Poller {
    /// Sends the waiting services in batches; an incomplete batch only once no list is in flight.
    pub(crate) fn send_services(&mut self, cluster: &str, priority: Priority, effects: &mut Vec<Effect>) {
        let Some(mut sweep) = self.services.take() else { return };
        while sweep.waiting.len() >= SERVICES_PER_CALL || (sweep.lists == 0 && !sweep.waiting.is_empty()) {
            let names = sweep.waiting.drain(..sweep.waiting.len().min(SERVICES_PER_CALL)).collect();
            sweep.batches += 1;
            effects.push(self.fetch(
                Query::Services { cluster: cluster.to_owned(), names },
                Some(Job::Services),
                priority,
            ));
        }
        self.services = Some(sweep);
    }

    /// Sends the waiting tasks in batches, like the services above.
    pub(crate) fn send_tasks(&mut self, cluster: &str, priority: Priority, effects: &mut Vec<Effect>) {
        let Some(mut sweep) = self.tasks.take() else { return };
        while sweep.waiting.len() >= TASKS_PER_CALL || (sweep.lists == 0 && !sweep.waiting.is_empty()) {
            let ids = sweep.waiting.drain(..sweep.waiting.len().min(TASKS_PER_CALL)).collect();
            sweep.batches += 1;
            effects.push(self.fetch(Query::Tasks { cluster: cluster.to_owned(), ids }, Some(Job::Tasks), priority));
        }
        self.tasks = Some(sweep);
    }

    /// Whether a listed task must be described.
    pub(crate) fn needs_description(&self, estate: &Estate, id: &str, in_stopped: bool, now: Timestamp) -> bool {
        let Some(task) = estate.task(id) else { return true };
        if task.stopped() {
            return false;
        }
        let old = self.described.get(id).is_none_or(|at| now.duration_since(*at) >= SETTLED_TASK);
        in_stopped || !task.is_settled() || old
    }
}
