//! The Metrics pane, driven by keys.

use super::state::{ALARMS, Against, CHARTS, LIST, Topic};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::config::{EnvironmentConfig, InfraConfig};
use crate::feeds::Ask;
use crate::feeds::aws::{Fact, Query};
use crate::feeds::part::Part;
use crate::model::infra::Tool;
use crate::model::telemetry::MetricIdentity;
use crate::model::timeline::AlarmChange;
use crate::model::{Alarm, AlarmState, Failure, FailureKind, Mute, Source};
use crate::ui::testing::pictures::assert_screen;
use crate::ui::testing::*;
use jiff::SignedDuration;

fn listed(namespace: &str, metric: &str, dimensions: &[(&str, &str)]) -> MetricIdentity {
    let dimensions = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    MetricIdentity { namespace: namespace.into(), metric: metric.into(), dimensions }
}

/// A world with a load balancer in front of `web`, a gateway and a firewall.
fn measured() -> World {
    let mut world = staging();
    let arn = world.services.iter().find(|service| service.name.ends_with("-web")).unwrap().target_groups[0].clone();
    let group = arn.rsplit(':').next().unwrap().to_owned();
    let of_web = [("LoadBalancer", "app/main/1"), ("TargetGroup", group.as_str())];
    for metric in ["RequestCount", "HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count", "TargetResponseTime"] {
        world.listed.push(listed("AWS/ApplicationELB", metric, &of_web));
    }
    world.listed.push(listed("AWS/NATGateway", "BytesOutToDestination", &[("NatGatewayId", "nat-0123")]));
    let rule = [("Region", "ap-northeast-1"), ("Rule", "ALL"), ("WebACL", "日本語の壁")];
    world.listed.push(listed("AWS/WAFV2", "BlockedRequests", &rule));
    let web = world.services.iter().find(|service| service.name.ends_with("-web")).unwrap();
    world.alarms.push(Alarm {
        name: "bookmark-manager-staging-web-cpu".into(),
        state: AlarmState::Ok,
        namespace: Some("AWS/ECS".into()),
        metric: Some("CPUUtilization".into()),
        dimensions: vec![("ClusterName".into(), web.cluster.clone()), ("ServiceName".into(), web.name.clone())],
        threshold: Some(55.0),
        ..Alarm::default()
    });
    world.alarm_changes.push(AlarmChange {
        at: ago(80).unwrap(),
        alarm: "bookmark-manager-staging-web-cpu".into(),
        summary: "Alarm updated from OK to ALARM".into(),
        states: Some((AlarmState::Ok, AlarmState::Alarm)),
        reason: "Threshold Crossed".into(),
    });
    world
}

/// The requests for curves among the effects.
fn asked(effects: &[Effect]) -> Vec<Query> {
    let curves = |effect: &Effect| match effect {
        Effect::Fetch { ask: Ask::Aws(query @ Query::Curves { .. }), .. } => Some(query.clone()),
        _ => None,
    };
    effects.iter().filter_map(curves).collect()
}

/// Presses a key and answers its requests; returns the requests for curves.
fn pressed(app: &mut App, key: &str, world: &World) -> Vec<Query> {
    let effects = user_input(app, Event::Key(key.parse().unwrap()));
    let asked = asked(&effects);
    world.answer(app, effects);
    app.settle();
    asked
}

#[test]
fn metrics_fit_every_size() {
    let world = measured();
    for (name, size, keys) in [
        ("metrics_60x15", (60, 15), "2 j j m"),
        ("metrics_80x24", (80, 24), "2 j j m c c"),
        ("metrics_120x40", (120, 40), "2 j j m c"),
        ("metrics_200x60", (200, 60), "8"),
        ("metrics_alone_80x24", (80, 24), "2 j j m enter"),
        ("metrics_database_120x40", (120, 40), "4 j m"),
    ] {
        let mut app = loaded_app(&world, size);
        press(&mut app, keys, &world);
        tick(&mut app, now() + SignedDuration::from_secs(1), &world);
        assert_screen(name, &app);
    }
}

#[test]
fn all_curves_take_one_request_and_a_comparison_one_more() {
    let world = measured();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 j j", &world);
    press(&mut app, "m", &world);
    tick(&mut app, now() + SignedDuration::from_secs(1), &world);
    let read = app.panes.metrics.read.clone().expect("it was read");
    assert_eq!(read.curves.len(), 8, "CPU, memory, requests, 4xx, 5xx and three latencies");
    assert_eq!(read.until.duration_since(read.since), SignedDuration::from_hours(3));
    let queries = pressed(&mut app, "c", &world);
    assert_eq!(queries.len(), 2, "now, and yesterday");
    let (Query::Curves { until: now, .. }, Query::Curves { until: then, .. }) = (&queries[0], &queries[1]) else {
        panic!("{queries:?}")
    };
    assert_eq!(now.duration_since(*then), SignedDuration::from_hours(24));
    assert_eq!(app.panes.metrics.against, Against::Yesterday);
    let read = app.panes.metrics.read.clone().expect("it was read");
    assert!(read.curves.iter().all(|curve| curve.before.first().unwrap().at == curve.points.first().unwrap().at));
    // Nothing is requested while the pane is hidden.
    press(&mut app, "1", &world);
    let effects = app.update(Event::Tick(app.now + SignedDuration::from_mins(5)));
    assert_eq!(asked(&effects), []);
}

#[test]
fn range_can_be_resized_and_moved_and_ends_with_a_complete_period() {
    let world = measured();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 j j m", &world);
    for (key, hours, back) in [("-", 12, 0), ("-", 24, 0), ("[", 24, 12), ("[", 24, 24), ("+", 12, 24), ("]", 12, 18)] {
        let queries = pressed(&mut app, key, &world);
        let Some(Query::Curves { since, until, period, .. }) = queries.first() else { panic!("{key}: {queries:?}") };
        assert_eq!(until.duration_since(*since), SignedDuration::from_hours(hours), "{key}");
        let behind = app.service_now().duration_since(*until);
        assert!((behind - SignedDuration::from_hours(back)).as_secs() < i64::from(*period), "{key}: {behind}");
        assert_eq!(until.as_second() % i64::from(*period), 0, "{key}");
    }
    // A past range is not requested again.
    let effects = app.update(Event::Tick(app.now + SignedDuration::from_mins(20)));
    assert_eq!(asked(&effects), []);
}

#[test]
fn foreign_resources_are_shown_for_past_ranges_too() {
    let mut world = measured();
    let rule = [("Region", "ap-northeast-1"), ("Rule", "ALL"), ("WebACL", "bookmark-manager-staging")];
    world.listed.push(listed("AWS/WAFV2", "BlockedRequests", &rule));
    let others = |app: &App| app.panes.metrics.read.as_ref().map(|read| read.others.len());
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "8 [", &world);
    assert_eq!(others(&app), Some(1));
    for (everything, left_out) in [(true, 0), (false, 1)] {
        assert_eq!(pressed(&mut app, "*", &world).len(), 1, "the past is asked for once more");
        assert_eq!((app.panes.metrics.whole_region, others(&app)), (everything, Some(left_out)));
    }
}

#[test]
fn missing_points_are_neither_zero_nor_joined() {
    let world = measured();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 j j m", &world);
    let read = app.panes.metrics.read.clone().expect("it was read");
    let gaps = read.curves[0].points.windows(2).filter(|pair| pair[1].at.duration_since(pair[0].at).as_mins() > 10);
    assert_eq!(gaps.count(), 1);
    assert!(read.curves.iter().flat_map(|curve| &curve.points).all(|point| point.value > 0.0));
    let late = super::rows::newest(&read.curves[0].points, read.until + SignedDuration::from_mins(30), read.period);
    assert_eq!(late, None, "an old figure is not shown as the newest");
}

#[test]
fn charts_show_the_alarm_threshold_and_events() {
    let world = measured();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 j j m", &world);
    tick(&mut app, now() + SignedDuration::from_secs(1), &world);
    let drawn = text(&app);
    for wanted in ["alarm 55 %", "◆ deployed", "! alarm", "min 20 %", "Meanwhile"] {
        assert!(drawn.contains(wanted), "{wanted}:\n{drawn}");
    }
}

#[test]
fn escape_returns_to_the_pane_that_opened_the_metrics() {
    let world = measured();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 j j m enter", &world);
    assert!(
        app.panes.metrics.single_chart
            && matches!(&app.panes.metrics.topic, Topic::Service(name) if name.ends_with("web"))
    );
    assert!(text(&app).contains("Curves web, "), "of what it is:\n{}", text(&app));
    press(&mut app, "esc", &world);
    assert!(!app.panes.metrics.single_chart && app.shown_pane().id.0 == "metrics");
    press(&mut app, "esc", &world);
    assert_eq!(app.shown_pane().id.0, "services");
    press(&mut app, "4 m", &world);
    assert!(matches!(app.panes.metrics.topic, Topic::Database(_)));
    press(&mut app, "8", &world);
    assert_eq!(app.panes.metrics.topic, Topic::All, "its key names all of them");
    press(&mut app, "a a a", &world);
    let rows = app.screen.list_of(LIST).unwrap().rows.clone();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.starts_with("alb/")), "{rows:?}");
}

#[test]
fn denied_read_names_its_action_and_keeps_the_rest() {
    let denied = |action: &str| Failure::new(FailureKind::Denied, format!("AccessDenied: {action}"));
    let world = measured();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 j j", &world);
    // Both requests are about metrics: the list is refused, the curves are not.
    let effects = user_input(&mut app, Event::Key("m".parse().unwrap()));
    for effect in effects {
        let Effect::Fetch { ticket, ask: Ask::Aws(Query::MetricNames { .. }), .. } = effect else {
            world.answer(&mut app, vec![effect]);
            continue;
        };
        let part = Part::<Fact>::Failed(denied("cloudwatch:ListMetrics"));
        let effects = app.update(Event::Answer(Answer { ticket, requests: 1, part: part.into() }));
        world.answer(&mut app, effects);
    }
    tick(&mut app, now() + SignedDuration::from_secs(1), &world);
    let drawn = text(&app);
    assert!(drawn.contains("without load balancers") && drawn.contains("memory"), "{drawn}");
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 j j", &world);
    let refused = World { failing: [(Source::Metrics, denied("cloudwatch:GetMetricData"))].into(), ..world.clone() };
    press(&mut app, "m", &refused);
    tick(&mut app, now() + SignedDuration::from_secs(1), &refused);
    let drawn = text(&app);
    assert!(drawn.contains("cloudwatch:GetMetricData") && drawn.contains("no permission"), "{drawn}");
    assert!(app.panes.metrics.read.is_none() && crate::app::data_status::for_block(&app, CHARTS).dimmed);
}

#[test]
fn range_follows_the_service_clock_if_the_machine_clock_is_wrong() {
    let world = measured();
    let mut app = loaded_app(&world, (120, 40));
    app.update(Event::Clock(SignedDuration::from_hours(5)));
    press(&mut app, "2 j j m", &world);
    let (since, until, _) = super::update::window(&app);
    assert!(app.service_now().duration_since(until).as_secs() < 60 && since < until);
    assert!(until.duration_since(app.now) > SignedDuration::from_hours(4));
}

const CPU: &str = "bookmark-manager-staging-web-cpu";

/// A world with a composite alarm and a muted alarm.
fn alarmed() -> World {
    let mut world = measured();
    world.alarms.push(Alarm {
        name: "bookmark-manager-staging-all".into(),
        state: AlarmState::Alarm,
        reason: "arn:…:web-cpu transitioned to ALARM".into(),
        since: ago(12),
        rule: Some(format!("ALARM(\"{CPU}\") OR ALARM(bookmark-manager-staging-db-cpu)")),
        actions_enabled: true,
        actions: vec!["arn:aws:sns:ap-northeast-1:1:alerts".into()],
        ..Alarm::default()
    });
    let until = ago(-58);
    world.mutes.push(Mute {
        rule: Mute::rule_of(CPU),
        alarms: vec![CPU.into()],
        from: ago(2),
        until,
        ..Mute::default()
    });
    world
}

#[test]
fn alarms_fit_every_size() {
    let world = alarmed();
    for (name, size, keys) in [
        ("alarms_60x15", (60, 15), "8 v"),
        ("alarms_80x24", (80, 24), "8 v G"),
        ("alarms_120x40", (120, 40), "8 v"),
        ("alarms_200x60", (200, 60), "8 v G"),
    ] {
        let mut app = loaded_app(&world, size);
        press(&mut app, keys, &world);
        tick(&mut app, now() + SignedDuration::from_secs(1), &world);
        assert_screen(name, &app);
    }
}

#[test]
fn composite_alarm_shows_curves_and_changes_of_its_children() {
    let world = alarmed();
    let mut app = loaded_app(&world, (200, 60));
    press(&mut app, "8 v", &world);
    tick(&mut app, now() + SignedDuration::from_secs(1), &world);
    assert_eq!(app.screen.list_of(ALARMS).unwrap().selected(), Some("bookmark-manager-staging-all"));
    let drawn = text(&app);
    for wanted in ["2 alarms", "alarm 55 %", "OK → ALARM", "muted to 15:00"] {
        assert!(drawn.contains(wanted), "{wanted}:\n{drawn}");
    }
    let whole: Vec<String> =
        super::alarms::details(&app, "bookmark-manager-staging-all").iter().map(|fact| fact.text.clone()).collect();
    assert!(whole.iter().any(|text| text.starts_with(CPU) && text.ends_with("(OK)")), "{whole:?}");
    assert!(whole.iter().any(|text| text.contains("db-cpu (")), "{whole:?}");
    // A suppressed alarm shows that it is suppressed in the notification column.
    let mut world = alarmed();
    for alarm in world.alarms.iter_mut().filter(|alarm| alarm.rule.is_some()) {
        alarm.suppressor = Some(CPU.into());
        alarm.suppressed = Some(format!("Actions suppressed by alarm {CPU}"));
    }
    let mut app = loaded_app(&world, (200, 60));
    press(&mut app, "8 v", &world);
    tick(&mut app, now() + SignedDuration::from_secs(1), &world);
    assert!(text(&app).contains("suppressed"), "{}", text(&app));
}

#[test]
fn alarm_opens_from_the_attention_list_and_escape_returns_to_it() {
    let world = alarmed();
    let mut app = loaded_app(&world, (120, 40));
    let place = app.estate.derived.attention.iter().position(|entry| entry.name.ends_with("-all")).unwrap();
    press(&mut app, "1", &world);
    for _ in 0..place {
        press(&mut app, "j", &world);
    }
    press(&mut app, "enter", &world);
    assert_eq!((app.shown_pane().id.0, &app.panes.metrics.topic), ("metrics", &Topic::Alarms));
    assert_eq!(app.screen.list_of(ALARMS).unwrap().selected(), Some("bookmark-manager-staging-all"));
    press(&mut app, "esc", &world);
    assert_eq!(app.shown_pane().id.0, "overview");
}

#[test]
fn mute_key_asks_for_the_length_and_shows_the_plan() {
    let world = alarmed();
    let mut app = loaded_app(&world, (120, 40));
    assert!(text(&app).contains("1 alarm muted to 15:00"), "{}", text(&app));
    press(&mut app, "8 v M", &world);
    let drawn = text(&app);
    assert!(drawn.contains("Mute bookmark-manager-staging-all for") && drawn.contains("4h"), "{drawn}");
    press(&mut app, "j j enter", &world);
    let operation = app.operations.list.last().expect("it was begun");
    assert_eq!(operation.title, "mute bookmark-manager-staging-all for 1h");
    assert!(operation.outcome.is_none(), "nothing is changed before the confirmation");
    // A read-only session mutes nothing.
    app.screen.overlays.clear();
    app.session.read_only = true;
    press(&mut app, "M", &world);
    assert!(app.screen.overlays.is_empty());
}

#[test]
fn alarms_are_shown_even_if_mute_rules_are_denied() {
    let mut world = alarmed();
    world.failing.insert(Source::AlarmMutes, Failure::new(FailureKind::Denied, "not allowed"));
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "8 v", &world);
    let status = crate::app::data_status::for_block(&app, ALARMS);
    assert!(!status.loading && !status.dimmed && status.age.is_none());
    let (health, text) = status.trouble.unwrap();
    assert_eq!(health, crate::model::Health::Degraded);
    assert!(text.contains("no permission to read mute rules of alarms"), "{text}");
}

#[test]
fn infra_only_environment_never_loads_metrics() {
    let mut app = loaded_app(&staging(), (120, 40));
    let infra = InfraConfig { kind: Some(Tool::Terraform), ..InfraConfig::default() };
    app.environment = EnvironmentConfig { name: "dev".into(), infra, ..EnvironmentConfig::default() };
    let status = super::rows::data_status(&app);
    assert!(!status.loading && status.empty[0].1 == "metrics are not configured", "{:?}", status.empty);
}

#[test]
fn alarms_are_sorted_by_a_key_and_raised_ones_come_first_by_default() {
    let world = alarmed();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "8 v", &world);
    let names = |app: &App| app.screen.list_of(super::state::ALARMS).unwrap().rows.clone();
    let own = names(&app);
    press(&mut app, "s s", &world);
    let by_name = names(&app);
    assert!(by_name.is_sorted() && by_name.len() == own.len(), "{by_name:?}");
    press(&mut app, "s s", &world);
    let since = |name: &String| world.alarms.iter().find(|alarm| alarm.name == *name).unwrap().since;
    assert!(names(&app).iter().map(since).is_sorted_by(|a, b| a >= b), "the latest change comes first");
    press(&mut app, "s s", &world);
    assert_eq!(names(&app), own);
}
