//! Lines in, in any order; lines out in the order of their time. Bounded: the oldest fall out and
//! are counted. A line that is there already, by its id, is not taken twice.

mod read;

use crate::block::{Block, Ms, Row, mark};
use crate::kind::Kind;
use crate::level::Level;
pub use crate::streams::Source;
use crate::streams::Streams;
use std::collections::VecDeque;

/// How much is kept, whichever is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub lines: usize,
    /// Bytes of text and of what belongs to it.
    pub bytes: usize,
}

impl Default for Limits {
    /// A million lines, or 512 MB.
    fn default() -> Self {
        Self { lines: 1_000_000, bytes: 512 << 20 }
    }
}

pub use crate::streams::StreamId;

/// How many lines, those of other streams included, a stack trace is followed over.
const TRACE: usize = 20_000;

/// A line to be put into the store.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// When it was written, in milliseconds of the epoch.
    pub at: Ms,
    /// A hash of its id; 0 for none: then it is never taken for another.
    pub id: u64,
    pub stream: StreamId,
    pub text: &'a str,
    /// Whether it came after later lines had been read.
    pub late: bool,
}

/// The outcome of adding a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It is the newest line.
    Last,
    /// It stands among others.
    Among,
    /// It was there already.
    Known,
    /// It is older than what fell out, or than what has room.
    TooOld,
}

/// The place of a line for the moment: changes of the store move it.
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

/// A line that is in the store.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// When it was written, in milliseconds of the epoch.
    pub at: Ms,
    /// A hash of the event id.
    pub id: u64,
    pub stream: StreamId,
    /// The group, stream and service that wrote it.
    pub source: &'a Source,
    /// Its level.
    pub level: Level,
    /// The format that it is written in.
    pub kind: Kind,
    /// See [`mark`].
    pub marks: u8,
    pub text: &'a str,
}

impl Line<'_> {
    /// Whether it has one of these marks.
    pub fn is(&self, marks: u8) -> bool {
        self.marks & marks != 0
    }

    /// A key that finds the line again when others have come before it.
    pub fn key(&self) -> Key {
        Key { at: self.at, id: self.id }
    }
}

/// A stretch of time in a histogram.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bin {
    /// Lines of any level.
    pub all: u32,
    pub warnings: u32,
    /// Of them errors and worse.
    pub errors: u32,
}

/// Log lines in the order of their time, within a limit of memory.
#[derive(Debug, Clone, Default)]
pub struct Store {
    blocks: VecDeque<Block>,
    limits: Limits,
    streams: Streams,
    /// The number of the newest block.
    serial: u64,
    lines: usize,
    bytes: usize,
    evicted: u64,
    /// The newest time that fell out.
    horizon: Option<Ms>,
    /// How many rows without an id were put in; each gets its number for an id.
    nameless: u64,
}

impl Store {
    /// An empty store.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Makes a stream known; the same group and stream give the same id, until [`Self::forget_streams`].
    pub fn stream(&mut self, source: Source) -> StreamId {
        self.streams.id(source)
    }

    /// Forgets streams none of whose lines is left, where there are many. Ids of others stay; where an id was kept
    /// for a stream without lines, ask again for it.
    pub fn forget_streams(&mut self) {
        if self.streams.crowded() {
            let blocks = self.blocks.iter();
            self.streams.keep(blocks.flat_map(|block| (0..block.len()).map(|row| block.stream(row))));
        }
    }

    /// The stream of a group and a name, if it is known.
    pub fn find_stream(&self, group: &str, stream: &str) -> Option<StreamId> {
        self.streams.find(group, stream)
    }

    /// Where a stream's lines come from.
    pub fn source(&self, stream: StreamId) -> &Source {
        self.streams.source(stream)
    }

    /// Streams with the lines each has brought.
    pub fn streams(&self) -> impl Iterator<Item = (StreamId, &Source, u64)> {
        self.streams.iter()
    }

    /// How many lines are kept.
    pub fn len(&self) -> usize {
        self.lines
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// How many of the oldest lines were dropped to stay within the limits.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// About how many bytes of memory are used.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the next lines make old ones fall out.
    pub fn full(&self) -> bool {
        self.lines + crate::block::ROWS > self.limits.lines || self.bytes + crate::block::TEXT > self.limits.bytes
    }

    /// The times of the first and the last line.
    pub fn span(&self) -> Option<(Ms, Ms)> {
        Some((self.blocks.front()?.first_at(), self.blocks.back()?.last_at()))
    }

    /// The blocks, oldest first.
    pub fn blocks(&self) -> &VecDeque<Block> {
        &self.blocks
    }

    /// Puts a line in its place by time.
    pub fn push(&mut self, new: &New<'_>) -> Placed {
        let parsed = self.streams.read(new.stream, new.text);
        let marks = if new.late { mark::LATE } else { 0 } | if parsed.continues { mark::CONTINUES } else { 0 };
        let id = if new.id == 0 { self.name() } else { new.id };
        let row =
            Row { at: new.at, id, stream: new.stream.0, level: parsed.level, marks, kind: parsed.kind, text: new.text };
        let placed = self.place(&row);
        if matches!(placed, Placed::Last | Placed::Among) {
            self.streams.count(new.stream);
        }
        placed
    }

    /// Puts in a row that is not a line: a gap, or a second of which the service showed only a part.
    pub fn note(&mut self, at: Ms, stream: StreamId, sampled: bool, text: &str) -> Placed {
        let marks = if sampled { mark::SAMPLED } else { mark::GAP };
        let id = self.name();
        self.place(&Row { at, id, stream: stream.0, level: Level::Warn, marks, kind: Kind::Plain, text })
    }

    /// An id for a row that has none.
    fn name(&mut self) -> u64 {
        self.nameless += 1;
        // Never 0, and unlike a hash: those have all bits in use.
        self.nameless
    }

    fn place(&mut self, row: &Row<'_>) -> Placed {
        if self.horizon.is_some_and(|horizon| row.at <= horizon) {
            return Placed::TooOld;
        }
        let newest = self.blocks.back().map(Block::last_at);
        if newest.is_none_or(|newest| row.at > newest) {
            self.append(row);
            return Placed::Last;
        }
        let mut place = self.blocks.partition_point(|block| block.last_at() <= row.at);
        if self.known(row, place) {
            return Placed::Known;
        }
        if place == self.blocks.len() {
            // A frame of a trace may belong among the lines of the newest moment.
            let among = row.marks & mark::CONTINUES != 0 && self.blocks[place - 1].reaches(row.at);
            if !among {
                self.append(row);
                return Placed::Last;
            }
            place -= 1;
        }
        if self.full() && place == 0 && self.blocks[0].first_at() > row.at {
            return Placed::TooOld;
        }
        // Before all of a block: better the end of the one before, or a new one, than moving all rows.
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
            // A frame of a trace stands behind its stream's last line of the same moment.
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
        Placed::Among
    }

    /// Whether a line of this id and time is there; `place` is the first block that ends later.
    fn known(&self, row: &Row<'_>, place: usize) -> bool {
        let mut back = place.min(self.blocks.len().saturating_sub(1));
        loop {
            let block = &self.blocks[back];
            let range = block.from(row.at)..block.after(row.at);
            let start = range.start;
            if range.into_iter().any(|n| block.row_id(n) == row.id) {
                return true;
            }
            // Lines of the same moment may go back into the block before.
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

    /// Sets or takes a person's mark.
    pub fn toggle_mark(&mut self, pos: Pos) {
        if let Some(block) = self.blocks.get_mut(pos.block).filter(|block| pos.row < block.len()) {
            block.toggle(pos.row, mark::MARKED);
        }
    }

    /// Forgets all lines; streams stay known.
    pub fn clear(&mut self) {
        self.blocks.clear();
        (self.lines, self.bytes, self.horizon) = (0, 0, None);
    }
}

/// A hash of an id that stands for it: 64 bits of FNV-1a, mixed; never 0.
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
    // The low numbers are names of what has no id.
    (z ^ (z >> 31)) | (1 << 63)
}
