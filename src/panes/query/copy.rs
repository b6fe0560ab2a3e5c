//! Copying the selection and exporting a result, in the formats of psql and of `cockpit sql`.

use super::copy_texts;
use super::requests::{Kind, look_up, request, ticket};
use super::scan::Goal;
use super::state::{Exporting, NameUse, ValueUse};
use super::{row_scans, status_texts, value};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::Cell;
use crate::model::sql::edit::{Table, names_query, only_table};
use crate::model::sql::format::Format;

/// Up to this many selected rows, checks whether all of them are loaded.
const AT_HAND: u64 = 2_000;
/// The purpose of looking up a table's name.
pub const NAME: &str = "name";

/// Copies in one of the formats of the dialog.
pub fn copy(app: &mut App, way: &str) -> Vec<Effect> {
    match way {
        "cell" => value::read_selected(app, ValueUse::Copy),
        "column" => column(app),
        _ => named(app, NameUse::Copy(Format::from_name(way).unwrap_or_default())),
    }
}

/// Exports the shown result to a file, whose extension determines the format.
pub fn export(app: &mut App, path: &str) -> Vec<Effect> {
    let path = path.trim();
    let state = &app.panes.query;
    let Some(format) = Format::of_file(path) else {
        app.show_message("a file ends with .csv, .tsv, .json, .jsonl, .sql, .md or .txt: that says its form");
        return after_move(app);
    };
    let Some(tab) = state.shown().filter(|tab| tab.grid.is_some()) else {
        app.show_message("this result has no rows");
        return after_move(app);
    };
    if tab.ended.is_none() {
        app.show_message("it is still being read: Ctrl-c cancels, and the loaded rows can be written");
        return after_move(app);
    }
    if let Some(exporting) = &state.exporting {
        app.show_message(format!("{} is still written: Esc leaves it", exporting.path));
        return after_move(app);
    }
    named(app, NameUse::Export(path.to_owned(), format))
}

/// Copies or exports after looking up the table's name, if the format needs it.
fn named(app: &mut App, what: NameUse) -> Vec<Effect> {
    let format = match &what {
        NameUse::Copy(format) | NameUse::Export(_, format) => *format,
    };
    let Some(tab) = app.panes.query.shown() else { return Vec::new() };
    let Some(grid) = &tab.grid else { return Vec::new() };
    let table = only_table(&grid.columns).ok().filter(|_| format == Format::Insert && tab.table.is_none());
    let state = &app.panes.query;
    let here = state.is_on() && state.server.as_ref().is_some_and(|server| tab.is_from(server));
    match table.filter(|_| here) {
        Some(table) => {
            app.panes.query.name_use = Some((tab.id, what));
            // An earlier look-up may be for another table.
            let mut effects = super::requests::cancel_look_ups(app, NAME);
            effects.extend(look_up(app, NAME, names_query(table)));
            effects
        }
        None => copy_or_export(app, what),
    }
}

/// Handles the result of the name look-up.
pub fn handle_names(app: &mut App, rows: &[Vec<Option<String>>]) {
    let Some((result, what)) = app.panes.query.name_use.take() else { return };
    if let Some(tab) = app.panes.query.tab_of(result) {
        tab.table = Some(Table::of(rows).unwrap_or_default());
    }
    if app.panes.query.shown().is_some_and(|tab| tab.id == result) {
        let effects = copy_or_export(app, what);
        app.panes.query.effects.extend(effects);
    }
}

fn copy_or_export(app: &mut App, what: NameUse) -> Vec<Effect> {
    match what {
        NameUse::Copy(format) => rows(app, format),
        NameUse::Export(path, format) => write(app, path, format),
    }
}

/// Copies the row, or the selected rows.
fn rows(app: &mut App, format: Format) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown() else { return Vec::new() };
    let Some(grid) = &tab.grid else { return Vec::new() };
    let (from, to) = grid.selected_range();
    // Values that are not completely loaded are read first.
    let at_hand = || (from..=to).map(|place| grid.cells(place).filter(|cells| is_whole(cells))).collect();
    let rows: Option<Vec<&[Cell]>> = if to - from < AT_HAND { at_hand() } else { None };
    match rows {
        Some(rows) => {
            let text = copy_texts::of_rows(grid, rows.into_iter(), &copy_texts::options(tab, format));
            copy_texts::copy_to_clipboard(app, text)
        }
        None => row_scans::begin(app, Goal::Rows(format)),
    }
}

fn is_whole(cells: &[Cell]) -> bool {
    !cells.iter().any(|cell| matches!(cell, Cell::Text { cut: true, .. }))
}

/// Copies the selected column, one value per line.
fn column(app: &mut App) -> Vec<Effect> {
    let selected = app.panes.query.shown().and_then(|tab| tab.grid.as_ref()?.selected());
    selected.map_or_else(Vec::new, |column| row_scans::begin(app, Goal::Column(column)))
}

fn write(app: &mut App, path: String, format: Format) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown() else { return Vec::new() };
    let (result, options) = (tab.id, copy_texts::options(tab, format));
    let Some(grid) = &tab.grid else { return Vec::new() };
    if grid.is_fully_loaded() {
        let rows = (0..grid.count()).filter_map(|place| grid.cells(place));
        let text = copy_texts::of_rows(grid, rows, &options);
        return vec![Effect::Save { path, text }];
    }
    let (columns, rows, of) = (grid.order.clone(), grid.shown.clone(), Some(grid.count()));
    let (options, file) = (Box::new(options), path.clone());
    let (serial, effect) = request(app, Kind::Export, sql::Ask::Export { result, path: file, options, columns, rows });
    app.panes.query.exporting = Some(Exporting { serial, result, path, written: 0, of });
    vec![effect]
}

/// Handles the progress of an export.
pub fn export_progress(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let Some(exporting) = app.panes.query.exporting.as_mut().filter(|exporting| exporting.serial == serial) else {
        return;
    };
    match part {
        Part::Page(sql::Fact::Exported { rows, .. }) => exporting.written = rows,
        Part::Last(sql::Fact::Exported { rows, bytes }) => {
            let path = &exporting.path;
            let text = match exporting.of {
                None => format!("{path}: {}", status_texts::format_size(bytes)),
                Some(_) if rows == 1 => format!("{path}: 1 row, {}", status_texts::format_size(bytes)),
                Some(_) => {
                    format!("{path}: {} rows, {}", status_texts::format_count(rows), status_texts::format_size(bytes))
                }
            };
            app.panes.query.exporting = None;
            app.note(false, text.clone());
            app.show_message(text);
        }
        Part::Page(_) | Part::Last(_) => {}
        Part::Failed(failure) => {
            let hint = failure.hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default();
            let text = format!("{}{hint}", failure.message);
            app.panes.query.exporting = None;
            app.note(true, text.clone());
            app.show_message(text);
        }
    }
}

/// Stops an export, whose file is removed; returns whether there was one.
pub fn stop_export(app: &mut App) -> bool {
    let Some(Exporting { serial, path, .. }) = app.panes.query.exporting.take() else {
        return false;
    };
    let left = Effect::CancelFetch(ticket(app, Kind::Export, serial));
    app.panes.query.effects.push(left);
    app.show_message(format!("{path} is not written"));
    true
}
