//! Judges a watched deployment: its end, and whether the version that should serve afterwards runs.

use super::{Watch, WatchState};
use crate::app::operation::call::Read;
use crate::app::operation::step::{Ctx, Slot, Weight};
use crate::model::rollout::RolloutStatus;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// How long to wait for a deployment to appear in the history, after the service shows its end …
const HISTORY_LATE: SignedDuration = SignedDuration::from_secs(90);
/// … and how many reads of the history must lack it.
const HISTORY_READS: u32 = 3;
/// How long the serving version has to be running after ECS reports success.
const SETTLE: SignedDuration = SignedDuration::from_secs(60);

impl Watch {
    /// Handles a successful read: this read continues at its usual pace, and once no other fails, earlier failures are
    /// over.
    pub(super) fn record_success(&mut self, name: &'static str, ctx: &mut Ctx<'_>) {
        self.unread.remove(name);
        if !self.unread.is_empty() {
            if let Some((_, next)) = self.read_failure.as_mut().filter(|_| matches!(name, "service" | "release")) {
                *next = ctx.now;
                self.failures = 0;
            }
            return;
        }
        self.refusals.clear();
        if self.read_failure.take().is_some() {
            self.failures = 0;
            self.reported_failures.clear();
            ctx.log(Weight::Step, "AWS answers again");
        }
    }

    /// Whether a newer read than this one was already answered. The end is judged by reads sent after it.
    pub(super) fn is_late(&self, slot: &Slot, name: &str) -> bool {
        let earlier = matches!(slot, Slot::Service | Slot::Tasks | Slot::Targets);
        earlier && self.last_look.as_ref().is_some_and(|left| !left.contains(name))
    }

    /// The current state. An end is reported once the service and its tasks were read again after it.
    pub(super) fn judge(&mut self, ctx: &mut Ctx<'_>) -> WatchState {
        if self
            .service
            .as_ref()
            .is_some_and(|service| matches!(service.status.as_str(), "GONE" | "INACTIVE" | "DRAINING"))
        {
            return WatchState::Gone;
        }
        let Some(state) = &self.state else {
            return if self.missing_in_history(ctx.service_now) {
                WatchState::NotInHistory
            } else {
                WatchState::InProgress
            };
        };
        if !state.status.has_ended() {
            return WatchState::InProgress;
        }
        match &self.last_look {
            None => {
                self.last_look = Some(BTreeSet::from(["service", "tasks"]));
                // Reads in flight were sent before the end was seen; different slots distinguish the new ones.
                let (cluster, service) = (self.subject.cluster.clone(), self.subject.service.clone());
                let names = vec![service.clone()];
                ctx.read(Slot::Last("service"), Read::Services { cluster: cluster.clone(), names });
                ctx.read(Slot::Last("tasks"), Read::Tasks { cluster, service });
                self.tasks_at = Some(ctx.now);
                let groups = self.service.as_ref().map(|service| service.target_groups.clone()).unwrap_or_default();
                if !groups.is_empty() {
                    self.last_look.get_or_insert_default().insert("targets");
                    self.targets_at = Some(ctx.now);
                    ctx.read(Slot::Last("targets"), Read::Targets { groups });
                }
                return WatchState::InProgress;
            }
            Some(left) if !left.is_empty() => return WatchState::InProgress,
            Some(_) => {}
        }
        match state.status {
            RolloutStatus::Successful => self.settled(ctx),
            RolloutStatus::RollbackSuccessful => self.settled_back(ctx),
            RolloutStatus::RollbackFailed => WatchState::RollbackFailed,
            RolloutStatus::Stopped => WatchState::Stopped,
            RolloutStatus::Pending
            | RolloutStatus::InProgress
            | RolloutStatus::StopRequested
            | RolloutStatus::RollbackInProgress
            | RolloutStatus::Other(_) => WatchState::InProgress,
        }
    }

    /// ECS reports success once its tasks ran at some time: they must also run now.
    pub(super) fn settled(&mut self, ctx: &mut Ctx<'_>) -> WatchState {
        let Some(service) = &self.service else { return WatchState::InProgress };
        let ours = service.deployments.iter().find(|other| other.id == self.subject.deployment);
        // Another deployment has begun since: ours served, and is no longer judged.
        let Some(ours) = ours.filter(|ours| ours.status == "PRIMARY") else { return WatchState::Successful };
        if ours.running >= service.desired {
            return WatchState::Successful;
        }
        if self.confirmed_trouble().is_none() && self.still_settling(ctx) {
            WatchState::InProgress
        } else {
            WatchState::TasksNotRunning
        }
    }

    /// After a rollback the PRIMARY deployment must run. A deployment that began later is independent.
    pub(super) fn settled_back(&mut self, ctx: &Ctx<'_>) -> WatchState {
        let Some(service) = &self.service else { return WatchState::InProgress };
        let finished = self.state.as_ref().and_then(|state| state.finished_at);
        let later = |at: Option<Timestamp>| at.zip(finished).is_some_and(|(at, finished)| at > finished);
        let before =
            service.primary().filter(|primary| primary.id != self.subject.deployment && !later(primary.created_at));
        if before.is_none_or(|before| before.running >= service.desired) {
            return WatchState::RolledBack;
        }
        if self.still_settling(ctx) { WatchState::InProgress } else { WatchState::RestoredVersionFailed }
    }

    /// Whether the serving version still has time to start; if so, it is read again at the next tick.
    pub(super) fn still_settling(&mut self, ctx: &Ctx<'_>) -> bool {
        let since = *self.settling.get_or_insert(ctx.now);
        if ctx.now.duration_since(since) >= SETTLE {
            return false;
        }
        self.last_look = None;
        true
    }

    /// Whether the service shows our deployment as ended or gone, but the history never showed it.
    pub(super) fn missing_in_history(&self, now: Timestamp) -> bool {
        now.duration_since(self.subject.since) >= HISTORY_LATE
            && self.missed >= HISTORY_READS
            && self.read_failure.is_none()
            && self.service.as_ref().is_some_and(|service| {
                service
                    .deployments
                    .iter()
                    .find(|other| other.id == self.subject.deployment)
                    .is_none_or(|ours| ours.rollout != Some(crate::model::RolloutState::InProgress))
            })
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
