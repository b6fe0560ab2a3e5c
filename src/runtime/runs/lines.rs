//! What a program prints into a file, as lines, as far as it has printed them.

use crate::feeds::runs::{Entry, Stream};
use jiff::Timestamp;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// A longer line is cut, and what is missing is counted: no memory holds a line without an end.
pub(super) const LONGEST: usize = 1024 * 1024;
/// Bytes that are read at a time.
const PIECE: usize = 256 * 1024;

/// The lines of one file that is written meanwhile.
#[derive(Debug)]
pub(super) struct Lines {
    stream: Stream,
    file: File,
    /// How far it was read.
    at: u64,
    /// The line that has no end yet, as far as it is kept.
    line: Vec<u8>,
    /// Bytes of it that are not kept.
    cut: u64,
}

impl Lines {
    /// Of a file that is there.
    pub(super) fn of(path: &Path, stream: Stream) -> io::Result<Self> {
        Ok(Self { stream, file: File::open(path)?, at: 0, line: Vec::new(), cut: 0 })
    }

    /// Reads a piece, and tells the lines that have come to their end. Whether there may be more.
    pub(super) fn read(&mut self, now: Timestamp, mut tell: impl FnMut(Entry)) -> io::Result<bool> {
        let mut piece = vec![0; PIECE];
        let count = self.file.read_at(&mut piece, self.at)?;
        self.at += count as u64;
        for part in piece[..count].split_inclusive(|byte| *byte == b'\n') {
            let (text, ends) = part.strip_suffix(b"\n").map_or((part, false), |text| (text, true));
            let room = (LONGEST - self.line.len()).min(text.len());
            self.line.extend_from_slice(&text[..room]);
            self.cut += (text.len() - room) as u64;
            if ends {
                tell(self.taken(now));
            }
        }
        Ok(count > 0)
    }

    /// The last line where it has no end: nothing more is printed.
    pub(super) fn last(&mut self, now: Timestamp) -> Option<Entry> {
        (!self.line.is_empty()).then(|| self.taken(now))
    }

    fn taken(&mut self, now: Timestamp) -> Entry {
        let (line, cut) = (std::mem::take(&mut self.line), std::mem::take(&mut self.cut));
        let text = String::from_utf8(line);
        let not_utf8 = text.is_err();
        let text = text.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Entry::Line { time: now, stream: self.stream, text, cut, not_utf8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(bytes: &[u8]) -> Vec<(String, u64, bool)> {
        let path = std::env::temp_dir().join(format!("cockpit-lines-{}-{}", std::process::id(), bytes.len()));
        std::fs::write(&path, bytes).unwrap();
        let mut lines = Lines::of(&path, Stream::Out).unwrap();
        std::fs::remove_file(path).unwrap();
        let (now, mut found) = (Timestamp::UNIX_EPOCH, Vec::new());
        while lines.read(now, |entry| found.push(entry)).unwrap() {}
        found.extend(lines.last(now));
        let text = |entry| match entry {
            Entry::Line { text, cut, not_utf8, .. } => (text, cut, not_utf8),
            other => panic!("{other:?}"),
        };
        found.into_iter().map(text).collect()
    }

    #[test]
    fn empty_lines_and_a_last_one_without_an_end_are_lines_too() {
        let found = lines_of(b"a\n\nb\r\nc");
        assert_eq!(
            found,
            [("a", 0, false), ("", 0, false), ("b\r", 0, false), ("c", 0, false)].map(|(text, cut, odd)| (
                text.to_owned(),
                cut,
                odd
            ))
        );
    }

    #[test]
    fn what_is_cut_off_a_line_without_an_end_is_counted_and_the_next_is_whole() {
        let mut bytes = vec![b'x'; LONGEST + 12_345];
        bytes.extend_from_slice(b"\nnext\n");
        let found = lines_of(&bytes);
        assert_eq!(
            found.iter().map(|(text, cut, _)| (text.len(), *cut)).collect::<Vec<_>>(),
            [(LONGEST, 12_345), (4, 0)]
        );
    }

    #[test]
    fn a_line_that_is_no_utf8_says_so() {
        assert_eq!(lines_of(b"caf\xe9\n"), [("caf\u{fffd}".to_owned(), 0, true)]);
    }
}
