//! Copied rows and values as text.

use super::result::Tab;
use super::scan::MAX_COPIED_BYTES;
use super::status_texts;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::grid::Grid;
use crate::model::sql::Cell;
use crate::model::sql::edit::table_column_names;
use crate::model::sql::format::head::Head;
use crate::model::sql::format::{Format, Options, Writer};

/// The table name in INSERT statements if the result has no table, or several.
const NAMELESS: &str = "table_name";

/// The options for writing rows of a result. The table is named only if every shown column belongs to it; columns use their
/// names in the table, which the statement may have changed.
pub fn options(tab: &Tab, format: Format) -> Options {
    let named = tab.table.as_ref().zip(tab.grid.as_ref()).and_then(|(table, grid)| {
        let shown = grid.order.iter().filter_map(|column| grid.columns.get(*column));
        Some((table.qualified_name(), table_column_names(shown, table)?))
    });
    let (table, table_columns) = named.unwrap_or_else(|| (NAMELESS.to_owned(), Vec::new()));
    Options { format, table, table_columns, ..Options::default() }
}

/// Formats rows with the shown columns as text.
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

/// Formats values, one per line.
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

/// Copies a text to the clipboard unless it is too long.
pub fn copy_to_clipboard(app: &mut App, text: String) -> Vec<Effect> {
    if text.len() > MAX_COPIED_BYTES {
        return report_too_large(app, text.len() as u64);
    }
    app.show_message(format!("copied {}", status_texts::format_size(text.len() as u64)));
    vec![Effect::Copy(text)]
}

/// Reports that this many bytes or more cannot be copied.
pub fn report_too_large(app: &mut App, bytes: u64) -> Vec<Effect> {
    let size = status_texts::format_size(bytes);
    app.show_message(format!(
        "nothing is copied: {size} or more are too much for the clipboard of a terminal; Ctrl-s writes the result to a file, \
         Alt-y the selected value"
    ));
    Vec::new()
}
