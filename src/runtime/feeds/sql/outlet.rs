//! Where a result goes instead of being kept: a file that nobody else may read, or a command. It is written as it comes, in
//! the form that `\pset` chose.

use super::program::Program;
use crate::db::wire::{Fields, Messages};
use crate::feeds::sql;
use crate::model::sql::Column;
use crate::model::sql::format::head::Head;
use crate::model::sql::format::{Options, Writer};
use crate::runtime::feeds::sql_programs::{Input, Programs};
use crate::runtime::files;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use tokio::io::AsyncWriteExt as _;

/// Bytes that are written together.
const HELD: usize = 256 * 1024;

enum Sink {
    /// With its path, and the one that it gets when all of it is written.
    File(File, PathBuf, Option<PathBuf>),
    Program(Box<Program>),
    /// The input of a command that goes on, and whether it still does.
    Kept(Input, bool),
}

/// A result that is written.
pub(super) struct Outlet {
    sink: Option<Sink>,
    name: String,
    options: Options,
    writer: Option<Writer>,
    held: Vec<u8>,
    /// A large row, as far as it came.
    row: Vec<u8>,
    bytes: u64,
}

impl Outlet {
    /// Opens it.
    ///
    /// # Errors
    /// The file cannot be written, the command not be started, or the one that was kept is not there any more.
    pub(super) fn open(outlet: &sql::Outlet, options: &Options, programs: &Programs) -> Result<Self, String> {
        let (sink, name) = match outlet {
            sql::Outlet::File(path) => (file(path).map_err(|error| format!("{path}: {error}"))?, path),
            sql::Outlet::Append(path) => {
                let named = files::named(path);
                let file = files::private(&named, true).map_err(|error| format!("{path}: {error}"))?;
                (Sink::File(file, named, None), path)
            }
            sql::Outlet::Program(command) => {
                let program = Program::start(command, true).map_err(|error| format!("/bin/sh: {error}"))?;
                (Sink::Program(Box::new(program)), command)
            }
            sql::Outlet::Kept(number, command) => {
                let input = programs.get(*number).ok_or_else(|| format!("{command}: it has ended"))?;
                (Sink::Kept(input, true), command)
            }
        };
        let (options, name) = (options.clone(), name.clone());
        Ok(Self { sink: Some(sink), name, options, writer: None, held: Vec::new(), row: Vec::new(), bytes: 0 })
    }

    /// A result with these columns begins.
    pub(super) fn begin(&mut self, columns: &[Column]) {
        self.end_result();
        self.writer = Some(Writer::new(columns.iter().map(Head::of).collect(), &self.options, false));
    }

    /// Takes rows.
    pub(super) fn rows(&mut self, rows: &[u8]) {
        if let Some(writer) = &mut self.writer {
            for body in Messages(rows) {
                writer.row(Fields::of(body), &mut self.held);
            }
        }
    }

    /// Takes a part of a large row; `last` is the one that ends it.
    pub(super) fn part(&mut self, bytes: &[u8], last: bool) {
        self.row.extend_from_slice(bytes);
        if last {
            let row = std::mem::take(&mut self.row);
            self.rows(&row);
        }
    }

    /// Takes what a `COPY` gives, as it is.
    pub(super) fn copied(&mut self, messages: &[u8]) {
        for bytes in Messages(messages) {
            self.held.extend_from_slice(bytes);
        }
    }

    /// Notes that a result has ended.
    pub(super) fn end_result(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.end(&[], &mut self.held);
        }
    }

    /// Writes what is held, if it is much.
    ///
    /// # Errors
    /// It cannot be written, in words.
    pub(super) async fn push(&mut self) -> Result<(), String> {
        if self.held.len() >= HELD { self.write().await } else { Ok(()) }
    }

    async fn write(&mut self) -> Result<(), String> {
        let bytes = std::mem::take(&mut self.held);
        self.bytes += bytes.len() as u64;
        let written = match &mut self.sink {
            Some(Sink::File(file, ..)) => file.write_all(&bytes),
            Some(Sink::Program(program)) => match program.child.stdin.as_mut() {
                Some(input) => input.write_all(&bytes).await,
                None => Ok(()),
            },
            Some(Sink::Kept(input, reads)) if *reads => {
                let written = input.write(&bytes).await;
                *reads = written.is_ok();
                written
            }
            Some(Sink::Kept(..)) | None => Ok(()),
        };
        match written {
            // A command that reads no more (`head`) has what it wanted.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                if let Some(Sink::Program(program)) = &mut self.sink {
                    drop(program.child.stdin.take());
                }
                Ok(())
            }
            other => other.map_err(|error| format!("{}: {error}", self.name)),
        }
    }

    /// Ends it: what there is to say. `whole`: the statement ended well; otherwise a file that was there stays as it was.
    ///
    /// # Errors
    /// It could not be written, or the command failed, in words.
    pub(super) async fn end(mut self, whole: bool) -> Result<String, String> {
        // What came of a statement that failed is not told as all of it: it has no number of rows.
        match self.writer.take() {
            Some(writer) if whole => writer.end(&[], &mut self.held),
            Some(writer) => writer.cut(&mut self.held),
            None => {}
        }
        self.write().await?;
        match self.sink.take() {
            Some(Sink::File(file, path, to)) if whole => {
                let failed = |error: io::Error| format!("{}: {error}", self.name);
                drop(file);
                match to {
                    Some(to) => std::fs::rename(&path, to).map_err(failed)?,
                    // Nothing came of it that could be added.
                    None if self.bytes == 0 => return Ok(String::new()),
                    None => {}
                }
                Ok(format!("written to {}, {} bytes", self.name, self.bytes))
            }
            Some(Sink::File(_, path, Some(_))) => {
                let _ = std::fs::remove_file(path);
                Ok(format!("{} was left as it was", self.name))
            }
            Some(Sink::Program(program)) if whole => {
                let said = program.end().await?;
                Ok(if said.trim().is_empty() { format!("read by {}", self.name) } else { said })
            }
            Some(Sink::Kept(_, false)) => Err(format!("{} reads no more: not all of the result went to it", self.name)),
            Some(Sink::File(..) | Sink::Program(_) | Sink::Kept(..)) | None => Ok(String::new()),
        }
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        // It was left in the middle.
        if let Some(Sink::File(_, path, Some(_))) = &self.sink {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A new file beside the one that is named, whose place it takes in the end. What is no plain file is written as it is.
fn file(typed: &str) -> io::Result<Sink> {
    let path = files::named(typed);
    let path = std::fs::canonicalize(&path).unwrap_or(path);
    if std::fs::metadata(&path).is_ok_and(|known| !known.is_file()) {
        return Ok(Sink::File(files::private(&path, false)?, path, None));
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    Ok(Sink::File(files::private(&new, false)?, new, Some(path)))
}
