//! Several lines of text being typed. Whole graphemes move and go, so Japanese and emoji stay whole; what was done can be
//! undone. It knows cells and lines, and nothing of what the text means.

use crate::model::text::{harmless, width};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// Longer text than this many bytes is not taken.
pub const LIMIT: usize = 16 << 20;
/// How many changes can be undone.
const UNDONE: usize = 500;
/// How many bytes of removed and inserted text are kept for that at most.
const KEPT: usize = 32 << 20;

/// Where the cursor goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // each says it all
pub enum Step {
    Left,
    Right,
    WordLeft,
    WordRight,
    Up,
    Down,
    /// Up by so many lines.
    PageUp(usize),
    /// Down by so many lines.
    PageDown(usize),
    LineStart,
    LineEnd,
    Start,
    End,
}

/// The part around the cursor that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // each says it all
pub enum Cut {
    Back,
    Here,
    WordBack,
    ToLineEnd,
    ToLineStart,
}

/// A change, so that it can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    at: usize,
    removed: String,
    inserted: String,
    /// The cursor before it.
    cursor: usize,
    /// Letters typed one after the other are one change.
    typed: bool,
}

/// Text and a cursor in it.
#[derive(Debug, Clone)]
pub struct Editor {
    text: String,
    /// Byte offset, always at a grapheme's edge.
    cursor: usize,
    /// Where each line begins.
    starts: Vec<usize>,
    /// The column, in cells, that going up and down keeps to.
    wanted: Option<usize>,
    /// Grows with each change.
    version: u64,
    /// The last change: where, how many bytes went, how many came.
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

/// Text that can be typed or pasted: line ends are `\n`; what acts on a terminal is left out, but for tabs.
pub fn typed(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\r' => {
                letters.next_if_eq(&'\n');
                kept.push('\n');
            }
            '\n' | '\t' => kept.push(c),
            c if c.is_control() => {}
            c => kept.push(c),
        }
    }
    kept
}

impl Editor {
    /// A text with the cursor at its end; that it came is nothing to undo.
    pub fn of(text: &str) -> Self {
        let mut editor = Self::default();
        editor.set(text);
        editor.undo.clear();
        editor
    }

    /// Whether a place of the text is at the edge of a letter as it is seen.
    pub fn is_edge(&self, at: usize) -> bool {
        self.edge(at) == at
    }

    /// The text that is edited.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The cursor, in bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Whether nothing but blanks is there.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// A number that is another one after each change of the text.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The last change: from which byte on, how many bytes went, and how many came.
    pub fn last_change(&self) -> (usize, usize, usize) {
        self.last
    }

    /// How many lines there are; at least one.
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// Where a line begins, in bytes.
    pub fn start_of(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.text.len())
    }

    /// A line without its end.
    pub fn line(&self, line: usize) -> &str {
        let end = self.starts.get(line + 1).map_or(self.text.len(), |next| next - 1);
        self.text.get(self.start_of(line)..end).unwrap_or_default()
    }

    /// The line that a place of the text is in.
    pub fn line_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The cursor's line, and its column in cells.
    pub fn place(&self) -> (usize, usize) {
        let line = self.line_of(self.cursor);
        let before = self.text.get(self.start_of(line)..self.cursor).unwrap_or_default();
        (line, width(&harmless(before)))
    }

    /// Types or pastes text. False: it would be too long, and nothing was taken.
    pub fn insert(&mut self, text: &str) -> bool {
        let text = typed(text);
        if self.text.len() + text.len() > LIMIT {
            return false;
        }
        self.replace(self.cursor, self.cursor, &text);
        true
    }

    /// Replaces the whole text, with the cursor at its end; it can be undone.
    pub fn set(&mut self, text: &str) {
        let text = typed(text);
        self.replace(0, self.text.len(), &text);
    }

    /// Replaces the text between two places, with the cursor behind the new text.
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
        self.forget();
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

    /// The cursor goes to a place of the text.
    pub fn go(&mut self, at: usize) {
        self.cursor = self.edge(at);
        self.wanted = None;
    }

    /// The place of the text that is in a line at a column, in cells; the last one before it where none is there.
    pub fn at(&self, line: usize, column: usize) -> usize {
        let text = self.line(line);
        let (mut at, mut cells) = (0, 0);
        for grapheme in text.graphemes(true) {
            let wide = width(&harmless(grapheme));
            if cells + wide > column {
                break;
            }
            cells += wide;
            at += grapheme.len();
        }
        self.start_of(line) + at
    }

    /// Undoes the last change; `false` where there is none.
    pub fn undo(&mut self) -> bool {
        let Some(change) = self.undo.pop() else { return false };
        self.text.replace_range(change.at..change.at + change.inserted.len(), &change.removed);
        self.cursor = change.cursor.min(self.text.len());
        self.last = (change.at, change.inserted.len(), change.removed.len());
        self.changed();
        self.redo.push(change);
        true
    }

    /// Redoes what was undone last; `false` where there is nothing.
    pub fn redo(&mut self) -> bool {
        let Some(change) = self.redo.pop() else { return false };
        self.text.replace_range(change.at..change.at + change.removed.len(), &change.inserted);
        self.cursor = change.at + change.inserted.len();
        self.last = (change.at, change.removed.len(), change.inserted.len());
        self.changed();
        self.undo.push(change);
        true
    }

    fn forget(&mut self) {
        let bytes = |change: &Change| change.removed.len() + change.inserted.len();
        let mut all: usize = self.undo.iter().map(bytes).sum();
        let mut gone = self.undo.len().saturating_sub(UNDONE);
        for change in &self.undo[..gone] {
            all -= bytes(change);
        }
        while all > KEPT && gone + 1 < self.undo.len() {
            all -= bytes(&self.undo[gone]);
            gone += 1;
        }
        self.undo.drain(..gone);
    }

    fn changed(&mut self) {
        self.version += 1;
        self.wanted = None;
        self.starts.clear();
        self.starts.push(0);
        let ends = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        self.starts.extend(ends.map(|(at, _)| at + 1));
        // What was put between two letters may have joined them to one.
        self.cursor = self.edge(self.cursor);
    }

    /// The nearest edge of a grapheme that is not behind a place.
    fn edge(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        // Does not start at the line's beginning: a line can be a megabyte long.
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
