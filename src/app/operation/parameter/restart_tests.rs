//! Restarts after writing a parameter are deployments: whatever stops a deployment stops the write, and they end like
//! one.

use super::Request;
use super::tests::{Aws, NAME, deployment, entry, put, request, started};
use crate::app::operation::call::{Call, Read, Reply, Write};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::tests::{at, get, ok, to_its_end};
use crate::model::deploy::Level;
use crate::model::rollout::RolloutStatus;
use crate::model::service::{Deployment, Service};
use crate::model::task::{Container, Task};

fn restart() -> Request {
    Request { restart: true, ..request(vec![put("new")], &["web"]) }
}

/// Writes a parameter and restarts `app-web`; `change` modifies the world from the service's change on.
fn restarted(aws: &mut Aws, change: &dyn Fn(&mut Aws)) -> (Outcome, Vec<Write>) {
    let (mut operations, id) = started(restart(), aws);
    let effects = operations.confirm(id, at(1));
    let writes = to_its_end(&mut operations, id, effects, 1, &mut |call| {
        let answer = aws.answer(call);
        if matches!(call, Call::Write { write: Write::Update { .. }, .. }) {
            change(aws);
        }
        answer
    });
    assert!(get(&operations, id).machine().is_deployment(), "its exit codes are those of deployments");
    (get(&operations, id).outcome.clone().expect("ended"), writes)
}

#[test]
fn restart_ends_like_a_deployment() {
    let web = |aws: &mut Aws, change: &dyn Fn(&mut Service)| change(&mut aws.services[0]);
    let (deleted, _) = restarted(&mut Aws::with_web(), &|aws| web(aws, &|web| web.status = "DRAINING".into()));
    assert!(
        deleted.verdict == Verdict::Failed && deleted.summary.contains("the new tasks of web failed"),
        "{deleted:?}"
    );
    // Nobody had announced that nothing would run.
    let (stopped, _) = restarted(&mut Aws::with_web(), &|aws| {
        web(aws, &|web| {
            (web.desired, web.running) = (0, 0);
            web.deployments.iter_mut().for_each(|one| one.running = 0);
        });
    });
    assert_eq!(stopped.verdict, Verdict::Unknown, "{stopped:?}");
    assert!(stopped.causes.iter().any(|cause| cause.contains("became 0")), "{stopped:?}");
    // Someone else's newer deployment runs: ours was not rolled back.
    let (newer, _) = restarted(&mut Aws::with_web(), &|aws| {
        aws.history[0].status = RolloutStatus::Stopped;
        let foreign =
            Deployment { task_definition: "app-web:6".into(), created_at: Some(at(5)), ..deployment("ecs-svc/3") };
        web(aws, &|web| web.deployments = vec![foreign.clone()]);
    });
    assert_eq!(newer.verdict, Verdict::Failed, "{newer:?}");
    assert!(newer.causes.iter().any(|cause| cause.contains("app-web:6, took the place")), "{newer:?}");
    let (back, _) = restarted(&mut Aws::with_web(), &|aws| aws.history[0].status = RolloutStatus::RollbackSuccessful);
    assert_eq!(back.verdict, Verdict::RolledBack, "{back:?}");
    assert!(back.summary.contains("web runs the tasks of before"), "{back:?}");
}

#[test]
fn restart_at_desired_count_zero_is_planned_as_such_and_done() {
    let mut aws = Aws::with_web();
    (aws.services[0].desired, aws.services[0].running) = (0, 0);
    aws.services[0].deployments[0].running = 0;
    let (operations, id) = started(restart(), &mut aws);
    let plan = get(&operations, id).plan.clone().expect("planned");
    assert!(plan.checks.iter().any(|check| check.text.contains("web: it is stopped (desired 0)")), "{:?}", plan.checks);
    let (outcome, _) = restarted(&mut aws, &|aws| aws.services[0].deployments[0].running = 0);
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert_eq!(outcome.summary, format!("{NAME} is version 4; nothing of web runs (desired 0)"));
}

#[test]
fn obstacle_of_a_deployment_stops_the_put_before_writing() {
    let change = |change: &dyn Fn(&mut Aws)| {
        let mut aws = Aws::with_web();
        change(&mut aws);
        aws
    };
    for (mut aws, words) in [
        (change(&|aws| aws.services[0].controller = "CODE_DEPLOY".into()), "made by CODE_DEPLOY"),
        (change(&|aws| aws.services[0].status = "DRAINING".into()), "DRAINING"),
        (change(&|aws| aws.services.clear()), "there is no service app-web"),
        (change(&|aws| aws.history.insert(0, entry("arn:6", RolloutStatus::InProgress))), "is in progress"),
    ] {
        let (operations, id) = started(restart(), &mut aws);
        let outcome = get(&operations, id).outcome.clone().expect("it is not asked for");
        let report = format!("{outcome:?} {:?}", get(&operations, id).plan);
        assert!(outcome.verdict == Verdict::Impossible && report.contains(words), "{words}: {report}");
        assert_eq!(aws.puts.len(), 0);
    }
    let (operations, id) = started(Request { readers: None, ..restart() }, &mut Aws::with_web());
    let outcome = get(&operations, id).outcome.clone().expect("it is not asked for");
    assert!(outcome.summary.contains("are to get new tasks, is not known"), "{outcome:?}");
}

#[test]
fn deployment_started_after_the_plan_is_not_overrun() {
    for later in [1, 60] {
        let mut aws = Aws::with_web();
        let (mut operations, id) = started(restart(), &mut aws);
        aws.services[0].deployments = vec![deployment("ecs-svc/9")];
        let effects = operations.confirm(id, at(later));
        let writes = to_its_end(&mut operations, id, effects, later, &mut |call| aws.answer(call));
        assert_eq!(writes, [], "after {later} s");
        let outcome = get(&operations, id).outcome.clone().expect("ended");
        assert_eq!(outcome.verdict, Verdict::Impossible, "{outcome:?}");
        assert!(outcome.causes.iter().any(|cause| cause.contains("web: the service changed")), "{outcome:?}");
    }
}

#[test]
fn restart_of_a_deregistered_revision_uses_a_copy() {
    let mut aws = Aws { deregistered: true, ..Aws::with_web() };
    let (outcome, writes) = restarted(&mut aws, &|_| {});
    let [Write::PutParameter(_), Write::Register { base, .. }, Write::Update { task_definition, .. }] = &writes[..]
    else {
        panic!("{writes:?}")
    };
    assert_eq!((base.as_str(), task_definition.as_deref()), ("app-web:5", Some("app-web:6")));
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
}

#[test]
fn failed_version_without_circuit_breaker_is_rolled_back() {
    let mut aws = Aws { comes_to: RolloutStatus::InProgress, ..Aws::with_web() };
    let (mut operations, id) = started(restart(), &mut aws);
    let plan = get(&operations, id).plan.clone().expect("planned");
    let breaker = plan.checks.iter().find(|check| check.text.contains("the circuit breaker is off")).expect("told");
    assert!(breaker.level == Level::Warn && !breaker.hint.as_ref().is_some_and(|hint| hint.contains("--no-rollback")));
    let effects = operations.confirm(id, at(1));
    let writes = to_its_end(&mut operations, id, effects, 1, &mut |call| match call {
        Call::Read(Read::Tasks { .. }) if !aws.puts.is_empty() => {
            let crashed = |number: u32| Task {
                id: format!("{number}"),
                service: Some("app-web".into()),
                started_by: "ecs-svc/2".into(),
                last_status: "STOPPED".into(),
                desired_status: "STOPPED".into(),
                stop_code: Some("EssentialContainerExited".into()),
                stopped_reason: Some("Essential container in task exited".into()),
                stopped_at: Some(at(3)),
                created_at: Some(at(1)),
                started_at: Some(at(2)),
                containers: vec![Container { name: "web".into(), exit_code: Some(1), ..Container::default() }],
                ..Task::default()
            };
            ok(Reply::Tasks((0..6).map(crashed).collect()))
        }
        Call::Write { write: Write::RollBack { .. }, .. } => {
            aws.history[0].status = RolloutStatus::RollbackSuccessful;
            ok(Reply::Done)
        }
        call => aws.answer(call),
    });
    assert!(matches!(writes.last(), Some(Write::RollBack { .. })), "{writes:?}");
    assert_eq!(get(&operations, id).outcome.as_ref().expect("ended").verdict, Verdict::RolledBack);
}
