//! Where the blocks of an operation are.

use super::rows::shown;
use super::state::{LOG, PROGRESS};
use crate::app::layout::{TALL, one_of, split_rows};
use crate::app::pane::Layout;
use crate::app::{App, tell};
use ratatui::layout::Rect;

/// Below this many rows the picture and the log are shown one at a time.
const LOWEST: u16 = 14;

/// Where the blocks are.
pub fn layout(app: &App, area: Rect, layout: &mut Layout) {
    if area.height < LOWEST {
        return one_of(app, area, layout);
    }
    let (picture, log) = split_rows(area, (area.height * 45 / 100).clamp(9, 18));
    layout.blocks = vec![(PROGRESS, picture), (LOG, log)];
}

/// The height of the summary: the operation's state, at its end the verdict and why.
pub fn summary(app: &App, height: u16) -> u16 {
    let cells = usize::from(app.screen.size.0.saturating_sub(4));
    let lines = shown(app).map_or(1, |operation| tell::head(app, operation, cells).len());
    // The end of a long list of causes stands in the log.
    (lines as u16).min(if height >= TALL { 8 } else { (height / 4).max(1) })
}
