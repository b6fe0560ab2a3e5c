//! Where results go: standard output, a file that `\o` or `\g` named.

use crate::model::sql::interpreter::Target;
use crate::model::text::harmless_lines;
use crate::runtime::files;
use std::fs::File;
use std::io::{self, Write};

/// Bytes that are written together.
const HELD: usize = 256 * 1024;

/// Where results go, with what waits to be written.
pub(super) struct Outlet<'a> {
    stdout: &'a mut dyn Write,
    /// Standard output is a terminal, on which nothing may act.
    terminal: bool,
    /// The file or command that `\o` named.
    named: Option<Named>,
    /// The outlet that this statement's `\g` named.
    once: Option<Named>,
    /// This text goes to standard output, whatever `\o` named.
    plain: bool,
    /// The bytes that wait to be written.
    pub(super) held: Vec<u8>,
}

impl<'a> Outlet<'a> {
    pub(super) fn new(stdout: &'a mut dyn Write, terminal: bool) -> Self {
        Self { stdout, terminal, named: None, once: None, plain: false, held: Vec::new() }
    }

    /// Whether what is written is seen by a person.
    pub(super) fn is_terminal(&self) -> bool {
        self.terminal && (self.plain || self.named.is_none()) && self.once.is_none()
    }

    /// Results go there from now on (`\o`).
    pub(super) fn name(&mut self, target: &Target) -> Result<(), String> {
        self.named = match target {
            Target::File(path) => Some(create(path)?),
            Target::Pipe(_) => return Err(NO_PROGRAMS.to_owned()),
            Target::Results | Target::Output | Target::Errors => None,
        };
        Ok(())
    }

    /// Sends to this target from here on.
    pub(super) fn begin(&mut self, target: &Target) -> Result<(), String> {
        self.plain = *target == Target::Output;
        self.once = match target {
            Target::File(path) => Some(create(path)?),
            Target::Pipe(_) => return Err(NO_PROGRAMS.to_owned()),
            Target::Results | Target::Output | Target::Errors => None,
        };
        Ok(())
    }

    /// Takes a text as it is, except for what would act on a terminal.
    pub(super) fn take(&mut self, text: &[u8]) {
        if self.is_terminal() {
            self.held.extend_from_slice(harmless_lines(&String::from_utf8_lossy(text)).as_bytes());
        } else {
            self.held.extend_from_slice(text);
        }
    }

    /// Writes what is held, if it is much.
    pub(super) fn push(&mut self) -> io::Result<()> {
        if self.held.len() >= HELD { self.write() } else { Ok(()) }
    }

    /// Writes what is held.
    pub(super) fn write(&mut self) -> io::Result<()> {
        let written = match (&mut self.once, &mut self.named) {
            (Some(file), _) => file.write(&self.held),
            (None, Some(file)) if !self.plain => file.write(&self.held),
            (None, _) => self.stdout.write_all(&self.held),
        };
        self.held.clear();
        if self.held.capacity() > 8 * HELD {
            self.held = Vec::new();
        }
        written
    }

    /// Ends what was begun.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.write()?;
        (self.once, self.plain) = (None, false);
        self.stdout.flush()
    }
}

/// Why no program is run.
pub(super) const NO_PROGRAMS: &str = "`cockpit sql` runs no programs: use a pipe of the shell that it is started from";

/// A file that somebody named.
struct Named(File, String);

impl Named {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        // The failure is that of this file, not of standard output.
        self.0.write_all(bytes).map_err(|error| io::Error::other(format!("{}: {error}", self.1)))
    }
}

/// A file that nobody else may read.
fn create(path: &str) -> Result<Named, String> {
    let file = files::private(&files::named(path), false).map_err(|error| format!("{path}: {error}"))?;
    Ok(Named(file, path.to_owned()))
}
