//! When counts may be called done, over looks as AWS gives them.
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

/// A task that came to run at a second, or never told when.
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

/// One look at a second, with what it shows, where no task definition can be read.
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

/// One look at a second, with what it shows.
fn glance(counts: &mut Counts, second: i64, seen: &[Service], tasks: &[Task], targets: &[&str]) -> CountStatus {
    let environment = EnvironmentConfig { name: "staging".into(), ..EnvironmentConfig::default() };
    let mut ctx = Ctx::new(at(second), &environment, &ZONE, 1);
    counts.take(&Slot::Service, Reply::Services(seen.to_vec()), &mut ctx);
    counts.take(&of_tasks("api"), Reply::Tasks(tasks.to_vec()), &mut ctx);
    let target = |state: &&str| Target { state: (*state).into(), ..Target::default() };
    let group = vec![("group".to_owned(), targets.iter().map(target).collect())];
    counts.take(&of_targets("api"), Reply::Targets(group), &mut ctx);
    counts.standing()
}

fn wait_for(goal: u32) -> Counts {
    Counts::new(BTreeMap::from([("api".to_owned(), goal)]))
}

#[test]
fn a_count_that_is_right_at_one_glance_is_no_end() {
    let mut counts = wait_for(1);
    for second in 0..40 {
        assert_eq!(look(&mut counts, second, &[service(1, 1)], &[runs("a", None, "UNKNOWN")], &[]), CountStatus::Going);
    }
    assert_eq!(look(&mut counts, 40, &[service(1, 1)], &[runs("a", None, "UNKNOWN")], &[]), CountStatus::Reached);
}

#[test]
fn a_task_that_is_replaced_all_the_time_never_counts_and_is_given_up_where_ecs_would() {
    for (code, reason) in ENDS {
        let mut counts = wait_for(1);
        let mut tasks = Vec::new();
        assert_eq!(look(&mut counts, 0, &[service(0, 1)], &tasks, &[]), CountStatus::Going);
        for round in 0..3 {
            // It runs at each look, and has ended before the next.
            tasks.push(runs(&format!("task {round}"), Some(round * 30), "UNKNOWN"));
            let standing = look(&mut counts, 1 + round * 30, &[service(1, 1)], &tasks, &[]);
            assert_eq!(standing, CountStatus::Going, "{round}");
            tasks.pop();
            tasks.push(ended(&format!("task {round}"), code, reason));
        }
        let CountStatus::Failing(name, why) = look(&mut counts, 90, &[service(0, 1)], &tasks, &[]) else {
            panic!("{:?}", counts.standing())
        };
        assert_eq!(name, "api");
        assert!(why.contains("3 of its tasks failed"), "{why}");
    }
}

#[test]
fn the_end_of_a_container_that_the_task_definition_does_not_name_is_not_the_versions_fault() {
    let named = ContainerDefinition { name: "api".into(), essential: true, ..ContainerDefinition::default() };
    let definition = TaskDefinition { name: "api:3".into(), containers: vec![named], ..TaskDefinition::default() };
    for (container, given_up) in [("added-by-somebody", false), ("api", true)] {
        let mut counts = wait_for(1);
        assert_eq!(glance(&mut counts, 0, &[service(0, 1)], &[], &[]), CountStatus::Going);
        let crash = |number| Task {
            task_definition: "api:3".into(),
            containers: vec![Container { name: container.into(), exit_code: Some(1), ..Container::default() }],
            ..ended(&format!("task {number}"), ENDS[0].0, ENDS[0].1)
        };
        let mut tasks: Vec<Task> = (0..3).map(crash).collect();
        assert_eq!(glance(&mut counts, 9, &[service(0, 1)], &tasks, &[]), CountStatus::Going, "it is read first");
        assert_eq!(counts.seen["api"].definition, Definition::Wanted("api:3".to_owned()));
        // Nor is it done while that is not known.
        tasks.push(runs("new", None, "HEALTHY"));
        assert_eq!(glance(&mut counts, 18, &[service(1, 1)], &tasks, &[]), CountStatus::Going);
        defined(&mut counts, Some(definition.clone()));
        let standing = glance(&mut counts, 27, &[service(1, 1)], &tasks, &[]);
        assert_eq!(matches!(standing, CountStatus::Failing(..)), given_up, "{container}: {standing:?}");
        assert_eq!(standing == CountStatus::Reached, !given_up, "{container}: {standing:?}");
    }
}

#[test]
fn tasks_that_had_failed_before_and_those_that_the_platform_ends_are_not_counted() {
    let mut counts = wait_for(1);
    let spot = |id: &str| ended(id, "SpotInterruption", "Your Spot Task was interrupted.");
    let old: Vec<Task> = (0..9).map(|number| ended(&format!("old {number}"), ENDS[0].0, ENDS[0].1)).collect();
    assert_eq!(look(&mut counts, 0, &[service(0, 1)], &old, &[]), CountStatus::Going);
    let mut all = old;
    all.extend((0..9).map(|number| spot(&format!("spot {number}"))));
    assert_eq!(look(&mut counts, 9, &[service(0, 1)], &all, &[]), CountStatus::Going);
    all.push(runs("new", None, "HEALTHY"));
    assert_eq!(look(&mut counts, 18, &[service(1, 1)], &all, &[]), CountStatus::Reached);
}

#[test]
fn the_clock_of_aws_tells_that_a_task_has_run_for_long() {
    let mut counts = wait_for(1);
    let steady = |second| Service {
        events: vec![ServiceEvent { at: Some(at(second)), ..ServiceEvent::default() }],
        ..service(1, 1)
    };
    // This machine's clock is hours ahead: it is not asked.
    let task = runs("a", Some(0), "UNKNOWN");
    assert_eq!(look(&mut counts, 9_000, &[steady(39)], std::slice::from_ref(&task), &[]), CountStatus::Going);
    assert_eq!(look(&mut counts, 9_003, &[steady(40)], &[task], &[]), CountStatus::Reached);
}

#[test]
fn behind_a_load_balancer_its_targets_must_be_healthy_however_old_the_tasks_are() {
    let mut counts = wait_for(2);
    let behind = Service { target_groups: vec!["group".into()], ..service(2, 2) };
    let tasks = [runs("a", Some(-900), "UNKNOWN"), runs("b", Some(-900), "UNKNOWN")];
    for second in 0..90 {
        let seen = look(&mut counts, second, std::slice::from_ref(&behind), &tasks, &["healthy", "initial"]);
        assert_eq!(seen, CountStatus::Going);
    }
    assert_eq!(look(&mut counts, 91, &[behind], &tasks, &["healthy", "draining", "healthy"]), CountStatus::Reached);
}

#[test]
fn an_unhealthy_task_is_waited_for() {
    let mut counts = wait_for(1);
    for second in 0..90 {
        assert_eq!(
            look(&mut counts, second, &[service(1, 1)], &[runs("a", None, "UNHEALTHY")], &[]),
            CountStatus::Going
        );
    }
}

#[test]
fn nothing_needs_to_stay_where_nothing_is_to_run() {
    let mut counts = wait_for(0);
    let stopping = Service { pending: 1, ..service(0, 0) };
    assert_eq!(look(&mut counts, 0, &[stopping], &[], &[]), CountStatus::Going);
    assert_eq!(look(&mut counts, 3, &[service(0, 0)], &[], &[]), CountStatus::Reached);
}

#[test]
fn where_tasks_may_not_be_read_the_counts_must_hold_for_as_long() {
    let mut counts = wait_for(1);
    let environment = EnvironmentConfig { name: "staging".into(), ..EnvironmentConfig::default() };
    let mut ctx = Ctx::new(at(0), &environment, &ZONE, 1);
    let denied = Failure::new(FailureKind::Denied, "ecs:ListTasks: not allowed");
    assert!(counts.missed(&of_tasks("api"), &denied, &mut ctx));
    assert!(!counts.missed(&Slot::Service, &denied, &mut ctx), "without the service nothing is known");
    for (second, running, standing) in [
        (0, 1, CountStatus::Going),
        (39, 1, CountStatus::Going),
        (39, 0, CountStatus::Going),
        (42, 1, CountStatus::Going),
        (81, 1, CountStatus::Going),
        (82, 1, CountStatus::Reached),
    ] {
        let mut ctx = Ctx::new(at(second), &environment, &ZONE, 1);
        counts.take(&Slot::Service, Reply::Services(vec![service(running, 1)]), &mut ctx);
        assert_eq!(counts.standing(), standing, "{second}");
    }
}

#[test]
fn of_several_services_the_first_is_looked_at_again_at_the_end() {
    let mut counts = Counts::new(BTreeMap::from([("api".to_owned(), 0), ("web".to_owned(), 0)]));
    let web = |running| Service { name: "web".into(), ..service(running, 0) };
    assert_eq!(look(&mut counts, 0, &[service(0, 0), web(1)], &[], &[]), CountStatus::Going);
    assert_eq!(look(&mut counts, 3, &[web(0)], &[], &[]), CountStatus::Going, "api was seen long ago");
    assert_eq!(look(&mut counts, 6, &[service(1, 1), web(0)], &[], &[]), CountStatus::Going, "somebody started it");
    assert_eq!(look(&mut counts, 9, &[service(0, 0)], &[], &[]), CountStatus::Going);
    assert_eq!(look(&mut counts, 12, &[service(0, 0), web(0)], &[], &[]), CountStatus::Reached);
}
