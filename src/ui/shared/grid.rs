//! Rows of cells under columns of any number and width: results of queries.

use crate::app::grid::{Grid, Placed, shown};
use crate::model::sql::{Cell, Column};
use crate::model::text::cut_end;
use crate::ui::canvas::Canvas;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::borrow::Cow;

/// How a grid is drawn that is more than its cells.
pub struct Look<'a, R, C> {
    /// The column that the rows are sorted by, and whether downwards.
    pub sorted: Option<(usize, bool)>,
    /// Whether keys move in it.
    pub focused: bool,
    /// The text where there are no rows.
    pub empty: &'a str,
    /// The look of a row's cells, found once for all of them, and whether the row is about to go.
    pub row: R,
    /// A cell of a row, by its column: its text, and how it looks.
    pub cell: C,
}

/// Draws it: the names of its columns, and its rows as far as they fit.
pub fn draw<'a, T, R, C>(canvas: &mut Canvas<'a, '_>, place: Rect, grid: &'a Grid, look: &Look<'_, R, C>)
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
        let name = format!("{}{mark}", shown(&named.name));
        let style = if Some(column.column) == selected { theme.strong } else { theme.dim };
        let style = style.add_modifier(Modifier::UNDERLINED);
        put(canvas, x, place.y, column, named.is_right_aligned(), &name, style);
        line(canvas, x, place.y, column, &placed);
    }
    let (from, to) = grid.marked();
    for (number, y) in (place.y + 1..place.bottom()).enumerate() {
        let at = grid.top + number as u64;
        if at >= grid.count() {
            break;
        }
        let cells = grid.cells(at).map(|cells| (cells, (look.row)(cells)));
        let goes = cells.as_ref().is_some_and(|(_, (_, goes))| *goes);
        for column in &placed {
            let right = grid.columns.get(column.column).is_some_and(Column::is_right_aligned);
            match &cells {
                Some((cells, (of, _))) if column.column < cells.len() => {
                    let (text, style) = (look.cell)(cells, of, column.column);
                    let style = if goes { theme.down.add_modifier(Modifier::CROSSED_OUT) } else { style };
                    put(canvas, x, y, column, right, &text, style);
                }
                Some(_) => {}
                None => put(canvas, x, y, column, right, "…", theme.dim),
            }
            line(canvas, x, y, column, &placed);
        }
        if goes {
            canvas.put(place.x, y, 1, "-", theme.down);
        }
        let whole = Rect { x, y, width: place.width.saturating_sub(1), height: 1 };
        if at == grid.place || (grid.anchor.is_some() && (from..=to).contains(&at)) {
            if look.focused {
                canvas.select(whole);
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

/// A text of a cell; one that is longer than what is at hand of it says so.
pub fn text(cell: &Cell) -> Option<Cow<'_, str>> {
    match cell {
        Cell::Null => None,
        Cell::Text { text, cut, .. } => {
            let text = shown(text);
            Some(if *cut { format!("{text}…").into() } else { text })
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
