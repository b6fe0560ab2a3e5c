//! A multi-line text editor. It moves over and deletes whole graphemes, so Japanese and emoji stay intact; changes can
//! be undone. It knows lines and terminal cells, and nothing about the meaning of the text.

use crate::model::text::{sanitize, width};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// Maximum size of the text in bytes; longer text is refused.
pub const LIMIT: usize = 16 << 20;
/// Number of changes that can be undone.
const UNDONE: usize = 500;
/// Maximum size in bytes of the removed and inserted text kept for undo.
const KEPT: usize = 32 << 20;

/// A movement of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // names are self-explanatory
pub enum Step {
    Left,
    Right,
    WordLeft,
    WordRight,
    Up,
    Down,
    /// Up by this many lines.
    PageUp(usize),
    /// Down by this many lines.
    PageDown(usize),
    LineStart,
    LineEnd,
    Start,
    End,
}

/// The part of the text around the cursor that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // names are self-explanatory
pub enum Cut {
    Back,
    Here,
    WordBack,
    ToLineEnd,
    ToLineStart,
}

/// A change that can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    at: usize,
    removed: String,
    inserted: String,
    /// The cursor before the change.
    cursor: usize,
    /// Whether one letter was typed; letters typed in a row form one change.
    typed: bool,
}

/// A text and the cursor in it.
#[derive(Debug, Clone)]
pub struct Editor {
    text: String,
    /// Byte offset, always at a grapheme boundary.
    cursor: usize,
    /// The byte offset at which each line starts.
    starts: Vec<usize>,
    /// The column, in cells, that moving up and down keeps.
    wanted: Option<usize>,
    /// Increases with each change.
    version: u64,
    /// The last change: its offset, bytes removed, bytes inserted.
    last: (usize, usize, usize),
    undo: Vec<Change>,
    redo: Vec<Change>,
}

impl Default for Editor {
    fn default() -> Self {
        Self {
            text: String::new(),
            cursor: 0,
            starts: vec![0],
            wanted: None,
            version: 0,
            last: (0, 0, 0),
            undo: Vec::new(),
            redo: Vec::new(),
        }
    }
}

/// Returns the text as it can be inserted: line ends become `\n`; control characters other than tabs are removed.
pub fn sanitized(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\r' => {
                letters.next_if_eq(&'\n');
                clean.push('\n');
            }
            '\n' | '\t' => clean.push(c),
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    clean
}

impl Editor {
    /// An editor with this text and the cursor at its end; setting it cannot be undone.
    pub fn of(text: &str) -> Self {
        let mut editor = Self::default();
        editor.set(text);
        editor.undo.clear();
        editor
    }

    /// Whether a byte offset is at a grapheme boundary.
    pub fn is_grapheme_boundary(&self, at: usize) -> bool {
        self.edge(at) == at
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The cursor, as a byte offset.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Whether the text is empty or only whitespace.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// A number that differs after each change of the text.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The last change: its byte offset, the number of bytes removed and of bytes inserted.
    pub fn last_change(&self) -> (usize, usize, usize) {
        self.last
    }

    /// Number of lines; at least one.
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// The byte offset at which a line starts.
    pub fn start_of(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.text.len())
    }

    /// A line without its line break.
    pub fn line(&self, line: usize) -> &str {
        let end = self.starts.get(line + 1).map_or(self.text.len(), |next| next - 1);
        self.text.get(self.start_of(line)..end).unwrap_or_default()
    }

    /// The line that contains a byte offset.
    pub fn line_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The cursor's line, and its column in cells.
    pub fn place(&self) -> (usize, usize) {
        let line = self.line_of(self.cursor);
        let before = self.text.get(self.start_of(line)..self.cursor).unwrap_or_default();
        (line, width(&sanitize(before)))
    }

    /// Types or pastes text. Returns false, and inserts nothing, if the text would exceed [`LIMIT`].
    pub fn insert(&mut self, text: &str) -> bool {
        let text = sanitized(text);
        if self.text.len() + text.len() > LIMIT {
            return false;
        }
        self.replace(self.cursor, self.cursor, &text);
        true
    }

    /// Replaces the whole text and puts the cursor at its end; this can be undone.
    pub fn set(&mut self, text: &str) {
        let text = sanitized(text);
        self.replace(0, self.text.len(), &text);
    }

    /// Replaces the text between two offsets and puts the cursor after the new text.
    pub fn replace(&mut self, from: usize, to: usize, text: &str) {
        let (from, to) = (self.edge(from), self.edge(to));
        if from > to || (from == to && text.is_empty()) {
            return;
        }
        let removed = self.text[from..to].to_owned();
        let letter = removed.is_empty() && text.graphemes(true).nth(1).is_none() && text != "\n";
        self.text.replace_range(from..to, text);
        let before = self.cursor;
        self.cursor = from + text.len();
        self.last = (from, removed.len(), text.len());
        self.changed();
        self.redo.clear();
        match self.undo.last_mut() {
            Some(last) if letter && last.typed && last.at + last.inserted.len() == from && last.removed.is_empty() => {
                last.inserted.push_str(text);
            }
            _ => self.undo.push(Change { at: from, removed, inserted: text.to_owned(), cursor: before, typed: letter }),
        }
        self.trim_undo();
    }

    /// Deletes a part of the text.
    pub fn cut(&mut self, cut: Cut) {
        let line = self.line_of(self.cursor);
        let (start, end) = (self.start_of(line), self.start_of(line) + self.line(line).len());
        let (from, to) = match cut {
            Cut::Back => (self.before(self.cursor), self.cursor),
            Cut::Here => (self.cursor, self.after(self.cursor)),
            Cut::WordBack => (self.word_before(), self.cursor),
            Cut::ToLineEnd if self.cursor == end => (self.cursor, self.after(self.cursor)),
            Cut::ToLineEnd => (self.cursor, end),
            Cut::ToLineStart => (start, self.cursor),
        };
        self.replace(from, to, "");
    }

    /// Moves the cursor by a step.
    pub fn step(&mut self, step: Step) {
        let line = self.line_of(self.cursor);
        let wanted = match step {
            Step::Up | Step::Down | Step::PageUp(_) | Step::PageDown(_) => {
                Some(self.wanted.unwrap_or_else(|| self.place().1))
            }
            _ => None,
        };
        let column = wanted.unwrap_or_default();
        self.cursor = match step {
            Step::Left => self.before(self.cursor),
            Step::Right => self.after(self.cursor),
            Step::WordLeft => self.word_before(),
            Step::WordRight => self.word_after(),
            Step::Up => line.checked_sub(1).map_or(self.cursor, |line| self.at(line, column)),
            Step::Down if line + 1 < self.lines() => self.at(line + 1, column),
            Step::Down => self.cursor,
            Step::PageUp(lines) => self.at(line.saturating_sub(lines), column),
            Step::PageDown(lines) => self.at((line + lines).min(self.lines() - 1), column),
            Step::LineStart => self.start_of(line),
            Step::LineEnd => self.start_of(line) + self.line(line).len(),
            Step::Start => 0,
            Step::End => self.text.len(),
        };
        self.wanted = wanted;
    }

    /// Moves the cursor to a byte offset.
    pub fn move_to(&mut self, at: usize) {
        self.cursor = self.edge(at);
        self.wanted = None;
    }

    /// The byte offset of a column, in cells, of a line; the end of the line if the line is shorter.
    pub fn at(&self, line: usize, column: usize) -> usize {
        let text = self.line(line);
        let (mut at, mut cells) = (0, 0);
        for grapheme in text.graphemes(true) {
            let wide = width(&sanitize(grapheme));
            if cells + wide > column {
                break;
            }
            cells += wide;
            at += grapheme.len();
        }
        self.start_of(line) + at
    }

    /// Undoes the last change; false if there is none.
    pub fn undo(&mut self) -> bool {
        let Some(change) = self.undo.pop() else { return false };
        self.text.replace_range(change.at..change.at + change.inserted.len(), &change.removed);
        self.cursor = change.cursor.min(self.text.len());
        self.last = (change.at, change.inserted.len(), change.removed.len());
        self.changed();
        self.redo.push(change);
        true
    }

    /// Redoes the change undone last; false if there is none.
    pub fn redo(&mut self) -> bool {
        let Some(change) = self.redo.pop() else { return false };
        self.text.replace_range(change.at..change.at + change.removed.len(), &change.inserted);
        self.cursor = change.at + change.inserted.len();
        self.last = (change.at, change.removed.len(), change.inserted.len());
        self.changed();
        self.undo.push(change);
        true
    }

    /// Drops the oldest changes beyond the limits of undo.
    fn trim_undo(&mut self) {
        let bytes = |change: &Change| change.removed.len() + change.inserted.len();
        let mut total_bytes: usize = self.undo.iter().map(bytes).sum();
        let mut dropped = self.undo.len().saturating_sub(UNDONE);
        for change in &self.undo[..dropped] {
            total_bytes -= bytes(change);
        }
        while total_bytes > KEPT && dropped + 1 < self.undo.len() {
            total_bytes -= bytes(&self.undo[dropped]);
            dropped += 1;
        }
        self.undo.drain(..dropped);
    }

    fn changed(&mut self) {
        self.version += 1;
        self.wanted = None;
        self.starts.clear();
        self.starts.push(0);
        let ends = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        self.starts.extend(ends.map(|(at, _)| at + 1));
        // Text inserted between two characters may have joined them into one grapheme.
        self.cursor = self.edge(self.cursor);
    }

    /// The nearest grapheme boundary at or before an offset.
    fn edge(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        // Does not search from the start of the line: a line can be a megabyte long.
        while at > 0 && GraphemeCursor::new(at, self.text.len(), true).is_boundary(&self.text, 0) == Ok(false) {
            at -= 1;
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
        }
        at
    }

    fn before(&self, at: usize) -> usize {
        let line = self.line_of(at);
        let start = self.start_of(line);
        if at == start {
            return start.saturating_sub(1);
        }
        let text = self.text.get(start..at).unwrap_or_default();
        text.grapheme_indices(true).next_back().map_or(start, |(edge, _)| start + edge)
    }

    fn after(&self, at: usize) -> usize {
        let line = self.line_of(at);
        let end = self.start_of(line) + self.line(line).len();
        if at >= end {
            return (at + 1).min(self.text.len());
        }
        let text = self.text.get(at..end).unwrap_or_default();
        at + text.graphemes(true).next().map_or(0, str::len)
    }

    fn word_before(&self) -> usize {
        let text = &self.text[..self.cursor];
        let words = text.trim_end_matches(|c: char| !word(c));
        words.rfind(|c: char| !word(c)).map_or(0, |at| at + words[at..].chars().next().map_or(0, char::len_utf8))
    }

    fn word_after(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let skipped = rest.len() - rest.trim_start_matches(|c: char| !word(c)).len();
        let words = &rest[skipped..];
        self.cursor + skipped + words.find(|c: char| !word(c)).unwrap_or(words.len())
    }
}

fn word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
#[path = "editor_tests.rs"]
mod tests;
