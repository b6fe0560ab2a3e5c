//! Rollouts: a new deployment, its failures, the circuit breaker, the way back, the end. Which
//! task starts when is decided in `scheduler`.

use super::ecs::{Deployment, Fate, Release, Revision, Rollout, TaskDef};
use super::{SECOND, World};
use crate::clock::Ms;
use std::sync::Arc;

/// `rolloutStateReason` of a deployment that the breaker ended.
const BREAKER: &str = "ECS deployment circuit breaker: tasks failed to start.";

/// What ECS says of a service whose tasks fail again and again.
const UNABLE: &str = "is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";

impl World {
    /// Starts a rollout of a task definition, the current one included (a forced deployment).
    pub(crate) fn deploy(&mut self, service: usize, def: Arc<TaskDef>) {
        let now = self.now;
        let s = &mut self.services[service];
        let (id, revision, release) = (s.rng.digits19(), s.rng.digits19(), s.rng.token(21));
        let source = s.deployments.first().map(|d| d.revision);
        for release in s.releases.iter_mut().filter(|r| r.finished.is_none()) {
            release.status = "STOPPED";
            release.status_reason = Some("Stopped because a newer deployment started.".to_owned());
            release.finished = Some(now);
            release.updated = now;
        }
        s.revisions.push(Revision { id: revision, def: Arc::clone(&def), created: now });
        s.releases.insert(
            0,
            Release {
                id: release,
                deployment: id,
                created: now,
                started: now + SECOND,
                finished: None,
                updated: now,
                status: "IN_PROGRESS",
                status_reason: None,
                target: revision,
                sources: source.into_iter().collect(),
                failures: 0,
                triggered: false,
                rollback: None,
            },
        );
        s.deployments.insert(
            0,
            Deployment {
                id,
                def,
                revision,
                created: now,
                updated: now,
                failed: 0,
                failures: 0,
                rollout: Rollout::InProgress,
                reason: format!("ECS deployment ecs-svc/{id} in progress."),
            },
        );
        s.steady = false;
        s.next_start = 0;
        self.look_soon(service);
    }

    /// The failures after which the circuit breaker opens: half of desired rounded up, 3 to 200.
    pub(crate) fn breaker_threshold(&self, service: usize) -> u32 {
        self.services[service].desired.div_ceil(2).clamp(3, 200)
    }

    /// A task of a deployment failed.
    pub(crate) fn deployment_failure(&mut self, service: usize, deployment: u64, fate: Fate, created: Ms) {
        let now = self.now;
        let threshold = self.breaker_threshold(service);
        let s = &mut self.services[service];
        let Some(at) = s.deployments.iter().position(|d| d.id == deployment) else { return };
        let d = &mut s.deployments[at];
        d.failed += 1;
        d.failures += 1;
        let often = d.failures.is_multiple_of(3);
        d.updated = now;
        let failed = d.failed;
        let rolling = d.rollout == Rollout::InProgress && at == 0;
        s.next_start = match fate {
            Fate::OutOfMemory => created + s.rng.range(75, 79) * SECOND,
            _ => now + 10 * SECOND * (1 << failed.saturating_sub(1).min(5)),
        };
        let release = s.releases.iter_mut().find(|r| r.deployment == deployment && r.finished.is_none());
        if let Some(release) = release {
            release.updated = now;
            release.failures = failed;
            if rolling && s.breaker && failed >= threshold {
                release.triggered = true;
                self.roll_back(service);
                return;
            }
        }
        let at = s.next_start;
        if often {
            self.note(service, UNABLE);
        }
        self.look_at(service, at);
    }

    /// The breaker opened: the last completed deployment becomes PRIMARY again.
    fn roll_back(&mut self, service: usize) {
        let now = self.now;
        let s = &mut self.services[service];
        let failing = s.deployments[0].id;
        let back = s.deployments.iter().position(|d| d.rollout == Rollout::Completed);
        s.deployments[0].rollout = Rollout::Failed;
        s.deployments[0].updated = now;
        let source = s.releases.first().and_then(|r| r.sources.first().copied());
        let old = back.map(|at| s.deployments.remove(at)).or_else(|| {
            let def = source.and_then(|id| s.revisions.iter().find(|r| r.id == id)).map(|r| Arc::clone(&r.def))?;
            Some(Deployment {
                id: s.rng.digits19(),
                def,
                revision: source?,
                created: now,
                updated: now,
                failed: 0,
                failures: 0,
                rollout: Rollout::InProgress,
                reason: String::new(),
            })
        });
        let Some(mut old) = old else {
            // Nothing to go back to: the rollout has failed for good.
            BREAKER.clone_into(&mut s.deployments[0].reason);
            if let Some(release) = s.releases.first_mut() {
                release.status = "ROLLBACK_FAILED";
                release.finished = Some(now);
            }
            self.note(service, &format!("(deployment ecs-svc/{failing}) deployment failed: tasks failed to start."));
            return;
        };
        let to = old.id;
        old.rollout = Rollout::InProgress;
        old.updated = now;
        old.reason = format!("ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/{to}.");
        BREAKER.clone_into(&mut s.deployments[0].reason);
        let revision = old.revision;
        s.deployments.insert(0, old);
        s.next_start = 0;
        s.steady = false;
        let reason = "Service deployment rolled back because the circuit breaker threshold was exceeded.";
        if let Some(release) = s.releases.iter_mut().find(|r| r.deployment == failing) {
            release.status = "ROLLBACK_IN_PROGRESS";
            release.status_reason = Some(reason.to_owned());
            release.rollback = Some((now, revision, reason.to_owned()));
            release.updated = now;
        }
        self.note(service, &format!("(deployment ecs-svc/{failing}) deployment failed: tasks failed to start."));
        self.note(service, &format!("rolling back to deployment ecs-svc/{to}."));
        self.look_soon(service);
    }

    /// The PRIMARY deployment has all its tasks healthy and the older ones are drained.
    pub(crate) fn complete_rollout(&mut self, service: usize) {
        let now = self.now;
        let s = &mut self.services[service];
        let d = &mut s.deployments[0];
        d.rollout = Rollout::Completed;
        d.updated = now;
        d.reason = format!("ECS deployment ecs-svc/{} completed.", d.id);
        let text = format!("(deployment ecs-svc/{}) deployment completed.", d.id);
        if let Some(release) = s.releases.iter_mut().find(|r| r.finished.is_none()) {
            release.status = if release.rollback.is_some() { "ROLLBACK_SUCCESSFUL" } else { "SUCCESSFUL" };
            release.finished = Some(now);
            release.updated = now;
        }
        self.note(service, &text);
    }
}
