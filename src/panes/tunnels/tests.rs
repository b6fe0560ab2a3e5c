//! The Tunnels pane, driven by keys.

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::testing::user_input;
use crate::app::tunnels::block::details;
use crate::app::tunnels::state::ticket;
use crate::app::tunnels::texts;
use crate::feeds::part::Part;
use crate::feeds::tunnels::{Ask, Fact, TunnelOrder};
use crate::model::key::Key;
use crate::model::tunnel::status::{Phase, TunnelStatus};
use crate::ui::testing::pictures::assert_screen;
use crate::ui::testing::*;
use std::time::Duration;

fn app(size: (u16, u16)) -> App {
    let mut app = loaded_app(&staging(), size);
    app.environment.tunnel.service = Some("web".into());
    app.environment.tunnel.user = Some("app".into());
    app
}

fn key(app: &mut App, key: &str) -> Vec<Effect> {
    let effects = user_input(app, Event::Key(key.parse::<Key>().unwrap()));
    app.settle();
    effects
}

fn order(effects: &[Effect]) -> Option<TunnelOrder> {
    effects.iter().find_map(|effect| match effect {
        Effect::Fetch { ask: crate::feeds::Ask::Tunnels(Ask::Open(order)), .. } => Some((**order).clone()),
        _ => None,
    })
}

fn stands(app: &mut App, number: u64, standing: TunnelStatus) {
    let fact = Fact::Status(Box::new(standing));
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

/// An app with a ready tunnel that one key opened.
fn opened(size: (u16, u16)) -> App {
    let mut app = app(size);
    let effects = key(&mut app, "T");
    let order = order(&effects).expect("a tunnel is opened");
    assert_eq!((order.port, order.wanted.service.as_str()), (5432, "bookmark-manager-staging-web"));
    let fact = Fact::Listening("127.0.0.1:5432".into());
    app.update(Event::Answer(Answer { ticket: ticket(1), requests: 0, part: Part::Page(fact).into() }));
    stands(&mut app, 1, ready());
    app
}

#[test]
fn one_key_opens_a_tunnel_to_the_writer_and_the_tabs_line_shows_it() {
    for (name, size) in [("tunnels_60x15", (60, 15)), ("tunnels_80x24", (80, 24)), ("tunnels_200x60", (200, 60))] {
        let mut app = opened(size);
        press(&mut app, "4 shift-tab", &staging());
        assert_screen(name, &app);
        // If the tabs leave no room, the top line shows the tunnel.
        let shown = text(&app);
        let above: Vec<&str> = shown.lines().take(2).collect();
        assert!(above.iter().any(|line| line.contains("● 5432")), "{name}: {above:?}");
    }
}

#[test]
fn tunnel_into_another_environment_always_names_it() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut app = opened(size);
        stands(&mut app, 1, ready());
        let glance = |app: &App| {
            let facts = crate::panes::overview::glance::facts(app);
            facts.into_iter().map(|fact| fact.text).find(|text| text.contains("on port 5432")).unwrap_or_default()
        };
        assert!(!glance(&app).contains("into"), "{}", glance(&app));
        crate::app::update::open::switch(&mut app, "prod");
        app.settle();
        assert!(glance(&app).contains("ready on port 5432, into staging"), "{}", glance(&app));
        let drawn = text(&app);
        let above: String = drawn.lines().take(2).collect();
        assert!(above.contains("● staging 5432"), "{drawn}");
        // The key that closes the only tunnel ignores tunnels of another environment.
        assert_eq!(key(&mut app, "C"), []);
        assert_eq!(app.tunnels.live().count(), 1);
        assert!(app.screen.overlays.is_empty(), "no question is asked");
    }
}

#[test]
fn copying_a_tunnel_copies_its_connection_settings() {
    let mut app = opened((120, 40));
    press(&mut app, "4 shift-tab", &staging());
    let effects = key(&mut app, "y");
    assert!(
        matches!(&effects[..], [Effect::Copy(text)] if text.starts_with("postgresql://app@127.0.0.1:5432/")),
        "{effects:?}"
    );
    // The opened tunnel shows how programs connect, and its window can be copied too.
    key(&mut app, "enter");
    let effects = key(&mut app, "y");
    let [Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    assert!(
        text.contains("psql -h 127.0.0.1 -p 5432 -U app") && text.contains("jdbc:postgresql://127.0.0.1:5432/"),
        "{text}"
    );
}

#[test]
fn query_pane_without_a_session_shows_tunnel_age_and_traffic() {
    let mut app = opened((200, 60));
    press(&mut app, "5", &staging());
    app.now += jiff::SignedDuration::from_mins(3);
    let shown = text(&app);
    assert!(shown.contains("  3m, ") && shown.contains(", 21 ms, 1 open, resumed 2 times"), "{shown}");
}

#[test]
fn additional_sessions_are_counted_and_a_shared_session_is_explained_once() {
    let mut app = opened((120, 40));
    let why = "who connects beside a transfer shares its session";
    let shared = |received| TunnelStatus { reason: Some(why.into()), received, ..ready() };
    for received in 1..4 {
        stands(&mut app, 1, shared(received));
    }
    let explained = app.activity.iter().filter(|entry| {
        entry.text.contains(&format!("ready at 127.0.0.1:5432 through web, task 0123abcd, container web: {why}"))
    });
    assert_eq!(explained.count(), 1, "{:?}", app.activity);
    stands(&mut app, 1, TunnelStatus { sessions: 2, ..ready() });
    let facts = details(&app, "1");
    assert!(facts.iter().any(|fact| fact.text == "2, 1 beside the first"), "{facts:?}");
}

#[test]
fn closing_a_tunnel_with_open_connections_asks_first() {
    let mut app = opened((80, 24));
    assert_eq!(key(&mut app, "C"), []);
    assert_screen("tunnel_close_80x24", &app);
    let effects = key(&mut app, "enter");
    assert!(effects.contains(&Effect::CancelFetch(ticket(1))), "{effects:?}");
    stands(&mut app, 1, TunnelStatus { phase: Phase::Closed, ..ready() });
    assert!(app.tunnels.list.is_empty());
}

#[test]
fn quitting_explains_the_effect_on_an_open_tunnel() {
    let mut app = opened((80, 24));
    assert_eq!(key(&mut app, "q"), []);
    assert_screen("tunnel_leaving_80x24", &app);
    let typed = |app: &App| {
        let explanations = app.tunnels.list.iter().map(|tunnel| texts::left_open_note(tunnel, app.session.simulated).1);
        explanations.collect::<String>().contains("cockpit tunnel staging")
    };
    assert!(typed(&app));
    app.session.simulated = true;
    assert!(!typed(&app), "the suggested command would open a tunnel to the real environment");
    app.session.simulated = false;
    assert_eq!(key(&mut app, "esc"), []);
    stands(&mut app, 1, TunnelStatus { phase: Phase::Closed, ..ready() });
    assert_eq!(key(&mut app, "q"), [Effect::Quit], "nothing is left behind");
}

#[test]
fn tunnel_through_a_service_without_ecs_exec_hints_how_to_enable_it() {
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
fn shell_opens_in_the_selected_task_with_an_audit_record() {
    let mut app = app((120, 40));
    press(&mut app, "2 enter", &staging());
    let effects = key(&mut app, "E");
    let [Effect::Shell(plan)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(plan.command, "/bin/sh");
    assert!(plan.record.command.starts_with("cockpit exec staging bookmark-manager-staging-"), "{plan:?}");
    app.environment.guarded = true;
    assert_eq!(key(&mut app, "E"), [], "a guarded environment asks");
    assert_screen("shell_guarded_120x40", &app);
    key(&mut app, "tab");
    let effects = key(&mut app, "enter");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Shell(_))), "{effects:?}");
}

#[test]
fn tunnel_target_can_be_chosen_from_a_list() {
    let mut app = app((120, 40));
    press(&mut app, ": t u n n e l - t o enter", &staging());
    assert_screen("tunnel_to_120x40", &app);
    let effects = key(&mut app, "enter");
    assert!(order(&effects).is_some(), "{effects:?}");
}

#[test]
fn idle_tunnel_can_be_redirected_and_keeps_its_port() {
    let mut app = opened((120, 40));
    press(&mut app, "4 shift-tab", &staging());
    let elsewhere = |app: &mut App| {
        press(app, ": t u n n e l - t o enter", &staging());
        // The last line opens the input for another target.
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
    let message = app.screen.toast.as_ref().unwrap().0.clone();
    assert!(message.contains("connections are open"), "{message}");
    stands(&mut app, 1, TunnelStatus { open: 0, ..ready() });
    assert_eq!(elsewhere(&mut app), [Effect::CancelFetch(ticket(1))]);
    // The port is free again once the old tunnel has closed.
    let closed = Fact::Status(Box::new(TunnelStatus { phase: Phase::Closed, ..ready() }));
    let effects = app.update(Event::Answer(Answer { ticket: ticket(1), requests: 0, part: Part::Last(closed).into() }));
    let order = order(&effects).expect("the other one is opened");
    assert_eq!((order.port, order.to.host_and_port().as_str()), (5432, "db.internal:6000"));
    assert_eq!(app.tunnels.list.len(), 1);
}

#[test]
fn stopped_instance_is_started_only_after_confirmation() {
    let mut app = app((120, 40));
    app.environment.tunnel.instance = Some("bastion".into());
    let effects = key(&mut app, "T");
    let asked = order(&effects).expect("the instance is checked");
    assert!(!asked.start, "nothing is started without confirmation");
    let fact = Fact::Stopped("i-0fedcba9876543210".into());
    app.update(Event::Answer(Answer { ticket: ticket(1), requests: 0, part: Part::Last(fact).into() }));
    app.settle();
    assert!(app.tunnels.list.is_empty());
    let asked = texts::confirm(&app).expect("a window asks");
    assert!(asked.command.ends_with("i-0fedcba9876543210") && asked.text[1].1.contains("keeps running"), "{asked:?}");
    let effects = key(&mut app, "enter");
    let asked = order(&effects).expect("it is opened");
    assert!(asked.start);
    assert_eq!(asked.wanted.instance.as_deref(), Some("bastion"));
    // Declining starts nothing.
    let fact = Fact::Stopped("i-0fedcba9876543210".into());
    app.update(Event::Answer(Answer { ticket: ticket(2), requests: 0, part: Part::Last(fact).into() }));
    app.settle();
    assert_eq!(order(&key(&mut app, "esc")), None);
    assert!(app.tunnels.list.is_empty());
}
