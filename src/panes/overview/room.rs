//! How much room there is for what stands at a glance where the time line has no place: two rows beside services and databases,
//! and all that a single short list leaves over.

use super::state::{DATABASES, SERVICES, STANDING};
use crate::app::App;
use crate::app::layout::{SMALLEST_BELOW, WIDE, around, database_rows};

/// Rows of the screen above and below the blocks.
const BARS: u16 = 3;
/// Below this many rows the blocks are shown one at a time.
pub const SHORT: u16 = 16;
/// From this many rows the time line has a place of its own, and where all blocks stand one below the other.
const TIMELINE_FROM: u16 = 30;
const TIMELINE_BELOW: u16 = 48;
/// A list has room for this many rows at least: a word about why it is empty needs them.
const LEAST_ROWS: u16 = 3;

/// Whether a place of this size has room for the time line.
pub fn has_time_line(width: u16, height: u16) -> bool {
    height >= if width >= WIDE { TIMELINE_FROM } else { TIMELINE_BELOW }
}

/// How many rows are kept for them beside services and databases.
pub fn kept(width: u16) -> u16 {
    if width >= WIDE { 1 } else { 2 }
}

/// The height of what needs attention. Shares are fixed: nothing may jump under a hand when data arrives.
pub fn attention(height: u16) -> u16 {
    (height / 4).clamp(4, 9)
}

/// The height of a list that shows all of its rows; none while it is not known how many there are.
pub fn wanted(app: &App, list: crate::app::screen::Block, rows: Option<u16>) -> Option<u16> {
    rows.map(|rows| rows.max(LEAST_ROWS) + around(app, list))
}

/// Services that there are, or are configured.
pub fn service_rows(app: &App) -> Option<u16> {
    // Not while the first of many come in.
    let known = app.estate.services.at().map(|_| app.estate.derived.services.len());
    let known = known.or_else(|| app.environment.exact_services().map(<[String]>::len));
    known.map(|rows| u16::try_from(rows).unwrap_or(u16::MAX / 2))
}

/// The height of the block at a glance in a place of this size that has none for the time line.
pub fn below(app: &App, width: u16, height: u16) -> u16 {
    let least = kept(width) + around(app, STANDING);
    let alone = match (app.environment.cluster.is_some(), !app.environment.databases.is_empty()) {
        (true, false) => wanted(app, SERVICES, service_rows(app)),
        (false, true) => wanted(app, DATABASES, Some(database_rows(app))),
        (true, true) | (false, false) => None,
    };
    let left = alone.map_or(0, |list| height.saturating_sub(attention(height) + list));
    // Where curves have room below the list, they get it.
    if left < least || left >= least + SMALLEST_BELOW { least } else { left }
}

/// Whether they have rows of their own there, without the time line: as many as there are, or as few as are kept.
pub fn rows(app: &App) -> Option<u16> {
    let (width, height) = app.screen.size;
    let height = height.saturating_sub(BARS);
    let shown = !app.screen.zoom && height >= SHORT && !has_time_line(width, height);
    shown.then(|| below(app, width, height).saturating_sub(around(app, STANDING)))
}
