//! Blue/green deployments of ECS: the new tasks start beside the old ones and take over the traffic at once. The old
//! ones stop only after the bake time; until then a rollback takes seconds. Rolling updates are in `scheduler` and
//! `rollout`.

use super::ecs::Rollout;
pub(crate) use super::kinds::{Stage, Strategy};
use super::{Event, MINUTE, SECOND, World};
use crate::clock::Ms;

impl World {
    /// The stage of the current rollout, if it is a blue/green one that is not rolling back.
    pub(crate) fn stage(&self, service: usize) -> Option<Stage> {
        let release = self.services[service].releases.first()?;
        release.stage.filter(|_| release.finished.is_none() && release.rollback.is_none())
    }

    /// Starts the stages of a blue/green deployment.
    pub(crate) fn begin_stages(&mut self, service: usize, deployment: u64) {
        if let Strategy::BlueGreen(_) = self.services[service].strategy {
            self.services[service].releases[0].stage = Some(Stage::ReconcileService);
            self.schedule(self.now + 3 * SECOND, Event::Stage { service, deployment });
        }
    }

    /// Moves on to the next stage. The scale-up stage waits until the tasks are healthy.
    pub(crate) fn next_stage(&mut self, service: usize, deployment: u64) {
        let now = self.now;
        let is_newest = self.services[service].releases.first().is_some_and(|r| r.deployment == deployment);
        let Some(stage) = self.stage(service).filter(|_| is_newest) else { return };
        if self.services[service].releases[0].is_stop_requested() {
            return;
        }
        if stage == Stage::ScaleUp {
            let up = self.count(service, |t| t.deployment == deployment && t.healthy && !t.stopping);
            if up < self.services[service].desired {
                self.schedule(now + 2 * SECOND, Event::Stage { service, deployment });
                return;
            }
        }
        let Some(next) = stage.next() else { return };
        let s = &mut self.services[service];
        let release = &mut s.releases[0];
        (release.stage, release.updated) = (Some(next), now);
        let wait = match (next, s.strategy) {
            (Stage::BakeTime, Strategy::BlueGreen(minutes)) => Ms::from(minutes) * MINUTE,
            (Stage::TestTrafficShift | Stage::ProductionTrafficShift, _) => 5 * SECOND,
            _ => SECOND,
        };
        if next != Stage::CleanUp {
            self.schedule(now + wait, Event::Stage { service, deployment });
        }
        self.reconcile_soon(service);
    }

    /// Whether the old tasks of a service stay regardless of the percentages.
    pub(crate) fn keeps_blue(&self, service: usize) -> bool {
        self.stage(service).is_some_and(|stage| stage < Stage::CleanUp)
            && self.services[service].deployments[0].rollout == Rollout::InProgress
    }
}
