//! The destination of results: standard output, or a file given to `\o` or `\g`.

use crate::model::sql::interpreter::Target;
use crate::model::text::sanitize_lines;
use crate::runtime::files;
use std::fs::File;
use std::io::{self, Write};

/// The number of bytes that are written together.
const BUFFER_SIZE: usize = 256 * 1024;

/// The destination of results, with its buffer.
pub(super) struct Outlet<'a> {
    stdout: &'a mut dyn Write,
    /// Whether standard output is a terminal, for which control characters are escaped.
    terminal: bool,
    /// The file given to `\o`.
    named: Option<Named>,
    /// The file given to `\g` for the current statement.
    once: Option<Named>,
    /// Whether the current output goes to standard output regardless of `\o`.
    plain: bool,
    /// The buffered bytes.
    pub(super) buffered: Vec<u8>,
}

impl<'a> Outlet<'a> {
    pub(super) fn new(stdout: &'a mut dyn Write, terminal: bool) -> Self {
        Self { stdout, terminal, named: None, once: None, plain: false, buffered: Vec::new() }
    }

    /// Whether the current output goes to a terminal.
    pub(super) fn is_terminal(&self) -> bool {
        self.terminal && (self.plain || self.named.is_none()) && self.once.is_none()
    }

    /// Redirects all following results (`\o`).
    pub(super) fn redirect(&mut self, target: &Target) -> Result<(), String> {
        self.named = match target {
            Target::File(path) => Some(create(path)?),
            Target::Pipe(_) => return Err(NO_PROGRAMS.to_owned()),
            Target::Results | Target::Output | Target::Errors => None,
        };
        Ok(())
    }

    /// Starts the output of a statement or text to this target.
    pub(super) fn begin(&mut self, target: &Target) -> Result<(), String> {
        self.plain = *target == Target::Output;
        self.once = match target {
            Target::File(path) => Some(create(path)?),
            Target::Pipe(_) => return Err(NO_PROGRAMS.to_owned()),
            Target::Results | Target::Output | Target::Errors => None,
        };
        Ok(())
    }

    /// Buffers a text, with control characters escaped for a terminal.
    pub(super) fn buffer(&mut self, text: &[u8]) {
        if self.is_terminal() {
            self.buffered.extend_from_slice(sanitize_lines(&String::from_utf8_lossy(text)).as_bytes());
        } else {
            self.buffered.extend_from_slice(text);
        }
    }

    /// Writes the buffer if it is large.
    pub(super) fn push(&mut self) -> io::Result<()> {
        if self.buffered.len() >= BUFFER_SIZE { self.write() } else { Ok(()) }
    }

    /// Writes the buffer.
    pub(super) fn write(&mut self) -> io::Result<()> {
        let written = match (&mut self.once, &mut self.named) {
            (Some(file), _) => file.write(&self.buffered),
            (None, Some(file)) if !self.plain => file.write(&self.buffered),
            (None, _) => self.stdout.write_all(&self.buffered),
        };
        self.buffered.clear();
        if self.buffered.capacity() > 8 * BUFFER_SIZE {
            self.buffered = Vec::new();
        }
        written
    }

    /// Ends the output that `begin` started.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.write()?;
        (self.once, self.plain) = (None, false);
        self.stdout.flush()
    }
}

/// The error for targets that are programs.
pub(super) const NO_PROGRAMS: &str = "`cockpit sql` runs no programs: use a pipe of the shell that it is started from";

/// A file with its name.
struct Named(File, String);

impl Named {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        // Names the file, so that the error is not taken for one of standard output.
        self.0.write_all(bytes).map_err(|error| io::Error::other(format!("{}: {error}", self.1)))
    }
}

/// Creates a file that only its owner can read.
fn create(path: &str) -> Result<Named, String> {
    let file = files::open_private(&files::expand_path(path), false).map_err(|error| format!("{path}: {error}"))?;
    Ok(Named(file, path.to_owned()))
}
