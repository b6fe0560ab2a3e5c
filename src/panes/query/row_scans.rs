//! Scans over the rows of a result: to search, filter, sort or copy them.

use super::copy_texts;
use super::requests::{Kind, request};
use super::result::Tab;
use super::scan::{Goal, MAX_COPIED_BYTES, MAX_SORTED_ROWS, Scan, Step};
use super::status_texts;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::Cell;
use crate::model::sql::sort_key::Order;

/// Starts a scan over the shown result.
pub fn begin(app: &mut App, goal: Goal) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown() else {
        app.show_message("there is no result");
        return Vec::new();
    };
    let Some(grid) = &tab.grid else {
        app.show_message("this result has no rows");
        return Vec::new();
    };
    let (marked, place) = (grid.selected_range(), grid.place);
    let (rows, began, sort) = match &goal {
        Goal::Search { .. } => (grid.count(), place, None),
        Goal::Arrange { filter, sort } => {
            if sort.is_some() && filter.is_empty() && grid.rows > MAX_SORTED_ROWS as u64 {
                let rows = grid.rows;
                return too_many(app, &format!("{} rows", status_texts::format_count(rows)));
            }
            (grid.rows, 0, *sort)
        }
        Goal::Rows(_) => (marked.1 - marked.0 + 1, marked.0, None),
        Goal::Column(_) => (grid.count(), 0, None),
    };
    let order = sort.and_then(|(column, _)| grid.columns.get(column)).map_or(Order::Text, Order::of);
    let scan = Scan::new(tab.id, goal, rows, grid.columns.len(), began, order);
    app.panes.query.scan = Some(scan);
    after_move(app)
}

fn too_many(app: &mut App, rows: &str) -> Vec<Effect> {
    let most = status_texts::format_count(MAX_SORTED_ROWS as u64);
    app.show_message(format!("{rows} are too many to be sorted here ({most} at most): o has the server sort them"));
    Vec::new()
}

/// Requests the next rows, or scans those that are loaded.
pub fn next(app: &mut App) -> Vec<Effect> {
    loop {
        let state = &mut app.panes.query;
        let Some(scan) = state.scan.as_ref().filter(|scan| scan.serial.is_none()) else { return Vec::new() };
        let (result, (from, count), all) = (scan.result, scan.next(), scan.goal.covers_all_rows());
        let copies = scan.goal.needs_full_values();
        let Some(grid) = state.tabs.iter().find(|tab| tab.id == result).and_then(|tab| tab.grid.as_ref()) else {
            state.scan = None;
            return Vec::new();
        };
        let places = from..from + u64::from(count);
        if grid.is_fully_loaded() {
            let cells = |place: u64| if all { grid.loaded_row(place) } else { grid.cells(place) };
            let rows: Vec<Vec<Cell>> = places.filter_map(cells).map(<[Cell]>::to_vec).collect();
            take(app, from, &rows);
            continue;
        }
        // Rows in another order may be anywhere in the result, and a window would truncate values to be copied.
        let question = if copies || (!all && grid.shown.is_some()) {
            let rows = places.filter_map(|place| grid.row_at(place)).collect();
            sql::Ask::Rows { result, rows, most: if copies { MAX_COPIED_BYTES } else { 0 } }
        } else {
            sql::Ask::Window { result, from, count }
        };
        let (serial, effect) = request(app, Kind::Scan, question);
        if let Some(scan) = &mut app.panes.query.scan {
            (scan.serial, scan.from) = (Some(serial), from);
        }
        return vec![effect];
    }
}

/// Handles rows of a scan.
pub fn answer(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let Some(scan) = app.panes.query.scan.as_ref().filter(|scan| scan.serial == Some(serial)) else { return };
    let from = scan.from;
    match part {
        Part::Page(sql::Fact::Window { rows, .. } | sql::Fact::Rows { rows, .. })
        | Part::Last(sql::Fact::Window { rows, .. } | sql::Fact::Rows { rows, .. }) => take(app, from, &rows),
        Part::Page(_) | Part::Last(_) => {}
        Part::Failed(failure) => {
            app.panes.query.scan = None;
            app.show_message(failure.message);
        }
    }
}

fn take(app: &mut App, from: u64, rows: &[Vec<Cell>]) {
    let state = &mut app.panes.query;
    let Some(scan) = &mut state.scan else { return };
    let (there, step) = (scan.rows(), scan.take(from, rows));
    let (result, goal, as_text) = (scan.result, scan.goal.clone(), scan.sorted_as_text());
    if step == Step::More {
        return;
    }
    state.scan = None;
    let Some(tab) = state.tab_of(result) else { return };
    match step {
        Step::Found(place) => {
            if let Some(grid) = &mut tab.grid {
                grid.select_row(place);
            }
        }
        Step::Arranged(rows, looked) => {
            // Rows that arrive during or after the scan are not included.
            let looked = looked.or_else(|| tab.is_more_than(there).then_some(there));
            if let Some(message) = arranged(tab, rows, looked, &goal) {
                let how = if as_text { ", as text: o has the server sort it" } else { "" };
                app.show_message(message + how);
            }
        }
        Step::Gathered(rows) => {
            let text = gathered(tab, &rows, &goal);
            let cut = rows.iter().flatten().any(|cell| matches!(cell, Cell::Text { cut: true, .. }));
            let effects = if cut {
                copy_texts::report_too_large(app, MAX_COPIED_BYTES as u64)
            } else {
                copy_texts::copy_to_clipboard(app, text)
            };
            app.panes.query.effects.extend(effects);
        }
        Step::TooMany => {
            if goal.needs_full_values() {
                copy_texts::report_too_large(app, MAX_COPIED_BYTES as u64);
            } else {
                too_many(app, "the rows that have it");
            }
        }
        Step::Nothing => match &goal {
            Goal::Search { text, .. } | Goal::Arrange { filter: text, .. } if !text.is_empty() => {
                app.show_message(format!("no row has {text:?}"));
            }
            Goal::Search { .. } | Goal::Arrange { .. } | Goal::Rows(_) | Goal::Column(_) => {}
        },
        Step::More => {}
    }
}

/// Shows the filtered or sorted rows; returns a message about them.
fn arranged(tab: &mut Tab, rows: Vec<u64>, looked: Option<u64>, goal: &Goal) -> Option<String> {
    let Goal::Arrange { filter, sort } = goal else { return None };
    let grid = tab.grid.as_mut()?;
    let found = rows.len() as u64;
    grid.show(Some(rows));
    if *sort != tab.sorted && sort.is_some() {
        grid.select_row(0);
    }
    let sorts = sort.and_then(|(column, down)| {
        let name = grid.columns.get(column)?.name.clone();
        Some(format!("sorted by {name} {}", if down { "downwards" } else { "upwards" }))
    });
    let (all, first) = (status_texts::format_count(grid.rows), looked.map(status_texts::format_count));
    let filters = (!filter.is_empty()).then(|| match &first {
        None => format!("{} of {all} rows", status_texts::format_count(found)),
        Some(first) => format!("{} of the first {first} rows", status_texts::format_count(found)),
    });
    let stopped = first.map(|first| format!("the rows behind row {first} were not read"));
    tab.filter.clone_from(filter);
    (tab.sorted, tab.filter_examined) = (*sort, looked);
    let parts: Vec<String> = filters.into_iter().chain(sorts).chain(stopped).collect();
    Some(parts.join(", "))
}

/// The text to copy.
fn gathered(tab: &Tab, rows: &[Vec<Cell>], goal: &Goal) -> String {
    match (goal, &tab.grid) {
        (Goal::Rows(format), Some(grid)) => {
            copy_texts::of_rows(grid, rows.iter().map(Vec::as_slice), &copy_texts::options(tab, *format))
        }
        _ => copy_texts::of_column(rows.iter().flatten()),
    }
}

/// Searches for the tab's text, starting at the selected row.
pub fn search(app: &mut App, forward: bool) -> Vec<Effect> {
    let text = app.panes.query.shown().map(|tab| tab.search.clone()).unwrap_or_default();
    if text.is_empty() {
        app.show_message("there is no search: / starts one");
        return Vec::new();
    }
    begin(app, Goal::Search { text, forward })
}

/// Applies a filter and a sort order, and reports the result. Without either, rows are shown as they came.
pub fn arrange(app: &mut App, filter: String, sort: Option<(usize, bool)>) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown_mut() else {
        app.show_message("there is no result");
        return Vec::new();
    };
    match tab.grid.as_mut() {
        // Without a sort order, filtered rows return to their original order.
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
            after_move(app)
        }
        Some(_) if sort.is_none() && filter.is_empty() => {
            show_all(app);
            after_move(app)
        }
        _ => begin(app, Goal::Arrange { filter, sort }),
    }
}

/// Shows all rows in their original order.
pub fn show_all(app: &mut App) -> bool {
    let Some(tab) = app.panes.query.shown_mut() else { return false };
    let changed = !tab.filter.is_empty() || tab.sorted.is_some();
    tab.filter.clear();
    (tab.sorted, tab.filter_examined) = (None, None);
    if let Some(grid) = tab.grid.as_mut().filter(|_| changed) {
        grid.show(None);
    }
    changed
}
