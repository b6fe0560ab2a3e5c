//! Rows that are read through (to find, filter or sort them), and values that are read whole.

use super::ask::{Kind, of_session};
use super::grid::Grid;
use super::result::Tab;
use super::scan::{Goal, SORTED, Scan, Step};
use super::state::Reading;
use super::{edit_line, tell, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::settle::done;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::{Cell, Column};

/// The most bytes that are copied: terminals take no more by OSC 52.
pub const COPIED: usize = 74_000;

/// Begins to read the rows of the result that is shown.
pub fn begin(app: &mut App, goal: Goal) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let session = state.session;
    let Some(tab) = state.shown() else {
        app.say("there is no result");
        return Vec::new();
    };
    let Some(grid) = &tab.grid else {
        app.say("this result has no rows");
        return Vec::new();
    };
    let here = grid.is_whole_here();
    if !here && Some(tab.session) != session {
        app.say("the session that these rows are of is gone: what is at hand is all there is");
        return Vec::new();
    }
    let rows = grid.rows;
    if matches!(goal, Goal::Sort { .. }) && rows > SORTED {
        let text = format!(
            "{} rows are too many to be sorted here ({} at most): o has the server sort them",
            tell::count(rows),
            tell::count(SORTED)
        );
        app.say(text);
        return Vec::new();
    }
    let numeric = match goal {
        Goal::Sort { column, .. } => grid.columns.get(column).is_some_and(Column::is_right_aligned),
        Goal::Search { .. } | Goal::Filter(_) => false,
    };
    let scan = Scan::new(tab.id, goal, rows, grid.columns.len(), grid.row().unwrap_or_default(), numeric);
    app.panes.query.scan = Some(scan);
    done(app)
}

/// Asks for the next rows, or reads those that are here.
pub fn next(app: &mut App) -> Vec<Effect> {
    loop {
        let state = &mut app.panes.query;
        let Some(scan) = state.scan.as_ref().filter(|scan| scan.serial.is_none()) else { return Vec::new() };
        let (result, (from, count)) = (scan.result, scan.next());
        let Some(tab) = state.tabs.iter().find(|tab| tab.id == result) else {
            state.scan = None;
            return Vec::new();
        };
        let Some(grid) = tab.grid.as_ref().filter(|grid| grid.is_whole_here()) else {
            let asked = of_session(app, Kind::Scan, |session| sql::Ask::Window { session, result, from, count });
            let Some((serial, effect)) = asked else {
                app.panes.query.scan = None;
                return Vec::new();
            };
            if let Some(scan) = &mut app.panes.query.scan {
                scan.serial = Some(serial);
            }
            return vec![effect];
        };
        let rows: Vec<Vec<Cell>> =
            (from..from + u64::from(count)).filter_map(|row| grid.cells(row)).map(<[Cell]>::to_vec).collect();
        take(app, from, &rows);
    }
}

/// Rows have come.
pub fn answer(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    if app.panes.query.scan.as_ref().is_none_or(|scan| scan.serial != Some(serial)) {
        return;
    }
    match part {
        Part::Page(sql::Fact::Window { from, rows, .. }) | Part::Last(sql::Fact::Window { from, rows, .. }) => {
            take(app, from, &rows);
        }
        Part::Page(_) | Part::Last(_) => {}
        Part::Failed(failure) => {
            app.panes.query.scan = None;
            app.say(failure.message);
        }
    }
}

fn take(app: &mut App, from: u64, rows: &[Vec<Cell>]) {
    let state = &mut app.panes.query;
    let Some(scan) = &mut state.scan else { return };
    let (step, result, goal) = (scan.take(from, rows), scan.result, scan.goal.clone());
    if step == Step::More {
        return;
    }
    state.scan = None;
    let Some(tab) = state.tab_of(result) else { return };
    let said = found(tab, step, &goal);
    if let Some(said) = said {
        app.say(said);
    }
}

fn found(tab: &mut Tab, step: Step, goal: &Goal) -> Option<String> {
    let grid = tab.grid.as_mut()?;
    match (step, goal) {
        (Step::Found(row), _) => {
            let place = place_of(grid, row);
            match place {
                Some(place) => grid.go(place),
                None => return Some(format!("row {} has it, and the filter hides it", tell::count(row + 1))),
            }
            None
        }
        (Step::Rows(rows), Goal::Filter(text)) => {
            tab.filter.clone_from(text);
            tab.sorted = None;
            let said = format!("{} of {} rows", tell::count(rows.len() as u64), tell::count(grid.rows));
            grid.show(Some(rows));
            Some(said)
        }
        (Step::Rows(rows), Goal::Sort { column, down }) => {
            tab.sorted = Some((*column, *down));
            tab.filter.clear();
            grid.show(Some(rows));
            grid.go(0);
            let name = grid.columns.get(*column).map(|column| column.name.clone()).unwrap_or_default();
            Some(format!("sorted by {name} {}", if *down { "downwards" } else { "upwards" }))
        }
        (Step::Nothing, Goal::Search { text, .. } | Goal::Filter(text)) => Some(format!("no row has {text:?}")),
        (Step::Nothing | Step::Rows(_) | Step::More, _) => None,
    }
}

/// Where a row is among those that are shown.
fn place_of(grid: &Grid, row: u64) -> Option<u64> {
    match &grid.shown {
        None => Some(row),
        Some(rows) => rows.iter().position(|shown| *shown == row).map(|place| place as u64),
    }
}

/// Looks for the text of the tab, from the selected row on.
pub fn search(app: &mut App, forward: bool) -> Vec<Effect> {
    let text = app.panes.query.shown().map(|tab| tab.search.clone()).unwrap_or_default();
    if text.is_empty() {
        app.say("nothing is looked for: / searches");
        return Vec::new();
    }
    begin(app, Goal::Search { text, forward })
}

/// All rows as they came.
pub fn show_all(app: &mut App) -> bool {
    let Some(tab) = app.panes.query.shown_mut() else { return false };
    let changed = !tab.filter.is_empty() || tab.sorted.is_some();
    tab.filter.clear();
    tab.sorted = None;
    if let Some(grid) = tab.grid.as_mut().filter(|_| changed) {
        grid.show(None);
    }
    changed
}

/// Reads the selected value whole.
pub fn value(app: &mut App, what: Reading) -> Vec<Effect> {
    let state = &app.panes.query;
    let Some(tab) = state.shown() else { return Vec::new() };
    let Some(grid) = &tab.grid else { return Vec::new() };
    let (Some(row), Some(column)) = (grid.row(), grid.selected()) else { return Vec::new() };
    let name = grid.columns.get(column).map(|column| column.name.clone()).unwrap_or_default();
    let result = tab.id;
    match grid.cell(row, column).cloned() {
        None => {
            app.say("this row is not here yet");
            Vec::new()
        }
        Some(Cell::Null) => shown(app, &name, None, what),
        Some(Cell::Text { text, cut: false, .. }) => shown(app, &name, Some(text.into()), what),
        Some(Cell::Text { bytes, .. }) => {
            app.say(format!("reading {} …", tell::size(bytes)));
            let asked = of_session(app, Kind::Value, |session| sql::Ask::Value { session, result, row, column });
            let Some((serial, effect)) = asked else {
                app.say("the session is gone: of this value only its beginning is at hand");
                return Vec::new();
            };
            app.panes.query.reading = Some((serial, name, what));
            vec![effect]
        }
    }
}

/// A whole value has come.
pub fn came(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let Some((_, name, what)) = app.panes.query.reading.take_if(|(asked, ..)| *asked == serial) else { return };
    match part {
        Part::Page(sql::Fact::Value(text)) | Part::Last(sql::Fact::Value(text)) => {
            let effects = shown(app, &name, text, what);
            app.panes.query.effects.extend(effects);
        }
        Part::Page(_) | Part::Last(_) => {}
        Part::Failed(failure) => app.say(failure.message),
    }
}

fn shown(app: &mut App, name: &str, text: Option<String>, what: Reading) -> Vec<Effect> {
    match what {
        Reading::Show => {
            windows::value(app, name, text.as_deref());
            Vec::new()
        }
        Reading::Copy => copied(app, text.unwrap_or_default()),
        Reading::Edit => {
            edit_line::value(app, text);
            done(app)
        }
    }
}

/// Puts a text on the clipboard, where it is not too long for it.
pub fn copied(app: &mut App, text: String) -> Vec<Effect> {
    if text.len() > COPIED {
        let size = tell::size(text.len() as u64);
        app.say(format!(
            "{size} are too much for the clipboard of a terminal: `cockpit sql -o csv` writes results to a file"
        ));
        return Vec::new();
    }
    app.say(format!("copied {}", tell::size(text.len() as u64)));
    vec![Effect::Copy(text)]
}
