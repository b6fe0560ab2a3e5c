//! Tests of single steps: joined reads, lost changes, refusals.

use super::call::{Call, CallId, CallResult, Read, Reply, Write};
use super::deploy::{self, Source};
use super::exactly_once::{Before, Proof};
use super::outcome::Verdict;
use super::steps::{self, StepChange};
use super::{NewOperation, OperationId, Operations, Stage};
use crate::app::effect::Effect;
use crate::config::{EnvironmentConfig, Hooks};
use crate::model::deploy::Level;
use crate::model::scaling::ScalableTarget;
use crate::model::service::{Deployment, Service};
use crate::model::timer::Timer;
use crate::model::{Failure, FailureKind, Identity, Task};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use std::collections::BTreeSet;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).expect("valid")
}

pub(super) fn environment() -> EnvironmentConfig {
    EnvironmentConfig {
        name: "staging".into(),
        account: Some("123456789012".into()),
        cluster: Some("app".into()),
        schedules: Some("app-".into()),
        ..EnvironmentConfig::default()
    }
}

fn deploy(service: &str) -> NewOperation {
    NewOperation::from(deploy::Request {
        service: service.into(),
        short: service.into(),
        source: Source::Attach,
        base: None,
        container: None,
        exec: false,
        roll_back: None,
        hooks: Hooks::default(),
        flags: String::new(),
    })
}

pub(super) fn steps(wanted: StepChange) -> NewOperation {
    NewOperation::from(steps::Request { wanted, short: "web".into() })
}

pub(super) fn calls(effects: &[Effect]) -> Vec<(CallId, &Call)> {
    effects
        .iter()
        .map(|effect| if let Effect::Call { id, call, .. } = effect { (*id, &**call) } else { panic!("{effect:?}") })
        .collect()
}

pub(super) fn ok(reply: Reply) -> CallResult {
    CallResult::new(Ok(reply))
}

pub(super) fn me(account: &str) -> CallResult {
    ok(Reply::Identity(Identity {
        account: account.into(),
        arn: "arn:aws:iam::1:user/me".into(),
        ..Identity::default()
    }))
}

/// Answers every call until there is none; returns the changes that were requested.
pub(super) fn settle(
    operations: &mut Operations,
    effects: Vec<Effect>,
    now: Timestamp,
    answer: &mut dyn FnMut(&Call) -> CallResult,
) -> Vec<Write> {
    let mut writes = Vec::new();
    let mut waiting = effects;
    while !waiting.is_empty() {
        let mut next = Vec::new();
        for (id, call) in calls(&waiting) {
            if let Call::Write { write, .. } = call {
                writes.push(write.clone());
            }
            next.extend(operations.answered(id, &answer(call), now));
        }
        waiting = next;
    }
    writes
}

/// Answers everything, second by second, until it has ended; returns the changes that were requested.
pub(super) fn to_its_end(
    operations: &mut Operations,
    id: OperationId,
    effects: Vec<Effect>,
    from: i64,
    answer: &mut dyn FnMut(&Call) -> CallResult,
) -> Vec<Write> {
    let mut writes = settle(operations, effects, at(from), answer);
    for second in from + 1..from + 3_600 {
        if get(operations, id).outcome.is_some() {
            return writes;
        }
        let effects = operations.tick(at(second));
        writes.extend(settle(operations, effects, at(second), answer));
    }
    panic!("it does not end: {:?}", get(operations, id).lines);
}

/// Tasks that are running and healthy.
pub(super) fn healthy(service: &str, count: u32) -> CallResult {
    let task = |number| Task {
        id: format!("{service} {number}"),
        service: Some(service.into()),
        last_status: "RUNNING".into(),
        desired_status: "RUNNING".into(),
        health: "HEALTHY".into(),
        ..Task::default()
    };
    ok(Reply::Tasks((0..count).map(task).collect()))
}

pub(super) fn service(name: &str, desired: u32, running: u32) -> Service {
    Service {
        name: name.into(),
        arn: format!("arn:service/app/{name}"),
        status: "ACTIVE".into(),
        controller: "ECS".into(),
        desired,
        running,
        ..Service::default()
    }
}

pub(super) fn get(operations: &Operations, id: OperationId) -> &super::Operation {
    operations.get(id).expect("it is there")
}

#[test]
fn simultaneous_reads_are_joined() {
    let mut operations = Operations::new("t", TimeZone::UTC);
    let (_, first) = operations.start(deploy("a"), &environment(), at(0));
    let (_, second) = operations.start(deploy("b"), &environment(), at(0));
    assert!(calls(&first).len() >= 3 && calls(&second).len() >= 3, "each begins by itself");
    // Reads of one tick for one environment are one request, of ten services at most.
    let requests: Vec<_> = (0..12)
        .map(|number| {
            let names = vec![format!("s{number}")];
            let read = Read::Services { cluster: "app".into(), names };
            (OperationId(1 + number % 2), super::Slot::Service, Call::Read(read))
        })
        .collect();
    let sent = operations.send(requests);
    let sizes: Vec<usize> = calls(&sent)
        .iter()
        .map(|(_, call)| if let Call::Read(Read::Services { names, .. }) = call { names.len() } else { 0 })
        .collect();
    assert_eq!(sizes, [10, 2]);
}

#[test]
fn another_account_ends_the_operation_before_it_asks() {
    let mut operations = Operations::new("t", TimeZone::UTC);
    let wanted = StepChange::StopTask { id: "1".into() };
    let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
    settle(&mut operations, effects, at(0), &mut |call| match call {
        Call::Read(Read::Identity) => me("999999999999"),
        _ => ok(Reply::Tasks(Vec::new())),
    });
    let operation = get(&operations, id);
    let outcome = operation.outcome.as_ref().expect("it ended");
    assert_eq!((outcome.verdict, outcome.failure), (Verdict::Refused, Some(FailureKind::WrongAccount)));
    assert!(operations.confirm(id, at(1)).is_empty(), "and cannot be confirmed");
}

#[test]
fn change_that_cannot_be_recorded_is_not_made() {
    let mut operations = Operations::new("t", TimeZone::UTC);
    let wanted = StepChange::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
    let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
    let mut answer = |call: &Call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
        Call::Read(_) => ok(Reply::Services(vec![service("web", 1, 1)])),
        Call::Audit(_) => CallResult::new(Err(Failure::new(FailureKind::Other, "read-only file system"))),
        _ => panic!("{call:?}"),
    };
    settle(&mut operations, effects, at(0), &mut answer);
    assert_eq!(get(&operations, id).stage, Stage::AwaitingConfirmation);
    let effects = operations.confirm(id, at(1));
    let writes = settle(&mut operations, effects, at(1), &mut answer);
    assert_eq!(writes, []);
    assert_eq!(get(&operations, id).outcome.as_ref().map(|outcome| outcome.verdict), Some(Verdict::Refused));
}

#[test]
fn scaling_outside_the_limits_warns_and_offers_to_change_them() {
    let target = ScalableTarget { resource: "service/app/web".into(), min: 1, max: 2, ..ScalableTarget::default() };
    for (moves, writes_expected, warned) in [(false, 1, true), (true, 2, false)] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let wanted = StepChange::Scale { service: "web".into(), desired: 5, min: None, max: None, move_limits: moves };
        let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
        let mut running = 1;
        let mut answer = |call: &Call| match call {
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(Some(target.clone()))),
            Call::Write { write: Write::Update { desired: Some(count), .. }, .. } => {
                running = *count;
                ok(Reply::Services(vec![service("web", 5, 1)]))
            }
            Call::Read(Read::Tasks { .. }) => healthy("web", running),
            Call::Read(_) => ok(Reply::Services(vec![service("web", running, running)])),
            _ => ok(Reply::Done),
        };
        settle(&mut operations, effects, at(0), &mut answer);
        let plan = get(&operations, id).plan.clone().expect("a plan");
        assert_eq!(plan.checks.iter().any(|check| check.level == Level::Warn), warned, "{:?}", plan.checks);
        assert_eq!(plan.wider_plan_title.as_deref(), warned.then_some("with limits 1–5"));
        let effects = operations.confirm(id, at(1));
        let writes = to_its_end(&mut operations, id, effects, 1, &mut answer);
        assert_eq!(writes.len(), writes_expected, "{writes:?}");
        let outcome = get(&operations, id).outcome.clone().expect("it ended");
        assert_eq!((outcome.verdict, outcome.summary.as_str()), (Verdict::Done, "web runs 5 of 5 after 3 s"));
    }
}

#[test]
fn late_confirmation_makes_the_shown_change_or_none() {
    for (desired, done) in [(2, true), (4, false)] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let wanted = StepChange::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
        let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
        let count = std::cell::Cell::new((2, 2));
        let mut answer = |call: &Call| match call {
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Services { .. }) => {
                ok(Reply::Services(vec![service("web", count.get().0, count.get().1)]))
            }
            Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
            Call::Read(Read::Tasks { .. }) => healthy("web", count.get().1),
            Call::Write { .. } => {
                count.set((3, 3));
                ok(Reply::Done)
            }
            _ => ok(Reply::Done),
        };
        settle(&mut operations, effects, at(0), &mut answer);
        // The confirmation comes a quarter of an hour later.
        count.set((desired, 2));
        let effects = operations.confirm(id, at(900));
        let writes = to_its_end(&mut operations, id, effects, 900, &mut answer);
        let outcome = get(&operations, id).outcome.clone().expect("it ended");
        assert_eq!(writes.len(), usize::from(done), "{outcome:?}");
        assert_eq!(outcome.verdict, if done { Verdict::Done } else { Verdict::Impossible }, "{outcome:?}");
    }
}

#[test]
fn lost_change_is_recognized_by_its_effect() {
    let sent = Some((at(0), at(10)));
    let before = Before {
        deployments: BTreeSet::from(["old".to_owned()]),
        newest: 7,
        sent,
        running: "web:7".into(),
        ..Before::default()
    };
    let update = |revision: Option<&str>| Write::Update {
        cluster: "app".into(),
        service: "web".into(),
        task_definition: revision.map(str::to_owned),
        force: revision.is_none(),
        desired: None,
        exec: false,
    };
    let shown = |write: Write, id: &str, revision: &str, second: i64| {
        let primary = Deployment {
            id: id.into(),
            status: "PRIMARY".into(),
            task_definition: revision.into(),
            created_at: Some(at(second)),
            ..Deployment::default()
        };
        let service = Service { deployments: vec![primary], task_definition: revision.into(), ..service("web", 1, 1) };
        match write.judge_proof(&before, Reply::Services(vec![service])) {
            Proof::Made(_) => "yes",
            Proof::NotMade => "no",
            Proof::Doubtful(_) => "doubt",
            Proof::NoLongerPossible(_) => "over",
        }
    };
    assert_eq!(shown(update(Some("web:8")), "new", "web:8", 500), "yes", "nobody else knows the revision");
    assert_eq!(shown(update(Some("web:8")), "new", "web:9", 5), "doubt", "somebody else's may hide it");
    assert_eq!(shown(update(Some("web:8")), "old", "web:7", -90), "no");
    assert_eq!(shown(update(None), "new", "web:7", 5), "yes");
    assert_eq!(shown(update(None), "new", "web:7", 90), "doubt", "begun when nothing was sent");
    assert_eq!(shown(update(None), "new", "web:8", 5), "doubt", "it goes elsewhere");
    assert_eq!(shown(update(None), "old", "web:7", -90), "no");
}

#[test]
fn schedule_in_another_group_does_not_prove_a_skip() {
    let of = |group: &str, start| Timer { name: "stop".into(), group: group.into(), start, ..Timer::default() };
    let skip = Write::Skip { timer: Box::new(of("shop", None)), until: Some(at(60)) };
    let shown = |all: Vec<Timer>| matches!(skip.judge_proof(&Before::default(), Reply::Timers(all)), Proof::Made(_));
    assert!(!shown(vec![of("other", Some(at(60))), of("shop", None)]));
    assert!(shown(vec![of("other", None), of("shop", Some(at(60)))]));
}

#[test]
fn timeout_ends_the_watch_and_suggests_how_to_check_again() {
    let mut operations = Operations::new("t", TimeZone::UTC);
    operations.limit = Some(SignedDuration::from_mins(2));
    let (id, effects) = operations.start(deploy("web"), &environment(), at(0));
    drop(effects);
    assert!(get(&operations, id).outcome.is_none());
    operations.tick(at(121));
    let outcome = get(&operations, id).outcome.clone().expect("it ended");
    assert_eq!(outcome.verdict, Verdict::Unknown);
    assert_eq!(outcome.hint.as_deref(), Some("look again with `cockpit deploy --attach web --env staging`"));
}

#[test]
fn unsent_change_is_not_looked_for() {
    for kind in [FailureKind::Timeout, FailureKind::Unreachable, FailureKind::Service, FailureKind::Malformed] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let wanted = StepChange::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
        let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
        let mut answer = |call: &Call| match call {
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
            Call::Read(_) => ok(Reply::Services(vec![service("web", 2, 2)])),
            Call::Write { .. } => {
                let failure = Failure::new(kind, "sts:GetCallerIdentity: no answer").mark_unsent();
                CallResult::new(Err(failure))
            }
            _ => ok(Reply::Done),
        };
        settle(&mut operations, effects, at(0), &mut answer);
        let effects = operations.confirm(id, at(1));
        let writes = to_its_end(&mut operations, id, effects, 1, &mut answer);
        assert!((1..=4).contains(&writes.len()), "{}", writes.len());
        let operation = get(&operations, id);
        let outcome = operation.outcome.clone().expect("it ended");
        assert_eq!(outcome.verdict, Verdict::Impossible, "{outcome:?}");
        assert!(outcome.causes.contains(&"nothing was changed".to_owned()), "{outcome:?}");
        assert!(!operation.lines.iter().any(|line| line.text.contains("lost")), "{:?}", operation.lines);
    }
}

#[test]
fn permanent_key_ends_the_watch_and_renewable_one_is_awaited() {
    for (permanent, seconds) in [(true, 0..=60), (false, 890..=960)] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let wanted = StepChange::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
        let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
        let changed = std::cell::Cell::new(false);
        let mut answer = |call: &Call| match call {
            Call::Write { .. } => {
                changed.set(true);
                ok(Reply::Services(vec![service("web", 3, 2)]))
            }
            Call::Read(_) if changed.get() => {
                let failure = Failure::new(FailureKind::Credentials, "ecs:DescribeServices: ExpiredToken");
                CallResult::new(Err(failure.mark_permanent(permanent)))
            }
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
            Call::Read(_) => ok(Reply::Services(vec![service("web", 2, 2)])),
            _ => ok(Reply::Done),
        };
        settle(&mut operations, effects, at(0), &mut answer);
        let effects = operations.confirm(id, at(1));
        to_its_end(&mut operations, id, effects, 1, &mut answer);
        let operation = get(&operations, id);
        let outcome = operation.outcome.clone().expect("it ended");
        assert_eq!((outcome.verdict, outcome.failure), (Verdict::Unknown, Some(FailureKind::Credentials)));
        let hint = outcome.hint.unwrap_or_default();
        assert!(hint.contains("cockpit services --env staging"), "{hint}");
        let ended = operation.ended.expect("it ended").duration_since(at(0)).as_secs();
        assert!(seconds.contains(&ended), "permanent: {permanent}: {ended} s");
        let is_reported = operation.lines.iter().any(|line| line.text.contains("waited for, 15 min at most"));
        assert_eq!(is_reported, !permanent, "{:?}", operation.lines);
    }
}

#[test]
fn steps_left_before_the_first_send_changed_nothing() {
    let mut operations = Operations::new("t", TimeZone::UTC);
    let wanted = StepChange::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
    let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
    settle(&mut operations, effects, at(0), &mut |call: &Call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
        _ => ok(Reply::Services(vec![service("web", 2, 2)])),
    });
    // The audit record is written; the read that follows is never answered.
    let effects = operations.confirm(id, at(60));
    for (call, _) in calls(&effects) {
        operations.answered(call, &ok(Reply::Done), at(60));
    }
    operations.detach(id, at(61));
    assert_eq!(get(&operations, id).outcome.as_ref().map(|outcome| outcome.verdict), Some(Verdict::Cancelled));
}

/// A refusal that is over proves nothing about a change whose answer is being looked for.
#[test]
fn timeout_reports_the_last_obstacle() {
    let mut operations = Operations::new("t", TimeZone::UTC);
    operations.deadline = Some(at(30));
    let wanted = StepChange::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
    let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
    let failed = |kind, words: &str| CallResult::new(Err(Failure::new(kind, words)));
    let mut sent = 0;
    let mut answer = |call: &Call| match call {
        Call::Read(Read::Identity) => me("123456789012"),
        Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
        Call::Read(_) if sent > 1 => failed(FailureKind::Unreachable, "ecs:DescribeServices: no connection"),
        Call::Read(_) => ok(Reply::Services(vec![service("web", 2, 2)])),
        Call::Write { .. } => {
            sent += 1;
            if sent == 1 {
                return failed(FailureKind::Throttled, "ecs:UpdateService: slow down");
            }
            failed(FailureKind::Timeout, "ecs:UpdateService: no answer")
        }
        _ => ok(Reply::Done),
    };
    settle(&mut operations, effects, at(0), &mut answer);
    let effects = operations.confirm(id, at(1));
    to_its_end(&mut operations, id, effects, 1, &mut answer);
    let outcome = get(&operations, id).outcome.clone().expect("it ended");
    assert_eq!(outcome.verdict, Verdict::Unknown, "{outcome:?}");
    let causes = outcome.causes.join("; ");
    assert!(causes.contains("no connection") && !causes.contains("slow down"), "{outcome:?}");
}
