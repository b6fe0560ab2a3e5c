//! The block at a glance: certificates, shared rows on small screens, events of other environments.

use super::state::{ATTENTION, GLANCE};
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

/// A world whose certificate is valid for this many more days.
fn with_certificate_valid_for(days: i64) -> World {
    let mut world = staging();
    world.certificates[0].not_after = Some(now() + SignedDuration::from_hours(24 * days + 1));
    world
}

fn line(app: &App) -> Option<Fact> {
    super::glance::facts(app).into_iter().find(|line| line.label == "certificate")
}

/// Number of requests for certificates among the effects.
fn asked(effects: &[Effect]) -> usize {
    let of = |effect: &&Effect| matches!(effect, Effect::Fetch { ask: Ask::Aws(Query::Certificates { .. }), .. });
    effects.iter().filter(of).count()
}

#[test]
fn expiring_certificate_needs_attention_and_opens_the_health_checks() {
    let app = loaded_app(&with_certificate_valid_for(200), (120, 40));
    let told = line(&app).expect("read");
    assert_eq!((told.text.as_str(), told.health), ("200 days left: staging.bookmark-manager.example", None));
    let world = with_certificate_valid_for(23);
    let mut app = loaded_app(&world, (120, 40));
    assert_eq!(line(&app).unwrap().health, Some(Health::Degraded));
    let entry = app.estate.derived.attention.iter().find(|entry| entry.what.contains("23 days left")).unwrap().clone();
    assert_eq!((entry.severity, entry.name.as_str()), (Severity::Warning, "staging.bookmark-manager.example"));
    assert!(entry.hint.unwrap().contains("cockpit health"));
    assert!(text(&app).contains("23 days left"), "{}", text(&app));
    // Both the attention entry and the glance line open the checks.
    let place = super::rows::entries(&app).position(|(_, entry)| entry.what.contains("23 days left")).unwrap();
    app.focus_on(ATTENTION);
    app.screen.list(ATTENTION).select(place);
    press(&mut app, "enter", &world);
    assert!(text(&app).contains("Health from outside"), "{}", text(&app));
    press(&mut app, "1", &world);
    app.focus_on(GLANCE);
    let place = super::glance::facts(&app).iter().position(|line| line.label == "certificate").unwrap();
    app.screen.list(GLANCE).select(place);
    press(&mut app, "enter", &world);
    assert!(text(&app).contains("Health from outside"), "{}", text(&app));
    // Every pane counts it in the tabs line.
    let over = loaded_app(&with_certificate_valid_for(-1), (80, 24));
    assert_eq!(over.attention_counts().unwrap().critical, 2);
}

#[test]
fn certificates_are_read_four_times_a_day_and_retried_hourly() {
    let mut world = with_certificate_valid_for(200);
    let mut app = loaded_app(&world, (120, 40));
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
    assert_eq!(elsewhere, 1, "every pane shows the attention counts");
    world
        .failing
        .insert(Source::Certificates, Failure::new(FailureKind::Denied, "not allowed: acm:DescribeCertificate"));
    let mut app = loaded_app(&world, (120, 40));
    let told = line(&app).unwrap();
    assert!(told.text.contains("not known: not allowed: acm:DescribeCertificate"), "{told:?}");
    assert_eq!(told.health, Some(Health::Unknown));
    assert_eq!((1..=3).map(|hours| pass(&mut app, &world, hours)).sum::<usize>(), 3);
    // Without a load balancer there is nothing to request.
    world.failing.clear();
    for service in &mut world.services {
        service.target_groups.clear();
    }
    let app = loaded_app(&world, (120, 40));
    assert_eq!((line(&app), app.panes.overview.certificates_requested_at), (None, None));
    // A command has no screen.
    let (mut app, effects) = fresh(environment("staging"), crate::app::Session::default(), (0, 0));
    with_certificate_valid_for(200).answer(&mut app, effects);
    assert_eq!(app.panes.overview.certificates_requested_at, None);
}

#[test]
fn certificate_shows_its_age_if_it_cannot_be_refreshed() {
    let mut world = with_certificate_valid_for(200);
    let mut app = loaded_app(&world, (120, 40));
    world
        .failing
        .insert(Source::Certificates, Failure::new(FailureKind::Denied, "not allowed: acm:DescribeCertificate"));
    let effects = app.update(Event::Tick(now() + SignedDuration::from_hours(7)));
    world.answer(&mut app, effects);
    let told = line(&app).expect("the last value stays");
    assert!(told.text.starts_with("199 days left"), "{}", told.text);
    assert!(told.text.ends_with("7h old: no permission to read certificates"), "{}", told.text);
    assert_eq!(told.health, Some(Health::Unknown));
}

#[test]
fn glance_lines_share_rows_on_a_small_screen() {
    for size in [(80, 24), (99, 40), (100, 30), (120, 31)] {
        let world = with_certificate_valid_for(200);
        let mut app = loaded_app(&world, size);
        app.panes.overview.costs = Some(costs());
        tick(&mut app, now() + SignedDuration::from_secs(20), &world);
        let drawn = text(&app);
        let wanted = ["alarms none of 1", "certificate 200 d", "stop 22:00", "119 USD (79 %)", "last 14:0"];
        let seen: Vec<&str> = wanted.into_iter().filter(|word| drawn.contains(word)).collect();
        // The last part of a single row may be cut.
        assert!(seen.len() >= if size.0 < 100 { 5 } else { 4 }, "{size:?} {seen:?}\n{drawn}");
    }
    // With enough room every line has its own row, and the latest event its own block.
    let app = loaded_app(&with_certificate_valid_for(200), (120, 40));
    assert!(
        text(&app).contains("alarms      none of 1 is raised") && !text(&app).contains("last 14:"),
        "{}",
        text(&app)
    );
}

#[test]
fn shared_row_opens_its_faulty_line_or_shows_all_lines() {
    let world = with_certificate_valid_for(3);
    let mut app = loaded_app(&world, (80, 24));
    app.focus_on(GLANCE);
    app.screen.list(GLANCE).select(0);
    let whole = super::glance::details(&app, "");
    let labels: Vec<&str> = whole.iter().map(|line| line.label.as_str()).collect();
    assert!(labels.starts_with(&["alarms", "certificate"]), "{labels:?}");
    press(&mut app, "enter", &world);
    assert!(text(&app).contains("Health from outside"), "{}", text(&app));
    let calm = with_certificate_valid_for(200);
    let mut app = loaded_app(&calm, (80, 24));
    app.focus_on(GLANCE);
    app.screen.list(GLANCE).select(0);
    press(&mut app, "enter", &calm);
    assert!(text(&app).contains("none of 1 is raised") && text(&app).contains("200 days left"), "{}", text(&app));
}

#[test]
fn glance_block_grows_below_a_single_short_list() {
    let mut world = with_certificate_valid_for(200);
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

/// The screen in one line, without frames.
fn flat(app: &App) -> String {
    text(app).replace(['│', '┃'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn refused_list_always_shows_its_complete_hint() {
    let mut world = staging();
    let message = "ecs:ListServices: not allowed: User: arn:aws:sts::123456789012:assumed-role/admin/operator is not authorized to \
                perform: ecs:ListServices because no identity-based policy allows the ecs:ListServices action (AccessDeniedException)";
    let failure = Failure::new(FailureKind::Denied, message);
    for source in [Source::Services, Source::DbClusters, Source::DbInstances] {
        world.failing.insert(source, failure.clone());
    }
    let to_do = format!("→ {}", failure.hint());
    for size in [(80, 24), (80, 40), (99, 30)] {
        let drawn = flat(&loaded_app(&world, size));
        assert!(drawn.contains("no permission to read services ecs:ListServices: not allowed"), "{size:?} {drawn}");
        let count = drawn.matches(&to_do).count();
        assert!(count >= 3, "{count} of attention, services and databases, {size:?}: {drawn}");
    }
}

#[test]
fn last_health_look_is_at_a_glance_with_its_age_and_opens() {
    let world = staging();
    let mut app = loaded_app(&world, (120, 40));
    let health_line = |app: &App| super::glance::facts(app).into_iter().find(|line| line.label == "health");
    assert_eq!(health_line(&app), None, "no look yet");
    press(&mut app, "2 v", &world);
    app.panes.services.health.read = Some(app.now);
    tick(&mut app, now() + SignedDuration::from_mins(12), &world);
    press(&mut app, "esc 1", &world);
    let line = health_line(&app).expect("a look was made");
    assert!(line.text.ends_with(", 12m ago"), "{line:?}");
    assert!(text(&app).contains("health      "), "{}", text(&app));
    app.focus_on(GLANCE);
    let place = super::glance::facts(&app).iter().position(|line| line.label == "health").unwrap();
    app.screen.list(GLANCE).select(place);
    press(&mut app, "enter", &world);
    assert!(text(&app).contains("Health from outside"), "{}", text(&app));
    press(&mut app, "esc", &world);
    assert!(text(&app).contains("health from outside: "), "above the services: {}", text(&app));
    // Another environment shows nothing of it.
    let calm = loaded_app(&world, (80, 24));
    assert!(!text(&calm).contains("health from outside"), "{}", text(&calm));
}

#[test]
fn writes_in_other_environments_are_counted_but_not_listed() {
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
    let mut app = loaded_app(&world, (200, 60));
    tick(&mut app, now() + SignedDuration::from_secs(20), &world);
    let drawn = text(&app);
    assert!(drawn.contains("without 2 of other environments"), "{drawn}");
    assert!(drawn.contains("UpdateService other") && !drawn.contains("bookmark-manager-prod"), "{drawn}");
}
