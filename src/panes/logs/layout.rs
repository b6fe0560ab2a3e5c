//! Layout of the Logs block: rows of the histogram and of the lines.

use ratatui::layout::Rect;

/// Number of histogram rows in an area of this height.
pub fn histogram_rows(place: Rect) -> u16 {
    match place.height {
        0..10 => 0,
        10..24 => 2,
        _ => 4,
    }
}

/// Number of log lines that fit into the area, and number of histogram bins.
pub fn lines_rows(place: Rect, header: bool) -> (usize, usize) {
    let rows = place.height.saturating_sub(2 + histogram_rows(place) + u16::from(header));
    (usize::from(rows), usize::from(place.width.saturating_sub(4)))
}
