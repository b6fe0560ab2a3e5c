//! The initial worlds: every scenario has all environments, and something happens in one of them. This file creates
//! services with their history; each environment has its own file.

mod big;
mod bookmark;
mod minimal;
mod pantri;

use super::alarms::{AlarmSpec, Comparison};
use super::balancing::{Balancer, TargetGroup};
use super::bluegreen::Strategy;
use super::ecs::{
    Cluster, Container, Deployment, Fate, Health, HealthCheck, Release, Revision, Rollout, Service, Status, Target,
    TaskDef,
};
use super::lifecycle::{Life, RollbackOutcome};
use super::load::Load;
use super::metrics::MetricName;
use super::registry::Push;
use super::tasksets::Controller;
use super::{DAY, Event, HOUR, MINUTE, SECOND, World};
use crate::account::ACCOUNT;
use crate::clock::Ms;
use crate::rng::{self, Rng};
use crate::scenario::Scenario;
use std::collections::VecDeque;
use std::sync::Arc;

/// A completed deployment: its id, its task definition, its start and end.
type Deployed = (u64, Arc<TaskDef>, Ms, Ms);

/// Fills an empty world.
pub(crate) fn build(world: &mut World) {
    bookmark::staging(world);
    bookmark::prod(world);
    pantri::build(world);
    minimal::build(world);
    if world.scenario == Scenario::Big {
        big::build(world);
    }
    world.stock();
    if world.scenario == Scenario::BadImage {
        bookmark::bad_image(world);
    }
    if world.scenario == Scenario::FirstDeployment {
        bookmark::first_deployment(world);
    }
    backups(world);
    world.seed_parameters();
    world.add_other_groups();
    world.add_firewalls();
    let next = (world.start.div_euclid(MINUTE) + 1) * MINUTE;
    world.schedule(next, Event::Minute);
}

/// Adds the nightly backups of the past days, at 02:00 in Japan, to the events of the databases.
fn backups(world: &mut World) {
    let today = world.start.div_euclid(DAY) * DAY;
    for days in (0..4).rev() {
        let at = today - days * DAY + 17 * HOUR;
        for instance in 0..world.databases.instances.len() {
            if at + HOUR > world.start || world.databases.instances[instance].cluster.is_some() {
                continue;
            }
            for (minutes, message) in [(7, "Backing up DB instance"), (10, "Finished DB Instance backup")] {
                world.now = at + minutes * MINUTE;
                world.instance_event(instance, "backup", message);
            }
        }
    }
    world.now = world.start;
}

fn owned(pairs: &[(&'static str, String)]) -> Vec<(String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect()
}

/// The settings of a service.
#[derive(Debug, Clone)]
pub(crate) struct ServiceSpec {
    pub(crate) cluster: usize,
    pub(crate) name: String,
    /// The repository of its images; a large environment shares one.
    pub(crate) repository: String,
    pub(crate) cpu: u32,
    pub(crate) memory: u32,
    pub(crate) desired: u32,
    pub(crate) container: &'static str,
    pub(crate) port: u32,
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) secrets: Vec<(&'static str, String)>,
    pub(crate) sidecar: bool,
    pub(crate) target_group: Option<usize>,
    pub(crate) spot: bool,
    pub(crate) zones: &'static [&'static str],
    pub(crate) public_ip: bool,
    /// The number of past service deployments; each has a revision.
    pub(crate) history: u32,
    pub(crate) load: f64,
    pub(crate) memory_use: f64,
    pub(crate) tags: Vec<(&'static str, &'static str)>,
}

impl ServiceSpec {
    /// A service of the smallest size, without a load balancer.
    pub(crate) fn small(cluster: usize, name: &str) -> ServiceSpec {
        ServiceSpec {
            cluster,
            name: name.to_owned(),
            repository: name.to_owned(),
            cpu: 256,
            memory: 512,
            desired: 1,
            container: "app",
            port: 8080,
            environment: Vec::new(),
            secrets: Vec::new(),
            sidecar: false,
            target_group: None,
            spot: false,
            zones: &["ap-northeast-1a", "ap-northeast-1c"],
            public_ip: false,
            history: 5,
            load: 0.3,
            memory_use: 45.0,
            tags: Vec::new(),
        }
    }
}

impl World {
    fn add_cluster(
        &mut self,
        region: &'static str,
        name: &str,
        insights: bool,
        tags: Vec<(&'static str, &'static str)>,
    ) -> usize {
        self.clusters.push(Cluster { region, name: name.to_owned(), insights, tags });
        self.clusters.len() - 1
    }

    fn add_balancer(&mut self, region: &'static str, name: &str, zones: &'static [&'static str]) -> usize {
        let created = self.start - 120 * DAY;
        self.balancers.push(Balancer { region, name: name.to_owned(), zones, created });
        self.balancers.len() - 1
    }

    fn add_group(
        &mut self,
        balancer: usize,
        name: &str,
        port: u32,
        path: &'static str,
        interval: u32,
        unhealthy: u32,
    ) -> usize {
        let region = self.balancers[balancer].region;
        self.target_groups.push(TargetGroup {
            region,
            name: name.to_owned(),
            balancer,
            port,
            path,
            interval,
            unhealthy,
        });
        self.target_groups.len() - 1
    }

    /// Registers a revision of a family; the image's tag is derived from its number.
    fn register(&mut self, spec: &ServiceSpec, revision: u32, at: Ms, fate: Fate) -> Arc<TaskDef> {
        let region = self.clusters[spec.cluster].region;
        let mark = rng::hash(self.seed, &format!("{}:{revision}", spec.repository));
        let group = format!("/ecs/{}", spec.name);
        let tag = format!("{:07x}", mark & 0xfff_ffff);
        let known = self.registry.repositories.get(&(region, spec.repository.clone()));
        if known.is_none_or(|r| r.find(None, Some(&tag)).is_none()) {
            self.push(&Push {
                region,
                repository: &spec.repository,
                tag: &tag,
                processors: &["amd64"],
                fate,
                findings: Some([0, 0, 3, 11]),
                at: at - 2 * MINUTE,
            });
        }
        let mut containers = vec![Container {
            name: spec.container.to_owned(),
            image: format!("{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/{}:{tag}", spec.repository),
            cpu: 0,
            memory: None,
            essential: true,
            port: Some(spec.port),
            environment: owned(&spec.environment),
            secrets: owned(&spec.secrets),
            log: Some((group.clone(), "ecs".to_owned())),
            check: (self.scenario == Scenario::HealthChecks).then_some(HealthCheck {
                interval: 10,
                timeout: 5,
                retries: 3,
                start_period: 15,
            }),
        }];
        if spec.sidecar {
            containers.push(Container {
                name: "datadog-agent".to_owned(),
                image: "public.ecr.aws/datadog/agent:7.72.1".to_owned(),
                cpu: 64,
                memory: Some(256),
                essential: false,
                port: None,
                environment: owned(&[("ECS_FARGATE", "true".to_owned()), ("DD_SITE", "datadoghq.com".to_owned())]),
                secrets: owned(&[("DD_API_KEY", format!("arn:aws:ssm:{region}:{ACCOUNT}:parameter/datadog/api-key"))]),
                log: Some((group, "datadog".to_owned())),
                check: None,
            });
        }
        let def = Arc::new(TaskDef {
            region,
            family: spec.name.clone(),
            revision,
            cpu: spec.cpu,
            memory: spec.memory,
            containers,
            registered: at,
            fate,
            arm: false,
            raw: None,
            tags: Vec::new(),
            inactive: None,
        });
        self.families.entry((region, spec.name.clone())).or_default().push(Arc::clone(&def));
        def
    }

    /// Adds a service that has been running for days, with its tasks and its history.
    pub(crate) fn add_service(&mut self, spec: ServiceSpec) -> usize {
        let now = self.now;
        let mut rng = Rng::new(self.seed, &format!("service {}/{}", spec.cluster, spec.name));
        let salt = rng.next();
        let (releases, revisions, last) = self.past_deployments(&spec, &mut rng);
        let Some((id, def, deployed, finished)) = last else { return 0 };
        let images = Arc::new(self.resolve_images(&def));
        let deployment = Deployment {
            id,
            def,
            images,
            revision: revisions.last().map_or(0, |r| r.id),
            created: deployed,
            updated: finished,
            failed: 0,
            health_failures: 0,
            failures: 0,
            rollout: Rollout::Completed,
            reason: format!("ECS deployment ecs-svc/{id} completed."),
            set: None,
        };
        let service = self.services.len();
        self.service_index.insert((spec.cluster, spec.name.clone()), service);
        self.services.push(Service {
            cluster: spec.cluster,
            name: spec.name,
            created: now - 120 * DAY,
            life: Life::Active,
            rollback_outcome: RollbackOutcome::Open,
            strategy: Strategy::Rolling,
            controller: Controller::Ecs,
            desired: spec.desired,
            min_percent: 100,
            max_percent: 200,
            breaker: true,
            breaker_rollback: true,
            alarms: None,
            exec: true,
            grace: if spec.target_group.is_some() { 120 } else { 0 },
            target_group: spec.target_group,
            spot: spec.spot,
            zones: spec.zones,
            public_ip: spec.public_ip,
            deployments: vec![deployment],
            releases,
            revisions,
            events: VecDeque::new(),
            live: Vec::new(),
            stopped: VecDeque::new(),
            steady: true,
            next_start: 0,
            retry: None,
            no_capacity: false,
            slow: false,
            daemon: false,
            load: Load::new(spec.load, spec.memory_use, salt),
            tags: spec.tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            rng,
        });
        self.note_past(service, id, deployed, finished);
        for _ in 0..spec.desired {
            self.add_running(service, deployed);
        }
        let running = self.services[service].desired;
        self.services[service].load.log_running(deployed, running);
        service
    }

    /// The past deployments of a service, two days apart: the service deployments, newest first, all revisions, and
    /// the last deployment with its id, task definition, start and end.
    fn past_deployments(
        &mut self,
        spec: &ServiceSpec,
        rng: &mut Rng,
    ) -> (Vec<Release>, Vec<Revision>, Option<Deployed>) {
        let now = self.now;
        let mut releases = Vec::new();
        let mut revisions: Vec<Revision> = Vec::new();
        let mut last: Option<Deployed> = None;
        let history = spec.history.max(1);
        for n in 0..history {
            let back = Ms::from(history - n) * 2 * DAY - rng.range(2, 30) * HOUR;
            let at = now - back.max(6 * HOUR) - rng.range(0, 3_500) * SECOND;
            let def = self.register(spec, n + 1, at - 3 * MINUTE, Fate::Fine);
            let (id, revision) = (rng.digits19(), rng.digits19());
            let finished = at + rng.range(150, 260) * SECOND;
            releases.insert(
                0,
                Release {
                    id: rng.token(21),
                    deployment: id,
                    created: at,
                    started: at + SECOND,
                    finished: Some(finished),
                    updated: finished,
                    status: "SUCCESSFUL",
                    status_reason: None,
                    target: revision,
                    sources: revisions.last().map(|r| r.id).into_iter().collect(),
                    failures: 0,
                    triggered: false,
                    ignored_alarms: Vec::new(),
                    alarmed: Vec::new(),
                    stage: None,
                    rollback: None,
                },
            );
            let images = Arc::new(self.resolve_images(&def));
            revisions.push(Revision { id: revision, def: Arc::clone(&def), images, created: at });
            last = Some((id, def, at, finished));
        }
        (releases, revisions, last)
    }

    /// Adds the events of ECS for the last of these deployments and the time since.
    fn note_past(&mut self, service: usize, id: u64, deployed: Ms, finished: Ms) {
        let (now, desired) = (self.now, self.services[service].desired);
        self.note_at(service, deployed + 20 * SECOND, &format!("has started {desired} tasks."));
        self.note_at(service, finished, &format!("(deployment ecs-svc/{id}) deployment completed."));
        self.note_at(service, finished + SECOND, "has reached a steady state.");
        if now - finished > 6 * HOUR {
            let hours = (now - finished) / (6 * HOUR);
            self.note_at(service, finished + hours * 6 * HOUR, "has reached a steady state.");
        }
    }

    /// Adds a task that has been running since about a time.
    fn add_running(&mut self, service: usize, since: Ms) {
        let deployment = self.services[service].deployments[0].id;
        let key = self.start_task(service, deployment);
        let behind = self.services[service].target_group.is_some();
        let jitter = self.services[service].rng.range(0, 9) * SECOND;
        if let Some(task) = self.tasks.get_mut(&key) {
            let created = since + 20 * SECOND + jitter;
            task.created = created;
            task.status = Status::Running;
            task.epoch += 1;
            task.pull_started = Some(created + 5 * SECOND);
            task.pull_stopped = Some(created + 16 * SECOND);
            task.started = Some(created + 21 * SECOND);
            task.healthy = true;
            task.health = if task.def.check().is_some() { Health::Healthy } else { Health::Unknown };
            task.target = if behind { Target::Healthy } else { Target::None };
        }
        self.services[service].steady = true;
    }
}

/// An alarm of an environment, with a topic as its action.
pub(super) fn alarm(
    region: &'static str,
    prefix: &str,
    name: &str,
    description: &str,
    metric: MetricName,
    (comparison, threshold): (Comparison, f64),
) -> AlarmSpec {
    AlarmSpec {
        region,
        name: format!("{prefix}-{name}"),
        description: description.to_owned(),
        metric,
        statistic: "Average",
        unit: None,
        period: 60,
        periods: 5,
        threshold,
        comparison,
        missing: "notBreaching",
        actions: vec![format!("arn:aws:sns:{region}:{ACCOUNT}:{prefix}-alerts")],
        flat: None,
    }
}
