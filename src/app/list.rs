//! A list's window: which row is selected, which are shown, how they are sorted and filtered.
//!
//! The selection is a key, not a number: rows come and go under it.

use super::window::in_view;

/// The state of one list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// Keys of the rows as shown, after filter and sort; of a list that is read by windows those in the window.
    pub rows: Vec<String>,
    /// The first row that is shown.
    pub offset: usize,
    /// How many rows fit on the screen.
    pub height: usize,
    /// The number of the column that it is sorted by.
    pub column: usize,
    /// Whether it sorts downwards.
    pub reversed: bool,
    /// The text that rows must contain.
    pub filter: String,
    /// Rows before the filter.
    pub total: usize,
    selected: Option<String>,
    place: usize,
    /// The number of the first of `rows`.
    first: usize,
    /// How many rows there are to move in.
    count: usize,
}

impl List {
    /// The selected row's key.
    pub fn selected(&self) -> Option<&str> {
        self.key(self.place)
    }

    /// The selected row's number.
    pub fn place(&self) -> usize {
        self.place
    }

    /// How many rows there are, after the filter.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// New rows: the selection stays on its key where that is still there, else on its place.
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

    /// New rows of which only those in the window get a key: there may be millions. The selection stays on its number.
    pub fn set_window(&mut self, count: usize, total: usize, key: impl Fn(usize) -> String) {
        (self.count, self.total) = (count, total);
        (self.place, self.offset) = in_view(self.place, self.offset, self.height, count);
        self.first = self.offset;
        self.rows = (self.offset..(self.offset + self.height.max(1)).min(count)).map(key).collect();
        self.settle();
    }

    /// Sets how many rows fit, keeping the selected row in sight.
    pub fn set_height(&mut self, height: usize) {
        self.height = height;
        self.settle();
    }

    /// Selects a row by number; too large a number is the last.
    pub fn select(&mut self, place: usize) {
        self.place = place.min(self.count.saturating_sub(1));
        self.selected = self.selected().map(str::to_owned);
        self.settle();
    }

    /// Selects a row by key, if it is there; else remembers the key for when it comes.
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

    /// Moves the window itself, for texts in which nothing is selected.
    pub fn scroll(&mut self, by: isize) {
        let last = self.count.saturating_sub(self.height.max(1));
        self.offset = self.offset.saturating_add_signed(by).min(last);
        self.select(self.place.clamp(self.offset, self.offset + self.height.max(1) - 1));
    }

    /// The rows in the window, as far as they have keys.
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
    fn the_selection_follows_its_row() {
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
        fn the_selection_is_always_in_the_window(
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
        /// Of a million rows only those in the window get a key, however one moves.
        #[test]
        fn of_a_million_rows_only_those_in_the_window_have_keys(
            steps in proptest::collection::vec((-2_000_000isize..2_000_000, 0usize..60, 0usize..=1_000_000), 1..40)
        ) {
            let mut list = List::default();
            for (step, height, count) in steps {
                let made = std::cell::Cell::new(0_usize);
                list.set_height(height);
                list.step(step);
                list.set_window(count, count, |number| {
                    made.set(made.get() + 1);
                    number.to_string()
                });
                prop_assert!(made.get() <= height.max(1) && list.rows.len() <= height.max(1));
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
