//! The arithmetic of scroll windows, shared by lists and logs. It knows numbers only.

/// Returns the index of the selected row and of the first row shown, so that the selected row is in view and no blank
/// rows are at the end while rows are hidden above.
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
