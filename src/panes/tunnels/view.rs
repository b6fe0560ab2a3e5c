//! Drawing of the Tunnels pane.

use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::ui::canvas::Canvas;
use crate::ui::shared::tunnels;
use ratatui::layout::Rect;

/// Draws the list of tunnels.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    tunnels::draw(canvas, block, place, data_status);
}

/// Draws nothing: the pane has no summary.
pub fn summary(_: &mut Canvas<'_, '_>, _: Rect) {}
