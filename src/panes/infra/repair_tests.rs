//! Repairs after an abnormal end, and dialogs during a run.

use super::state::ID;
use super::testing::{Desk, RUN, at, event, listed, middle, ready, started, step};
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::question::question;
use crate::feeds::part::Part;
use crate::feeds::{self, infra, runs};
use crate::model::infra::data_loss::Loss;
use crate::model::infra::estimate::History;
use crate::model::infra::guard::{Guard, Lift};
use crate::model::infra::message::{Action, Message};
use crate::model::infra::plan::Plan;
use crate::model::infra::run_event::{Goal, RequestKind, RunEvent, RunEventKind, Step};
use crate::ui::testing::pictures::assert_screen;
use crate::ui::testing::user_input;

/// The requests that a key leads to.
fn asked(desk: &mut Desk, key: &str) -> Vec<feeds::Ask> {
    let effects = user_input(&mut desk.app, Event::Key(key.parse().unwrap()));
    let asks = effects.iter().filter_map(|effect| match effect {
        Effect::Fetch { ask, .. } => Some(ask.clone()),
        _ => None,
    });
    let asks = asks.collect();
    desk.answer(effects);
    asks
}

fn answered(desk: &mut Desk, key: &str, fact: infra::Fact) {
    let effects = user_input(&mut desk.app, Event::Key(key.parse().unwrap()));
    let ticket = effects.iter().find_map(|effect| match effect {
        Effect::Fetch { ticket, ask: feeds::Ask::Infra(_), .. } => Some(*ticket),
        _ => None,
    });
    desk.answered(ticket.expect("it is requested"), Part::Last(fact));
}

fn locked(gone: bool) -> infra::StateLock {
    infra::StateLock {
        unit: "network".into(),
        id: "95b5".into(),
        holder: "ann@desk".into(),
        operation: "apply".into(),
        since: "2026-11-20 04:00".into(),
        alive: "no Terraform runs on this machine, where it was taken: it was left behind".into(),
        is_stale: gone,
    }
}

#[test]
fn run_without_a_supervisor_is_resumed_with_a_key() {
    let mut desk = Desk::in_the_middle((80, 24));
    assert_eq!(asked(&mut desk, "T"), [], "it is driven");
    desk.news(Vec::new(), false);
    desk.tick(2);
    let asks = asked(&mut desk, "T");
    assert!(matches!(&asks[..], [feeds::Ask::Runs(runs::Ask::Resume { run, .. })] if run.ends_with(RUN)), "{asks:?}");
}

#[test]
fn lock_is_shown_with_its_holder_and_released_after_confirmation() {
    let mut desk = Desk::new((100, 30));
    desk.keys("6");
    answered(&mut desk, "L", infra::Fact::Locks(vec![locked(true)], Vec::new()));
    let screen = desk.screen();
    assert!(screen.contains("locked by ann@desk") && screen.contains("left behind"), "{screen}");
    desk.keys("right");
    let asks = asked(&mut desk, "enter");
    assert!(matches!(&asks[..], [feeds::Ask::Infra(infra::Ask::Unlock { lock, .. })] if lock.id == "95b5"), "{asks:?}");
    // If the holder may still be working, the name must be typed.
    let mut desk = Desk::new((100, 30));
    desk.keys("6");
    answered(&mut desk, "L", infra::Fact::Locks(vec![locked(false)], Vec::new()));
    desk.keys("right");
    assert_eq!(asked(&mut desk, "enter"), [], "{}", desk.screen());
}

#[test]
fn possible_orphans_are_reported_and_looked_for() {
    let mut desk = Desk::in_the_middle((100, 30));
    let end = RunEventKind::StepEnded {
        unit: "network".into(),
        step: Step::Apply,
        code: None,
        failed: Some("killed".into()),
    };
    desk.news(vec![event(0, end)], true);
    desk.tick(1);
    assert!(
        desk.screen().contains("may exist and be in no state: aws_nat_gateway.a. u looks for it"),
        "{}",
        desk.screen()
    );
    let line = "network: aws_nat_gateway.a: does not exist".to_owned();
    answered(&mut desk, "u", infra::Fact::Orphans(vec![line]));
    assert!(desk.screen().contains("does not exist"), "{}", desk.screen());
}

#[test]
fn quitting_during_a_run_asks_and_explains_that_it_continues() {
    let mut desk = Desk::in_the_middle((100, 30));
    desk.keys("q");
    let screen = desk.screen();
    assert!(screen.contains("Leave?") && screen.contains("continues without the cockpit"), "{screen}");
    let mut desk = Desk::new((100, 30));
    desk.keys("6");
    let effects = user_input(&mut desk.app, Event::Key("q".parse().unwrap()));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Quit)), "nothing goes on: {effects:?}");
}

#[test]
fn cancel_question_allows_in_flight_changes_to_update() {
    let mut desk = Desk::in_the_middle((80, 24));
    desk.keys("C");
    let asked = question(&desk.app);
    assert!(asked.is_some());
    let seconds = desk.screen();
    desk.tick(61);
    assert_ne!(desk.screen(), seconds, "it tells how long each takes");
    let begins = |address: &str| {
        let message = Message::ApplyStarted { address: address.to_owned(), action: Action::Create };
        event(0, RunEventKind::Said { unit: "network".into(), step: Step::Apply, message })
    };
    desk.news((0..9).map(|number| begins(&format!("aws_eip.e{number}"))).collect(), true);
    desk.tick(62);
    assert!(desk.screen().contains("and 7 more"), "{}", desk.screen());
    assert_eq!(question(&desk.app), asked, "it can be answered all the time");
}

#[test]
fn deletion_protection_is_lifted_by_its_own_plan_before_a_destroy() {
    let mut desk = Desk::new((120, 40));
    desk.runs = vec![super::testing::listed(RUN)];
    desk.keys("6");
    let guards = vec![Guard { address: "aws_lb.this".into(), what: Lift::Protection }];
    let events: Vec<RunEvent> = vec![
        started(Goal::Destroy),
        step(-100, "edge", Step::Plan),
        event(-90, RunEventKind::Guarded { unit: "edge".into(), guards }),
        step(-80, "edge", Step::Plan),
        ready(-70, "edge", "aaaa", (0, 1, 0), &[]),
    ];
    desk.news(events, true);
    desk.tick(1);
    assert!(desk.screen().contains("lifts what guards it"), "{}", desk.screen());
    desk.keys("A");
    let screen = desk.screen();
    assert!(screen.contains("aws_lb.this: its deletion protection is turned off"), "{screen}");
    assert!(screen.contains("It destroys nothing yet"), "{screen}");
    assert_eq!(desk.wishes, [] as [RequestKind; 0]);
}

#[test]
fn destroy_question_counts_lost_data_or_explains_why_not() {
    let mut desk = Desk::new((120, 40));
    desk.runs = vec![super::testing::listed(RUN)];
    desk.keys("6");
    let loss = |address: &str, words: &str, counted| Loss { address: address.into(), words: words.into(), counted };
    let losses = vec![
        loss("aws_ecr_repository.web", "214 images, 31 GB", true),
        loss("aws_s3_bucket.logs", "what is in it is not counted: the cockpit has no call for it", false),
    ];
    let events: Vec<RunEvent> = vec![
        started(Goal::Destroy),
        step(-100, "edge", Step::Plan),
        event(-90, RunEventKind::Counted { unit: "edge".into(), losses }),
        ready(-70, "edge", "aaaa", (0, 0, 2), &[]),
    ];
    desk.news(events, true);
    desk.tick(1);
    desk.keys("A");
    let screen = desk.screen();
    assert!(screen.contains("lost with aws_ecr_repository.web: 214 images, 31 GB"), "{screen}");
    assert!(screen.contains("lost with aws_s3_bucket.logs: what is in it is not counted"), "{screen}");
    assert_eq!(desk.wishes, [] as [RequestKind; 0]);
    // The unit's log keeps the lines.
    desk.keys("esc v l");
    assert!(desk.screen().contains("lost with what is destroyed:"), "{}", desk.screen());
}

#[test]
fn changes_show_their_usual_duration_and_the_run_its_estimated_end() {
    let mut desk = Desk::new((120, 40));
    desk.runs = vec![super::testing::listed(RUN)];
    desk.keys("6");
    let mut history = History::default();
    let done = |address: &str, elapsed| {
        let message = Message::ApplyDone { address: address.into(), action: Action::Create, id: None, elapsed };
        event(0, RunEventKind::Said { unit: "x".into(), step: Step::Apply, message })
    };
    let run = crate::model::infra::RunState::of(&[
        done("aws_nat_gateway.x", 240),
        done("aws_cloudwatch_metric_alarm.x", 120),
    ]);
    history.add(&run);
    desk.app.panes.infra.history = (history, Some(RUN.to_owned()));
    desk.news(middle(), true);
    desk.app.panes.infra.estimate();
    desk.tick(1);
    assert_eq!(desk.app.shown_pane().id, ID);
    // The plan of the database still has an alarm to create.
    assert!(desk.screen().contains("about 2m"), "{}", desk.screen());
    desk.app.panes.infra.opened_unit = Some("network".into());
    desk.tick(2);
    assert!(desk.screen().contains("(usually 4m"), "{} at {}", desk.screen(), at(2));
}

#[test]
fn end_of_an_apply_is_marked_on_curves_but_not_that_of_a_plan() {
    use crate::model::infra::run_event::RunEnd;
    for (goal, marks) in [(Goal::Apply, vec![at(-5)]), (Goal::Plan, Vec::new())] {
        let mut desk = Desk::new((100, 30));
        desk.runs = vec![super::testing::listed(RUN)];
        desk.keys("6");
        desk.news(vec![started(goal)], true);
        assert_eq!(crate::app::operation_list::activities(&desk.app).find_map(|run| run.ended_at), None, "it goes on");
        desk.news(vec![event(-5, RunEventKind::Ended { end: RunEnd::Done })], false);
        let found: Vec<_> = crate::app::operation_list::activities(&desk.app).filter_map(|run| run.ended_at).collect();
        assert_eq!(found, marks);
    }
}

#[test]
fn estimated_cost_of_the_plans_is_shown_with_one_key() {
    const STAGING: &str = include_str!("../../../crates/cockpit-model/src/estimate/fixtures/staging.json");
    let units: serde_json::Value = serde_json::from_str(STAGING).unwrap();
    let mut desk = Desk::new((120, 40));
    desk.keys("6 c");
    assert!(desk.screen().contains("no plan says what it costs"), "{}", desk.screen());
    desk.plan = Some(Plan::read(units["compute"].to_string().as_bytes()).unwrap());
    desk.runs = vec![listed(RUN)];
    desk.tick(6);
    desk.news(middle(), true);
    desk.tick(7);
    desk.keys("c");
    let screen = desk.screen();
    for wanted in [
        "USD a month",
        "the schedule has services stopped 61 %",
        "Fargate task, 0.25 vCPU and 0.5 GB",
        "is in no sum: it was not planned",
    ] {
        assert!(screen.contains(wanted), "{wanted}:\n{screen}");
    }
    assert_screen("infra_cost_120x40", &desk.app);
}
