//! Copying what is selected, and writing a result to a file: in the forms of psql and of `cockpit sql`.

use super::ask::{Kind, look, of_session, ticket};
use super::grid::Grid;
use super::reading::{self, COPIED};
use super::state::{Exporting, Named, Reading};
use super::tell;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::settle::done;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::Cell;
use crate::model::sql::edit::{name_of, name_question, only_table};
use crate::model::sql::format::head::Head;
use crate::model::sql::format::{Format, Options, Writer};

/// What the name of a table is looked up for.
pub const NAME: &str = "name";
/// What stands for the name of a table where the result is of none, or of several.
const NAMELESS: &str = "table_name";

/// Copies in one of the ways of the window.
pub fn copy(app: &mut App, way: &str) -> Vec<Effect> {
    match way {
        "cell" => reading::value(app, Reading::Copy),
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
        app.say("it is still read: Ctrl-C cancels, and what is here can be written");
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
    match table.filter(|_| app.panes.query.is_on()) {
        Some(table) => {
            app.panes.query.naming = Some((tab.id, what));
            look(app, NAME, name_question(table))
        }
        None => does(app, what),
    }
}

/// The name has come, or not.
pub fn name(app: &mut App, rows: &[Vec<Option<String>>]) {
    let Some((result, what)) = app.panes.query.naming.take() else { return };
    if let Some(tab) = app.panes.query.tab_of(result) {
        tab.table = Some(name_of(rows).unwrap_or_else(|| NAMELESS.to_owned()));
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

fn options(app: &App, format: Format) -> Options {
    let table = app.panes.query.shown().and_then(|tab| tab.table.clone());
    Options { format, table: table.unwrap_or_else(|| NAMELESS.to_owned()), ..Options::default() }
}

/// The rows of these places as text, as far as they are at hand; how many are not, and whether values are cut.
fn text(grid: &Grid, places: impl Iterator<Item = u64>, options: &Options) -> (String, u64, bool) {
    let heads = grid.order.iter().filter_map(|column| grid.columns.get(*column)).map(Head::of).collect();
    let mut writer = Writer::new(heads, options, false);
    let (mut out, mut away, mut cut) = (Vec::new(), 0, false);
    for place in places {
        let Some(cells) = grid.row_at(place).and_then(|row| grid.cells(row)) else {
            away += 1;
            continue;
        };
        cut |= grid.order.iter().any(|column| matches!(cells.get(*column), Some(Cell::Text { cut: true, .. })));
        let values = grid.order.iter().map(|column| match cells.get(*column) {
            Some(Cell::Text { text, .. }) => Some(text.as_bytes()),
            Some(Cell::Null) | None => None,
        });
        writer.row(values, &mut out);
    }
    writer.end(&[], &mut out);
    (String::from_utf8_lossy(&out).into_owned(), away, cut)
}

/// Copies the row, or the selected ones.
fn rows(app: &mut App, format: Format) -> Vec<Effect> {
    let options = options(app, format);
    let Some(grid) = app.panes.query.shown().and_then(|tab| tab.grid.as_ref()) else { return Vec::new() };
    let (from, to) = grid.marked();
    let (text, away, cut) = text(grid, from..=to.min(from + COPIED as u64), &options);
    copied(app, text, away, cut)
}

/// Copies the selected column, a line a value.
fn column(app: &mut App) -> Vec<Effect> {
    let Some(grid) = app.panes.query.shown().and_then(|tab| tab.grid.as_ref()) else { return Vec::new() };
    let Some(column) = grid.selected() else { return Vec::new() };
    let (mut lines, mut away, mut cut) = (String::new(), 0, false);
    for place in 0..grid.count().min(COPIED as u64) {
        match grid.row_at(place).and_then(|row| grid.cell(row, column)) {
            Some(Cell::Text { text, cut: part, .. }) => {
                lines.push_str(text);
                cut |= part;
            }
            Some(Cell::Null) => {}
            None => {
                away += 1;
                continue;
            }
        }
        lines.push('\n');
    }
    copied(app, lines, away, cut)
}

fn copied(app: &mut App, text: String, away: u64, cut: bool) -> Vec<Effect> {
    let effects = reading::copied(app, text);
    if cut {
        app.say("copied; long values are cut: Ctrl-s writes them whole to a file");
    } else if away > 0 {
        app.say(format!(
            "copied without {} rows that are not at hand: Ctrl-s writes all of them to a file",
            tell::count(away)
        ));
    }
    effects
}

fn write(app: &mut App, path: String, format: Format) -> Vec<Effect> {
    let options = options(app, format);
    let state = &app.panes.query;
    let Some(tab) = state.shown() else { return Vec::new() };
    let (result, session) = (tab.id, tab.session);
    let Some(grid) = &tab.grid else { return Vec::new() };
    if grid.is_whole_here() {
        let (text, ..) = text(grid, 0..grid.count(), &options);
        return vec![Effect::Save { path, text }];
    }
    if Some(session) != state.session {
        app.say("the session that these rows are of is gone: run the statement again");
        return done(app);
    }
    let (columns, rows, of) = (grid.order.clone(), grid.shown.clone(), grid.count());
    let options = Box::new(options);
    let file = path.clone();
    let asked = of_session(app, Kind::Export, |session| sql::Ask::Export {
        session,
        result,
        path: file,
        options,
        columns,
        rows,
    });
    let Some((serial, effect)) = asked else { return Vec::new() };
    app.panes.query.exporting = Some(Exporting { serial, result, path, written: 0, of });
    vec![effect]
}

/// It is told how far the file is.
pub fn written(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let Some(exporting) = app.panes.query.exporting.as_mut().filter(|exporting| exporting.serial == serial) else {
        return;
    };
    match part {
        Part::Page(sql::Fact::Exported { rows, .. }) => exporting.written = rows,
        Part::Last(sql::Fact::Exported { rows, bytes }) => {
            let text = format!("{}: {} rows, {}", exporting.path, tell::count(rows), tell::size(bytes));
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
