//! Dialogs of the Logs pane: sources, columns, filters, Insights queries and their results, one complete event.

use super::choices::{Pick, Prompt, QuerySource, Window};
use super::insights_result;
use super::state::{Detail, ID};
use super::table::ResultTable;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::logs::insights::{self, ConfirmedCost, RANGES};
use crate::app::overlay::{Choice, Line as Entry, Overlay, Tone};
use crate::app::screen::{Purpose, Typing};
use crate::app::{overlays, question};
use crate::model::text;
use jiff::Timestamp;
use log_store::block::mark;
use log_store::{fields, parse};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Number of lines whose fields are collected.
const LOOKED: usize = 300;
/// Maximum number of fields shown in columns.
const COLUMNS: usize = 6;

/// Opens a dialog of this pane.
pub fn open(app: &mut App, window: Window) -> Vec<Effect> {
    let title = match window {
        Window::Sources => "Sources of logs",
        Window::Columns => "Columns: fields of the lines here",
        Window::Filters => "Filters",
        Window::Insights => "Insights (what it scans costs $0.0076 a GB)",
    };
    let lines = lines(app, window);
    let mut overlay = Overlay::new(window.kind(), title, lines);
    if window == Window::Insights {
        // The time range is listed above the queries. A query that waits for a second confirmation is selected first.
        let waits = overlay.lines.iter().position(|line| line.tone == Tone::Warn);
        overlay.list.select(waits.unwrap_or(1));
    }
    app.screen.overlays.push(overlay);
    let generation = app.generation();
    let asks = window == Window::Insights && app.panes.logs.can_request(&app.estate);
    asks.then(|| app.panes.logs.request_sizes(generation)).flatten().into_iter().collect()
}

/// Opens an input line.
pub fn start_prompt(app: &mut App, prompt: Prompt) {
    let logs = &app.panes.logs;
    let text = match prompt {
        Prompt::Search => logs.search.clone(),
        Prompt::Filter => logs.filter.clone(),
        Prompt::Time | Prompt::Save => String::new(),
        Prompt::Export => "logs.jsonl".to_owned(),
        Prompt::Tee => "tee.jsonl".to_owned(),
        Prompt::Insights => logs.insights.typed.clone(),
    };
    let purpose = Purpose::Pane { pane: ID, what: prompt as u8, label: prompt.label() };
    app.screen.typing = Some(Typing::new(purpose, text));
}

/// The lines of a dialog in the current state.
pub fn lines(app: &App, window: Window) -> Vec<Entry> {
    match window {
        Window::Sources => sources(app),
        Window::Columns => columns(app),
        Window::Filters => filters(app),
        Window::Insights => queries(app),
    }
}

fn entry(left: &str, text: impl Into<String>, note: impl Into<String>, pick: Option<Pick>) -> Entry {
    Entry {
        left: left.to_owned(),
        text: text.into(),
        note: note.into(),
        note_tone: Tone::Plain,
        risk: None,
        tone: Tone::Plain,
        choice: pick.map_or(Choice::Nothing, Pick::choice),
    }
}

/// Carries out a choice.
pub fn pick(app: &mut App, pick: Pick) -> Vec<Effect> {
    match pick {
        Pick::Service(name) => {
            if !app.panes.logs.hidden.remove(&name) {
                app.panes.logs.hidden.insert(name);
            }
            app.panes.logs.show();
        }
        Pick::Column(name) => {
            let columns = &mut app.panes.logs.columns;
            match columns.iter().position(|column| *column == name) {
                Some(at) => drop(columns.remove(at)),
                None if columns.len() == COLUMNS => app.show_message(format!("{COLUMNS} columns are the most")),
                None => columns.push(name),
            }
        }
        Pick::Detail(detail) => app.panes.logs.detail = detail,
        Pick::Filter(name) => {
            app.screen.overlays.pop();
            let named = app.named_filters();
            app.panes.logs.set_filter(&format!("@{name}"), named);
        }
        Pick::Range => {
            app.panes.logs.insights.range = (app.panes.logs.insights.range + 1) % RANGES.len();
            app.panes.logs.insights.confirmed_cost = None;
        }
        Pick::Type => {
            app.screen.overlays.clear();
            start_prompt(app, Prompt::Insights);
        }
        Pick::Query(asked) => return query(app, &asked),
    }
    Vec::new()
}

/// The sources with their rate and state; each service can be shown or hidden.
fn sources(app: &App) -> Vec<Entry> {
    let states = app.panes.logs.states(app.now);
    let (mut services, mut groups) = (Vec::new(), Vec::new());
    for group in &app.panes.logs.sources.groups {
        let state = states.iter().find(|state| state.group == group.group);
        let (note, error) = state.map_or_else(|| ("not read yet".to_owned(), false), reading_state);
        let tone = if error { Tone::Bad } else { Tone::Plain };
        groups.push(Entry { tone, ..entry("", &group.group, note, None) });
        for writer in &group.writers {
            let name = &writer.service;
            if !services.iter().any(|known: &Entry| known.text == *name) {
                let shown = if app.panes.logs.hidden.contains(name) { " " } else { "●" };
                services.push(entry(shown, name, "Enter shows or hides its lines", Some(Pick::Service(name.clone()))));
            }
        }
    }
    services.extend(groups);
    let missing = app.panes.logs.sources.failed().map(|(missing, _)| missing.describe());
    services.extend(missing.map(|words| Entry { tone: Tone::Bad, ..entry("✖", words, "groups may be missing", None) }));
    services.extend(app.panes.logs.sources.elsewhere_notes.iter().map(|said| entry("?", said, "", None)));
    services
}

/// The fields of the lines around the selected one, each with an example value, and how much of a line is shown.
fn columns(app: &App) -> Vec<Entry> {
    let logs = &app.panes.logs;
    let details = [
        (Detail::Fields, "message and fields"),
        (Detail::Message, "the message alone"),
        (Detail::Raw, "the line as it was written"),
    ];
    let mut entries: Vec<Entry> = details
        .into_iter()
        .map(|(detail, words)| {
            let here = if logs.detail == detail { "●" } else { " " };
            entry(here, words, "shown of each line", Some(Pick::Detail(detail)))
        })
        .collect();
    let mut found: HashMap<String, (usize, String)> = HashMap::new();
    let end = (logs.selected_index + LOOKED / 3).min(logs.view.len());
    let mut structured = 0;
    for pos in (end.saturating_sub(LOOKED)..end).filter_map(|n| logs.view.nth(&logs.store, n)) {
        let Some(line) = logs.store.line(pos) else { continue };
        let rest = fields::extra_fields(line.text, line.kind);
        structured += usize::from(!rest.is_empty());
        for (key, value) in rest {
            let known = found.entry(key).or_default();
            *known = (known.0 + 1, value);
        }
    }
    let mut names: Vec<(String, (usize, String))> = found.into_iter().collect();
    let gone: Vec<&String> =
        logs.columns.iter().filter(|column| !names.iter().any(|(name, _)| name == *column)).collect();
    names.extend(gone.into_iter().map(|name| (name.clone(), (0, "–".to_owned()))));
    // Sorted by name, because an order by count would change while the dialog is open.
    names.sort();
    entries.extend(names.into_iter().map(|(name, (count, value))| {
        let here = if logs.columns.contains(&name) { "●" } else { " " };
        let value = text::cut_end(&text::sanitize(&value), 30).into_owned();
        entry(here, name.clone(), format!("in {count} of {structured} lines, last {value}"), Some(Pick::Column(name)))
    }));
    entries
}

/// Named filters. Saved ones come first, because they override configured ones.
fn filters(app: &App) -> Vec<Entry> {
    let named = app.named_filters();
    let saved = app.filters.len();
    let mut entries: Vec<Entry> = named
        .iter()
        .enumerate()
        .filter_map(|(n, filter)| {
            let (name, filter) = filter.split_once(':')?;
            let from = if n < saved { "saved" } else { "configured" };
            let name = name.trim();
            let here =
                if app.panes.logs.filter.split(' ').any(|word| word == format!("@{name}")) { "●" } else { " " };
            Some(entry(here, name, format!("{} ({from})", filter.trim()), Some(Pick::Filter(name.to_owned()))))
        })
        .collect();
    if entries.is_empty() {
        entries.push(entry("", "there is none yet: + saves the filter that is typed", "", None));
    }
    entries
}

/// A description of a group's read state, and whether it is a problem.
fn reading_state(state: &crate::app::logs::follow::FeedState) -> (String, bool) {
    if let Some(failure) = &state.failure {
        return (failure.message.clone(), true);
    }
    let mut note = format!("{:.1} lines/s, {} lines", state.rate, state.lines);
    if state.behind > 3_000 {
        let _ = write!(note, ", {} s behind", state.behind / 1_000);
    }
    let _ = write!(note, ", looks back {} s", state.overlap / 1_000);
    (note, false)
}

/// The Insights queries to choose from, the time range, and the cost.
fn queries(app: &App) -> Vec<Entry> {
    let logs = &app.panes.logs;
    let (time, _) = RANGES.get(logs.insights.range).copied().unwrap_or(RANGES[0]);
    let estimate = logs.insights.estimate(&logs.group_names(), logs.span, app.service_now().as_millisecond());
    let cost = match &logs.insights.size_error {
        Some(failure) => format!("what it will scan is not known: {failure}"),
        None if logs.insights.knows_sizes(&logs.group_names()) => estimate.short(),
        None => "asking how large the groups are …".to_owned(),
    };
    let mut entries = vec![entry("⇄", format!("over {time} (Enter: another)"), cost, Some(Pick::Range))];
    let missing = logs.sources.failed().map(|(missing, _)| missing.describe());
    entries.extend(missing.map(|words| Entry {
        tone: Tone::Bad,
        ..entry("✖", words, "groups that it would name are not searched", None)
    }));
    let again = |asked: QuerySource, text: String, note: &str| {
        let waits = logs.insights.confirmed_cost.as_ref().is_some_and(|agreed| agreed.query == key_of(&asked));
        let note = if waits { "Enter again runs it" } else { note };
        Entry { tone: if waits { Tone::Warn } else { Tone::Plain }, ..entry("", text, note, Some(Pick::Query(asked))) }
    };
    if !logs.search.is_empty() {
        entries.push(again(QuerySource::Search, format!("lines with {:?}", logs.search), "what is looked for here"));
    }
    if !logs.insights.typed.is_empty() {
        entries.push(again(QuerySource::Typed, logs.insights.typed.clone(), "your query"));
    }
    for preset in insights::PRESETS {
        entries.push(again(QuerySource::Preset(preset.name.to_owned()), preset.title.to_owned(), ""));
    }
    for (name, query) in app.environment.log_queries.iter().filter_map(|query| query.split_once(':')) {
        entries.push(again(QuerySource::Preset(name.trim().to_owned()), name.trim().to_owned(), query.trim()));
    }
    entries.push(entry("", "a query of your own …", "", Some(Pick::Type)));
    entries
}

/// The key that identifies a query.
fn key_of(asked: &QuerySource) -> &str {
    match asked {
        QuerySource::Preset(name) => name,
        QuerySource::Search => "/",
        QuerySource::Typed => "",
    }
}

/// Runs an Insights query. One that scans a gigabyte or more must be chosen twice.
pub fn query(app: &mut App, asked: &QuerySource) -> Vec<Effect> {
    if !app.panes.logs.can_request(&app.estate) {
        app.show_message("nothing is asked until it is known that these credentials are of the right account");
        return Vec::new();
    }
    let dated = app.service_now();
    let logs = &mut app.panes.logs;
    let estimate = logs.insights.estimate(&logs.group_names(), logs.span, dated.as_millisecond());
    if estimate.needs_warning() {
        let agreed = ConfirmedCost { query: key_of(asked).to_owned(), cost: estimate.describe() };
        if logs.insights.confirmed_cost.as_ref() != Some(&agreed) {
            app.show_message(format!("{}: Enter again runs it", agreed.cost));
            app.panes.logs.insights.confirmed_cost = Some(agreed);
            return Vec::new();
        }
        if let Err(why) = question::check_answer(app) {
            app.show_message(why.message());
            return Vec::new();
        }
    }
    let logs = &mut app.panes.logs;
    logs.insights.confirmed_cost = None;
    let (name, text) = match asked {
        QuerySource::Search => {
            let wanted = logs.search.trim_matches('/');
            let wanted =
                if logs.search.starts_with('/') { wanted.to_owned() } else { log_store::search::literal(wanted) };
            let wanted = wanted.replace('/', "\\/");
            (
                logs.search.clone(),
                format!(
                    "fields @timestamp, @logStream, @message | filter @message like /(?i){wanted}/ | sort @timestamp desc | limit 1000"
                ),
            )
        }
        QuerySource::Typed => ("your query".to_owned(), logs.insights.typed.clone()),
        QuerySource::Preset(name) => {
            let saved = &app.environment.log_queries;
            (name.clone(), insights::find_query(name, saved).unwrap_or_default().to_owned())
        }
    };
    app.screen.overlays.clear();
    let effect = app.panes.logs.query(&name, &text, dated, app.generation());
    let logs = &app.panes.logs;
    let unread = logs
        .sources
        .failed()
        .next()
        .map(|(missing, _)| missing.describe())
        .or_else(|| logs.sources.other_region_note(logs.region.as_deref()));
    match &effect {
        Some(_) => app.show_message(match unread {
            Some(unread) => format!("Insights is searching, not everywhere: {unread}"),
            None => "Insights is searching …".to_owned(),
        }),
        None => app.show_message(unread.unwrap_or_else(|| "there are no groups to search".to_owned())),
    }
    effect.into_iter().collect()
}

/// Shows an Insights result, or why the query failed.
pub fn show_insights_result(app: &mut App) {
    let Some(result) = app.panes.logs.insights.result.take() else { return };
    let name = app.panes.logs.insights.running.take().map(|running| running.name).unwrap_or_default();
    match result {
        Err(failure) => {
            let message = overlays::message(app, "Insights", &format!("the query failed\n\n{failure}"));
            app.screen.overlays.push(message);
        }
        Ok(result) => {
            let found = ResultTable::new(name, result, &app.zone());
            insights_result::show(app, found);
        }
    }
}

/// The complete event under the selection.
pub fn event(app: &App) -> Option<Overlay> {
    let pos = app.panes.logs.current()?;
    let head = app.panes.logs.store.head(pos);
    let line = app.panes.logs.store.line(head)?;
    let at = Timestamp::from_millisecond(line.at).unwrap_or_default();
    let mut page = format!("{}\n", at.to_zoned(app.zone()).strftime("%Y-%m-%d %H:%M:%S%.3f %Z"));
    let source = line.source;
    for (label, value) in [
        ("service", &source.service),
        ("container", &source.container),
        ("task", &source.task),
        ("group", &source.group),
        ("stream", &source.stream),
    ] {
        if !value.is_empty() {
            let _ = writeln!(page, "{label:<10} {value}");
        }
    }
    if line.is(mark::LATE) {
        page.push_str("late       it came after later lines had been read\n");
    }
    page.push('\n');
    let event_text = app.panes.logs.store.event(pos);
    page.push_str(&parse::strip_colour(&fields::pretty(&event_text, line.kind)));
    let mut overlay = overlays::inspect("Event".to_owned(), &page);
    overlay.copy_text = Some(event_text);
    Some(overlay)
}

/// The cost of a query that waits to be chosen again.
pub fn scan_question(app: &App, which: u8) -> Option<String> {
    let agreed =
        app.panes.logs.insights.confirmed_cost.as_ref().filter(|_| Window::of(which) == Some(Window::Insights))?;
    Some(format!("{} {}", agreed.query, agreed.cost))
}
