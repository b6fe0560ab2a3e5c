//! What stands at a glance: certificates, several lines in a row where there is little room, what other environments did.

use super::state::{ATTENTION, STANDING};
use super::tests::costs;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::subject::Fact;
use crate::feeds::Ask;
use crate::feeds::aws::Query;
use crate::model::timeline::TrailEvent;
use crate::model::{Failure, FailureKind, Health, Severity, Source};
use crate::ui::testing::*;
use jiff::SignedDuration;

/// A world whose certificate holds so many days longer.
fn holds(days: i64) -> World {
    let mut world = staging();
    world.certificates[0].not_after = Some(now() + SignedDuration::from_hours(24 * days + 1));
    world
}

fn line(app: &App) -> Option<Fact> {
    super::standing::facts(app).into_iter().find(|line| line.label == "certificate")
}

/// How often certificates are asked for among what is to be done.
fn asked(effects: &[Effect]) -> usize {
    let of = |effect: &&Effect| matches!(effect, Effect::Fetch { ask: Ask::Aws(Query::Certificates { .. }), .. });
    effects.iter().filter(of).count()
}

#[test]
fn a_certificate_that_should_have_been_renewed_is_at_a_glance_and_needs_attention_and_leads_to_the_checks() {
    let app = read(&holds(200), (120, 40));
    let told = line(&app).expect("read");
    assert_eq!((told.text.as_str(), told.health), ("200 days left: staging.bookmark-manager.example", None));
    let world = holds(23);
    let mut app = read(&world, (120, 40));
    assert_eq!(line(&app).unwrap().health, Some(Health::Degraded));
    let entry = app.estate.derived.attention.iter().find(|one| one.what.contains("23 days left")).unwrap().clone();
    assert_eq!((entry.severity, entry.name.as_str()), (Severity::Warning, "staging.bookmark-manager.example"));
    assert!(entry.hint.unwrap().contains("cockpit health"));
    assert!(text(&app).contains("23 days left"), "{}", text(&app));
    // From what needs attention, and from the line at a glance.
    let place = super::rows::entries(&app).position(|(_, one)| one.what.contains("23 days left")).unwrap();
    app.focus_on(ATTENTION);
    app.screen.list(ATTENTION).select(place);
    press(&mut app, "enter", &world);
    assert!(text(&app).contains("Health from outside"), "{}", text(&app));
    press(&mut app, "1", &world);
    app.focus_on(STANDING);
    let place = super::standing::facts(&app).iter().position(|line| line.label == "certificate").unwrap();
    app.screen.list(STANDING).select(place);
    press(&mut app, "enter", &world);
    assert!(text(&app).contains("Health from outside"), "{}", text(&app));
    // In all panes it is counted above.
    let over = read(&holds(-1), (80, 24));
    assert_eq!(over.standing().unwrap().critical, 2);
}

#[test]
fn certificates_are_asked_for_four_times_a_day_and_after_an_hour_where_they_could_not_be_read() {
    let mut world = holds(200);
    let mut app = read(&world, (120, 40));
    let pass = |app: &mut App, world: &World, hours: i64| {
        let effects = app.update(Event::Tick(now() + SignedDuration::from_hours(hours)));
        let count = asked(&effects);
        world.answer(app, effects);
        count
    };
    let of_a_day: usize = (1..=24).map(|hours| pass(&mut app, &world, hours)).sum();
    assert_eq!(of_a_day, 4);
    press(&mut app, "3", &world);
    let elsewhere: usize = (25..=30).map(|hours| pass(&mut app, &world, hours)).sum();
    assert_eq!(elsewhere, 1, "what needs attention is told in every pane");
    world
        .failing
        .insert(Source::Certificates, Failure::new(FailureKind::Denied, "not allowed: acm:DescribeCertificate"));
    let mut app = read(&world, (120, 40));
    let told = line(&app).unwrap();
    assert!(told.text.contains("not known: not allowed: acm:DescribeCertificate"), "{told:?}");
    assert_eq!(told.health, Some(Health::Unknown));
    assert_eq!((1..=3).map(|hours| pass(&mut app, &world, hours)).sum::<usize>(), 3);
    // Without a load balancer there is nothing to ask.
    world.failing.clear();
    for service in &mut world.services {
        service.target_groups.clear();
    }
    let app = read(&world, (120, 40));
    assert_eq!((line(&app), app.panes.overview.certificates_asked), (None, None));
    // A command has no screen.
    let (mut app, effects) = fresh(environment("staging"), crate::app::Session::default(), (0, 0));
    holds(200).answer(&mut app, effects);
    assert_eq!(app.panes.overview.certificates_asked, None);
}

#[test]
fn a_certificate_that_cannot_be_read_again_tells_how_old_it_is() {
    let mut world = holds(200);
    let mut app = read(&world, (120, 40));
    world
        .failing
        .insert(Source::Certificates, Failure::new(FailureKind::Denied, "not allowed: acm:DescribeCertificate"));
    let effects = app.update(Event::Tick(now() + SignedDuration::from_hours(7)));
    world.answer(&mut app, effects);
    let told = line(&app).expect("what was read last stays");
    assert!(told.text.starts_with("199 days left"), "{}", told.text);
    assert!(told.text.ends_with("7h old: no permission to read certificates"), "{}", told.text);
    assert_eq!(told.health, Some(Health::Unknown));
}

#[test]
fn where_there_is_little_room_alarms_schedule_cost_certificate_and_what_happened_last_share_rows() {
    for size in [(80, 24), (99, 40), (100, 30), (120, 31)] {
        let world = holds(200);
        let mut app = read(&world, size);
        app.panes.overview.costs = Some(costs());
        tick(&mut app, now() + SignedDuration::from_secs(20), &world);
        let drawn = text(&app);
        let wanted = ["alarms none of 1", "certificate 200 d", "stop 22:00", "119 USD (79 %)", "last 14:0"];
        let seen: Vec<&str> = wanted.into_iter().filter(|word| drawn.contains(word)).collect();
        // In one row the last of them may be cut.
        assert!(seen.len() >= if size.0 < 100 { 5 } else { 4 }, "{size:?} {seen:?}\n{drawn}");
    }
    // Each is a line of its own where there is room, and what happened last has a block of its own.
    let app = read(&holds(200), (120, 40));
    assert!(
        text(&app).contains("alarms      none of 1 is raised") && !text(&app).contains("last 14:"),
        "{}",
        text(&app)
    );
}

#[test]
fn a_row_of_several_leads_to_what_is_wrong_in_it_and_tells_all_of_them_whole() {
    let world = holds(3);
    let mut app = read(&world, (80, 24));
    app.focus_on(STANDING);
    app.screen.list(STANDING).select(0);
    let whole = super::standing::whole(&app, "");
    let labels: Vec<&str> = whole.iter().map(|line| line.label.as_str()).collect();
    assert!(labels.starts_with(&["alarms", "certificate"]), "{labels:?}");
    press(&mut app, "enter", &world);
    assert!(text(&app).contains("Health from outside"), "{}", text(&app));
    let calm = holds(200);
    let mut app = read(&calm, (80, 24));
    app.focus_on(STANDING);
    app.screen.list(STANDING).select(0);
    press(&mut app, "enter", &calm);
    assert!(text(&app).contains("none of 1 is raised") && text(&app).contains("200 days left"), "{}", text(&app));
}

#[test]
fn a_single_short_list_leaves_its_room_to_what_stands_at_a_glance() {
    let mut world = holds(200);
    world.clusters.clear();
    world.instances.clear();
    world.services.retain(|service| service.name.ends_with("-web"));
    let mut alone = environment("staging");
    alone.databases.clear();
    let (mut app, effects) = fresh(alone, crate::app::Session::default(), (80, 24));
    world.answer(&mut app, effects);
    app.panes.overview.costs = Some(costs());
    tick(&mut app, now() + SignedDuration::from_secs(20), &world);
    let drawn = text(&app);
    for line in
        ["alarms      none of 1", "certificate 200 days left", "schedule    stop", "yesterday", "last        ▲ 1"]
    {
        assert!(drawn.contains(line), "{line}: {drawn}");
    }
    let blank = drawn.lines().filter(|line| line.trim_matches(['│', '┃', ' ']).is_empty()).count();
    assert!(blank < 8, "{blank} of 24 rows are empty: {drawn}");
}

/// A screen without its frames, in one line.
fn flat(app: &App) -> String {
    text(app).replace(['│', '┃'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_refused_list_tells_what_to_do_whole_however_little_room_there_is() {
    let mut world = staging();
    let said = "ecs:ListServices: not allowed: User: arn:aws:sts::123456789012:assumed-role/admin/operator is not authorized to \
                perform: ecs:ListServices because no identity-based policy allows the ecs:ListServices action (AccessDeniedException)";
    let failure = Failure::new(FailureKind::Denied, said);
    for source in [Source::Services, Source::DbClusters, Source::DbInstances] {
        world.failing.insert(source, failure.clone());
    }
    let to_do = format!("→ {}", failure.hint());
    for size in [(80, 24), (80, 40), (99, 30)] {
        let drawn = flat(&read(&world, size));
        assert!(drawn.contains("no permission to read services ecs:ListServices: not allowed"), "{size:?} {drawn}");
        let told = drawn.matches(&to_do).count();
        assert!(told >= 3, "{told} of attention, services and databases, {size:?}: {drawn}");
    }
}

#[test]
fn how_it_was_reached_when_somebody_looked_last_is_at_a_glance_with_its_age_and_leads_there() {
    let world = staging();
    let mut app = read(&world, (120, 40));
    let told = |app: &App| super::standing::facts(app).into_iter().find(|line| line.label == "health");
    assert_eq!(told(&app), None, "nobody looked");
    press(&mut app, "2 v", &world);
    app.panes.services.health.read = Some(app.now);
    tick(&mut app, now() + SignedDuration::from_mins(12), &world);
    press(&mut app, "esc 1", &world);
    let line = told(&app).expect("it was looked at");
    assert!(line.text.ends_with(", 12m ago"), "{line:?}");
    assert!(text(&app).contains("health      "), "{}", text(&app));
    app.focus_on(STANDING);
    let place = super::standing::facts(&app).iter().position(|line| line.label == "health").unwrap();
    app.screen.list(STANDING).select(place);
    press(&mut app, "enter", &world);
    assert!(text(&app).contains("Health from outside"), "{}", text(&app));
    press(&mut app, "esc", &world);
    assert!(text(&app).contains("health from outside: "), "above the services: {}", text(&app));
    // Of another environment nothing of it is told.
    let calm = read(&world, (80, 24));
    assert!(!text(&calm).contains("health from outside"), "{}", text(&calm));
}

#[test]
fn what_was_written_in_another_environment_is_counted_and_no_row() {
    let write = |number: u8, name: &str| TrailEvent {
        id: format!("e{number}"),
        at: now() - SignedDuration::from_mins(i64::from(number)),
        name: "UpdateService".into(),
        source: "ecs.amazonaws.com".into(),
        names: vec![name.into()],
        ..TrailEvent::default()
    };
    let mut world = staging();
    world.trail = vec![write(1, "bookmark-manager-prod-web"), write(2, "bookmark-manager-prod-api"), write(3, "other")];
    let mut app = read(&world, (200, 60));
    tick(&mut app, now() + SignedDuration::from_secs(20), &world);
    let drawn = text(&app);
    assert!(drawn.contains("without 2 of other environments"), "{drawn}");
    assert!(drawn.contains("UpdateService other") && !drawn.contains("bookmark-manager-prod"), "{drawn}");
}
