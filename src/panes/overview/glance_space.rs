//! The room for the glance block on screens without a timeline: two rows beside services and databases, and everything that a
//! single short list leaves free.

use super::state::{DATABASES, GLANCE, SERVICES};
use crate::app::App;
use crate::app::layout::{SMALLEST_BELOW, WIDE, database_rows, frame_rows};

/// Number of screen rows above and below the blocks.
const BARS: u16 = 3;
/// With fewer rows than this, blocks are shown one at a time.
pub const ALL_BLOCKS_MIN_ROWS: u16 = 16;
/// From this many rows on, the timeline has a place of its own; `TIMELINE_BELOW` applies if all blocks are stacked.
const TIMELINE_FROM: u16 = 30;
const TIMELINE_BELOW: u16 = 48;
/// Minimum number of rows of a list, so that the message of an empty one fits.
const LEAST_ROWS: u16 = 3;

/// Whether an area of this size has room for the timeline.
pub fn has_time_line(width: u16, height: u16) -> bool {
    height >= if width >= WIDE { TIMELINE_FROM } else { TIMELINE_BELOW }
}

/// Number of rows kept for the glance block beside services and databases.
pub fn glance_rows_beside(width: u16) -> u16 {
    if width >= WIDE { 1 } else { 2 }
}

/// Height of the needs-attention list. Shares are fixed, so that nothing moves under the hand when data arrives.
pub fn attention_rows(height: u16) -> u16 {
    (height / 4).clamp(4, 9)
}

/// Height of a list that shows all its rows; `None` while their number is not known.
pub fn list_rows(app: &App, list: crate::app::screen::Block, rows: Option<u16>) -> Option<u16> {
    rows.map(|rows| rows.max(LEAST_ROWS) + frame_rows(app, list))
}

/// Number of services that exist or are configured.
pub fn service_rows(app: &App) -> Option<u16> {
    // Not while the first services are still arriving.
    let known = app.estate.services.at().map(|_| app.estate.derived.services.len());
    let known = known.or_else(|| app.environment.exact_services().map(<[String]>::len));
    known.map(|rows| u16::try_from(rows).unwrap_or(u16::MAX / 2))
}

/// Height of the glance block in an area of this size without a timeline.
pub fn glance_rows_below(app: &App, width: u16, height: u16) -> u16 {
    let least = glance_rows_beside(width) + frame_rows(app, GLANCE);
    let alone = match (app.environment.cluster.is_some(), !app.environment.databases.is_empty()) {
        (true, false) => list_rows(app, SERVICES, service_rows(app)),
        (false, true) => list_rows(app, DATABASES, Some(database_rows(app))),
        (true, true) | (false, false) => None,
    };
    let left = alone.map_or(0, |list| height.saturating_sub(attention_rows(height) + list));
    // If curves fit below the list, they get the room.
    if left < least || left >= least + SMALLEST_BELOW { least } else { left }
}

/// Number of rows of the glance block on a screen without a timeline; `None` if the screen has one.
pub fn glance_rows(app: &App) -> Option<u16> {
    let (width, height) = app.screen.size;
    let height = height.saturating_sub(BARS);
    let shown = !app.screen.zoom && height >= ALL_BLOCKS_MIN_ROWS && !has_time_line(width, height);
    shown.then(|| glance_rows_below(app, width, height).saturating_sub(frame_rows(app, GLANCE)))
}
