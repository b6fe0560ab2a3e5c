//! Inspection of units without a run: requests, results, and the question before caches are removed.

use super::testing::Desk;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::ticket::Ticket;
use crate::feeds::infra::{Ask, Fact, Inspection};
use crate::feeds::part::Part;
use crate::feeds::{self, infra, runs};
use crate::model::infra::cached::Cached;
use crate::ui::testing::user_input;
use std::path::PathBuf;

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

#[test]
fn outputs_states_and_code_are_inspected_by_keys() {
    for (key, what, said) in [
        ("o", Inspection::Outputs, "website_url = https://staging.example.com"),
        ("t", Inspection::States, "aws_vpc.main"),
        ("f", Inspection::Code, "error main.tf:3: no such variable"),
    ] {
        let mut desk = Desk::new((120, 40));
        desk.keys("6");
        let asks = asked(&mut desk, key);
        let first = vec![desk.app.panes.infra.selected_unit.clone().expect("a unit is selected")];
        let [(ticket, Ask::Inspect { what: looked, units, .. })] = &asks[..] else { panic!("{key}: {asks:?}") };
        assert_eq!((*looked, units), (what, &first), "{key}");
        assert!(desk.screen().contains(" …"), "it says that it looks:\n{}", desk.screen());
        told(&mut desk, *ticket, Fact::Inspected(what, lines(&["network", &format!("  {said}")])));
        assert!(desk.screen().contains(said), "{}", desk.screen());
        // The marked units, if any.
        desk.keys("esc j space j space");
        let marked: Vec<String> = desk.app.panes.infra.marked_units.iter().cloned().collect();
        let asks = asked(&mut desk, key);
        assert!(
            matches!(&asks[..], [(_, Ask::Inspect { units, .. })] if *units == marked && units.len() == 2),
            "{asks:?}"
        );
    }
}

#[test]
fn impossible_inspection_explains_itself() {
    let mut desk = Desk::new((100, 30));
    desk.keys("6");
    let [(ticket, _)] = &asked(&mut desk, "o")[..] else { panic!("it is asked") };
    let failure = crate::model::Failure::new(crate::model::FailureKind::Other, "there is no `terraform` on PATH");
    desk.answered(*ticket, Part::<infra::Fact>::Failed(failure));
    assert!(desk.screen().contains("there is no `terraform` on PATH"), "{}", desk.screen());
    let mut desk = Desk::with((80, 24), false);
    desk.keys("6");
    assert_eq!(asked(&mut desk, "o").len(), 0, "nothing is configured");
}

#[test]
fn caches_are_removed_after_confirmation_except_one_with_a_state() {
    let cached = |unit: &str, stays: Option<&str>| Cached {
        unit: unit.into(),
        path: format!("/units/{unit}/.terragrunt-cache").into(),
        bytes: 2_500_000,
        keep_reason: stays.map(str::to_owned),
    };
    let mut desk = Desk::new((120, 40));
    desk.keys("6");
    let [(ticket, Ask::Inspect { what: Inspection::Caches, .. })] = &asked(&mut desk, "K")[..] else {
        panic!("it is asked")
    };
    let with_state = cached("auth", Some("there is a state in it"));
    told(&mut desk, *ticket, Fact::Caches(vec![with_state.clone(), cached("network", None)]));
    let screen = desk.screen();
    assert!(screen.contains("Remove caches of network") && screen.contains("2.5 MB"), "{screen}");
    assert!(screen.contains("auth/.terragrunt-cache stays: there is a state in it"), "{screen}");
    assert!(screen.contains("cockpit infra clean --env staging --unit network"), "{screen}");
    let asks = asked(&mut desk, "enter");
    let [(ticket, Ask::Clean { units, paths, .. })] = &asks[..] else { panic!("{asks:?}") };
    assert_eq!(units[..], lines(&["network"])[..]);
    assert_eq!(paths[..], [PathBuf::from("/units/network/.terragrunt-cache")]);
    told(&mut desk, *ticket, Fact::Inspected(Inspection::Caches, lines(&["network: it is removed: 2.5 MB"])));
    assert!(desk.screen().contains("it is removed"), "{}", desk.screen());
    // If none can be removed, nothing is asked.
    desk.keys("esc");
    let [(ticket, _)] = &asked(&mut desk, "K")[..] else { panic!("it is asked") };
    told(&mut desk, *ticket, Fact::Caches(vec![with_state]));
    assert!(desk.screen().contains("stays: there is a state in it"), "{}", desk.screen());
    assert_eq!(asked(&mut desk, "enter").len(), 0);
}

/// Opens another environment, then answers; returns the activity since then.
fn elsewhere(desk: &mut Desk, ticket: Ticket, part: impl Into<feeds::Part>) -> Vec<(bool, String)> {
    let mut other = desk.app.environment.clone();
    other.name = "other".into();
    desk.app.config.environments.push(other);
    crate::app::update::open::switch(&mut desk.app, "other");
    let before = desk.app.activity.len();
    desk.answered(ticket, part);
    desk.app.activity[before..].iter().map(|entry| (entry.error, entry.text.clone())).collect()
}

#[test]
fn outcome_of_a_request_is_reported_after_switching_the_environment() {
    let cached =
        Cached { unit: "network".into(), path: "/units/network/.terragrunt-cache".into(), ..Cached::default() };
    let confirmed = || {
        let mut desk = Desk::new((120, 40));
        desk.keys("6");
        let [(ticket, _)] = &asked(&mut desk, "K")[..] else { panic!("it is asked") };
        told(&mut desk, *ticket, Fact::Caches(vec![cached.clone()]));
        let [(ticket, Ask::Clean { .. })] = &asked(&mut desk, "enter")[..] else { panic!("it is asked") };
        let ticket = *ticket;
        (desk, ticket)
    };
    let (mut desk, ticket) = confirmed();
    let removed = Part::Last(Fact::Inspected(Inspection::Caches, lines(&["network: it is removed: 2.5 MB"])));
    let reported = elsewhere(&mut desk, ticket, removed.clone());
    assert_eq!(reported, [(false, "staging: network: it is removed: 2.5 MB".to_owned())]);
    assert!(desk.app.screen.overlays.is_empty(), "no window of another environment opens");
    desk.answered(ticket, removed);
    assert_eq!(
        desk.app.activity.last().map(|entry| entry.text.as_str()),
        Some(reported[0].1.as_str()),
        "it is told once"
    );

    let (mut desk, ticket) = confirmed();
    let failure = crate::model::Failure::new(crate::model::FailureKind::Other, "it cannot be removed: denied");
    let reported = elsewhere(&mut desk, ticket, Part::<infra::Fact>::Failed(failure.clone()));
    assert_eq!(reported, [(true, "staging: it cannot be removed: denied".to_owned())]);

    // A started run that is not shown here, and a run that could not be reached.
    let mut desk = Desk::new((120, 40));
    desk.keys("6");
    let effects = super::begin::begin(&mut desk.app, crate::model::infra::run_event::Goal::Plan);
    let ticket = effects.iter().find_map(|effect| match effect {
        Effect::Fetch { ticket, ask: feeds::Ask::Infra(Ask::Begin { .. }), .. } => Some(*ticket),
        _ => None,
    });
    let began = Fact::Began(PathBuf::from("/runs/staging").join(super::testing::RUN), infra::Units::default());
    let reported = elsewhere(&mut desk, ticket.expect("it is begun"), Part::Last(began));
    assert_eq!(reported, [(false, format!("staging: {} was begun, and goes on", super::testing::RUN))]);
    let mut desk = Desk::in_the_middle((120, 40));
    let wish = crate::model::infra::run_event::RequestKind::Retry;
    let effects = super::requests::request_run(&mut desk.app, wish, "");
    let Effect::Fetch { ticket, .. } = effects[0] else { panic!("it is asked") };
    let reported = elsewhere(&mut desk, ticket, Part::<runs::Fact>::Failed(failure));
    assert_eq!(reported, [(true, "staging: it cannot be removed: denied".to_owned())]);

    // The result of an inspection is not reported there.
    let mut desk = Desk::new((120, 40));
    desk.keys("6");
    let [(ticket, _)] = &asked(&mut desk, "o")[..] else { panic!("it is asked") };
    assert_eq!(elsewhere(&mut desk, *ticket, Part::Last(Fact::Inspected(Inspection::Outputs, lines(&["a = b"])))), []);
}
