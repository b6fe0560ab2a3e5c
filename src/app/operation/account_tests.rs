//! Answers of another account are never judged: credentials may be renewed to another account's while an operation
//! runs.

use super::Operations;
use super::call::{Call, CallResult, Read, Reply, Write};
use super::outcome::{Outcome, Verdict};
use super::steps::StepChange;
use super::tests::{at, environment, get, healthy, me, ok, service, settle, steps, to_its_end};
use crate::app::effect::Effect;
use crate::model::timer::Power;
use crate::model::{Failure, FailureKind};
use jiff::{SignedDuration, tz::TimeZone};

/// The same answer from another account.
fn of(account: &str, answered: CallResult) -> CallResult {
    CallResult { account: Some(account.into()), ..answered }
}

#[test]
fn answers_of_another_account_are_not_judged() {
    for back in [true, false] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        operations.limit = Some(SignedDuration::from_mins(10));
        let wanted = StepChange::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
        let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
        let (changed, second) = (std::cell::Cell::new(false), std::cell::Cell::new(0));
        let answer = |call: &Call| {
            let counts = if changed.get() { (3, if second.get() < 300 { 2 } else { 3 }) } else { (2, 2) };
            let ours = |reply| of("123456789012", ok(reply));
            // In the other account everything already is as requested here.
            let elsewhere = second.get() > 10 && (second.get() < 200 || !back);
            let of_other_account = |reply| of("999999999999", ok(reply));
            match call {
                Call::Write { .. } => {
                    changed.set(true);
                    ok(Reply::Services(vec![service("web", 3, 2)]))
                }
                Call::Read(Read::Identity) => of("123456789012", me("123456789012")),
                Call::Read(Read::Scalable { .. }) => ours(Reply::Scalable(None)),
                Call::Read(Read::Tasks { .. }) if elsewhere => of("999999999999", healthy("web", 3)),
                Call::Read(_) if elsewhere => of_other_account(Reply::Services(vec![service("web", 3, 3)])),
                Call::Read(Read::Tasks { .. }) => of("123456789012", healthy("web", counts.1)),
                Call::Read(_) => ours(Reply::Services(vec![service("web", counts.0, counts.1)])),
                _ => ok(Reply::Done),
            }
        };
        settle(&mut operations, effects, at(0), &mut |call| answer(call));
        let effects = operations.confirm(id, at(1));
        settle(&mut operations, effects, at(1), &mut |call| answer(call));
        for now in 2..900 {
            second.set(now);
            let effects = operations.tick(at(now));
            // Reads name the account that they must come from.
            for effect in &effects {
                let Effect::Call { account, .. } = effect else { panic!("{effect:?}") };
                assert_eq!(account.as_deref(), Some("123456789012"));
            }
            settle(&mut operations, effects, at(now), &mut |call| answer(call));
        }
        let operation = get(&operations, id);
        let is_logged = |text: &str| operation.lines.iter().any(|line| line.text.contains(text));
        assert!(is_logged("the credentials are for account 999999999999 now, and this is in 123456789012"), "{back}");
        let (outcome, ended) = (operation.outcome.clone().expect("it ended"), operation.ended.expect("it ended"));
        let verdict = if back { Verdict::Done } else { Verdict::Unknown };
        assert_eq!(outcome.verdict, verdict, "{outcome:?}");
        assert!(ended >= at(300), "{outcome:?}");
        assert_eq!(is_logged("AWS answers again"), back);
    }
}

#[test]
fn reads_from_two_accounts_make_no_plan() {
    // The order of the answers: the first one determines the account.
    for (first, other) in [("123456789012", "999999999999"), ("999999999999", "123456789012")] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let wanted = StepChange::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
        let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
        settle(&mut operations, effects, at(0), &mut |call| match call {
            Call::Read(Read::Identity) => of(first, me(first)),
            Call::Read(Read::Scalable { .. }) => of(other, ok(Reply::Scalable(None))),
            Call::Read(Read::Tasks { .. }) => of(other, healthy("web", 2)),
            Call::Read(_) => of(other, ok(Reply::Services(vec![service("web", 2, 2)]))),
            _ => ok(Reply::Done),
        });
        let outcome = get(&operations, id).outcome.clone().expect("it ended");
        assert_eq!(outcome.verdict, Verdict::Refused, "{outcome:?}");
    }
}

#[test]
fn later_changes_wait_for_the_account_and_the_first_does_not() {
    // As `aws::calls` behaves: the identity is read before anything is sent.
    let refused = || Failure::new(FailureKind::WrongAccount, "ecs:UpdateService was not sent").mark_unsent();
    let stop =
        || StepChange::Power { power: Power::Stop, services: vec!["web".into()], databases: false, direct: true };
    for (refuses_from, verdict) in [(0, Verdict::Refused), (1, Verdict::Unknown)] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        operations.limit = Some(SignedDuration::from_mins(5));
        let (id, effects) = operations.start(steps(stop()), &environment(), at(0));
        let mut written = 0;
        let mut answer = |call: &Call| match call {
            Call::Write { .. } => {
                written += 1;
                if written > refuses_from { CallResult::new(Err(refused())) } else { ok(Reply::Done) }
            }
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
            Call::Read(Read::Timers { .. } | Read::Actions { .. }) => ok(Reply::Timers(Vec::new())),
            Call::Read(_) => ok(Reply::Services(vec![service("web", 2, 2)])),
            _ => ok(Reply::Done),
        };
        settle(&mut operations, effects, at(0), &mut answer);
        let effects = operations.confirm(id, at(1));
        to_its_end(&mut operations, id, effects, 1, &mut answer);
        let outcome = get(&operations, id).outcome.clone().expect("it ended");
        assert_eq!(outcome.verdict, verdict, "after {refuses_from} changes: {outcome:?}");
        let lines = &get(&operations, id).lines;
        let message_count =
            lines.iter().filter(|line| line.text.contains("the credentials are another account's")).count();
        assert_eq!(message_count, refuses_from, "{lines:?}");
        if refuses_from > 0 {
            let causes = ["not done: web: desired count 0", "ecs:UpdateService was not sent"];
            assert_eq!(outcome.causes, causes, "{outcome:?}");
        }
    }
}

#[test]
fn new_credentials_are_awaited_and_unmade_changes_are_named() {
    let refused = || Failure::new(FailureKind::Credentials, "ecs:UpdateService: ExpiredToken").mark_unsent();
    let stop =
        || StepChange::Power { power: Power::Stop, services: vec!["web".into()], databases: false, direct: true };
    for (come_back, verdict) in [(Some(600), Verdict::Done), (None, Verdict::Failed)] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let (id, effects) = operations.start(steps(stop()), &environment(), at(0));
        let (mut written, mut stopped) = (0, false);
        let second = std::cell::Cell::new(0);
        let mut answer = |call: &Call| match call {
            Call::Write { .. } if written > 0 && come_back.is_none_or(|at| second.get() < at) => {
                CallResult::new(Err(refused()))
            }
            Call::Write { write, .. } => {
                written += 1;
                stopped |= matches!(write, Write::Update { .. });
                ok(Reply::Done)
            }
            Call::Read(Read::Identity) => me("123456789012"),
            Call::Read(Read::Scalable { .. }) => ok(Reply::Scalable(None)),
            Call::Read(Read::Timers { .. } | Read::Actions { .. }) => ok(Reply::Timers(Vec::new())),
            Call::Read(_) if stopped => ok(Reply::Services(vec![service("web", 0, 0)])),
            Call::Read(_) => ok(Reply::Services(vec![service("web", 2, 2)])),
            _ => ok(Reply::Done),
        };
        settle(&mut operations, effects, at(0), &mut answer);
        let effects = operations.confirm(id, at(1));
        settle(&mut operations, effects, at(1), &mut answer);
        for now in 2..1_200 {
            second.set(now);
            let effects = operations.tick(at(now));
            settle(&mut operations, effects, at(now), &mut answer);
        }
        let operation = get(&operations, id);
        let outcome = operation.outcome.clone().expect("it ended");
        assert_eq!(outcome.verdict, verdict, "{outcome:?}");
        if verdict == Verdict::Failed {
            let took = operation.ended.expect("it ended").duration_since(at(0)).as_secs();
            assert!((900..960).contains(&took), "{took} s");
            assert!(outcome.causes.contains(&"not done: web: desired count 0".to_owned()), "{outcome:?}");
            assert!(outcome.summary.contains("after 1 of 2 changes"), "{outcome:?}");
            assert!(outcome.hint.is_some_and(|hint| hint.contains("`cockpit stop --direct")));
        }
    }
}

#[test]
fn lost_answer_stays_unknown_with_credentials_of_another_account() {
    let wrong_account = Failure::new(FailureKind::WrongAccount, "ecs:UpdateService was not sent");
    let lost = Outcome::change_failed("scale web to 3", true, &wrong_account, "cockpit services");
    assert_eq!((lost.verdict, lost.failure), (Verdict::Unknown, Some(FailureKind::WrongAccount)));
    let unsent = Outcome::change_failed("scale web to 3", false, &wrong_account, "cockpit services");
    assert_eq!(unsent.verdict, Verdict::Refused);
    // A change that CloudWatch accepted is done, even if its verification runs in another account.
    for verdict in [Verdict::Done, Verdict::Failed, Verdict::RolledBack] {
        assert_eq!(Outcome::new(verdict, "x").caused_by(&wrong_account).verdict, verdict);
    }
}
