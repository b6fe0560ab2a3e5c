//! Drawing of an Insights result: a grid, and below it the scanned bytes.

use super::state::INSIGHTS_RESULT;
use super::table::ResultTable;
use crate::app::pane::DataStatus;
use crate::model::sql::Cell;
use crate::ui::canvas::Canvas;
use crate::ui::shared::grid::{self, GridOptions};
use crate::ui::widgets::frame;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// Draws the block with the Insights result.
pub fn draw<'a>(canvas: &mut Canvas<'a, '_>, place: Rect, data_status: &DataStatus, found: &'a ResultTable) {
    let inside = frame::block(canvas, INSIGHTS_RESULT, &found.name, place, data_status);
    if inside.width < 4 || inside.height < 2 {
        return;
    }
    let theme = canvas.theme;
    let rows = Rect { height: inside.height - 1, ..inside };
    let look = GridOptions {
        sorted: found.sorted,
        focused: canvas.app.focused() == INSIGHTS_RESULT,
        empty: "no rows",
        row: |_: &'a [Cell]| ((), false),
        cell: |cells: &'a [Cell], (): &(), column: usize| match grid::text(&cells[column]) {
            None => (Cow::Borrowed("–"), theme.dim),
            Some(text) => (text, theme.text),
        },
    };
    grid::draw(canvas, rows, &found.grid, &look);
    let y = inside.bottom() - 1;
    canvas.put_cut(inside.x + 1, y, inside.width.saturating_sub(2), &found.scan_note, theme.dim);
    let keys = " s sorts · ⏎ the row · y a value · Ctrl-y all as CSV · Esc back ";
    canvas.put_cut(place.x + 2, place.bottom() - 1, place.width.saturating_sub(4), keys, theme.dim);
}
