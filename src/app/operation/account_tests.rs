//! No answer of another account is judged: credentials may be renewed to those of one while something goes on.

use super::Operations;
use super::call::{Answered, Call, Read, Reply, Write};
use super::outcome::{Outcome, Verdict};
use super::steps::Wanted;
use super::tests::{at, environment, get, healthy, me, ok, service, settle, steps, to_its_end};
use crate::app::effect::Effect;
use crate::model::timer::Power;
use crate::model::{Failure, FailureKind};
use jiff::{SignedDuration, tz::TimeZone};

/// The same answer, of another account.
fn of(account: &str, answered: Answered) -> Answered {
    Answered { account: Some(account.into()), ..answered }
}

#[test]
fn no_answer_of_another_account_is_judged() {
    for back in [true, false] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        operations.limit = Some(SignedDuration::from_mins(10));
        let wanted = Wanted::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
        let (id, effects) = operations.start(steps(wanted), &environment(), at(0));
        let (changed, second) = (std::cell::Cell::new(false), std::cell::Cell::new(0));
        let answer = |call: &Call| {
            let counts = if changed.get() { (3, if second.get() < 300 { 2 } else { 3 }) } else { (2, 2) };
            let ours = |reply| of("123456789012", ok(reply));
            // Over there everything is as it was asked for here.
            let elsewhere = second.get() > 10 && (second.get() < 200 || !back);
            let theirs = |reply| of("999999999999", ok(reply));
            match call {
                Call::Write { .. } => {
                    changed.set(true);
                    ok(Reply::Services(vec![service("web", 3, 2)]))
                }
                Call::Read(Read::Identity) => of("123456789012", me("123456789012")),
                Call::Read(Read::Scalable { .. }) => ours(Reply::Scalable(None)),
                Call::Read(Read::Tasks { .. }) if elsewhere => of("999999999999", healthy("web", 3)),
                Call::Read(_) if elsewhere => theirs(Reply::Services(vec![service("web", 3, 3)])),
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
            // Reads name the account that they must be of.
            for effect in &effects {
                let Effect::Call { account, .. } = effect else { panic!("{effect:?}") };
                assert_eq!(account.as_deref(), Some("123456789012"));
            }
            settle(&mut operations, effects, at(now), &mut |call| answer(call));
        }
        let operation = get(&operations, id);
        let said = |text: &str| operation.lines.iter().any(|line| line.text.contains(text));
        assert!(said("the credentials are for account 999999999999 now, and this is in 123456789012"), "{back}");
        let (outcome, ended) = (operation.outcome.clone().expect("it ended"), operation.ended.expect("it ended"));
        let verdict = if back { Verdict::Done } else { Verdict::Unknown };
        assert_eq!(outcome.verdict, verdict, "{outcome:?}");
        assert!(ended >= at(300), "{outcome:?}");
        assert_eq!(said("AWS answers again"), back);
    }
}

#[test]
fn what_was_looked_at_in_two_accounts_is_no_plan() {
    // In this order the answers come: the first says which account it is about.
    for (first, other) in [("123456789012", "999999999999"), ("999999999999", "123456789012")] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let wanted = Wanted::Scale { service: "web".into(), desired: 3, min: None, max: None, move_limits: false };
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
fn a_change_in_the_middle_waits_for_the_account_and_the_first_does_not() {
    // As `aws::calls` tells it: whose credentials these are is asked before anything is sent.
    let refused = || Failure::new(FailureKind::WrongAccount, "ecs:UpdateService was not sent").unsent();
    let stop = || Wanted::Power { power: Power::Stop, services: vec!["web".into()], databases: false, direct: true };
    for (refuses_from, verdict) in [(0, Verdict::Refused), (1, Verdict::Unknown)] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        operations.limit = Some(SignedDuration::from_mins(5));
        let (id, effects) = operations.start(steps(stop()), &environment(), at(0));
        let mut written = 0;
        let mut answer = |call: &Call| match call {
            Call::Write { .. } => {
                written += 1;
                if written > refuses_from { Answered::new(Err(refused())) } else { ok(Reply::Done) }
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
        let told = lines.iter().filter(|line| line.text.contains("the credentials are another account's")).count();
        assert_eq!(told, refuses_from, "{lines:?}");
        if refuses_from > 0 {
            let causes = ["not done: web: desired count 0", "ecs:UpdateService was not sent"];
            assert_eq!(outcome.causes, causes, "{outcome:?}");
        }
    }
}

#[test]
fn new_credentials_are_waited_for_as_long_as_is_said_and_what_is_not_done_is_named() {
    let refused = || Failure::new(FailureKind::Credentials, "ecs:UpdateService: ExpiredToken").unsent();
    let stop = || Wanted::Power { power: Power::Stop, services: vec!["web".into()], databases: false, direct: true };
    for (come_back, verdict) in [(Some(600), Verdict::Done), (None, Verdict::Failed)] {
        let mut operations = Operations::new("t", TimeZone::UTC);
        let (id, effects) = operations.start(steps(stop()), &environment(), at(0));
        let (mut written, mut stopped) = (0, false);
        let second = std::cell::Cell::new(0);
        let mut answer = |call: &Call| match call {
            Call::Write { .. } if written > 0 && come_back.is_none_or(|at| second.get() < at) => {
                Answered::new(Err(refused()))
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
fn an_answer_that_was_lost_is_not_known_whosever_credentials_come_then() {
    let theirs = Failure::new(FailureKind::WrongAccount, "ecs:UpdateService was not sent");
    let lost = Outcome::unmade("scale web to 3", true, &theirs, "cockpit services");
    assert_eq!((lost.verdict, lost.failure), (Verdict::Unknown, Some(FailureKind::WrongAccount)));
    let unsent = Outcome::unmade("scale web to 3", false, &theirs, "cockpit services");
    assert_eq!(unsent.verdict, Verdict::Refused);
    // What CloudWatch took is done, though others look at it then.
    for verdict in [Verdict::Done, Verdict::Failed, Verdict::RolledBack] {
        assert_eq!(Outcome::new(verdict, "x").because(&theirs).verdict, verdict);
    }
}
