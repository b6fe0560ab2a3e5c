//! Services deployed by `CodeDeploy` or an external controller instead of ECS. Their deployments are task sets, each
//! with a scale in percent of the desired count; the controller chooses the primary one.

use super::ecs::{Deployment, Health, Rollout, TaskDef};
pub(crate) use super::kinds::{Controller, TaskSet};
use super::registry::Resolved;
use super::{SECOND, TaskKey, World};
use std::sync::Arc;

impl Deployment {
    /// `ecs-svc/NUMBER`, the id of a task set.
    pub(crate) fn set_id(&self) -> String {
        format!("ecs-svc/{}", self.id)
    }
}

impl World {
    /// Adds a placeholder deployment to a service whose controller has not created a task set yet. It appears in no answer.
    pub(crate) fn placeholder(&mut self, service: usize, def: Arc<TaskDef>) {
        let now = self.now;
        let images = Arc::new(self.resolve_images(&def));
        let hidden = deployment(0, 0, def, images, now);
        self.services[service].deployments.push(hidden);
    }

    /// `CreateTaskSet`; returns the id.
    pub(crate) fn create_task_set(&mut self, service: usize, def: Arc<TaskDef>, set: TaskSet) -> u64 {
        let now = self.now;
        let images = Arc::new(self.resolve_images(&def));
        let s = &mut self.services[service];
        let (id, revision) = (s.rng.digits19(), s.rng.digits19());
        let mut new = deployment(id, revision, def, images, now);
        new.set = Some(set);
        // Before the placeholder.
        let last = s.deployments.len() - 1;
        s.deployments.insert(last, new);
        self.reconcile_soon(service);
        id
    }

    /// The computed desired count of a task set.
    pub(crate) fn computed(&self, service: usize, set: &TaskSet) -> u32 {
        (f64::from(self.services[service].desired) * set.scale / 100.0).ceil() as u32
    }

    /// Reconciles the task sets of a service once.
    pub(crate) fn reconcile_task_sets(&mut self, service: usize) {
        let s = &self.services[service];
        let cluster = s.cluster;
        let sets: Vec<(u64, u32)> = s
            .deployments
            .iter()
            .filter_map(|d| d.set.as_ref().map(|set| (d.id, self.computed(service, set))))
            .collect();
        let live = s.live.clone();
        let mut missing = false;
        for (id, wanted) in &sets {
            let own = live.iter().map(|task| (cluster, *task));
            let own: Vec<TaskKey> =
                own.filter(|k| self.tasks.get(k).is_some_and(|t| !t.stopping && t.deployment == *id)).collect();
            for _ in own.len()..*wanted as usize {
                missing = true;
                if self.now >= self.services[service].next_start {
                    self.start_task(service, *id);
                }
            }
            for key in own.iter().skip(*wanted as usize) {
                self.stop_task(*key, "ServiceSchedulerInitiated", "Scaling activity initiated by the task set");
            }
        }
        for task in live {
            let gone = self.tasks.get(&(cluster, task)).is_some_and(|t| sets.iter().all(|(id, _)| *id != t.deployment));
            if gone {
                self.stop_task((cluster, task), "ServiceSchedulerInitiated", "The task set was deleted");
            }
        }
        if missing {
            let at = self.services[service].next_start.max(self.now + SECOND);
            self.reconcile_at(service, at);
        }
    }

    /// Gives a service another controller; its deployment becomes a task set.
    pub(crate) fn set_controller(&mut self, service: usize, controller: Controller) {
        let external = controller == Controller::External;
        let now = self.now;
        let s = &mut self.services[service];
        s.controller = controller;
        for (at, d) in s.deployments.iter_mut().enumerate() {
            let external = (controller == Controller::CodeDeploy).then(|| "d-4XQ7TZ2P1".to_owned());
            d.set = Some(TaskSet { external, scale: 100.0, primary: at == 0 });
        }
        if external {
            let (def, images) = (Arc::clone(&s.deployments[0].def), Arc::clone(&s.deployments[0].images));
            s.deployments.push(deployment(0, 0, def, images, now));
        }
        s.releases.clear();
    }

    /// Whether exactly the desired tasks of a task set run and are healthy.
    pub(crate) fn is_stable(&self, service: usize, d: &Deployment) -> bool {
        let wanted = d.set.as_ref().map_or(0, |set| self.computed(service, set));
        self.count(service, |t| t.deployment == d.id && !t.stopping && t.healthy && t.health != Health::Unhealthy)
            == wanted
    }
}

fn deployment(id: u64, revision: u64, def: Arc<TaskDef>, images: Arc<Resolved>, now: crate::clock::Ms) -> Deployment {
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
        rollout: Rollout::Completed,
        reason: String::new(),
        set: None,
    }
}
