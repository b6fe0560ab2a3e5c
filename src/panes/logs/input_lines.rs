//! Input lines of the Logs pane, and the files that lines are written to.

use super::choices::{Prompt, QuerySource, Window};
use super::marks::marked;
use super::state::{ID, State};
use super::update::jump;
use super::windows;
use crate::app::App;
use crate::app::effect::{Effect, Tee};
use crate::app::logs::{json_line, named_filters, time_input};
use crate::app::overlays;
use crate::model::text;
use jiff::Timestamp;
use log_store::parse;
use std::fmt::Write as _;

/// Maximum number of lines per export.
const EXPORT: usize = 1_000_000;

/// Starts to write arriving lines to a file, or stops if `path` is empty.
pub fn tee(app: &mut App, path: &str) -> Vec<Effect> {
    let path = path.trim();
    let mut effects = end_tee(app, "");
    if !path.is_empty() {
        app.panes.logs.tee = Some(path.to_owned());
        app.show_message(format!("lines go into {path} as they come; > ends that"));
        effects.push(Effect::Tee(Tee::Open(path.to_owned())));
    }
    effects
}

/// Ends the tee, if one is active, and writes its remaining lines.
pub fn end_tee(app: &mut App, why: &str) -> Vec<Effect> {
    let mut effects: Vec<Effect> = app.panes.logs.take_tee().into_iter().collect();
    if let Some(was) = app.panes.logs.tee.take() {
        let text = format!("{was} gets no more lines{why}");
        app.note(false, text.clone());
        app.show_message(text);
        effects.push(Effect::Tee(Tee::Close));
    }
    effects
}

/// Saves the filter under a name, or removes a saved one.
fn save(app: &mut App, typed: &str) -> Vec<Effect> {
    let typed = typed.trim().trim_start_matches('@');
    let (forget, name) = typed.strip_prefix('-').map_or((false, typed), |name| (true, name));
    if name.is_empty() {
        return Vec::new();
    }
    if name.contains([' ', ':', '(', ')', '"', '@']) {
        app.show_message("a name has no blanks and none of : ( ) \" @");
        return Vec::new();
    }
    let filter = app.panes.logs.filter.trim().to_owned();
    if let Some(error) = app.panes.logs.filter_error.clone().filter(|_| !forget) {
        app.show_message(format!("the filter cannot be saved: {}", error.what));
        return Vec::new();
    }
    if filter.is_empty() && !forget {
        app.show_message("there is no filter to save: & types one");
        return Vec::new();
    }
    // Saves the expanded text, because a filter that refers to itself would never end.
    let kept = (!forget).then(|| named_filters::expand(&filter, &app.panes.logs.named_filters).unwrap_or(filter));
    let was = named_filters::name_filter(&mut app.filters, name, kept.as_deref());
    app.show_message(match (forget, was) {
        (false, _) => format!("saved: @{name} is this filter"),
        (true, true) => format!("{name} is forgotten"),
        (true, false) => format!("no saved filter is called {name}"),
    });
    app.panes.logs.named_filters = app.named_filters();
    app.panes.logs.show();
    vec![Effect::SaveFilter { name: name.to_owned(), filter: kept }]
}

/// Handles a change of the input line.
pub fn typed(app: &mut App, prompt: Prompt, typed: &str) {
    match prompt {
        Prompt::Search => {
            typed.clone_into(&mut app.panes.logs.search);
            app.panes.logs.update_search();
        }
        Prompt::Filter => {
            let named = app.named_filters();
            app.panes.logs.set_filter(typed, named);
        }
        Prompt::Time | Prompt::Export | Prompt::Tee | Prompt::Save | Prompt::Insights => {}
    }
}

/// Handles a submitted input line.
pub fn accept(app: &mut App, prompt: Prompt, typed: &str) -> Vec<Effect> {
    app.panes.logs.refresh();
    match prompt {
        Prompt::Search => {
            if let Some(error) = &app.panes.logs.search_error {
                let text = format!("{error}");
                app.show_message(text);
            } else if app.panes.logs.matches.is_some() {
                app.panes.logs.matches.as_mut().map(|found| found.update(&app.panes.logs.store, usize::MAX));
                jump(app, false);
            }
        }
        Prompt::Filter => {
            if let Some(error) = app.panes.logs.filter_error.clone() {
                let body = format!("{}\n\n{}", error.with_carets(typed), error.what);
                let mut message = overlays::inspect("This is not a filter".to_owned(), &body);
                message.copy_text = Some(typed.to_owned());
                app.screen.overlays.push(message);
            }
        }
        Prompt::Time => return to_time(app, typed),
        Prompt::Export => return export(app, typed),
        Prompt::Tee => return tee(app, typed),
        Prompt::Save => return save(app, typed),
        Prompt::Insights => {
            typed.trim().clone_into(&mut app.panes.logs.insights.typed);
            app.panes.logs.insights.confirmed_cost = None;
            if app.panes.logs.insights.typed.is_empty() {
                return Vec::new();
            }
            let effects = windows::query(app, &QuerySource::Typed);
            if effects.is_empty() && app.panes.logs.insights.confirmed_cost.is_some() {
                // The query costs money: the dialog now lists it, to be chosen again.
                return windows::open(app, Window::Insights);
            }
            return effects;
        }
    }
    app.plan()
}

fn to_time(app: &mut App, typed: &str) -> Vec<Effect> {
    match time_input::parse_time(typed, app.service_now(), &app.zone()) {
        Err(wrong) => app.show_message(format!("{}: {}", wrong.message, wrong.hint)),
        Ok(at) if at > app.service_now() => {
            app.show_message(format!("{} is in the future", time_input::display_time(at, &app.zone())));
        }
        Ok(at) => {
            let at = at.as_millisecond();
            match app.panes.logs.store.span() {
                Some((first, _)) if at >= first => app.panes.logs.seek(at),
                Some((first, _)) => {
                    let result = app.panes.logs.read_older(at - 60_000, first - 1);
                    app.panes.logs.follow = false;
                    app.show_message(
                        result.map_or_else(str::to_owned, |()| "reading back to that time (Esc stops)".to_owned()),
                    );
                }
                None => app.show_message("there are no lines yet".to_owned()),
            }
        }
    }
    app.plan()
}

/// Exports the shown lines to a file: JSON lines for `.json` and `.jsonl`, otherwise text.
fn export(app: &mut App, path: &str) -> Vec<Effect> {
    let path = path.trim();
    if path.is_empty() {
        return Vec::new();
    }
    let marked = marked(&mut app.panes.logs);
    let logs = &app.panes.logs;
    let lines: Vec<_> = if marked.is_empty() {
        (0..logs.view.len()).rev().take(EXPORT).filter_map(|n| logs.view.nth(&logs.store, n)).collect()
    } else {
        marked.into_iter().rev().collect()
    };
    let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let json = matches!(ending.as_str(), "json" | "jsonl");
    let mut out = String::new();
    for line in lines.iter().rev().filter_map(|pos| logs.store.line(*pos)) {
        if json {
            out.push_str(&json_line::json(&line, None));
        } else {
            let at = Timestamp::from_millisecond(line.at).unwrap_or_default().to_zoned(app.zone());
            let at = at.strftime("%Y-%m-%d %H:%M:%S%.3f");
            let text = text::sanitize(&parse::strip_colour(line.text)).into_owned();
            let _ = writeln!(out, "{at} {} {text}", line.source.service);
        }
    }
    let count = lines.len();
    app.show_message(format!("writing {} to {path}", text::pluralize(count, "line")));
    vec![Effect::Save { path: path.to_owned(), text: out }]
}

/// Resets the state when another environment is opened.
pub fn switched(app: &mut App) -> Vec<Effect> {
    let effects = end_tee(app, ": another environment was opened");
    let looking = app.screen.pane == ID;
    app.panes.logs = State::default();
    app.panes.logs.set_clock_offset(app.ahead);
    if looking {
        app.panes.logs.open();
    }
    effects
}

/// Reports that the tee file cannot be written.
pub fn tee_ended(app: &mut App, why: &str) {
    if let Some(path) = app.panes.logs.tee.take() {
        let text = format!("{path} gets no more lines: {why}");
        app.note(true, text.clone());
        app.show_message(text);
    }
}
