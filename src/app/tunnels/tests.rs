//! Tunnels of a session.

use super::state::{Asking, Tunnel, Wish, ticket};
use super::{ask, find, route, tell};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::screen::{Purpose, Typing};
use crate::app::testing::{by_hand, read, world};
use crate::app::update::open::switch;
use crate::config::EnvironmentConfig;
use crate::feeds::part::Part;
use crate::feeds::tunnels::{Ask, Fact, Order};
use crate::model::tunnel::far::To;
use crate::model::tunnel::standing::{Phase, TunnelStatus};

/// An app that has read a world with so many services, each with ECS Exec.
fn with_services(services: usize) -> App {
    let mut app = read(&world(services, 1));
    app.estate.services.value_mut().unwrap().values_mut().for_each(|service| service.exec = true);
    app
}

fn to_db() -> Wish {
    Wish { to: Some(To::parse("db.example:5432").unwrap()), ..Wish::default() }
}

fn order(effects: &[Effect]) -> Option<&Order> {
    effects.iter().find_map(|effect| match effect {
        Effect::Fetch { ask: crate::feeds::Ask::Tunnels(Ask::Open(order)), .. } => Some(&**order),
        _ => None,
    })
}

fn heard(app: &mut App, number: u64, fact: Fact) -> Vec<Effect> {
    let part = Part::Page(fact).into();
    app.update(Event::Answer(Answer { ticket: ticket(number), requests: 0, part }))
}

fn stands(app: &mut App, number: u64, phase: Phase, reason: Option<&str>) {
    let standing = TunnelStatus { phase, reason: reason.map(str::to_owned), ..TunnelStatus::default() };
    heard(app, number, Fact::Stands(Box::new(standing)));
}

/// Opens a tunnel that connections go through.
fn opened(app: &mut App) -> u64 {
    let effects = ask::open(app, to_db());
    assert!(order(&effects).is_some(), "{effects:?}");
    let number = app.tunnels.last;
    heard(app, number, Fact::Listens("127.0.0.1:5432".into()));
    stands(app, number, Phase::Ready, None);
    number
}

#[test]
fn an_open_tunnel_is_found_by_where_it_leads_and_only_in_its_environment() {
    let mut app = with_services(1);
    let to = to_db().to.unwrap();
    assert_eq!(find::ready(&app, &to), None);
    let number = opened(&mut app);
    let place = find::ready(&app, &to).unwrap();
    assert_eq!(
        (place.host.as_str(), place.port, place.through.as_deref()),
        ("db.example", 5432, Some("127.0.0.1:5432"))
    );
    stands(&mut app, number, Phase::Resuming, Some("1000 Bye"));
    assert_eq!(find::ready(&app, &to), None, "nothing goes through now");
    assert_eq!(find::to(&app, &to).map(|tunnel| tunnel.number), Some(number), "but it is there");
    stands(&mut app, number, Phase::Ready, None);
    switch(&mut app, "prod");
    assert_eq!(find::ready(&app, &to), None, "another environment's database is another one");
    assert!(app.tunnels.get(number).is_some_and(Tunnel::is_live), "it goes on");
    let told = tell::header(&app).unwrap().1;
    assert_eq!(told, ["tunnel ● staging 5432", "● staging 5432"], "its port is no way into this one");
    stands(&mut app, number, Phase::Resuming, Some("the machine slept"));
    assert_eq!(app.tunnels.get(number).unwrap().standing.phase, Phase::Resuming, "and is heard of");
}

#[test]
fn each_change_of_a_tunnel_stands_in_the_activity_with_its_reason() {
    let mut app = with_services(1);
    let number = opened(&mut app);
    stands(&mut app, number, Phase::Replacing, Some("task 0123 does not run any more"));
    let told = |app: &App, text: &str| app.activity.iter().any(|entry| entry.text.contains(text));
    for text in ["resolving", "ready at 127.0.0.1:5432", "replacing: task 0123 does not run any more"] {
        assert!(told(&app, text), "{text}: {:?}", app.activity);
    }
    let lines = app.activity.len();
    let standing =
        TunnelStatus { phase: Phase::Replacing, sent: 10, ..app.tunnels.get(number).unwrap().standing.clone() };
    heard(&mut app, number, Fact::Stands(Box::new(standing)));
    assert_eq!(app.activity.len(), lines, "counters are no news");
    assert_eq!(tell::header(&app).unwrap().1[0], "tunnel ◐ 5432");
    stands(&mut app, number, Phase::Failed, Some("no task runs"));
    assert_eq!(tell::header(&app).unwrap().1[0], "tunnel ✖ 5432");
    assert!(told(&app, "closed: no task runs"));
    ask::close(&mut app, number);
    assert_eq!((tell::header(&app), app.tunnels.list.len()), (None, 0), "it was dropped");
}

#[test]
fn a_guarded_environment_asks_before_a_tunnel_is_opened() {
    let mut app = with_services(1);
    app.environment.guarded = true;
    let effects = ask::open(&mut app, to_db());
    assert_eq!(order(&effects), None, "nothing is opened unasked");
    let asked = tell::confirm(&app).unwrap();
    assert!(asked.text[0].1.contains("db.example:5432"), "{asked:?}");
    assert!(asked.command.starts_with("cockpit tunnel staging --to db.example:5432 --through "), "{asked:?}");
    let keys = ["left", "right"].map(|key| Event::Key(key.parse().unwrap()));
    assert!(keys.into_iter().all(|event| order(&app.update(event)).is_none()));
}

#[test]
fn who_it_was_stands_in_what_is_written_down() {
    let mut app = with_services(1);
    app.session.mark = "m".into();
    let effects = ask::open(&mut app, to_db());
    let order = order(&effects).unwrap();
    let record = &order.record;
    assert_eq!((record.operation.as_str(), record.environment.as_str()), ("m-tunnel-1", "staging"));
    assert!(!record.who.is_empty() && record.command.contains("--port 5432"), "{record:?}");
}

#[test]
fn a_second_tunnel_takes_another_port_and_several_services_are_asked_for() {
    let mut app = with_services(1);
    opened(&mut app);
    let effects = ask::open(&mut app, Wish { to: Some(To::parse("other:1").unwrap()), ..Wish::default() });
    assert_eq!(order(&effects).unwrap().port, 5433);
    let mut app = with_services(3);
    let effects = ask::open(&mut app, to_db());
    assert!(order(&effects).is_none() && app.tunnels.list.is_empty(), "through which service is asked");
    let named = Wish { through: Some("svc-00001".into()), ..to_db() };
    let effects = ask::open(&mut app, named);
    assert_eq!(order(&effects).unwrap().wanted.service, "svc-00001");
}

#[test]
fn what_begins_as_an_instance_and_names_none_is_not_called_a_service() {
    let app = with_services(1);
    for named in ["tag:Role", "tag:Role=", "instance:"] {
        let none = route::service(&app.environment, Some(named), &["web"]).unwrap_err();
        assert!(none.why.contains("names no instance") && none.hint.contains("tag:KEY=VALUE"), "{none:?}");
    }
    // And one with a blank in its name can be typed as it is told.
    let typed = route::typed(app.environment.named(), "writer", "instance:my bastion", 5432);
    assert!(typed.contains("--through 'instance:my bastion' --port"), "{typed}");
}

#[test]
fn the_same_place_is_led_to_once_and_who_asks_again_is_told_how_to_connect() {
    let mut app = with_services(1);
    opened(&mut app);
    assert_eq!(order(&ask::open(&mut app, to_db())), None);
    assert_eq!(app.tunnels.list.len(), 1);
    let said = app.screen.toast.as_ref().unwrap().0.clone();
    assert!(said.contains("is ready: psql -h 127.0.0.1 -p 5432"), "{said}");
    let elsewhere = ask::open(&mut app, Wish { port: Some(6000), ..to_db() });
    assert_eq!(order(&elsewhere).unwrap().port, 6000);
}

#[test]
fn a_taken_port_is_reported_with_the_next_free_one() {
    let mut app = with_services(1);
    ask::open(&mut app, to_db());
    let number = app.tunnels.last;
    heard(&mut app, number, Fact::Taken { by: Some("postgres (process 7)".into()), free: Some(5433) });
    assert!(app.tunnels.list.is_empty());
    let asked = tell::confirm(&app).unwrap();
    assert_eq!(asked.verb, "Open at 5433");
    assert!(asked.text[0].1.contains("postgres (process 7)"), "{asked:?}");
    // Nothing is done by a key that was pressed before it could be read.
    by_hand(&mut app, Event::Key("esc".parse().unwrap()));
    assert!(app.tunnels.list.is_empty());
}

#[test]
fn where_ecs_exec_is_off_switching_it_on_is_offered_and_nothing_is_opened() {
    let mut app = with_services(1);
    app.estate.services.value_mut().unwrap().values_mut().for_each(|service| service.exec = false);
    assert_eq!(order(&ask::open(&mut app, to_db())), None);
    let asked = tell::confirm(&app).unwrap();
    assert!(asked.command.contains("--enable-exec"), "{asked:?}");
    // A task that was started with it is gone through all the same.
    app.estate.tasks.value_mut().unwrap().values_mut().for_each(|task| task.exec = true);
    assert!(order(&ask::open(&mut app, to_db())).is_some());
}

/// The endpoint of a database that another environment of the configuration names.
fn to_prod(app: &mut App) -> Wish {
    let databases = vec!["shop-prod".to_owned()];
    let prod = EnvironmentConfig { name: "prod".into(), databases, ..EnvironmentConfig::default() };
    app.config.environments.push(prod);
    app.environment.databases = vec!["shop-staging".to_owned()];
    let host = "shop-prod.cluster-abc.eu-west-1.rds.amazonaws.com:5432";
    Wish { to: Some(To::parse(host).unwrap()), ..Wish::default() }
}

#[test]
fn a_database_of_another_environment_is_led_to_from_there_alone() {
    let mut app = with_services(1);
    let wish = to_prod(&mut app);
    assert_eq!(order(&ask::open(&mut app, wish.clone())), None);
    assert!(app.tunnels.list.is_empty() && app.tunnels.asking.is_none(), "nothing is asked");
    let said = app.screen.toast.as_ref().unwrap().0.clone();
    assert!(said.contains("it is of prod: choose --env prod"), "{said}");
    // One that is to lead there stays as it was.
    let number = opened(&mut app);
    let before = app.tunnels.get(number).unwrap().clone();
    assert!(ask::lead_elsewhere(&mut app, &before, &wish).is_empty());
    let stays = app.tunnels.get(number).unwrap();
    assert!(stays.is_live() && stays.next.is_none());
    // Given the address that the configuration has, it is the same tunnel.
    app.environment.tunnel.to = Some("shop-prod.cluster-abc.eu-west-1.rds.amazonaws.com:5432".into());
    assert_eq!(order(&ask::open(&mut app, Wish::default())), None);
}

fn ended(app: &mut App, number: u64) -> Vec<Effect> {
    let standing = TunnelStatus { phase: Phase::Closed, ..TunnelStatus::default() };
    let part = Part::Last(Fact::Stands(Box::new(standing))).into();
    app.update(Event::Answer(Answer { ticket: ticket(number), requests: 0, part }))
}

#[test]
fn a_tunnel_makes_room_for_another_one_when_that_is_agreed_to_and_not_before() {
    let mut app = with_services(1);
    let number = opened(&mut app);
    app.environment.guarded = true;
    let before = app.tunnels.get(number).unwrap().clone();
    let wish = Wish { to: Some(To::parse("other.example:5432").unwrap()), port: Some(5432), ..Wish::default() };
    assert_eq!(ask::lead_elsewhere(&mut app, &before, &wish), [], "it is asked first");
    let asked = tell::confirm(&app).unwrap();
    assert!(asked.text.iter().any(|(_, line)| line.contains("takes the place of tunnel staging")), "{asked:?}");
    assert!(app.tunnels.get(number).is_some_and(|tunnel| tunnel.is_live() && tunnel.next.is_none()));
    let Some(Asking::Instead(_, plan)) = app.tunnels.asking.take() else { panic!("{:?}", app.tunnels.asking) };
    let left = ask::instead(&mut app, number, *plan);
    assert_eq!(left, [Effect::Leave(ticket(number))]);
    app.screen.overlays.clear();
    let order = order(&ended(&mut app, number)).cloned().expect("what was agreed to is opened");
    assert_eq!((order.to.place().as_str(), order.port), ("other.example:5432", 5432));
    assert!(app.screen.overlays.is_empty(), "and not asked again");
}

#[test]
fn one_that_was_to_be_opened_in_an_environment_that_was_left_meanwhile_is_told() {
    let mut app = with_services(1);
    let number = opened(&mut app);
    let before = app.tunnels.get(number).unwrap().clone();
    let wish = Wish { to: Some(To::parse("other.example:5432").unwrap()), port: Some(5432), ..Wish::default() };
    assert!(!ask::lead_elsewhere(&mut app, &before, &wish).is_empty());
    switch(&mut app, "prod");
    assert_eq!(order(&ended(&mut app, number)), None);
    assert!(app.activity.iter().any(|entry| entry.text.contains("none to other.example:5432 was opened")));
}

#[test]
fn what_somebody_types_is_not_lost_to_a_question_about_a_tunnel() {
    let mut app = with_services(1);
    ask::open(&mut app, to_db());
    let number = app.tunnels.last;
    app.screen.typing = Some(Typing::new(Purpose::Filter(super::block::TUNNELS), "half a word".to_owned()));
    heard(&mut app, number, Fact::Taken { by: None, free: Some(5433) });
    assert!(app.screen.typing.is_some() && app.screen.overlays.is_empty());
    assert!(app.activity.iter().any(|entry| entry.text.contains("127.0.0.1:5432 is taken")));
}

#[test]
fn a_session_that_was_not_ended_at_aws_is_told_with_its_reason() {
    let mut app = with_services(1);
    let number = opened(&mut app);
    let behind = Some("ssm:TerminateSession was denied".to_owned());
    let standing = TunnelStatus { phase: Phase::Closed, not_ended: behind, ..TunnelStatus::default() };
    assert_eq!(standing.facts("db.example:5432", None)["not_ended"], "ssm:TerminateSession was denied");
    heard(&mut app, number, Fact::Stands(Box::new(standing)));
    let told: Vec<_> = app.activity.iter().filter(|entry| entry.text.contains("was not ended at AWS")).collect();
    assert_eq!(told.len(), 1, "{:?}", app.activity);
    assert!(told[0].text.contains("ssm:TerminateSession was denied"));
}

#[test]
fn the_order_says_whose_instances_it_may_go_through() {
    let mut app = with_services(1);
    to_prod(&mut app);
    app.environment.tunnel.instance = Some("bastion".into());
    let effects = ask::open(&mut app, to_db());
    let whose = &order(&effects).unwrap().wanted.whose;
    assert_eq!(whose.own.environment, app.environment.name);
    assert!(whose.others.iter().any(|other| other.environment == "prod"), "{whose:?}");
}

#[test]
fn what_happened_once_is_said_of_one_time() {
    let mut app = with_services(1);
    let number = opened(&mut app);
    let whole = |app: &App| {
        let facts = super::block::whole(app, &number.to_string());
        facts.iter().map(|fact| format!("{}: {}", fact.label, fact.text)).collect::<Vec<_>>().join("\n")
    };
    let standing =
        TunnelStatus { phase: Phase::Ready, resumes: 1, replacements: 2, sent: 1, ..TunnelStatus::default() };
    heard(&mut app, number, Fact::Stands(Box::new(standing)));
    let said = whole(&app);
    for words in ["sent: 1 byte\n", "received: 0 bytes\n", "resumed: 1 time, without", "replaced: 2 times, with"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
