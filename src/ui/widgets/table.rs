//! Tables: selects the columns that fit, draws titles with the sort mark, and cuts cells where it loses least.

use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::text;
use crate::ui::canvas::Canvas;
use crate::ui::widgets::frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::borrow::Cow;

/// From this width on, columns are two cells apart.
pub const WIDE: u16 = 140;

/// A column of a table: title, width, and rank for being left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub title: &'static str,
    /// Minimum width in cells.
    pub width: u16,
    /// Width in cells if there is room.
    pub max_width: u16,
    /// Whether texts are aligned right, as numbers are.
    pub right: bool,
    /// The order in which columns are left out: the highest rank goes first, 0 always stays.
    pub rank: u8,
}

impl Column {
    /// A column whose texts are aligned left.
    pub const fn left(title: &'static str, width: u16, rank: u8) -> Self {
        Self { title, width, max_width: width, right: false, rank }
    }

    /// A column whose numbers are aligned right.
    pub const fn right(title: &'static str, width: u16, rank: u8) -> Self {
        Self { title, width, max_width: width, right: true, rank }
    }

    /// Lets the column grow up to `most` cells.
    #[must_use]
    pub const fn up_to(mut self, most: u16) -> Self {
        self.max_width = if most > self.width { most } else { self.width };
        self
    }
}

/// The part of a text that is cut if it does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    End,
    /// The beginning, for texts that differ at their end.
    Start,
    /// The middle, for texts that differ at both ends.
    Middle,
}

/// A cell of a table: styled text.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell<'a> {
    /// The text, not yet cut to the column.
    pub text: Cow<'a, str>,
    pub style: Style,
    /// The part that is cut if the text does not fit.
    pub cut: Cut,
}

impl<'a> Cell<'a> {
    /// A cell with one style for its whole text.
    pub fn new(text: impl Into<Cow<'a, str>>, style: Style) -> Self {
        Self { text: text.into(), style, cut: Cut::End }
    }

    /// Cuts the text at its beginning instead of its end.
    #[must_use]
    pub fn cut_start(mut self) -> Self {
        self.cut = Cut::Start;
        self
    }

    /// Cuts the text in the middle, as for names.
    #[must_use]
    pub fn cut_middle(mut self) -> Self {
        self.cut = Cut::Middle;
        self
    }
}

/// A placed column: its number, its offset from the left, its width in cells.
pub type Placed = (usize, u16, u16);

/// Selects and places the columns that fit into `width` cells.
pub fn fit(columns: &[Column], width: u16) -> Vec<Placed> {
    let between = if width >= WIDE { 2 } else { 1 };
    // A sign column stands next to the column it belongs to.
    let gap = |number: usize| if columns[number].width == 1 { 1 } else { between };
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    let needed = |kept: &[usize]| -> u16 {
        let total: u16 = kept.iter().map(|number| columns[*number].width + gap(*number)).sum();
        total.saturating_sub(kept.last().map_or(0, |last| gap(*last)))
    };
    while needed(&kept) > width {
        let Some(last) = kept
            .iter()
            .copied()
            .filter(|number| columns[*number].rank > 0)
            .max_by_key(|number| (columns[*number].rank, *number))
        else {
            break;
        };
        kept.retain(|number| *number != last);
    }
    let mut spare = width.saturating_sub(needed(&kept));
    let mut x = 0;
    let mut placed = Vec::with_capacity(kept.len());
    for number in kept {
        let column = &columns[number];
        let more = spare.min(column.max_width - column.width);
        spare -= more;
        let cells = (column.width + more).min(width.saturating_sub(x));
        placed.push((number, x, cells));
        x += cells + gap(number);
    }
    placed
}

/// Draws a cell's text within `cells` cells, cut if it is longer.
pub fn put(canvas: &mut Canvas<'_, '_>, x: u16, y: u16, cells: u16, right: bool, cell: &Cell<'_>) {
    let shown = text::sanitize(&cell.text);
    let cut = match cell.cut {
        Cut::End => text::cut_end(&shown, usize::from(cells)),
        Cut::Start => text::cut_start(&shown, usize::from(cells)),
        Cut::Middle => text::cut_middle(&shown, usize::from(cells)),
    };
    if right {
        canvas.put_right(x + cells, y, cells, &cut, cell.style);
    } else {
        canvas.put(x, y, cells, &cut, cell.style);
    }
}

/// A row of cells, one of which may flash.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row<'a> {
    /// One cell for each column.
    pub cells: Vec<Cell<'a>>,
    /// Index of the column that flashes.
    pub flash: Option<usize>,
}

impl<'a> From<Vec<Cell<'a>>> for Row<'a> {
    fn from(cells: Vec<Cell<'a>>) -> Self {
        Self { cells, flash: None }
    }
}

/// Draws a block: its frame, column titles, and the rows in its list's window.
pub fn block<'a>(
    canvas: &mut Canvas<'a, '_>,
    block: Block,
    named: &str,
    place: Rect,
    columns: &[Column],
    data_status: &DataStatus,
    row: impl Fn(&'a str) -> Option<Row<'a>>,
) {
    let inside = frame::block(canvas, block, named, place, data_status);
    let app = canvas.app;
    let theme = canvas.theme;
    let Some(list) = app.screen.list_of(block) else { return };
    // One cell at the left is for the selection mark of a block without focus; one at the right separates the text from the
    // frame.
    let (x, width) = (inside.x + 1, inside.width.saturating_sub(2));
    let placed = fit(columns, width);
    let mut y = inside.y;
    let sorting = app.spec(block).columns.get(list.column).copied();
    // An empty list drops its column titles if the message needs their row.
    let needed_rows = if list.is_empty() { frame::message_rows(&data_status.empty, inside.width) } else { 0 };
    if app.spec(block).header && inside.height > 0 && needed_rows < usize::from(inside.height) {
        for (number, at, cells) in &placed {
            let column = &columns[*number];
            let sorted = sorting == Some(column.title) && !column.title.is_empty();
            let mark = if list.reversed { "↓" } else { "↑" };
            let title = if sorted { format!("{}{mark}", column.title) } else { column.title.to_owned() };
            let style = if sorted { theme.dim.add_modifier(Modifier::UNDERLINED) } else { theme.dim };
            put(canvas, x + at, y, *cells, column.right, &Cell::new(title, style));
        }
        y += 1;
    }
    if list.is_empty() {
        let rest = Rect { y, height: inside.bottom().saturating_sub(y), ..inside };
        frame::message(canvas, rest, &data_status.empty);
        return;
    }
    let focused = app.focused() == block;
    for (number, key) in list.window().iter().enumerate() {
        if y >= inside.bottom() {
            break;
        }
        if let Some(row) = row(key) {
            for (column, at, cells) in &placed {
                if let Some(cell) = row.cells.get(*column) {
                    put(canvas, x + at, y, *cells, columns[*column].right, cell);
                }
            }
            if data_status.dimmed {
                canvas.restyle(Rect { y, height: 1, ..inside }, theme.dim);
            }
            if list.offset + number == list.place() {
                if focused {
                    canvas.select(Rect { y, height: 1, ..inside });
                } else {
                    canvas.put(inside.x, y, 1, "›", theme.marked);
                }
            }
            if let Some((_, at, cells)) = placed.iter().find(|(column, ..)| Some(*column) == row.flash) {
                // A reversed name would be invisible on the selected row, which is reversed itself.
                let selected = focused && list.offset + number == list.place();
                let underlined = Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
                let style = if selected { underlined } else { theme.flash };
                canvas.restyle(Rect::new(x + at, y, *cells, 1), style);
            }
        }
        y += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 4] = [
        Column::left("A", 10, 0).up_to(20),
        Column::right("B", 5, 2),
        Column::right("C", 5, 1),
        Column::left("D", 10, 3).up_to(200),
    ];

    #[test]
    fn columns_of_highest_rank_are_left_out_first() {
        assert_eq!(fit(&COLUMNS, 33), [(0, 0, 10), (1, 11, 5), (2, 17, 5), (3, 23, 10)]);
        assert_eq!(fit(&COLUMNS, 32), [(0, 0, 20), (1, 21, 5), (2, 27, 5)]);
        assert_eq!(fit(&COLUMNS, 16), [(0, 0, 10), (2, 11, 5)]);
        assert_eq!(fit(&COLUMNS, 4), [(0, 0, 4)]);
        assert_eq!(fit(&COLUMNS, 0), [(0, 0, 0)]);
    }
}
