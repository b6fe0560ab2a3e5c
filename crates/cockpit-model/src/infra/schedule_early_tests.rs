//! What is begun before its time, and what is not.

use super::message::Summary;
use super::run::RunState;
use super::run_event::{PlanRef, RunEnd, RunEvent, Step, UnitEnd, What, Who};
use super::schedule::{Decision, decide, to_retry};
use super::schedule_tests::{applied, plan, started};
use jiff::Timestamp;

/// Terragrunt would look for outputs that are not there, in a folder that is being applied.
#[test]
fn a_unit_that_never_was_is_not_initialised_early_while_what_it_needs_was_never_applied() {
    let case = applied(vec![false, false, true, false], (true, true, true));
    for (change, fresh, early) in [(0, true, false), (1, true, true), (0, false, true)] {
        let summary = Summary { add: 1, change, ..Summary::default() };
        let events = [
            What::Started(Box::new(started(&case))),
            What::Prepared { fresh: fresh.then(|| "u1".to_owned()).into_iter().collect(), ahead: Vec::new() },
            What::Step { unit: "u0".into(), step: Step::Show, pid: None, early: false },
            What::PlanReady { unit: "u0".into(), plan: PlanRef { summary, ..plan("u0-1") } },
            What::StepEnded { unit: "u0".into(), step: Step::Show, code: None, failed: None },
        ];
        let state = RunState::of(&events.map(|what| RunEvent { time: Timestamp::UNIX_EPOCH, what }));
        let begin = Decision::Begin { unit: "u1".into(), step: Step::Init, early: true };
        assert_eq!(decide(&state).contains(&begin), early, "{change} to change, never initialised: {fresh}");
    }
}

/// What Terraform was told to end may fail for that, and would be no part of the retry.
#[test]
fn nothing_is_tried_again_before_a_cancel_is_over() {
    let case = applied(vec![false, false, true, false], (true, true, true));
    let by = Who { user: "ana".into(), host: "desk".into(), pid: 1 };
    let cancelled = UnitEnd::Cancelled { in_flight: Vec::new(), applied: false };
    let events = [
        What::Started(Box::new(started(&case))),
        What::Step { unit: "u0".into(), step: Step::Apply, pid: Some(7), early: false },
        What::CancelAsked { by, hard: false },
        What::UnitEnded { unit: "u1".into(), end: cancelled },
        What::StepEnded { unit: "u0".into(), step: Step::Apply, code: Some(1), failed: Some("interrupted".into()) },
        What::UnitEnded { unit: "u0".into(), end: UnitEnd::Failed { why: "interrupted".into() } },
        What::Ended { end: RunEnd::Cancelled },
    ];
    let events = events.map(|what| RunEvent { time: Timestamp::UNIX_EPOCH, what });
    for until in 3..events.len() {
        let why = to_retry(&RunState::of(&events[..until])).unwrap_err();
        assert!(why.contains("being cancelled"), "{why}");
    }
    assert_eq!(to_retry(&RunState::of(&events)).unwrap(), ["u0", "u1"]);
    assert!(to_retry(&RunState::of(&events[..1])).unwrap_err().contains("nothing has failed"));
}
