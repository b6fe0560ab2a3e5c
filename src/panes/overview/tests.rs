//! The overview as a person sees it.

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
use crate::ui::testing::pictures::seen;
use crate::ui::testing::*;
use jiff::SignedDuration;

#[test]
fn the_overview_fits_every_size() {
    let world = staging();
    for (name, size) in [
        ("overview_60x15", (60, 15)),
        ("overview_80x24", (80, 24)),
        ("overview_120x40", (120, 40)),
        ("overview_200x60", (200, 60)),
    ] {
        let app = read(&world, size);
        seen(name, &app);
    }
}

/// The costs of an account, as they were read a while ago.
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

/// Questions for costs among what is to be done.
fn asked(effects: &[Effect]) -> Vec<Ticket> {
    let cost = |effect: &Effect| match effect {
        Effect::Fetch { ticket, ask: Ask::Costs(_), .. } => Some(*ticket),
        _ => None,
    };
    effects.iter().filter_map(cost).collect()
}

#[test]
fn the_cost_is_asked_once_a_day_and_told_with_its_age_budget_and_what_is_unusual() {
    let world = staging();
    let (mut app, effects) = fresh(environment("staging"), crate::app::Session::default(), (120, 40));
    assert_eq!(asked(&effects), [], "nothing before the account is known");
    world.answer(&mut app, effects);
    tick(&mut app, now(), &world);
    assert!(text(&app).contains("cost"), "{}", text(&app));
    assert!(app.panes.overview.costs_asked.is_some(), "it is asked for as soon as the account is known");
    let ticket = Ticket { generation: 1, owner: Owner::Pane("overview", 1), serial: 0 };
    let part = Part::Last(Fact::Costs(Box::new(costs())));
    app.update(Event::Answer(Answer { ticket, requests: 3, part: part.into() }));
    app.settle();
    let drawn = text(&app);
    for wanted in ["119 USD, 189 by its end, 3h old", "monthly: 79 % of 150 USD", "usually 6.00"] {
        assert!(drawn.contains(wanted), "{wanted}:\n{drawn}");
    }
    // It is 05:02 in UTC: its day ends 18 h later.
    for hours in 1..=18 {
        let effects = app.update(Event::Tick(now() + SignedDuration::from_hours(hours)));
        assert_eq!(asked(&effects), [], "after {hours} h");
    }
    let effects = app.update(Event::Tick(now() + SignedDuration::from_hours(22)));
    assert_eq!(asked(&effects).len(), 1, "on the next day of UTC");
    app.settle();
    seen("overview_costs_120x40", &app);
}

#[test]
fn costs_that_may_not_be_read_name_the_action_and_are_not_asked_for_at_once_again() {
    let world = staging();
    let mut app = read(&world, (200, 60));
    tick(&mut app, now() + SignedDuration::from_secs(1), &world);
    assert!(app.panes.overview.costs_asked.is_some());
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
fn the_time_line_has_the_whole_place_with_one_key_and_leads_to_logs() {
    let world = staging();
    let mut app = read(&world, (80, 24));
    press(&mut app, "t", &world);
    let drawn = text(&app);
    assert!(drawn.contains("Time line") && !drawn.contains("Needs attention"), "{drawn}");
    // One of a service leads to the logs of it, from two minutes before on.
    let of_web = |event: &TimelineEvent| event.about == About::Service("bookmark-manager-staging-web".into());
    let place = app.panes.overview.happened.iter().position(of_web).expect("web was deployed");
    let event = app.panes.overview.happened[place].clone();
    let from = event.at - SignedDuration::from_mins(2);
    assert_eq!(
        crate::app::timeline::subject(&app, &event),
        Subject::Logs(Some("bookmark-manager-staging-web".into()), from)
    );
    app.screen.list(super::state::TIMELINE).select(place);
    press(&mut app, "enter", &world);
    assert_eq!(app.shown().id.0, "logs");
    assert_eq!(app.panes.logs.moment.map(|(at, _)| at), Some(from.as_millisecond()));
}

#[test]
fn an_alarm_of_the_time_line_leads_to_it_and_one_that_is_gone_to_logs() {
    let world = staging();
    let app = read(&world, (120, 40));
    let name = app.estate.alarms.value().unwrap()[0].name.clone();
    let event = |name: &str| TimelineEvent::new(now(), Kind::Alarm, About::Alarm(name.into()), "alarm", "key");
    assert_eq!(crate::app::timeline::subject(&app, &event(&name)), Subject::Alarm(name));
    let gone = crate::app::timeline::subject(&app, &event("gone"));
    assert_eq!(gone, Subject::Logs(None, now() - SignedDuration::from_mins(2)));
}

#[test]
fn the_window_of_environments_tells_what_needed_attention_where_one_was() {
    let world = staging();
    let mut app = read(&world, (120, 40));
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
fn costs_of_the_simulated_world_say_that_they_are() {
    let world = staging();
    let mut app = read(&world, (120, 40));
    app.session.simulated = true;
    app.panes.overview.costs = Some(costs());
    app.lists_changed();
    app.settle();
    assert!(text(&app).contains("At a glance · costs are simulated"), "{}", text(&app));
}

#[test]
fn a_command_has_no_screen_and_asks_for_no_costs() {
    let world = staging();
    let mut app = read(&world, (120, 40));
    app.panes.overview.costs_asked = None;
    app.screen.size = (0, 0);
    let effects = app.update(Event::Tick(now() + SignedDuration::from_secs(2)));
    assert_eq!(asked(&effects), []);
    app.screen.size = (120, 40);
    let effects = app.update(Event::Tick(now() + SignedDuration::from_secs(3)));
    assert_eq!(asked(&effects).len(), 1, "somebody looks");
}

#[test]
fn the_next_switch_is_worked_out_once_and_anew_when_it_has_passed_or_schedules_were_read_again() {
    let world = staging();
    let mut app = read(&world, (120, 40));
    tick(&mut app, now(), &world);
    let known = app.panes.overview.switches.clone().expect("worked out while somebody looks");
    let (first, _) = *known.next.first().expect("staging is stopped and started by schedules");
    app.update(Event::Tick(now() + SignedDuration::from_secs(60)));
    assert_eq!(app.panes.overview.switches, Some(known.clone()), "a minute later it still holds");
    app.update(Event::Tick(first));
    let later = app.panes.overview.switches.clone().expect("worked out");
    assert!(later.next.iter().all(|(at, _)| *at > first), "what has fired is not what comes next: {later:?}");
    app.estate.schedules.learn(Vec::new(), first);
    app.estate.scheduled.learn(Vec::new(), first);
    assert!(super::switches::switches(&app).next.is_empty(), "what was read a moment ago counts at once");
}

/// The environments that are asked to be looked at.
fn surveyed(effects: &[Effect]) -> Vec<String> {
    let name = |effect: &Effect| match effect {
        Effect::Survey(environment) => Some(environment.name.clone()),
        _ => None,
    };
    effects.iter().filter_map(name).collect()
}

#[test]
fn environments_that_are_not_opened_are_looked_at_one_after_the_other_while_their_window_is_open() {
    let world = staging();
    let mut app = read(&world, (120, 40));
    let mut third = app.config.environments[1].clone();
    third.name = "pantri".into();
    app.config.environments.push(third);
    let at = |second| now() + SignedDuration::from_secs(second);
    let ask = |app: &mut App, second| surveyed(&app.update(Event::Tick(at(second))));
    assert_eq!(ask(&mut app, 1), Vec::<String>::new(), "nobody looks");
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
    app.update(Event::Glanced("prod".into(), Box::new(glance)));
    app.settle();
    let drawn = text(&app);
    assert!(drawn.contains("▲ 2 · ▲ 2 services · deploying api · 1 alarm  0s ago"), "{drawn}");
    assert_eq!(ask(&mut app, 10), ["pantri"]);
    app.update(Event::Glanced(
        "pantri".into(),
        Box::new(Glance::failed("the profile pantri does not exist".into(), at(10))),
    ));
    app.settle();
    assert!(text(&app).contains("? the profile pantri does not exist"), "{}", text(&app));
    seen("environments_120x40", &app);
    assert_eq!(ask(&mut app, 60), Vec::<String>::new(), "both were looked at lately");
    assert_eq!(ask(&mut app, 320), ["prod"], "five minutes later again");
    app.screen.overlays.clear();
    app.update(Event::Glanced("prod".into(), Box::default()));
    assert_eq!(ask(&mut app, 900), Vec::<String>::new(), "nobody looks any more");
}

#[test]
fn what_happened_is_not_nothing_where_it_could_not_be_read() {
    let mut world = staging();
    for source in Source::OF_TIMELINE {
        world.failing.insert(source, Failure::new(FailureKind::Denied, "not allowed"));
    }
    let mut app = read(&world, (120, 40));
    app.panes.overview.made = Some(app.now);
    app.panes.overview.happened.clear();
    let status = super::timeline::data_status(&app);
    let words: Vec<&str> = status.empty.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(words, ["nothing in what could be read"]);
    let trouble = status.trouble.map(|(_, text)| text).unwrap_or_default();
    assert!(trouble.contains("without") && trouble.contains("not allowed"), "{trouble}");
    // Where nobody answers at all, nothing is on its way.
    world.failing.insert(Source::Identity, Failure::new(FailureKind::Unreachable, "no connection"));
    let mut app = read(&world, (120, 40));
    app.panes.overview.made = Some(app.now);
    assert!(!super::timeline::data_status(&app).loading);
}

#[test]
fn a_trouble_stands_below_rows_that_are_not_there_unless_it_stands_in_their_place() {
    use crate::app::pane::DataStatus;
    use crate::ui::canvas::Canvas;
    use crate::ui::widgets::frame;
    let mut app = read(&staging(), (120, 40));
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

/// A line of how the environment stands.
fn standing(app: &App, label: &str) -> crate::app::subject::Fact {
    super::standing::facts(app).into_iter().find(|line| line.label == label).unwrap()
}

#[test]
fn alarms_that_cannot_be_read_any_more_are_not_told_as_if_they_were() {
    let mut world = staging();
    let mut app = read(&world, (120, 40));
    let told = |app: &App| {
        let line = standing(app, "alarms");
        (line.text, line.health)
    };
    assert_ne!(told(&app).1, Some(Health::Unknown));
    world.failing.insert(Source::Alarms, Failure::new(FailureKind::Denied, "not allowed"));
    let later = app.now + SignedDuration::from_mins(3);
    tick(&mut app, later, &world);
    let (text, health) = told(&app);
    assert!(text.contains("3m old: no permission to read alarms"), "{text}");
    assert_eq!(health, Some(Health::Unknown));
}

#[test]
fn nothing_happened_is_not_said_while_services_are_being_read() {
    for (silent, loading) in [(vec![Source::Services], true), (Vec::new(), false)] {
        let mut app = read(&World { silent, ..staging() }, (120, 40));
        app.panes.overview.made = Some(app.now);
        assert_eq!(super::timeline::data_status(&app).loading, loading);
    }
}

#[test]
fn alarms_of_which_nobody_knows_whether_they_are_muted_say_so() {
    let told = |world: &World| standing(&read(world, (120, 40)), "alarms");
    let mut world = staging();
    for alarm in &mut world.alarms {
        alarm.state = crate::model::AlarmState::Ok;
    }
    let line = told(&World { silent: vec![Source::AlarmMutes], ..world.clone() });
    assert!(line.text.contains("reading which are muted"), "{}", line.text);
    world.failing.insert(Source::AlarmMutes, Failure::new(FailureKind::Denied, "not allowed"));
    let line = told(&world);
    assert!(line.text.contains("whether muted is not known: not allowed"), "{}", line.text);
    assert_eq!(line.health, Some(Health::Unknown));
}

#[test]
fn half_a_schedule_is_not_shown_as_the_whole() {
    let world = World { silent: vec![Source::Schedules], ..staging() };
    let mut configured = environment("staging");
    configured.schedules = Some("bookmark-manager-".into());
    let line = standing(&read_in(configured, &world, (120, 40)), "schedule");
    assert!(line.text.starts_with("stop ") && line.text.ends_with("; reading schedules …"), "{}", line.text);
}

#[test]
fn what_happens_comes_into_sight_where_nobody_has_moved_and_stays_where_somebody_has() {
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
    let mut app = read(&world, (80, 24));
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
    // Who looks at one keeps it.
    press(&mut app, "j j", &world);
    let selected = app.screen.list_of(TIMELINE).unwrap().selected().map(str::to_owned);
    world.alarm_changes = (0..50).map(change).collect();
    pass(&mut app, &world, 6);
    assert_eq!(app.screen.list_of(TIMELINE).unwrap().selected().map(str::to_owned), selected);
    assert!(app.screen.list_of(TIMELINE).unwrap().place() > 2);
}

#[test]
fn where_only_infrastructure_is_configured_nothing_is_said_to_be_on_its_way() {
    let mut app = read(&staging(), (120, 40));
    let infra = InfraConfig { kind: Some(Tool::Terraform), ..InfraConfig::default() };
    app.environment = EnvironmentConfig { name: "dev".into(), infra, ..EnvironmentConfig::default() };
    app.estate = Estate::default();
    let lines = super::rows::empty(&app);
    assert!(lines[0].1.starts_with("only infrastructure is configured"), "{lines:?}");
    app.environment.region = Some("eu-west-1".into());
    assert_eq!(super::rows::empty(&app)[0].1, "reading the identity …");
}
