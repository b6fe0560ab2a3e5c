//! Lines at a glance in a few words, several of them in a row: where there is little room each line would be most of
//! it.

use super::room::kept;
use crate::app::App;
use crate::app::subject::{Fact, bad, fact};
use crate::model::text::width;
use crate::model::time;

/// Stands between two of them.
const BETWEEN: &str = " · ";
/// The time line is cut to this many events.
const SEEN: usize = 24;
/// Frame and margins around a row.
const AROUND: usize = 4;

/// The thing that a line is about, where more can be told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Alarms,
    /// How the environment is reached: its certificates, its health from outside.
    Reached,
    Cost,
    /// The line itself is all.
    Itself,
}

/// A row: a line, or as many as fit into one where there is little room.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub shown: Fact,
    pub lines: Vec<Line>,
}

/// A line, and the same in a few words; empty where those are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub about: About,
    pub fact: Fact,
    pub brief: String,
    /// Whether something of it is not known, or not of now.
    pub unread: bool,
}

impl Line {
    /// A line about this, with its short form.
    pub fn new(about: About, fact: Fact, brief: impl Into<String>) -> Self {
        Self { about, fact, brief: brief.into(), unread: false }
    }

    /// Its few words, behind the sign of its health: in a row of several the sign says which of them it is about.
    fn told(&self) -> String {
        match self.fact.health {
            Some(health) => format!("{} {}", health.sign(), self.brief),
            None => self.brief.clone(),
        }
    }
}

/// As many in a row as fit, in their order, and what happened last, which has no block of its own then: in the rows that are
/// always in sight.
pub fn fold(app: &App, mut lines: Vec<Line>) -> Vec<Row> {
    let columns = app.screen.size.0;
    let cells = usize::from(columns).saturating_sub(AROUND);
    let mut rows: Vec<Row> = Vec::new();
    // What is not known is in sight before the rest.
    lines.sort_by_key(|line| !line.unread);
    for line in lines.into_iter().filter(|line| !line.brief.is_empty()) {
        let wanted = width(&line.told());
        match rows.last_mut().filter(|row| row.has_room(wanted, cells)) {
            Some(row) => row.add(line),
            None => rows.push(Row::of(line)),
        }
    }
    let Some(line) = last(app) else { return rows };
    let wanted = width(&line.told()).min(SEEN);
    let in_sight = usize::from(kept(columns));
    let place = rows.len().min(in_sight).saturating_sub(1);
    match rows.get_mut(place).filter(|row| row.has_room(wanted, cells)) {
        Some(row) => row.add(line),
        None => rows.insert(rows.len().min(in_sight.saturating_sub(1).max(1)), Row::of(line)),
    }
    rows
}

impl Row {
    fn of(line: Line) -> Self {
        let shown = Fact { health: line.fact.health, ..fact("", line.told()) };
        Self { shown, lines: vec![line] }
    }

    fn has_room(&self, wanted: usize, cells: usize) -> bool {
        width(&self.shown.text) + width(BETWEEN) + wanted <= cells
    }

    fn add(&mut self, line: Line) {
        self.shown.text = format!("{}{BETWEEN}{}", self.shown.text, line.told());
        self.shown.health = worse(&self.shown, &line.fact);
        self.lines.push(line);
    }
}

/// The worse of two, where one of them stands out.
fn worse(one: &Fact, other: &Fact) -> Option<crate::model::Health> {
    [one.health, other.health].into_iter().flatten().min_by_key(|health| health.rank())
}

/// The last thing that happened.
pub fn last(app: &App) -> Option<Line> {
    let event = app.panes.overview.happened.first()?;
    let at = time::cell(event.at, app.service_now(), &app.zone());
    let row = event.about.service().and_then(|name| app.estate.service_row(name));
    let name = row.map_or(event.about.name(), |row| row.short.as_str());
    let text = format!("{at} {name}{}{}", if name.is_empty() { "" } else { " " }, event.what);
    let brief = format!("last {text}");
    let wrong = matches!(event.health, crate::model::Health::Degraded | crate::model::Health::Down);
    let line = if wrong { bad("last", text, event.health) } else { fact("last", text) };
    Some(Line::new(About::Itself, line, brief))
}
