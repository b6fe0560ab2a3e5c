//! The Logs pane, driven by keys.

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::{Answer, Event};
use crate::app::logs::follow::Batch;
use crate::config::EnvironmentConfig;
use crate::feeds::Ask;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::logs::{LogEvent, LogPage};
use crate::ui::testing::logs::{FAILED, PINO, batch, line};
use crate::ui::testing::pictures::assert_screen;
use crate::ui::testing::*;
use log_store::{Level, Source};
use std::sync::Arc;

pub(super) fn open(size: (u16, u16), count: i64) -> App {
    let world = staging();
    let mut app = loaded_app(&world, size);
    press(&mut app, "3", &world);
    app.panes.logs.feed(batch(count));
    app.update(Event::Resize(size.0, size.1));
    app.settle();
    app
}

fn keys(app: &mut App, keys: &str) {
    press(app, keys, &staging());
}

fn selected(app: &App) -> String {
    let pos = app.panes.logs.current().expect("a line");
    app.panes.logs.store.line(pos).expect("a line").text.to_owned()
}

#[test]
fn logs_fit_every_size() {
    for (name, size) in
        [("logs_60x15", (60, 15)), ("logs_80x24", (80, 24)), ("logs_120x40", (120, 40)), ("logs_200x60", (200, 60))]
    {
        assert_screen(name, &open(size, 400));
    }
    assert_screen("logs_none_80x24", &open_empty());
    let mut app = open((80, 24), 400);
    keys(&mut app, "& s t a t u s : 5 x x enter / e r r o r e d enter w");
    assert_screen("logs_filtered_80x24", &app);
    let mut app = open((100, 30), 400);
    keys(&mut app, "v v v enter");
    assert_screen("logs_event_100x30", &app);
}

#[test]
fn axis_times_are_complete_if_the_last_line_is_selected() {
    for size in [(60, 15), (80, 24), (200, 60)] {
        let app = open(size, 400);
        let (from, to) = app.panes.logs.span;
        let label = |at| super::lines_view::clock(at, &app.zone(), false);
        let drawn = text(&app);
        let axis = drawn.lines().find(|line| line.contains(&format!("{} ", label(from)))).unwrap_or_default();
        assert!(axis.contains(&format!("{}│", label(to))) || axis.contains(&format!("{} ", label(to))), "{drawn}");
    }
}

fn open_empty() -> App {
    let world = staging();
    let mut app = loaded_app(&world, (80, 24));
    press(&mut app, "3", &world);
    app
}

#[test]
fn moving_up_stops_following_and_follow_key_resumes_it() {
    let mut app = open((80, 24), 400);
    assert!(app.panes.logs.follow);
    keys(&mut app, "k k");
    let held = selected(&app);
    assert!(!app.panes.logs.follow);
    let end = now().as_millisecond();
    let lines = (0..7).map(|n| line("bookmark-manager-api", end + n, "new", false)).collect();
    app.panes.logs.feed(Batch { lines, gaps: Vec::new() });
    app.update(Event::Resize(80, 24));
    app.settle();
    assert_eq!((selected(&app), app.panes.logs.new_lines), (held, 7), "the window stays where it was");
    assert!(text(&app).contains("7 new ↓"), "{}", text(&app));
    keys(&mut app, "f");
    assert_eq!((selected(&app).as_str(), app.panes.logs.follow, app.panes.logs.new_lines), ("new", true, 0));
    // A late line among the shown ones does not move the view.
    keys(&mut app, "k");
    let held = selected(&app);
    app.panes
        .logs
        .feed(Batch { lines: vec![line("bookmark-manager-api", end - 60_000, "late", true)], gaps: Vec::new() });
    app.update(Event::Resize(80, 24));
    app.settle();
    assert_eq!(selected(&app), held);
    keys(&mut app, "G");
    assert!(app.panes.logs.follow);
}

#[test]
fn search_filter_level_and_mute_select_lines() {
    let mut app = open((120, 40), 400);
    let all = app.panes.logs.view.len();
    keys(&mut app, "/ e r r o r e d");
    assert_eq!(app.panes.logs.matches.as_ref().expect("as one types").len(), 10);
    keys(&mut app, "enter");
    assert_eq!(selected(&app), FAILED);
    let first = app.panes.logs.selected_index;
    keys(&mut app, "N");
    assert!(app.panes.logs.selected_index < first && selected(&app) == FAILED);
    keys(&mut app, "n");
    assert_eq!(app.panes.logs.selected_index, first);
    keys(&mut app, "esc v v v");
    assert_eq!(app.panes.logs.level, Level::Error);
    assert_eq!(app.panes.logs.view.len(), 10 + 20 + 1, "errors, traces with theirs, and the gap");
    keys(&mut app, "v & l a t e n c y > 5 0 0 m s enter");
    assert_eq!(app.panes.logs.view.len(), 20 + 1);
    keys(&mut app, "esc & l e v e l > = b a d enter");
    assert!(app.panes.logs.filter_error.is_some());
    assert!(text(&app).contains("^^^"), "{}", text(&app));
    keys(&mut app, "esc esc");
    assert_eq!(app.panes.logs.view.len(), all);
    keys(&mut app, "g k");
    app.panes.logs.seek(0);
    keys(&mut app, "j");
    assert_eq!(selected(&app), " GET /bookmarks \u{1b}[32m200\u{1b}[39m in 1ms");
    keys(&mut app, "-");
    assert!(app.panes.logs.view.len() < all - 100, "all lines of that pattern are gone");
    keys(&mut app, "=");
    assert_eq!(app.panes.logs.view.len(), all);
    keys(&mut app, "/ / a ( enter");
    assert!(text(&app).contains("unclosed group"), "{}", text(&app));
}

#[test]
fn line_opens_its_task_and_task_opens_its_lines() {
    let world = staging();
    let mut app = loaded_app(&world, (120, 40));
    press(&mut app, "2 enter enter ctrl-l", &world);
    assert_eq!(app.screen.pane, crate::panes::logs::state::ID);
    assert!(app.panes.logs.filter.starts_with("task:"), "{}", app.panes.logs.filter);
    let service = app.estate.derived.services[0].name.clone();
    let task = app.estate.tasks_of(&service).next().expect("a task").id.clone();
    let mut arrived = line(&service, now().as_millisecond(), "hello", false);
    let source = Source { task: task.clone(), ..(*arrived.source).clone() };
    arrived.source = Arc::new(source);
    app.panes.logs.feed(Batch { lines: vec![arrived], gaps: Vec::new() });
    press(&mut app, "esc f ctrl-o", &world);
    assert_eq!(
        (app.screen.pane, app.panes.services.task.as_deref()),
        (crate::panes::services::state::ID, Some(task.as_str()))
    );
}

#[test]
fn nothing_is_requested_before_opening_and_polling_continues_while_paused() {
    let world = staging();
    let mut app = loaded_app(&world, (80, 24));
    let pages = |effects: &[Effect]| {
        effects.iter().filter(|e| matches!(e, Effect::Fetch { ask: Ask::Aws(Query::LogPage(_)), .. })).count()
    };
    let later = now() + jiff::SignedDuration::from_secs(5);
    assert_eq!(pages(&app.update(Event::Tick(later))), 0);
    let asked = app.update(Event::Key("3".parse().expect("a key")));
    assert!(pages(&asked) > 0);
    let Some(Effect::Fetch { ticket, .. }) =
        asked.iter().find(|e| matches!(e, Effect::Fetch { ask: Ask::Aws(Query::LogPage(_)), .. })).cloned()
    else {
        panic!("a page");
    };
    app.update(Event::Key("p".parse().expect("a key")));
    let event = LogEvent {
        id: "1".into(),
        stream: "odd".into(),
        at: now().as_millisecond(),
        ingested: now().as_millisecond(),
        message: "came while paused".into(),
    };
    let page = LogPage { events: vec![event], next: None };
    app.update(Event::Answer(Answer { ticket, requests: 1, part: Part::Last(Fact::LogPage(page)).into() }));
    app.settle();
    assert_eq!(app.panes.logs.store.len(), 1, "a pause loses nothing");
    app.update(Event::CredentialsRenewed(ticket));
    let after = later + jiff::SignedDuration::from_secs(9);
    assert_eq!(pages(&app.update(Event::Tick(after))), 0, "the account of the new credentials is checked first");
}

#[test]
fn frame_under_heavy_load_is_quick() {
    // 50,000 lines a second are 800 per frame. This checks the order of magnitude; the benchmark measures the exact figure.
    let mut app = open((200, 60), 45_000);
    keys(&mut app, "& l a t e n c y > 5 0 0 m s enter");
    let end = now().as_millisecond();
    for frame in 0..20 {
        let lines = (0..800).map(|n| line("bookmark-manager-api", end + frame * 16 + n / 50, PINO, false)).collect();
        app.panes.logs.feed(Batch { lines, gaps: Vec::new() });
        app.update(Event::Resize(200, 60));
        app.settle();
        assert!(text(&app).contains("Logs"));
    }
}

/// The page requests among the effects: ticket, from, to.
fn asked(effects: &[Effect]) -> Vec<(crate::app::ticket::Ticket, i64, i64)> {
    let pages = effects.iter().filter_map(|effect| match effect {
        Effect::Fetch { ticket, ask: Ask::Aws(Query::LogPage(window)), .. } => Some((*ticket, window.from, window.to?)),
        _ => None,
    });
    pages.collect()
}

pub(super) fn key(app: &mut App, key: &str) -> Vec<Effect> {
    let effects = user_input(app, Event::Key(key.parse().expect("a key")));
    app.settle();
    effects
}

#[test]
fn scrolling_past_the_top_reads_older_lines_and_escape_stops_it() {
    let mut app = open((80, 24), 400);
    let first = app.panes.logs.store.span().expect("lines").0;
    key(&mut app, "g");
    let pages = asked(&key(&mut app, "k"));
    let older = pages.iter().find(|(_, _, to)| *to < first).expect("older lines are requested");
    assert!(app.panes.logs.older_read.is_some());
    assert!(text(&app).contains("reading older lines"), "{}", text(&app));
    let event = LogEvent {
        id: "old".into(),
        stream: "s".into(),
        at: older.1 + 5,
        ingested: older.1 + 5,
        message: "an older line".into(),
    };
    let page = LogPage { events: vec![event], next: Some("more".into()) };
    app.update(Event::Answer(Answer { ticket: older.0, requests: 1, part: Part::Last(Fact::LogPage(page)).into() }));
    app.settle();
    assert_eq!(app.panes.logs.store.span().expect("lines").0, older.1 + 5, "it stands before the others");
    assert_eq!(app.panes.logs.selected_index, 1, "the selected line stayed where it was");
    key(&mut app, "esc");
    assert!(app.panes.logs.older_read.is_none());
    for typed in ["t", "1", "0", ":", "0", "0"] {
        key(&mut app, typed);
    }
    let pages = asked(&key(&mut app, "enter"));
    let ten: jiff::Timestamp = "2026-11-20T01:00:00Z".parse().expect("valid");
    assert!(pages.iter().any(|(_, from, _)| *from == ten.as_millisecond() - 60_000), "{pages:?}");
}

pub(super) fn typed(app: &mut App, text: &str) {
    for c in text.chars() {
        key(app, &c.to_string());
    }
}

#[test]
fn jump_time_is_compared_with_the_service_clock() {
    for minutes in [-10, 10] {
        let mut app = open((120, 40), 40);
        app.update(Event::Clock(jiff::SignedDuration::from_mins(minutes)));
        for past in ["5m", "1s"] {
            key(&mut app, "t");
            typed(&mut app, past);
            key(&mut app, "enter");
            assert!(!text(&app).contains("is in the future"), "{minutes} {past}: {}", text(&app));
        }
        let later = app.service_now() + jiff::SignedDuration::from_mins(5);
        key(&mut app, "t");
        typed(&mut app, &later.to_string());
        key(&mut app, "enter");
        assert!(text(&app).contains("is in the future"), "{minutes}: {}", text(&app));
    }
}

#[test]
fn switched_off_live_tail_is_closed() {
    let mut app = open((120, 40), 40);
    let on = key(&mut app, "ctrl-t");
    let live = on.iter().find_map(|effect| match effect {
        Effect::Fetch { ticket, ask: Ask::Aws(Query::LiveTail { .. }), .. } => Some(*ticket),
        _ => None,
    });
    let live = live.expect("it is opened");
    let off = key(&mut app, "ctrl-t");
    assert!(off.contains(&Effect::CancelFetch(live)), "it costs by the minute: {off:?}");
}

#[test]
fn selected_field_stays_selected_while_lines_arrive() {
    let mut app = open((120, 40), 400);
    key(&mut app, "c");
    for _ in 0..5 {
        key(&mut app, "j");
    }
    let chosen =
        |app: &App| app.screen.overlays.last().and_then(|window| window.selected()).map(|line| line.choice.clone());
    let before = chosen(&app);
    let end = now().as_millisecond();
    let lines = (0..200).map(|n| line("bookmark-manager-api", end + n, r#"{"a":1,"b":2,"msg":"x"}"#, false)).collect();
    app.panes.logs.feed(Batch { lines, gaps: Vec::new() });
    app.update(Event::Resize(120, 40));
    app.settle();
    assert_eq!(chosen(&app), before);
}

#[test]
fn chosen_fields_are_shown_in_columns() {
    let mut app = open((120, 40), 400);
    key(&mut app, "c");
    let screen = text(&app);
    assert!(screen.contains("res.statusCode") && screen.contains("req.url"), "{screen}");
    for field in ["responseTime", "statusCode"] {
        key(&mut app, "/");
        typed(&mut app, field);
        key(&mut app, "enter");
        key(&mut app, "enter");
        key(&mut app, "/");
        key(&mut app, "ctrl-u");
        key(&mut app, "enter");
    }
    key(&mut app, "esc");
    assert_eq!(app.panes.logs.columns, ["responseTime", "res.statusCode"]);
    assert_screen("logs_columns_120x40", &app);
    key(&mut app, "d");
    assert!(!text(&app).contains("req.method="), "the message alone: {}", text(&app));
}

#[test]
fn filter_is_saved_and_chosen_by_its_name() {
    let mut app = open((120, 40), 400);
    key(&mut app, "&");
    typed(&mut app, "latency>500ms");
    key(&mut app, "enter");
    let shown = app.panes.logs.view.len();
    key(&mut app, "+");
    typed(&mut app, "slow");
    let effects = key(&mut app, "enter");
    let saved = |filter: Option<&str>| Effect::SaveFilter { name: "slow".into(), filter: filter.map(str::to_owned) };
    assert_eq!(effects, [saved(Some("latency>500ms"))]);
    key(&mut app, "esc");
    assert!(app.panes.logs.view.len() > shown);
    // Saving without a filter keeps the one saved under that name.
    key(&mut app, "+");
    typed(&mut app, "slow");
    assert_eq!(key(&mut app, "enter"), []);
    key(&mut app, "*");
    assert!(text(&app).contains("latency>500ms (saved)"), "{}", text(&app));
    key(&mut app, "enter");
    assert_eq!((app.panes.logs.filter.as_str(), app.panes.logs.view.len()), ("@slow", shown));
    key(&mut app, "+");
    typed(&mut app, "a:b");
    assert_eq!(key(&mut app, "enter"), []);
    key(&mut app, "+");
    typed(&mut app, "-slow");
    assert_eq!(key(&mut app, "enter"), [saved(None)]);
    assert!(app.panes.logs.filter_error.is_some(), "lines of the removed filter are not shown as if it still existed");
}

#[test]
fn range_of_lines_is_marked_and_copied() {
    let mut app = open((120, 40), 400);
    assert_eq!(key(&mut app, "ctrl-y"), [], "nothing is marked");
    key(&mut app, "k");
    key(&mut app, "m");
    for _ in 0..4 {
        key(&mut app, "k");
    }
    let top = selected(&app);
    key(&mut app, ".");
    let effects = key(&mut app, "ctrl-y");
    let Some(Effect::Copy(text)) = effects.first() else { panic!("{effects:?}") };
    assert!(text.starts_with(&top) && text.lines().count() >= 5, "{text}");
    let effects = {
        key(&mut app, "ctrl-s");
        key(&mut app, "enter")
    };
    let Some(Effect::Save { path, text }) = effects.first() else { panic!("{effects:?}") };
    assert_eq!((path.as_str(), text.lines().count()), ("logs.jsonl", 5));
    for line in text.lines() {
        let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(object["schema"], "cockpit.log/1");
    }
}

#[test]
fn arriving_lines_are_written_to_the_tee_file_until_it_fails() {
    use crate::app::effect::Tee;
    let mut app = open((120, 40), 40);
    key(&mut app, ">");
    assert_eq!(key(&mut app, "enter"), [Effect::Tee(Tee::Open("tee.jsonl".into()))]);
    let lines = vec![line("bookmark-manager-api", now().as_millisecond(), "a \u{1b}[2J line", false)];
    app.panes.logs.feed(Batch { lines, gaps: Vec::new() });
    let effects = app.update(Event::Tick(now() + jiff::SignedDuration::from_secs(1)));
    let Some(Effect::Tee(Tee::Lines(text))) = effects.iter().find(|effect| matches!(effect, Effect::Tee(_))) else {
        panic!("{effects:?}");
    };
    let object: serde_json::Value = serde_json::from_str(text).expect("one line");
    assert_eq!(object["raw"], "a \u{1b}[2J line");
    // A line that is already known was written already.
    let lines = vec![line("bookmark-manager-api", now().as_millisecond(), "a \u{1b}[2J line", false)];
    app.panes.logs.feed(Batch { lines, gaps: Vec::new() });
    let effects = app.update(Event::Tick(now() + jiff::SignedDuration::from_secs(2)));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Tee(_))), "{effects:?}");
    assert!(crate::ui::testing::text(&app).contains("→tee.jsonl"));
    app.update(Event::TeeFailed("no space left on device".into()));
    app.settle();
    let screen = crate::ui::testing::text(&app);
    assert!(!screen.contains("→tee.jsonl") && screen.contains("no space left on device"), "{screen}");
    key(&mut app, ">");
    key(&mut app, "enter");
    assert_eq!(key(&mut app, ">"), [Effect::Tee(Tee::Close)]);
    // Switching the environment ends the tee with a message.
    key(&mut app, ">");
    key(&mut app, "enter");
    let lines = vec![line("bookmark-manager-api", now().as_millisecond() + 5, "the last", false)];
    app.panes.logs.feed(Batch { lines, gaps: Vec::new() });
    let mut effects = Vec::new();
    for pressed in "e / s t a g i n g enter enter".split(' ') {
        effects.extend(key(&mut app, pressed));
    }
    let tees: Vec<&Effect> = effects.iter().filter(|effect| matches!(effect, Effect::Tee(_))).collect();
    assert!(matches!(tees[..], [Effect::Tee(Tee::Lines(_)), Effect::Tee(Tee::Close)]), "{effects:?}");
    assert!(app.activity.iter().any(|entry| entry.text.contains("tee.jsonl gets no more lines")));
}

#[test]
fn click_selects_a_line_and_opens_the_selected_one() {
    use crate::app::event::Mouse;
    let mut app = open((120, 40), 400);
    let screen = text(&app);
    let row = screen.lines().position(|line| line.contains("プロフィール")).expect("such a line") as u16;
    app.update(Event::Mouse(Mouse::Click(30, row)));
    app.settle();
    assert!(selected(&app).contains("プロフィール"), "{}", selected(&app));
    assert!(!app.panes.logs.follow);
    app.update(Event::Mouse(Mouse::Click(30, row)));
    app.settle();
    assert!(text(&app).contains("Event"), "{}", text(&app));
    app.update(Event::Key("esc".parse().expect("a key")));
    app.update(Event::Mouse(Mouse::WheelUp(30, 20)));
    app.settle();
    assert!(!selected(&app).contains("プロフィール"));
}

#[test]
fn wrong_account_is_shown_instead_of_an_endless_search() {
    let elsewhere = EnvironmentConfig { account: Some("999999999999".into()), ..environment("staging") };
    let mut app = loaded_app_in(elsewhere, &staging(), (120, 40));
    keys(&mut app, "3");
    assert!(text(&app).contains("these credentials are for account"), "{}", text(&app));
}
