//! Someone else intervenes: the awaited state cannot be reached any more, so the operation ends.

use super::call::{Call, CallResult, DatabaseState, Read, Reply, Write};
use super::outcome::{Outcome, Verdict};
use super::single::scaling::{self, call::ScalingReply};
use super::steps::StepChange;
use super::tests::{at, environment, get, healthy, me, ok, service, settle, steps, to_its_end};
use super::{NewOperation, Operations};
use crate::config::EnvironmentConfig;
use crate::model::deploy::Level;
use crate::model::timer::Power;
use crate::model::{ScalableTarget, Service, Task};
use jiff::tz::TimeZone;

/// Runs an operation; returns its outcome and how many seconds it took. `after` answers the reads after the change.
fn ended(
    what: NewOperation,
    environment: &EnvironmentConfig,
    before: &dyn Fn(&Call) -> CallResult,
    after: &dyn Fn(&Call) -> CallResult,
) -> (Outcome, i64) {
    let mut operations = Operations::new("t", TimeZone::UTC);
    let (id, effects) = operations.start(what, environment, at(0));
    let mut changed = false;
    let mut answer = |call: &Call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Write { .. } => {
            changed = true;
            ok(Reply::Done)
        }
        Call::Read(_) if changed => after(call),
        Call::Read(_) => before(call),
        _ => ok(Reply::Done),
    };
    settle(&mut operations, effects, at(0), &mut answer);
    let effects = operations.confirm(id, at(1));
    to_its_end(&mut operations, id, effects, 1, &mut answer);
    let operation = get(&operations, id);
    let seconds = operation.ended.expect("it ended").duration_since(at(0)).as_secs();
    (operation.outcome.clone().expect("it ended"), seconds)
}

/// The service as reads return it.
fn shown(call: &Call, one: Option<Service>) -> CallResult {
    match call {
        Call::Read(Read::Services { .. }) => ok(Reply::Services(one.into_iter().collect())),
        Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
        Call::Read(Read::Timers { .. }) => ok(Reply::Timers(Vec::new())),
        Call::Read(Read::Tasks { .. }) => healthy("web", 1),
        other => panic!("{other:?}"),
    }
}

#[test]
fn deleted_or_rescaled_service_ends_the_wait() {
    let draining = Service { status: "DRAINING".into(), ..service("web", 0, 1) };
    for (after, words, limit) in [
        (Some(draining), "web is gone: the service was deleted", 5),
        (None, "web is gone: the service was deleted", 5),
        (Some(service("web", 1, 1)), "desired of web is 1 now, not 3", 130),
    ] {
        for wanted in [
            StepChange::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false },
            StepChange::Power { power: Power::Start, services: vec!["web".into()], databases: false, direct: true },
        ] {
            let before = Service { remembered: Some(3), ..service("web", 0, 0) };
            let (outcome, seconds) =
                ended(steps(wanted), &environment(), &|call| shown(call, Some(before.clone())), &|call| {
                    shown(call, after.clone())
                });
            assert_eq!(outcome.verdict, Verdict::Failed, "{outcome:?}");
            assert!(outcome.summary.contains(words), "{outcome:?}");
            assert!(seconds <= limit, "{words}: {seconds} s");
        }
    }
}

#[test]
fn deleted_or_reversed_database_ends_the_wait() {
    let environment = EnvironmentConfig { databases: vec!["db".into()], schedules: None, ..environment() };
    let state = |status: &str| DatabaseState { id: "db".into(), cluster: false, status: status.into() };
    for (after, words) in [
        (vec!["stopping", "available"], "db was started meanwhile"),
        (vec!["deleting"], "db is deleting"),
        (vec![], "db no longer exists"),
    ] {
        let looks = std::cell::Cell::new(0);
        let wanted = StepChange::Power { power: Power::Stop, services: Vec::new(), databases: true, direct: true };
        let (outcome, seconds) =
            ended(steps(wanted), &environment, &|_| ok(Reply::Databases(vec![state("available")])), &|_| {
                let look = looks.replace(looks.get() + 1);
                let status = after.get(look).or(after.last());
                ok(Reply::Databases(status.map(|status| state(status)).into_iter().collect()))
            });
        assert_eq!(outcome.verdict, Verdict::Failed, "{outcome:?}");
        assert!(outcome.summary.contains(words), "{outcome:?}");
        assert!(seconds <= 15, "{words}: {seconds} s");
    }
}

#[test]
fn accepted_change_that_never_shows_ends_the_wait() {
    let wanted = scaling::StepChange::Add {
        name: "night".into(),
        schedule: "cron(0 22 * * ? *)".into(),
        timezone: None,
        min: Some(0),
        max: Some(0),
    };
    let request = scaling::Request { service: "web".into(), short: "web".into(), wanted };
    let shown = |call: &Call| match call {
        Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(Some(ScalableTarget::default()))),
        _ => ok(Reply::Scaling(ScalingReply::Actions(Vec::new()))),
    };
    let (outcome, seconds) = ended(request.into(), &environment(), &shown, &shown);
    assert!(outcome.verdict == Verdict::Unknown && outcome.summary.contains("does not show it"), "{outcome:?}");
    assert!((120..=130).contains(&seconds), "{seconds}");
}

/// In a cluster shared by two environments, a task id may belong to the other one.
#[test]
fn task_of_another_environment_is_not_stopped() {
    let environment = EnvironmentConfig { services: vec!["shop-staging-*".into()], ..environment() };
    for (of, own) in [(Some("shop-prod-web"), false), (Some("shop-staging-web"), true), (None, true)] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let (id, effects) = operations.start(steps(StepChange::StopTask { id: "1".into() }), &environment, at(0));
        settle(&mut operations, effects, at(0), &mut |call| match call {
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Write { write: Write::StopTask { .. }, .. } => panic!("{call:?}"),
            _ => {
                let task = Task {
                    id: "1".into(),
                    service: of.map(str::to_owned),
                    last_status: "RUNNING".into(),
                    desired_status: "RUNNING".into(),
                    ..Task::default()
                };
                ok(Reply::Tasks(vec![task]))
            }
        });
        let plan = get(&operations, id).plan.clone().expect("a plan");
        let stop = plan.checks.iter().find(|check| check.level == Level::Stop);
        assert_eq!(stop.is_none(), own, "{stop:?}");
        assert!(stop.is_none_or(|check| check.usage && check.text.contains("no service of staging")), "{stop:?}");
    }
}
