//! Rows that are read through: to find some, to filter and sort them, to copy them.

use super::ask::{Kind, ask};
use super::copied;
use super::result::Tab;
use super::scan::{COPIED, Goal, SORTED, Scan, Step};
use super::tell;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::settle::done;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::Cell;
use crate::model::sql::sort_key::Order;

/// Begins to read the rows of the result that is shown.
pub fn begin(app: &mut App, goal: Goal) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown() else {
        app.say("there is no result");
        return Vec::new();
    };
    let Some(grid) = &tab.grid else {
        app.say("this result has no rows");
        return Vec::new();
    };
    let (marked, place) = (grid.marked(), grid.place);
    let (rows, began, sort) = match &goal {
        Goal::Search { .. } => (grid.count(), place, None),
        Goal::Arrange { filter, sort } => {
            if sort.is_some() && filter.is_empty() && grid.rows > SORTED as u64 {
                let rows = grid.rows;
                return too_many(app, &format!("{} rows", tell::count(rows)));
            }
            (grid.rows, 0, *sort)
        }
        Goal::Rows(_) => (marked.1 - marked.0 + 1, marked.0, None),
        Goal::Column(_) => (grid.count(), 0, None),
    };
    let order = sort.and_then(|(column, _)| grid.columns.get(column)).map_or(Order::Text, Order::of);
    let scan = Scan::new(tab.id, goal, rows, grid.columns.len(), began, order);
    app.panes.query.scan = Some(scan);
    done(app)
}

fn too_many(app: &mut App, rows: &str) -> Vec<Effect> {
    let most = tell::count(SORTED as u64);
    app.say(format!("{rows} are too many to be sorted here ({most} at most): o has the server sort them"));
    Vec::new()
}

/// Asks for the next rows, or reads those that are here.
pub fn next(app: &mut App) -> Vec<Effect> {
    loop {
        let state = &mut app.panes.query;
        let Some(scan) = state.scan.as_ref().filter(|scan| scan.serial.is_none()) else { return Vec::new() };
        let (result, (from, count), all) = (scan.result, scan.next(), scan.goal.is_of_all());
        let copies = scan.goal.copies();
        let Some(grid) = state.tabs.iter().find(|tab| tab.id == result).and_then(|tab| tab.grid.as_ref()) else {
            state.scan = None;
            return Vec::new();
        };
        let places = from..from + u64::from(count);
        if grid.is_whole_here() {
            let cells = |place: u64| if all { grid.came(place) } else { grid.cells(place) };
            let rows: Vec<Vec<Cell>> = places.filter_map(cells).map(<[Cell]>::to_vec).collect();
            take(app, from, &rows);
            continue;
        }
        // Those that are shown in another order lie anywhere; a window would cut the values that are copied.
        let question = if copies || (!all && grid.shown.is_some()) {
            let rows = places.filter_map(|place| grid.row_at(place)).collect();
            sql::Ask::Rows { result, rows, most: if copies { COPIED } else { 0 } }
        } else {
            sql::Ask::Window { result, from, count }
        };
        let (serial, effect) = ask(app, Kind::Scan, question);
        if let Some(scan) = &mut app.panes.query.scan {
            (scan.serial, scan.from) = (Some(serial), from);
        }
        return vec![effect];
    }
}

/// Takes in rows of a result.
pub fn answer(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let Some(scan) = app.panes.query.scan.as_ref().filter(|scan| scan.serial == Some(serial)) else { return };
    let from = scan.from;
    match part {
        Part::Page(sql::Fact::Window { rows, .. } | sql::Fact::Rows { rows, .. })
        | Part::Last(sql::Fact::Window { rows, .. } | sql::Fact::Rows { rows, .. }) => take(app, from, &rows),
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
    let (there, step) = (scan.rows(), scan.take(from, rows));
    let (result, goal, as_text) = (scan.result, scan.goal.clone(), scan.is_as_text());
    if step == Step::More {
        return;
    }
    state.scan = None;
    let Some(tab) = state.tab_of(result) else { return };
    match step {
        Step::Found(place) => {
            if let Some(grid) = &mut tab.grid {
                grid.go(place);
            }
        }
        Step::Arranged(rows, looked) => {
            // Rows that come while it reads, or after it, are not among those that are shown.
            let looked = looked.or_else(|| tab.is_more_than(there).then_some(there));
            if let Some(said) = arranged(tab, rows, looked, &goal) {
                let how = if as_text { ", as text: o has the server sort it" } else { "" };
                app.say(said + how);
            }
        }
        Step::Gathered(rows) => {
            let text = gathered(tab, &rows, &goal);
            let cut = rows.iter().flatten().any(|cell| matches!(cell, Cell::Text { cut: true, .. }));
            let effects = if cut { copied::too_much(app, COPIED as u64) } else { copied::copied(app, text) };
            app.panes.query.effects.extend(effects);
        }
        Step::TooMany => {
            if goal.copies() {
                copied::too_much(app, COPIED as u64);
            } else {
                too_many(app, "the rows that have it");
            }
        }
        Step::Nothing => match &goal {
            Goal::Search { text, .. } | Goal::Arrange { filter: text, .. } if !text.is_empty() => {
                app.say(format!("no row has {text:?}"));
            }
            Goal::Search { .. } | Goal::Arrange { .. } | Goal::Rows(_) | Goal::Column(_) => {}
        },
        Step::More => {}
    }
}

/// Other rows are shown, or the same in another order; what is said of it.
fn arranged(tab: &mut Tab, rows: Vec<u64>, looked: Option<u64>, goal: &Goal) -> Option<String> {
    let Goal::Arrange { filter, sort } = goal else { return None };
    let grid = tab.grid.as_mut()?;
    let found = rows.len() as u64;
    grid.show(Some(rows));
    if *sort != tab.sorted && sort.is_some() {
        grid.go(0);
    }
    let sorts = sort.and_then(|(column, down)| {
        let name = grid.columns.get(column)?.name.clone();
        Some(format!("sorted by {name} {}", if down { "downwards" } else { "upwards" }))
    });
    let (all, first) = (tell::count(grid.rows), looked.map(tell::count));
    let filters = (!filter.is_empty()).then(|| match &first {
        None => format!("{} of {all} rows", tell::count(found)),
        Some(first) => format!("{} of the first {first} rows", tell::count(found)),
    });
    let stopped = first.map(|first| format!("the rows behind row {first} were not read"));
    tab.filter.clone_from(filter);
    (tab.sorted, tab.looked) = (*sort, looked);
    let said: Vec<String> = filters.into_iter().chain(sorts).chain(stopped).collect();
    Some(said.join(", "))
}

/// The text that is copied.
fn gathered(tab: &Tab, rows: &[Vec<Cell>], goal: &Goal) -> String {
    match (goal, &tab.grid) {
        (Goal::Rows(format), Some(grid)) => {
            copied::of_rows(grid, rows.iter().map(Vec::as_slice), &copied::options(tab, *format))
        }
        _ => copied::of_column(rows.iter().flatten()),
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

/// Filters and sorts anew, with what is said of it; what is neither is shown as it came.
pub fn arrange(app: &mut App, filter: String, sort: Option<(usize, bool)>) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown_mut() else {
        app.say("there is no result");
        return Vec::new();
    };
    match tab.grid.as_mut() {
        // What a filter left stands in the order in which it came once nothing sorts it.
        Some(grid)
            if sort.is_none()
                && tab.sorted.is_some()
                && !filter.is_empty()
                && tab.filter == filter
                && grid.shown.is_some() =>
        {
            let mut rows = grid.shown.clone().unwrap_or_default();
            rows.sort_unstable();
            grid.show(Some(rows));
            tab.sorted = None;
            done(app)
        }
        Some(_) if sort.is_none() && filter.is_empty() => {
            show_all(app);
            done(app)
        }
        _ => begin(app, Goal::Arrange { filter, sort }),
    }
}

/// All rows as they came.
pub fn show_all(app: &mut App) -> bool {
    let Some(tab) = app.panes.query.shown_mut() else { return false };
    let changed = !tab.filter.is_empty() || tab.sorted.is_some();
    tab.filter.clear();
    (tab.sorted, tab.looked) = (None, None);
    if let Some(grid) = tab.grid.as_mut().filter(|_| changed) {
        grid.show(None);
    }
    changed
}
