//! A hand-made world that answers an app's questions, so that screens are drawn from what really
//! passes through the update; and the screen as text.

use crate::app::effect::{Effect, Query};
use crate::app::event::{Answer, Event, Fact, Part};
use crate::app::keymap::Keymap;
use crate::app::poll::Wants;
use crate::app::{App, Session};
use crate::config::{Config, EnvironmentConfig, Ui};
use crate::model::*;
use jiff::{SignedDuration, Timestamp};
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use std::collections::BTreeMap;

/// 14:02:31 JST.
pub fn now() -> Timestamp {
    "2026-11-20T05:02:31Z".parse().unwrap()
}

#[allow(clippy::unnecessary_wraps)] // as the fields want it
pub fn ago(minutes: i64) -> Option<Timestamp> {
    Some(now() - SignedDuration::from_mins(minutes))
}

/// What AWS knows.
#[derive(Clone, Default)]
pub struct World {
    pub services: Vec<Service>,
    pub tasks: Vec<Task>,
    pub definitions: Vec<TaskDefinition>,
    pub rollouts: BTreeMap<String, Vec<ServiceDeployment>>,
    pub scalable: Vec<ScalableTarget>,
    pub policies: Vec<ScalingPolicy>,
    pub scheduled: Vec<ScheduledAction>,
    pub activities: Vec<ScalingActivity>,
    pub targets: BTreeMap<String, Vec<Target>>,
    pub clusters: Vec<DbCluster>,
    pub instances: Vec<DbInstance>,
    pub alarms: Vec<Alarm>,
    /// Sources that fail.
    pub failing: BTreeMap<Source, Failure>,
    /// Sources that do not answer at all.
    pub silent: Vec<Source>,
    /// The account of the credentials.
    pub account: String,
}

pub fn environment(name: &str) -> EnvironmentConfig {
    EnvironmentConfig {
        name: name.into(),
        project: "bookmark-manager".into(),
        account: Some("123456789012".into()),
        region: Some("ap-northeast-1".into()),
        cluster: Some(format!("bookmark-manager-{name}")),
        databases: vec!["bookmark-manager-*".into()],
        alarms: vec!["bookmark-manager-".into()],
        guarded: name == "prod",
        timezone: Some("Asia/Tokyo".into()),
        ..EnvironmentConfig::default()
    }
}

pub fn config() -> Config {
    Config {
        default_environment: Some("staging".into()),
        environments: vec![environment("staging"), environment("prod")],
        ui: Ui::default(),
        keys: BTreeMap::new(),
    }
}

/// An app before any answer.
pub fn fresh(environment: EnvironmentConfig, session: Session, size: (u16, u16)) -> (App, Vec<Effect>) {
    let (mut app, effects) = App::new(
        config(),
        environment,
        session,
        Keymap::default(),
        Wants::default(),
        now() - SignedDuration::from_secs(1),
    );
    let mut all = effects;
    all.extend(app.update(Event::Resize(size.0, size.1)));
    app.settle();
    (app, all)
}

/// An app that has read the whole world.
pub fn read(world: &World, size: (u16, u16)) -> App {
    let (mut app, effects) = fresh(environment("staging"), Session::default(), size);
    world.answer(&mut app, effects);
    tick(&mut app, now(), world);
    app
}

/// Time comes to a moment; what is then asked is answered.
pub fn tick(app: &mut App, to: Timestamp, world: &World) {
    let effects = app.update(Event::Tick(to));
    world.answer(app, effects);
    app.settle();
}

/// Presses keys, as the configuration writes them.
pub fn press(app: &mut App, keys: &str, world: &World) {
    for key in keys.split(' ') {
        let effects = app.update(Event::Key(key.parse().unwrap()));
        world.answer(app, effects);
        app.settle();
    }
}

impl World {
    /// Answers fetches, and what is asked because of the answers.
    pub fn answer(&self, app: &mut App, effects: Vec<Effect>) {
        let mut waiting: std::collections::VecDeque<Effect> = effects.into();
        while let Some(effect) = waiting.pop_front() {
            let Effect::Fetch { ticket, query, .. } = effect else { continue };
            if self.silent.contains(&query.source()) {
                continue;
            }
            let part = match self.failing.get(&query.source()) {
                Some(failure) => Part::Broken(failure.clone()),
                None => Part::Last(self.fact(&query)),
            };
            waiting.extend(app.update(Event::Answer(Answer { ticket, requests: 1, part })));
        }
        app.settle();
    }

    fn fact(&self, query: &Query) -> Fact {
        match query {
            Query::Identity => Fact::Identity(Identity {
                account: self.account.clone(),
                arn: format!("arn:aws:sts::{}:assumed-role/AWSReservedSSO_admin_0123/alice", self.account),
                expires: Some(now() + SignedDuration::from_mins(432)),
            }),
            Query::Cluster { cluster } => Fact::Cluster(Some(Cluster {
                name: cluster.clone(),
                status: "ACTIVE".into(),
                services: self.services.len() as u32,
                ..Cluster::default()
            })),
            Query::ServiceNames { .. } => {
                Fact::ServiceNames(self.services.iter().map(|service| service.name.clone()).collect())
            }
            Query::Services { names, .. } => Fact::Services(
                self.services.iter().filter(|service| names.contains(&service.name)).cloned().collect(),
                Vec::new(),
            ),
            Query::TaskIds { stopped, .. } => Fact::TaskIds(
                self.tasks.iter().filter(|task| task.stopped() == *stopped).map(|task| task.id.clone()).collect(),
            ),
            Query::Tasks { ids, .. } => {
                Fact::Tasks(self.tasks.iter().filter(|task| ids.contains(&task.id)).cloned().collect())
            }
            Query::TaskDefinition { name } => Fact::TaskDefinition(Box::new(
                self.definitions.iter().find(|definition| definition.name == *name).cloned().unwrap_or_default(),
            )),
            Query::Rollouts { service, .. } => Fact::Rollouts(self.rollouts.get(service).cloned().unwrap_or_default()),
            Query::ScalableTargets { .. } => Fact::ScalableTargets(self.scalable.clone()),
            Query::ScalingPolicies { .. } => Fact::ScalingPolicies(self.policies.clone()),
            Query::ScheduledActions { .. } => Fact::ScheduledActions(self.scheduled.clone()),
            Query::ScalingActivities { .. } => Fact::ScalingActivities(self.activities.clone()),
            Query::Targets { group } => Fact::Targets(self.targets.get(group).cloned().unwrap_or_default()),
            Query::DbClusters { .. } => Fact::DbClusters(self.clusters.clone()),
            Query::DbInstances { .. } => Fact::DbInstances(self.instances.clone()),
            Query::Alarms { .. } => Fact::Alarms(self.alarms.clone()),
            Query::Metrics { keys, until, .. } => {
                Fact::Metrics(keys.iter().map(|key| (key.clone(), curve(key, *until))).collect())
            }
        }
    }
}

/// A curve of three hours with a hump, its height by the metric.
fn curve(key: &MetricKey, until: Timestamp) -> Vec<Point> {
    let (base, hump) = match key {
        MetricKey::ServiceCpu(_) | MetricKey::DbCpu(_) => (7.0, 60.0),
        MetricKey::ServiceMemory(_) => (41.0, 20.0),
        MetricKey::DbConnections(_) => (12.0, 9.0),
        MetricKey::DbAcu(_) => (0.5, 1.2),
        MetricKey::DbLag(_) => (18.0, 10.0),
        MetricKey::DbMemory(_) | MetricKey::DbStorage { .. } => (3.2e9, 1e8),
        MetricKey::DbLoad(_) => (0.2, 1.0),
    };
    // Readers differ from writers.
    let part = if format!("{key:?}").contains("-2") { 0.4 } else { 1.0 };
    let minute = until.as_second() / 60 * 60;
    let point = |back: i64| Point {
        at: Timestamp::from_second(minute - back * 60).unwrap(),
        value: base
            + part * hump * (-((back as f64 - 60.0) / 25.0).powi(2)).exp()
            + part * f64::from((back % 7) as u8) / 4.0 * base / 10.0,
    };
    (1..180).map(point).collect()
}

pub fn service(name: &str, desired: u32, running: u32) -> Service {
    Service {
        name: format!("bookmark-manager-staging-{name}"),
        cluster: "bookmark-manager-staging".into(),
        status: "ACTIVE".into(),
        desired,
        running,
        task_definition: format!("{name}:42"),
        launch: "FARGATE".into(),
        controller: "ECS".into(),
        breaker: Some(service::Breaker { enabled: true, rollback: true }),
        exec: true,
        created_at: ago(60 * 24 * 40),
        deployments: vec![Deployment {
            id: format!("ecs-svc/{name}"),
            status: "PRIMARY".into(),
            rollout: Some(RolloutState::Completed),
            rollout_reason: format!("ECS deployment ecs-svc/{name} completed."),
            desired,
            running,
            task_definition: format!("{name}:42"),
            created_at: ago(100),
            updated_at: ago(95),
            ..Deployment::default()
        }],
        events: vec![ServiceEvent {
            id: format!("steady-{name}"),
            at: ago(5),
            message: format!("(service bookmark-manager-staging-{name}) has reached a steady state."),
        }],
        ..Service::default()
    }
}

pub fn task(service: &str, id: &str) -> Task {
    Task {
        id: id.into(),
        service: Some(format!("bookmark-manager-staging-{service}")),
        started_by: format!("ecs-svc/{service}"),
        task_definition: format!("{service}:42"),
        last_status: "RUNNING".into(),
        desired_status: "RUNNING".into(),
        health: "HEALTHY".into(),
        az: "ap-northeast-1a".into(),
        cpu: "256".into(),
        memory: "512".into(),
        launch: "FARGATE".into(),
        address: Some("10.0.1.23".into()),
        created_at: ago(99),
        started_at: ago(98),
        containers: vec![Container {
            name: service.into(),
            status: "RUNNING".into(),
            health: "HEALTHY".into(),
            image: format!("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/{service}:9f3c2e1"),
            digest: Some("sha256:8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4".into()),
            cpu: "256".into(),
            memory: "512".into(),
            ..Container::default()
        }],
        exec: true,
        ..Task::default()
    }
}

/// Two services, one of them failing, an Aurora cluster and an RDS instance.
pub fn staging() -> World {
    let name = |service: &str| format!("bookmark-manager-staging-{service}");
    let group = "arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/bookmark-web/0123";
    let mut web = service("web", 1, 1);
    web.target_groups = vec![group.into()];
    let mut api = service("api", 1, 0);
    api.events.insert(
        0,
        ServiceEvent {
            id: "unable".into(),
            at: ago(2),
            message: format!("(service {}) is unable to consistently start tasks successfully.", name("api")),
        },
    );
    let mut ended = Vec::new();
    for (number, minutes) in [(1, 3), (2, 9), (3, 15)] {
        let mut task = task("api", &format!("{number}b3a7c0de4f14a7f9c8d0e1f2a3b4c5d"));
        task.last_status = "STOPPED".into();
        task.desired_status = "STOPPED".into();
        task.health = "UNKNOWN".into();
        task.stop_code = Some("EssentialContainerExited".into());
        task.stopped_reason = Some("Essential container in task exited".into());
        task.created_at = ago(minutes + 1);
        task.stopped_at = ago(minutes);
        task.containers[0].status = "STOPPED".into();
        task.containers[0].health = "UNKNOWN".into();
        task.containers[0].exit_code = Some(137);
        task.containers[0].reason = Some("OutOfMemoryError: Container killed due to memory usage".into());
        ended.push(task);
    }
    let definition = |service: &str| TaskDefinition {
        name: format!("{service}:42"),
        cpu: "256".into(),
        memory: "512".into(),
        containers: vec![ContainerOf(service).definition()],
        ..TaskDefinition::default()
    };
    let mut tasks =
        vec![task("web", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"), task("worker", "aa1e2d3c4b5a69788796a5b4c3d2e1f1")];
    tasks.extend(ended);
    World {
        account: "123456789012".into(),
        services: vec![api, web, service("worker", 1, 1), service("scheduler", 0, 0)],
        tasks,
        definitions: ["web", "api", "worker", "scheduler"].map(definition).to_vec(),
        rollouts: BTreeMap::from([(
            name("web"),
            vec![ServiceDeployment {
                id: "hist-1".into(),
                status: RolloutStatus::Successful,
                created_at: ago(100),
                started_at: ago(100),
                finished_at: ago(95),
                target: Some("web:42".into()),
                ..ServiceDeployment::default()
            }],
        )]),
        scalable: vec![ScalableTarget {
            resource: format!("service/bookmark-manager-staging/{}", name("web")),
            min: 1,
            max: 10,
            ..ScalableTarget::default()
        }],
        policies: vec![ScalingPolicy {
            resource: format!("service/bookmark-manager-staging/{}", name("web")),
            name: "cpu".into(),
            kind: "TargetTrackingScaling".into(),
            metric: Some("ECSServiceAverageCPUUtilization".into()),
            target: Some(60.0),
            out_cooldown: Some(60),
            in_cooldown: Some(300),
            no_scale_in: false,
        }],
        scheduled: vec![ScheduledAction {
            resource: format!("service/bookmark-manager-staging/{}", name("web")),
            name: "night".into(),
            schedule: "cron(0 22 * * ? *)".into(),
            timezone: Some("Asia/Tokyo".into()),
            min: Some(0),
            max: Some(0),
        }],
        activities: vec![ScalingActivity {
            id: "a".into(),
            resource: format!("service/bookmark-manager-staging/{}", name("web")),
            at: ago(61),
            status: "Successful".into(),
            description: "Setting desired count to 2.".into(),
            cause: "monitor alarm TargetTracking-… in state ALARM triggered policy cpu".into(),
            ..ScalingActivity::default()
        }],
        targets: BTreeMap::from([(
            group.to_owned(),
            vec![Target {
                id: "10.0.1.23".into(),
                port: Some(8080),
                az: Some("ap-northeast-1a".into()),
                state: "healthy".into(),
                ..Target::default()
            }],
        )]),
        clusters: vec![DbCluster {
            id: "bookmark-manager-staging".into(),
            engine: "aurora-postgresql".into(),
            version: "16.4".into(),
            status: "available".into(),
            endpoint: Some("bookmark-manager-staging.cluster-abc.ap-northeast-1.rds.amazonaws.com".into()),
            reader_endpoint: Some("bookmark-manager-staging.cluster-ro-abc.ap-northeast-1.rds.amazonaws.com".into()),
            port: Some(5432),
            database: Some("bookmarks".into()),
            acu: Some((0.5, 2.0)),
            backup: database::Backup {
                retention_days: Some(7),
                window: Some("17:00-17:30".into()),
                earliest: ago(60 * 24 * 7),
                latest: ago(4),
            },
            protected: true,
            encrypted: true,
            maintenance: Some("sun:18:00-sun:18:30".into()),
            pending: Vec::new(),
            members: vec![
                ("bookmark-manager-staging-1".into(), true, Some(0)),
                ("bookmark-manager-staging-2".into(), false, Some(1)),
            ],
        }],
        instances: [("1", "a"), ("2", "c")]
            .map(|(number, az)| DbInstance {
                id: format!("bookmark-manager-staging-{number}"),
                cluster: Some("bookmark-manager-staging".into()),
                status: "available".into(),
                class: "db.serverless".into(),
                az: Some(format!("ap-northeast-1{az}")),
                ..DbInstance::default()
            })
            .to_vec(),
        alarms: vec![Alarm {
            name: "bookmark-manager-staging-db-cpu".into(),
            state: AlarmState::Ok,
            metric: Some("CPUUtilization".into()),
            dimensions: vec![("DBClusterIdentifier".into(), "bookmark-manager-staging".into())],
            threshold: Some(90.0),
            ..Alarm::default()
        }],
        ..World::default()
    }
}

struct ContainerOf<'a>(&'a str);

impl ContainerOf<'_> {
    fn definition(&self) -> task_definition::ContainerDefinition {
        task_definition::ContainerDefinition {
            name: self.0.into(),
            image: format!("123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/{}:9f3c2e1", self.0),
            essential: true,
            log: Some(task_definition::LogConfiguration {
                driver: "awslogs".into(),
                group: Some(format!("/ecs/{}", self.0)),
                prefix: Some("ecs".into()),
            }),
            variables: vec!["RUST_LOG".into()],
            secrets: vec!["DATABASE_URL".into()],
            ..task_definition::ContainerDefinition::default()
        }
    }
}

/// As `staging`, with so many services more.
pub fn with_services(count: usize) -> World {
    let mut world = staging();
    for number in 0..count {
        world.services.push(service(&format!("job-{number:04}"), 1, 1));
    }
    world
}

/// The drawn screen.
pub fn drawn(app: &App) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, app.screen.size.0, app.screen.size.1));
    super::draw(app, &mut buffer);
    buffer
}

/// The screen as text.
pub fn text(app: &App) -> String {
    let buffer = drawn(app);
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += symbol.cell_width().max(1);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
