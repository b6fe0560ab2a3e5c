//! A value of a result, read for itself: to be looked at, copied, edited, or written to a file.

use super::ask::{Kind, ask};
use super::copied::{copied, too_much};
use super::edits::is_broken;
use super::scan::COPIED;
use super::state::{Exporting, Reading};
use super::{edit_line, tell, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::settle::done;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::{Cell, Column, ResultId};

/// How much of a value is shown at most: more is wrapped and looked through by nobody.
pub const SHOWN: u64 = 1 << 20;

impl Reading {
    /// How many bytes are read for it. One more than can be used says that it is too much.
    fn most(self) -> u64 {
        match self {
            Self::Show => SHOWN,
            Self::Copy => COPIED as u64 + 1,
            Self::Edit => edit_line::LONGEST as u64 + 1,
        }
    }
}

/// A value: its result, its row, its column, and what is at hand of it.
pub type Value = (ResultId, u64, usize, Column, Option<Cell>);

/// The value of the selected cell.
fn selected(app: &App) -> Option<Value> {
    let tab = app.panes.query.shown()?;
    let grid = tab.grid.as_ref()?;
    let (row, column) = (grid.row()?, grid.selected()?);
    let cell = grid.selected_cells().and_then(|cells| cells.get(column)).cloned();
    Some((tab.id, row, column, grid.columns.get(column)?.clone(), cell))
}

/// Reads the selected value whole, as far as that is of use.
pub fn value(app: &mut App, what: Reading) -> Vec<Effect> {
    selected(app).map_or_else(Vec::new, |selected| read(app, selected, what))
}

/// Reads a value whole, as far as that is of use.
pub fn read(app: &mut App, (result, row, column, of, cell): Value, what: Reading) -> Vec<Effect> {
    match cell {
        None => {
            app.no_line("this row is not here yet");
            Vec::new()
        }
        Some(Cell::Null) => shown(app, &of, None, what),
        Some(Cell::Text { text, cut: false, bytes }) => shown(app, &of, Some((text.into(), bytes)), what),
        Some(Cell::Text { bytes, .. }) => {
            app.say(format!("reading {} …", tell::size(bytes.min(what.most()))));
            if what == Reading::Edit {
                app.line_to_come();
            }
            let most = what.most();
            let (serial, effect) = ask(app, Kind::Value, sql::Ask::Value { result, row, column, most });
            app.panes.query.reading = Some((serial, of, what));
            vec![effect]
        }
    }
}

/// Takes in a whole value.
pub fn came(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let Some((_, column, what)) = app.panes.query.reading.take_if(|(asked, ..)| *asked == serial) else { return };
    match part {
        Part::Page(sql::Fact::Value(value)) | Part::Last(sql::Fact::Value(value)) => {
            let effects = shown(app, &column, value, what);
            app.panes.query.effects.extend(effects);
        }
        Part::Page(_) | Part::Last(_) => {}
        Part::Failed(failure) => app.no_line(failure.message),
    }
}

/// The text of a value, with how many bytes all of it has.
fn shown(app: &mut App, column: &Column, value: Option<(String, u64)>, what: Reading) -> Vec<Effect> {
    let bytes = value.as_ref().map_or(0, |(_, bytes)| *bytes);
    match what {
        Reading::Show => {
            windows::value(app, column, value);
            Vec::new()
        }
        Reading::Copy if bytes > COPIED as u64 => too_much(app, bytes),
        Reading::Copy => copied(app, value.map(|(text, _)| text).unwrap_or_default()),
        Reading::Edit if bytes > edit_line::LONGEST as u64 => {
            app.panes.query.edited = None;
            app.no_line(format!(
                "{} are too much to be edited on a line: UPDATE in the editor changes it",
                tell::size(bytes)
            ));
            Vec::new()
        }
        Reading::Edit if value.as_ref().is_some_and(|(text, _)| is_broken(text)) => {
            app.panes.query.edited = None;
            app.no_line(
                "it has bytes that are not UTF-8, which would be lost on a line: UPDATE in the editor changes it",
            );
            Vec::new()
        }
        Reading::Edit => {
            edit_line::value(app, value.map(|(text, _)| text));
            done(app)
        }
    }
}

/// Writes the selected value whole to a new file.
pub fn save(app: &mut App, path: &str) -> Vec<Effect> {
    let path = path.trim().to_owned();
    let Some((result, row, column, _, cell)) = selected(app) else {
        app.say("there is no result");
        return done(app);
    };
    if let Some(exporting) = &app.panes.query.exporting {
        app.say(format!("{} is still written: Esc leaves it", exporting.path));
        return done(app);
    }
    match cell {
        Some(Cell::Null) => app.say("it is NULL: there is nothing to write"),
        None => app.say("this row is not here yet"),
        // A name that was not typed is no file.
        Some(Cell::Text { .. }) if path.is_empty() => {}
        Some(Cell::Text { text, .. }) if app.panes.query.shown().is_some_and(super::result::Tab::is_here) => {
            return vec![Effect::Save { path, text: text.into() }];
        }
        Some(Cell::Text { .. }) => {
            let file = path.clone();
            let (serial, effect) = ask(app, Kind::Export, sql::Ask::Save { result, row, column, path: file });
            app.panes.query.exporting = Some(Exporting { serial, result, path, written: 0, of: None });
            return vec![effect];
        }
    }
    done(app)
}
