//! Rollouts: a new deployment, its failures, the circuit breaker, the rollback, the end. The start of tasks is in
//! `scheduler`; requests to a rollout in progress are in `releases`.

use super::ecs::{Deployment, Fate, Release, Revision, Rollout, TaskDef};
use super::{SECOND, World};
use crate::clock::Ms;
use std::sync::Arc;

/// ECS's message about a service whose tasks fail repeatedly.
const UNABLE: &str = "is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";

/// The reason for ending a rollout before it is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// Too many of its tasks failed.
    Breaker,
    /// These alarms were raised.
    Alarms(Vec<String>),
    /// A person requested it.
    Requested,
}

impl End {
    /// The `rolloutStateReason` of the deployment that ended.
    fn rollout_reason(&self) -> String {
        match self {
            End::Breaker => "ECS deployment circuit breaker: tasks failed to start.".to_owned(),
            End::Alarms(_) => "ECS deployment failed: alarm detected.".to_owned(),
            End::Requested => "ECS deployment was stopped by StopServiceDeployment.".to_owned(),
        }
    }

    /// The message of the service's event.
    fn event(&self) -> &'static str {
        match self {
            End::Breaker => "deployment failed: tasks failed to start.",
            End::Alarms(_) => "deployment failed: alarm detected.",
            End::Requested => "deployment stopped.",
        }
    }

    /// The `statusReason` of the service deployment, which was `rolled back` or `stopped`.
    fn status_reason(&self, done: &str) -> String {
        match self {
            End::Breaker => {
                format!("Service deployment {done} because the circuit breaker threshold was exceeded.")
            }
            End::Alarms(names) => {
                format!("Service deployment {done} because alarms were in the ALARM state: {}.", names.join(", "))
            }
            End::Requested => format!("Service deployment {done} because a user asked for it."),
        }
    }
}

impl World {
    /// Starts a rollout of a task definition, possibly of the current one (a forced deployment); returns the id of
    /// its deployment.
    pub(crate) fn deploy(&mut self, service: usize, def: Arc<TaskDef>) -> u64 {
        let now = self.now;
        let mut images = self.resolve_images(&def);
        // Of the initial definitions only the running one is affected, so that a rollback works.
        let again = self.services[service].deployments.first().is_some_and(|d| d.def.arn() == def.arn());
        if let Some(fate) = self.forced_fate.filter(|_| again || def.registered >= self.start) {
            images.fate = fate;
        }
        let images = Arc::new(images);
        let ignored_alarms = self.alarms_of(service).into_iter().filter(|name| self.alarming(service, name)).collect();
        let s = &mut self.services[service];
        let (id, revision, release) = (s.rng.digits19(), s.rng.digits19(), s.rng.token(21));
        let source = s.deployments.first().map(|d| d.revision);
        for release in s.releases.iter_mut().filter(|r| r.finished.is_none()) {
            release.status = "STOPPED";
            release.status_reason = Some("Service deployment stopped because a newer deployment started.".to_owned());
            release.finished = Some(now);
            release.updated = now;
        }
        s.revisions.push(Revision { id: revision, def: Arc::clone(&def), images: Arc::clone(&images), created: now });
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
                ignored_alarms,
                alarmed: Vec::new(),
                stage: None,
                rollback: None,
            },
        );
        s.deployments.insert(
            0,
            Deployment {
                id,
                def,
                images,
                revision,
                created: now,
                updated: now,
                failed: 0,
                health_failures: 0,
                failures: 0,
                rollout: Rollout::InProgress,
                reason: format!("ECS deployment ecs-svc/{id} in progress."),
                set: None,
            },
        );
        s.steady = false;
        s.next_start = 0;
        self.begin_stages(service, id);
        self.reconcile_soon(service);
        id
    }

    /// The number of failures that opens the circuit breaker: half of desired rounded up, 3 to 200.
    pub(crate) fn breaker_threshold(&self, service: usize) -> u32 {
        self.services[service].desired.div_ceil(2).clamp(3, 200)
    }

    /// Records that a task of a deployment did not reach RUNNING, or ended by itself.
    pub(crate) fn deployment_failure(&mut self, service: usize, deployment: u64, fate: Fate, created: Ms) {
        let now = self.now;
        let s = &mut self.services[service];
        let Some(d) = s.deployments.iter_mut().find(|d| d.id == deployment) else { return };
        d.failed += 1;
        let failed = d.failed;
        s.next_start = match fate {
            Fate::OutOfMemory => created + s.rng.range(75, 79) * SECOND,
            _ => now + 10 * SECOND * (1 << failed.saturating_sub(1).min(5)),
        };
        self.count_failure(service, deployment);
    }

    /// Records that a task of a deployment ran and failed its health checks. A task that reaches RUNNING does not
    /// reset this count; one that becomes healthy does.
    pub(crate) fn health_failure(&mut self, service: usize, deployment: u64) {
        let now = self.now;
        let s = &mut self.services[service];
        let Some(d) = s.deployments.iter_mut().find(|d| d.id == deployment) else { return };
        d.health_failures += 1;
        s.next_start = now + 10 * SECOND * (1 << d.health_failures.saturating_sub(1).min(5));
        self.count_failure(service, deployment);
    }

    /// Counts a failure, which may end the rollout.
    fn count_failure(&mut self, service: usize, deployment: u64) {
        let now = self.now;
        let threshold = self.breaker_threshold(service);
        let s = &mut self.services[service];
        let Some(at) = s.deployments.iter().position(|d| d.id == deployment) else { return };
        let d = &mut s.deployments[at];
        d.failures += 1;
        d.updated = now;
        let often = d.failures.is_multiple_of(3);
        let failed = d.failed.max(d.health_failures);
        let rolling = d.rollout == Rollout::InProgress && at == 0;
        let (breaker, rollback) = (s.breaker, s.breaker_rollback);
        if let Some(release) = s.releases.iter_mut().find(|r| r.finished.is_none()) {
            let opens = rolling && breaker && failed >= threshold;
            if release.deployment == deployment {
                release.updated = now;
                release.failures = failed;
                if opens {
                    release.triggered = true;
                    self.end_rollout(service, &End::Breaker, rollback);
                    return;
                }
            } else if opens && release.rollback.is_some() {
                // The revision that it was rolled back to does not run either.
                release.status = "ROLLBACK_FAILED";
                release.finished = Some(now);
                release.updated = now;
                s.deployments[0].rollout = Rollout::Failed;
                s.deployments[0].reason = End::Breaker.rollout_reason();
                self.note(service, &format!("(deployment ecs-svc/{deployment}) {}", End::Breaker.event()));
                return;
            }
        }
        let at = s.next_start;
        if often {
            self.note(service, UNABLE);
        }
        self.reconcile_at(service, at);
    }

    /// The service revision of the newest completed rollout.
    fn last_good(&self, service: usize) -> Option<u64> {
        let s = &self.services[service];
        s.releases.iter().find_map(|r| match r.status {
            "SUCCESSFUL" => Some(r.target),
            "ROLLBACK_SUCCESSFUL" => r.rollback.as_ref().map(|(_, to, _)| *to),
            _ => None,
        })
    }

    /// Ends the PRIMARY deployment, which has failed or was stopped: rolls back to the last completed revision, or
    /// stops where it is.
    pub(crate) fn end_rollout(&mut self, service: usize, end: &End, rollback: bool) {
        let now = self.now;
        let good = self.last_good(service);
        let s = &mut self.services[service];
        let failing = s.deployments[0].id;
        s.deployments[0].rollout = Rollout::Failed;
        s.deployments[0].updated = now;
        s.deployments[0].reason = end.rollout_reason();
        s.steady = false;
        let back = if rollback { self.deployment_to_return_to(service, good) } else { None };
        let s = &mut self.services[service];
        let release = s.releases.iter_mut().find(|r| r.deployment == failing && r.finished.is_none());
        let Some(mut old) = back else {
            // No revision to roll back to, or no rollback requested: the tasks stay as they are.
            if let Some(release) = release {
                release.status = if rollback { "ROLLBACK_FAILED" } else { "STOPPED" };
                release.status_reason = Some(end.status_reason("stopped"));
                release.finished = Some(now);
                release.updated = now;
            }
            self.note(service, &format!("(deployment ecs-svc/{failing}) {}", end.event()));
            self.reconcile_soon(service);
            return;
        };
        let to = old.id;
        old.rollout = Rollout::InProgress;
        old.updated = now;
        old.reason = match end {
            End::Breaker => format!("ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/{to}."),
            _ => format!("ECS deployment rolling back to deploymentId ecs-svc/{to}."),
        };
        let revision = old.revision;
        if let Some(release) = release {
            release.status = "ROLLBACK_IN_PROGRESS";
            release.status_reason = Some(end.status_reason("rolled back"));
            release.rollback = Some((now, revision, end.status_reason("rolled back")));
            release.updated = now;
        }
        s.deployments.insert(0, old);
        s.next_start = 0;
        self.note(service, &format!("(deployment ecs-svc/{failing}) {}", end.event()));
        self.note(service, &format!("rolling back to deployment ecs-svc/{to}."));
        self.schedule_rollback_failure(service, failing);
        self.reconcile_soon(service);
    }

    /// The deployment of a service revision: taken out of the list if it still has tasks, otherwise created anew from
    /// the revision.
    fn deployment_to_return_to(&mut self, service: usize, revision: Option<u64>) -> Option<Deployment> {
        let now = self.now;
        let s = &mut self.services[service];
        let revision = revision?;
        if let Some(at) = s.deployments.iter().skip(1).position(|d| d.revision == revision) {
            return Some(s.deployments.remove(at + 1));
        }
        let found = s.revisions.iter().find(|r| r.id == revision)?;
        let (def, images) = (Arc::clone(&found.def), Arc::clone(&found.images));
        Some(Deployment {
            id: s.rng.digits19(),
            def,
            images,
            revision,
            created: now,
            updated: now,
            failed: 0,
            health_failures: 0,
            failures: 0,
            rollout: Rollout::InProgress,
            reason: String::new(),
            set: None,
        })
    }

    /// Completes the rollout: the PRIMARY deployment has all its tasks healthy and the older ones are drained.
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
