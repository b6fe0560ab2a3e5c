//! Copied rows and values, as text.

use super::result::Tab;
use super::scan::COPIED;
use super::tell;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::grid::Grid;
use crate::model::sql::Cell;
use crate::model::sql::edit::names_of;
use crate::model::sql::format::head::Head;
use crate::model::sql::format::{Format, Options, Writer};

/// The name of the table in INSERT statements where the result is of no table, or of several.
const NAMELESS: &str = "table_name";

/// How rows of a result are written. Its table is named where each column that is shown is one of it, and then by its name there:
/// a statement may call it otherwise.
pub fn options(tab: &Tab, format: Format) -> Options {
    let named = tab.table.as_ref().zip(tab.grid.as_ref()).and_then(|(table, grid)| {
        let shown = grid.order.iter().filter_map(|column| grid.columns.get(*column));
        Some((table.written(), names_of(shown, table)?))
    });
    let (table, table_columns) = named.unwrap_or_else(|| (NAMELESS.to_owned(), Vec::new()));
    Options { format, table, table_columns, ..Options::default() }
}

/// Rows with the columns that are shown, as text.
pub fn of_rows<'a>(grid: &Grid, rows: impl Iterator<Item = &'a [Cell]>, options: &Options) -> String {
    let heads = grid.order.iter().filter_map(|column| grid.columns.get(*column)).map(Head::of).collect();
    let mut writer = Writer::new(heads, options, false);
    let mut out = Vec::new();
    for cells in rows {
        let values = grid.order.iter().map(|column| match cells.get(*column) {
            Some(Cell::Text { text, .. }) => Some(text.as_bytes()),
            Some(Cell::Null) | None => None,
        });
        writer.row(values, &mut out);
    }
    writer.end(&[], &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Values, a line each.
pub fn of_column<'a>(cells: impl Iterator<Item = &'a Cell>) -> String {
    let mut lines = String::new();
    for cell in cells {
        if let Cell::Text { text, .. } = cell {
            lines.push_str(text);
        }
        lines.push('\n');
    }
    lines
}

/// Puts a text on the clipboard, where it is not too long for it.
pub fn copied(app: &mut App, text: String) -> Vec<Effect> {
    if text.len() > COPIED {
        return too_much(app, text.len() as u64);
    }
    app.say(format!("copied {}", tell::size(text.len() as u64)));
    vec![Effect::Copy(text)]
}

/// Says that so many bytes, or more, are not copied.
pub fn too_much(app: &mut App, bytes: u64) -> Vec<Effect> {
    let size = tell::size(bytes);
    app.say(format!(
        "nothing is copied: {size} or more are too much for the clipboard of a terminal; Ctrl-s writes the result to a file, \
         Alt-y the selected value"
    ));
    Vec::new()
}
