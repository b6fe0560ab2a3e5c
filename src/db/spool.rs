//! A result on disk: its rows as they came over the wire, in a file that nobody else can read and that has no name, so that it
//! is gone with its value. Any part of it is read while the rest still comes.

use super::index::Index;
use super::wire::{self, HEADER_LEN};
use crate::model::sql::{Cell, Column};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many bytes of a value are shown; the rest is read when it is asked for.
const SHOWN: usize = 4096;
/// How many bytes are read at a time, and where single rows are.
const BLOCK: usize = 64 * 1024;
const SMALL_BLOCK: usize = 8 * 1024;

/// The rows of a result. One writes, any number read.
#[derive(Debug)]
pub struct Spool {
    columns: Vec<Column>,
    file: File,
    index: Mutex<Index>,
    /// The file may not become larger.
    limit: u64,
}

/// Why nothing more is kept.
#[derive(Debug, thiserror::Error)]
pub enum Full {
    /// The limit is reached.
    #[error("the limit is reached")]
    Limit,
    /// The file cannot be written, for one as the disk is full.
    #[error("{0}")]
    Disk(io::Error),
}

impl Spool {
    /// An empty one in a folder, which may become so large.
    ///
    /// # Errors
    /// There is no file.
    pub fn new(folder: &Path, columns: Vec<Column>, limit: u64) -> io::Result<Self> {
        // With a name for a moment: without one it would be readable to everybody who is told of it.
        let file = tempfile::NamedTempFile::new_in(folder)?.into_file();
        Ok(Self { columns, file, index: Mutex::default(), limit })
    }

    /// The columns of the result.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How many rows there are, and how many bytes they take.
    pub fn size(&self) -> (u64, u64) {
        let index = self.index();
        (index.rows(), index.bytes())
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds complete `DataRow` messages that lie one after the other.
    ///
    /// # Errors
    /// They are not kept, and neither is anything after them.
    pub fn append(&self, rows: &[u8]) -> Result<(), Full> {
        let at = self.index().bytes();
        self.write(at, rows)?;
        let mut index = self.index();
        for body in wire::Messages(rows) {
            index.push((body.len() + HEADER_LEN) as u64);
        }
        Ok(())
    }

    /// Adds a part of one large row, which begins so many bytes after the rows that are there; `whole` is what all parts
    /// together have, once the last one is given.
    ///
    /// # Errors
    /// The row is not kept.
    pub fn append_part(&self, after: u64, part: &[u8], whole: Option<u64>) -> Result<(), Full> {
        let at = self.index().bytes();
        self.write(at + after, part)?;
        if let Some(whole) = whole {
            self.index().push(whole);
        }
        Ok(())
    }

    fn write(&self, at: u64, bytes: &[u8]) -> Result<(), Full> {
        if at + bytes.len() as u64 > self.limit {
            return Err(Full::Limit);
        }
        self.file.write_all_at(bytes, at).map_err(Full::Disk)
    }

    /// Reads from a row on, in blocks of so many bytes; none where there is no such row.
    fn reader(&self, row: u64, size: usize) -> io::Result<Option<Reader<'_>>> {
        let (place, end) = {
            let index = self.index();
            (index.nearest_before(row), index.bytes())
        };
        let Some((at, skip)) = place else { return Ok(None) };
        let mut reader = Reader::new(&self.file, at, end, size);
        for _ in 0..skip {
            reader.skip_row()?;
        }
        Ok(Some(reader))
    }

    /// Rows from one on; fewer where there are no more. A large value is cut.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn window(&self, from: u64, count: u32) -> io::Result<Vec<Vec<Cell>>> {
        let Some(mut reader) = self.reader(from, BLOCK)? else { return Ok(Vec::new()) };
        let end = reader.end;
        let mut rows = Vec::new();
        for _ in 0..count {
            if reader.at >= end {
                break;
            }
            rows.push(reader.row(SHOWN)?);
        }
        Ok(rows)
    }

    /// These rows, in this order; those behind the end are left out. A value that is larger than `most` is cut.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn rows(&self, rows: &[u64], most: usize) -> io::Result<Vec<Vec<Cell>>> {
        let mut read = Vec::with_capacity(rows.len());
        for row in rows {
            if let Some(mut reader) = self.reader(*row, SMALL_BLOCK)? {
                read.push(reader.row(most.max(SHOWN))?);
            }
        }
        Ok(read)
    }

    /// Complete `DataRow` messages from a byte of the file on, about so many bytes of them and one at least; none at the end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn messages(&self, at: u64, about: usize) -> io::Result<Vec<u8>> {
        let left = usize::try_from(self.size().1.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; left.min(about)];
        self.file.read_exact_at(&mut bytes, at)?;
        let whole: usize = wire::Messages(&bytes).map(|body| body.len() + HEADER_LEN).sum();
        if whole > 0 || left == 0 {
            bytes.truncate(whole);
            return Ok(bytes);
        }
        let broken = || io::Error::from(io::ErrorKind::InvalidData);
        let (_, length) =
            wire::header(&bytes).ok().flatten().filter(|(_, length)| *length <= left).ok_or_else(broken)?;
        bytes.resize(length, 0);
        self.file.read_exact_at(&mut bytes, at)?;
        Ok(bytes)
    }

    /// The byte of the file at which a row begins; none where there is no such row.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn row_offset(&self, row: u64) -> io::Result<Option<u64>> {
        Ok(self.reader(row, SMALL_BLOCK)?.filter(|reader| reader.at < reader.end).map(|reader| reader.at))
    }

    /// Where a value lies in the file, and how many bytes it has; none is NULL, or no such value.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn value_range(&self, row: u64, column: usize) -> io::Result<Option<(u64, u64)>> {
        let Some(mut reader) = self.reader(row, SMALL_BLOCK)? else { return Ok(None) };
        let count = reader.begin_row()?.1;
        for _ in 0..column.min(count) {
            if let Ok(length) = u64::try_from(reader.i32()?) {
                reader.at += length;
            }
        }
        let length = if column < count { reader.i32()? } else { -1 };
        Ok(u64::try_from(length).ok().map(|length| (reader.at, length)))
    }

    /// Bytes of the file, as [`Self::value_range`] says where.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read_bytes(&self, at: u64, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.file.read_exact_at(&mut bytes, at)?;
        Ok(bytes)
    }

    /// The beginning of a value as text, so many bytes of it at most, and how many it has; none is NULL.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn value_prefix(&self, row: u64, column: usize, most: u64) -> io::Result<Option<(String, u64)>> {
        let Some((at, length)) = self.value_range(row, column)? else { return Ok(None) };
        let bytes = self.read_bytes(at, usize::try_from(length.min(most)).unwrap_or(usize::MAX))?;
        let shown = if length > most { whole_characters(&bytes) } else { &bytes };
        Ok(Some((String::from_utf8_lossy(shown).into_owned(), length)))
    }
}

/// Reads a file from a place on, in blocks.
struct Reader<'a> {
    file: &'a File,
    at: u64,
    end: u64,
    block: Vec<u8>,
    block_at: u64,
    size: usize,
}

impl<'a> Reader<'a> {
    fn new(file: &'a File, at: u64, end: u64, size: usize) -> Self {
        Self { file, at, end, block: Vec::new(), block_at: 0, size }
    }

    /// So many bytes.
    fn take(&mut self, count: usize) -> io::Result<&[u8]> {
        let inside = self.at >= self.block_at && self.at + count as u64 <= self.block_at + self.block.len() as u64;
        if !inside {
            let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
            if left < count {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.block.resize(left.min(self.size.max(count)), 0);
            self.block_at = self.at;
            self.file.read_exact_at(&mut self.block, self.at)?;
        }
        let from = (self.at - self.block_at) as usize;
        self.at += count as u64;
        Ok(&self.block[from..from + count])
    }

    fn i32(&mut self) -> io::Result<i32> {
        let bytes = self.take(4)?;
        Ok(i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn skip_row(&mut self) -> io::Result<()> {
        let at = self.at;
        let head = self.take(HEADER_LEN)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        self.at = at + 1 + u64::from(length);
        Ok(())
    }

    /// Where the row ends, and how many values it has.
    fn begin_row(&mut self) -> io::Result<(u64, usize)> {
        let at = self.at;
        let head = self.take(HEADER_LEN + 2)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        Ok((at + 1 + u64::from(length), usize::from(u16::from_be_bytes([head[5], head[6]]))))
    }

    /// The next row; a value that is larger than `most` is cut.
    fn row(&mut self, most: usize) -> io::Result<Vec<Cell>> {
        let (end, count) = self.begin_row()?;
        let mut cells = Vec::with_capacity(count);
        for _ in 0..count {
            let Ok(length) = u64::try_from(self.i32()?) else {
                cells.push(Cell::Null);
                continue;
            };
            let at = self.at;
            let cut = length > most as u64;
            let shown = if cut { SHOWN } else { usize::try_from(length).unwrap_or(SHOWN) };
            let bytes = self.take(shown)?;
            let text =
                if cut { String::from_utf8_lossy(whole_characters(bytes)) } else { String::from_utf8_lossy(bytes) };
            cells.push(Cell::Text { text: text.into(), bytes: length, cut });
            self.at = at + length;
        }
        self.at = end;
        Ok(cells)
    }
}

/// The bytes without a character at the end that was cut in two.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    for back in 1..=3.min(bytes.len()) {
        let at = bytes.len() - back;
        let wanted = match bytes[at] {
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf7 => 4,
            0x80..=0xbf => continue,
            _ => break,
        };
        return if wanted > back { &bytes[..at] } else { bytes };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::fs::MetadataExt as _;

    fn spool(limit: u64) -> Spool {
        Spool::new(&std::env::temp_dir(), Vec::new(), limit).unwrap()
    }

    fn text(cell: &Cell) -> Option<&str> {
        match cell {
            Cell::Null => None,
            Cell::Text { text, .. } => Some(text),
        }
    }

    #[test]
    fn nobody_else_can_read_it_and_it_has_no_name() {
        let spool = spool(1000);
        let meta = spool.file.metadata().unwrap();
        assert_eq!((meta.mode() & 0o777, meta.nlink()), (0o600, 0));
    }

    #[test]
    fn a_large_value_is_cut_between_characters_and_can_be_had_whole() {
        let spool = spool(u64::MAX);
        let large = "日".repeat(100_000);
        let row = wire::row([Some(large.as_bytes()), None, Some(&b""[..])].into_iter());
        let (first, second) = row.split_at(70_000);
        spool.append_part(0, first, None).unwrap();
        assert_eq!(spool.size(), (0, 0), "a row that is not complete is not there");
        spool.append_part(70_000, second, Some(row.len() as u64)).unwrap();
        spool.append(&wire::row([Some(&b"next"[..])].into_iter())).unwrap();
        let rows = spool.window(0, 10).unwrap();
        let Cell::Text { text: shown, bytes, cut } = &rows[0][0] else { panic!("{rows:?}") };
        assert_eq!((*bytes, *cut, shown.len()), (300_000, true, 4095));
        assert!(shown.chars().all(|c| c == '日'));
        assert_eq!(rows[0][1..], [Cell::Null, Cell::Text { text: "".into(), bytes: 0, cut: false }]);
        assert_eq!(text(&rows[1][0]), Some("next"));
        let beginning = |row, column, most| spool.value_prefix(row, column, most).unwrap();
        assert_eq!(beginning(0, 0, 300_000), Some((large.clone(), 300_000)));
        assert_eq!(beginning(0, 0, 10), Some(("日日日".into(), 300_000)), "no half of a character");
        assert_eq!((beginning(0, 1, 9), beginning(0, 2, 9)), (None, Some((String::new(), 0))));
        assert_eq!((beginning(0, 3, 9), beginning(7, 0, 9)), (None, None));
        let rows = spool.rows(&[1, 0, 9, 1], 300_000).unwrap();
        assert_eq!((rows.len(), text(&rows[0][0]), text(&rows[2][0])), (3, Some("next"), Some("next")));
        assert!(
            matches!(&rows[1][0], Cell::Text { text, cut: false, .. } if **text == *large),
            "whole where it is wanted so"
        );
        assert!(
            matches!(&spool.rows(&[0], 1).unwrap()[0][0], Cell::Text { text, cut: true, .. } if text.len() == 4095)
        );
    }

    #[test]
    fn a_disk_that_is_full_is_told_apart_from_the_limit() {
        let file = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let spool = Spool { file, ..spool(u64::MAX) };
        let Err(Full::Disk(error)) = spool.append(&wire::row([Some(&b"x"[..])].into_iter())) else { panic!() };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(spool.size(), (0, 0));
    }

    #[test]
    fn messages_are_whole_and_each_is_found_by_its_row() {
        let spool = spool(u64::MAX);
        let rows: Vec<Vec<u8>> =
            (0..100).map(|number| wire::row([Some("x".repeat(number * 7).as_bytes())].into_iter())).collect();
        spool.append(&rows.concat()).unwrap();
        for about in [HEADER_LEN, 64, 1000, 1 << 20] {
            let (mut at, mut read) = (0, Vec::new());
            loop {
                let some = spool.messages(at, about).unwrap();
                if some.is_empty() {
                    break;
                }
                at += some.len() as u64;
                read.extend(some);
            }
            assert_eq!(read, rows.concat(), "{about}");
        }
        let at = spool.row_offset(70).unwrap().unwrap();
        assert!(spool.messages(at, 16).unwrap() == rows[70] && spool.row_offset(100).unwrap().is_none());
    }

    #[test]
    fn a_row_beyond_the_limit_is_not_kept_and_those_before_are() {
        let row = wire::row([Some(&b"0123456789"[..])].into_iter());
        let spool = spool(row.len() as u64 * 2);
        spool.append(&row).unwrap();
        spool.append(&row).unwrap();
        assert!(matches!(spool.append(&row), Err(Full::Limit)));
        assert_eq!(spool.window(0, 10).unwrap().len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn each_window_has_the_rows_that_were_added(
            rows in prop::collection::vec(prop::collection::vec(prop::option::of("[a-zあ-ん\\x1b]{0,12}"), 0..4), 0..200),
            from in 0_u64..220, count in 0_u32..40,
        ) {
            let spool = spool(u64::MAX);
            for some in rows.chunks(7) {
                let bytes: Vec<u8> = some
                    .iter()
                    .flat_map(|row| wire::row(row.iter().map(|value| value.as_ref().map(String::as_bytes))))
                    .collect();
                spool.append(&bytes).unwrap();
            }
            let window = spool.window(from, count).unwrap();
            let read: Vec<Vec<Option<&str>>> = window.iter().map(|row| row.iter().map(text).collect()).collect();
            let wanted: Vec<Vec<Option<&str>>> = rows
                .iter()
                .skip(from as usize)
                .take(count as usize)
                .map(|row| row.iter().map(Option::as_deref).collect())
                .collect();
            prop_assert_eq!(read, wanted);
        }
    }
}
