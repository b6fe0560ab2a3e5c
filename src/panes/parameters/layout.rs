//! Layout of the Parameters pane.

use super::state::{CHECK, FACTS, LIST};
use crate::app::App;
use crate::app::layout::{TALL, WIDE, split_columns, split_rows, tabbed_blocks};
use crate::app::pane::Layout;
use ratatui::layout::Rect;

/// Places the list at the left, facts and check at the right; stacks them if the area is narrow.
pub fn layout(app: &App, area: Rect, layout: &mut Layout) {
    let findings = app.panes.parameters.findings.len() as u16;
    if area.width >= WIDE {
        let (left, right) = split_columns(area, area.width * 58 / 100);
        // A list without findings still keeps four rows, but never more than half of the height.
        let check = (findings * 2 + 2).max(4).min(area.height / 2);
        let (facts, check) = split_rows(right, area.height - check);
        layout.blocks = vec![(LIST, left), (FACTS, facts), (CHECK, check)];
    } else if area.height >= TALL {
        let (list, rest) = split_rows(area, area.height * 50 / 100);
        let (facts, check) = split_rows(rest, rest.height * 60 / 100);
        layout.blocks = vec![(LIST, list), (FACTS, facts), (CHECK, check)];
    } else {
        tabbed_blocks(app, area, layout);
    }
}
