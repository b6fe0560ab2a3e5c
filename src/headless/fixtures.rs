//! Hand-made estates for tests.

use crate::config::EnvironmentConfig;
use crate::model::database::Backup;
use crate::model::metric::Point;
use crate::model::scaling::Suspended;
use crate::model::service::Breaker;
use crate::model::task_definition::ContainerDefinition;
use crate::model::{
    Alarm, AlarmState, Cluster, Container, DbCluster, DbInstance, Deployment, Estate, Failure, FailureKind, Identity,
    MetricKey, Observed, RolloutState, ScalableTarget, ScalingActivity, ScalingPolicy, ScheduledAction, Series,
    Service, Source, Target, Task, TaskDefinition,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Friday 20 November 2026, 21:30 in Tokyo.
pub(crate) fn now() -> Timestamp {
    "2026-11-20T12:30:00Z".parse().unwrap()
}

/// The staging environment.
pub fn environment() -> EnvironmentConfig {
    EnvironmentConfig {
        name: "staging".into(),
        project: "bookmark-manager".into(),
        account: Some("123456789012".into()),
        region: Some("ap-northeast-1".into()),
        schedules: Some("s-".into()),
        cluster: Some("c".into()),
        databases: vec!["*".into()],
        alarms: vec!["s-".into()],
        ..EnvironmentConfig::default()
    }
}

/// One request for every source.
pub fn requests() -> BTreeMap<Source, u32> {
    Source::ALL.into_iter().map(|source| (source, 1)).collect()
}

fn observed<T>(value: T) -> Observed<T> {
    let mut observed = Observed::default();
    observed.record(value, now() - SignedDuration::from_millis(250));
    observed
}

fn service(name: &str, desired: u32, running: u32) -> Service {
    Service {
        name: name.into(),
        cluster: "c".into(),
        status: "ACTIVE".into(),
        desired,
        running,
        task_definition: format!("{name}:7"),
        launch: "FARGATE".into(),
        breaker: Some(Breaker { enabled: true, rollback: true }),
        deployments: vec![Deployment {
            id: format!("ecs-svc/{name}"),
            status: "PRIMARY".into(),
            rollout: Some(RolloutState::Completed),
            desired,
            running,
            task_definition: format!("{name}:7"),
            created_at: Some(now() - SignedDuration::from_hours(3)),
            ..Deployment::default()
        }],
        target_groups: vec![format!("arn:aws:elasticloadbalancing:x:1:targetgroup/{name}/1")],
        ..Service::default()
    }
}

fn task(id: &str, service: &str) -> Task {
    Task {
        id: id.into(),
        service: Some(service.into()),
        started_by: format!("ecs-svc/{service}"),
        task_definition: format!("{service}:7"),
        last_status: "RUNNING".into(),
        desired_status: "RUNNING".into(),
        health: "HEALTHY".into(),
        az: "ap-northeast-1a".into(),
        launch: "FARGATE".into(),
        created_at: Some(now() - SignedDuration::from_mins(90)),
        containers: vec![Container {
            name: "main".into(),
            status: "RUNNING".into(),
            health: "HEALTHY".into(),
            image: format!("r/{service}:9f3c2e1"),
            digest: Some("sha256:abc".into()),
            ..Container::default()
        }],
        ..Task::default()
    }
}

fn dead(id: &str, service: &str) -> Task {
    let mut task = task(id, service);
    task.last_status = "STOPPED".into();
    task.desired_status = "STOPPED".into();
    task.stop_code = Some("EssentialContainerExited".into());
    task.stopped_reason = Some("Essential container in task exited".into());
    task.stopped_at = Some(now() - SignedDuration::from_mins(3));
    task.containers[0].exit_code = Some(137);
    task.containers[0].reason = Some("OutOfMemoryError: Container killed".into());
    task
}

/// An estate in which everything was read: api is healthy, web runs 1 of 2 tasks after a crash.
pub fn complete_estate() -> Estate {
    let mut estate = Estate {
        identity: observed(Identity {
            account: "123456789012".into(),
            arn: "arn:aws:iam::123456789012:user/alice".into(),
            ..Identity::default()
        }),
        cluster: observed(Cluster { name: "c".into(), status: "ACTIVE".into(), ..Cluster::default() }),
        services: observed(
            [service("s-api", 10, 10), service("s-web", 2, 1)].into_iter().map(|one| (one.name.clone(), one)).collect(),
        ),
        tasks: observed(
            [task("t1", "s-api"), task("t2", "s-web"), dead("t3", "s-web")]
                .into_iter()
                .map(|one| (one.id.clone(), one))
                .collect(),
        ),
        ..Estate::default()
    };
    for name in ["s-api", "s-web"] {
        let container = ContainerDefinition {
            name: "main".into(),
            image: format!("r/{name}:9f3c2e1"),
            essential: true,
            ..ContainerDefinition::default()
        };
        let definition =
            TaskDefinition { name: format!("{name}:7"), containers: vec![container], ..TaskDefinition::default() };
        estate.task_definitions.insert(format!("{name}:7"), observed(definition));
        estate.rollouts.insert(name.into(), observed(vec![]));
        let target = Target { id: "10.0.0.1".into(), port: Some(80), state: "healthy".into(), ..Target::default() };
        estate.targets.insert(format!("arn:aws:elasticloadbalancing:x:1:targetgroup/{name}/1"), observed(vec![target]));
    }
    scaling(&mut estate);
    databases(&mut estate);
    estate.alarms = observed(vec![
        Alarm {
            name: "s-cpu".into(),
            state: AlarmState::Alarm,
            reason: "Threshold Crossed".into(),
            since: Some(now() - SignedDuration::from_mins(7)),
            ..Alarm::default()
        },
        Alarm { name: "s-disk".into(), state: AlarmState::Ok, ..Alarm::default() },
    ]);
    estate.alarm_mutes = observed(Vec::new());
    estate.metrics = observed(());
    let series = |value: f64| Series::new(vec![Point { at: now(), value }]);
    estate.series.insert(MetricKey::ServiceCpu("s-api".into()), series(71.25));
    estate.series.insert(MetricKey::ServiceMemory("s-api".into()), series(f64::NAN));
    estate.series.insert(MetricKey::DbAcu("db-1".into()), series(0.5));
    estate.series.insert(MetricKey::DbLag("db-2".into()), series(18.0));
    // The writer was a reader until a moment ago.
    estate.series.insert(MetricKey::DbLag("db-1".into()), series(16.0));
    estate.settle(now());
    estate
}

fn scaling(estate: &mut Estate) {
    let resource = "service/c/s-api".to_owned();
    estate.scalable = observed(vec![ScalableTarget {
        resource: resource.clone(),
        min: 1,
        max: 10,
        suspended: Suspended { scale_in: true, ..Suspended::default() },
        not_carried: Vec::new(),
    }]);
    estate.policies = observed(vec![ScalingPolicy {
        resource: resource.clone(),
        name: "cpu".into(),
        kind: "TargetTrackingScaling".into(),
        metric: Some("ECSServiceAverageCPUUtilization".into()),
        target: Some(70.0),
        ..ScalingPolicy::default()
    }]);
    estate.schedules = observed(Vec::new());
    estate.scheduled = observed(vec![ScheduledAction {
        resource: resource.clone(),
        name: "stop".into(),
        schedule: "cron(0 22 ? * MON-FRI *)".into(),
        timezone: Some("Asia/Tokyo".into()),
        min: Some(0),
        max: Some(0),
        ..ScheduledAction::default()
    }]);
    estate.activities = observed(vec![ScalingActivity {
        resource,
        at: Some(now() - SignedDuration::from_mins(12)),
        status: "NotScaled".into(),
        description: "Attempting to scale due to alarm triggered".into(),
        not_scaled: vec!["AlreadyAtMaxCapacity".into()],
        ..ScalingActivity::default()
    }]);
}

fn databases(estate: &mut Estate) {
    estate.db_clusters = observed(vec![DbCluster {
        id: "db".into(),
        engine: "aurora-postgresql".into(),
        version: "17.4".into(),
        status: "available".into(),
        acu: Some((0.5, 2.0)),
        backup: Backup { retention_days: Some(30), latest: Some(now()), ..Backup::default() },
        maintenance: Some("sun:17:00-sun:17:30".into()),
        members: vec![("db-2".into(), false, Some(1)), ("db-1".into(), true, Some(0))],
        ..DbCluster::default()
    }]);
    let instance = |id: &str| DbInstance {
        id: id.into(),
        cluster: Some("db".into()),
        engine: "aurora-postgresql".into(),
        status: "available".into(),
        class: "db.serverless".into(),
        ..DbInstance::default()
    };
    let mut second = instance("db-2");
    second.pending = vec![("DBInstanceClass".into(), "db.r8g.large".into())];
    estate.db_instances = observed(vec![instance("db-1"), second]);
}

/// An estate in which the read of every source failed.
pub fn failed(kind: FailureKind) -> Estate {
    let failure = || Failure::new(kind, "the security token is expired");
    let mut estate = Estate::default();
    estate.identity.record_failure(failure());
    estate.cluster.record_failure(failure());
    estate.services.record_failure(failure());
    estate.tasks.record_failure(failure());
    estate.scalable.record_failure(failure());
    estate.policies.record_failure(failure());
    estate.scheduled.record_failure(failure());
    estate.schedules.record_failure(failure());
    estate.activities.record_failure(failure());
    estate.db_clusters.record_failure(failure());
    estate.db_instances.record_failure(failure());
    estate.alarms.record_failure(failure());
    estate.alarm_mutes.record_failure(failure());
    estate.metrics.record_failure(failure());
    estate.settle(now());
    estate
}

/// An estate whose names are Japanese and hold control characters that would act on a terminal.
pub fn japanese() -> Estate {
    let mut estate = complete_estate();
    let name = "ブックマーク\u{1b}[31m\u{9b}\u{202e}🍣";
    estate.services.value_or_default().insert(name.into(), service(name, 0, 0));
    estate.settle(now());
    estate
}
