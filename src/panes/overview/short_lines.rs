//! Short forms of glance lines, several of them in a row: on a small screen, full lines would take most of the room.

use super::glance_space::glance_rows_beside;
use crate::app::App;
use crate::app::subject::{Fact, bad, fact};
use crate::model::text::width;
use crate::model::time;

/// Separator between two lines in a row.
const BETWEEN: &str = " · ";
/// Width reserved for the latest event, which may be cut.
const SEEN: usize = 24;
/// Width of the frame and margins around a row.
const AROUND: usize = 4;

/// The subject of a line, if it leads to more details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineSubject {
    Alarms,
    /// How the environment is reached: its certificates and its health from outside.
    Reachability,
    Cost,
    /// The line has no further details.
    NoDetails,
}

/// A row: one line, or as many as fit on a small screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub shown: Fact,
    pub lines: Vec<Line>,
}

/// A line and its short form, which is empty if it is left out of shared rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub about: LineSubject,
    pub fact: Fact,
    pub brief: String,
    /// Whether a part of the line is unknown or outdated.
    pub unread: bool,
}

impl Line {
    /// A line about this subject, with its short form.
    pub fn new(about: LineSubject, fact: Fact, brief: impl Into<String>) -> Self {
        Self { about, fact, brief: brief.into(), unread: false }
    }

    /// The short form behind the sign of its health; in a shared row, the sign shows which line it belongs to.
    fn short_text(&self) -> String {
        match self.fact.health {
            Some(health) => format!("{} {}", health.sign(), self.brief),
            None => self.brief.clone(),
        }
    }
}

/// Puts as many lines into each row as fit, in their order. The latest event, which has no block of its own here, goes into
/// the rows that are always visible.
pub fn fold(app: &App, mut lines: Vec<Line>) -> Vec<Row> {
    let columns = app.screen.size.0;
    let cells = usize::from(columns).saturating_sub(AROUND);
    let mut rows: Vec<Row> = Vec::new();
    // Unknown states come first, so that they are visible.
    lines.sort_by_key(|line| !line.unread);
    for line in lines.into_iter().filter(|line| !line.brief.is_empty()) {
        let wanted = width(&line.short_text());
        match rows.last_mut().filter(|row| row.has_room(wanted, cells)) {
            Some(row) => row.add(line),
            None => rows.push(Row::of(line)),
        }
    }
    let Some(line) = latest_event(app) else { return rows };
    let wanted = width(&line.short_text()).min(SEEN);
    let in_sight = usize::from(glance_rows_beside(columns));
    let place = rows.len().min(in_sight).saturating_sub(1);
    match rows.get_mut(place).filter(|row| row.has_room(wanted, cells)) {
        Some(row) => row.add(line),
        None => rows.insert(rows.len().min(in_sight.saturating_sub(1).max(1)), Row::of(line)),
    }
    rows
}

impl Row {
    fn of(line: Line) -> Self {
        let shown = Fact { health: line.fact.health, ..fact("", line.short_text()) };
        Self { shown, lines: vec![line] }
    }

    fn has_room(&self, wanted: usize, cells: usize) -> bool {
        width(&self.shown.text) + width(BETWEEN) + wanted <= cells
    }

    fn add(&mut self, line: Line) {
        self.shown.text = format!("{}{BETWEEN}{}", self.shown.text, line.short_text());
        self.shown.health = worse(&self.shown, &line.fact);
        self.lines.push(line);
    }
}

/// The worse health of the two.
fn worse(one: &Fact, other: &Fact) -> Option<crate::model::Health> {
    [one.health, other.health].into_iter().flatten().min_by_key(|health| health.rank())
}

/// The line about the latest event.
pub fn latest_event(app: &App) -> Option<Line> {
    let event = app.panes.overview.events.first()?;
    let at = time::cell(event.at, app.service_now(), &app.zone());
    let row = event.about.service().and_then(|name| app.estate.service_row(name));
    let name = row.map_or(event.about.name(), |row| row.short.as_str());
    let text = format!("{at} {name}{}{}", if name.is_empty() { "" } else { " " }, event.what);
    let brief = format!("last {text}");
    let wrong = matches!(event.health, crate::model::Health::Degraded | crate::model::Health::Down);
    let line = if wrong { bad("last", text, event.health) } else { fact("last", text) };
    Some(Line::new(LineSubject::NoDetails, line, brief))
}
