//! Writes a result to a file piece by piece, as it may be larger than memory.

use crate::db::Spool;
use crate::db::wire::{Fields, HEADER_LEN, Messages};
use crate::model::sql::format::head::Head;
use crate::model::sql::format::{Options, Writer};
use crate::runtime::files;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

/// The approximate number of bytes of rows to write at a time.
const PIECE: usize = 1 << 20;
/// The number of selected rows to write at a time.
const ROWS: usize = 4_096;

/// A file that is written piece by piece.
pub(super) trait PiecewiseFile {
    /// Writes the next piece; returns whether there is more.
    ///
    /// # Errors
    /// If the source cannot be read, or the file cannot be written.
    fn write_piece(&mut self) -> io::Result<bool>;
    /// Returns the number of rows and bytes written so far.
    fn progress(&self) -> (u64, u64);
}

/// A result that is being written to a file. The file is deleted if it is not completed.
pub(super) struct Export {
    spool: Arc<Spool>,
    writer: Option<Writer>,
    file: File,
    path: PathBuf,
    columns: Vec<usize>,
    rows: Option<Vec<u64>>,
    /// The position of the next rows: a byte of the spool, or an index into the selected rows.
    at: u64,
    complete: bool,
    /// Number of rows written.
    written: u64,
    /// Number of bytes written.
    bytes: u64,
}

impl Export {
    /// Creates a new file for a result.
    ///
    /// # Errors
    /// If the file exists, or cannot be created.
    pub(super) fn new(
        spool: Arc<Spool>,
        path: &str,
        options: &Options,
        columns: Vec<usize>,
        rows: Option<Vec<u64>>,
    ) -> io::Result<Self> {
        let path = files::expand_path(path);
        let file = files::create_private(&path)?;
        let heads = columns.iter().filter_map(|column| spool.columns().get(*column)).map(Head::of).collect();
        let writer = Some(Writer::new(heads, options, false));
        Ok(Self { spool, writer, file, path, columns, rows, at: 0, complete: false, written: 0, bytes: 0 })
    }

    fn put(&mut self, out: &[u8]) -> io::Result<()> {
        self.file.write_all(out)?;
        self.bytes += out.len() as u64;
        Ok(())
    }
}

impl PiecewiseFile for Export {
    fn write_piece(&mut self) -> io::Result<bool> {
        let messages = match &self.rows {
            None => self.spool.messages(self.at, PIECE)?,
            Some(rows) => {
                let from = usize::try_from(self.at).unwrap_or(usize::MAX).min(rows.len());
                let mut messages = Vec::new();
                for row in rows[from..].iter().take(ROWS) {
                    if let Some(place) = self.spool.row_offset(*row)? {
                        let some = self.spool.messages(place, 512)?;
                        let first = Messages(&some).next().map_or(0, |body| body.len() + HEADER_LEN);
                        messages.extend_from_slice(&some[..first]);
                    }
                }
                messages
            }
        };
        let mut out = Vec::with_capacity(PIECE);
        let Some(writer) = self.writer.as_mut().filter(|_| !messages.is_empty()) else {
            if let Some(writer) = self.writer.take() {
                writer.end(&[], &mut out);
            }
            self.put(&out)?;
            self.file.flush()?;
            self.complete = true;
            return Ok(false);
        };
        for body in Messages(&messages) {
            let fields: Vec<Option<&[u8]>> = Fields::of(body).collect();
            writer.row(self.columns.iter().map(|column| fields.get(*column).copied().flatten()), &mut out);
            self.written += 1;
        }
        self.at += if self.rows.is_some() { ROWS as u64 } else { messages.len() as u64 };
        self.put(&out)?;
        Ok(true)
    }

    fn progress(&self) -> (u64, u64) {
        (self.written, self.bytes)
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        if !self.complete {
            // A partial result would look like a complete one.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::wire;
    use crate::model::sql::Column;
    use crate::model::sql::format::Format;

    fn spool() -> Arc<Spool> {
        let column =
            |name: &str, type_oid| Column { name: name.into(), type_oid, modifier: -1, table_oid: 0, number: 0 };
        let spool = Spool::new(&std::env::temp_dir(), vec![column("id", 23), column("title", 25)], u64::MAX).unwrap();
        for row in 0..10_000 {
            let id = row.to_string();
            let title = (row != 3).then(|| format!("日本 {row}, \"x\""));
            let values = [Some(id.as_bytes()), title.as_deref().map(str::as_bytes)];
            spool.append(&wire::row(values.into_iter())).unwrap();
        }
        Arc::new(spool)
    }

    fn written(format: Format, columns: Vec<usize>, rows: Option<Vec<u64>>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        let options = Options { format, table: "public.bookmarks".into(), ..Options::default() };
        let mut export = Export::new(spool(), path.to_str().unwrap(), &options, columns, rows).unwrap();
        while export.write_piece().unwrap() {}
        let (rows, bytes) = export.progress();
        drop(export);
        let text = std::fs::read_to_string(path).unwrap();
        assert!(bytes == text.len() as u64 && rows > 0, "{rows} {bytes}");
        text
    }

    #[test]
    fn all_rows_are_written_in_the_order_of_the_shown_columns() {
        let csv = written(Format::Csv, vec![1, 0], None);
        assert_eq!(csv.lines().count(), 10_001);
        assert!(csv.starts_with("title,id\n\"日本 0, \"\"x\"\"\",0\n"), "{}", &csv[..60]);
        assert!(csv.contains("\n,3\n"), "NULL is an empty field");
        let last: serde_json::Value =
            serde_json::from_str(written(Format::JsonLines, vec![0, 1], None).lines().last().unwrap()).unwrap();
        assert_eq!((&last["id"], &last["title"]), (&9_999.into(), &"日本 9999, \"x\"".into()));
    }

    #[test]
    fn selected_rows_are_written_as_statements_in_their_order() {
        let rows: Vec<u64> = (0..5_000).rev().collect();
        let sql = written(Format::Insert, vec![0, 1], Some(rows));
        assert_eq!(sql.lines().count(), 5_000);
        assert!(sql.ends_with("INSERT INTO public.bookmarks (id, title) VALUES (0, '日本 0, \"x\"');\n"), "{sql:.200}");
        assert!(sql.contains("VALUES (3, NULL);"));
    }

    #[test]
    fn existing_file_is_kept_and_incomplete_file_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        let target = path.to_str().unwrap();
        let mut export = Export::new(spool(), target, &Options::default(), vec![0], None).unwrap();
        assert!(Export::new(spool(), target, &Options::default(), vec![0], None).is_err());
        assert!(export.write_piece().unwrap() && path.exists());
        drop(export);
        assert!(!path.exists());
    }
}
