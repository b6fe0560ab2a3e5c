//! What keys do in the pane, and what is typed there.

use super::pane::{Columns, LogsPane, Prompt, START};
use super::windows::{presets, sources};
use super::written;
use crate::app::App;
use crate::app::command::Id;
use crate::app::effect::Effect;
use crate::app::overlay;
use crate::app::screen::Pane;
use crate::model::logs::Ms;
use crate::model::text;
use jiff::Timestamp;
use log_store::block::mark;
use log_store::{Level, fields, parse, shape};
use std::fmt::Write as _;

/// The most lines that are written into a file at once.
const EXPORT: usize = 1_000_000;

/// Moves the selection; at the top it asks for older lines.
pub fn step(app: &mut App, by: isize) {
    let logs = &mut app.logs;
    if by < 0 && logs.place == 0 && logs.store.span().is_some() {
        older(app);
        return;
    }
    let last = logs.view.len().saturating_sub(1);
    let place = logs.place.saturating_add_signed(by);
    // Beyond the last line is following it.
    logs.select(if by > 0 && place >= last && by > last as isize { last + 1 } else { place.min(last) });
}

/// A page, or a part of one.
pub fn page(app: &mut App, direction: isize, part: isize) {
    let rows = (app.logs.height as isize / part).max(1);
    step(app, direction * rows);
}

/// Reads what is older than the first line.
pub fn older(app: &mut App) {
    let Some((first, last)) = app.logs.store.span() else { return };
    // As much again as is there, at least a quarter of an hour.
    let span = (last - first).clamp(START, 24 * 3_600_000);
    let text = match app.logs.read_past(first - span, first - 1) {
        Ok(()) => "reading older lines (Esc stops)".to_owned(),
        Err(why) => why.to_owned(),
    };
    app.say(text);
}

/// To the next or previous line that has what is looked for.
pub fn jump(app: &mut App, forward: bool) {
    let logs = &mut app.logs;
    let Some(found) = &logs.found else {
        app.say("nothing is looked for: / searches".to_owned());
        return;
    };
    let Some(pos) = logs.current() else { return };
    let rank = found.rank(&logs.store, pos);
    let here = found.nth(&logs.store, rank) == Some(pos);
    let count = found.len();
    if count == 0 {
        let more = if logs.store.evicted() > 0 { ", and older lines fell out" } else { "" };
        let text = format!("nothing here has {:?}{more}: u searches all of the past with Insights", logs.search);
        app.say(text);
        return;
    }
    let next = match (forward, here) {
        (true, true) => (rank + 1) % count,
        (true, false) => rank % count,
        (false, _) => (rank + count - 1) % count,
    };
    if let Some(pos) = found.nth(&logs.store, next) {
        let place = logs.view.rank(&logs.store, pos);
        logs.select(place);
    }
}

/// Along the histogram: to the next or previous stretch of time.
pub fn bin(app: &mut App, by: isize) {
    let logs = &mut app.logs;
    let (from, to) = logs.span;
    let bins = logs.histogram.len();
    let Some(line) = logs.current().and_then(|pos| logs.store.line(pos)) else { return };
    if bins == 0 || to <= from {
        return;
    }
    let width = i128::from((to - from).max(1));
    let now = (i128::from(line.at - from) * bins as i128 / width) as usize;
    let mut next = now as isize;
    // Empty stretches are passed over.
    loop {
        next += by;
        match usize::try_from(next).ok().and_then(|next| logs.histogram.get(next)) {
            None => return,
            Some(bin) if bin.all > 0 => break,
            Some(_) => {}
        }
    }
    let at = from + ((next as i128 * width + bins as i128 - 1) / bins as i128) as Ms;
    logs.seek(at);
}

/// Runs a command of this pane; what it does not know is nobody's.
pub fn run(app: &mut App, command: Id) -> Vec<Effect> {
    match command {
        Id::LogsFollow => {
            let on = !app.logs.follow;
            if on {
                app.logs.select(usize::MAX);
            } else {
                let place = app.logs.place;
                app.logs.select(place);
            }
        }
        Id::LogsWrap => app.logs.wrap = !app.logs.wrap,
        Id::LogsColumns => {
            app.logs.columns = match app.logs.columns {
                Columns::Fields => Columns::Message,
                Columns::Message => Columns::Raw,
                Columns::Raw => Columns::Fields,
            };
        }
        Id::LogsLevel => {
            app.logs.level = match app.logs.level {
                Level::None | Level::Trace | Level::Debug => Level::Info,
                Level::Info => Level::Warn,
                Level::Warn => Level::Error,
                Level::Error | Level::Fatal => Level::None,
            };
            app.logs.show();
            let word = app.logs.level.word();
            app.say(if word.is_empty() { "all levels".to_owned() } else { format!("{word} and worse") });
        }
        Id::LogsMark => {
            if let Some(pos) = app.logs.current() {
                app.logs.store.toggle_mark(pos);
                app.logs.view.update(&app.logs.store, usize::MAX);
            }
        }
        Id::LogsMute => mute(app),
        Id::LogsUnmute => {
            let count = app.logs.muted.len();
            app.logs.muted.clear();
            app.logs.show();
            app.say(format!("{count} patterns are shown again"));
        }
        Id::LogsSources => {
            let overlay = sources(app);
            app.screen.overlays.push(overlay);
        }
        Id::LogsEarlier => bin(app, -1),
        Id::LogsLater => bin(app, 1),
        Id::LogsLive => live(app),
        Id::LogsTask => return to_task(app),
        Id::LogsInsights => {
            let overlay = presets(app);
            app.screen.overlays.push(overlay);
        }
        _ => {}
    }
    app.plan()
}

/// Hides all lines of the selected one's pattern.
fn mute(app: &mut App) {
    let logs = &mut app.logs;
    let Some(pos) = logs.current() else { return };
    let head = logs.store.head(pos);
    let Some(line) = logs.store.line(head).filter(|line| !line.is(mark::GAP | mark::SAMPLED)) else { return };
    let message = fields::message(line.text, line.kind).into_owned();
    let words = shape::describe(&message);
    logs.muted.push((shape::shape(&message), words.clone()));
    logs.show();
    app.say(format!("muted: {} (= shows all again)", text::cut_end(&text::harmless(&words), 60)));
}

/// The task of the selected line.
fn to_task(app: &mut App) -> Vec<Effect> {
    let Some(line) = app.logs.current().and_then(|pos| app.logs.store.line(pos)) else { return Vec::new() };
    let (service, task) = (line.source.service.clone(), line.source.task.clone());
    if app.estate.service(&service).is_none() {
        app.say(format!("{service} is no service of this environment"));
        return Vec::new();
    }
    if app.estate.task(&task).is_none() {
        app.say(format!("task {task} is no longer there: ECS keeps stopped tasks for an hour"));
    } else {
        app.screen.task = Some(task);
    }
    app.screen.service = Some(service);
    app.screen.pane = Pane::Services;
    app.plan()
}

/// The lines of what is selected elsewhere: of a service, or of a task, its last ones if it stopped.
pub fn of_subject(app: &mut App, service: Option<&str>, task: Option<&str>) -> Vec<Effect> {
    let filter = match (service, task) {
        (_, Some(task)) => format!("task:{task}"),
        (Some(service), None) => format!("service:{service}"),
        (None, None) => String::new(),
    };
    let stopped = task.and_then(|id| app.estate.task(id)).and_then(|task| task.stopped_at.or(task.stopping_at));
    app.screen.pane = Pane::Logs;
    app.screen.overlays.clear();
    app.screen.zoom = false;
    app.logs.open();
    app.logs.filter = filter;
    app.logs.show();
    app.logs.select(usize::MAX);
    if let Some(stopped) = stopped {
        let at = stopped.as_millisecond();
        let first = app.logs.store.span().map_or(at, |(first, _)| first);
        // What it said before it stopped may be older than what is here.
        if first > at - 120_000 {
            let _ = app.logs.read_past(at - 300_000, first.max(at + 10_000) - 1);
        }
    }
    app.plan()
}

fn live(app: &mut App) {
    let on = !app.logs.live.on;
    let groups = app.logs.sources.groups.len();
    if on && groups > 10 {
        app.say(format!("a live tail follows 10 groups at most, and there are {groups}"));
        return;
    }
    app.logs.set_live(on, app.now);
    let said = "live tail: $0.01 a minute beyond the 1,800 free minutes a month; 500 lines a second at most";
    app.note(false, if on { said } else { "the live tail is off" });
    app.say(if on { said.to_owned() } else { "the live tail is off".to_owned() });
}

/// The text that `y` copies.
pub fn copied(app: &App) -> Option<String> {
    app.logs.current().map(|pos| app.logs.store.event(pos))
}

/// The typed line has changed.
pub fn typed(app: &mut App, prompt: Prompt, typed: &str) {
    match prompt {
        Prompt::Search => {
            typed.clone_into(&mut app.logs.search);
            app.logs.look_for();
        }
        Prompt::Filter => {
            typed.clone_into(&mut app.logs.filter);
            app.logs.named_filters.clone_from(&app.environment.log_filters);
            app.logs.show();
        }
        Prompt::Time | Prompt::Export => {}
    }
}

/// The typed line is taken.
pub fn accept(app: &mut App, prompt: Prompt, typed: &str) -> Vec<Effect> {
    match prompt {
        Prompt::Search => {
            if let Some(error) = &app.logs.search_error {
                let text = format!("{error}");
                app.say(text);
            } else if app.logs.found.is_some() {
                app.logs.found.as_mut().map(|found| found.update(&app.logs.store, usize::MAX));
                jump(app, false);
            }
        }
        Prompt::Filter => {
            if let Some(error) = app.logs.filter_error.clone() {
                let body = format!("{}\n\n{}", error.under(typed), error.what);
                let mut message = overlay::inspect("This is no filter".to_owned(), &body);
                message.copies = Some(typed.to_owned());
                app.screen.overlays.push(message);
            }
        }
        Prompt::Time => return to_time(app, typed),
        Prompt::Export => return export(app, typed),
    }
    app.plan()
}

fn to_time(app: &mut App, typed: &str) -> Vec<Effect> {
    match crate::app::logs::when::moment(typed, app.now, &app.zone()) {
        Err(what) => app.say(what),
        Ok(at) => {
            let at = at.as_millisecond();
            match app.logs.store.span() {
                Some((first, _)) if at >= first => app.logs.seek(at),
                Some((first, _)) => {
                    let said = app.logs.read_past(at - 60_000, first - 1);
                    app.logs.follow = false;
                    app.say(said.map_or_else(str::to_owned, |()| "reading back to that time (Esc stops)".to_owned()));
                }
                None => app.say("there are no lines yet".to_owned()),
            }
        }
    }
    app.plan()
}

/// What is shown, as a file: JSON lines for `.json` and `.jsonl`, else text.
fn export(app: &mut App, path: &str) -> Vec<Effect> {
    let path = path.trim();
    if path.is_empty() {
        return Vec::new();
    }
    let logs = &app.logs;
    let marked = (0..logs.view.len()).filter_map(|n| logs.view.nth(&logs.store, n));
    let marked: Vec<_> = marked.filter(|pos| logs.store.line(*pos).is_some_and(|line| line.is(mark::MARKED))).collect();
    let all: Vec<_> = if marked.is_empty() {
        (0..logs.view.len()).rev().take(EXPORT).filter_map(|n| logs.view.nth(&logs.store, n)).collect()
    } else {
        marked.into_iter().rev().collect()
    };
    let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let json = matches!(ending.as_str(), "json" | "jsonl");
    let mut out = String::new();
    for line in all.iter().rev().filter_map(|pos| logs.store.line(*pos)) {
        if json {
            out.push_str(&written::json(&line, None));
        } else {
            let at = Timestamp::from_millisecond(line.at).unwrap_or_default().to_zoned(app.zone());
            let at = at.strftime("%Y-%m-%d %H:%M:%S%.3f");
            let text = text::harmless(&parse::strip_colour(line.text)).into_owned();
            let _ = writeln!(out, "{at} {} {text}", line.source.service);
        }
    }
    let count = all.len();
    app.say(format!("writing {count} lines to {path}"));
    vec![Effect::Save { path: path.to_owned(), text: out }]
}

/// Esc: the nearest thing that can be taken back.
pub fn back(logs: &mut LogsPane) -> bool {
    if logs.past.take().is_some() {
        return true;
    }
    if !logs.search.is_empty() {
        logs.search.clear();
        logs.look_for();
        return true;
    }
    if !logs.filter.is_empty() || logs.level != Level::None {
        logs.filter.clear();
        logs.level = Level::None;
        logs.show();
        return true;
    }
    false
}
