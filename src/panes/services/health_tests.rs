//! How the environment is reached, and who may reach it, by keys.

use crate::app::event::{Answer, Event};
use crate::app::operation::outcome::Verdict;
use crate::app::ticket::{Owner, Ticket};
use crate::feeds::part::Part;
use crate::feeds::probes::Fact as Told;
use crate::model::health_probe::declared::{Balancer, Listener, Rule};
use crate::model::health_probe::findings::Finding;
use crate::ui::testing::*;

#[test]
fn how_an_environment_is_reached_is_looked_at_when_somebody_looks_and_left_with_esc() {
    let world = staging();
    let mut app = read(&world, (120, 40));
    assert_eq!(app.panes.services.health.asked, None, "nobody looked yet");
    press(&mut app, "2 v", &world);
    let looked = &app.panes.services.health;
    assert!(looked.asked.is_some());
    assert!(super::health::is_shown(&app));
    assert!(text(&app).contains("Health from outside"), "{}", text(&app));
    press(&mut app, "esc", &world);
    assert!(text(&app).contains("Services"), "the list is shown again");
    assert!(!super::health::is_shown(&app));
}

#[test]
fn a_guarded_environment_is_sent_nothing_until_a_key_asks_for_it() {
    let world = staging();
    let mut app = read(&world, (120, 40));
    app.environment.guarded = true;
    press(&mut app, "2 v", &world);
    assert!(app.panes.services.health.asked.is_some() && !app.panes.services.health.sent);
    let told = super::health::data_status(&app).trouble.unwrap_or_default().1;
    assert!(told.contains("u sends probes"), "{told}");
    press(&mut app, "u", &world);
    assert!(app.panes.services.health.sent);
}

/// What was looked for from outside is found, and that was all.
fn found_from_outside(stage: &mut Stage, found: Vec<Finding>) {
    let ticket = Ticket {
        generation: stage.app.generation(),
        owner: Owner::Pane(super::state::ID.0, 0),
        serial: stage.app.panes.services.health.serial,
    };
    let facts = found.into_iter().map(|one| Part::Page(Told::Found(Box::new(one))));
    for part in facts.chain([Part::Last(Told::Done)]) {
        let effects = stage.app.update(Event::Answer(Answer { ticket, requests: 0, part: part.into() }));
        stage.serve(effects);
    }
}

#[test]
fn this_machine_is_let_in_by_a_key_and_what_was_let_in_is_taken_back() {
    let mut stage = Stage::new((120, 40));
    let listener = |port: u16| Listener { port, ..Listener::default() };
    stage.aws.balancers = vec![Balancer {
        name: "staging-alb".into(),
        security_groups: vec!["sg-1".into()],
        listeners: vec![listener(80), listener(443)],
        ..Balancer::default()
    }];
    let office = |port: u16| Rule {
        group: "sg-1".into(),
        from: Some(port),
        to: Some(port),
        cidr: "203.0.113.0/24".into(),
        description: Some("office".into()),
    };
    stage.aws.rules = vec![office(80), office(443)];
    stage.press("2 v");
    let found =
        vec![Finding::Address(Ok("198.51.100.9".parse().unwrap())), Finding::Rules(Ok(stage.aws.rules.clone()))];
    found_from_outside(&mut stage, found);
    stage.shows("may not reach it");
    let before = stage.app.panes.services.health.serial;
    stage.press("A");
    stage.shows("Allow 198.51.100.9/32");
    stage.shows("the code does not have it");
    stage.shows("cockpit health allow 198.51.100.9/32 --env staging");
    assert!(stage.aws.writes.is_empty(), "nothing is changed before a yes");
    stage.press("enter");
    stage.to(4);
    stage.to(8);
    assert_eq!(stage.verdict(), Some(Verdict::Done), "{}", text(&stage.app));
    let added = stage.aws.rules.iter().filter(|rule| rule.cidr == "198.51.100.9/32").count();
    assert_eq!(added, 2, "{:?}", stage.aws.rules);
    // It is looked again by itself: what was said before does not hold any more.
    stage.press("esc");
    stage.to(12);
    assert!(stage.app.panes.services.health.serial > before);
    let found =
        vec![Finding::Address(Ok("198.51.100.9".parse().unwrap())), Finding::Rules(Ok(stage.aws.rules.clone()))];
    found_from_outside(&mut stage, found);
    stage.shows("may reach port 80");
    stage.press("X");
    stage.press("enter");
    stage.shows("Disallow 198.51.100.9/32");
    stage.press("enter");
    stage.to(16);
    stage.to(20);
    assert_eq!(stage.verdict(), Some(Verdict::Done), "{}", text(&stage.app));
    assert_eq!(stage.aws.rules.len(), 2, "what is declared stays: {:?}", stage.aws.rules);
}
