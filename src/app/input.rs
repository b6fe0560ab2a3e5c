//! One line of text being typed. Whole graphemes move and go, so Japanese and emoji stay whole.

use super::command::Id;
use unicode_segmentation::UnicodeSegmentation;

/// Longer input than this many bytes is not taken: nothing that is typed here is that long.
const LIMIT: usize = 4096;

/// A line and its cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    /// Byte offset, always at a grapheme's edge.
    cursor: usize,
}

impl Input {
    /// A line with its cursor at the end.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    pub fn before_cursor(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Types text; line breaks and controls are left out.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.text.len() + c.len_utf8() > LIMIT {
                return;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    /// Runs an editing command; false if it is none.
    pub fn edit(&mut self, command: Id) -> bool {
        match command {
            Id::DeleteBack => {
                let start = self.previous();
                self.text.replace_range(start..self.cursor, "");
                self.cursor = start;
            }
            Id::DeleteHere => {
                let end = self.next();
                self.text.replace_range(self.cursor..end, "");
            }
            Id::DeleteWord => {
                let trimmed = self.before_cursor().trim_end();
                let start = trimmed
                    .rfind(char::is_whitespace)
                    .map_or(0, |at| at + trimmed[at..].chars().next().map_or(1, char::len_utf8));
                self.text.replace_range(start..self.cursor, "");
                self.cursor = start;
            }
            Id::DeleteAll => {
                self.text.clear();
                self.cursor = 0;
            }
            Id::CursorLeft => self.cursor = self.previous(),
            Id::CursorRight => self.cursor = self.next(),
            Id::CursorStart => self.cursor = 0,
            Id::CursorEnd => self.cursor = self.text.len(),
            _ => return false,
        }
        true
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
        input.edit(Id::DeleteBack);
        assert_eq!(input.text(), "日本");
        input.edit(Id::CursorLeft);
        input.insert("x\n");
        assert_eq!(input.text(), "日x本");
        input.edit(Id::CursorEnd);
        input.insert(" 語");
        input.edit(Id::DeleteWord);
        assert_eq!(input.text(), "日x本 ");
    }

    proptest! {
        #[test]
        fn editing_never_panics(text in any::<String>(), edits in proptest::collection::vec(0usize..8, 0..30)) {
            let commands = [
                Id::DeleteBack, Id::DeleteHere, Id::DeleteWord, Id::DeleteAll,
                Id::CursorLeft, Id::CursorRight, Id::CursorStart, Id::CursorEnd,
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
