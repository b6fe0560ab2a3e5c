//! The ECS service scheduler: brings the running tasks to the desired count, within the percentages of the deployment
//! configuration. The lifecycle of a task is in `tasks`, the evaluation of a rollout in `rollout`.

use super::ecs::{Rollout, Status};
use super::lifecycle::Life;
use super::tasksets::Controller;
use super::{Event, SECOND, TaskKey, World};
use crate::clock::Ms;

/// The largest number of tasks to start at once, similar to Fargate's launch rate.
const BATCH: u32 = 20;

impl World {
    /// Sets the desired count and reconciles the service soon.
    pub(crate) fn set_desired(&mut self, service: usize, desired: u32) {
        let s = &mut self.services[service];
        if s.desired == desired || s.life != Life::Active {
            return;
        }
        s.desired = desired;
        s.steady = false;
        let at = self.now;
        s.deployments[0].updated = at;
        self.reconcile_soon(service);
    }

    /// Reconciles a service within a second or two.
    pub(crate) fn reconcile_soon(&mut self, service: usize) {
        let wait = self.services[service].rng.range(400, 1_800);
        self.schedule(self.now + wait, Event::Reconcile(service));
    }

    /// Reconciles a service at this time, unless an earlier reconciliation is already planned.
    pub(crate) fn reconcile_at(&mut self, service: usize, at: Ms) {
        let at = at.max(self.now);
        let retry = &mut self.services[service].retry;
        if retry.is_none_or(|planned| planned > at) {
            *retry = Some(at);
            self.schedule(at, Event::Reconcile(service));
        }
    }

    /// The tasks of a deployment that are not being stopped.
    fn active_tasks(&self, service: usize, deployment: u64) -> Vec<TaskKey> {
        let s = &self.services[service];
        let keys = s.live.iter().map(|id| (s.cluster, *id));
        keys.filter(|k| self.tasks.get(k).is_some_and(|t| !t.stopping && t.deployment == deployment)).collect()
    }

    /// Reconciles a service once.
    pub(crate) fn reconcile(&mut self, service: usize) {
        if self.services[service].controller == Controller::External && self.services[service].life == Life::Active {
            self.reconcile_task_sets(service);
            return;
        }
        let retry = self.services[service].retry;
        self.services[service].retry = retry.filter(|at| *at > self.now);
        if self.services[service].life == Life::Inactive {
            return;
        }
        let primary = self.services[service].deployments[0].id;
        let others: Vec<u64> = self.services[service].deployments[1..].iter().map(|d| d.id).collect();
        let desired = self.services[service].desired;
        let current = self.active_tasks(service, primary);
        let mut old: Vec<TaskKey> = Vec::new();
        for id in &others {
            old.extend(self.active_tasks(service, *id));
        }
        if self.services[service].deployments[0].rollout == Rollout::Failed {
            self.keep_old(service, &current, &old, desired);
            self.settle(service, true);
            return;
        }
        let busy = if current.len() as u32 > desired {
            self.stop_surplus(service, primary, &current, desired)
        } else {
            self.start_missing(service, primary, current.len() as u32, old.len() as u32)
        };
        if self.keeps_blue(service) {
            self.settle(service, true);
            return;
        }
        let replaced = self.stop_old(service, primary, &old, desired);
        self.settle(service, busy || replaced);
    }

    /// Handles a rollout that was stopped midway: none of its tasks are started any more, and the previous deployment
    /// keeps the service up.
    fn keep_old(&mut self, service: usize, current: &[TaskKey], old: &[TaskKey], desired: u32) {
        let primary = self.services[service].deployments[0].id;
        if desired == 0 {
            let all: Vec<TaskKey> = current.iter().chain(old).copied().collect();
            if !all.is_empty() {
                self.stop_some(service, &all, &format!("Scaling activity initiated by (deployment ecs-svc/{primary})"));
            }
            return;
        }
        let up = current.iter().filter(|k| self.tasks[*k].healthy).count() as u32 + old.len() as u32;
        let before = self.services[service].deployments[1..].iter().find(|d| d.rollout == Rollout::Completed);
        if let Some(id) = before.map(|d| d.id).filter(|_| up < desired) {
            let names: Vec<String> =
                (up..desired).map(|_| format!("(task {:032x})", self.start_task(service, id).1)).collect();
            self.note(service, &format!("has started {} tasks: {}.", names.len(), names.join(" ")));
        }
    }

    /// Stops tasks beyond the desired count: first those not running yet, then the oldest.
    fn stop_surplus(&mut self, service: usize, primary: u64, current: &[TaskKey], desired: u32) -> bool {
        let mut order: Vec<TaskKey> = current.to_vec();
        order.sort_by_key(|k| (self.tasks[k].status == Status::Running, self.tasks[k].created, k.1));
        let surplus = current.len() - desired as usize;
        let reason = format!("Scaling activity initiated by (deployment ecs-svc/{primary})");
        self.stop_some(service, &order[..surplus], &reason);
        true
    }

    /// Starts missing tasks, as far as the maximum percentage allows.
    fn start_missing(&mut self, service: usize, primary: u64, current: u32, old: u32) -> bool {
        let s = &self.services[service];
        let percent = if self.stage(service).is_some() { 200 } else { s.max_percent };
        let ceiling = (s.desired * percent / 100).max(u32::from(s.desired > 0));
        let missing = s.desired.saturating_sub(current);
        let mut starts = missing.min(ceiling.saturating_sub(current + old)).min(BATCH);
        if starts == 0 {
            return missing > 0;
        }
        if self.now < s.next_start {
            let at = s.next_start;
            self.reconcile_at(service, at);
            return true;
        }
        if s.no_capacity {
            self.note(service, "was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.");
            self.reconcile_at(service, self.now + 60 * SECOND);
            return true;
        }
        // After a failure one task is tried at a time, until it runs or fails.
        let careful = s.deployments[0].failed + s.deployments[0].health_failures > 0;
        if careful {
            starts = 1;
        }
        let names: Vec<String> =
            (0..starts).map(|_| format!("(task {:032x})", self.start_task(service, primary).1)).collect();
        self.note(service, &format!("has started {starts} tasks: {}.", names.join(" ")));
        if missing > starts && !careful {
            let wait = self.services[service].rng.range(8, 12) * SECOND;
            self.reconcile_at(service, self.now + wait);
        }
        true
    }

    /// Stops tasks of older deployments, as far as the minimum percentage allows.
    fn stop_old(&mut self, service: usize, primary: u64, old: &[TaskKey], desired: u32) -> bool {
        if old.is_empty() {
            return false;
        }
        let floor = (desired * self.services[service].min_percent).div_ceil(100);
        let healthy = self.count(service, |t| t.healthy && !t.stopping);
        let (up, down): (Vec<TaskKey>, Vec<TaskKey>) = old.iter().partition(|k| self.tasks[*k].healthy);
        let mut stops: Vec<TaskKey> = down;
        stops.extend(up.into_iter().take(healthy.saturating_sub(floor) as usize));
        if !stops.is_empty() {
            let reason = format!("Scaling activity initiated by (deployment ecs-svc/{primary})");
            self.stop_some(service, &stops, &reason);
        }
        true
    }

    fn stop_some(&mut self, service: usize, keys: &[TaskKey], reason: &str) {
        let names: Vec<String> = keys.iter().map(|k| format!("(task {:032x})", k.1)).collect();
        self.note(service, &format!("has stopped {} running tasks: {}.", keys.len(), names.join(" ")));
        if let Some(group) = self.services[service].target_group {
            let arn = self.target_groups[group].arn();
            self.note(service, &format!("deregistered {} targets in (target-group {arn})", keys.len()));
            self.note(service, &format!("has begun draining connections on {} tasks.", keys.len()));
        }
        for key in keys {
            self.stop_task(*key, "ServiceSchedulerInitiated", reason);
        }
    }

    /// Removes drained deployments, completes a rollout, and records when the service is steady.
    fn settle(&mut self, service: usize, busy: bool) {
        let s = &self.services[service];
        let used: Vec<u64> =
            s.live.iter().filter_map(|id| self.tasks.get(&(s.cluster, *id))).map(|t| t.deployment).collect();
        let s = &mut self.services[service];
        let primary = s.deployments[0].id;
        s.deployments.retain(|d| d.id == primary || used.contains(&d.id));
        let drained = s.deployments.len() == 1;
        let desired = s.desired;
        let healthy = self.count(service, |t| t.deployment == primary && t.healthy && !t.stopping);
        let calm = !busy && drained && healthy == desired;
        let stopping = self.services[service].releases.first().is_some_and(super::ecs::Release::is_stop_requested);
        let blocked = self.is_rollback_blocked(service);
        if calm && !stopping && !blocked && self.services[service].deployments[0].rollout == Rollout::InProgress {
            self.complete_rollout(service);
        }
        let quiet = calm && self.count(service, |t| t.status != Status::Running) == 0;
        if quiet && !self.services[service].steady {
            self.services[service].steady = true;
            self.note(service, "has reached a steady state.");
            self.fulfil(service);
        }
        self.drained(service);
    }
}
