//! The Overview, driven by keys.

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::subject::Subject;
use crate::app::ticket::{Owner, Ticket};
use crate::config::{EnvironmentConfig, InfraConfig};
use crate::feeds::Ask;
use crate::feeds::costs::Fact;
use crate::feeds::part::Part;
use crate::model::costs::{Budget, Costs, Day};
use crate::model::glance::Glance;
use crate::model::infra::Tool;
use crate::model::timeline::{About, Kind, TimelineEvent};
use crate::model::{Estate, Failure, FailureKind, Health, Source};
use crate::ui::testing::pictures::assert_screen;
use crate::ui::testing::*;
use jiff::SignedDuration;

#[test]
fn overview_fits_every_size() {
    let world = staging();
    for (name, size) in [
        ("overview_60x15", (60, 15)),
        ("overview_80x24", (80, 24)),
        ("overview_120x40", (120, 40)),
        ("overview_200x60", (200, 60)),
    ] {
        let app = loaded_app(&world, size);
        assert_screen(name, &app);
    }
}

/// The costs of an account, read a while ago.
pub(super) fn costs() -> Costs {
    let today = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = |back: i64, tasks: f64| Day {
        date: today.saturating_sub(jiff::Span::new().days(back)),
        by: [("Amazon Elastic Container Service".to_owned(), tasks), ("Amazon RDS".to_owned(), 2.0)].into(),
    };
    Costs {
        read_at: now() - SignedDuration::from_hours(3),
        currency: "USD".into(),
        days: (1..=19).rev().map(|back| day(back, if back == 1 { 9.0 } else { 4.0 })).collect(),
        rest: Some(70.0),
        budgets: vec![Budget {
            name: "monthly".into(),
            every: "MONTHLY".into(),
            limit: 150.0,
            spent: 119.0,
            forecast: Some(189.0),
            currency: "USD".into(),
        }],
        ..Costs::default()
    }
}

/// The requests for costs among the effects.
fn asked(effects: &[Effect]) -> Vec<Ticket> {
    let cost = |effect: &Effect| match effect {
        Effect::Fetch { ticket, ask: Ask::Costs(_), .. } => Some(*ticket),
        _ => None,
    };
    effects.iter().filter_map(cost).collect()
}

#[test]
fn cost_is_read_once_a_day_and_shown_with_age_budget_and_anomaly() {
    let world = staging();
    let (mut app, effects) = fresh(environment("staging"), crate::app::Session::default(), (120, 40));
    assert_eq!(asked(&effects), [], "nothing before the account is known");
    world.answer(&mut app, effects);
    tick(&mut app, now(), &world);
    assert!(text(&app).contains("cost"), "{}", text(&app));
    assert!(app.panes.overview.costs_requested_at.is_some(), "requested as soon as the account is known");
    let ticket = Ticket { generation: 1, owner: Owner::Pane("overview", 1), serial: 0 };
    let part = Part::Last(Fact::Costs(Box::new(costs())));
    app.update(Event::Answer(Answer { ticket, requests: 3, part: part.into() }));
    app.settle();
    let drawn = text(&app);
    for wanted in ["119 USD, 189 by its end, 3h old", "monthly: 79 % of 150 USD", "usually 6.00"] {
        assert!(drawn.contains(wanted), "{wanted}:\n{drawn}");
    }
    // The time is 05:02 in UTC: the day ends in 18 h.
    for hours in 1..=18 {
        let effects = app.update(Event::Tick(now() + SignedDuration::from_hours(hours)));
        assert_eq!(asked(&effects), [], "after {hours} h");
    }
    let effects = app.update(Event::Tick(now() + SignedDuration::from_hours(22)));
    assert_eq!(asked(&effects).len(), 1, "on the next day of UTC");
    app.settle();
    assert_screen("overview_costs_120x40", &app);
}

#[test]
fn denied_costs_name_the_action_and_are_retried_later() {
    let world = staging();
    let mut app = loaded_app(&world, (200, 60));
    tick(&mut app, now() + SignedDuration::from_secs(1), &world);
    assert!(app.panes.overview.costs_requested_at.is_some());
    let failure = Failure::new(FailureKind::Denied, "AccessDenied: ce:GetCostAndUsage");
    let ticket = Ticket { generation: 1, owner: Owner::Pane("overview", 1), serial: 0 };
    let part = Part::<Fact>::Failed(failure);
    app.update(Event::Answer(Answer { ticket, requests: 1, part: part.into() }));
    app.settle();
    assert!(text(&app).contains("ce:GetCostAndUsage"), "{}", text(&app));
    let effects = app.update(Event::Tick(now() + SignedDuration::from_mins(30)));
    assert_eq!(asked(&effects), []);
    let effects = app.update(Event::Tick(now() + SignedDuration::from_hours(2)));
    assert_eq!(asked(&effects).len(), 1);
}

#[test]
fn timeline_zooms_with_one_key_and_opens_logs() {
    let world = staging();
    let mut app = loaded_app(&world, (80, 24));
    press(&mut app, "t", &world);
    let drawn = text(&app);
    assert!(drawn.contains("Time line") && !drawn.contains("Needs attention"), "{drawn}");
    // A service's event opens its logs, starting two minutes before it.
    let of_web = |event: &TimelineEvent| event.about == About::Service("bookmark-manager-staging-web".into());
    let place = app.panes.overview.events.iter().position(of_web).expect("web was deployed");
    let event = app.panes.overview.events[place].clone();
    let from = event.at - SignedDuration::from_mins(2);
    assert_eq!(
        crate::app::timeline::subject(&app, &event),
        Subject::Logs(Some("bookmark-manager-staging-web".into()), from)
    );
    app.screen.list(super::state::TIMELINE).select(place);
    press(&mut app, "enter", &world);
    assert_eq!(app.shown_pane().id.0, "logs");
    assert_eq!(app.panes.logs.moment.map(|(at, _)| at), Some(from.as_millisecond()));
}

#[test]
fn timeline_alarm_opens_the_alarm_or_the_logs_if_it_is_gone() {
    let world = staging();
    let app = loaded_app(&world, (120, 40));
    let name = app.estate.alarms.value().unwrap()[0].name.clone();
    let event = |name: &str| TimelineEvent::new(now(), Kind::Alarm, About::Alarm(name.into()), "alarm", "key");
    assert_eq!(crate::app::timeline::subject(&app, &event(&name)), Subject::Alarm(name));
    let gone = crate::app::timeline::subject(&app, &event("gone"));
    assert_eq!(gone, Subject::Logs(None, now() - SignedDuration::from_mins(2)));
}

#[test]
fn environment_list_shows_attention_counts_of_visited_environments() {
    let world = staging();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "e", &world);
    assert!(text(&app).contains("✖ 1  ▲ 2"), "{}", text(&app));
    app.screen.overlays.clear();
    let effects = crate::app::update::open::switch(&mut app, "prod");
    world.answer(&mut app, effects);
    tick(&mut app, now() + SignedDuration::from_mins(5), &world);
    press(&mut app, "e", &world);
    assert!(text(&app).contains("✖ 1  ▲ 2 5m ago"), "{}", text(&app));
}

#[test]
fn simulated_costs_are_marked() {
    let world = staging();
    let mut app = loaded_app(&world, (120, 40));
    app.session.simulated = true;
    app.panes.overview.costs = Some(costs());
    app.lists_changed();
    app.settle();
    assert!(text(&app).contains("At a glance · costs are simulated"), "{}", text(&app));
}

#[test]
fn costs_are_not_requested_without_a_screen() {
    let world = staging();
    let mut app = loaded_app(&world, (120, 40));
    app.panes.overview.costs_requested_at = None;
    app.screen.size = (0, 0);
    let effects = app.update(Event::Tick(now() + SignedDuration::from_secs(2)));
    assert_eq!(asked(&effects), []);
    app.screen.size = (120, 40);
    let effects = app.update(Event::Tick(now() + SignedDuration::from_secs(3)));
    assert_eq!(asked(&effects).len(), 1, "there is a screen");
}

#[test]
fn next_switch_is_cached_until_it_fires_or_schedules_are_read() {
    let world = staging();
    let mut app = loaded_app(&world, (120, 40));
    tick(&mut app, now(), &world);
    let known = app.panes.overview.switches.clone().expect("computed while the pane is shown");
    let (first, _) = *known.next.first().expect("staging is stopped and started by schedules");
    app.update(Event::Tick(now() + SignedDuration::from_secs(60)));
    assert_eq!(app.panes.overview.switches, Some(known.clone()), "a minute later it still holds");
    app.update(Event::Tick(first));
    let later = app.panes.overview.switches.clone().expect("worked out");
    assert!(later.next.iter().all(|(at, _)| *at > first), "a fired switch is not the next one: {later:?}");
    app.estate.schedules.record(Vec::new(), first);
    app.estate.scheduled.record(Vec::new(), first);
    assert!(super::switches::switches(&app).next.is_empty(), "new schedules apply at once");
}

/// The environments that are surveyed by these effects.
fn surveyed(effects: &[Effect]) -> Vec<String> {
    let name = |effect: &Effect| match effect {
        Effect::Survey(environment) => Some(environment.name.clone()),
        _ => None,
    };
    effects.iter().filter_map(name).collect()
}

#[test]
fn other_environments_are_surveyed_one_by_one_while_their_list_is_open() {
    let world = staging();
    let mut app = loaded_app(&world, (120, 40));
    let mut third = app.config.environments[1].clone();
    third.name = "pantri".into();
    app.config.environments.push(third);
    let at = |second| now() + SignedDuration::from_secs(second);
    let ask = |app: &mut App, second| surveyed(&app.update(Event::Tick(at(second))));
    assert_eq!(ask(&mut app, 1), Vec::<String>::new(), "the list is not open");
    press(&mut app, "e", &world);
    assert_eq!(ask(&mut app, 2), ["prod"]);
    assert!(text(&app).contains("looking …"), "{}", text(&app));
    assert_eq!(ask(&mut app, 9), Vec::<String>::new(), "one at a time");
    let glance = Glance {
        services: Some((2, Health::Degraded)),
        deploying: vec!["api".into()],
        alarms: Some(1),
        warnings: 2,
        ..Glance::default()
    };
    app.update(Event::Surveyed("prod".into(), Box::new(glance)));
    app.settle();
    let drawn = text(&app);
    assert!(drawn.contains("▲ 2 · ▲ 2 services · deploying api · 1 alarm  0s ago"), "{drawn}");
    assert_eq!(ask(&mut app, 10), ["pantri"]);
    app.update(Event::Surveyed(
        "pantri".into(),
        Box::new(Glance::failed("the profile pantri does not exist".into(), at(10))),
    ));
    app.settle();
    assert!(text(&app).contains("? the profile pantri does not exist"), "{}", text(&app));
    assert_screen("environments_120x40", &app);
    assert_eq!(ask(&mut app, 60), Vec::<String>::new(), "both were surveyed recently");
    assert_eq!(ask(&mut app, 320), ["prod"], "five minutes later again");
    app.screen.overlays.clear();
    app.update(Event::Surveyed("prod".into(), Box::default()));
    assert_eq!(ask(&mut app, 900), Vec::<String>::new(), "the list is closed");
}

#[test]
fn unreadable_timeline_is_not_reported_as_empty() {
    let mut world = staging();
    for source in Source::TIMELINE_ONLY {
        world.failing.insert(source, Failure::new(FailureKind::Denied, "not allowed"));
    }
    let mut app = loaded_app(&world, (120, 40));
    app.panes.overview.built_at = Some(app.now);
    app.panes.overview.events.clear();
    let status = super::timeline::data_status(&app);
    let words: Vec<&str> = status.empty.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(words, ["nothing in what could be read"]);
    let trouble = status.trouble.map(|(_, text)| text).unwrap_or_default();
    assert!(trouble.contains("without") && trouble.contains("not allowed"), "{trouble}");
    // If the identity cannot be read, nothing is loading.
    world.failing.insert(Source::Identity, Failure::new(FailureKind::Unreachable, "no connection"));
    let mut app = loaded_app(&world, (120, 40));
    app.panes.overview.built_at = Some(app.now);
    assert!(!super::timeline::data_status(&app).loading);
}

#[test]
fn trouble_is_shown_in_the_frame_unless_the_message_includes_it() {
    use crate::app::pane::DataStatus;
    use crate::ui::canvas::Canvas;
    use crate::ui::widgets::frame;
    let mut app = loaded_app(&staging(), (120, 40));
    app.screen.list(super::state::TIMELINE).set_rows(Vec::new(), 0);
    let theme = crate::ui::theme::Theme::default();
    let below = |empty: Vec<(Health, String)>| {
        let trouble = Some((Health::Degraded, "without the history".to_owned()));
        let status = DataStatus { trouble, empty, ..DataStatus::default() };
        let place = ratatui::layout::Rect::new(0, 0, 60, 10);
        let mut buffer = ratatui::buffer::Buffer::empty(place);
        let mut canvas = Canvas::new(&app, &theme, &mut buffer);
        frame::block(&mut canvas, super::state::TIMELINE, "", place, &status);
        (0..60_u16).map(|x| buffer[(x, 9_u16)].symbol().to_owned()).collect::<String>().contains("without the history")
    };
    assert!(below(vec![(Health::Stopped, "nothing within the last two hours".to_owned())]));
    assert!(!below(vec![(Health::Degraded, "without the history".to_owned())]));
}

/// The glance line with this label.
fn standing(app: &App, label: &str) -> crate::app::subject::Fact {
    super::glance::facts(app).into_iter().find(|line| line.label == label).unwrap()
}

#[test]
fn unrefreshable_alarms_show_their_age() {
    let mut world = staging();
    let mut app = loaded_app(&world, (120, 40));
    let text_and_health = |app: &App| {
        let line = standing(app, "alarms");
        (line.text, line.health)
    };
    assert_ne!(text_and_health(&app).1, Some(Health::Unknown));
    world.failing.insert(Source::Alarms, Failure::new(FailureKind::Denied, "not allowed"));
    let later = app.now + SignedDuration::from_mins(3);
    tick(&mut app, later, &world);
    let (text, health) = text_and_health(&app);
    assert!(text.contains("3m old: no permission to read alarms"), "{text}");
    assert_eq!(health, Some(Health::Unknown));
}

#[test]
fn timeline_is_loading_while_services_are_read() {
    for (silent, loading) in [(vec![Source::Services], true), (Vec::new(), false)] {
        let mut app = loaded_app(&World { silent, ..staging() }, (120, 40));
        app.panes.overview.built_at = Some(app.now);
        assert_eq!(super::timeline::data_status(&app).loading, loading);
    }
}

#[test]
fn alarms_report_unknown_mutes() {
    let alarms_line = |world: &World| standing(&loaded_app(world, (120, 40)), "alarms");
    let mut world = staging();
    for alarm in &mut world.alarms {
        alarm.state = crate::model::AlarmState::Ok;
    }
    let line = alarms_line(&World { silent: vec![Source::AlarmMutes], ..world.clone() });
    assert!(line.text.contains("reading which are muted"), "{}", line.text);
    world.failing.insert(Source::AlarmMutes, Failure::new(FailureKind::Denied, "not allowed"));
    let line = alarms_line(&world);
    assert!(line.text.contains("whether muted is not known: not allowed"), "{}", line.text);
    assert_eq!(line.health, Some(Health::Unknown));
}

#[test]
fn incomplete_schedule_shows_what_is_being_read() {
    let world = World { silent: vec![Source::Schedules], ..staging() };
    let mut configured = environment("staging");
    configured.schedules = Some("bookmark-manager-".into());
    let line = standing(&loaded_app_in(configured, &world, (120, 40)), "schedule");
    assert!(line.text.starts_with("stop ") && line.text.ends_with("; reading schedules …"), "{}", line.text);
}

#[test]
fn timeline_follows_new_events_until_a_row_is_selected() {
    use crate::panes::overview::state::TIMELINE;
    let change = |number: i64| crate::model::timeline::AlarmChange {
        at: now() + SignedDuration::from_secs(6 * (number - 10)),
        alarm: "bookmark-manager-staging-cpu".into(),
        summary: format!("change {number}"),
        states: None,
        reason: String::new(),
    };
    let mut world = staging();
    world.alarm_changes = (0..10).map(change).collect();
    let mut app = loaded_app(&world, (80, 24));
    press(&mut app, "1 : t i m e l i n e enter", &world);
    tick(&mut app, now() + SignedDuration::from_secs(1), &world);
    let newest = |app: &App| app.screen.list_of(TIMELINE).and_then(|list| list.window().first().cloned());
    let before = newest(&app);
    world.alarm_changes = (0..40).map(change).collect();
    let pass = |app: &mut App, world: &World, from: i64| {
        for minutes in from..from + 3 {
            tick(app, now() + SignedDuration::from_mins(minutes), world);
        }
    };
    pass(&mut app, &world, 2);
    let list = app.screen.list_of(TIMELINE).unwrap();
    assert_eq!((list.place(), list.offset), (0, 0));
    assert_ne!(newest(&app), before);
    // A selected event stays selected.
    press(&mut app, "j j", &world);
    let selected = app.screen.list_of(TIMELINE).unwrap().selected().map(str::to_owned);
    world.alarm_changes = (0..50).map(change).collect();
    pass(&mut app, &world, 6);
    assert_eq!(app.screen.list_of(TIMELINE).unwrap().selected().map(str::to_owned), selected);
    assert!(app.screen.list_of(TIMELINE).unwrap().place() > 2);
}

#[test]
fn infra_only_environment_is_not_shown_as_loading() {
    let mut app = loaded_app(&staging(), (120, 40));
    let infra = InfraConfig { kind: Some(Tool::Terraform), ..InfraConfig::default() };
    app.environment = EnvironmentConfig { name: "dev".into(), infra, ..EnvironmentConfig::default() };
    app.estate = Estate::default();
    let lines = super::rows::empty(&app);
    assert!(lines[0].1.starts_with("only infrastructure is configured"), "{lines:?}");
    app.environment.region = Some("eu-west-1".into());
    assert_eq!(super::rows::empty(&app)[0].1, "reading the identity …");
}
