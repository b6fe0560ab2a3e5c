//! Drawing of a result's rows: as a grid, or one row at a time.

use super::edits::Edit;
use super::result::Tab;
use super::state::RESULT;
use super::windows::SAID;
use super::{references, status_texts};
use crate::app::grid::{Grid, truncated};
use crate::model::sql::edit::Value;
use crate::model::sql::explain_table::summary;
use crate::model::sql::{Cell, StatementOutcome};
use crate::model::text::sanitize;
use crate::ui::canvas::Canvas;
use crate::ui::shared::grid::{self as shared, GridOptions};
use crate::ui::theme::Theme;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::borrow::Cow;
use std::fmt::Write as _;

/// The text for NULL, unless set by `\pset null`.
const NULL: &str = "NULL";

/// Whether the failure of a statement is shown in place of its rows, because there are none.
pub fn shows_failure(tab: &Tab) -> bool {
    let failed = matches!(tab.ended, Some(StatementOutcome::Failed(_) | StatementOutcome::Lost(_)));
    failed && tab.grid.as_ref().is_some_and(|grid| grid.rows == 0)
}

/// Draws the grid and the lines below its rows. `old` marks a result that a newer one is about to replace.
pub fn draw<'a>(canvas: &mut Canvas<'a, '_>, place: Rect, tab: &'a Tab, grid: &'a Grid, old: bool) {
    let theme = canvas.theme;
    let below = super::layout::below(place, tab.footers.len(), grid.count());
    let place = Rect { height: place.height - below, ..place };
    for (y, footer) in (place.bottom()..place.bottom() + below).zip(&tab.footers) {
        canvas.put_cut(place.x + 1, y, place.width.saturating_sub(2), footer, theme.dim);
    }
    let (null, changing) = (null(canvas), theme.changing);
    let edit = tab.edit.as_ref().filter(|edit| !edit.changes.list.is_empty());
    let look = GridOptions {
        sorted: tab.sorted.or(tab.ordered),
        focused: !old && canvas.app.focused() == RESULT,
        empty: if tab.ended.is_some() { "no rows" } else { "no rows yet" },
        row: |cells: &'a [Cell]| {
            let key = edit.and_then(|edit| edit.key_of(cells));
            let goes = edit.zip(key.as_deref()).is_some_and(|(edit, key)| edit.changes.is_deleted(key));
            (key, goes)
        },
        cell: |cells: &'a [Cell], key: &Option<Vec<Value>>, column: usize| match changed(
            edit,
            key.as_deref(),
            grid,
            column,
        ) {
            Some(value) => (value.as_deref().map_or_else(|| null.clone(), truncated), changing),
            None if old => (look(theme, &null, &cells[column]).0, theme.dim),
            None => look(theme, &null, &cells[column]),
        },
    };
    shared::draw(canvas, place, grid, &look);
}

/// The new value of a changed cell in the row with this key.
fn changed<'a>(edit: Option<&'a Edit>, key: Option<&[Value]>, grid: &Grid, column: usize) -> Option<&'a Value> {
    let number = grid.columns.get(column).map(|column| column.number).filter(|number| *number != 0)?;
    edit.zip(key).and_then(|(edit, key)| edit.changes.changed(key, number))
}

/// Draws the last line while rows of an earlier result are shown.
pub fn draw_waiting_line(canvas: &mut Canvas<'_, '_>, place: Rect, tab: &Tab) {
    let (app, theme) = (canvas.app, canvas.theme);
    let (tone, text) = status_texts::outcome(tab, app.now);
    let mark = "▲ rows of before";
    let end = place.right().saturating_sub(1);
    let end = end - canvas.put_right(end, place.y, place.width / 2, mark, theme.degraded);
    canvas.put_cut(place.x + 1, place.y, end.saturating_sub(place.x + 2), &text, theme.tone(tone));
}

/// The text for NULL, which is never empty because an empty text is.
fn null<'a>(canvas: &Canvas<'a, '_>) -> Cow<'a, str> {
    match canvas.app.panes.query.interpreter.options().null.as_str() {
        "" => NULL.into(),
        null => sanitize(null),
    }
}

fn look<'a>(theme: &Theme, null: &Cow<'a, str>, cell: &'a Cell) -> (Cow<'a, str>, Style) {
    match shared::text(cell) {
        None => (null.clone(), theme.dim.add_modifier(Modifier::ITALIC)),
        Some(text) => (text, theme.text),
    }
}

/// Draws one row, one line per shown column, in their order.
pub fn record(canvas: &mut Canvas<'_, '_>, place: Rect, tab: &Tab, grid: &Grid) {
    let theme = canvas.theme;
    if grid.row().is_none() {
        canvas.put(place.x + 1, place.y, place.width.saturating_sub(1), "no rows", theme.dim);
        return;
    }
    let at = grid.column;
    let fields = || grid.order.iter().filter_map(|number| Some((*number, grid.columns.get(*number)?)));
    let names = fields().map(|(_, column)| canvas.width(&truncated(&column.name))).max().unwrap_or(0);
    let names = names.min(place.width / 3).max(1);
    let cells = grid.selected_cells();
    let height = usize::from(place.height);
    let first = (at + 1).saturating_sub(height);
    let edit = tab.edit.as_ref().filter(|edit| !edit.changes.list.is_empty());
    let key = edit.zip(cells).and_then(|(edit, cells)| edit.key_of(cells));
    let rows = (place.y..place.bottom()).zip(fields().enumerate().skip(first));
    for (y, (field, (number, column))) in rows {
        let x = place.x + 1;
        canvas.put_cut(x, y, names, &truncated(&column.name), theme.dim);
        canvas.put(x + names, y, 3, " │ ", theme.border);
        let room = place.width.saturating_sub(names + 5);
        match cells.and_then(|cells| cells.get(number)) {
            Some(cell) => {
                let null = null(canvas);
                let (text, style) = match changed(edit, key.as_deref(), grid, number) {
                    Some(value) => (value.as_deref().map_or_else(|| null.clone(), truncated), theme.changing),
                    None => look(theme, &null, cell),
                };
                canvas.put_cut(x + names + 3, y, room, &text, style);
            }
            None => {
                canvas.put(x + names + 3, y, room, "…", theme.dim);
            }
        }
        if field == at {
            canvas.select(Rect { x, y, width: place.width.saturating_sub(1), height: 1 });
            canvas.put(place.x, y, 1, "›", theme.key);
        }
    }
}

/// Draws the last line: how the statement ended, and the position in the rows.
pub fn last(canvas: &mut Canvas<'_, '_>, place: Rect, tab: &Tab) {
    let (app, theme) = (canvas.app, canvas.theme);
    let mut end = place.right().saturating_sub(1);
    if let Some(tree) = &tab.plan {
        let verdict = tree.beside.as_ref().map_or_else(|| summary(&tree.plan), |beside| beside.verdict.clone());
        let words = format!("{verdict} · node {} of {}", tree.at + 1, tree.count());
        end -= canvas.put_right(end, place.y, place.width * 3 / 4, &words, theme.text);
    } else if let Some(grid) = tab.grid.as_ref().filter(|grid| grid.count() > 0) {
        let mut words = format!(
            "row {} of {}",
            status_texts::format_count(grid.place + 1),
            status_texts::format_count(grid.count())
        );
        if grid.shown.is_some() && grid.count() != grid.rows {
            let _ = match tab.filter_examined {
                None => write!(words, " ({} in all)", status_texts::format_count(grid.rows)),
                Some(looked) => write!(words, " (of the first {} rows alone)", status_texts::format_count(looked)),
            };
        }
        let hidden = grid.columns.len() - grid.order.len();
        let column = grid.column + 1;
        let _ = write!(words, " · column {column} of {}", grid.order.len());
        if let Some(target) = references::target(app, tab) {
            let _ = write!(words, " → {}", sanitize(&target));
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
                exporting.map_or((0, 1, ""), |file| (file.written, file.of.unwrap_or(1).max(1), file.path.as_str()));
            let part = (written as f64 / of as f64 * 100.0).min(100.0);
            (crate::app::overlay::Tone::Warn, format!("writing {part:.0} % into {path}; Esc leaves it"))
        }
        Some(scan) => (
            crate::app::overlay::Tone::Warn,
            format!("reading {:.0} % of the rows; Esc leaves it", scan.progress() * 100.0),
        ),
        None => status_texts::outcome(tab, app.now),
    };
    let key = app.keymap.label(SAID).map(|key| format!(" ({key})")).unwrap_or_default();
    let notices = match tab.notices.len() + tab.dropped_notices {
        0 => String::new(),
        1 => format!("  1 notice{key}"),
        count => format!("  {count} notices{key}"),
    };
    let changes = tab.edit.as_ref().map_or(0, |edit| edit.changes.list.len());
    let (tone, text) = match changes {
        0 => (tone, text),
        1 => (crate::app::overlay::Tone::Warn, "1 change: W applies it, u undoes it".to_owned()),
        _ => (crate::app::overlay::Tone::Warn, format!("{changes} changes: W applies them, u takes the last back")),
    };
    canvas.put_cut(place.x + 1, place.y, room, &format!("{text}{notices}"), theme.tone(tone));
}
