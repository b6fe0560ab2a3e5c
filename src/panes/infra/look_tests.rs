//! Looks without a run: what the keys ask, what is shown, and what is asked before caches are removed.

use super::testing::Desk;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::ticket::Ticket;
use crate::feeds::infra::{Ask, Fact, What};
use crate::feeds::part::Part;
use crate::feeds::{self, infra, runs};
use crate::model::infra::cached::Cached;
use crate::ui::testing::by_hand;
use std::path::PathBuf;

/// The questions to the feed of infrastructure that a key leads to.
fn asked(desk: &mut Desk, key: &str) -> Vec<(Ticket, Ask)> {
    let effects = by_hand(&mut desk.app, Event::Key(key.parse().unwrap()));
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
fn outputs_states_and_the_code_are_looked_at_with_a_key_each() {
    for (key, what, said) in [
        ("o", What::Outputs, "website_url = https://staging.example.com"),
        ("t", What::States, "aws_vpc.main"),
        ("f", What::Code, "error main.tf:3: no such variable"),
    ] {
        let mut desk = Desk::new((120, 40));
        desk.keys("6");
        let asks = asked(&mut desk, key);
        let first = vec![desk.app.panes.infra.unit.clone().expect("a unit is selected")];
        let [(ticket, Ask::Look { what: looked, units, .. })] = &asks[..] else { panic!("{key}: {asks:?}") };
        assert_eq!((*looked, units), (what, &first), "{key}");
        assert!(desk.screen().contains(" …"), "it says that it looks:\n{}", desk.screen());
        told(&mut desk, *ticket, Fact::Looked(what, lines(&["network", &format!("  {said}")])));
        assert!(desk.screen().contains(said), "{}", desk.screen());
        // Of the marked ones, where there are some.
        desk.keys("esc j space j space");
        let marked: Vec<String> = desk.app.panes.infra.marked.iter().cloned().collect();
        let asks = asked(&mut desk, key);
        assert!(
            matches!(&asks[..], [(_, Ask::Look { units, .. })] if *units == marked && units.len() == 2),
            "{asks:?}"
        );
    }
}

#[test]
fn a_look_that_is_not_possible_says_why() {
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
fn caches_are_removed_after_a_question_and_one_with_a_state_in_it_stays() {
    let cached = |unit: &str, stays: Option<&str>| Cached {
        unit: unit.into(),
        path: format!("/units/{unit}/.terragrunt-cache").into(),
        bytes: 2_500_000,
        stays: stays.map(str::to_owned),
    };
    let mut desk = Desk::new((120, 40));
    desk.keys("6");
    let [(ticket, Ask::Look { what: What::Caches, .. })] = &asked(&mut desk, "K")[..] else { panic!("it is asked") };
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
    told(&mut desk, *ticket, Fact::Looked(What::Caches, lines(&["network: it is removed: 2.5 MB"])));
    assert!(desk.screen().contains("it is removed"), "{}", desk.screen());
    // Where none can be removed nothing is asked.
    desk.keys("esc");
    let [(ticket, _)] = &asked(&mut desk, "K")[..] else { panic!("it is asked") };
    told(&mut desk, *ticket, Fact::Caches(vec![with_state]));
    assert!(desk.screen().contains("stays: there is a state in it"), "{}", desk.screen());
    assert_eq!(asked(&mut desk, "enter").len(), 0);
}

/// Opens another environment, and gives what was told since then.
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
fn what_was_begun_in_an_environment_is_told_when_another_one_is_opened_by_then() {
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
    let removed = Part::Last(Fact::Looked(What::Caches, lines(&["network: it is removed: 2.5 MB"])));
    let said = elsewhere(&mut desk, ticket, removed.clone());
    assert_eq!(said, [(false, "staging: network: it is removed: 2.5 MB".to_owned())]);
    assert!(desk.app.screen.overlays.is_empty(), "no window of another environment opens");
    desk.answered(ticket, removed);
    assert_eq!(desk.app.activity.last().map(|entry| entry.text.as_str()), Some(said[0].1.as_str()), "it is told once");

    let (mut desk, ticket) = confirmed();
    let failure = crate::model::Failure::new(crate::model::FailureKind::Other, "it cannot be removed: denied");
    let said = elsewhere(&mut desk, ticket, Part::<infra::Fact>::Failed(failure.clone()));
    assert_eq!(said, [(true, "staging: it cannot be removed: denied".to_owned())]);

    // A run that is begun, which nobody sees here, and one that could not be asked.
    let mut desk = Desk::new((120, 40));
    desk.keys("6");
    let effects = super::begin::begin(&mut desk.app, crate::model::infra::run_event::Goal::Plan);
    let ticket = effects.iter().find_map(|effect| match effect {
        Effect::Fetch { ticket, ask: feeds::Ask::Infra(Ask::Begin { .. }), .. } => Some(*ticket),
        _ => None,
    });
    let began = Fact::Began(PathBuf::from("/runs/staging").join(super::testing::RUN), infra::Units::default());
    let said = elsewhere(&mut desk, ticket.expect("it is begun"), Part::Last(began));
    assert_eq!(said, [(false, format!("staging: {} was begun, and goes on", super::testing::RUN))]);
    let mut desk = Desk::in_the_middle((120, 40));
    let wish = crate::model::infra::run_event::RequestKind::Retry;
    let effects = super::ask::wish(&mut desk.app, wish, "");
    let Effect::Fetch { ticket, .. } = effects[0] else { panic!("it is asked") };
    let said = elsewhere(&mut desk, ticket, Part::<runs::Fact>::Failed(failure));
    assert_eq!(said, [(true, "staging: it cannot be removed: denied".to_owned())]);

    // What only looked is of no use there.
    let mut desk = Desk::new((120, 40));
    desk.keys("6");
    let [(ticket, _)] = &asked(&mut desk, "o")[..] else { panic!("it is asked") };
    assert_eq!(elsewhere(&mut desk, *ticket, Part::Last(Fact::Looked(What::Outputs, lines(&["a = b"])))), []);
}
