//! Layout of the Metrics pane: figures beside curves with events below, or one large chart.

use super::state::{ALARMS, CHARTS, HISTORY, LIST, MARKS, Topic};
use crate::app::App;
use crate::app::layout::{WIDE, split_columns, split_rows};
use crate::app::pane::Layout;
use ratatui::layout::Rect;

/// With fewer rows than this, one block is shown at a time.
const SHORT: u16 = 16;
/// From this many rows on, events are shown below the figures.
const TALL: u16 = 24;

/// Places the blocks. Shares are fixed, so that nothing jumps when data arrives.
pub fn layout(app: &App, area: Rect, layout: &mut Layout) {
    let (list, below) = if app.panes.metrics.topic == Topic::Alarms { (ALARMS, HISTORY) } else { (LIST, MARKS) };
    let marks = app.focused() == below;
    if app.panes.metrics.single_chart && !marks {
        layout.blocks = vec![(CHARTS, area)];
    } else if area.width >= WIDE {
        // Alarm names are longer than figure names.
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
