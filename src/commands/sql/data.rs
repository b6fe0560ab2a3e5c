//! Data that are copied to the server: piece by piece, whatever their size.

use super::reads::{PIECE, Reads, beside, named};
use crate::model::sql::interpreter::{self, Interpreter};
use std::fs::File;
use std::io::{self, Read};

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
    /// Where more of the script comes from.
    reads: &'a mut Reads,
    /// Whether all of them were taken.
    over: bool,
    /// The bytes that were taken and not handed on, from this byte on.
    held: Vec<u8>,
    at: usize,
}

impl<'a> Following<'a> {
    pub(super) fn new(interpreter: &'a mut Interpreter, reads: &'a mut Reads) -> Self {
        Self { interpreter, reads, over: false, held: Vec::new(), at: 0 }
    }

    /// Whether what follows is data at all. Nobody need know that where this ends the script, and there may come nothing for long.
    async fn is_there(&mut self) -> io::Result<bool> {
        if self.interpreter.variables().is_on("ON_ERROR_STOP") {
            return Ok(false);
        }
        loop {
            match self.interpreter.data_follow() {
                Some(there) => return Ok(there),
                None => self.reads.feed(self.interpreter).await?,
            }
        }
    }

    async fn piece(&mut self) -> io::Result<Vec<u8>> {
        while self.at == self.held.len() && !self.over {
            match self.interpreter.data() {
                interpreter::Data::Lines(lines) => (self.held, self.at) = (lines.into_bytes(), 0),
                interpreter::Data::Over => self.over = true,
                interpreter::Data::More => self.reads.feed(self.interpreter).await?,
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

    /// Passes over what follows in the script: lines of a COPY that failed are no statements, also where it was refused before it
    /// read any (`given`: it was not). How many they were.
    pub(super) async fn rest(&mut self, given: bool) -> io::Result<usize> {
        let mut lines = 0;
        if let Self::Following(following) = self {
            if !given && !following.is_there().await? {
                return Ok(0);
            }
            loop {
                let piece = following.piece().await?;
                if piece.is_empty() {
                    break;
                }
                lines += piece.split(|byte| *byte == b'\n').count() - 1;
            }
        }
        Ok(lines)
    }

    /// Whether there are some for another COPY of the same text: in a script they follow those of the one before.
    pub(super) fn again(&mut self) -> bool {
        let Self::Following(following) = self else { return false };
        following.over = false;
        true
    }
}

fn read(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; PIECE];
    let count = from.read(&mut piece)?;
    piece.truncate(count);
    Ok(piece)
}
