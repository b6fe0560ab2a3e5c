//! What is begun before its time, and what is not.

use super::message::Summary;
use super::run::RunState;
use super::run_event::{PlanRef, RunEvent, Step, What};
use super::schedule::{Decision, decide};
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
