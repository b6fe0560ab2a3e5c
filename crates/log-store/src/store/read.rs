//! Reading the store: a line by position, its neighbours, whole events, counts over time.

use super::{Bin, Key, Line, Pos, Store, StreamId, TRACE};
use crate::block::{Ms, mark};
use crate::level::Level;

impl Store {
    /// Returns the line at this position.
    pub fn line(&self, pos: Pos) -> Option<Line<'_>> {
        let block = self.blocks.get(pos.block)?;
        if pos.row >= block.len() {
            return None;
        }
        let row = block.row(pos.row);
        Some(Line {
            at: row.at,
            id: row.id,
            stream: StreamId(row.stream),
            source: self.streams.source(StreamId(row.stream)),
            level: row.level,
            kind: row.kind,
            marks: row.marks,
            text: row.text,
        })
    }

    /// Returns the first line not earlier than a time; `None` if all lines are earlier.
    pub fn seek(&self, at: Ms) -> Option<Pos> {
        let block = self.blocks.partition_point(|block| block.last_at() < at);
        let row = self.blocks.get(block)?.from(at);
        Some(Pos { block, row })
    }

    /// Returns the current position of the line.
    pub fn find(&self, key: Key) -> Option<Pos> {
        let mut pos = self.seek(key.at)?;
        while let Some(line) = self.line(pos).filter(|line| line.at == key.at) {
            if line.id == key.id {
                return Some(pos);
            }
            pos = self.next(pos)?;
        }
        None
    }

    /// Returns the next position.
    pub fn next(&self, pos: Pos) -> Option<Pos> {
        if pos.row + 1 < self.blocks.get(pos.block)?.len() {
            return Some(Pos { row: pos.row + 1, ..pos });
        }
        (pos.block + 1 < self.blocks.len()).then_some(Pos { block: pos.block + 1, row: 0 })
    }

    /// Returns the previous position.
    pub fn previous(&self, pos: Pos) -> Option<Pos> {
        if pos.row > 0 {
            return Some(Pos { row: pos.row - 1, ..pos });
        }
        let block = pos.block.checked_sub(1)?;
        Some(Pos { block, row: self.blocks.get(block)?.len().checked_sub(1)? })
    }

    /// Returns all lines, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = Line<'_>> {
        let positions =
            self.blocks.iter().enumerate().flat_map(|(block, b)| (0..b.len()).map(move |row| Pos { block, row }));
        positions.filter_map(|pos| self.line(pos))
    }

    /// Returns the line that a trace frame belongs to: the nearest earlier line of its stream that is not a continuation.
    /// Returns the position itself for other lines, and if that line was evicted.
    pub fn head(&self, pos: Pos) -> Pos {
        let Some(line) = self.line(pos).filter(|line| line.is(mark::CONTINUES)) else { return pos };
        let mut at = pos;
        // The limit also covers traces of thousands of goroutines interleaved with other lines.
        for _ in 0..TRACE {
            let Some(before) = self.previous(at) else { return pos };
            at = before;
            let Some(found) = self.line(at) else { return pos };
            if found.stream == line.stream && !found.is(mark::CONTINUES) {
                return at;
            }
        }
        pos
    }

    /// Returns a whole event: the text of a line with its continuation lines.
    pub fn event(&self, pos: Pos) -> String {
        let head = self.head(pos);
        let Some(first) = self.line(head) else { return String::new() };
        let mut out = first.text.to_owned();
        let mut at = head;
        for _ in 0..TRACE {
            let Some(after) = self.next(at) else { break };
            at = after;
            let Some(line) = self.line(at) else { break };
            if line.stream != first.stream {
                continue;
            }
            if !line.is(mark::CONTINUES) {
                break;
            }
            out.push('\n');
            out.push_str(line.text);
        }
        out
    }

    /// Returns the number of lines per level.
    pub fn counts(&self) -> [u64; 7] {
        let mut counts = [0; 7];
        for block in &self.blocks {
            for (sum, count) in counts.iter_mut().zip(block.counts()) {
                *sum += u64::from(*count);
            }
        }
        counts
    }

    /// Counts lines in equal bins of time. A block that lies within one bin is not examined row by row.
    pub fn histogram(&self, from: Ms, to: Ms, bins: usize) -> Vec<Bin> {
        let mut out = vec![Bin::default(); bins];
        let width = to - from;
        if bins == 0 || width <= 0 {
            return out;
        }
        let bin_of =
            |at: Ms| (i128::from(at - from) * bins as i128 / i128::from(width)).clamp(0, bins as i128 - 1) as usize;
        let first = self.blocks.partition_point(|block| block.last_at() < from);
        for block in self.blocks.range(first..) {
            if block.first_at() >= to {
                break;
            }
            let (low, high) = (bin_of(block.first_at()), bin_of(block.last_at()));
            if low == high && block.first_at() >= from && block.last_at() < to {
                let counts = block.counts();
                let bin = &mut out[low];
                bin.total += block.len() as u32;
                bin.warnings += counts[Level::Warn as usize];
                bin.errors += counts[Level::Error as usize] + counts[Level::Fatal as usize];
                continue;
            }
            for row in block.from(from)..block.from(to) {
                let bin = &mut out[bin_of(block.at(row))];
                bin.total += 1;
                match block.level(row) {
                    Level::Warn => bin.warnings += 1,
                    Level::Error | Level::Fatal => bin.errors += 1,
                    _ => {}
                }
            }
        }
        out
    }
}
