//! A block of the store: some thousand lines in order of time, with their text in one arena.
//!
//! A row takes 26 bytes (time 4, place 4, length 4, stream 4, id 8, level 1, marks 1), and its text one additional byte, a
//! line end, so that one search can run over the whole block.

use crate::kind::Kind;
use crate::level::Level;

/// Milliseconds since the Unix epoch.
pub type Ms = i64;

/// Number of lines in a full block.
pub const ROWS: usize = 4_096;
/// Bytes of text in a full block.
pub const TEXT: usize = 1 << 20;
/// Bytes per row besides its text, including the line end.
pub const ROW_BYTES: usize = 27;

/// The mark bits of a row.
pub mod mark {
    /// The line arrived after later lines of its group had been read.
    pub const LATE: u8 = 1;
    /// The line continues the previous line of its stream.
    pub const CONTINUES: u8 = 2;
    /// Not a line but a note on what could not be read.
    pub const GAP: u8 = 4;
    /// Not a line but a note that the service showed only a sample.
    pub const SAMPLED: u8 = 8;
    /// The user marked the line.
    pub const MARKED: u8 = 16;
    /// The bits of the line's kind.
    pub(super) const KIND: u8 = 0b1100_0000;
}

/// A row to insert.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) at: Ms,
    pub(crate) id: u64,
    pub(crate) stream: u32,
    pub(crate) level: Level,
    pub(crate) marks: u8,
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
}

/// A block of lines, in order of time.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The id, unique among the blocks of a store.
    pub(crate) id: u64,
    /// Counts changes other than lines appended at the end.
    pub(crate) version: u32,
    base: Ms,
    at: Vec<i32>,
    place: Vec<u32>,
    length: Vec<u32>,
    stream: Vec<u32>,
    ids: Vec<u64>,
    level: Vec<u8>,
    marks: Vec<u8>,
    text: String,
    counts: [u32; 7],
    /// Whether the arena has the texts in the order of the rows.
    ordered: bool,
}

impl Block {
    pub(crate) fn new(id: u64, base: Ms) -> Self {
        Self {
            id,
            base,
            at: Vec::with_capacity(ROWS),
            place: Vec::with_capacity(ROWS),
            length: Vec::with_capacity(ROWS),
            stream: Vec::with_capacity(ROWS),
            ids: Vec::with_capacity(ROWS),
            level: Vec::with_capacity(ROWS),
            marks: Vec::with_capacity(ROWS),
            ordered: true,
            ..Self::default()
        }
    }

    /// Returns the number of lines.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Returns whether the block is empty.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// Returns the time of a row.
    pub fn at(&self, row: usize) -> Ms {
        self.base + Ms::from(self.at[row])
    }

    /// Returns the time of the first line.
    pub(crate) fn first_at(&self) -> Ms {
        self.at.first().map_or(self.base, |at| self.base + Ms::from(*at))
    }

    /// Returns the time of the last line.
    pub(crate) fn last_at(&self) -> Ms {
        self.at.last().map_or(self.base, |at| self.base + Ms::from(*at))
    }

    /// Returns the text of a row.
    pub fn text(&self, row: usize) -> &str {
        let from = self.place[row] as usize;
        self.text.get(from..from + self.length[row] as usize).unwrap_or_default()
    }

    /// Returns the id of a row.
    pub(crate) fn row_id(&self, row: usize) -> u64 {
        self.ids[row]
    }

    /// Returns the stream of a row.
    pub(crate) fn stream(&self, row: usize) -> u32 {
        self.stream[row]
    }

    /// Returns the level of a row.
    pub fn level(&self, row: usize) -> Level {
        Level::of(self.level[row])
    }

    /// Returns the marks of a row, without the bits of its kind.
    pub fn marks(&self, row: usize) -> u8 {
        self.marks[row] & !mark::KIND
    }

    /// Returns the format of a row.
    pub fn kind(&self, row: usize) -> Kind {
        match self.marks[row] >> 6 {
            1 => Kind::Json,
            2 => Kind::Logfmt,
            _ => Kind::Plain,
        }
    }

    /// Returns the number of lines per level.
    pub fn counts(&self) -> &[u32; 7] {
        &self.counts
    }

    /// Returns the text of all lines, each ended by `\n`.
    pub(crate) fn arena(&self) -> &str {
        &self.text
    }

    /// Returns the memory used, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.text.capacity() + self.at.capacity() * (ROW_BYTES - 1)
    }

    pub(crate) fn full(&self) -> bool {
        self.len() >= ROWS || self.text.len() >= TEXT
    }

    pub(crate) fn oversized(&self) -> bool {
        self.len() >= 2 * ROWS - 1 || (self.text.len() >= 3 * TEXT && self.len() >= 2)
    }

    /// Returns whether a time can be expressed relative to the block's base.
    pub(crate) fn reaches(&self, at: Ms) -> bool {
        i32::try_from(at - self.base).is_ok()
    }

    /// Returns the first row later than a time.
    pub(crate) fn after(&self, at: Ms) -> usize {
        let delta = at - self.base;
        self.at.partition_point(|row| Ms::from(*row) <= delta)
    }

    /// Returns the first row not earlier than a time.
    pub(crate) fn from(&self, at: Ms) -> usize {
        let delta = at - self.base;
        self.at.partition_point(|row| Ms::from(*row) < delta)
    }

    /// Inserts a row at this position; the time must be within reach.
    pub(crate) fn insert(&mut self, place: usize, row: &Row<'_>) {
        let delta = i32::try_from(row.at - self.base).unwrap_or(i32::MAX);
        let from = self.text.len() as u32;
        self.text.push_str(row.text);
        self.text.push('\n');
        let marks = row.marks & !mark::KIND | ((row.kind as u8) << 6);
        if place == self.len() {
            self.at.push(delta);
            self.place.push(from);
            self.length.push(row.text.len() as u32);
            self.stream.push(row.stream);
            self.ids.push(row.id);
            self.level.push(row.level as u8);
            self.marks.push(marks);
        } else {
            self.version += 1;
            self.ordered = false;
            self.at.insert(place, delta);
            self.place.insert(place, from);
            self.length.insert(place, row.text.len() as u32);
            self.stream.insert(place, row.stream);
            self.ids.insert(place, row.id);
            self.level.insert(place, row.level as u8);
            self.marks.insert(place, marks);
        }
        self.counts[row.level as usize] += 1;
    }

    pub(crate) fn row(&self, row: usize) -> Row<'_> {
        Row {
            at: self.at(row),
            id: self.ids[row],
            stream: self.stream[row],
            level: self.level(row),
            marks: self.marks(row),
            kind: self.kind(row),
            text: self.text(row),
        }
    }

    /// Toggles a mark.
    pub(crate) fn toggle(&mut self, row: usize, bit: u8) {
        self.marks[row] ^= bit;
        self.version += 1;
    }

    /// Splits off the second half as a new block.
    pub(crate) fn split(&mut self, id: u64) -> Block {
        let middle = self.len() / 2;
        let mut halves = [Block::new(self.id, self.base), Block::new(id, self.at(middle))];
        for row in 0..self.len() {
            let half = &mut halves[usize::from(row >= middle)];
            half.insert(half.len(), &self.row(row));
        }
        let [first, mut second] = halves;
        let version = self.version + 1;
        *self = first;
        self.version = version;
        self.seal();
        second.seal();
        second
    }

    /// Frees unused capacity.
    pub(crate) fn seal(&mut self) {
        self.text.shrink_to_fit();
        if self.at.capacity() > self.at.len() + self.at.len() / 8 {
            self.at.shrink_to_fit();
            self.place.shrink_to_fit();
            self.length.shrink_to_fit();
            self.stream.shrink_to_fit();
            self.ids.shrink_to_fit();
            self.level.shrink_to_fit();
            self.marks.shrink_to_fit();
        }
    }

    /// Returns the rows in the order of their text, with the start of each, for finding a row by a position in the arena.
    /// `None` if rows and texts have the same order.
    pub(crate) fn rows_by_text_offset(&self) -> Option<Vec<(u32, u32)>> {
        if self.ordered {
            return None;
        }
        let mut order: Vec<(u32, u32)> = self.place.iter().copied().zip(0..).collect();
        order.sort_unstable();
        Some(order)
    }

    /// Returns the row whose text contains a position in the arena.
    pub(crate) fn row_at(&self, place: usize, order: Option<&[(u32, u32)]>) -> usize {
        match order {
            None => self.place.partition_point(|from| *from as usize <= place).saturating_sub(1),
            Some(order) => {
                let next = order.partition_point(|(from, _)| *from as usize <= place);
                order[next.saturating_sub(1)].1 as usize
            }
        }
    }

    /// Returns the start and end of a row's text.
    pub(crate) fn span(&self, row: usize) -> (usize, usize) {
        let from = self.place[row] as usize;
        (from, from + self.length[row] as usize)
    }
}
