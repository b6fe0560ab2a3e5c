//! The texts of the editor: one is shown, the others wait with their cursors and what can be undone in them.

use crate::app::editor::Editor;
use crate::feeds::queries::Typed;
use crate::model::sql::split::Split;
use jiff::Timestamp;

/// How many there are at most.
pub const MOST: usize = 20;

/// The search in the shown text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Find {
    /// The text; empty: nothing is.
    pub text: String,
    /// The last search text.
    pub last: String,
    /// Where the cursor was when it was begun to be typed.
    pub origin: usize,
}

/// A text that is not shown.
#[derive(Debug, Clone, Default)]
pub struct Text {
    pub name: String,
    pub(super) editor: Editor,
    pub(super) split: Split,
    pub(super) split_of: u64,
    pub(super) scrolled: (usize, usize),
}

/// The texts of the editor.
#[derive(Debug, Clone)]
pub struct Texts {
    /// In their order. What stands in the place of the shown one is its name alone: its text is that of the state.
    pub(super) list: Vec<Text>,
    /// Which text is shown.
    pub(super) at: usize,
    /// The search in the shown text.
    pub find: Find,
    /// Names that were given, texts that came and went.
    pub(super) changes: u64,
    /// The texts of this session that are kept for later ones.
    pub kept: Vec<Typed>,
    /// How things stood then, and when that was; none before it is known what earlier sessions had.
    pub kept_of: Option<(u64, Timestamp)>,
}

impl Default for Texts {
    fn default() -> Self {
        let first = Text { name: "1".to_owned(), ..Text::default() };
        Self { list: vec![first], at: 0, find: Find::default(), changes: 0, kept: Vec::new(), kept_of: None }
    }
}

impl Texts {
    /// Their names in order, each with whether it is the shown one.
    pub fn names(&self) -> impl ExactSizeIterator<Item = (&str, bool)> {
        self.list.iter().enumerate().map(|(at, text)| (text.name.as_str(), at == self.at))
    }

    /// The name of the shown one.
    pub fn name(&self) -> &str {
        self.list.get(self.at).map_or("", |text| &text.name)
    }

    /// Gives the shown one another name; none is its number.
    pub fn rename(&mut self, name: &str) {
        let name = if name.is_empty() { self.number() } else { name.to_owned() };
        if let Some(text) = self.list.get_mut(self.at) {
            text.name = name;
        }
        self.changes += 1;
    }

    /// The first number that none is called by.
    pub(super) fn number(&self) -> String {
        let is_free = |number: &usize| self.list.iter().all(|text| text.name != number.to_string());
        // One more than there are texts cannot all be taken.
        (1..=self.list.len() + 1).find(is_free).unwrap_or_default().to_string()
    }
}
