//! The list of databases, driven by keys.

use crate::model::timeline::facts::RdsEvent;
use crate::ui::testing::pictures::assert_screen;
use crate::ui::testing::*;
use jiff::SignedDuration;

#[test]
fn databases_fit_every_size() {
    let world = staging();
    for (name, size, keys) in [
        ("database_80x24", (80, 24), "4"),
        ("database_metrics_80x24", (80, 24), "4 tab"),
        ("database_60x15", (60, 15), "4"),
        ("database_facts_60x15", (60, 15), "4 shift-tab"),
        ("database_120x40", (120, 40), "4"),
        ("database_200x60", (200, 60), "4 j"),
    ] {
        let mut app = loaded_app(&world, size);
        press(&mut app, keys, &world);
        assert_screen(name, &app);
    }
}

#[test]
fn enter_on_a_cut_fact_shows_it_completely() {
    let world = staging();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "4 tab tab j j", &world);
    let endpoint = "bookmark-manager-staging.cluster-abc.ap-northeast-1.rds.amazonaws.com:5432";
    assert!(!text(&app).contains(endpoint), "{}", text(&app));
    press(&mut app, "enter", &world);
    assert!(text(&app).contains(endpoint), "{}", text(&app));
}

#[test]
fn sorted_databases_keep_their_instances_below_them() {
    let mut world = staging();
    let mut other = world.instances[0].clone();
    (other.id, other.cluster) = ("bookmark-manager-alone".into(), None);
    world.instances.push(other);
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "4", &world);
    let rows = |app: &crate::app::App| app.screen.list_of(super::state::LIST).unwrap().rows.clone();
    let own = rows(&app);
    assert_eq!(own[0], "bookmark-manager-alone", "{own:?}");
    press(&mut app, "s", &world);
    let turned = rows(&app);
    assert_eq!(turned[0], "bookmark-manager-staging", "by name, downwards: {turned:?}");
    assert!(turned[1].starts_with("bookmark-manager-staging/"), "{turned:?}");
    assert_eq!(turned.last().map(String::as_str), Some("bookmark-manager-alone"));
    press(&mut app, "s s s", &world);
    assert!(text(&app).contains("CPU↓") || text(&app).contains("CPU↑"), "{}", text(&app));
}

#[test]
fn curves_mark_failovers_and_deployments() {
    let mut world = staging();
    let source = world.clusters[0].id.clone();
    let event = |minutes: i64, message: &str| RdsEvent {
        at: now() - SignedDuration::from_mins(minutes),
        source: source.clone(),
        cluster: true,
        categories: Vec::new(),
        message: message.into(),
    };
    world.rds_events = vec![
        event(61, "Started cross AZ failover to DB instance: bookmarks-2"),
        event(60, "Completed failover to DB instance: bookmarks-2"),
    ];
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "4", &world);
    let screen = text(&app);
    assert!(screen.contains("▼ failover") && screen.contains("◆ deployed"), "{screen}");
    let axis = screen.lines().find(|line| line.contains("11:02 ─")).unwrap();
    let place = |sign: char| axis.chars().position(|c| c == sign).unwrap();
    assert!(place('▼') > place('◆'), "an hour ago is further to the right: {axis}");
}
