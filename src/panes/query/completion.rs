//! The completions at the cursor.

/// The completions at the cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where what is typed of it begins, in bytes.
    pub from: usize,
    /// The completions, each with its kind.
    pub candidates: Vec<(String, String)>,
    pub selected: usize,
}

impl Completion {
    /// Selects another one, round the end.
    pub fn step(&mut self, by: isize) {
        let count = self.candidates.len().max(1) as isize;
        self.selected = (self.selected as isize + by).rem_euclid(count) as usize;
    }
}
