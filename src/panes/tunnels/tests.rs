//! Tunnels as a person uses them.

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::testing::by_hand;
use crate::app::tunnels::block::whole;
use crate::app::tunnels::state::ticket;
use crate::app::tunnels::tell;
use crate::feeds::part::Part;
use crate::feeds::tunnels::{Ask, Fact, Order};
use crate::model::key::Key;
use crate::model::tunnel::standing::{Phase, TunnelStatus};
use crate::ui::testing::pictures::seen;
use crate::ui::testing::*;
use std::time::Duration;

fn app(size: (u16, u16)) -> App {
    let mut app = read(&staging(), size);
    app.environment.tunnel.service = Some("web".into());
    app.environment.tunnel.user = Some("app".into());
    app
}

fn key(app: &mut App, key: &str) -> Vec<Effect> {
    let effects = by_hand(app, Event::Key(key.parse::<Key>().unwrap()));
    app.settle();
    effects
}

fn order(effects: &[Effect]) -> Option<Order> {
    effects.iter().find_map(|effect| match effect {
        Effect::Fetch { ask: crate::feeds::Ask::Tunnels(Ask::Open(order)), .. } => Some((**order).clone()),
        _ => None,
    })
}

fn stands(app: &mut App, number: u64, standing: TunnelStatus) {
    let fact = Fact::Stands(Box::new(standing));
    app.update(Event::Answer(Answer { ticket: ticket(number), requests: 0, part: Part::Page(fact).into() }));
    app.settle();
}

fn ready() -> TunnelStatus {
    TunnelStatus {
        phase: Phase::Ready,
        through: Some("web, task 0123abcd, container web".into()),
        session: Some("s-1".into()),
        sent: 12_345,
        received: 6_700_000,
        round_trip: Some(Duration::from_millis(21)),
        resumes: 2,
        open: 1,
        connections: 3,
        ..TunnelStatus::default()
    }
}

/// One key opens it.
fn opened(size: (u16, u16)) -> App {
    let mut app = app(size);
    let effects = key(&mut app, "T");
    let order = order(&effects).expect("a tunnel is opened");
    assert_eq!((order.port, order.wanted.service.as_str()), (5432, "bookmark-manager-staging-web"));
    let fact = Fact::Listens("127.0.0.1:5432".into());
    app.update(Event::Answer(Answer { ticket: ticket(1), requests: 0, part: Part::Page(fact).into() }));
    stands(&mut app, 1, ready());
    app
}

#[test]
fn one_key_opens_a_tunnel_to_the_writer_and_the_line_of_the_tabs_shows_it() {
    for (name, size) in [("tunnels_60x15", (60, 15)), ("tunnels_80x24", (80, 24)), ("tunnels_200x60", (200, 60))] {
        let mut app = opened(size);
        press(&mut app, "4 shift-tab", &staging());
        seen(name, &app);
        // Where the tabs leave no room, the line above them has it.
        let shown = text(&app);
        let above: Vec<&str> = shown.lines().take(2).collect();
        assert!(above.iter().any(|line| line.contains("● 5432")), "{name}: {above:?}");
    }
}

#[test]
fn a_tunnel_into_another_environment_says_so_wherever_it_is_told() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut app = opened(size);
        stands(&mut app, 1, ready());
        let glance = |app: &App| {
            let facts = crate::panes::overview::standing::facts(app);
            facts.into_iter().map(|fact| fact.text).find(|text| text.contains("on port 5432")).unwrap_or_default()
        };
        assert!(!glance(&app).contains("into"), "{}", glance(&app));
        crate::app::update::open::switch(&mut app, "prod");
        app.settle();
        assert!(glance(&app).contains("ready on port 5432, into staging"), "{}", glance(&app));
        let drawn = text(&app);
        let above: String = drawn.lines().take(2).collect();
        assert!(above.contains("● staging 5432"), "{drawn}");
        // A key that closes the only one is not meant for it.
        assert_eq!(key(&mut app, "C"), []);
        assert_eq!(app.tunnels.live().count(), 1);
        assert!(app.screen.overlays.is_empty(), "nothing is asked about it");
    }
}

#[test]
fn what_is_copied_of_a_tunnel_is_how_programs_connect_to_it() {
    let mut app = opened((120, 40));
    press(&mut app, "4 shift-tab", &staging());
    let effects = key(&mut app, "y");
    assert!(
        matches!(&effects[..], [Effect::Copy(text)] if text.starts_with("postgresql://app@127.0.0.1:5432/")),
        "{effects:?}"
    );
    // Opened, it says how others connect: the window's lines are copied too.
    key(&mut app, "enter");
    let effects = key(&mut app, "y");
    let [Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    assert!(
        text.contains("psql -h 127.0.0.1 -p 5432 -U app") && text.contains("jdbc:postgresql://127.0.0.1:5432/"),
        "{text}"
    );
}

#[test]
fn where_no_session_is_open_a_tunnel_is_told_with_its_age_and_what_went_through() {
    let mut app = opened((200, 60));
    press(&mut app, "5", &staging());
    app.now += jiff::SignedDuration::from_mins(3);
    let shown = text(&app);
    assert!(shown.contains("  3m, ") && shown.contains(", 21 ms, 1 open, resumed 2 times"), "{shown}");
}

#[test]
fn sessions_beside_the_first_are_told_and_why_there_are_none_once() {
    let mut app = opened((120, 40));
    let why = "who connects beside a transfer shares its session";
    let shared = |received| TunnelStatus { reason: Some(why.into()), received, ..ready() };
    for received in 1..4 {
        stands(&mut app, 1, shared(received));
    }
    let told = app.activity.iter().filter(|entry| {
        entry.text.contains(&format!("ready at 127.0.0.1:5432 through web, task 0123abcd, container web: {why}"))
    });
    assert_eq!(told.count(), 1, "{:?}", app.activity);
    stands(&mut app, 1, TunnelStatus { sessions: 2, ..ready() });
    let facts = whole(&app, "1");
    assert!(facts.iter().any(|fact| fact.text == "2, 1 beside the first"), "{facts:?}");
}

#[test]
fn closing_a_tunnel_with_open_connections_asks() {
    let mut app = opened((80, 24));
    assert_eq!(key(&mut app, "C"), []);
    seen("tunnel_close_80x24", &app);
    let effects = key(&mut app, "enter");
    assert!(effects.contains(&Effect::Leave(ticket(1))), "{effects:?}");
    stands(&mut app, 1, TunnelStatus { phase: Phase::Closed, ..ready() });
    assert!(app.tunnels.list.is_empty());
}

#[test]
fn leaving_says_what_becomes_of_an_open_tunnel() {
    let mut app = opened((80, 24));
    assert_eq!(key(&mut app, "q"), []);
    seen("tunnel_leaving_80x24", &app);
    let typed = |app: &App| {
        let becomes = app.tunnels.list.iter().map(|tunnel| tell::leaving(tunnel, app.session.simulated).1);
        becomes.collect::<String>().contains("cockpit tunnel staging")
    };
    assert!(typed(&app));
    app.session.simulated = true;
    assert!(!typed(&app), "what is typed there leads to the real environment");
    app.session.simulated = false;
    assert_eq!(key(&mut app, "esc"), []);
    stands(&mut app, 1, TunnelStatus { phase: Phase::Closed, ..ready() });
    assert_eq!(key(&mut app, "q"), [Effect::Quit], "nothing is left behind");
}

#[test]
fn a_tunnel_through_a_service_without_ecs_exec_says_how_it_is_switched_on() {
    let mut app = opened((80, 24));
    let standing = TunnelStatus {
        phase: Phase::Failed,
        reason: Some("ECS Exec is off on web".into()),
        hint: Some("switch it on".into()),
        ..TunnelStatus::default()
    };
    stands(&mut app, 1, standing);
    assert!(app.activity.iter().any(|entry| entry.text.contains("ECS Exec is off on web → switch it on")));
}

#[test]
fn a_shell_opens_in_the_selected_task_and_is_written_down_with_it() {
    let mut app = app((120, 40));
    press(&mut app, "2 enter", &staging());
    let effects = key(&mut app, "E");
    let [Effect::Shell(plan)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(plan.command, "/bin/sh");
    assert!(plan.record.command.starts_with("cockpit exec staging bookmark-manager-staging-"), "{plan:?}");
    app.environment.guarded = true;
    assert_eq!(key(&mut app, "E"), [], "a guarded environment asks");
    seen("shell_guarded_120x40", &app);
    key(&mut app, "tab");
    let effects = key(&mut app, "enter");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Shell(_))), "{effects:?}");
}

#[test]
fn a_place_is_chosen_or_typed() {
    let mut app = app((120, 40));
    press(&mut app, ": t u n n e l - t o enter", &staging());
    seen("tunnel_to_120x40", &app);
    let effects = key(&mut app, "enter");
    assert!(order(&effects).is_some(), "{effects:?}");
}

#[test]
fn the_selected_tunnel_is_led_elsewhere_on_its_own_port_once_nobody_is_connected() {
    let mut app = opened((120, 40));
    press(&mut app, "4 shift-tab", &staging());
    let elsewhere = |app: &mut App| {
        press(app, ": t u n n e l - t o enter", &staging());
        // The last line is the one for another place, which is typed.
        for _ in 0..20 {
            key(app, "down");
        }
        key(app, "enter");
        for letter in "db.internal:6000".chars() {
            key(app, &letter.to_string());
        }
        key(app, "enter")
    };
    assert_eq!(elsewhere(&mut app), []);
    let said = app.screen.toast.as_ref().unwrap().0.clone();
    assert!(said.contains("connections are open"), "{said}");
    stands(&mut app, 1, TunnelStatus { open: 0, ..ready() });
    assert_eq!(elsewhere(&mut app), [Effect::Leave(ticket(1))]);
    // Its port is free when it has ended.
    let closed = Fact::Stands(Box::new(TunnelStatus { phase: Phase::Closed, ..ready() }));
    let effects = app.update(Event::Answer(Answer { ticket: ticket(1), requests: 0, part: Part::Last(closed).into() }));
    let order = order(&effects).expect("the other one is opened");
    assert_eq!((order.port, order.to.place().as_str()), (5432, "db.internal:6000"));
    assert_eq!(app.tunnels.list.len(), 1);
}

#[test]
fn an_instance_that_is_stopped_is_started_after_a_yes_and_only_then() {
    let mut app = app((120, 40));
    app.environment.tunnel.instance = Some("bastion".into());
    let effects = key(&mut app, "T");
    let asked = order(&effects).expect("the instance is looked at");
    assert!(!asked.start, "nothing is started unasked");
    let fact = Fact::Stopped("i-0fedcba9876543210".into());
    app.update(Event::Answer(Answer { ticket: ticket(1), requests: 0, part: Part::Last(fact).into() }));
    app.settle();
    assert!(app.tunnels.list.is_empty());
    let asked = tell::confirm(&app).expect("a window asks");
    assert!(asked.command.ends_with("i-0fedcba9876543210") && asked.text[1].1.contains("goes on running"), "{asked:?}");
    let effects = key(&mut app, "enter");
    let asked = order(&effects).expect("it is opened");
    assert!(asked.start);
    assert_eq!(asked.wanted.instance.as_deref(), Some("bastion"));
    // Whoever says no has started nothing.
    let fact = Fact::Stopped("i-0fedcba9876543210".into());
    app.update(Event::Answer(Answer { ticket: ticket(2), requests: 0, part: Part::Last(fact).into() }));
    app.settle();
    assert_eq!(order(&key(&mut app, "esc")), None);
    assert!(app.tunnels.list.is_empty());
}
