//! Writes a value whole to a file, piece by piece: it may have a hundred megabytes.

use super::export::Written;
use crate::db::Spool;
use crate::model::sql::nested::{self, BYTES};
use crate::runtime::files;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

/// How many bytes are written at a time; an even number, as two digits are a byte.
const PIECE: u64 = 1 << 20;

/// A value that is being written. Where it does not come to its end, its file is taken away again.
pub(super) struct ValueFile {
    spool: Arc<Spool>,
    file: File,
    path: PathBuf,
    /// Where the rest of it lies, and how much that is.
    rest: (u64, u64),
    /// Whether it is bytes, of which the server gives the digits.
    digits: bool,
    whole: bool,
    bytes: u64,
}

impl ValueFile {
    /// A new file for a value; one of NULL is empty.
    ///
    /// # Errors
    /// It is there already, or cannot be made, or the value not be read.
    pub(super) fn new(spool: Arc<Spool>, path: &str, row: u64, column: usize) -> io::Result<Self> {
        let mut rest = spool.value(row, column)?.unwrap_or_default();
        let is_bytes = spool.columns().get(column).is_some_and(|column| column.type_oid == BYTES);
        let digits = is_bytes && rest.1 >= 2 && spool.bytes(rest.0, 2)? == b"\\x";
        if digits {
            rest = (rest.0 + 2, rest.1 - 2);
        }
        let path = files::named(path);
        let file = files::new_private(&path)?;
        Ok(Self { spool, file, path, rest, digits, whole: false, bytes: 0 })
    }
}

impl Written for ValueFile {
    fn piece(&mut self) -> io::Result<bool> {
        let count = self.rest.1.min(PIECE);
        let mut piece = self.spool.bytes(self.rest.0, count as usize)?;
        if self.digits {
            let text = format!("\\x{}", String::from_utf8_lossy(&piece));
            piece = nested::bytes(&text).ok_or(io::ErrorKind::InvalidData)?;
        }
        self.file.write_all(&piece)?;
        self.bytes += piece.len() as u64;
        self.rest = (self.rest.0 + count, self.rest.1 - count);
        self.whole = self.rest.1 == 0;
        Ok(!self.whole)
    }

    fn so_far(&self) -> (u64, u64) {
        (u64::from(self.whole), self.bytes)
    }
}

impl Drop for ValueFile {
    fn drop(&mut self) {
        if !self.whole {
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
    fn a_value_is_written_whole_and_bytes_as_what_they_are() {
        let column = |type_oid| Column { name: "v".into(), type_oid, modifier: -1, table_oid: 0, number: 0 };
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path(), vec![column(25), column(BYTES), column(25)], u64::MAX).unwrap();
        let (text, digits) = ("日本\n".repeat(500_000), format!("\\x{}", "00ff0a".repeat(700_000)));
        let row = [Some(text.as_bytes()), Some(digits.as_bytes()), None];
        spool.append(&wire::row(row.into_iter())).unwrap();
        let spool = Arc::new(spool);
        let written = |column| {
            let path = folder.path().join(format!("value-{column}"));
            let typed = path.to_str().unwrap();
            let mut file = ValueFile::new(Arc::clone(&spool), typed, 0, column).unwrap();
            assert!(ValueFile::new(Arc::clone(&spool), typed, 0, column).is_err(), "one that is there stays");
            while file.piece().unwrap() {}
            let told = file.so_far();
            drop(file);
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!((told, path.metadata().unwrap().mode() & 0o777), ((1, bytes.len() as u64), 0o600));
            bytes
        };
        assert!(written(0) == text.as_bytes());
        assert!(written(1) == [0, 0xff, 0x0a].repeat(700_000));
        assert!(written(2).is_empty());
        let path = folder.path().join("left");
        let mut file = ValueFile::new(Arc::clone(&spool), path.to_str().unwrap(), 0, 0).unwrap();
        assert!(file.piece().unwrap());
        drop(file);
        assert!(!path.exists(), "a part of a value looks like a whole one");
    }
}
