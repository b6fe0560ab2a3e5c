//! Tests of a session's tunnels.

use super::state::{Tunnel, TunnelOptions, TunnelQuestion, ticket};
use super::{find, opening, route, texts};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::screen::{Purpose, Typing};
use crate::app::testing::{read, user_input, world};
use crate::app::update::open::switch;
use crate::config::EnvironmentConfig;
use crate::feeds::part::Part;
use crate::feeds::tunnels::{Ask, Fact, TunnelOrder};
use crate::model::tunnel::remote_end::RemoteTarget;
use crate::model::tunnel::status::{Phase, TunnelStatus};

/// An app that has read a world with this many services, each with ECS Exec.
fn with_services(services: usize) -> App {
    let mut app = read(&world(services, 1));
    app.estate.services.value_mut().unwrap().values_mut().for_each(|service| service.exec = true);
    app
}

fn to_db() -> TunnelOptions {
    TunnelOptions { to: Some(RemoteTarget::parse("db.example:5432").unwrap()), ..TunnelOptions::default() }
}

fn order(effects: &[Effect]) -> Option<&TunnelOrder> {
    effects.iter().find_map(|effect| match effect {
        Effect::Fetch { ask: crate::feeds::Ask::Tunnels(Ask::Open(order)), .. } => Some(&**order),
        _ => None,
    })
}

fn report(app: &mut App, number: u64, fact: Fact) -> Vec<Effect> {
    let part = Part::Page(fact).into();
    app.update(Event::Answer(Answer { ticket: ticket(number), requests: 0, part }))
}

fn report_phase(app: &mut App, number: u64, phase: Phase, reason: Option<&str>) {
    let standing = TunnelStatus { phase, reason: reason.map(str::to_owned), ..TunnelStatus::default() };
    report(app, number, Fact::Status(Box::new(standing)));
}

/// Opens a tunnel that is ready for connections.
fn opened(app: &mut App) -> u64 {
    let effects = opening::open(app, to_db());
    assert!(order(&effects).is_some(), "{effects:?}");
    let number = app.tunnels.last;
    report(app, number, Fact::Listening("127.0.0.1:5432".into()));
    report_phase(app, number, Phase::Ready, None);
    number
}

#[test]
fn open_tunnel_is_found_by_its_place_only_in_its_environment() {
    let mut app = with_services(1);
    let to = to_db().to.unwrap();
    assert_eq!(find::server_behind(&app, &to), None);
    let number = opened(&mut app);
    let place = find::server_behind(&app, &to).unwrap();
    assert_eq!(
        (place.host.as_str(), place.port, place.through.as_deref()),
        ("db.example", 5432, Some("127.0.0.1:5432"))
    );
    report_phase(&mut app, number, Phase::Resuming, Some("1000 Bye"));
    assert_eq!(find::server_behind(&app, &to), None, "nothing goes through now");
    assert_eq!(find::tunnel_to(&app, &to).map(|tunnel| tunnel.number), Some(number), "but it is there");
    report_phase(&mut app, number, Phase::Ready, None);
    switch(&mut app, "prod");
    assert_eq!(find::server_behind(&app, &to), None, "another environment's database is another one");
    assert!(app.tunnels.get(number).is_some_and(Tunnel::is_live), "it goes on");
    let header = texts::header(&app).unwrap().1;
    assert_eq!(header, ["tunnel ● staging 5432", "● staging 5432"], "its port is no way into this one");
    report_phase(&mut app, number, Phase::Resuming, Some("the machine slept"));
    assert_eq!(app.tunnels.get(number).unwrap().status.phase, Phase::Resuming, "and is heard of");
}

#[test]
fn activity_lists_each_change_of_a_tunnel_with_its_reason() {
    let mut app = with_services(1);
    let number = opened(&mut app);
    report_phase(&mut app, number, Phase::Replacing, Some("task 0123 does not run any more"));
    let is_listed = |app: &App, text: &str| app.activity.iter().any(|entry| entry.text.contains(text));
    for text in ["resolving", "ready at 127.0.0.1:5432", "replacing: task 0123 does not run any more"] {
        assert!(is_listed(&app, text), "{text}: {:?}", app.activity);
    }
    let lines = app.activity.len();
    let standing =
        TunnelStatus { phase: Phase::Replacing, sent: 10, ..app.tunnels.get(number).unwrap().status.clone() };
    report(&mut app, number, Fact::Status(Box::new(standing)));
    assert_eq!(app.activity.len(), lines, "counters are no news");
    assert_eq!(texts::header(&app).unwrap().1[0], "tunnel ◐ 5432");
    report_phase(&mut app, number, Phase::Failed, Some("no task runs"));
    assert_eq!(texts::header(&app).unwrap().1[0], "tunnel ✖ 5432");
    assert!(is_listed(&app, "closed: no task runs"));
    opening::close(&mut app, number);
    assert_eq!((texts::header(&app), app.tunnels.list.len()), (None, 0), "it was dropped");
}

#[test]
fn guarded_environment_asks_before_opening_a_tunnel() {
    let mut app = with_services(1);
    app.environment.guarded = true;
    let effects = opening::open(&mut app, to_db());
    assert_eq!(order(&effects), None, "nothing is opened unasked");
    let confirmation = texts::confirm(&app).unwrap();
    assert!(confirmation.text[0].1.contains("db.example:5432"), "{confirmation:?}");
    assert!(
        confirmation.command.starts_with("cockpit tunnel staging --to db.example:5432 --through "),
        "{confirmation:?}"
    );
    let keys = ["left", "right"].map(|key| Event::Key(key.parse().unwrap()));
    assert!(keys.into_iter().all(|event| order(&app.update(event)).is_none()));
}

#[test]
fn audit_record_names_the_caller() {
    let mut app = with_services(1);
    app.session.mark = "m".into();
    let effects = opening::open(&mut app, to_db());
    let order = order(&effects).unwrap();
    let record = &order.record;
    assert_eq!((record.operation.as_str(), record.environment.as_str()), ("m-tunnel-1", "staging"));
    assert!(!record.who.is_empty() && record.command.contains("--port 5432"), "{record:?}");
}

#[test]
fn second_tunnel_takes_another_port_and_several_services_require_a_choice() {
    let mut app = with_services(1);
    opened(&mut app);
    let effects = opening::open(
        &mut app,
        TunnelOptions { to: Some(RemoteTarget::parse("other:1").unwrap()), ..TunnelOptions::default() },
    );
    assert_eq!(order(&effects).unwrap().port, 5433);
    let mut app = with_services(3);
    let effects = opening::open(&mut app, to_db());
    assert!(order(&effects).is_none() && app.tunnels.list.is_empty(), "through which service is asked");
    let named = TunnelOptions { through: Some("svc-00001".into()), ..to_db() };
    let effects = opening::open(&mut app, named);
    assert_eq!(order(&effects).unwrap().wanted.service, "svc-00001");
}

#[test]
fn malformed_instance_selector_is_not_reported_as_a_service() {
    let app = with_services(1);
    for named in ["tag:Role", "tag:Role=", "instance:"] {
        let none = route::service(&app.environment, Some(named), &["web"]).unwrap_err();
        assert!(none.why.contains("names no instance") && none.hint.contains("tag:KEY=VALUE"), "{none:?}");
    }
    // An instance name with a blank is quoted in the command line.
    let typed = route::command_line(app.environment.command_scope(), "writer", "instance:my bastion", 5432);
    assert!(typed.contains("--through 'instance:my bastion' --port"), "{typed}");
}

#[test]
fn second_request_for_a_place_reports_how_to_connect() {
    let mut app = with_services(1);
    opened(&mut app);
    assert_eq!(order(&opening::open(&mut app, to_db())), None);
    assert_eq!(app.tunnels.list.len(), 1);
    let message = app.screen.toast.as_ref().unwrap().0.clone();
    assert!(message.contains("is ready: psql -h 127.0.0.1 -p 5432"), "{message}");
    let elsewhere = opening::open(&mut app, TunnelOptions { port: Some(6000), ..to_db() });
    assert_eq!(order(&elsewhere).unwrap().port, 6000);
}

#[test]
fn taken_port_is_reported_with_the_next_free_one() {
    let mut app = with_services(1);
    opening::open(&mut app, to_db());
    let number = app.tunnels.last;
    report(&mut app, number, Fact::PortTaken { by: Some("postgres (process 7)".into()), free: Some(5433) });
    assert!(app.tunnels.list.is_empty());
    let confirmation = texts::confirm(&app).unwrap();
    assert_eq!(confirmation.verb, "Open at 5433");
    assert!(confirmation.text[0].1.contains("postgres (process 7)"), "{confirmation:?}");
    // A key pressed before the question could be read has no effect.
    user_input(&mut app, Event::Key("esc".parse().unwrap()));
    assert!(app.tunnels.list.is_empty());
}

#[test]
fn disabled_ecs_exec_offers_enabling_it_and_opens_nothing() {
    let mut app = with_services(1);
    app.estate.services.value_mut().unwrap().values_mut().for_each(|service| service.exec = false);
    assert_eq!(order(&opening::open(&mut app, to_db())), None);
    let confirmation = texts::confirm(&app).unwrap();
    assert!(confirmation.command.contains("--enable-exec"), "{confirmation:?}");
    // A task started with ECS Exec can still be used.
    app.estate.tasks.value_mut().unwrap().values_mut().for_each(|task| task.exec = true);
    assert!(order(&opening::open(&mut app, to_db())).is_some());
}

/// The endpoint of a database that another environment of the configuration names.
fn to_prod(app: &mut App) -> TunnelOptions {
    let databases = vec!["shop-prod".to_owned()];
    let prod = EnvironmentConfig { name: "prod".into(), databases, ..EnvironmentConfig::default() };
    app.config.environments.push(prod);
    app.environment.databases = vec!["shop-staging".to_owned()];
    let host = "shop-prod.cluster-abc.eu-west-1.rds.amazonaws.com:5432";
    TunnelOptions { to: Some(RemoteTarget::parse(host).unwrap()), ..TunnelOptions::default() }
}

#[test]
fn database_of_another_environment_is_reached_only_from_there() {
    let mut app = with_services(1);
    let wish = to_prod(&mut app);
    assert_eq!(order(&opening::open(&mut app, wish.clone())), None);
    assert!(app.tunnels.list.is_empty() && app.tunnels.question.is_none(), "nothing is asked");
    let message = app.screen.toast.as_ref().unwrap().0.clone();
    assert!(message.contains("it is of prod: choose --env prod"), "{message}");
    // A tunnel that should be led there stays as it was.
    let number = opened(&mut app);
    let before = app.tunnels.get(number).unwrap().clone();
    assert!(opening::replace_at_port(&mut app, &before, &wish).is_empty());
    let stays = app.tunnels.get(number).unwrap();
    assert!(stays.is_live() && stays.next.is_none());
    // Requested by the address that the configuration has, it is the same tunnel.
    app.environment.tunnel.to = Some("shop-prod.cluster-abc.eu-west-1.rds.amazonaws.com:5432".into());
    assert_eq!(order(&opening::open(&mut app, TunnelOptions::default())), None);
}

fn ended(app: &mut App, number: u64) -> Vec<Effect> {
    let standing = TunnelStatus { phase: Phase::Closed, ..TunnelStatus::default() };
    let part = Part::Last(Fact::Status(Box::new(standing))).into();
    app.update(Event::Answer(Answer { ticket: ticket(number), requests: 0, part }))
}

#[test]
fn tunnel_is_replaced_only_after_confirmation() {
    let mut app = with_services(1);
    let number = opened(&mut app);
    app.environment.guarded = true;
    let before = app.tunnels.get(number).unwrap().clone();
    let wish = TunnelOptions {
        to: Some(RemoteTarget::parse("other.example:5432").unwrap()),
        port: Some(5432),
        ..TunnelOptions::default()
    };
    assert_eq!(opening::replace_at_port(&mut app, &before, &wish), [], "it is asked first");
    let confirmation = texts::confirm(&app).unwrap();
    assert!(
        confirmation.text.iter().any(|(_, line)| line.contains("takes the place of tunnel staging")),
        "{confirmation:?}"
    );
    assert!(app.tunnels.get(number).is_some_and(|tunnel| tunnel.is_live() && tunnel.next.is_none()));
    let Some(TunnelQuestion::Replace(_, plan)) = app.tunnels.question.take() else {
        panic!("{:?}", app.tunnels.question)
    };
    let left = opening::replace(&mut app, number, *plan);
    assert_eq!(left, [Effect::CancelFetch(ticket(number))]);
    app.screen.overlays.clear();
    let order = order(&ended(&mut app, number)).cloned().expect("what was agreed to is opened");
    assert_eq!((order.to.host_and_port().as_str(), order.port), ("other.example:5432", 5432));
    assert!(app.screen.overlays.is_empty(), "and not asked again");
}

#[test]
fn tunnel_not_opened_because_of_a_switch_is_reported() {
    let mut app = with_services(1);
    let number = opened(&mut app);
    let before = app.tunnels.get(number).unwrap().clone();
    let wish = TunnelOptions {
        to: Some(RemoteTarget::parse("other.example:5432").unwrap()),
        port: Some(5432),
        ..TunnelOptions::default()
    };
    assert!(!opening::replace_at_port(&mut app, &before, &wish).is_empty());
    switch(&mut app, "prod");
    assert_eq!(order(&ended(&mut app, number)), None);
    assert!(app.activity.iter().any(|entry| entry.text.contains("none to other.example:5432 was opened")));
}

#[test]
fn tunnel_question_does_not_interrupt_typing() {
    let mut app = with_services(1);
    opening::open(&mut app, to_db());
    let number = app.tunnels.last;
    app.screen.typing = Some(Typing::new(Purpose::Filter(super::block::TUNNELS), "half a word".to_owned()));
    report(&mut app, number, Fact::PortTaken { by: None, free: Some(5433) });
    assert!(app.screen.typing.is_some() && app.screen.overlays.is_empty());
    assert!(app.activity.iter().any(|entry| entry.text.contains("127.0.0.1:5432 is taken")));
}

#[test]
fn session_not_ended_at_aws_is_reported_with_its_reason() {
    let mut app = with_services(1);
    let number = opened(&mut app);
    let behind = Some("ssm:TerminateSession was denied".to_owned());
    let standing = TunnelStatus { phase: Phase::Closed, termination_failure: behind, ..TunnelStatus::default() };
    assert_eq!(standing.audit_fields("db.example:5432", None)["not_ended"], "ssm:TerminateSession was denied");
    report(&mut app, number, Fact::Status(Box::new(standing)));
    let reports: Vec<_> = app.activity.iter().filter(|entry| entry.text.contains("was not ended at AWS")).collect();
    assert_eq!(reports.len(), 1, "{:?}", app.activity);
    assert!(reports[0].text.contains("ssm:TerminateSession was denied"));
}

#[test]
fn order_names_the_environments_of_usable_instances() {
    let mut app = with_services(1);
    to_prod(&mut app);
    app.environment.tunnel.instance = Some("bastion".into());
    let effects = opening::open(&mut app, to_db());
    let whose = &order(&effects).unwrap().wanted.ownership;
    assert_eq!(whose.own.environment, app.environment.name);
    assert!(whose.others.iter().any(|other| other.environment == "prod"), "{whose:?}");
}

#[test]
fn single_events_are_counted_in_the_singular() {
    let mut app = with_services(1);
    let number = opened(&mut app);
    let details_text = |app: &App| {
        let facts = super::block::details(app, &number.to_string());
        facts.iter().map(|fact| format!("{}: {}", fact.label, fact.text)).collect::<Vec<_>>().join("\n")
    };
    let standing =
        TunnelStatus { phase: Phase::Ready, resumes: 1, replacements: 2, sent: 1, ..TunnelStatus::default() };
    report(&mut app, number, Fact::Status(Box::new(standing)));
    let text = details_text(&app);
    for words in ["sent: 1 byte\n", "received: 0 bytes\n", "resumed: 1 time, without", "replaced: 2 times, with"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}
