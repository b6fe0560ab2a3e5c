//! Layout of the Infra pane.

use super::state::{CHANGE, GRAPH, LOG, PLAN, RESOURCE_GRAPH, RESOURCES, UNIT_LOG, UNITS};
use super::texts;
use crate::app::App;
use crate::app::layout::{split_columns, split_rows, tabbed_blocks};
use crate::app::pane::Layout;
use crate::app::screen::Block;
use ratatui::layout::Rect;

/// From this many columns and rows on, graph, plan and log are shown beside the list.
const WIDE: (u16, u16) = (150, 34);
/// Maximum number of summary lines above the blocks.
const SUMMARY: u16 = 6;

/// Places the blocks while all units are shown.
pub fn units(app: &App, area: Rect, layout: &mut Layout) {
    place(app, area, layout, [UNITS, GRAPH, PLAN, LOG]);
}

/// Places the blocks while one unit is shown.
pub fn unit(app: &App, area: Rect, layout: &mut Layout) {
    place(app, area, layout, [RESOURCES, RESOURCE_GRAPH, CHANGE, UNIT_LOG]);
}

fn place(app: &App, area: Rect, layout: &mut Layout, [list, graph, plan, log]: [Block; 4]) {
    if area.width < WIDE.0 || area.height < WIDE.1 || !texts::configured(app) {
        return tabbed_blocks(app, area, layout);
    }
    let (left, right) = split_columns(area, area.width * 55 / 100);
    let rows = app.screen.list_of(list).map_or(1, |list| list.total) as u16;
    let (upper, lower) = split_rows(left, (rows + 3).clamp(6, left.height * 45 / 100));
    let (first, second) = split_rows(right, right.height * 60 / 100);
    layout.blocks = vec![(list, upper), (graph, lower), (plan, first), (log, second)];
}

/// Number of summary lines about the run.
pub fn summary(app: &App, height: u16) -> u16 {
    let lines = texts::summary(app).len() as u16;
    lines.min(SUMMARY).min((height / 4).max(1))
}
