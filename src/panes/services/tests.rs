//! Services, a service and a task as a person sees them.

use super::state::LIST;
use crate::ui::testing::pictures::seen;
use crate::ui::testing::*;

#[test]
fn the_list_of_services_fits_every_size() {
    for (name, size) in [
        ("services_60x15", (60, 15)),
        ("services_80x24", (80, 24)),
        ("services_120x40", (120, 40)),
        ("services_200x60", (200, 60)),
    ] {
        let world = with_services(40);
        let mut app = read(&world, size);
        press(&mut app, "2", &world);
        seen(name, &app);
        if size == (80, 24) {
            assert!(app.screen.list_of(LIST).unwrap().window().len() >= 14);
        }
    }
}

#[test]
fn a_service_fits_every_size_whatever_has_the_focus() {
    let world = staging();
    for (name, size, keys) in [
        ("service_web_200x60", (200, 60), "2 j j enter"),
        ("service_web_120x40", (120, 40), "2 j j enter"),
        ("service_api_80x24", (80, 24), "2 enter"),
        ("service_web_scaling_80x24", (80, 24), "2 j j enter tab tab tab"),
        ("service_web_metrics_80x24", (80, 24), "2 j j enter shift-tab"),
        ("service_web_events_60x15", (60, 15), "2 enter tab tab"),
        ("service_web_zoomed_80x24", (80, 24), "2 j j enter tab z"),
    ] {
        let mut app = read(&world, size);
        press(&mut app, keys, &world);
        seen(name, &app);
    }
}

#[test]
fn a_task_fits_every_size() {
    let world = staging();
    for (name, size) in [("task_60x15", (60, 15)), ("task_80x24", (80, 24)), ("task_120x40", (120, 40))] {
        let mut app = read(&world, size);
        press(&mut app, "2 enter enter", &world);
        seen(name, &app);
    }
}

#[test]
fn how_an_environment_is_reached_is_looked_at_when_somebody_looks_and_left_with_esc() {
    let world = staging();
    let mut app = read(&world, (120, 40));
    assert_eq!(app.panes.services.health.asked, None, "nobody looked yet");
    press(&mut app, "2 v", &world);
    let looked = &app.panes.services.health;
    assert!(looked.open && looked.asked.is_some());
    assert!(text(&app).contains("Health from outside"), "{}", text(&app));
    press(&mut app, "esc", &world);
    assert!(text(&app).contains("Services"), "the list is shown again");
    assert!(!app.panes.services.health.open);
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
