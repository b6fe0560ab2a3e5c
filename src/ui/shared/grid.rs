//! The grid of a query result: rows of cells in any number of columns of any width.

use crate::app::grid::{Grid, Placed, truncated};
use crate::model::sql::{Cell, Column};
use crate::model::text::cut_end;
use crate::ui::canvas::Canvas;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::borrow::Cow;

/// The look of a grid beyond its cells.
pub struct GridOptions<'a, R, C> {
    /// The column that rows are sorted by, and whether in descending order.
    pub sorted: Option<(usize, bool)>,
    /// Whether the grid has the focus.
    pub focused: bool,
    /// The text shown if there are no rows.
    pub empty: &'a str,
    /// Computes, once per row, the context that `cell` needs, and whether the row is marked for deletion.
    pub row: R,
    /// Renders one cell of a row by its column: text and style.
    pub cell: C,
}

/// Draws the column names, and the rows as far as they fit.
pub fn draw<'a, T, R, C>(canvas: &mut Canvas<'a, '_>, place: Rect, grid: &'a Grid, look: &GridOptions<'_, R, C>)
where
    R: Fn(&'a [Cell]) -> (T, bool),
    C: Fn(&'a [Cell], &T, usize) -> (Cow<'a, str>, Style),
{
    if place.height == 0 {
        return;
    }
    let theme = canvas.theme;
    let x = place.x + 1;
    let placed = grid.placed();
    let selected = grid.selected();
    for column in &placed {
        let Some(named) = grid.columns.get(column.column) else { continue };
        let sorted = look.sorted.filter(|(sorted, _)| *sorted == column.column);
        let mark = sorted.map_or("", |(_, down)| if down { "↓" } else { "↑" });
        let name = format!("{}{mark}", truncated(&named.name));
        let style = if Some(column.column) == selected { theme.strong } else { theme.dim };
        let style = style.add_modifier(Modifier::UNDERLINED);
        put(canvas, (x, place.y), column, named.is_right_aligned(), &name, style);
        line(canvas, x, place.y, column, &placed);
    }
    let (from, to) = grid.selected_range();
    for (number, y) in (place.y + 1..place.bottom()).enumerate() {
        let at = grid.top + number as u64;
        if at >= grid.count() {
            break;
        }
        let cells = grid.cells(at).map(|cells| (cells, (look.row)(cells)));
        let is_deleted = cells.as_ref().is_some_and(|(_, (_, is_deleted))| *is_deleted);
        for column in &placed {
            let right = grid.columns.get(column.column).is_some_and(Column::is_right_aligned);
            match &cells {
                Some((cells, (context, _))) if column.column < cells.len() => {
                    let (text, style) = (look.cell)(cells, context, column.column);
                    let style = if is_deleted { theme.down.add_modifier(Modifier::CROSSED_OUT) } else { style };
                    put(canvas, (x, y), column, right, &text, style);
                }
                Some(_) => {}
                None => put(canvas, (x, y), column, right, "…", theme.dim),
            }
            line(canvas, x, y, column, &placed);
        }
        if is_deleted {
            canvas.put(place.x, y, 1, "-", theme.down);
        }
        let line_area = Rect { x, y, width: place.width.saturating_sub(1), height: 1 };
        if at == grid.place || (grid.anchor.is_some() && (from..=to).contains(&at)) {
            if look.focused {
                canvas.select(line_area);
            }
            canvas.put(place.x, y, 1, "›", if look.focused { theme.key } else { theme.marked });
        }
        if at == grid.place
            && let Some(column) = placed.iter().find(|column| Some(column.column) == selected)
        {
            let style = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
            canvas.restyle(Rect { x: x + column.x, y, width: column.cells, height: 1 }, style);
        }
    }
    if grid.count() == 0 {
        canvas.put(x, place.y + 1, place.width.saturating_sub(1), look.empty, theme.dim);
    }
}

/// The text of a cell; ends in `…` if only a part of the value was loaded.
pub fn text(cell: &Cell) -> Option<Cow<'_, str>> {
    match cell {
        Cell::Null => None,
        Cell::Text { text, cut, .. } => {
            let text = truncated(text);
            Some(if *cut { format!("{text}…").into() } else { text })
        }
    }
}

fn put(canvas: &mut Canvas<'_, '_>, (x, y): (u16, u16), column: &Placed, right: bool, text: &str, style: Style) {
    let cut = cut_end(text, usize::from(column.cells));
    if right {
        canvas.put_right(x + column.x + column.cells, y, column.cells, &cut, style);
    } else {
        canvas.put(x + column.x, y, column.cells, &cut, style);
    }
}

/// Draws the line after a column, except after the last one.
fn line(canvas: &mut Canvas<'_, '_>, x: u16, y: u16, column: &Placed, placed: &[Placed]) {
    if placed.last() != Some(column) {
        canvas.put(x + column.x + column.cells, y, 1, "│", canvas.theme.border);
    }
}
