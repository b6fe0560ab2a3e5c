//! Tests of each health rule.

use super::*;
use crate::scaling::Suspended;
use crate::service::{Deployment, ServiceEvent};
use crate::task::Container;

fn now() -> Timestamp {
    // Friday 20 November 2026, 21:30 in Tokyo.
    "2026-11-20T12:30:00Z".parse().expect("valid")
}

fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

fn service(desired: u32, running: u32) -> Service {
    Service {
        name: "api".into(),
        cluster: "c".into(),
        status: "ACTIVE".into(),
        desired,
        running,
        deployments: vec![Deployment {
            id: "ecs-svc/1".into(),
            status: "PRIMARY".into(),
            rollout: Some(RolloutState::Completed),
            ..Deployment::default()
        }],
        ..Service::default()
    }
}

fn dead(minutes_ago: i64, code: i32, reason: &str) -> Task {
    Task {
        id: format!("t{minutes_ago}"),
        started_by: "ecs-svc/1".into(),
        last_status: "STOPPED".into(),
        desired_status: "STOPPED".into(),
        stop_code: Some("EssentialContainerExited".into()),
        stopped_at: Some(ago(minutes_ago)),
        containers: vec![Container { exit_code: Some(code), reason: Some(reason.into()), ..Container::default() }],
        ..Task::default()
    }
}

#[derive(Default)]
struct Case {
    tasks: Vec<Task>,
    rollouts: Vec<ServiceDeployment>,
    scaling: Option<ScalableTarget>,
    activities: Vec<ScalingActivity>,
    scheduled: Vec<ScheduledAction>,
    targets: Vec<Target>,
}

impl Case {
    fn assess(&self, service: &Service) -> (Health, Vec<String>) {
        let assessment = assess(&Evidence {
            service,
            tasks: &self.tasks.iter().collect::<Vec<_>>(),
            rollouts: &self.rollouts,
            scaling: self.scaling.as_ref(),
            activities: &self.activities.iter().collect::<Vec<_>>(),
            scheduled: &self.scheduled.iter().collect::<Vec<_>>(),
            timers: &[],
            targets: &[("arn:x:targetgroup/api/1", &self.targets)],
            now: now(),
        });
        (assessment.health, assessment.reasons.into_iter().map(|reason| reason.text).collect())
    }
}

#[test]
fn service_without_problems_is_healthy() {
    assert_eq!(Case::default().assess(&service(1, 1)), (Health::Healthy, vec![]));
}

#[test]
fn crash_loop_reports_count_and_cause() {
    let case = Case {
        tasks: [1, 3, 4].map(|minutes| dead(minutes, 137, "OutOfMemoryError: Container killed")).into(),
        ..Case::default()
    };
    let (health, reasons) = case.assess(&service(1, 0));
    assert_eq!(health, Health::Down);
    assert_eq!(reasons[0], "running 0 of 1: 3 tasks stopped in 4 min, last exit 137 OutOfMemoryError");
    assert_eq!(reasons[1], "restart loop: 3 replacements in 4 min");
}

#[test]
fn restart_loop_is_found_while_the_count_is_right() {
    let case = Case { tasks: [2, 12].map(|minutes| dead(minutes, 1, "Error: boom")).into(), ..Case::default() };
    let (health, reasons) = case.assess(&service(1, 1));
    assert_eq!(health, Health::Degraded);
    assert_eq!(reasons, ["restart loop: 2 replacements in 12 min, last exit 1 Error"]);
}

#[test]
fn ended_tasks_of_an_older_deployment_are_ignored() {
    let mut old = dead(2, 1, "Error: boom");
    old.started_by = "ecs-svc/0".into();
    let case = Case { tasks: vec![old.clone(), old], ..Case::default() };
    assert_eq!(case.assess(&service(1, 1)).0, Health::Healthy);
}

#[test]
fn starting_service_is_changing_not_degraded() {
    let mut starting = service(2, 1);
    starting.pending = 1;
    assert_eq!(Case::default().assess(&starting), (Health::Changing, vec!["running 1 of 2: 1 starting".into()]));
}

#[test]
fn rollback_is_never_healthy() {
    let case = Case {
        rollouts: vec![ServiceDeployment {
            status: RolloutStatus::RollbackSuccessful,
            rollback_reason: Some("3 tasks failed to start".into()),
            ..ServiceDeployment::default()
        }],
        ..Case::default()
    };
    let (health, reasons) = case.assess(&service(1, 1));
    assert_eq!(health, Health::Degraded);
    assert_eq!(reasons, ["deployment rolled back: 3 tasks failed to start"]);
}

#[test]
fn at_max_reports_since_when() {
    let case = Case {
        scaling: Some(ScalableTarget { min: 1, max: 10, ..ScalableTarget::default() }),
        activities: vec![ScalingActivity {
            at: Some(ago(12)),
            description: "Setting desired count to 10.".into(),
            ..ScalingActivity::default()
        }],
        ..Case::default()
    };
    assert_eq!(case.assess(&service(10, 10)).1, ["at max 10 for 12 min"]);
    assert!(case.assess(&service(9, 9)).1.is_empty());
}

#[test]
fn suspension_and_scheduled_stop_are_reported() {
    let stop = ScheduledAction {
        schedule: "cron(0 22 ? * MON-FRI *)".into(),
        timezone: Some("Asia/Tokyo".into()),
        min: Some(0),
        max: Some(0),
        ..ScheduledAction::default()
    };
    let mut case = Case {
        scaling: Some(ScalableTarget { min: 1, max: 2, ..ScalableTarget::default() }),
        scheduled: vec![stop],
        ..Case::default()
    };
    assert_eq!(case.assess(&service(1, 1)).1, ["scheduled to stop at 22:00 JST"]);
    if let Some(target) = &mut case.scaling {
        target.suspended = Suspended { scale_in: true, scale_out: true, scheduled: true };
    }
    assert_eq!(case.assess(&service(1, 1)).1, ["autoscaling is suspended"]);
}

#[test]
fn deleted_service_is_down_and_not_stopped() {
    for status in ["DRAINING", "INACTIVE"] {
        let deleted = Service { status: status.into(), ..service(0, 0) };
        let reasons = vec![format!("the service is {status}: it was deleted")];
        assert_eq!(Case::default().assess(&deleted), (Health::Down, reasons), "nothing starts it again");
    }
}

#[test]
fn stopped_service_reports_its_scheduled_start() {
    let start = ScheduledAction {
        schedule: "cron(0 9 ? * MON-FRI *)".into(),
        timezone: Some("Asia/Tokyo".into()),
        min: Some(1),
        max: Some(2),
        ..ScheduledAction::default()
    };
    let case = Case { scheduled: vec![start], ..Case::default() };
    assert_eq!(
        case.assess(&service(0, 0)),
        (Health::Stopped, vec!["stopped; scheduled to start at Mon 09:00 JST".into()])
    );
}

#[test]
fn bad_targets_failed_placement_and_stuck_tasks_are_reported() {
    let unhealthy =
        Target { state: "unhealthy".into(), description: Some("Health checks failed".into()), ..Target::default() };
    let healthy = Target { state: "healthy".into(), ..Target::default() };
    let case = Case { targets: vec![unhealthy, healthy], ..Case::default() };
    assert_eq!(case.assess(&service(2, 2)).1, ["1 of 2 targets unhealthy in api: Health checks failed"]);

    let mut unplaced = service(2, 1);
    unplaced.events = vec![ServiceEvent {
        at: Some(ago(1)),
        message: "(service api) was unable to place a task.".into(),
        ..ServiceEvent::default()
    }];
    assert_eq!(Case::default().assess(&unplaced).1[1], "ECS was unable to place a task");

    let waiting = Task {
        last_status: "PENDING".into(),
        desired_status: "RUNNING".into(),
        created_at: Some(ago(6)),
        ..Task::default()
    };
    let case = Case { tasks: vec![waiting], ..Case::default() };
    assert_eq!(case.assess(&service(1, 1)).1, ["a task is PENDING for 6 min"]);
}

#[test]
fn daemon_service_is_not_stopped_at_desired_zero() {
    let daemon = Service { scheduling: "DAEMON".into(), ..service(0, 0) };
    let (health, reasons) = Case::default().assess(&daemon);
    assert_eq!(health, Health::Healthy);
    assert!(reasons[0].starts_with("DAEMON: its cluster has no container instance"), "{reasons:?}");
    assert_eq!(Case::default().assess(&Service { desired: 3, running: 3, ..daemon }), (Health::Healthy, Vec::new()));
}
