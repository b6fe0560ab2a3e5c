//! What is begun before its time, and what is not.

use super::message::{Message, Summary};
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

/// Its start would take the machine away from that of the apply, on which everything waits.
#[test]
fn a_plan_is_begun_ahead_once_what_it_needs_works_and_not_while_that_starts() {
    let case = applied(vec![false, false, true, false], (true, true, true));
    let said = |text: &str| {
        let message = Message::Log { text: text.into() };
        What::Said { unit: "u0".into(), step: Step::Apply, message }
    };
    let events = [
        What::Started(Box::new(started(&case))),
        What::Prepared { fresh: vec!["u1".into()], ahead: vec!["u1".into()] },
        What::Step { unit: "u0".into(), step: Step::Apply, pid: Some(7), early: false },
        said("Terraform 1.11.4"),
        said("terraform_data.it: creating"),
    ];
    let events = events.map(|what| RunEvent { time: Timestamp::UNIX_EPOCH, what });
    let begin = Decision::Begin { unit: "u1".into(), step: Step::Plan, early: true };
    let begins = |until: usize| decide(&RunState::of(&events[..until])).contains(&begin);
    assert_eq!([3, 4, 5].map(begins), [false, false, true]);
}

/// A cancel may be heard while AWS is asked whose account it is.
#[test]
fn an_apply_that_is_cancelled_before_terraform_begins_is_not_said_to_have_changed_a_part() {
    let case = applied(vec![false, false, true, false], (true, true, true));
    let by = Who { user: "ana".into(), host: "desk".into(), pid: 1 };
    for (begun, told) in [(false, "cancelled before it began"), (true, "cancelled while it worked")] {
        let said = Message::Log { text: "Terraform 1.11.4".into() };
        let said = What::Said { unit: "u0".into(), step: Step::Apply, message: said };
        let failed = Some("the run was cancelled".to_owned());
        let events = [
            Some(What::Started(Box::new(started(&case)))),
            Some(What::Step { unit: "u0".into(), step: Step::Apply, pid: None, early: false }),
            begun.then_some(said),
            Some(What::CancelAsked { by: by.clone(), hard: false }),
            Some(What::StepEnded { unit: "u0".into(), step: Step::Apply, code: None, failed }),
        ];
        let events = events.into_iter().flatten().map(|what| RunEvent { time: Timestamp::UNIX_EPOCH, what });
        let state = RunState::of(&events.collect::<Vec<_>>());
        let end = UnitEnd::Cancelled { in_flight: Vec::new(), applied: begun };
        assert!(decide(&state).contains(&Decision::End { unit: "u0".into(), end }), "{told}");
    }
}

/// A step that Terraform was told to end may fail for that, and would be no part of the retry.
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
