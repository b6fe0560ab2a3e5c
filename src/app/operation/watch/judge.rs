//! How a watched deployment stands: its end, and whether what is to serve after it runs.

use super::{Watch, WatchState};
use crate::app::operation::call::Read;
use crate::app::operation::step::{Ctx, Slot, Weight};
use crate::model::rollout::RolloutStatus;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// A deployment that shows in the service and not in its history for this long is not waited for …
const HISTORY_LATE: SignedDuration = SignedDuration::from_secs(90);
/// … where the history was read so often without it.
const HISTORY_READS: u32 = 3;
/// After ECS calls the end of a deployment a good one, what is to serve then has this long to be running.
const SETTLE: SignedDuration = SignedDuration::from_secs(60);

impl Watch {
    /// A read was answered: what is asked goes on at its usual pace, and once nothing else fails AWS answers.
    pub(super) fn answers(&mut self, name: &'static str, ctx: &mut Ctx<'_>) {
        self.unread.remove(name);
        if !self.unread.is_empty() {
            if let Some((_, next)) = self.failing.as_mut().filter(|_| matches!(name, "service" | "release")) {
                *next = ctx.now;
                self.failures = 0;
            }
            return;
        }
        self.refusals.clear();
        if self.failing.take().is_some() {
            self.failures = 0;
            self.told_kinds.clear();
            ctx.say(Weight::Step, "AWS answers again");
        }
    }

    /// Whether a look was answered already that was sent after this one. The end rests on what was read after it.
    pub(super) fn is_late(&self, slot: &Slot, name: &str) -> bool {
        let earlier = matches!(slot, Slot::Service | Slot::Tasks | Slot::Targets);
        earlier && self.last_look.as_ref().is_some_and(|left| !left.contains(name))
    }

    /// How it stands. An end is told when the service and its tasks were read once more after it.
    pub(super) fn judge(&mut self, ctx: &mut Ctx<'_>) -> WatchState {
        if self
            .service
            .as_ref()
            .is_some_and(|service| matches!(service.status.as_str(), "GONE" | "INACTIVE" | "DRAINING"))
        {
            return WatchState::Gone;
        }
        let Some(state) = &self.state else {
            return if self.untold(ctx.service_now) { WatchState::NotInHistory } else { WatchState::Going };
        };
        if !state.status.terminal() {
            return WatchState::Going;
        }
        match &self.last_look {
            None => {
                self.last_look = Some(BTreeSet::from(["service", "tasks"]));
                // Reads under way were sent before the end was seen: these are told apart from them.
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
                return WatchState::Going;
            }
            Some(left) if !left.is_empty() => return WatchState::Going,
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
            | RolloutStatus::Other(_) => WatchState::Going,
        }
    }

    /// ECS calls a deployment successful as soon as its tasks once ran: they must run now.
    pub(super) fn settled(&mut self, ctx: &mut Ctx<'_>) -> WatchState {
        let Some(service) = &self.service else { return WatchState::Going };
        let ours = service.deployments.iter().find(|other| other.id == self.subject.deployment);
        // Another deployment has begun since: ours served, and no longer counts for itself.
        let Some(ours) = ours.filter(|ours| ours.status == "PRIMARY") else { return WatchState::Successful };
        if ours.running >= service.desired {
            return WatchState::Successful;
        }
        if self.sure_trouble().is_none() && self.still_settling(ctx) {
            WatchState::Going
        } else {
            WatchState::TasksNotRunning
        }
    }

    /// After a rollback the deployment that is PRIMARY then must run. One that began later is its own affair.
    pub(super) fn settled_back(&mut self, ctx: &Ctx<'_>) -> WatchState {
        let Some(service) = &self.service else { return WatchState::Going };
        let finished = self.state.as_ref().and_then(|state| state.finished_at);
        let later = |at: Option<Timestamp>| at.zip(finished).is_some_and(|(at, finished)| at > finished);
        let before =
            service.primary().filter(|primary| primary.id != self.subject.deployment && !later(primary.created_at));
        if before.is_none_or(|before| before.running >= service.desired) {
            return WatchState::RolledBack;
        }
        if self.still_settling(ctx) { WatchState::Going } else { WatchState::BackFell }
    }

    /// Whether what is to serve has time left to come up; then it is looked at again with the next tick.
    pub(super) fn still_settling(&mut self, ctx: &Ctx<'_>) -> bool {
        let since = *self.settling.get_or_insert(ctx.now);
        if ctx.now.duration_since(since) >= SETTLE {
            return false;
        }
        self.last_look = None;
        true
    }

    /// Whether the service shows our deployment at its end, or no longer, while the history never showed it.
    pub(super) fn untold(&self, now: Timestamp) -> bool {
        now.duration_since(self.subject.since) >= HISTORY_LATE
            && self.missed >= HISTORY_READS
            && self.failing.is_none()
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
#[path = "judge_tests.rs"]
mod tests;
