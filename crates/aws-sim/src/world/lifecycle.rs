//! The lifecycle of services: a new one has no history, so its first rollout cannot roll back; a deleted one drains
//! and then becomes INACTIVE. Also rollbacks whose outcome is not determined by the tasks. The form of the answers is
//! in `services::ecs`.

use super::ecs::{DeployAlarms, Rollout, Service, TaskDef};
use super::kinds::{Controller, Strategy};
pub(crate) use super::kinds::{Life, RollbackOutcome};
use super::load::Load;
use super::{Event, SECOND, World};
use crate::rng::Rng;
use std::collections::VecDeque;
use std::sync::Arc;

/// The arguments of `CreateService`.
#[derive(Debug)]
pub(crate) struct NewService {
    pub(crate) cluster: usize,
    pub(crate) name: String,
    pub(crate) def: Arc<TaskDef>,
    pub(crate) desired: u32,
    pub(crate) min_percent: u32,
    pub(crate) max_percent: u32,
    /// Whether the breaker is on, and whether it rolls back.
    pub(crate) breaker: (bool, bool),
    pub(crate) alarms: Option<DeployAlarms>,
    pub(crate) exec: bool,
    pub(crate) grace: u32,
    pub(crate) target_group: Option<usize>,
    pub(crate) spot: bool,
    pub(crate) strategy: Strategy,
    pub(crate) controller: Controller,
    pub(crate) public_ip: bool,
    pub(crate) tags: Vec<(String, String)>,
}

impl World {
    /// Creates a service and starts its first rollout.
    pub(crate) fn create_service(&mut self, new: NewService) -> usize {
        let region = self.clusters[new.cluster].region;
        let near = self.services.iter().find(|s| self.clusters[s.cluster].region == region);
        let zones = near.map_or(&["ap-northeast-1a", "ap-northeast-1c"][..], |s| s.zones);
        let number = self.serial();
        let controller = new.controller;
        let mut rng = Rng::new(self.seed, &format!("service {}/{}/{number}", new.cluster, new.name));
        let salt = rng.next();
        let at = self.services.len();
        self.service_index.insert((new.cluster, new.name.clone()), at);
        self.services.push(Service {
            cluster: new.cluster,
            name: new.name,
            created: self.now,
            life: Life::Active,
            rollback_outcome: RollbackOutcome::Open,
            strategy: new.strategy,
            controller: new.controller,
            desired: new.desired,
            min_percent: new.min_percent,
            max_percent: new.max_percent,
            breaker: new.breaker.0,
            breaker_rollback: new.breaker.1,
            alarms: new.alarms,
            exec: new.exec,
            grace: new.grace,
            target_group: new.target_group,
            spot: new.spot,
            zones,
            public_ip: new.public_ip,
            deployments: Vec::new(),
            releases: Vec::new(),
            revisions: Vec::new(),
            events: VecDeque::new(),
            live: Vec::new(),
            stopped: VecDeque::new(),
            steady: false,
            next_start: 0,
            retry: None,
            no_capacity: false,
            slow: false,
            daemon: false,
            load: Load::new(0.3, 45.0, salt),
            tags: new.tags,
            rng,
        });
        if controller == Controller::External {
            self.placeholder(at, new.def);
        } else {
            self.deploy(at, new.def);
        }
        at
    }

    /// Deletes a service: no more tasks are started, and it drains.
    pub(crate) fn delete_service(&mut self, service: usize) {
        let now = self.now;
        let s = &mut self.services[service];
        if s.life != Life::Active {
            return;
        }
        s.life = Life::Draining;
        s.desired = 0;
        s.steady = false;
        for release in s.releases.iter_mut().filter(|r| r.finished.is_none()) {
            release.status = "STOPPED";
            release.status_reason = Some("Service deployment stopped because the service was deleted.".to_owned());
            release.finished = Some(now);
            release.updated = now;
        }
        if s.deployments[0].rollout == Rollout::InProgress {
            s.deployments[0].rollout = Rollout::Failed;
            s.deployments[0].reason =
                format!("ECS deployment {} failed: the service was deleted.", s.deployments[0].name());
        }
        s.deployments[0].updated = now;
        self.reconcile_soon(service);
    }

    /// Called when the last task of a deleted service has stopped: the service is no longer listed, but can still be described.
    pub(crate) fn drained(&mut self, service: usize) {
        let s = &mut self.services[service];
        if s.life != Life::Draining || !s.live.is_empty() {
            return;
        }
        s.life = Life::Inactive;
        let key = (s.cluster, s.name.clone());
        self.service_index.remove(&key);
        self.deleted_services.insert(key, service);
    }

    /// Schedules the failure of a rollback, after most of a minute, if the rollbacks of this service fail.
    pub(crate) fn schedule_rollback_failure(&mut self, service: usize, deployment: u64) {
        if self.services[service].rollback_outcome == RollbackOutcome::Fails {
            let wait = self.services[service].rng.range(40, 60) * SECOND;
            self.schedule(self.now + wait, Event::RollbackFails { service, deployment });
        }
    }

    /// Whether a rollback is in progress that must not succeed.
    pub(crate) fn is_rollback_blocked(&self, service: usize) -> bool {
        let s = &self.services[service];
        s.rollback_outcome != RollbackOutcome::Open
            && s.releases.first().is_some_and(|r| r.rollback.is_some() && r.finished.is_none())
    }

    /// Makes the rollback of a deployment fail.
    pub(crate) fn rollback_fails(&mut self, service: usize, deployment: u64) {
        let now = self.now;
        let s = &mut self.services[service];
        let release = s.releases.iter_mut().find(|r| r.deployment == deployment && r.status == "ROLLBACK_IN_PROGRESS");
        let Some(release) = release else { return };
        release.status = "ROLLBACK_FAILED";
        release.status_reason = Some("Service deployment rollback failed because tasks failed to start.".to_owned());
        release.finished = Some(now);
        release.updated = now;
        let d = &mut s.deployments[0];
        d.rollout = Rollout::Failed;
        d.updated = now;
        "ECS deployment circuit breaker: tasks failed to start.".clone_into(&mut d.reason);
        let text = format!("(deployment {}) deployment failed: tasks failed to start.", d.name());
        self.note(service, &text);
        self.reconcile_soon(service);
    }

    /// Makes a service look as if it was just created, with a task definition that never ran.
    pub(crate) fn erase_history(&mut self, service: usize, image: &str) {
        let def = self.services[service].deployments[0].def.clone();
        let s = &mut self.services[service];
        let cluster = s.cluster;
        s.created = self.now;
        (s.releases, s.revisions, s.deployments) = (Vec::new(), Vec::new(), Vec::new());
        s.events.clear();
        s.stopped.clear();
        let (live, now) = (std::mem::take(&mut s.live), self.now);
        for id in live {
            self.tasks.remove(&(cluster, id));
        }
        self.services[service].load.log_running(now, 0);
        let first = self.revise(&def, image);
        self.deploy(service, first);
    }
}
