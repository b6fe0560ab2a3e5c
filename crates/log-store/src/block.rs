//! A piece of the store: some thousand lines in the order of their time, their text in one arena.
//!
//! A row costs 26 bytes (time 4, place 4, length 4, stream 4, id 8, level 1, marks 1) and its text one
//! byte more, a line end, so that one search runs over all of a block.

use crate::kind::Kind;
use crate::level::Level;

/// Milliseconds since the Unix epoch.
pub type Ms = i64;

/// Lines of a whole block.
pub const ROWS: usize = 4_096;
/// Text of a whole block, in bytes.
pub const TEXT: usize = 1 << 20;
/// Bytes of a row beside its text.
pub const ROW_BYTES: usize = 27;

/// Bits that mark a row.
pub mod mark {
    /// It came after later lines of its group had been read.
    pub const LATE: u8 = 1;
    /// It goes on with the line before of its stream.
    pub const CONTINUES: u8 = 2;
    /// No line: what could not be read, in words.
    pub const GAP: u8 = 4;
    /// No line: the service showed only a part.
    pub const SAMPLED: u8 = 8;
    /// A person marked the line.
    pub const MARKED: u8 = 16;
    /// The bits of the kind.
    pub(super) const KIND: u8 = 0b1100_0000;
}

/// One row to be put in.
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

/// Some lines, in order.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// Unique among the blocks of a store.
    pub(crate) id: u64,
    /// Counts changes other than lines at the end.
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
    /// Whether the text stands in the order of the rows.
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

    /// How many lines the block has.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// The time of a row.
    pub fn at(&self, row: usize) -> Ms {
        self.base + Ms::from(self.at[row])
    }

    /// The time of the first line.
    pub(crate) fn first_at(&self) -> Ms {
        self.at.first().map_or(self.base, |at| self.base + Ms::from(*at))
    }

    /// The time of the last line.
    pub(crate) fn last_at(&self) -> Ms {
        self.at.last().map_or(self.base, |at| self.base + Ms::from(*at))
    }

    /// The text of a row.
    pub fn text(&self, row: usize) -> &str {
        let from = self.place[row] as usize;
        self.text.get(from..from + self.length[row] as usize).unwrap_or_default()
    }

    /// The id of a row.
    pub(crate) fn row_id(&self, row: usize) -> u64 {
        self.ids[row]
    }

    /// The stream of a row.
    pub(crate) fn stream(&self, row: usize) -> u32 {
        self.stream[row]
    }

    /// The level of a row.
    pub fn level(&self, row: usize) -> Level {
        Level::of(self.level[row])
    }

    /// The marks of a row, without its kind.
    pub fn marks(&self, row: usize) -> u8 {
        self.marks[row] & !mark::KIND
    }

    /// How a row is written.
    pub fn kind(&self, row: usize) -> Kind {
        match self.marks[row] >> 6 {
            1 => Kind::Json,
            2 => Kind::Logfmt,
            _ => Kind::Plain,
        }
    }

    /// How many lines have each level.
    pub fn counts(&self) -> &[u32; 7] {
        &self.counts
    }

    /// All text, lines ended by `\n`.
    pub(crate) fn arena(&self) -> &str {
        &self.text
    }

    /// How many bytes of memory the block uses.
    pub(crate) fn bytes(&self) -> usize {
        self.text.capacity() + self.at.capacity() * (ROW_BYTES - 1)
    }

    pub(crate) fn full(&self) -> bool {
        self.len() >= ROWS || self.text.len() >= TEXT
    }

    pub(crate) fn oversized(&self) -> bool {
        self.len() >= 2 * ROWS - 1 || (self.text.len() >= 3 * TEXT && self.len() >= 2)
    }

    /// Whether a time can be told from this block's base.
    pub(crate) fn reaches(&self, at: Ms) -> bool {
        i32::try_from(at - self.base).is_ok()
    }

    /// The first row later than a time.
    pub(crate) fn after(&self, at: Ms) -> usize {
        let delta = at - self.base;
        self.at.partition_point(|row| Ms::from(*row) <= delta)
    }

    /// The first row not earlier than a time.
    pub(crate) fn from(&self, at: Ms) -> usize {
        let delta = at - self.base;
        self.at.partition_point(|row| Ms::from(*row) < delta)
    }

    /// Puts a row in its place; the time must be within reach.
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

    /// Sets or takes a mark.
    pub(crate) fn toggle(&mut self, row: usize, bit: u8) {
        self.marks[row] ^= bit;
        self.version += 1;
    }

    /// The second half as a block of its own.
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

    /// Frees the memory that will not be used.
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

    /// Rows in the order of their text, with the place of each: to find the row of a place.
    pub(crate) fn by_place(&self) -> Option<Vec<(u32, u32)>> {
        if self.ordered {
            return None;
        }
        let mut order: Vec<(u32, u32)> = self.place.iter().copied().zip(0..).collect();
        order.sort_unstable();
        Some(order)
    }

    /// The row whose text holds a place of the arena.
    pub(crate) fn row_at(&self, place: usize, order: Option<&[(u32, u32)]>) -> usize {
        match order {
            None => self.place.partition_point(|from| *from as usize <= place).saturating_sub(1),
            Some(order) => {
                let next = order.partition_point(|(from, _)| *from as usize <= place);
                order[next.saturating_sub(1)].1 as usize
            }
        }
    }

    /// Where the text of a row begins and ends.
    pub(crate) fn span(&self, row: usize) -> (usize, usize) {
        let from = self.place[row] as usize;
        (from, from + self.length[row] as usize)
    }
}
