//! How the rows of a result look: as a grid, or one at a time.

use super::grid::{Grid, Placed, shown};
use super::result::Tab;
use super::state::RESULT;
use super::{tell, ways};
use crate::model::sql::explain_table::summary;
use crate::model::sql::{Cell, Ended};
use crate::model::text::{cut_end, harmless};
use crate::ui::canvas::Canvas;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::borrow::Cow;
use std::fmt::Write as _;

/// What stands for NULL, unless `\pset null` says something else.
const NULL: &str = "NULL";

/// Whether the failure of a statement is told in the place of its rows: there is none that could be looked at.
pub fn tells_failure(tab: &Tab) -> bool {
    let failed = matches!(tab.ended, Some(Ended::Failed(_) | Ended::Lost(_)));
    failed && tab.grid.as_ref().is_some_and(|grid| grid.rows == 0)
}

/// Draws the grid, and what stands below its rows.
pub fn draw(canvas: &mut Canvas<'_, '_>, place: Rect, tab: &Tab, grid: &Grid) {
    let theme = canvas.theme;
    let below = super::layout::below(place, tab.footers.len(), grid.count());
    let place = Rect { height: place.height - below, ..place };
    for (y, footer) in (place.bottom()..place.bottom() + below).zip(&tab.footers) {
        canvas.put_cut(place.x + 1, y, place.width.saturating_sub(2), footer, theme.dim);
    }
    if place.height == 0 {
        return;
    }
    let x = place.x + 1;
    let placed = grid.placed();
    let selected = grid.selected();
    for column in &placed {
        let Some(named) = grid.columns.get(column.column) else { continue };
        let sorted =
            tab.sorted.filter(|(sorted, _)| *sorted == column.column).map(|(_, down)| if down { "↓" } else { "↑" });
        let name = format!("{}{}", shown(&named.name), sorted.unwrap_or_default());
        let style = if Some(column.column) == selected { theme.strong } else { theme.dim };
        let style = style.add_modifier(Modifier::UNDERLINED);
        put(canvas, x, place.y, column, named.is_right_aligned(), &name, style);
        line(canvas, x, place.y, column, &placed);
    }
    let focused = canvas.app.focused() == RESULT;
    let (from, to) = grid.marked();
    for (number, y) in (place.y + 1..place.bottom()).enumerate() {
        let at = grid.top + number as u64;
        let Some(row) = grid.row_at(at) else { break };
        let cells = grid.cells(row);
        let edit = tab.edit.as_ref().filter(|edit| !edit.changes.list.is_empty());
        let key = edit.zip(cells).and_then(|(edit, cells)| Some((edit, edit.key_of(cells)?)));
        let goes = key.as_ref().is_some_and(|(edit, key)| edit.changes.goes(key));
        for column in &placed {
            let right = grid.columns.get(column.column).is_some_and(crate::model::sql::Column::is_right_aligned);
            match cells.map(|cells| cells.get(column.column)) {
                Some(Some(cell)) => {
                    let number = grid.columns.get(column.column).map_or(0, |column| column.number);
                    let changed = key.as_ref().and_then(|(edit, key)| edit.changes.changed(key, number));
                    let (text, style) = match changed.filter(|_| number != 0) {
                        Some(value) => (value.as_deref().map_or_else(|| null(canvas), shown), theme.changing),
                        None => look(canvas, cell),
                    };
                    let style = if goes { theme.down.add_modifier(Modifier::CROSSED_OUT) } else { style };
                    put(canvas, x, y, column, right, &text, style);
                }
                Some(None) => {}
                None => put(canvas, x, y, column, right, "…", theme.dim),
            }
            line(canvas, x, y, column, &placed);
        }
        if goes {
            canvas.put(place.x, y, 1, "-", theme.down);
        }
        let whole = Rect { x, y, width: place.width.saturating_sub(1), height: 1 };
        if at == grid.place || (grid.anchor.is_some() && (from..=to).contains(&at)) {
            if focused {
                canvas.select(whole);
            }
            canvas.put(place.x, y, 1, "›", if focused { theme.key } else { theme.marked });
        }
        if at == grid.place
            && let Some(column) = placed.iter().find(|column| Some(column.column) == selected)
        {
            let style = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
            canvas.restyle(Rect { x: x + column.x, y, width: column.cells, height: 1 }, style);
        }
    }
    if grid.count() == 0 {
        let text = if tab.ended.is_some() { "no rows" } else { "no rows yet" };
        canvas.put(x, place.y + 1, place.width.saturating_sub(1), text, theme.dim);
    }
}

/// What stands for NULL: never nothing, which an empty text is.
fn null<'a>(canvas: &Canvas<'a, '_>) -> Cow<'a, str> {
    match canvas.app.panes.query.interpreter.options().null.as_str() {
        "" => NULL.into(),
        null => harmless(null),
    }
}

fn look<'a>(canvas: &Canvas<'a, '_>, cell: &'a Cell) -> (Cow<'a, str>, Style) {
    let theme = canvas.theme;
    match cell {
        Cell::Null => (null(canvas), theme.dim.add_modifier(Modifier::ITALIC)),
        Cell::Text { text, cut, .. } => {
            let text = shown(text);
            (if *cut { format!("{text}…").into() } else { text }, theme.text)
        }
    }
}

fn put(canvas: &mut Canvas<'_, '_>, x: u16, y: u16, column: &Placed, right: bool, text: &str, style: Style) {
    let cut = cut_end(text, usize::from(column.cells));
    if right {
        canvas.put_right(x + column.x + column.cells, y, column.cells, &cut, style);
    } else {
        canvas.put(x + column.x, y, column.cells, &cut, style);
    }
}

/// The line behind a column; there is none behind the last one.
fn line(canvas: &mut Canvas<'_, '_>, x: u16, y: u16, column: &Placed, placed: &[Placed]) {
    if placed.last() != Some(column) {
        canvas.put(x + column.x + column.cells, y, 1, "│", canvas.theme.border);
    }
}

/// Draws one row, field by field.
pub fn record(canvas: &mut Canvas<'_, '_>, place: Rect, tab: &Tab, grid: &Grid) {
    let theme = canvas.theme;
    let (Some(row), Some(at)) = (grid.row(), tab.record) else {
        canvas.put(place.x + 1, place.y, place.width.saturating_sub(1), "no rows", theme.dim);
        return;
    };
    let names = grid.columns.iter().map(|column| canvas.width(&shown(&column.name))).max().unwrap_or(0);
    let names = names.min(place.width / 3).max(1);
    let cells = grid.cells(row);
    let height = usize::from(place.height);
    let first = (at + 1).saturating_sub(height);
    let rows = (place.y..place.bottom()).zip(grid.columns.iter().enumerate().skip(first));
    for (y, (number, column)) in rows {
        let x = place.x + 1;
        canvas.put_cut(x, y, names, &shown(&column.name), theme.dim);
        canvas.put(x + names, y, 3, " │ ", theme.border);
        let room = place.width.saturating_sub(names + 5);
        match cells.and_then(|cells| cells.get(number)) {
            Some(cell) => {
                let (text, style) = look(canvas, cell);
                canvas.put_cut(x + names + 3, y, room, &text, style);
            }
            None => {
                canvas.put(x + names + 3, y, room, "…", theme.dim);
            }
        }
        if number == at {
            canvas.select(Rect { x, y, width: place.width.saturating_sub(1), height: 1 });
            canvas.put(place.x, y, 1, "›", theme.key);
        }
    }
}

/// The last line: how the statement ended, and where one is.
pub fn last(canvas: &mut Canvas<'_, '_>, place: Rect, tab: &Tab) {
    let (app, theme) = (canvas.app, canvas.theme);
    let mut end = place.right().saturating_sub(1);
    if let Some(tree) = &tab.plan {
        let said = tree.beside.as_ref().map_or_else(|| summary(&tree.plan), |beside| beside.verdict.clone());
        let words = format!("{said} · node {} of {}", tree.at + 1, tree.count());
        end -= canvas.put_right(end, place.y, place.width * 3 / 4, &words, theme.text);
    } else if let Some(grid) = tab.grid.as_ref().filter(|grid| grid.count() > 0) {
        let mut words = format!("row {} of {}", tell::count(grid.place + 1), tell::count(grid.count()));
        if grid.shown.is_some() && grid.count() != grid.rows {
            let _ = write!(words, " ({} in all)", tell::count(grid.rows));
        }
        let hidden = grid.columns.len() - grid.order.len();
        let column = grid.column + 1;
        let _ = write!(words, " · column {column} of {}", grid.order.len());
        if let Some(target) = ways::target(app, tab) {
            let _ = write!(words, " → {}", harmless(&target));
        }
        if hidden > 0 {
            let _ = write!(words, ", {hidden} hidden");
        }
        if tab.from.is_some() {
            words.push_str(" · Esc back");
        }
        end -= canvas.put_right(end, place.y, place.width * 2 / 3, &words, theme.dim);
    }
    let room = end.saturating_sub(place.x + 2);
    let scan = app.panes.query.scan.as_ref().filter(|scan| scan.result == tab.id);
    let exporting = app.panes.query.exporting.as_ref().filter(|exporting| exporting.result == tab.id);
    let (tone, text) = match scan {
        _ if exporting.is_some() => {
            let (written, of, path) =
                exporting.map_or((0, 1, ""), |file| (file.written, file.of.max(1), file.path.as_str()));
            let part = written as f64 / of as f64 * 100.0;
            (crate::app::overlay::Tone::Warn, format!("writing {part:.0} % into {path}; Esc leaves it"))
        }
        Some(scan) => (
            crate::app::overlay::Tone::Warn,
            format!("reading {:.0} % of the rows; Esc leaves it", scan.part() * 100.0),
        ),
        None => tell::outcome(tab, app.now),
    };
    let notices = match tab.notices.len() {
        0 => String::new(),
        1 => "  1 notice".to_owned(),
        count => format!("  {count} notices"),
    };
    let changes = tab.edit.as_ref().map_or(0, |edit| edit.changes.list.len());
    let (tone, text) = match changes {
        0 => (tone, text),
        1 => (crate::app::overlay::Tone::Warn, "1 change: W applies it, u takes it back".to_owned()),
        _ => (crate::app::overlay::Tone::Warn, format!("{changes} changes: W applies them, u takes the last back")),
    };
    canvas.put_cut(place.x + 1, place.y, room, &format!("{text}{notices}"), theme.tone(tone));
}
