//! Reading a single value of a result: to show, copy, edit or export it.

use super::copy_texts::{copy_to_clipboard, report_too_large};
use super::edits::may_be_invalid_utf8;
use super::requests::{Kind, request};
use super::scan::MAX_COPIED_BYTES;
use super::state::{Exporting, ValueUse};
use super::{edit_line, status_texts, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::{Cell, Column, ResultId};

/// Maximum size of a value that is shown, in bytes; wrapping and reading more is pointless.
pub const MAX_SHOWN_BYTES: u64 = 1 << 20;

impl ValueUse {
    /// Maximum number of bytes to read. One more than can be used detects a value that is too large.
    fn most(self) -> u64 {
        match self {
            Self::Show => MAX_SHOWN_BYTES,
            Self::Copy => MAX_COPIED_BYTES as u64 + 1,
            Self::Edit => edit_line::LONGEST as u64 + 1,
        }
    }
}

/// A value: its result, row, column index, column, and the loaded part of it.
pub type Value = (ResultId, u64, usize, Column, Option<Cell>);

/// The value of the selected cell.
fn selected(app: &App) -> Option<Value> {
    let tab = app.panes.query.shown()?;
    let grid = tab.grid.as_ref()?;
    let (row, column) = (grid.row()?, grid.selected()?);
    let cell = grid.selected_cells().and_then(|cells| cells.get(column)).cloned();
    Some((tab.id, row, column, grid.columns.get(column)?.clone(), cell))
}

/// Reads the selected value, as far as it can be used.
pub fn read_selected(app: &mut App, what: ValueUse) -> Vec<Effect> {
    selected(app).map_or_else(Vec::new, |selected| read(app, selected, what))
}

/// Reads a value, as far as it can be used.
pub fn read(app: &mut App, (result, row, column, of, cell): Value, what: ValueUse) -> Vec<Effect> {
    match cell {
        None => {
            app.refuse_line("this row is not here yet");
            Vec::new()
        }
        Some(Cell::Null) => shown(app, &of, None, what),
        Some(Cell::Text { text, cut: false, bytes }) => shown(app, &of, Some((text.into(), bytes)), what),
        Some(Cell::Text { bytes, .. }) => {
            app.show_message(format!("reading {} …", status_texts::format_size(bytes.min(what.most()))));
            if what == ValueUse::Edit {
                app.expect_line();
            }
            let most = what.most();
            let (serial, effect) = request(app, Kind::Value, sql::Ask::Value { result, row, column, most });
            app.panes.query.value_read = Some((serial, of, what));
            vec![effect]
        }
    }
}

/// Handles a complete value.
pub fn handle_value(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let Some((_, column, what)) = app.panes.query.value_read.take_if(|(asked, ..)| *asked == serial) else { return };
    match part {
        Part::Page(sql::Fact::Value(value)) | Part::Last(sql::Fact::Value(value)) => {
            let effects = shown(app, &column, value, what);
            app.panes.query.effects.extend(effects);
        }
        Part::Page(_) | Part::Last(_) => {}
        Part::Failed(failure) => app.refuse_line(failure.message),
    }
}

/// Uses the text of a value, which comes with its total size in bytes.
fn shown(app: &mut App, column: &Column, value: Option<(String, u64)>, what: ValueUse) -> Vec<Effect> {
    let bytes = value.as_ref().map_or(0, |(_, bytes)| *bytes);
    match what {
        ValueUse::Show => {
            windows::value(app, column, value);
            Vec::new()
        }
        ValueUse::Copy if bytes > MAX_COPIED_BYTES as u64 => report_too_large(app, bytes),
        ValueUse::Copy => copy_to_clipboard(app, value.map(|(text, _)| text).unwrap_or_default()),
        ValueUse::Edit if bytes > edit_line::LONGEST as u64 => {
            app.panes.query.edit_target = None;
            app.refuse_line(format!(
                "{} are too much to be edited on a line: UPDATE in the editor changes it",
                status_texts::format_size(bytes)
            ));
            Vec::new()
        }
        ValueUse::Edit if value.as_ref().is_some_and(|(text, _)| may_be_invalid_utf8(text)) => {
            app.panes.query.edit_target = None;
            app.refuse_line(
                "it has bytes that are not UTF-8, which would be lost on a line: UPDATE in the editor changes it",
            );
            Vec::new()
        }
        ValueUse::Edit => {
            edit_line::edit_value(app, value.map(|(text, _)| text));
            after_move(app)
        }
    }
}

/// Writes the complete selected value to a new file.
pub fn save(app: &mut App, path: &str) -> Vec<Effect> {
    let path = path.trim().to_owned();
    let Some((result, row, column, _, cell)) = selected(app) else {
        app.show_message("there is no result");
        return after_move(app);
    };
    if let Some(exporting) = &app.panes.query.exporting {
        app.show_message(format!("{} is still written: Esc leaves it", exporting.path));
        return after_move(app);
    }
    match cell {
        Some(Cell::Null) => app.show_message("it is NULL: there is nothing to write"),
        None => app.show_message("this row is not here yet"),
        // Without a name there is no file to write.
        Some(Cell::Text { .. }) if path.is_empty() => {}
        Some(Cell::Text { text, .. }) if app.panes.query.shown().is_some_and(super::result::Tab::is_in_memory) => {
            return vec![Effect::Save { path, text: text.into() }];
        }
        Some(Cell::Text { .. }) => {
            let file = path.clone();
            let (serial, effect) = request(app, Kind::Export, sql::Ask::Save { result, row, column, path: file });
            app.panes.query.exporting = Some(Exporting { serial, result, path, written: 0, of: None });
            return vec![effect];
        }
    }
    after_move(app)
}
