//! The lifecycle of a task: PROVISIONING, PENDING, ACTIVATING, RUNNING, and the stopping states, some seconds each.
//! Tasks are started and stopped by `scheduler`.

use super::ecs::{Fate, Health, Status, Stop, Target, Task};
use super::{Event, HOUR, SECOND, TaskKey, World};
use crate::clock::Ms;

/// How long stopped tasks stay listed.
const REMEMBERED: Ms = HOUR;
/// How long after it runs a task without a health check counts as healthy.
const HEALTHY_AFTER: Ms = 40 * SECOND;
const OUT_OF_MEMORY: &str = "OutOfMemoryError: Container killed due to memory usage";

impl World {
    /// Starts a task of a deployment.
    pub(crate) fn start_task(&mut self, service: usize, deployment: u64) -> TaskKey {
        let now = self.now;
        let s = &mut self.services[service];
        let at = s.deployments.iter().position(|d| d.id == deployment).unwrap_or(0);
        let (def, images) = (s.deployments[at].def.clone(), s.deployments[at].images.clone());
        let fate = if s.slow && images.fate == Fate::Fine { Fate::Slow } else { images.fate };
        let id = s.rng.wide();
        let zones = s.zones;
        // Zones are balanced: the one with the fewest tasks is next.
        let cluster = s.cluster;
        let zone = zones
            .iter()
            .min_by_key(|z| {
                self.services[service].live.iter().filter(|id| self.tasks[&(cluster, **id)].zone == **z).count()
            })
            .copied()
            .unwrap_or("ap-northeast-1a");
        let s = &mut self.services[service];
        let bits = s.rng.next();
        let exec = s.exec;
        let task = Task {
            exec,
            service,
            deployment: s.deployments[at].id,
            def,
            status: Status::Provisioning,
            stopping: false,
            epoch: 0,
            fate,
            images,
            zone,
            spot: s.spot && s.live.len() % 2 == 1,
            address: [u8::from(s.public_ip) ^ 1, (bits % 200) as u8, ((bits >> 8) % 250) as u8 + 4],
            created: now,
            pull_started: None,
            pull_stopped: None,
            started: None,
            stopping_at: None,
            execution_stopped: None,
            stopped: None,
            target: Target::None,
            health: Health::Unknown,
            healthy: false,
            stop: None,
        };
        s.live.push(id);
        s.steady = false;
        let key = (s.cluster, id);
        self.tasks.insert(key, task);
        self.after(key, 4, 6);
        key
    }

    /// Schedules the next step of a task after a random number of seconds between these bounds.
    fn after(&mut self, key: TaskKey, low: i64, high: i64) {
        let Some(task) = self.tasks.get(&key) else { return };
        let (service, epoch) = (task.service, task.epoch);
        let wait = self.services[service].rng.range(low * SECOND, high * SECOND);
        self.schedule(self.now + wait, Event::Step { key, epoch });
    }

    /// Moves a task to its next state, if it has not changed since the step was planned.
    pub(crate) fn step_task(&mut self, key: TaskKey, epoch: u32) {
        let now = self.now;
        let Some(task) = self.tasks.get_mut(&key).filter(|t| t.epoch == epoch) else { return };
        let service = task.service;
        task.epoch += 1;
        match task.status {
            Status::Provisioning => {
                task.status = Status::Pending;
                if task.fate == Fate::NoSecrets {
                    self.after(key, 4, 7);
                    return;
                }
                task.pull_started = Some(now + SECOND);
                if task.fate == Fate::Slow {
                    self.after(key, 120, 180);
                } else {
                    self.after(key, 10, 14);
                }
            }
            Status::Pending if task.fate.fails_to_start() => self.fail_to_start(key),
            Status::Pending => {
                task.status = Status::Activating;
                task.pull_stopped = Some(now);
                match task.fate {
                    Fate::ExitsEarly => return self.fail_task(key, 1, None),
                    Fate::WrongPlatform => return self.fail_task(key, 255, None),
                    _ => {}
                }
                self.register_target(key);
                self.after(key, 3, 5);
            }
            Status::Activating => {
                task.status = Status::Running;
                task.started = Some(now);
                let epoch = task.epoch;
                let (fate, behind) = (task.fate, task.target != Target::None);
                self.task_runs(service, key);
                let check = self.tasks[&key].def.check();
                if fate == Fate::OutOfMemory {
                    self.after(key, 4, 7);
                } else if let (Some(check), Fate::Unhealthy) = (check, fate) {
                    // Failures in the start period do not count.
                    let wait = check.start_period + check.interval * check.retries;
                    self.schedule(now + Ms::from(wait) * SECOND, Event::CheckFails { key, epoch });
                } else if let (Some(check), false) = (check, behind) {
                    self.schedule(now + Ms::from(check.interval) * SECOND, Event::Healthy { key, epoch });
                } else if fate == Fate::Unhealthy && behind {
                    let wait = self.services[service].rng.range(5, 10) * SECOND;
                    self.schedule(now + wait, Event::Sick { key, epoch });
                } else {
                    let wait = match self.services[service].target_group {
                        Some(_) => self.services[service].rng.range(5, 10) * SECOND,
                        None => HEALTHY_AFTER,
                    };
                    self.schedule(now + wait, Event::Healthy { key, epoch });
                }
            }
            Status::Running => self.fail_task(key, 137, Some(OUT_OF_MEMORY.to_owned())),
            Status::Deactivating => {
                task.status = Status::Stopping;
                self.after(key, 2, 5);
            }
            Status::Stopping => {
                task.status = Status::Deprovisioning;
                task.execution_stopped = Some(now);
                self.after(key, 2, 4);
            }
            Status::Deprovisioning => self.task_stopped(key),
            Status::Stopped => {}
        }
    }

    fn register_target(&mut self, key: TaskKey) {
        let Some(task) = self.tasks.get_mut(&key) else { return };
        let service = task.service;
        if let Some(group) = self.services[service].target_group {
            task.target = Target::Initial;
            let arn = self.target_groups[group].arn();
            self.note(service, &format!("registered 1 targets in (target-group {arn})"));
        }
    }

    /// A task of a service has reached RUNNING.
    fn task_runs(&mut self, service: usize, key: TaskKey) {
        let deployment = self.tasks[&key].deployment;
        let found = self.services[service].deployments.iter_mut().find(|d| d.id == deployment);
        if let Some(d) = found {
            // As in ECS, a task that reaches RUNNING resets the failure count.
            d.failed = 0;
        }
        self.log_running(service);
    }

    /// A target or health check has become healthy.
    pub(crate) fn task_healthy(&mut self, key: TaskKey, epoch: u32) {
        let Some(task) = self.tasks.get_mut(&key) else { return };
        if task.epoch != epoch || task.status != Status::Running {
            return;
        }
        task.healthy = true;
        if task.def.check().is_some() {
            task.health = Health::Healthy;
        }
        if task.target == Target::Initial {
            task.target = Target::Healthy;
        }
        let (service, deployment) = (task.service, task.deployment);
        if let Some(d) = self.services[service].deployments.iter_mut().find(|d| d.id == deployment) {
            d.health_failures = 0;
        }
        self.schedule(self.now, Event::Reconcile(service));
    }

    /// The first check of a new target fails; ECS ignores it until the grace period is over.
    pub(crate) fn target_sick(&mut self, key: TaskKey, epoch: u32) {
        let now = self.now;
        let Some(task) = self.tasks.get_mut(&key).filter(|t| t.epoch == epoch && t.status == Status::Running) else {
            return;
        };
        task.target = Target::Unhealthy;
        let (service, started) = (task.service, task.started.unwrap_or(now));
        let grace = Ms::from(self.services[service].grace) * SECOND;
        let wait = self.services[service].rng.range(5, 15) * SECOND;
        self.schedule((started + grace).max(now) + wait, Event::GiveUp { key, epoch });
    }

    /// Makes the targets of a service unhealthy; ECS then replaces the tasks.
    pub(crate) fn targets_fail(&mut self, service: usize) {
        let s = &self.services[service];
        let keys: Vec<TaskKey> = s.live.iter().map(|id| (s.cluster, *id)).collect();
        for key in keys {
            let Some(task) = self.tasks.get_mut(&key).filter(|t| t.target == Target::Healthy) else { continue };
            task.target = Target::Unhealthy;
            task.healthy = false;
            let epoch = task.epoch;
            self.services[service].steady = false;
            self.note_unhealthy(service);
            let wait = self.services[service].rng.range(20, 30) * SECOND;
            self.schedule(self.now + wait, Event::GiveUp { key, epoch });
        }
    }

    /// Stops and replaces a task whose target is still unhealthy.
    pub(crate) fn give_up(&mut self, key: TaskKey, epoch: u32) {
        let Some(task) = self.tasks.get(&key).filter(|t| t.epoch == epoch && t.target == Target::Unhealthy) else {
            return;
        };
        let (service, deployment) = (task.service, task.deployment);
        let new = task.fate == Fate::Unhealthy;
        let arn = self.services[service].target_group.map(|g| self.target_groups[g].arn()).unwrap_or_default();
        if new {
            self.note_unhealthy(service);
        }
        self.note(service, &format!("(task {:032x}) failed ELB health checks in (target-group {arn}).", key.1));
        let reason = format!("Task failed ELB health checks in (target-group {arn})");
        self.stop_task(key, "ServiceSchedulerInitiated", &reason);
        if new {
            self.health_failure(service, deployment);
        } else {
            self.reconcile_soon(service);
        }
    }

    /// A container's own check has failed too often: the task is UNHEALTHY and is replaced.
    pub(crate) fn check_fails(&mut self, key: TaskKey, epoch: u32) {
        let Some(task) = self.tasks.get_mut(&key).filter(|t| t.epoch == epoch && t.status == Status::Running) else {
            return;
        };
        task.health = Health::Unhealthy;
        let (service, deployment) = (task.service, task.deployment);
        self.note(service, &format!("(task {:032x}) failed container health checks.", key.1));
        self.stop_task(key, "ServiceSchedulerInitiated", "Task failed container health checks");
        self.health_failure(service, deployment);
    }

    /// Makes the checks of a service's containers fail from now on.
    pub(crate) fn checks_fail(&mut self, service: usize) {
        let s = &self.services[service];
        let keys: Vec<TaskKey> = s.live.iter().map(|id| (s.cluster, *id)).collect();
        for key in keys {
            let Some(task) = self.tasks.get(&key).filter(|t| t.status == Status::Running) else { continue };
            if let Some(check) = task.def.check() {
                let (epoch, wait) = (task.epoch, Ms::from(check.interval * check.retries) * SECOND);
                self.schedule(self.now + wait, Event::CheckFails { key, epoch });
            }
        }
    }

    fn note_unhealthy(&mut self, service: usize) {
        if let Some(group) = self.services[service].target_group.map(|g| &self.target_groups[g]) {
            let (port, arn) = (group.port, group.arn());
            self.note(service, &format!("(port {port}) is unhealthy in (target-group {arn}) due to (reason Health checks failed with these codes: [502])."));
        }
    }

    /// Ends a task before any of its containers ran.
    fn fail_to_start(&mut self, key: TaskKey) {
        let Some(task) = self.tasks.get(&key) else { return };
        let reason = super::stop_reasons::why_not_started(task, key.1);
        // If the image cannot be pulled, the container has the same reason.
        let container = (task.fate != Fate::NoSecrets).then(|| reason.clone());
        self.end_task(key, Stop { code: "TaskFailedToStart", reason, exit: None, container });
    }

    /// Ends a task because its essential container ended.
    fn fail_task(&mut self, key: TaskKey, exit: i64, container: Option<String>) {
        let reason = "Essential container in task exited".to_owned();
        self.end_task(key, Stop { code: "EssentialContainerExited", reason, exit: Some(exit), container });
    }

    /// Ends a task without a request to stop it.
    fn end_task(&mut self, key: TaskKey, stop: Stop) {
        let now = self.now;
        let Some(task) = self.tasks.get_mut(&key) else { return };
        let (service, deployment) = (task.service, task.deployment);
        let was_running = task.status == Status::Running;
        task.status = Status::Deprovisioning;
        task.stopping = true;
        task.healthy = false;
        task.epoch += 1;
        task.stopping_at = Some(now);
        task.execution_stopped = Some(now);
        if task.target != Target::None {
            task.target = Target::Draining;
        }
        task.stop = Some(Box::new(stop));
        if was_running {
            self.log_running(service);
        }
        self.after(key, 2, 4);
        let (fate, created) = self.tasks.get(&key).map_or((Fate::Fine, now), |t| (t.fate, t.created));
        self.deployment_failure(service, deployment, fate, created);
    }

    /// Stops a task in order: deregisters its target, sends SIGTERM, then ends it.
    pub(crate) fn stop_task(&mut self, key: TaskKey, code: &'static str, reason: &str) {
        let now = self.now;
        let Some(task) = self.tasks.get_mut(&key).filter(|t| !t.stopping) else { return };
        let service = task.service;
        let was_running = task.status == Status::Running;
        task.stopping = true;
        task.healthy = false;
        task.epoch += 1;
        task.stopping_at = Some(now);
        let draining = task.target != Target::None;
        if draining {
            task.target = Target::Draining;
            task.status = Status::Deactivating;
        } else {
            task.status = Status::Stopping;
        }
        task.stop = Some(Box::new(Stop { code, reason: reason.to_owned(), exit: Some(0), container: None }));
        self.services[service].steady = false;
        if was_running {
            self.log_running(service);
        }
        if draining {
            self.after(key, 10, 15);
        } else {
            self.after(key, 2, 5);
        }
    }

    fn task_stopped(&mut self, key: TaskKey) {
        let now = self.now;
        let Some(task) = self.tasks.get_mut(&key) else { return };
        let service = task.service;
        task.status = Status::Stopped;
        task.stopped = Some(now);
        task.target = Target::None;
        let s = &mut self.services[service];
        s.live.retain(|id| *id != key.1);
        s.stopped.push_back(key.1);
        self.schedule(now + REMEMBERED, Event::Forget { key });
        self.schedule(now, Event::Reconcile(service));
    }

    /// Removes a stopped task from the lists.
    pub(crate) fn forget_task(&mut self, key: TaskKey) {
        if let Some(task) = self.tasks.remove(&key) {
            self.keep_streams(key, &task);
            self.services[task.service].stopped.retain(|id| *id != key.1);
        }
    }

    /// Records the current number of running tasks, which past metrics depend on.
    pub(crate) fn log_running(&mut self, service: usize) {
        let running = self.running(service);
        let now = self.now;
        self.services[service].load.log_running(now, running);
    }
}
