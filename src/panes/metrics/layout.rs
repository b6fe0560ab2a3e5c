//! Where the blocks of the Metrics pane are: figures beside curves, events below; or one large chart.

use super::state::{ALARMS, CHARTS, HISTORY, LIST, MARKS, Topic};
use crate::app::App;
use crate::app::layout::{WIDE, split_columns, split_rows};
use crate::app::pane::Layout;
use ratatui::layout::Rect;

/// Below this many rows there is one block.
const SHORT: u16 = 16;
/// From this many rows what happened has a place below the figures.
const TALL: u16 = 24;

/// Where the blocks are. Shares are fixed: nothing may jump when data arrives.
pub fn layout(app: &App, area: Rect, layout: &mut Layout) {
    let (list, below) = if app.panes.metrics.of == Topic::Alarms { (ALARMS, HISTORY) } else { (LIST, MARKS) };
    let marks = app.focused() == below;
    if app.panes.metrics.alone && !marks {
        layout.blocks = vec![(CHARTS, area)];
    } else if area.width >= WIDE {
        // An alarm has a longer name than a figure.
        let part = if list == ALARMS { area.width / 2 } else { area.width * 2 / 5 };
        let (left, right) = split_columns(area, part.clamp(48, 96));
        if area.height >= TALL {
            let (upper, lower) = split_rows(left, area.height * 3 / 5);
            layout.blocks = vec![(list, upper), (below, lower), (CHARTS, right)];
        } else {
            layout.blocks = vec![(if marks { below } else { list }, left), (CHARTS, right)];
        }
    } else if area.height >= SHORT {
        let (upper, lower) = split_rows(area, area.height * 45 / 100);
        layout.blocks = vec![(if marks { below } else { list }, upper), (CHARTS, lower)];
    } else {
        layout.blocks = vec![(if marks { below } else { list }, area)];
    }
}
