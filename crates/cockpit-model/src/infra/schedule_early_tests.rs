//! Tests of steps that begin early, before dependencies are complete.

use super::message::{Message, Summary};
use super::run::RunState;
use super::run_event::{Actor, PlanRef, RunEnd, RunEvent, RunEventKind, Step, UnitEnd};
use super::schedule::{Decision, decide, units_to_retry};
use super::schedule_tests::{applied, plan, started};
use jiff::Timestamp;

/// Terragrunt would look for outputs that do not exist, in a folder that is being applied.
#[test]
fn new_unit_is_not_initialized_early_while_its_dependency_was_never_applied() {
    let case = applied(vec![false, false, true, false], (true, true, true));
    for (change, fresh, early) in [(0, true, false), (1, true, true), (0, false, true)] {
        let summary = Summary { add: 1, change, ..Summary::default() };
        let events = [
            RunEventKind::Started(Box::new(started(&case))),
            RunEventKind::Prepared { fresh: fresh.then(|| "u1".to_owned()).into_iter().collect(), ahead: Vec::new() },
            RunEventKind::Step { unit: "u0".into(), step: Step::Show, pid: None, early: false },
            RunEventKind::PlanReady { unit: "u0".into(), plan: PlanRef { summary, ..plan("u0-1") } },
            RunEventKind::StepEnded { unit: "u0".into(), step: Step::Show, code: None, failed: None },
        ];
        let state = RunState::of(&events.map(|what| RunEvent { time: Timestamp::UNIX_EPOCH, what }));
        let begin = Decision::Begin { unit: "u1".into(), step: Step::Init, early: true };
        assert_eq!(decide(&state).contains(&begin), early, "{change} to change, never initialised: {fresh}");
    }
}

/// The plan's start would slow down that of the apply, for which everything waits.
#[test]
fn early_plan_begins_once_the_dependency_is_working() {
    let case = applied(vec![false, false, true, false], (true, true, true));
    let said = |text: &str| {
        let message = Message::Log { text: text.into() };
        RunEventKind::Said { unit: "u0".into(), step: Step::Apply, message }
    };
    let events = [
        RunEventKind::Started(Box::new(started(&case))),
        RunEventKind::Prepared { fresh: vec!["u1".into()], ahead: vec!["u1".into()] },
        RunEventKind::Step { unit: "u0".into(), step: Step::Apply, pid: Some(7), early: false },
        said("Terraform 1.11.4"),
        said("terraform_data.it: creating"),
    ];
    let events = events.map(|what| RunEvent { time: Timestamp::UNIX_EPOCH, what });
    let begin = Decision::Begin { unit: "u1".into(), step: Step::Plan, early: true };
    let begins = |until: usize| decide(&RunState::of(&events[..until])).contains(&begin);
    assert_eq!([3, 4, 5].map(begins), [false, false, true]);
}

/// A cancel may arrive while the account is being checked.
#[test]
fn apply_cancelled_before_terraform_begins_has_changed_nothing() {
    let case = applied(vec![false, false, true, false], (true, true, true));
    let by = Actor { user: "ana".into(), host: "desk".into(), pid: 1 };
    for (begun, told) in [(false, "cancelled before it began"), (true, "cancelled while it worked")] {
        let said = Message::Log { text: "Terraform 1.11.4".into() };
        let said = RunEventKind::Said { unit: "u0".into(), step: Step::Apply, message: said };
        let failed = Some("the run was cancelled".to_owned());
        let events = [
            Some(RunEventKind::Started(Box::new(started(&case)))),
            Some(RunEventKind::Step { unit: "u0".into(), step: Step::Apply, pid: None, early: false }),
            begun.then_some(said),
            Some(RunEventKind::CancelAsked { by: by.clone(), hard: false }),
            Some(RunEventKind::StepEnded { unit: "u0".into(), step: Step::Apply, code: None, failed }),
        ];
        let events = events.into_iter().flatten().map(|what| RunEvent { time: Timestamp::UNIX_EPOCH, what });
        let state = RunState::of(&events.collect::<Vec<_>>());
        let end = UnitEnd::Cancelled { in_flight: Vec::new(), applied: begun };
        assert!(decide(&state).contains(&Decision::End { unit: "u0".into(), end }), "{told}");
    }
}

/// A step that is being interrupted may yet fail, and the retry would miss it.
#[test]
fn nothing_is_retried_before_a_cancel_has_ended() {
    let case = applied(vec![false, false, true, false], (true, true, true));
    let by = Actor { user: "ana".into(), host: "desk".into(), pid: 1 };
    let cancelled = UnitEnd::Cancelled { in_flight: Vec::new(), applied: false };
    let events = [
        RunEventKind::Started(Box::new(started(&case))),
        RunEventKind::Step { unit: "u0".into(), step: Step::Apply, pid: Some(7), early: false },
        RunEventKind::CancelAsked { by, hard: false },
        RunEventKind::UnitEnded { unit: "u1".into(), end: cancelled },
        RunEventKind::StepEnded {
            unit: "u0".into(),
            step: Step::Apply,
            code: Some(1),
            failed: Some("interrupted".into()),
        },
        RunEventKind::UnitEnded { unit: "u0".into(), end: UnitEnd::Failed { why: "interrupted".into() } },
        RunEventKind::Ended { end: RunEnd::Cancelled },
    ];
    let events = events.map(|what| RunEvent { time: Timestamp::UNIX_EPOCH, what });
    for until in 3..events.len() {
        let why = units_to_retry(&RunState::of(&events[..until])).unwrap_err();
        assert!(why.contains("being cancelled"), "{why}");
    }
    assert_eq!(units_to_retry(&RunState::of(&events)).unwrap(), ["u0", "u1"]);
    assert!(units_to_retry(&RunState::of(&events[..1])).unwrap_err().contains("nothing has failed"));
}
