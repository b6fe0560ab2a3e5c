//! Windows over the logs: sources, queries of Insights and what they found, one event whole.

use super::insights;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlay::{self, Choice, Kind, Line as Entry, Overlay, Tone};
use crate::model::text;
use jiff::Timestamp;
use log_store::block::mark;
use log_store::{fields, parse};
use std::fmt::Write as _;

/// The sources with lines a second and state, each to be hidden or shown.
pub fn sources(app: &App) -> Overlay {
    let mut lines = Vec::new();
    let states = app.logs.states(app.now);
    let mut services: Vec<(&str, &str)> = Vec::new();
    for group in &app.logs.sources.groups {
        let state = states.iter().find(|state| state.group == group.group);
        let (note, error) = match state {
            None => ("not read yet".to_owned(), false),
            Some(state) => standing(state),
        };
        lines.push(Entry {
            left: String::new(),
            text: group.group.clone(),
            note,
            risk: None,
            tone: if error { Tone::Bad } else { Tone::Plain },
            choice: Choice::Nothing,
        });
        for writer in &group.writers {
            if !services.iter().any(|(_, name)| *name == writer.service) {
                services.push((if app.logs.hidden.contains(&writer.service) { " " } else { "●" }, &writer.service));
            }
        }
    }
    let toggles = services.into_iter().map(|(shown, service)| Entry {
        left: shown.to_owned(),
        text: service.to_owned(),
        note: "Enter shows or hides its lines".to_owned(),
        risk: None,
        tone: Tone::Plain,
        choice: Choice::LogsService(service.to_owned()),
    });
    let mut all: Vec<Entry> = toggles.collect();
    all.extend(lines);
    all.extend(app.logs.sources.elsewhere.iter().map(|said| Entry {
        left: "?".to_owned(),
        text: said.clone(),
        note: String::new(),
        risk: None,
        tone: Tone::Plain,
        choice: Choice::Nothing,
    }));
    Overlay::new(Kind::Actions, "Sources of logs", all)
}

/// How a group stands, in words, and whether that is bad news.
fn standing(state: &super::follow::FeedState) -> (String, bool) {
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

/// Queries of Insights to choose from.
pub fn presets(app: &App) -> Overlay {
    let mut lines: Vec<Entry> = insights::PRESETS
        .iter()
        .map(|preset| Entry {
            left: String::new(),
            text: preset.title.to_owned(),
            note: "over the last hour and what is shown".to_owned(),
            risk: None,
            tone: Tone::Plain,
            choice: Choice::Insights(preset.name.to_owned()),
        })
        .collect();
    if !app.logs.search.is_empty() {
        lines.insert(
            0,
            Entry {
                left: String::new(),
                text: format!("lines with {:?}", app.logs.search),
                note: "in all of the past hour and what is shown".to_owned(),
                risk: None,
                tone: Tone::Plain,
                choice: Choice::Insights(SEARCH.to_owned()),
            },
        );
    }
    Overlay::new(Kind::Actions, "Insights (what it scans costs $0.0076 a GB)", lines)
}

/// The name of the query that looks for what is looked for.
const SEARCH: &str = "search";

/// Runs a query of Insights.
pub fn query(app: &mut App, name: &str) -> Vec<Effect> {
    let text = if name == SEARCH {
        let wanted = app.logs.search.trim_matches('/').replace('/', "\\/");
        format!(
            "fields @timestamp, @logStream, @message | filter @message like /(?i){wanted}/ | sort @timestamp desc | limit 1000"
        )
    } else {
        insights::preset(name).unwrap_or_default().to_owned()
    };
    let effect = app.logs.query(name, &text, app.now, app.generation());
    match &effect {
        Some(_) => app.say("Insights is searching …".to_owned()),
        None => app.say("there are no groups to search".to_owned()),
    }
    effect.into_iter().collect()
}

/// What Insights found, as something to read.
pub fn insights_found(app: &mut App) {
    let Some(found) = app.logs.insights_found.take() else { return };
    let name = app.logs.insights.take().map(|(_, name)| name).unwrap_or_default();
    let overlay = match found {
        Err(failure) => overlay::message(app, "Insights", &format!("the query failed\n\n{failure}")),
        Ok(result) => {
            let mut widths: Vec<usize> = result.columns.iter().map(|name| text::width(name)).collect();
            for row in &result.rows {
                for (width, value) in widths.iter_mut().zip(row) {
                    *width = (*width).max(value.as_deref().map_or(1, text::width)).min(60);
                }
            }
            let cells = |values: Vec<String>| {
                let cells = values.iter().zip(&widths).map(|(value, width)| {
                    let cut = text::cut_end(value, *width).into_owned();
                    let pad = width.saturating_sub(text::width(&cut));
                    format!("{cut}{}", " ".repeat(pad))
                });
                cells.collect::<Vec<_>>().join("  ")
            };
            let mut page = format!("{}\n\n{}\n", insights::after(&result), cells(result.columns.clone()));
            for row in &result.rows {
                let values = row.iter().map(|value| text::harmless(value.as_deref().unwrap_or("–")).into_owned());
                let _ = writeln!(page, "{}", cells(values.collect()));
            }
            overlay::inspect(format!("Insights: {name}"), &page)
        }
    };
    app.screen.overlays.push(overlay);
}

/// The whole event under the selection, to read.
pub fn event(app: &App) -> Option<Overlay> {
    let pos = app.logs.current()?;
    let head = app.logs.store.head(pos);
    let line = app.logs.store.line(head)?;
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
    let whole = app.logs.store.event(pos);
    page.push_str(&parse::strip_colour(&fields::pretty(&whole, line.kind)));
    let mut overlay = overlay::inspect("Event".to_owned(), &page);
    overlay.copies = Some(whole);
    Some(overlay)
}
