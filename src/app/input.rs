//! A single line of input. It moves over and deletes whole graphemes, so Japanese and emoji stay intact.

use unicode_segmentation::UnicodeSegmentation;

/// Maximum length of the input in bytes, more than any valid input needs; longer input is refused.
pub const LIMIT: usize = 4096;

/// An edit of a line by a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // names are self-explanatory
pub enum Edit {
    DeleteBack,
    DeleteHere,
    DeleteWord,
    DeleteAll,
    CursorLeft,
    CursorRight,
    CursorStart,
    CursorEnd,
}

/// A line and its cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    /// Byte offset, always at a grapheme boundary.
    cursor: usize,
}

impl Input {
    /// A line with its cursor at the end.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    /// The text typed so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor.
    pub fn before_cursor(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Inserts text at the cursor; line breaks and control characters are removed.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.text.len() + c.len_utf8() > LIMIT {
                return;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    /// Edits the line at the cursor.
    pub fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::DeleteBack => {
                let start = self.previous();
                self.text.replace_range(start..self.cursor, "");
                self.cursor = start;
            }
            Edit::DeleteHere => {
                let end = self.next();
                self.text.replace_range(self.cursor..end, "");
            }
            Edit::DeleteWord => {
                let trimmed = self.before_cursor().trim_end();
                let start = trimmed
                    .rfind(char::is_whitespace)
                    .map_or(0, |at| at + trimmed[at..].chars().next().map_or(1, char::len_utf8));
                self.text.replace_range(start..self.cursor, "");
                self.cursor = start;
            }
            Edit::DeleteAll => {
                self.text.clear();
                self.cursor = 0;
            }
            Edit::CursorLeft => self.cursor = self.previous(),
            Edit::CursorRight => self.cursor = self.next(),
            Edit::CursorStart => self.cursor = 0,
            Edit::CursorEnd => self.cursor = self.text.len(),
        }
    }

    fn previous(&self) -> usize {
        self.before_cursor().grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn next(&self) -> usize {
        let after = &self.text[self.cursor..];
        self.cursor + after.graphemes(true).next().map_or(0, str::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn graphemes_stay_whole() {
        let mut input = Input::new("日本👩‍💻");
        input.edit(Edit::DeleteBack);
        assert_eq!(input.text(), "日本");
        input.edit(Edit::CursorLeft);
        input.insert("x\n");
        assert_eq!(input.text(), "日x本");
        input.edit(Edit::CursorEnd);
        input.insert(" 語");
        input.edit(Edit::DeleteWord);
        assert_eq!(input.text(), "日x本 ");
    }

    proptest! {
        #[test]
        fn editing_never_panics(text in any::<String>(), edits in proptest::collection::vec(0usize..8, 0..30)) {
            let commands = [
                Edit::DeleteBack, Edit::DeleteHere, Edit::DeleteWord, Edit::DeleteAll,
                Edit::CursorLeft, Edit::CursorRight, Edit::CursorStart, Edit::CursorEnd,
            ];
            let mut input = Input::default();
            input.insert(&text);
            for edit in edits {
                input.edit(commands[edit]);
                input.insert("é");
            }
        }
    }
}
