//! Copying what is selected, and writing a result to a file: in the forms of psql and of `cockpit sql`.

use super::ask::{Kind, ask, look, ticket};
use super::copied;
use super::scan::Goal;
use super::state::{Exporting, Named, Reading};
use super::{reading, tell, value};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::settle::done;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::Cell;
use crate::model::sql::edit::{Table, name_question, only_table};
use crate::model::sql::format::Format;

/// How many rows are looked at to see whether all are at hand.
const AT_HAND: u64 = 2_000;
/// The purpose with which the name of a table is looked up.
pub const NAME: &str = "name";

/// Copies in one of the ways of the window.
pub fn copy(app: &mut App, way: &str) -> Vec<Effect> {
    match way {
        "cell" => value::value(app, Reading::Copy),
        "column" => column(app),
        _ => named(app, Named::Copy(Format::named(way).unwrap_or_default())),
    }
}

/// Writes the result that is shown to a file, whose ending says the form.
pub fn export(app: &mut App, path: &str) -> Vec<Effect> {
    let path = path.trim();
    let state = &app.panes.query;
    let Some(format) = Format::of_file(path) else {
        app.say("a file ends with .csv, .tsv, .json, .jsonl, .sql, .md or .txt: that says its form");
        return done(app);
    };
    let Some(tab) = state.shown().filter(|tab| tab.grid.is_some()) else {
        app.say("this result has no rows");
        return done(app);
    };
    if tab.ended.is_none() {
        app.say("it is still read: Ctrl-c cancels, and what is here can be written");
        return done(app);
    }
    if let Some(exporting) = &state.exporting {
        app.say(format!("{} is still written: Esc leaves it", exporting.path));
        return done(app);
    }
    named(app, Named::Export(path.to_owned(), format))
}

/// Goes on when the name of the table is known, where the form needs it.
fn named(app: &mut App, what: Named) -> Vec<Effect> {
    let format = match &what {
        Named::Copy(format) | Named::Export(_, format) => *format,
    };
    let Some(tab) = app.panes.query.shown() else { return Vec::new() };
    let Some(grid) = &tab.grid else { return Vec::new() };
    let table = only_table(&grid.columns).ok().filter(|_| format == Format::Insert && tab.table.is_none());
    let state = &app.panes.query;
    let here = state.is_on() && state.server.as_ref().is_some_and(|server| tab.is_of(server));
    match table.filter(|_| here) {
        Some(table) => {
            app.panes.query.naming = Some((tab.id, what));
            // What was asked for before it may be of another table.
            let mut effects = super::ask::leave(app, NAME);
            effects.extend(look(app, NAME, name_question(table)));
            effects
        }
        None => does(app, what),
    }
}

/// The name has come, or not.
pub fn name(app: &mut App, rows: &[Vec<Option<String>>]) {
    let Some((result, what)) = app.panes.query.naming.take() else { return };
    if let Some(tab) = app.panes.query.tab_of(result) {
        tab.table = Some(Table::of(rows).unwrap_or_default());
    }
    if app.panes.query.shown().is_some_and(|tab| tab.id == result) {
        let effects = does(app, what);
        app.panes.query.effects.extend(effects);
    }
}

fn does(app: &mut App, what: Named) -> Vec<Effect> {
    match what {
        Named::Copy(format) => rows(app, format),
        Named::Export(path, format) => write(app, path, format),
    }
}

/// Copies the row, or the selected ones.
fn rows(app: &mut App, format: Format) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown() else { return Vec::new() };
    let Some(grid) = &tab.grid else { return Vec::new() };
    let (from, to) = grid.marked();
    // What is not at hand whole is read first.
    let at_hand = || (from..=to).map(|place| grid.cells(place).filter(|cells| is_whole(cells))).collect();
    let rows: Option<Vec<&[Cell]>> = if to - from < AT_HAND { at_hand() } else { None };
    match rows {
        Some(rows) => {
            let text = copied::of_rows(grid, rows.into_iter(), &copied::options(tab, format));
            copied::copied(app, text)
        }
        None => reading::begin(app, Goal::Rows(format)),
    }
}

fn is_whole(cells: &[Cell]) -> bool {
    !cells.iter().any(|cell| matches!(cell, Cell::Text { cut: true, .. }))
}

/// Copies the selected column, a line a value.
fn column(app: &mut App) -> Vec<Effect> {
    let selected = app.panes.query.shown().and_then(|tab| tab.grid.as_ref()?.selected());
    selected.map_or_else(Vec::new, |column| reading::begin(app, Goal::Column(column)))
}

fn write(app: &mut App, path: String, format: Format) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown() else { return Vec::new() };
    let (result, options) = (tab.id, copied::options(tab, format));
    let Some(grid) = &tab.grid else { return Vec::new() };
    if grid.is_whole_here() {
        let rows = (0..grid.count()).filter_map(|place| grid.cells(place));
        let text = copied::of_rows(grid, rows, &options);
        return vec![Effect::Save { path, text }];
    }
    let (columns, rows, of) = (grid.order.clone(), grid.shown.clone(), Some(grid.count()));
    let (options, file) = (Box::new(options), path.clone());
    let (serial, effect) = ask(app, Kind::Export, sql::Ask::Export { result, path: file, options, columns, rows });
    app.panes.query.exporting = Some(Exporting { serial, result, path, written: 0, of });
    vec![effect]
}

/// Takes the progress of writing a file.
pub fn written(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let Some(exporting) = app.panes.query.exporting.as_mut().filter(|exporting| exporting.serial == serial) else {
        return;
    };
    match part {
        Part::Page(sql::Fact::Exported { rows, .. }) => exporting.written = rows,
        Part::Last(sql::Fact::Exported { rows, bytes }) => {
            let path = &exporting.path;
            let text = match exporting.of {
                None => format!("{path}: {}", tell::size(bytes)),
                Some(_) if rows == 1 => format!("{path}: 1 row, {}", tell::size(bytes)),
                Some(_) => format!("{path}: {} rows, {}", tell::count(rows), tell::size(bytes)),
            };
            app.panes.query.exporting = None;
            app.note(false, text.clone());
            app.say(text);
        }
        Part::Page(_) | Part::Last(_) => {}
        Part::Failed(failure) => {
            let hint = failure.hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default();
            let text = format!("{}{hint}", failure.message);
            app.panes.query.exporting = None;
            app.note(true, text.clone());
            app.say(text);
        }
    }
}

/// Leaves a file that is being written, which goes away; whether there was one.
pub fn leave(app: &mut App) -> bool {
    let Some(Exporting { serial, path, .. }) = app.panes.query.exporting.take() else {
        return false;
    };
    let left = Effect::Leave(ticket(app, Kind::Export, serial));
    app.panes.query.effects.push(left);
    app.say(format!("{path} is not written"));
    true
}
