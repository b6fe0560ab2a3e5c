//! Tests of when counts are done, over the reads that AWS returns.
use super::*;
use crate::config::EnvironmentConfig;
use crate::model::FailureKind;
use crate::model::service::ServiceEvent;
use crate::model::task::Container;
use crate::model::task_definition::ContainerDefinition;
use jiff::tz::TimeZone;

static ZONE: TimeZone = TimeZone::UTC;

const ENDS: [(&str, &str); 2] = [
    ("EssentialContainerExited", "Essential container in task exited"),
    ("TaskFailedToStart", "CannotStartContainerError"),
];

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).expect("valid")
}

fn service(running: u32, desired: u32) -> Service {
    Service { name: "api".into(), running, desired, ..Service::default() }
}

/// A task that started at a second, or without a start time.
fn runs(id: &str, started: Option<i64>, health: &str) -> Task {
    Task {
        id: id.into(),
        last_status: "RUNNING".into(),
        desired_status: "RUNNING".into(),
        health: health.into(),
        started_at: started.map(at),
        ..Task::default()
    }
}

fn ended(id: &str, code: &str, reason: &str) -> Task {
    Task {
        id: id.into(),
        last_status: "STOPPED".into(),
        desired_status: "STOPPED".into(),
        stop_code: Some(code.into()),
        stopped_reason: Some(reason.into()),
        containers: vec![Container { name: "api".into(), exit_code: Some(1), ..Container::default() }],
        ..Task::default()
    }
}

/// One look at a second with its observations, if no task definition can be read.
fn look(counts: &mut Counts, second: i64, seen: &[Service], tasks: &[Task], targets: &[&str]) -> CountStatus {
    defined(counts, None);
    glance(counts, second, seen, tasks, targets)
}

/// Answers with this task definition.
fn defined(counts: &mut Counts, definition: Option<TaskDefinition>) {
    let environment = EnvironmentConfig::default();
    let mut ctx = Ctx::new(at(0), &environment, &ZONE, 1);
    let reply = definition.map_or(Reply::Done, |definition| Reply::TaskDefinition(Box::new(definition)));
    counts.take(&of_definition("api"), reply, &mut ctx);
}

/// One look at a second with its observations.
fn glance(counts: &mut Counts, second: i64, seen: &[Service], tasks: &[Task], targets: &[&str]) -> CountStatus {
    let environment = EnvironmentConfig { name: "staging".into(), ..EnvironmentConfig::default() };
    let mut ctx = Ctx::new(at(second), &environment, &ZONE, 1);
    counts.take(&Slot::Service, Reply::Services(seen.to_vec()), &mut ctx);
    counts.take(&of_tasks("api"), Reply::Tasks(tasks.to_vec()), &mut ctx);
    let target = |state: &&str| Target { state: (*state).into(), ..Target::default() };
    let group = vec![("group".to_owned(), targets.iter().map(target).collect())];
    counts.take(&of_targets("api"), Reply::Targets(group), &mut ctx);
    counts.status()
}

fn wait_for(goal: u32) -> Counts {
    Counts::new(BTreeMap::from([("api".to_owned(), goal)]))
}

#[test]
fn count_that_is_right_in_one_read_is_not_done() {
    let mut counts = wait_for(1);
    for second in 0..40 {
        assert_eq!(
            look(&mut counts, second, &[service(1, 1)], &[runs("a", None, "UNKNOWN")], &[]),
            CountStatus::Changing
        );
    }
    assert_eq!(look(&mut counts, 40, &[service(1, 1)], &[runs("a", None, "UNKNOWN")], &[]), CountStatus::Reached);
}

#[test]
fn constantly_replaced_task_never_counts_and_is_given_up_like_in_ecs() {
    for (code, reason) in ENDS {
        let mut counts = wait_for(1);
        let mut tasks = Vec::new();
        assert_eq!(look(&mut counts, 0, &[service(0, 1)], &tasks, &[]), CountStatus::Changing);
        for round in 0..3 {
            // It is running at each look, and has ended before the next.
            tasks.push(runs(&format!("task {round}"), Some(round * 30), "UNKNOWN"));
            let standing = look(&mut counts, 1 + round * 30, &[service(1, 1)], &tasks, &[]);
            assert_eq!(standing, CountStatus::Changing, "{round}");
            tasks.pop();
            tasks.push(ended(&format!("task {round}"), code, reason));
        }
        let CountStatus::Failing(name, why) = look(&mut counts, 90, &[service(0, 1)], &tasks, &[]) else {
            panic!("{:?}", counts.status())
        };
        assert_eq!(name, "api");
        assert!(why.contains("3 of its tasks failed"), "{why}");
    }
}

#[test]
fn end_of_an_unnamed_container_is_not_the_versions_fault() {
    let named = ContainerDefinition { name: "api".into(), essential: true, ..ContainerDefinition::default() };
    let definition = TaskDefinition { name: "api:3".into(), containers: vec![named], ..TaskDefinition::default() };
    for (container, given_up) in [("added-by-somebody", false), ("api", true)] {
        let mut counts = wait_for(1);
        assert_eq!(glance(&mut counts, 0, &[service(0, 1)], &[], &[]), CountStatus::Changing);
        let crash = |number| Task {
            task_definition: "api:3".into(),
            containers: vec![Container { name: container.into(), exit_code: Some(1), ..Container::default() }],
            ..ended(&format!("task {number}"), ENDS[0].0, ENDS[0].1)
        };
        let mut tasks: Vec<Task> = (0..3).map(crash).collect();
        assert_eq!(glance(&mut counts, 9, &[service(0, 1)], &tasks, &[]), CountStatus::Changing, "it is read first");
        assert_eq!(counts.seen["api"].definition, Definition::Wanted("api:3".to_owned()));
        // Nor is it done while that is unknown.
        tasks.push(runs("new", None, "HEALTHY"));
        assert_eq!(glance(&mut counts, 18, &[service(1, 1)], &tasks, &[]), CountStatus::Changing);
        defined(&mut counts, Some(definition.clone()));
        let standing = glance(&mut counts, 27, &[service(1, 1)], &tasks, &[]);
        assert_eq!(matches!(standing, CountStatus::Failing(..)), given_up, "{container}: {standing:?}");
        assert_eq!(standing == CountStatus::Reached, !given_up, "{container}: {standing:?}");
    }
}

#[test]
fn earlier_failures_and_platform_ended_tasks_are_not_counted() {
    let mut counts = wait_for(1);
    let spot = |id: &str| ended(id, "SpotInterruption", "Your Spot Task was interrupted.");
    let old: Vec<Task> = (0..9).map(|number| ended(&format!("old {number}"), ENDS[0].0, ENDS[0].1)).collect();
    assert_eq!(look(&mut counts, 0, &[service(0, 1)], &old, &[]), CountStatus::Changing);
    let mut all = old;
    all.extend((0..9).map(|number| spot(&format!("spot {number}"))));
    assert_eq!(look(&mut counts, 9, &[service(0, 1)], &all, &[]), CountStatus::Changing);
    all.push(runs("new", None, "HEALTHY"));
    assert_eq!(look(&mut counts, 18, &[service(1, 1)], &all, &[]), CountStatus::Reached);
}

#[test]
fn task_age_is_measured_by_the_clock_of_aws() {
    let mut counts = wait_for(1);
    let steady = |second| Service {
        events: vec![ServiceEvent { at: Some(at(second)), ..ServiceEvent::default() }],
        ..service(1, 1)
    };
    // This machine's clock is hours ahead and is not used.
    let task = runs("a", Some(0), "UNKNOWN");
    assert_eq!(look(&mut counts, 9_000, &[steady(39)], std::slice::from_ref(&task), &[]), CountStatus::Changing);
    assert_eq!(look(&mut counts, 9_003, &[steady(40)], &[task], &[]), CountStatus::Reached);
}

#[test]
fn targets_of_a_load_balancer_must_be_healthy_whatever_the_task_age() {
    let mut counts = wait_for(2);
    let behind = Service { target_groups: vec!["group".into()], ..service(2, 2) };
    let tasks = [runs("a", Some(-900), "UNKNOWN"), runs("b", Some(-900), "UNKNOWN")];
    for second in 0..90 {
        let seen = look(&mut counts, second, std::slice::from_ref(&behind), &tasks, &["healthy", "initial"]);
        assert_eq!(seen, CountStatus::Changing);
    }
    assert_eq!(look(&mut counts, 91, &[behind], &tasks, &["healthy", "draining", "healthy"]), CountStatus::Reached);
}

#[test]
fn unhealthy_task_delays_the_end() {
    let mut counts = wait_for(1);
    for second in 0..90 {
        assert_eq!(
            look(&mut counts, second, &[service(1, 1)], &[runs("a", None, "UNHEALTHY")], &[]),
            CountStatus::Changing
        );
    }
}

#[test]
fn count_of_zero_needs_no_stability() {
    let mut counts = wait_for(0);
    let stopping = Service { pending: 1, ..service(0, 0) };
    assert_eq!(look(&mut counts, 0, &[stopping], &[], &[]), CountStatus::Changing);
    assert_eq!(look(&mut counts, 3, &[service(0, 0)], &[], &[]), CountStatus::Reached);
}

#[test]
fn unreadable_tasks_require_the_counts_to_hold_as_long() {
    let mut counts = wait_for(1);
    let environment = EnvironmentConfig { name: "staging".into(), ..EnvironmentConfig::default() };
    let mut ctx = Ctx::new(at(0), &environment, &ZONE, 1);
    let denied = Failure::new(FailureKind::Denied, "ecs:ListTasks: not allowed");
    assert!(counts.read_failed(&of_tasks("api"), &denied, &mut ctx));
    assert!(!counts.read_failed(&Slot::Service, &denied, &mut ctx), "without the service nothing is known");
    for (second, running, standing) in [
        (0, 1, CountStatus::Changing),
        (39, 1, CountStatus::Changing),
        (39, 0, CountStatus::Changing),
        (42, 1, CountStatus::Changing),
        (81, 1, CountStatus::Changing),
        (82, 1, CountStatus::Reached),
    ] {
        let mut ctx = Ctx::new(at(second), &environment, &ZONE, 1);
        counts.take(&Slot::Service, Reply::Services(vec![service(running, 1)]), &mut ctx);
        assert_eq!(counts.status(), standing, "{second}");
    }
}

#[test]
fn first_of_several_services_is_read_again_at_the_end() {
    let mut counts = Counts::new(BTreeMap::from([("api".to_owned(), 0), ("web".to_owned(), 0)]));
    let web = |running| Service { name: "web".into(), ..service(running, 0) };
    assert_eq!(look(&mut counts, 0, &[service(0, 0), web(1)], &[], &[]), CountStatus::Changing);
    assert_eq!(look(&mut counts, 3, &[web(0)], &[], &[]), CountStatus::Changing, "api was seen long ago");
    assert_eq!(look(&mut counts, 6, &[service(1, 1), web(0)], &[], &[]), CountStatus::Changing, "somebody started it");
    assert_eq!(look(&mut counts, 9, &[service(0, 0)], &[], &[]), CountStatus::Changing);
    assert_eq!(look(&mut counts, 12, &[service(0, 0), web(0)], &[], &[]), CountStatus::Reached);
}
