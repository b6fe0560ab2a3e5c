//! Generated histories: a small, unreliable AWS that behaves arbitrarily, and a deployment that must not misreport it.
//! It never succeeds unless our own deployment ended SUCCESSFUL; it never has two verdicts; every path ends. [`exhaustive`]
//! goes through all stories of an operation one by one ([`stage`] plays them).

mod exhaustive;
mod other_account;
mod stage;
mod world;

use super::call::{Call, CallId, CallResult};
use super::deploy::{self, Source};
use super::outcome::Verdict;
use super::{NewOperation, Operation, Operations, Stage};
use crate::app::effect::Effect;
use crate::app::testing::cases;
use crate::config::{EnvironmentConfig, Hooks};
use crate::model::rollout::RolloutStatus;
use crate::model::service::Breaker;
use crate::model::suggested_commands;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::collections::BTreeSet;
use world::{BEFORE, Release, World};

const NAME: &str = "app-web";
/// Maximum number of turns of a history, nearly all of which take one second.
const TURNS: usize = 2_400;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).expect("valid")
}

fn environment() -> EnvironmentConfig {
    EnvironmentConfig {
        name: "staging".into(),
        account: Some("1".into()),
        cluster: Some("app".into()),
        ..EnvironmentConfig::default()
    }
}

/// Runs one history to its end: there is exactly one verdict, and nothing changes it. Returns the operation at that
/// point.
fn run(world: &mut World, source: Source, roll_back: Option<bool>, detach: Option<i64>) -> Operation {
    let mut operations = Operations::new("test", TimeZone::UTC);
    let request = deploy::Request {
        service: NAME.into(),
        short: "web".into(),
        source,
        base: None,
        container: None,
        exec: false,
        roll_back,
        hooks: Hooks { before_deploy: Some("true".into()), after_deploy: Some("true".into()), ..Hooks::default() },
        flags: String::new(),
    };
    let (id, mut effects) = operations.start(NewOperation::from(request), &environment(), world.now());
    let mut seen_calls: BTreeSet<CallId> = BTreeSet::new();
    let mut verdicts = 0;
    let mut late: Vec<(i64, CallId, CallResult)> = Vec::new();
    for _ in 0..TURNS {
        let mut calls: Vec<(CallId, Call)> = effects
            .drain(..)
            .filter_map(|effect| match effect {
                Effect::Call { id, call, .. } => Some((id, *call)),
                // Output of a program that was ended reaches nobody.
                Effect::EndCall(_) => None,
                other => panic!("{other:?}"),
            })
            .collect();
        while let Some((call_id, call)) = calls.pop() {
            assert!(seen_calls.insert(call_id), "an id is handed out once");
            let answered = world.answer(call);
            // Some answers come late, and in another order.
            if world.second > 3 && world.script.next() < 40 {
                let wait = i64::from(world.script.next() % 12);
                late.push((world.second + wait, call_id, answered));
                continue;
            }
            let before = operations.get(id).and_then(|operation| operation.outcome.clone());
            for effect in operations.answered(call_id, &answered, world.now()) {
                match effect {
                    Effect::Call { id, call, .. } => calls.push((id, *call)),
                    Effect::EndCall(_) => {}
                    other => panic!("{other:?}"),
                }
            }
            let after = operations.get(id).and_then(|operation| operation.outcome.clone());
            verdicts += usize::from(before.is_none() && after.is_some());
            assert!(before.is_none() || before == after, "a verdict is final");
        }
        let operation = operations.get(id).expect("it is there");
        if operation.outcome.is_some() {
            break;
        }
        if operation.stage == Stage::AwaitingConfirmation {
            effects = operations.confirm(id, world.now());
            continue;
        }
        world.second += 1;
        world.advance();
        world.interfere();
        let due: Vec<_> = late.extract_if(.., |(when, ..)| *when <= world.second).collect();
        for (_, call_id, answered) in due {
            effects.extend(operations.answered(call_id, &answered, world.now()));
        }
        effects.extend(operations.tick(world.now()));
        if detach == Some(world.second) {
            effects.extend(operations.detach(id, world.now()));
        }
    }
    let operation = operations.get(id).expect("it is there").clone();
    assert!(operation.outcome.is_some(), "every path ends: {:?}", operation.status_label());
    assert!(verdicts <= 1);
    operation
}

/// Every command suggested by a plan or a verdict names the environment it is about.
fn offers_here(operation: &Operation) {
    let plan = operation.plan.iter().flat_map(|plan| {
        plan.checks.iter().filter_map(|check| check.hint.as_ref()).chain([&plan.undo]).map(String::as_str)
    });
    let outcome = operation.outcome.iter().flat_map(|outcome| {
        let texts = outcome.causes.iter().chain(&outcome.hint).map(String::as_str);
        texts.chain([outcome.summary.as_str()])
    });
    for text in plan.chain(outcome) {
        for typed in suggested_commands::suggested_commands(text) {
            assert!(
                suggested_commands::names_environment(typed, &operation.environment.name),
                "`{typed}` is offered: {text}"
            );
        }
    }
}

/// Checks that the verdict is true.
fn judge(world: &World, operation: &Operation) {
    offers_here(operation);
    let verdict = operation.outcome.as_ref().map(|outcome| outcome.verdict).expect("an outcome");
    let ours: Vec<&Release> = world.releases.iter().filter(|release| release.ours).collect();
    let watched = operation.machine().watch();
    let deployment = watched.map(|watch| watch.subject.deployment.clone());
    let of_watch = world.releases.iter().find(|release| Some(&release.deployment) == deployment.as_ref());
    match verdict {
        Verdict::Done => {
            let release = of_watch.expect("done is said of a deployment");
            // A deployment forced by someone else in the same seconds in which our answer was lost is indistinguishable
            // from ours; it does exactly what was requested.
            let target = release.entry.target.as_deref();
            let wanted = target == Some("web:7") || ours.iter().any(|mine| mine.entry.target.as_deref() == target);
            let same = world.lost && wanted;
            assert!(release.ours || same, "{:?}", operation.lines);
            assert_eq!(release.entry.status, RolloutStatus::Successful, "{:?}", operation.lines);
        }
        Verdict::RolledBack => assert!(
            of_watch.is_some_and(|release| match release.entry.status {
                RolloutStatus::RollbackSuccessful => true,
                // The rollback is a deployment of its own.
                RolloutStatus::Successful => release.ours && release.entry.target.as_deref() == Some("web:7"),
                _ => false,
            }),
            "{:?}",
            operation.lines
        ),
        Verdict::Failed => {
            let serves = of_watch.is_some_and(|release| {
                release.entry.status == RolloutStatus::Successful && release.entry.target.as_deref() != Some("web:7")
            });
            let runs = world.service.deployments.first().is_some_and(|primary| {
                Some(&primary.id) == deployment.as_ref() && primary.running >= world.service.desired
            });
            assert!(!(serves && runs && world.trouble == 0), "{:?}", operation.lines);
        }
        Verdict::Unknown => {
            let gave_up = operation.outcome.as_ref().is_some_and(|outcome| outcome.summary.contains("the time is up"));
            let has_ended = of_watch.is_some_and(|release| release.entry.status.has_ended() && world.second > 1_000);
            assert!(!(gave_up && has_ended), "an end was not seen: {:?}", operation.lines);
        }
        Verdict::Refused | Verdict::Impossible | Verdict::Cancelled => {
            assert_eq!(world.updates, 0, "nothing was changed: {:?}", operation.lines);
        }
    }
    // A lost change is looked for before it is repeated. An intervention by someone else can hide it; then it is
    // repeated, and the second one is watched.
    if ours.len() == world.releases.len() - BEFORE.len() {
        assert!(world.updates <= 1, "{:?}", operation.lines);
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn no_history_makes_a_deployment_verdict_untrue(
        bytes in prop::collection::vec(any::<u8>(), 50..400),
        breaker in prop::option::of((any::<bool>(), any::<bool>())),
        desired in 0_u32..4,
        trouble in 0_u8..8,
        roll_back in prop::option::of(any::<bool>()),
        force in any::<bool>(),
        detach in prop::option::of(5_i64..400),
    ) {
        let breaker = breaker.map(|(enabled, rollback)| Breaker { enabled, rollback });
        let mut world = World::new(bytes, breaker, desired, trouble);
        let source = if force { Source::Force } else { Source::Image("9f3c2e1".into()) };
        let operation = run(&mut world, source, roll_back, detach);
        judge(&world, &operation);
    }
}

/// Checks that the verdict of a requested rollback is true.
fn judge_back(world: &World, operation: &Operation) {
    let verdict = operation.outcome.as_ref().map(|outcome| outcome.verdict).expect("an outcome");
    let watched = operation.machine().watch();
    let of_watch =
        watched.and_then(|watch| world.releases.iter().find(|release| release.deployment == watch.subject.deployment));
    match verdict {
        Verdict::Done => {
            let release = of_watch.expect("done is said of a deployment");
            let goes_back = release.entry.status == RolloutStatus::Successful && (release.ours || world.lost);
            // Someone else's deployment that was ended.
            let was_ended = release.entry.status == RolloutStatus::RollbackSuccessful && !release.ours;
            assert!(goes_back || was_ended, "{:?}", operation.lines);
        }
        Verdict::RolledBack => {
            let status = of_watch.map(|release| release.entry.status.clone());
            let success_statuses = [RolloutStatus::RollbackSuccessful, RolloutStatus::Successful];
            assert!(status.is_some_and(|status| success_statuses.contains(&status)), "{:?}", operation.lines);
        }
        Verdict::Refused | Verdict::Impossible | Verdict::Cancelled => {
            assert_eq!(world.updates, 0, "nothing was changed: {:?}", operation.lines);
        }
        Verdict::Failed | Verdict::Unknown => {}
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn no_history_makes_a_rollback_verdict_untrue(
        bytes in prop::collection::vec(any::<u8>(), 50..400),
        breaker in prop::option::of((any::<bool>(), any::<bool>())),
        desired in 0_u32..4,
        trouble in 0_u8..8,
        under_way in any::<bool>(),
        named in any::<bool>(),
        roll_back in prop::option::of(any::<bool>()),
        detach in prop::option::of(5_i64..400),
    ) {
        let breaker = breaker.map(|(enabled, rollback)| Breaker { enabled, rollback });
        let mut world = World::new(bytes, breaker, desired, trouble);
        if under_way {
            world.revision = 8;
            world.begin("web:8", false);
        }
        let source = Source::RollBack(named.then(|| "web:5".to_owned()));
        let operation = run(&mut world, source, roll_back, detach);
        judge_back(&world, &operation);
    }
}

/// A world in which nothing goes wrong.
fn calm() -> Vec<u8> {
    // Answers come or stay away, and the rollout advances on bytes between 23 and 70.
    (0..20_000_u32).map(|number| 23 + (number * 7 % 48) as u8).collect()
}

#[test]
fn deployment_in_a_calm_world_is_done() {
    let mut world = World::new(calm(), Some(Breaker { enabled: true, rollback: true }), 2, 0);
    let operation = run(&mut world, Source::Image("9f3c2e1".into()), None, None);
    let outcome = operation.outcome.clone().expect("an outcome");
    assert_eq!(outcome.verdict, Verdict::Done, "{:?}", operation.lines);
    judge(&world, &operation);
    assert_eq!(world.updates, 1);
}

#[test]
fn all_verdicts_occur_among_generated_histories() {
    let mut seen: BTreeSet<&'static str> = BTreeSet::new();
    for seed in 0..400_u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .take(300)
        .collect();
        let breaker = (seed % 3 != 0).then_some(Breaker { enabled: true, rollback: seed % 3 == 1 });
        let mut world = World::new(bytes, breaker, 1 + (seed % 3) as u32, (seed % 8) as u8);
        let operation = run(&mut world, Source::Image("9f3c2e1".into()), None, (seed % 10 == 9).then_some(20));
        judge(&world, &operation);
        seen.extend(operation.outcome.map(|outcome| outcome.verdict.name()));
    }
    for verdict in ["done", "rolled_back", "failed", "unknown"] {
        assert!(seen.contains(verdict), "{verdict} never occurs: {seen:?}");
    }
}
