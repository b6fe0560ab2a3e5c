//! Writes a complete value to a file piece by piece, as it may have a hundred megabytes.

use super::export::PiecewiseFile;
use crate::db::Spool;
use crate::model::sql::nested_values::{self, BYTES};
use crate::runtime::files;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

/// The number of bytes to write at a time. It is even, because two hex digits are one byte.
const PIECE: u64 = 1 << 20;

/// A value that is being written to a file. The file is deleted if it is not completed.
pub(super) struct ValueFile {
    spool: Arc<Spool>,
    file: File,
    path: PathBuf,
    /// The position and size of the rest of the value.
    rest: (u64, u64),
    /// Whether it is a `bytea` value, which the server sends as hex digits.
    digits: bool,
    complete: bool,
    bytes: u64,
}

impl ValueFile {
    /// Creates a new file for a value; NULL gives an empty file.
    ///
    /// # Errors
    /// If the file exists or cannot be created, or the value cannot be read.
    pub(super) fn new(spool: Arc<Spool>, path: &str, row: u64, column: usize) -> io::Result<Self> {
        let mut rest = spool.value_range(row, column)?.unwrap_or_default();
        let is_bytes = spool.columns().get(column).is_some_and(|column| column.type_oid == BYTES);
        let digits = is_bytes && rest.1 >= 2 && spool.read_bytes(rest.0, 2)? == b"\\x";
        if digits {
            rest = (rest.0 + 2, rest.1 - 2);
        }
        let path = files::expand_path(path);
        let file = files::create_private(&path)?;
        Ok(Self { spool, file, path, rest, digits, complete: false, bytes: 0 })
    }
}

impl PiecewiseFile for ValueFile {
    fn write_piece(&mut self) -> io::Result<bool> {
        let count = self.rest.1.min(PIECE);
        let mut piece = self.spool.read_bytes(self.rest.0, count as usize)?;
        if self.digits {
            let text = format!("\\x{}", String::from_utf8_lossy(&piece));
            piece = nested_values::bytes(&text).ok_or(io::ErrorKind::InvalidData)?;
        }
        self.file.write_all(&piece)?;
        self.bytes += piece.len() as u64;
        self.rest = (self.rest.0 + count, self.rest.1 - count);
        self.complete = self.rest.1 == 0;
        Ok(!self.complete)
    }

    fn progress(&self) -> (u64, u64) {
        (u64::from(self.complete), self.bytes)
    }
}

impl Drop for ValueFile {
    fn drop(&mut self) {
        if !self.complete {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::wire;
    use crate::model::sql::Column;
    use std::os::unix::fs::MetadataExt as _;

    #[test]
    fn value_is_written_completely_and_bytea_as_bytes() {
        let column = |type_oid| Column { name: "v".into(), type_oid, modifier: -1, table_oid: 0, number: 0 };
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path(), vec![column(25), column(BYTES), column(25)], u64::MAX).unwrap();
        let (text, digits) = ("日本\n".repeat(500_000), format!("\\x{}", "00ff0a".repeat(700_000)));
        let row = [Some(text.as_bytes()), Some(digits.as_bytes()), None];
        spool.append(&wire::row(row.into_iter())).unwrap();
        let spool = Arc::new(spool);
        let written = |column| {
            let path = folder.path().join(format!("value-{column}"));
            let target = path.to_str().unwrap();
            let mut file = ValueFile::new(Arc::clone(&spool), target, 0, column).unwrap();
            assert!(
                ValueFile::new(Arc::clone(&spool), target, 0, column).is_err(),
                "an existing file is not overwritten"
            );
            while file.write_piece().unwrap() {}
            let progress = file.progress();
            drop(file);
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!((progress, path.metadata().unwrap().mode() & 0o777), ((1, bytes.len() as u64), 0o600));
            bytes
        };
        assert!(written(0) == text.as_bytes());
        assert!(written(1) == [0, 0xff, 0x0a].repeat(700_000));
        assert!(written(2).is_empty());
        let path = folder.path().join("left");
        let mut file = ValueFile::new(Arc::clone(&spool), path.to_str().unwrap(), 0, 0).unwrap();
        assert!(file.write_piece().unwrap());
        drop(file);
        assert!(!path.exists(), "a truncated file would look complete");
    }
}
