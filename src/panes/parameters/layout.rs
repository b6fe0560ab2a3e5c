//! Where the blocks of the Parameters pane are.

use super::state::{CHECK, FACTS, LIST};
use crate::app::App;
use crate::app::layout::{TALL, WIDE, one_of, split_columns, split_rows};
use crate::app::pane::Layout;
use ratatui::layout::Rect;

/// The list at the left, the selected one and the check at the right; one below the other where it is narrow.
pub fn layout(app: &App, area: Rect, layout: &mut Layout) {
    let findings = app.panes.parameters.findings.len() as u16;
    if area.width >= WIDE {
        let (left, right) = split_columns(area, area.width * 58 / 100);
        // Of a window without a row there is none to share.
        let check = (findings * 2 + 2).max(4).min(area.height / 2);
        let (facts, check) = split_rows(right, area.height - check);
        layout.blocks = vec![(LIST, left), (FACTS, facts), (CHECK, check)];
    } else if area.height >= TALL {
        let (list, rest) = split_rows(area, area.height * 50 / 100);
        let (facts, check) = split_rows(rest, rest.height * 60 / 100);
        layout.blocks = vec![(LIST, list), (FACTS, facts), (CHECK, check)];
    } else {
        one_of(app, area, layout);
    }
}
