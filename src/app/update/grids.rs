//! The effects of keys and the mouse in a grid.

use super::mouse::WHEEL;
use crate::app::event::Mouse;
use crate::app::grid::Grid;
use crate::app::pane::Motion;
use ratatui::layout::Rect;

/// Moves the selection of a grid.
pub(crate) fn handle_motion(grid: &mut Grid, motion: Motion) {
    let page = i64::try_from(grid.height).unwrap_or(1);
    match motion {
        Motion::Down => grid.step(1),
        Motion::Up => grid.step(-1),
        Motion::Left => grid.move_column(-1),
        Motion::Right => grid.move_column(1),
        Motion::First => grid.select_row(0),
        Motion::Last => grid.select_row(u64::MAX),
        Motion::HalfDown => grid.step((page / 2).max(1)),
        Motion::HalfUp => grid.step(-(page / 2).max(1)),
        Motion::PageDown => grid.step(page),
        Motion::PageUp => grid.step(-page),
        Motion::NextMatch | Motion::PreviousMatch => {}
    }
}

/// Handles the mouse: the wheel moves through the rows, a click selects a cell. The first line of the grid's place has
/// the column names.
pub(crate) fn mouse(grid: &mut Grid, place: Rect, mouse: Mouse) {
    match mouse {
        Mouse::WheelUp(..) => grid.step(-(WHEEL as i64)),
        Mouse::WheelDown(..) => grid.step(WHEEL as i64),
        Mouse::Click(column, row) => {
            if let Some(down) = row.checked_sub(place.y + 1).filter(|_| row < place.bottom()) {
                grid.select_row(grid.top + u64::from(down));
            }
            let aside = column.saturating_sub(place.x + 1);
            let hit = grid.placed().into_iter().find(|placed| aside >= placed.x && aside < placed.x + placed.cells);
            let order = hit.and_then(|hit| grid.order.iter().position(|column| *column == hit.column));
            if let Some(order) = order {
                grid.move_column(order as isize - grid.column as isize);
            }
        }
    }
}
