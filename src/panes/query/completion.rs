//! The completion candidates at the cursor.

/// The completion candidates at the cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// Byte offset where the completed word begins.
    pub from: usize,
    /// The candidates, each with its kind.
    pub candidates: Vec<(String, String)>,
    pub selected: usize,
}

impl Completion {
    /// Selects another candidate, wrapping around at the ends.
    pub fn step(&mut self, by: isize) {
        let count = self.candidates.len().max(1) as isize;
        self.selected = (self.selected as isize + by).rem_euclid(count) as usize;
    }
}
