//! What keys do in the pane, and what is typed there.

use super::choice::{Asked, Window};
use super::pane::{COPIED, Detail, LogsPane, Prompt, START};
use super::sources;
use super::windows;
use super::written;
use crate::app::App;
use crate::app::command::Id;
use crate::app::effect::{Effect, Tee};
use crate::app::overlays;
use crate::app::screen::Pane;
use crate::model::logs::Ms;
use crate::model::text;
use jiff::Timestamp;
use log_store::block::mark;
use log_store::{Level, Pos, fields, parse, shape};
use std::fmt::Write as _;

/// The most lines that are written into a file at once.
const EXPORT: usize = 1_000_000;
/// The most lines that one mark reaches over.
const REACH: usize = 100_000;

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
    // By its name a command is run from other panes too, which do not keep the lines up to date.
    app.logs.refresh();
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
        Id::LogsDetail => {
            app.logs.detail = match app.logs.detail {
                Detail::Fields => Detail::Message,
                Detail::Message => Detail::Raw,
                Detail::Raw => Detail::Fields,
            };
        }
        Id::LogsColumns => return windows::open(app, Window::Columns),
        Id::LogsFilters => return windows::open(app, Window::Filters),
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
        Id::LogsMarkTo => mark_to(app),
        Id::LogsCopyMarked => return copy_marked(app),
        Id::LogsMute => mute(app),
        Id::LogsUnmute => {
            let count = app.logs.muted.len();
            app.logs.muted.clear();
            app.logs.show();
            app.say(format!("{count} patterns are shown again"));
        }
        Id::LogsSources => return windows::open(app, Window::Sources),
        Id::LogsEarlier => bin(app, -1),
        Id::LogsLater => bin(app, 1),
        Id::LogsLive => live(app),
        Id::LogsTask => return to_task(app),
        Id::LogsInsights => return windows::open(app, Window::Insights),
        _ => {}
    }
    app.plan()
}

/// Marks the lines that are shown from the nearest mark to the selected one: above it, else below.
fn mark_to(app: &mut App) {
    let logs = &mut app.logs;
    let marked = |logs: &LogsPane, n: usize| logs.view.nth(&logs.store, n).is_some_and(|pos| is_marked(logs, pos));
    let here = logs.place;
    let above = (here.saturating_sub(REACH)..here).rev().find(|n| marked(logs, *n));
    let from = above.or_else(|| (here + 1..logs.view.len().min(here + REACH)).find(|n| marked(logs, *n)));
    let Some(from) = from else {
        app.say("nothing is marked: m marks the line to begin with");
        return;
    };
    let range = from.min(here)..=from.max(here);
    let new: Vec<_> = range.filter(|n| !marked(logs, *n)).filter_map(|n| logs.view.nth(&logs.store, n)).collect();
    for pos in &new {
        logs.store.toggle_mark(*pos);
    }
    logs.view.update(&logs.store, usize::MAX);
    let count = new.len();
    app.say(format!("{count} more lines are marked: Ctrl-y copies, Ctrl-s writes them to a file"));
}

fn is_marked(logs: &LogsPane, pos: Pos) -> bool {
    logs.store.line(pos).is_some_and(|line| line.is(mark::MARKED))
}

/// The marked lines among all that pass, not only among those looked at for the last frame.
fn marked(logs: &mut LogsPane) -> Vec<Pos> {
    logs.view.update(&logs.store, usize::MAX);
    let all = (0..logs.view.len()).filter_map(|n| logs.view.nth(&logs.store, n));
    all.filter(|pos| is_marked(logs, *pos)).collect()
}

fn copy_marked(app: &mut App) -> Vec<Effect> {
    let all = marked(&mut app.logs);
    let logs = &app.logs;
    let (mut text, mut count) = (String::new(), 0);
    for line in all.iter().filter_map(|pos| logs.store.line(*pos)) {
        if text.len() + line.text.len() > COPIED {
            break;
        }
        text.push_str(line.text);
        text.push('\n');
        count += 1;
    }
    if count == 0 {
        app.say(if all.is_empty() {
            "nothing is marked: m marks a line"
        } else {
            "the first marked line is too long to be copied"
        });
        return Vec::new();
    }
    let rest = all.len() - count;
    let more = if rest > 0 {
        format!("; {rest} more are too much for a terminal: Ctrl-s writes a file")
    } else {
        String::new()
    };
    app.say(format!("copied {count} lines{more}"));
    vec![Effect::Copy(text)]
}

/// Begins to write what comes into a file, or ends it where none is named.
pub fn tee(app: &mut App, path: &str) -> Vec<Effect> {
    let path = path.trim();
    let mut effects = end_tee(app, "");
    if !path.is_empty() {
        app.logs.tee = Some(path.to_owned());
        app.say(format!("lines go into {path} as they come; > ends that"));
        effects.push(Effect::Tee(Tee::Open(path.to_owned())));
    }
    effects
}

/// Ends the writing into a file, if there is any, with what it has not got yet.
pub fn end_tee(app: &mut App, why: &str) -> Vec<Effect> {
    let mut effects: Vec<Effect> = app.logs.take_tee().into_iter().collect();
    if let Some(was) = app.logs.tee.take() {
        let text = format!("{was} gets no more lines{why}");
        app.note(false, text.clone());
        app.say(text);
        effects.push(Effect::Tee(Tee::Close));
    }
    effects
}

/// Saves the filter by a name, or forgets one.
fn save(app: &mut App, typed: &str) -> Vec<Effect> {
    let typed = typed.trim().trim_start_matches('@');
    let (forget, name) = typed.strip_prefix('-').map_or((false, typed), |name| (true, name));
    if name.is_empty() {
        return Vec::new();
    }
    if name.contains([' ', ':', '(', ')', '"', '@']) {
        app.say("a name has no blanks and none of : ( ) \" @");
        return Vec::new();
    }
    let filter = app.logs.filter.trim().to_owned();
    if let Some(error) = app.logs.filter_error.clone().filter(|_| !forget) {
        app.say(format!("the filter cannot be saved: {}", error.what));
        return Vec::new();
    }
    if filter.is_empty() && !forget {
        app.say("there is no filter to save: & types one");
        return Vec::new();
    }
    // One that uses itself would have no end: what it stands for is saved.
    let kept = (!forget).then(|| sources::expand(&filter, &app.logs.named_filters).unwrap_or(filter));
    let was = sources::name_filter(&mut app.filters, name, kept.as_deref());
    app.say(match (forget, was) {
        (false, _) => format!("saved: @{name} is this filter"),
        (true, true) => format!("{name} is forgotten"),
        (true, false) => format!("no saved filter is called {name}"),
    });
    app.logs.named_filters = app.named_filters();
    app.logs.show();
    vec![Effect::SaveFilter { name: name.to_owned(), filter: kept }]
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
    app.logs.set_live(on, app.now, app.generation());
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
            let named = app.named_filters();
            app.logs.set_filter(typed, named);
        }
        Prompt::Time | Prompt::Export | Prompt::Tee | Prompt::Save | Prompt::Insights => {}
    }
}

/// The typed line is taken.
pub fn accept(app: &mut App, prompt: Prompt, typed: &str) -> Vec<Effect> {
    app.logs.refresh();
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
                let mut message = overlays::inspect("This is no filter".to_owned(), &body);
                message.copies = Some(typed.to_owned());
                app.screen.overlays.push(message);
            }
        }
        Prompt::Time => return to_time(app, typed),
        Prompt::Export => return export(app, typed),
        Prompt::Tee => return tee(app, typed),
        Prompt::Save => return save(app, typed),
        Prompt::Insights => {
            typed.trim().clone_into(&mut app.logs.insights.typed);
            app.logs.insights.agreed = None;
            if app.logs.insights.typed.is_empty() {
                return Vec::new();
            }
            let effects = windows::query(app, &Asked::Typed);
            if effects.is_empty() && app.logs.insights.agreed.is_some() {
                // It costs: the window has it, to be chosen again.
                return windows::open(app, Window::Insights);
            }
            return effects;
        }
    }
    app.plan()
}

fn to_time(app: &mut App, typed: &str) -> Vec<Effect> {
    match crate::app::logs::when::moment(typed, app.service_now(), &app.zone()) {
        Err(what) => app.say(what),
        Ok(at) if at > app.now => {
            app.say(format!("{} is in the future", crate::app::logs::when::spelled(at, &app.zone())));
        }
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
    let marked = marked(&mut app.logs);
    let logs = &app.logs;
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
    if logs.past.take().is_some() || logs.leave_query() {
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
