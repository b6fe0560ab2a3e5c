//! Layout of the Operation pane.

use super::rows::shown;
use super::state::{LOG, PROGRESS};
use crate::app::layout::{TALL, split_rows, tabbed_blocks};
use crate::app::pane::Layout;
use crate::app::{App, operation_texts};
use ratatui::layout::Rect;

/// With fewer rows than this, picture and log are shown one at a time.
const LOWEST: u16 = 14;

/// Places the blocks.
pub fn layout(app: &App, area: Rect, layout: &mut Layout) {
    if area.height < LOWEST {
        return tabbed_blocks(app, area, layout);
    }
    let (picture, log) = split_rows(area, (area.height * 45 / 100).clamp(9, 18));
    layout.blocks = vec![(PROGRESS, picture), (LOG, log)];
}

/// Height of the summary: the operation's state, and after its end the verdict with its reasons.
pub fn summary(app: &App, height: u16) -> u16 {
    let cells = usize::from(app.screen.size.0.saturating_sub(4));
    let lines = shown(app).map_or(1, |operation| operation_texts::operation_header(app, operation, cells).len());
    // A long list of causes is complete in the log.
    (lines as u16).min(if height >= TALL { 8 } else { (height / 4).max(1) })
}
