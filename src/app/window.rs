//! Which rows of how many are shown: the arithmetic that lists and the logs share. It knows numbers, and no rows.

/// The number of the selected row and that of the first row shown, with the selected one in view and no blank rows at
/// the end while rows are hidden above.
pub fn in_view(place: usize, offset: usize, height: usize, count: usize) -> (usize, usize) {
    let height = height.max(1);
    let place = place.min(count.saturating_sub(1));
    let offset = if place < offset {
        place
    } else if place >= offset + height {
        place + 1 - height
    } else {
        offset
    };
    (place, offset.min(count.saturating_sub(height)))
}
