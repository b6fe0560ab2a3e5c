//! The world of the screen tests: a web service behind autoscaling and a load balancer, an API that fails to start, a
//! stopped scheduler, and an Aurora cluster with a reader.

use super::{World, ago, now};
use crate::model::health_probe::declared::AcmCertificate;
use crate::model::*;
use jiff::SignedDuration;
use std::collections::BTreeMap;

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
    let definition = |service: &str| TaskDefinition {
        name: format!("{service}:42"),
        cpu: "256".into(),
        memory: "512".into(),
        containers: vec![ContainerOf(service).definition()],
        ..TaskDefinition::default()
    };
    let mut tasks =
        vec![task("web", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"), task("worker", "aa1e2d3c4b5a69788796a5b4c3d2e1f1")];
    tasks.extend(killed_tasks());
    let mut world = World {
        account: "123456789012".into(),
        certificates: vec![certificate()],
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
        clusters: vec![aurora_cluster()],
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
    };
    scale_web(&mut world);
    world
}

fn certificate() -> AcmCertificate {
    AcmCertificate {
        arn: "arn:aws:acm:ap-northeast-1:123456789012:certificate/c-1".into(),
        names: vec!["staging.bookmark-manager.example".into()],
        status: "ISSUED".into(),
        not_after: Some(now() + SignedDuration::from_hours(24 * 210)),
        ..AcmCertificate::default()
    }
}

/// Three tasks of the API that were killed for exceeding their memory, a few minutes apart.
fn killed_tasks() -> Vec<Task> {
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
    ended
}

/// Adds limits, a policy, a scheduled action and an activity to the web service's autoscaling.
fn scale_web(world: &mut World) {
    let web = "service/bookmark-manager-staging/bookmark-manager-staging-web";
    world.scalable = vec![ScalableTarget { resource: web.into(), min: 1, max: 10, ..ScalableTarget::default() }];
    world.policies = vec![ScalingPolicy {
        resource: web.into(),
        name: "cpu".into(),
        kind: "TargetTrackingScaling".into(),
        metric: Some("ECSServiceAverageCPUUtilization".into()),
        target: Some(60.0),
        out_cooldown: Some(60),
        in_cooldown: Some(300),
        no_scale_in: false,
    }];
    world.scheduled = vec![ScheduledAction {
        resource: web.into(),
        name: "night".into(),
        schedule: "cron(0 22 * * ? *)".into(),
        timezone: Some("Asia/Tokyo".into()),
        min: Some(0),
        max: Some(0),
        ..ScheduledAction::default()
    }];
    world.activities = vec![ScalingActivity {
        id: "a".into(),
        resource: web.into(),
        at: ago(61),
        status: "Successful".into(),
        description: "Setting desired count to 2.".into(),
        cause: "monitor alarm TargetTracking-… in state ALARM triggered policy cpu".into(),
        ..ScalingActivity::default()
    }];
}

/// The Aurora cluster with its writer and its reader.
fn aurora_cluster() -> DbCluster {
    DbCluster {
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
                region: None,
            }),
            variables: vec!["RUST_LOG".into()],
            secrets: vec!["DATABASE_URL".into()],
            ..task_definition::ContainerDefinition::default()
        }
    }
}

/// `staging` with `count` additional services.
pub fn with_services(count: usize) -> World {
    let mut world = staging();
    for number in 0..count {
        world.services.push(service(&format!("job-{number:04}"), 1, 1));
    }
    world
}
