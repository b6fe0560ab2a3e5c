//! The editor's texts: one is shown, the others keep their cursors and undo histories.

use crate::app::editor::Editor;
use crate::feeds::queries::EditorText;
use crate::model::sql::split::Split;
use jiff::Timestamp;

/// Maximum number of texts.
pub const MAX_TEXTS: usize = 20;

/// The search in the shown text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Find {
    /// The search text; empty if matches are not highlighted.
    pub text: String,
    /// The last search text.
    pub last: String,
    /// The cursor position when the search started.
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
    /// The texts in order. The entry of the shown one holds only its name; its text is in [`super::state::State`].
    pub(super) list: Vec<Text>,
    /// Index of the shown text.
    pub(super) shown: usize,
    /// The search in the shown text.
    pub find: Find,
    /// Counts renames, and texts opened and closed.
    pub(super) changes: u64,
    /// The texts of this session that are stored for later ones.
    pub stored: Vec<EditorText>,
    /// The stamp and time of the last store; `None` until those of earlier sessions were restored.
    pub stored_version: Option<(u64, Timestamp)>,
}

impl Default for Texts {
    fn default() -> Self {
        let first = Text { name: "1".to_owned(), ..Text::default() };
        Self {
            list: vec![first],
            shown: 0,
            find: Find::default(),
            changes: 0,
            stored: Vec::new(),
            stored_version: None,
        }
    }
}

impl Texts {
    /// The names in order, each with whether it is shown.
    pub fn names(&self) -> impl ExactSizeIterator<Item = (&str, bool)> {
        self.list.iter().enumerate().map(|(at, text)| (text.name.as_str(), at == self.shown))
    }

    /// The name of the shown text.
    pub fn name(&self) -> &str {
        self.list.get(self.shown).map_or("", |text| &text.name)
    }

    /// Renames the shown text; an empty name gives it a number.
    pub fn rename(&mut self, name: &str) {
        let name = if name.is_empty() { self.number() } else { name.to_owned() };
        if let Some(text) = self.list.get_mut(self.shown) {
            text.name = name;
        }
        self.changes += 1;
    }

    /// The smallest number that is not in use as a name.
    pub(super) fn number(&self) -> String {
        let is_free = |number: &usize| self.list.iter().all(|text| text.name != number.to_string());
        // Of one more number than there are texts, at least one is free.
        (1..=self.list.len() + 1).find(is_free).unwrap_or_default().to_string()
    }
}
