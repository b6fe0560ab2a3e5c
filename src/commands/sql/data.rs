//! Data that are copied to the server: piece by piece, whatever their size.

use crate::model::sql::interpreter::{self, Interpreter};
use std::fs::File;
use std::io::{self, BufRead as _, Read};

/// They are sent in pieces of this size.
pub(super) const PIECE: usize = 64 * 1024;
/// Why a COPY fails that no data were given for.
pub(super) const NONE: &str = "there are no data to copy";

/// Where they come from.
pub(super) enum Data<'a> {
    /// There are none.
    None,
    /// Standard input.
    Input,
    /// A file, by its name.
    File(File, String),
    /// The lines that follow in the script.
    Following(Following<'a>),
}

/// The lines that follow a `COPY` in a script.
pub(super) struct Following<'a> {
    interpreter: &'a mut Interpreter,
    /// More of the script comes from standard input.
    reads_input: &'a mut bool,
    /// All of them were taken.
    over: bool,
    /// What was taken and not handed on, from this byte on.
    held: Vec<u8>,
    at: usize,
}

impl<'a> Following<'a> {
    pub(super) fn new(interpreter: &'a mut Interpreter, reads_input: &'a mut bool) -> Self {
        Self { interpreter, reads_input, over: false, held: Vec::new(), at: 0 }
    }

    async fn piece(&mut self) -> io::Result<Vec<u8>> {
        while self.at == self.held.len() && !self.over {
            match self.interpreter.data() {
                interpreter::Data::Lines(lines) => (self.held, self.at) = (lines.into_bytes(), 0),
                interpreter::Data::Over => self.over = true,
                interpreter::Data::More => {
                    let lines = if *self.reads_input { lines().await? } else { String::new() };
                    if lines.is_empty() {
                        *self.reads_input = false;
                        self.interpreter.finish();
                    } else {
                        self.interpreter.feed(&lines);
                    }
                }
            }
        }
        let end = self.held.len().min(self.at + PIECE);
        let piece = self.held[self.at..end].to_vec();
        self.at = end;
        Ok(piece)
    }
}

impl Data<'_> {
    /// The next piece; an empty one is the end.
    ///
    /// # Errors
    /// They cannot be read on, or there are none.
    pub(super) async fn piece(&mut self) -> io::Result<Vec<u8>> {
        match self {
            Self::None => Err(io::Error::other(NONE)),
            Self::Input => {
                beside(|| read(&mut io::stdin().lock())).await.map_err(|error| named("standard input", &error))
            }
            Self::File(file, path) => {
                // It may be a pipe that nobody writes into.
                let mut open = file.try_clone()?;
                beside(move || read(&mut open)).await.map_err(|error| named(path, &error))
            }
            Self::Following(following) => following.piece().await,
        }
    }

    /// Passes over what follows in the script: lines of a COPY that failed are no statements.
    pub(super) async fn rest(&mut self) -> io::Result<()> {
        if let Self::Following(following) = self {
            while !following.piece().await?.is_empty() {}
        }
        Ok(())
    }
}

/// Whole lines of standard input, as many as there are; empty at its end.
///
/// # Errors
/// It cannot be read, or is no UTF-8.
pub(super) async fn lines() -> io::Result<String> {
    let read = || {
        let mut input = io::stdin().lock();
        let mut lines = Vec::new();
        let there = input.fill_buf()?;
        match there.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => {
                lines.extend_from_slice(&there[..=at]);
                input.consume(at + 1);
            }
            None => {
                input.read_until(b'\n', &mut lines)?;
            }
        }
        String::from_utf8(lines).map_err(io::Error::other)
    };
    beside(read).await.map_err(|error| named("standard input", &error))
}

fn read(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; PIECE];
    let count = from.read(&mut piece)?;
    piece.truncate(count);
    Ok(piece)
}

fn named(name: &str, error: &io::Error) -> io::Error {
    io::Error::other(format!("{name} cannot be read: {error}"))
}

/// Does what waits beside what hears signals.
pub(super) async fn beside<T: Send + 'static>(does: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(does).await.map_err(io::Error::other)?
}
