//! The window of a list: the selected row, the rows in view, sorting and filtering.
//!
//! The selection is a key, not an index, because rows are added and removed.

use super::window::in_view;

/// The state of one list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// Keys of the rows after filter and sort; in a windowed list only those in the window.
    pub rows: Vec<String>,
    /// The index of the first row in view.
    pub offset: usize,
    /// Number of rows that fit on the screen.
    pub height: usize,
    /// The index of the column it is sorted by.
    pub column: usize,
    /// Whether it is sorted in descending order.
    pub reversed: bool,
    /// The text that rows must contain.
    pub filter: String,
    /// Number of rows before filtering.
    pub total: usize,
    selected: Option<String>,
    place: usize,
    /// The index of the first of `rows`.
    first: usize,
    /// Number of rows, including those outside the window.
    count: usize,
}

impl List {
    /// The key of the selected row.
    pub fn selected(&self) -> Option<&str> {
        self.key(self.place)
    }

    /// The index of the selected row.
    pub fn place(&self) -> usize {
        self.place
    }

    /// Number of rows after filtering.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Sets the rows. The selection stays on its key if that still exists, else on its index.
    pub fn set_rows(&mut self, rows: Vec<String>, total: usize) {
        (self.first, self.count, self.total) = (0, rows.len(), total);
        self.rows = rows;
        if self.rows.get(self.place) != self.selected.as_ref()
            && let Some(selected) = &self.selected
            && let Some(place) = self.rows.iter().position(|row| row == selected)
        {
            self.place = place;
        }
        self.settle();
    }

    /// Sets the rows; only those in the window get a key, because there may be millions. The selection stays on its
    /// index.
    pub fn set_window(&mut self, count: usize, total: usize, key: impl Fn(usize) -> String) {
        (self.count, self.total) = (count, total);
        (self.place, self.offset) = in_view(self.place, self.offset, self.height, count);
        self.first = self.offset;
        self.rows = (self.offset..(self.offset + self.height.max(1)).min(count)).map(key).collect();
        self.settle();
    }

    /// Sets how many rows fit, keeping the selected row in view.
    pub fn set_height(&mut self, height: usize) {
        self.height = height;
        self.settle();
    }

    /// Selects a row by index; too large an index selects the last row.
    pub fn select(&mut self, place: usize) {
        self.place = place.min(self.count.saturating_sub(1));
        self.selected = self.selected().map(str::to_owned);
        self.settle();
    }

    /// Selects a row by key if it exists; otherwise remembers the key until it does.
    pub fn select_key(&mut self, key: &str) {
        self.selected = Some(key.to_owned());
        if let Some(place) = self.rows.iter().position(|row| row == key) {
            self.select(self.first + place);
        }
    }

    /// Moves the selection by a number of rows.
    pub fn step(&mut self, by: isize) {
        self.select(self.place.saturating_add_signed(by));
    }

    /// Scrolls the window itself, for texts in which nothing is selected.
    pub fn scroll(&mut self, by: isize) {
        let last = self.count.saturating_sub(self.height.max(1));
        self.offset = self.offset.saturating_add_signed(by).min(last);
        self.select(self.place.clamp(self.offset, self.offset + self.height.max(1) - 1));
    }

    /// The keys of the rows in the window.
    pub fn window(&self) -> &[String] {
        let end = (self.offset + self.height).min(self.first + self.rows.len());
        let from = self.offset.checked_sub(self.first);
        from.and_then(|from| self.rows.get(from..end.saturating_sub(self.first))).unwrap_or_default()
    }

    fn key(&self, place: usize) -> Option<&str> {
        self.rows.get(place.checked_sub(self.first)?).map(String::as_str)
    }

    fn settle(&mut self) {
        (self.place, self.offset) = in_view(self.place, self.offset, self.height, self.count);
        if let Some(row) = self.key(self.place) {
            self.selected = Some(row.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|key| (*key).to_owned()).collect()
    }

    #[test]
    fn selection_follows_its_row() {
        let mut list = List { height: 2, ..List::default() };
        list.set_rows(rows(&["a", "b", "c"]), 3);
        list.select(2);
        assert_eq!(list.offset, 1);
        list.set_rows(rows(&["c", "a", "b"]), 3);
        assert_eq!(list.selected(), Some("c"));
        list.set_rows(rows(&["a", "b"]), 2);
        assert_eq!(list.selected(), Some("a"));
    }

    proptest! {
        #[test]
        fn selection_is_always_in_the_window(
            steps in proptest::collection::vec((-50isize..50, 0usize..30, 0usize..40), 1..40)
        ) {
            let mut list = List::default();
            for (step, height, count) in steps {
                list.set_height(height);
                list.set_rows((0..count).map(|n| n.to_string()).collect(), count);
                list.step(step);
                prop_assert!(list.window().len() <= height);
                if count > 0 && height > 0 {
                    let selected = list.selected().expect("a row");
                    prop_assert!(list.window().iter().any(|row| row == selected));
                    // No blank rows at the end while rows are hidden above.
                    prop_assert!(list.offset == 0 || list.window().len() == height);
                }
            }
        }
    }

    proptest! {
        /// However the selection moves, only rows in the window of a million get a key.
        #[test]
        fn only_rows_in_the_window_of_a_million_get_keys(
            steps in proptest::collection::vec((-2_000_000isize..2_000_000, 0usize..60, 0usize..=1_000_000), 1..40)
        ) {
            let mut list = List::default();
            for (step, height, count) in steps {
                let key_count = std::cell::Cell::new(0_usize);
                list.set_height(height);
                list.step(step);
                list.set_window(count, count, |number| {
                    key_count.set(key_count.get() + 1);
                    number.to_string()
                });
                prop_assert!(key_count.get() <= height.max(1) && list.rows.len() <= height.max(1));
                prop_assert_eq!(list.len(), count);
                if count > 0 {
                    let place = list.place().to_string();
                    prop_assert_eq!(list.selected(), Some(place.as_str()));
                    prop_assert!(list.offset == 0 || list.offset + height.max(1) <= count);
                    prop_assert_eq!(list.window().len(), height.min(count));
                }
            }
        }
    }
}
