//! Layout of the Database pane.

use super::state::{CURVES, FACTS, LIST};
use crate::app::App;
use crate::app::layout::{
    SMALLEST_BELOW, TALL, WIDE, database_rows, frame_rows, split_columns, split_rows, tabbed_blocks,
};
use crate::app::pane::Layout;
use crate::app::tunnels::block::TUNNELS;
use ratatui::layout::Rect;

/// Places the blocks.
pub fn layout(app: &App, area: Rect, layout: &mut Layout) {
    let rows = database_rows(app);
    if area.width < WIDE && area.height < TALL {
        let list = rows + frame_rows(app, LIST);
        tabbed_blocks(app, area, layout);
        // Below a short list there is room for a second block.
        if let Some((shown, place)) = layout.blocks.pop() {
            let below = if shown == LIST { CURVES } else { shown };
            if list + SMALLEST_BELOW <= place.height {
                let (upper, lower) = split_rows(place, list);
                layout.blocks = vec![(LIST, upper), (below, lower)];
            } else {
                layout.blocks = vec![(shown, place)];
            }
        }
        return;
    }
    let (list, rest) = split_rows(area, (rows + frame_rows(app, LIST)).min(area.height / 2).max(4));
    let open = app.tunnels.list.len().clamp(1, 6) as u16;
    let below = (open + frame_rows(app, TUNNELS)).min(rest.height / 3);
    let (rest, tunnels) = split_rows(rest, rest.height - below);
    let (curves, facts) = if area.width >= WIDE {
        split_columns(rest, area.width * 62 / 100)
    } else {
        split_rows(rest, rest.height * 60 / 100)
    };
    layout.blocks = vec![(LIST, list), (CURVES, curves), (FACTS, facts), (TUNNELS, tunnels)];
}
