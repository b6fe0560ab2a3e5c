//! The store accepts lines in any order and returns them in order of time. Its size is bounded: the oldest lines are evicted
//! and counted. A line whose id is already stored is not inserted again.

mod read;

use crate::block::{Block, Ms, Row, mark};
use crate::kind::Kind;
use crate::level::Level;
pub use crate::streams::Source;
use crate::streams::Streams;
use std::collections::VecDeque;

/// The limits of the store; whichever is reached first applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub lines: usize,
    /// Bytes of text and of the data belonging to it.
    pub bytes: usize,
}

impl Default for Limits {
    /// A million lines or 512 MB.
    fn default() -> Self {
        Self { lines: 1_000_000, bytes: 512 << 20 }
    }
}

pub use crate::streams::StreamId;

/// Maximum number of lines, including those of other streams, that a stack trace is followed across.
const TRACE: usize = 20_000;

/// A line to insert.
#[derive(Debug, Clone, Copy)]
pub struct NewLine<'a> {
    /// The time in milliseconds since the epoch.
    pub at: Ms,
    /// A hash of the id; 0 for none, in which case it never counts as a duplicate.
    pub id: u64,
    pub stream: StreamId,
    pub text: &'a str,
    /// Whether it arrived after later lines had been read.
    pub late: bool,
}

/// The outcome of inserting a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsertOutcome {
    /// It is now the newest line.
    Appended,
    /// It was inserted between other lines.
    Inserted,
    /// It was already stored.
    Duplicate,
    /// It is older than the evicted lines, or than what there is room for.
    TooOld,
}

/// The current position of a line; changes to the store invalidate it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos {
    pub block: usize,
    pub row: usize,
}

/// A key that finds a line again after changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The time of the line.
    pub at: Ms,
    pub id: u64,
}

/// A stored line.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The time in milliseconds since the epoch.
    pub at: Ms,
    /// A hash of the event id.
    pub id: u64,
    pub stream: StreamId,
    /// The group, stream and service that wrote it.
    pub source: &'a Source,
    /// The level.
    pub level: Level,
    /// The format.
    pub kind: Kind,
    /// The bits of [`mark`].
    pub marks: u8,
    pub text: &'a str,
}

impl Line<'_> {
    /// Returns whether it has any of these marks.
    pub fn is(&self, marks: u8) -> bool {
        self.marks & marks != 0
    }

    /// Returns a key that finds the line again after others were inserted.
    pub fn key(&self) -> Key {
        Key { at: self.at, id: self.id }
    }
}

/// A bin of a histogram.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bin {
    /// Number of lines of any level.
    pub total: u32,
    pub warnings: u32,
    /// Number of errors and fatal lines among them.
    pub errors: u32,
}

/// Log lines in order of time, within a memory limit.
#[derive(Debug, Clone, Default)]
pub struct Store {
    blocks: VecDeque<Block>,
    limits: Limits,
    streams: Streams,
    /// The serial number of the newest block.
    serial: u64,
    lines: usize,
    bytes: usize,
    evicted: u64,
    /// The newest time that was evicted.
    horizon: Option<Ms>,
    /// Number of rows inserted without an id; each gets its number as its id.
    unnamed: u64,
}

impl Store {
    /// Returns an empty store.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Registers a stream. The same group and stream give the same id, until [`Self::forget_streams`].
    pub fn stream(&mut self, source: Source) -> StreamId {
        self.streams.id(source)
    }

    /// Removes streams without stored lines, if there are many. The ids of other streams stay valid; ids of streams without
    /// lines must be requested again.
    pub fn forget_streams(&mut self) {
        if self.streams.needs_cleanup() {
            let blocks = self.blocks.iter();
            self.streams.retain(blocks.flat_map(|block| (0..block.len()).map(|row| block.stream(row))));
        }
    }

    /// Returns the stream with a group and a name, if it is registered.
    pub fn find_stream(&self, group: &str, stream: &str) -> Option<StreamId> {
        self.streams.find(group, stream)
    }

    /// Returns the origin of a stream's lines.
    pub fn source(&self, stream: StreamId) -> &Source {
        self.streams.source(stream)
    }

    /// Returns the streams, each with the number of lines it has brought.
    pub fn streams(&self) -> impl Iterator<Item = (StreamId, &Source, u64)> {
        self.streams.iter()
    }

    /// Returns the number of stored lines.
    pub fn len(&self) -> usize {
        self.lines
    }

    /// Returns whether the store is empty.
    pub fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// Returns the number of lines evicted to stay within the limits.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Returns the approximate memory use in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns whether further lines evict old ones.
    pub fn full(&self) -> bool {
        self.lines + crate::block::ROWS > self.limits.lines || self.bytes + crate::block::TEXT > self.limits.bytes
    }

    /// Returns the times of the first and the last line.
    pub fn span(&self) -> Option<(Ms, Ms)> {
        Some((self.blocks.front()?.first_at(), self.blocks.back()?.last_at()))
    }

    /// Returns the blocks, oldest first.
    pub fn blocks(&self) -> &VecDeque<Block> {
        &self.blocks
    }

    /// Inserts a line at its position in time.
    pub fn push(&mut self, new: &NewLine<'_>) -> InsertOutcome {
        let parsed = self.streams.read(new.stream, new.text);
        let marks = if new.late { mark::LATE } else { 0 } | if parsed.continues { mark::CONTINUES } else { 0 };
        let id = if new.id == 0 { self.next_id() } else { new.id };
        let row =
            Row { at: new.at, id, stream: new.stream.0, level: parsed.level, marks, kind: parsed.kind, text: new.text };
        let placed = self.insert_row(&row);
        if matches!(placed, InsertOutcome::Appended | InsertOutcome::Inserted) {
            self.streams.count(new.stream);
        }
        placed
    }

    /// Inserts a row that is not a line: a gap, or a second that the service only sampled.
    pub fn push_note(&mut self, at: Ms, stream: StreamId, sampled: bool, text: &str) -> InsertOutcome {
        let marks = if sampled { mark::SAMPLED } else { mark::GAP };
        let id = self.next_id();
        self.insert_row(&Row { at, id, stream: stream.0, level: Level::Warn, marks, kind: Kind::Plain, text })
    }

    /// Returns an id for a row that has none.
    fn next_id(&mut self) -> u64 {
        self.unnamed += 1;
        // Never 0, and never equal to a hash, which has the highest bit set.
        self.unnamed
    }

    fn insert_row(&mut self, row: &Row<'_>) -> InsertOutcome {
        if self.horizon.is_some_and(|horizon| row.at <= horizon) {
            return InsertOutcome::TooOld;
        }
        let newest = self.blocks.back().map(Block::last_at);
        if newest.is_none_or(|newest| row.at > newest) {
            self.append(row);
            return InsertOutcome::Appended;
        }
        let mut place = self.blocks.partition_point(|block| block.last_at() <= row.at);
        if self.contains(row, place) {
            return InsertOutcome::Duplicate;
        }
        if place == self.blocks.len() {
            // A trace frame may belong among other lines of the newest time.
            let among = row.marks & mark::CONTINUES != 0 && self.blocks[place - 1].reaches(row.at);
            if !among {
                self.append(row);
                return InsertOutcome::Appended;
            }
            place -= 1;
        }
        if self.full() && place == 0 && self.blocks[0].first_at() > row.at {
            return InsertOutcome::TooOld;
        }
        // If the row precedes the whole block, use the end of the previous block or a new one instead of moving all rows.
        if row.at < self.blocks[place].first_at() {
            let before = place.checked_sub(1).filter(|b| !self.blocks[*b].full() && self.blocks[*b].reaches(row.at));
            if let Some(before) = before {
                place = before;
            } else if !self.blocks[place].reaches(row.at) || self.blocks[place].full() {
                self.serial += 1;
                self.blocks.insert(place, Block::new(self.serial, row.at));
            }
        }
        let block = &mut self.blocks[place];
        let bytes = block.bytes();
        let mut at = block.after(row.at);
        if row.marks & mark::CONTINUES != 0 {
            // A trace frame follows the last line of its stream at the same time.
            let same = block.from(row.at);
            at = (same..at).rev().find(|n| block.stream(*n) == row.stream).map_or(at, |n| n + 1);
        }
        block.insert(at, row);
        self.bytes = self.bytes + block.bytes() - bytes;
        self.lines += 1;
        if block.oversized() {
            let before = block.bytes();
            self.serial += 1;
            let second = block.split(self.serial);
            self.bytes = self.bytes + block.bytes() + second.bytes() - before;
            self.blocks.insert(place + 1, second);
        }
        self.evict();
        InsertOutcome::Inserted
    }

    /// Returns whether a line with this id and time is stored. `place` is the first block that ends later.
    fn contains(&self, row: &Row<'_>, place: usize) -> bool {
        let mut back = place.min(self.blocks.len().saturating_sub(1));
        loop {
            let block = &self.blocks[back];
            let range = block.from(row.at)..block.after(row.at);
            let start = range.start;
            if range.into_iter().any(|n| block.row_id(n) == row.id) {
                return true;
            }
            // Lines of the same time may extend into the previous block.
            if start > 0 || back == 0 || self.blocks[back - 1].last_at() < row.at {
                return false;
            }
            back -= 1;
        }
    }

    fn append(&mut self, row: &Row<'_>) {
        let fits = self.blocks.back().is_some_and(|block| !block.full() && block.reaches(row.at));
        if !fits {
            if let Some(last) = self.blocks.back_mut() {
                let before = last.bytes();
                last.seal();
                self.bytes = self.bytes + last.bytes() - before;
            }
            self.serial += 1;
            let block = Block::new(self.serial, row.at);
            self.bytes += block.bytes();
            self.blocks.push_back(block);
        }
        if let Some(block) = self.blocks.back_mut() {
            let before = block.bytes();
            block.insert(block.len(), row);
            self.bytes = self.bytes + block.bytes() - before;
            self.lines += 1;
        }
        self.evict();
    }

    fn evict(&mut self) {
        while (self.lines > self.limits.lines || self.bytes > self.limits.bytes) && self.blocks.len() > 1 {
            let Some(oldest) = self.blocks.pop_front() else { return };
            self.lines -= oldest.len();
            self.bytes -= oldest.bytes().min(self.bytes);
            self.evicted += oldest.len() as u64;
            self.horizon = Some(self.horizon.unwrap_or(Ms::MIN).max(oldest.last_at()));
        }
    }

    /// Toggles the user's mark.
    pub fn toggle_mark(&mut self, pos: Pos) {
        if let Some(block) = self.blocks.get_mut(pos.block).filter(|block| pos.row < block.len()) {
            block.toggle(pos.row, mark::MARKED);
        }
    }

    /// Removes all lines; streams stay registered.
    pub fn clear(&mut self) {
        self.blocks.clear();
        (self.lines, self.bytes, self.horizon) = (0, 0, None);
    }
}

/// Returns a 64-bit hash of an id: FNV-1a, mixed, with the highest bit set, so never 0.
#[must_use]
pub fn hash(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        let mut words = part.chunks_exact(8);
        for word in words.by_ref() {
            let word = u64::from_le_bytes([word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7]]);
            hash = (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        }
        for byte in words.remainder() {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        hash = (hash ^ part.len() as u64).wrapping_mul(0x0100_0000_01b3);
    }
    let mut z = hash;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    // Low numbers are the ids of rows without one.
    (z ^ (z >> 31)) | (1 << 63)
}
