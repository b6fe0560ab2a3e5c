//! Changes without a run: initialising, formatting, importing, pushing a state, and planning only some resources.

use super::testing::{Desk, event, over, step};
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::ticket::Ticket;
use crate::feeds::infra::{Ask, Fact, Inspection as Looked, UnitChange, UnpushedState};
use crate::feeds::part::Part;
use crate::feeds::{self};
use crate::model::infra::run_event::{Goal, RunEnd, RunEventKind, Step, UnitEnd};
use crate::model::{Failure, FailureKind};
use crate::ui::testing::user_input;

/// The requests to the infra feed that a key leads to.
fn asked(desk: &mut Desk, key: &str) -> Vec<(Ticket, Ask)> {
    let effects = user_input(&mut desk.app, Event::Key(key.parse().unwrap()));
    let asks = effects.iter().filter_map(|effect| match effect {
        Effect::Fetch { ticket, ask: feeds::Ask::Infra(ask), .. } => Some((*ticket, ask.clone())),
        _ => None,
    });
    let asks = asks.collect();
    desk.answer(effects);
    asks
}

fn told(desk: &mut Desk, ticket: Ticket, fact: Fact) {
    desk.answered(ticket, Part::Last(fact));
}

fn lines(all: &[&str]) -> Vec<String> {
    all.iter().map(|line| (*line).to_owned()).collect()
}

fn kept(refused: Option<&str>) -> UnpushedState {
    UnpushedState {
        unit: "auth".into(),
        file: "/units/auth/errored.tfstate".into(),
        lines: ["kept in /units/auth/errored.tfstate: serial 4".into(), "the state is now: serial 3".into()],
        resources: 12,
        refused: refused.map(str::to_owned),
    }
}

#[test]
fn units_are_initialised_and_a_complete_state_is_shown_by_keys() {
    let mut desk = Desk::new((120, 40));
    desk.keys("6");
    let [(ticket, Ask::Change { change: UnitChange::Init, units })] = &asked(&mut desk, "i")[..] else {
        panic!("it is asked")
    };
    assert_eq!(units[..], lines(&["auth"]), "the selected one");
    told(&mut desk, *ticket, Fact::Changed(UnitChange::Init, lines(&["auth is ready"])));
    assert!(desk.screen().contains("auth is ready"), "{}", desk.screen());
    desk.keys("esc j space");
    let [(ticket, Ask::Inspect { what: Looked::FullStates, units, .. })] = &asked(&mut desk, "w")[..] else {
        panic!("it is asked")
    };
    assert_eq!(units.len(), 1, "the marked one: {units:?}");
    told(&mut desk, *ticket, Fact::Inspected(Looked::FullStates, lines(&["\"serial\": 3"])));
    assert!(desk.screen().contains("sensitive values masked"), "{}", desk.screen());
}

#[test]
fn code_is_formatted_after_confirmation() {
    let mut desk = Desk::new((120, 40));
    desk.keys("6");
    assert_eq!(asked(&mut desk, "F").len(), 0);
    let screen = desk.screen();
    assert!(
        screen.contains("Format the code of auth") && screen.contains("cockpit infra fmt --env staging"),
        "{screen}"
    );
    let [(ticket, Ask::Change { change: UnitChange::Format, units })] = &asked(&mut desk, "enter")[..] else {
        panic!("it is asked: {}", desk.screen())
    };
    assert_eq!(units[..], lines(&["auth"]));
    told(&mut desk, *ticket, Fact::Changed(UnitChange::Format, lines(&["everything is in its usual form"])));
    assert!(desk.screen().contains("everything is in its usual form"), "{}", desk.screen());
}

#[test]
fn typed_address_and_id_become_an_import_block_of_the_unit() {
    let mut desk = Desk::new((120, 40));
    desk.keys("6 B a w s _ v p c . a enter");
    assert!(desk.screen().contains("an address and an id are needed"), "{}", desk.screen());
    desk.keys("B a w s _ v p c . a space v p c - 1");
    let asks = asked(&mut desk, "enter");
    let [(ticket, Ask::Change { change: make, units })] = &asks[..] else { panic!("{asks:?}") };
    let wanted = UnitChange::Import { address: "aws_vpc.a".into(), id: "vpc-1".into() };
    assert_eq!((make, units[..].to_vec()), (&wanted, lines(&["auth"])));
    told(&mut desk, *ticket, Fact::Changed(wanted, lines(&["cockpit_imports.tf imports aws_vpc.a as vpc-1"])));
    assert!(desk.screen().contains("imports aws_vpc.a as vpc-1"), "{}", desk.screen());
}

#[test]
fn unwritten_state_is_shown_and_pushed_after_confirmation() {
    let mut desk = Desk::in_the_middle((120, 40));
    let left =
        RunEventKind::Left { unit: "auth".into(), kept: Some(kept(None).file), unwritten: vec!["aws_vpc.b".into()] };
    desk.news(vec![event(0, left)], true);
    desk.tick(1);
    let screen = desk.screen();
    assert!(
        screen.contains("its state could not be written: U shows and pushes what was kept in /units/auth"),
        "{screen}"
    );
    assert!(screen.contains("may exist and be in no state: aws_vpc.b"), "{screen}");
    assert_eq!(asked(&mut desk, "U").len(), 0, "a run that goes on writes states itself: {}", desk.screen());
    desk.news(vec![event(1, RunEventKind::Ended { end: RunEnd::Failed })], false);
    let [(ticket, Ask::UnpushedStates { .. })] = &asked(&mut desk, "U")[..] else { panic!("it is asked") };
    told(&mut desk, *ticket, Fact::UnpushedStates(vec![kept(None)], Vec::new()));
    let screen = desk.screen();
    assert!(screen.contains("Push the state of auth") && screen.contains("the state is now: serial 3"), "{screen}");
    assert!(screen.contains("cockpit infra state push --env staging --unit auth"), "{screen}");
    assert_eq!(asked(&mut desk, "enter").len(), 0, "Cancel was selected");
    let [(ticket, _)] = &asked(&mut desk, "U")[..] else { panic!("it is asked") };
    told(&mut desk, *ticket, Fact::UnpushedStates(vec![kept(None)], Vec::new()));
    desk.keys("right");
    let [(ticket, Ask::Push { kept: pushed, .. })] = &asked(&mut desk, "enter")[..] else { panic!("it is pushed") };
    assert_eq!(*pushed, kept(None), "as it was shown");
    told(&mut desk, *ticket, Fact::Pushed("auth".into(), lines(&["auth: the state is pushed"])));
    desk.keys("esc");
    assert!(!desk.screen().contains("could not be written"), "{}", desk.screen());
    // A state that cannot replace the current one is shown with the reason, without a question.
    let [(ticket, _)] = &asked(&mut desk, "U")[..] else { panic!("it is asked") };
    told(&mut desk, *ticket, Fact::UnpushedStates(vec![kept(Some("it is of another state"))], Vec::new()));
    assert!(desk.screen().contains("it is not pushed: it is of another state"), "{}", desk.screen());
    assert_eq!(asked(&mut desk, "enter").len(), 0);
}

#[test]
fn targeted_plan_of_marked_resources_needs_confirmation() {
    let mut desk = Desk::in_the_middle((120, 40));
    desk.keys("O");
    assert!(desk.screen().contains("Enter goes into a unit; O then plans"), "{}", desk.screen());
    desk.news(vec![event(0, RunEventKind::Ended { end: RunEnd::Failed })], false);
    desk.keys("j j j enter");
    assert_eq!(desk.app.panes.infra.opened_unit.as_deref(), Some("database"));
    // The selected resource.
    desk.keys("O");
    let screen = desk.screen();
    assert!(screen.contains("Plan a part of database") && screen.contains("is for exceptions"), "{screen}");
    desk.keys("esc space j space O");
    let screen = desk.screen();
    assert!(screen.contains("* aws_rds_cluster.main"), "{screen}");
    let all: Vec<String> = desk.app.panes.infra.marked_resources.iter().cloned().collect();
    assert_eq!(all.len(), 2, "{screen}");
    assert!(screen.contains(&format!("--target {}", all[0])), "{screen}");
    desk.keys("enter");
    assert!(desk.begun.is_empty(), "Cancel was selected");
    desk.keys("O right enter");
    assert_eq!(desk.begun, [(Goal::Apply, lines(&["database"]))]);
    assert_eq!(desk.targeted, all);
    assert!(desk.replaced.is_empty());
}

#[test]
fn retried_unit_has_its_pushed_state() {
    let mut desk = Desk::in_the_middle((120, 40));
    let left = RunEventKind::Left { unit: "auth".into(), kept: Some(kept(None).file), unwritten: Vec::new() };
    desk.news(vec![event(0, left)], true);
    assert!(!desk.app.panes.infra.state().unwrap().unwritten_states.is_empty());
    let again = vec![step(1, "auth", Step::Plan), super::testing::ready(2, "auth", "cc", (1, 0, 0), &[])];
    desk.news(again, true);
    assert!(desk.app.panes.infra.state().unwrap().unwritten_states.is_empty());
    desk.news(vec![over(3, "auth", UnitEnd::Done)], true);
}

#[test]
fn missing_workspaces_are_created_after_confirmation_and_units_found_again() {
    let mut desk = Desk::new((120, 40));
    desk.units = Err(Failure::new(FailureKind::Other, "workspace `dev` of auth does not exist"));
    desk.keys("6");
    assert!(desk.screen().contains("workspace `dev` of auth does not exist"), "{}", desk.screen());
    desk.keys(": i n f r a - w o r k s p a c e s enter");
    let screen = desk.screen();
    assert!(screen.contains("Make the workspaces of all units"), "{screen}");
    assert!(screen.contains("cockpit infra init --new-workspace --env staging"), "{screen}");
    let [(ticket, Ask::Workspaces { units, .. })] = &asked(&mut desk, "enter")[..] else {
        panic!("it is asked: {}", desk.screen())
    };
    assert!(units.is_empty(), "none is known: {units:?}");
    desk.units = Desk::new((80, 24)).units;
    told(&mut desk, *ticket, Fact::Changed(UnitChange::Init, lines(&["workspace dev of auth is made"])));
    assert!(desk.screen().contains("workspace dev of auth is made"), "{}", desk.screen());
    desk.keys("esc");
    desk.tick(1);
    assert!(desk.app.panes.infra.units.is_some() && !desk.screen().contains("does not exist"), "{}", desk.screen());
}

#[test]
fn workspaces_of_all_units_are_meant_if_units_cannot_be_found() {
    let mut desk = Desk::in_the_middle((120, 40));
    desk.keys(": i n f r a - w o r k s p a c e s enter");
    let screen = desk.screen();
    assert!(screen.contains("Make the workspaces of") && !screen.contains("of all units"), "{screen}");
    desk.keys("esc");
    desk.app.panes.infra.failure = Some(Failure::new(FailureKind::Other, "workspace `dev` of ws does not exist"));
    desk.keys(": i n f r a - w o r k s p a c e s enter");
    assert!(desk.screen().contains("Make the workspaces of all units"), "{}", desk.screen());
}
