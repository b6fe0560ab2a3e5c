//! The target of a result that is not stored: a private file, or a command. Rows are written as they arrive, in the format chosen
//! with `\pset`.

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

/// The number of bytes to collect before writing.
const BUFFER_SIZE: usize = 256 * 1024;

enum Sink {
    /// The file, its path, and the path that it is renamed to when it is complete.
    File(File, PathBuf, Option<PathBuf>),
    Program(Box<Program>),
    /// The input of a command that outlives the result, and whether it still reads.
    Running(Input, bool),
}

/// A result that is being written.
pub(super) struct Outlet {
    sink: Option<Sink>,
    name: String,
    options: Options,
    writer: Option<Writer>,
    buffer: Vec<u8>,
    /// The received part of a large row.
    row: Vec<u8>,
    bytes: u64,
}

impl Outlet {
    /// Opens the target.
    ///
    /// # Errors
    /// If the file cannot be written, the command cannot be started, or a running command has ended.
    pub(super) fn open(outlet: &sql::OutputTarget, options: &Options, programs: &Programs) -> Result<Self, String> {
        let (sink, name) = match outlet {
            sql::OutputTarget::File(path) => (file(path).map_err(|error| format!("{path}: {error}"))?, path),
            sql::OutputTarget::Append(path) => {
                let named = files::expand_path(path);
                let file = files::open_private(&named, true).map_err(|error| format!("{path}: {error}"))?;
                (Sink::File(file, named, None), path)
            }
            sql::OutputTarget::Program(command) => {
                let program = Program::start(command, true).map_err(|error| format!("/bin/sh: {error}"))?;
                (Sink::Program(Box::new(program)), command)
            }
            sql::OutputTarget::Kept(number, command) => {
                let input = programs.get(*number).ok_or_else(|| format!("{command}: it has ended"))?;
                (Sink::Running(input, true), command)
            }
        };
        let (options, name) = (options.clone(), name.clone());
        Ok(Self { sink: Some(sink), name, options, writer: None, buffer: Vec::new(), row: Vec::new(), bytes: 0 })
    }

    /// Begins a result with these columns.
    pub(super) fn begin(&mut self, columns: &[Column]) {
        self.end_result();
        self.writer = Some(Writer::new(columns.iter().map(Head::of).collect(), &self.options, false));
    }

    /// Adds rows.
    pub(super) fn rows(&mut self, rows: &[u8]) {
        if let Some(writer) = &mut self.writer {
            for body in Messages(rows) {
                writer.row(Fields::of(body), &mut self.buffer);
            }
        }
    }

    /// Adds a part of a large row; `last` marks its final part.
    pub(super) fn part(&mut self, bytes: &[u8], last: bool) {
        self.row.extend_from_slice(bytes);
        if last {
            let row = std::mem::take(&mut self.row);
            self.rows(&row);
        }
    }

    /// Adds the output of a `COPY`, unchanged.
    pub(super) fn add_copied(&mut self, messages: &[u8]) {
        for bytes in Messages(messages) {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Ends the current result.
    pub(super) fn end_result(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.end(&[], &mut self.buffer);
        }
    }

    /// Writes the collected bytes if there are enough.
    ///
    /// # Errors
    /// A message, if writing fails.
    pub(super) async fn push(&mut self) -> Result<(), String> {
        if self.buffer.len() >= BUFFER_SIZE { self.write().await } else { Ok(()) }
    }

    async fn write(&mut self) -> Result<(), String> {
        let bytes = std::mem::take(&mut self.buffer);
        self.bytes += bytes.len() as u64;
        let written = match &mut self.sink {
            Some(Sink::File(file, ..)) => file.write_all(&bytes),
            Some(Sink::Program(program)) => match program.child.stdin.as_mut() {
                Some(input) => input.write_all(&bytes).await,
                None => Ok(()),
            },
            Some(Sink::Running(input, reads)) if *reads => {
                let written = input.write(&bytes).await;
                *reads = written.is_ok();
                written
            }
            Some(Sink::Running(..)) | None => Ok(()),
        };
        match written {
            // A command that stops reading (`head`) has what it wanted.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                if let Some(Sink::Program(program)) = &mut self.sink {
                    drop(program.child.stdin.take());
                }
                Ok(())
            }
            other => other.map_err(|error| format!("{}: {error}", self.name)),
        }
    }

    /// Closes the target and returns a message. Without `succeeded` the statement failed, and an existing file stays as it was.
    ///
    /// # Errors
    /// A message, if writing fails or the command failed.
    pub(super) async fn end(mut self, succeeded: bool) -> Result<String, String> {
        // The output of a failed statement must not look complete, so it gets no row count.
        match self.writer.take() {
            Some(writer) if succeeded => writer.end(&[], &mut self.buffer),
            Some(writer) => writer.abort(&mut self.buffer),
            None => {}
        }
        self.write().await?;
        match self.sink.take() {
            Some(Sink::File(file, path, to)) if succeeded => {
                let failed = |error: io::Error| format!("{}: {error}", self.name);
                drop(file);
                match to {
                    Some(to) => std::fs::rename(&path, to).map_err(failed)?,
                    // No output was appended.
                    None if self.bytes == 0 => return Ok(String::new()),
                    None => {}
                }
                Ok(format!("written to {}, {} bytes", self.name, self.bytes))
            }
            Some(Sink::File(_, path, Some(_))) => {
                let _ = std::fs::remove_file(path);
                Ok(format!("{} was left as it was", self.name))
            }
            Some(Sink::Program(program)) if succeeded => {
                let output = program.end().await?;
                Ok(if output.trim().is_empty() { format!("read by {}", self.name) } else { output })
            }
            Some(Sink::Running(_, false)) => {
                Err(format!("{} reads no more: not all of the result went to it", self.name))
            }
            Some(Sink::File(..) | Sink::Program(_) | Sink::Running(..)) | None => Ok(String::new()),
        }
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        // The statement was abandoned.
        if let Some(Sink::File(_, path, Some(_))) = &self.sink {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Opens a new file beside the named one, which it replaces at the end. Anything but a regular file is written directly.
fn file(target: &str) -> io::Result<Sink> {
    let path = files::expand_path(target);
    let path = std::fs::canonicalize(&path).unwrap_or(path);
    if std::fs::metadata(&path).is_ok_and(|known| !known.is_file()) {
        return Ok(Sink::File(files::open_private(&path, false)?, path, None));
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    Ok(Sink::File(files::open_private(&new, false)?, new, Some(path)))
}
