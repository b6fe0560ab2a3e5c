//! Tests of keys, the mouse, sizes and answers in any order.

use super::run::run;
use super::*;
use crate::app::Command;
use crate::app::bottom_line;
use crate::app::testing::{at, cases, read, user_input, world};
use crate::model::FailureKind;
use crate::model::key::Code;
use crate::panes::table::TABLE;
use proptest::prelude::*;

/// Everything a person can tell apart: their position and what is shown.
fn seen(app: &App) -> String {
    let screen = &app.screen;
    let logs = &app.panes.logs;
    let line = logs.current().and_then(|pos| logs.store.line(pos)).map(|line| (line.key(), line.marks));
    let lines = (line, logs.follow, logs.wrap, logs.detail, logs.view.len(), logs.shift);
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {} {:?} {lines:?}",
        app.view().name,
        app.focused(),
        screen.lists,
        screen.overlays,
        screen.typing,
        screen.paused,
        screen.toast,
        screen.zoom,
        (&app.panes.services, screen.operation)
    )
}

/// States in which most commands have something to do: the middle of a long list, filtered, and so on.
fn places(world: &crate::app::testing::World) -> Vec<App> {
    let starts = [
        "2 down down down",
        "2 down enter",
        "2 down enter enter",
        "1 tab",
        "8",
        "4 tab",
        "2 / s enter G",
        "? down down",
        ": s",
        "2 p",
        "2 down s s",
        "2 enter tab",
        "? / s v c down enter n",
        "e",
    ];
    let mut apps: Vec<App> = starts
        .iter()
        .map(|keys| {
            let mut app = read(world);
            world.press(&mut app, keys);
            app
        })
        .collect();
    apps.push(read(world));
    apps.push(logs(world));
    apps.push(infra(world));
    apps
}

/// The infra pane with one discovered unit.
fn infra(world: &crate::app::testing::World) -> App {
    use crate::model::infra::{Around, Graph, Tool, Unit};
    let mut app = read(world);
    app.environment.infra.kind = Some(Tool::Terraform);
    let unit = Unit {
        name: "network".into(),
        tool: Tool::Terraform,
        dir: "/units/network".into(),
        workspace: None,
        var_files: Vec::new(),
        depends_on: Vec::new(),
        around: Around::default(),
    };
    let graph = Graph::new(vec![unit]).unwrap();
    app.panes.infra.units = Some(crate::feeds::infra::Units { graph, warnings: Vec::new() });
    world.press(&mut app, "6");
    app
}

/// The logs pane, paused in the middle.
fn logs(world: &crate::app::testing::World) -> App {
    let mut app = read(world);
    world.press(&mut app, "3");
    let source = log_store::Source { service: "svc-00001".into(), ..log_store::Source::default() };
    let source = std::sync::Arc::new(source);
    let lines = (0..400).map(|n| crate::app::logs::follow::ReceivedLine {
        source: std::sync::Arc::clone(&source),
        event: crate::model::logs::LogEvent {
            at: n * 1_000,
            message: if n % 3 == 0 { format!("ERROR line {n}") } else { format!("a word-{}", n % 7) }.into(),
            ..crate::model::logs::LogEvent::default()
        },
        id: n.cast_unsigned() + (1 << 63),
        late: false,
    });
    app.panes.logs.feed(crate::app::logs::follow::Batch { lines: lines.collect(), gaps: Vec::new() });
    app.update(Event::Resize(120, 40));
    app.settle();
    app.panes.logs.select(200);
    app
}

#[test]
fn every_command_has_an_effect_somewhere() {
    let world = world(60, 3);
    let places = places(&world);
    for command in TABLE.commands() {
        let acts = places.iter().cloned().any(|mut app| {
            // Typing in editors and acting on results is tested where editors and results are.
            if matches!(command.scope, Scope::Input | Scope::Text) || command.name().starts_with("query-") {
                return true;
            }
            let before = seen(&app);
            let effects = run(&mut app, command.id);
            app.settle();
            !effects.is_empty() || seen(&app) != before
        });
        assert!(acts, "{} does nothing anywhere", command.name());
    }
}

#[test]
fn every_key_of_typing_edits_the_line() {
    let world = world(60, 3);
    let begun = ["2 / s v c - 0 left left", ": s down"].map(|keys| {
        let mut app = read(&world);
        world.press(&mut app, keys);
        app
    });
    for command in TABLE.commands().filter(|command| command.scope == Scope::Input) {
        for key in command.default_keys() {
            let acts = begun.iter().cloned().any(|mut app| {
                let before = seen(&app);
                app.update(Event::Key(key));
                app.settle();
                seen(&app) != before
            });
            assert!(acts, "{} does nothing by {key}", command.name());
        }
    }
}

#[test]
fn filter_keeps_matching_rows_and_escape_clears_it() {
    let world = world(60, 1);
    let mut app = read(&world);
    world.press(&mut app, "2 / 0 0 0 4");
    assert_eq!(app.screen.list(crate::panes::services::state::LIST).rows.len(), 11);
    world.press(&mut app, "esc");
    assert_eq!(app.screen.list(crate::panes::services::state::LIST).rows.len(), 60);
    world.press(&mut app, "/");
    app.update(Event::Paste("日本語\u{1b}[31m\n".into()));
    app.settle();
    assert_eq!(app.screen.list(crate::panes::services::state::LIST).filter, "日本語[31m");
    assert_eq!(app.screen.list(crate::panes::services::state::LIST).rows.len(), 0);
    world.press(&mut app, "enter down up G g enter y");
    world.press(&mut app, "esc");
    assert_eq!(app.screen.list(crate::panes::services::state::LIST).rows.len(), 60);
}

#[test]
fn keys_between_frames_apply_to_the_rows_left_by_earlier_keys() {
    let world = world(60, 1);
    let mut app = read(&world);
    world.press(&mut app, "2");
    // No frame, so nothing is settled between these keys.
    for key in "/ 0 0 0 4 2 enter enter".split(' ') {
        app.update(Event::Key(key.parse().unwrap()));
    }
    assert_eq!(app.panes.services.service.as_deref(), Some("svc-00042"));
}

#[test]
fn escape_and_key_arriving_together_are_both_handled() {
    let world = world(12, 2);
    for (place, app) in places(&world).into_iter().enumerate() {
        for key in [":", "/", "j", "D", "q", "enter", "backspace", "ctrl-l", "日"] {
            let key: Key = key.parse().unwrap();
            let (mut apart, mut together) = (app.clone(), app.clone());
            let mut effects = user_input(&mut apart, Event::Key(Key::plain(Code::Esc)));
            effects.extend(apart.update(Event::Key(key)));
            let at_once = user_input(&mut together, Event::Key(Key { alt: true, ..key }));
            assert_eq!(format!("{effects:?}"), format!("{at_once:?}"), "{key} at place {place}");
            apart.settle();
            together.settle();
            assert_eq!(seen(&apart), seen(&together), "{key} at place {place}");
        }
    }
}

#[test]
fn bound_alt_key_is_not_split_into_escape() {
    let world = world(60, 3);
    let mut app = read(&world);
    let keys = BTreeMap::from([("palette".into(), vec!["alt-x".into()])]);
    app.keymap = crate::app::keymap::Keymap::new(&TABLE, &keys).unwrap();
    world.press(&mut app, "2 down enter alt-x");
    assert!(app.panes.services.service.is_some(), "it went back");
    assert!(app.screen.typing.is_some(), "the palette is not open");
}

#[test]
fn task_left_open_in_another_pane_is_not_stopped() {
    let world = world(3, 1);
    let mut app = read(&world);
    world.press(&mut app, "2 down enter enter");
    assert!(app.panes.services.task.is_some());
    world.press(&mut app, "4 K");
    assert!(app.operations.list.is_empty(), "{:?}", app.operations.list);
}

#[test]
fn activity_lists_failures_and_recoveries() {
    let mut world = world(3, 1);
    let mut app = read(&world);
    world.failing.insert(Source::Services, FailureKind::Denied);
    for second in 2..20 {
        world.tick(&mut app, second);
    }
    assert_eq!(app.estate.services.value().unwrap().len(), 3);
    assert_eq!(app.activity.iter().filter(|entry| entry.text.contains("cannot read services")).count(), 1);
    world.failing.clear();
    for second in 20..100 {
        world.tick(&mut app, second);
    }
    assert!(app.activity.iter().any(|entry| entry.text == "services can be read again"));
}

#[test]
fn switch_drops_everything_of_the_previous_environment() {
    let mut world = world(3, 1);
    let mut app = read(&world);
    world.press(&mut app, "2 down enter");
    world.silent.extend(Source::ALL);
    world.press(&mut app, "e down enter");
    assert_eq!(app.environment.name, "prod");
    assert!(app.estate.services.value().is_none() && app.estate.derived.services.is_empty());
    assert_eq!(app.panes.services.service, None);
    assert!(app.screen.lists.values().all(|list| list.rows.is_empty()));
}

#[derive(Debug, Clone)]
enum Act {
    Key(Key),
    Paste(String),
    Mouse(Mouse),
    Resize(u16, u16),
    Focus(bool),
    Tick(i64),
    Count(usize),
    Fail(bool),
}

fn key() -> impl Strategy<Value = Key> {
    let bound: Vec<Key> = TABLE.commands().flat_map(Command::default_keys).collect();
    let code = prop_oneof![
        any::<char>().prop_map(Code::Char),
        Just(Code::Esc),
        Just(Code::Enter),
        (1u8..13).prop_map(Code::F),
        Just(Code::BackTab),
    ];
    prop_oneof![
        8 => proptest::sample::select(bound),
        1 => (code, any::<bool>(), any::<bool>()).prop_map(|(code, ctrl, alt)| Key { code, ctrl, alt }),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let mouse = (0u16..210, 0u16..70, 0..3).prop_map(|(x, y, kind)| {
        Act::Mouse(match kind {
            0 => Mouse::Click(x, y),
            1 => Mouse::WheelUp(x, y),
            _ => Mouse::WheelDown(x, y),
        })
    });
    prop_oneof![
        12 => key().prop_map(Act::Key),
        1 => ".{0,12}".prop_map(Act::Paste),
        3 => mouse,
        1 => (0u16..210, 0u16..70).prop_map(|(x, y)| Act::Resize(x, y)),
        1 => any::<bool>().prop_map(Act::Focus),
        2 => (0i64..90).prop_map(Act::Tick),
        1 => (0usize..130).prop_map(Act::Count),
        1 => any::<bool>().prop_map(Act::Fail),
    ]
}

thread_local! {
    /// A session that has read everything; shared because reading costs more than the test cases.
    static READ: App = read(&world(23, 2));
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn random_input_never_panics(acts in proptest::collection::vec(act(), 1..60)) {
        let mut world = world(23, 2);
        let mut app = READ.with(App::clone);
        let mut now = 1;
        for act in acts {
            let event = match act {
                Act::Key(key) => Event::Key(key),
                Act::Paste(text) => Event::Paste(text),
                Act::Mouse(mouse) => Event::Mouse(mouse),
                Act::Resize(columns, rows) => Event::Resize(columns, rows),
                Act::Focus(focused) => Event::Focus(focused),
                Act::Tick(seconds) => {
                    now += seconds;
                    Event::Tick(at(now))
                }
                Act::Count(services) => {
                    world.services = services;
                    continue;
                }
                Act::Fail(fails) => {
                    world.failing = if fails { [(Source::Services, FailureKind::Timeout)].into() } else { BTreeMap::new() };
                    continue;
                }
            };
            let effects = app.update(event);
            world.answer(&mut app, effects);
            app.settle();
            let lists = app.view().names().filter_map(|block| app.screen.list_of(block));
            for list in lists.chain(app.screen.overlays.last().map(|overlay| &overlay.list)) {
                if let Some(selected) = list.selected() && list.height > 0 {
                    prop_assert!(list.window().iter().any(|row| row == selected), "{list:?}");
                }
                prop_assert!(list.rows.is_empty() || list.selected().is_some());
            }
            prop_assert!(!bottom_line::commands(&app).is_empty());
        }
    }
}

/// Lines arrive between a frame and a key: the key must apply to the line that the person sees or searches for.
#[test]
fn keys_apply_to_the_visible_line_despite_lines_since_the_last_frame() {
    let world = world(4, 1);
    for late in [0, 100_500, 399_000] {
        let mut app = logs(&world);
        let feed = |app: &mut App, at: i64, message: &str, id: u64| {
            let source = log_store::Source { service: "svc-00002".into(), ..log_store::Source::default() };
            let event =
                crate::model::logs::LogEvent { at, message: message.into(), ..crate::model::logs::LogEvent::default() };
            let source = std::sync::Arc::new(source);
            let line = crate::app::logs::follow::ReceivedLine { source, event, id, late: true };
            app.panes.logs.feed(crate::app::logs::follow::Batch { lines: vec![line], gaps: Vec::new() });
        };
        let shown = |app: &App| {
            let pos = app.panes.logs.current().unwrap();
            app.panes.logs.store.line(pos).unwrap().text.to_owned()
        };
        let before = shown(&app);
        for n in 0..300 {
            feed(&mut app, late, &format!("late {n}"), n);
        }
        world.press(&mut app, "j k");
        assert_eq!(shown(&app), before, "late lines at {late}");
        feed(&mut app, late, "a needle", 1_000);
        world.press(&mut app, "/ n e e d l e");
        for n in 0..300 {
            feed(&mut app, late, &format!("later {n}"), 2_000 + n);
        }
        world.press(&mut app, "enter");
        assert_eq!(shown(&app), "a needle", "late lines at {late}");
        app.settle();
        assert_eq!(shown(&app), "a needle", "late lines at {late}");
    }
}

/// A tab shows its key, so clicking it must do the same.
#[test]
fn click_on_a_tab_does_the_same_as_its_key() {
    let world = world(3, 1);
    let mut x = 2;
    for pane in TABLE.tabs() {
        let (mut pressed, mut clicked) = (read(&world), read(&world));
        world.press(&mut pressed, "2 down enter");
        world.press(&mut clicked, "2 down enter");
        world.press(&mut pressed, pane.key);
        clicked.update(Event::Mouse(Mouse::Click(x, 1)));
        clicked.settle();
        assert_eq!(seen(&clicked), seen(&pressed), "{}", pane.title);
        assert_eq!(clicked.panes.logs.was_opened(), pressed.panes.logs.was_opened(), "{}", pane.title);
        x += pane.title.len() as u16 + 4;
    }
}
