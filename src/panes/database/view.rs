//! How it looks: the list and the curves are drawn as in the Overview.

use super::state::{CURVES, FACTS, LIST};
use crate::app::facts::shown_database;
use crate::app::pane::Standing;
use crate::app::screen::Block;
use crate::ui::canvas::Canvas;
use crate::ui::shared::{databases, facts};
use ratatui::layout::Rect;

/// Draws a block.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, standing: &Standing) {
    match block {
        LIST => databases::list(canvas, block, place, standing),
        CURVES => databases::curves(canvas, block, LIST, place, standing),
        FACTS => {
            let named = shown_database(canvas.app, LIST).map_or("", |row| row.database.id.as_str());
            facts::draw(canvas, block, named, place, standing);
        }
        _ => {}
    }
}

/// The lines above the blocks.
pub fn summary(_: &mut Canvas<'_, '_>, _: Rect) {}
