//! Rows of the histogram and of the lines.

use ratatui::layout::Rect;

/// Rows of the logs' histogram in a place of this height.
pub fn histogram_rows(place: Rect) -> u16 {
    match place.height {
        0..10 => 0,
        10..24 => 2,
        _ => 4,
    }
}

/// Lines of the logs that fit into their place, and bins of their histogram.
pub fn lines_rows(place: Rect, header: bool) -> (usize, usize) {
    let rows = place.height.saturating_sub(2 + histogram_rows(place) + u16::from(header));
    (usize::from(rows), usize::from(place.width.saturating_sub(4)))
}
