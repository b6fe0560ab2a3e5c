//! Drawing of the Database pane. The list and the curves are drawn as in the Overview.

use super::activity_view;
use super::state::{ACTIVITY, CURVES, FACTS, LIST};
use crate::app::facts::shown_database;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::app::tunnels::block::TUNNELS;
use crate::ui::canvas::Canvas;
use crate::ui::shared::{databases, facts, tunnels};
use ratatui::layout::Rect;

/// Draws one block.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    match block {
        LIST => databases::list(canvas, block, place, data_status),
        CURVES => databases::curves(canvas, block, LIST, place, data_status),
        FACTS => {
            let named = shown_database(canvas.app, LIST).map_or("", |row| row.database.id.as_str());
            facts::draw(canvas, block, named, place, data_status);
        }
        ACTIVITY => activity_view::draw(canvas, place, data_status),
        TUNNELS => tunnels::draw(canvas, block, place, data_status),
        _ => {}
    }
}

/// Draws nothing: the pane has no summary.
pub fn summary(_: &mut Canvas<'_, '_>, _: Rect) {}
