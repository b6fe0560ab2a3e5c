//! Data that are copied to the server in pieces, whatever their size.

use super::script::{PIECE, ScriptSource, off_thread, read_error};
use crate::model::sql::interpreter::{self, Interpreter};
use std::fs::File;
use std::io::{self, Read};

/// The error of a COPY without data.
pub(super) const NO_DATA: &str = "there are no data to copy";

/// The source of the data.
pub(super) enum Data<'a> {
    /// No data.
    None,
    /// Standard input.
    Input,
    /// A file and its name.
    File(File, String),
    /// The lines after the COPY in the script.
    Inline(InlineData<'a>),
}

/// The lines after a `COPY` in a script.
pub(super) struct InlineData<'a> {
    interpreter: &'a mut Interpreter,
    /// The source of the rest of the script.
    reads: &'a mut ScriptSource,
    /// Whether the end of the data was reached.
    over: bool,
    /// The bytes that were read; those from `at` on are not sent yet.
    held: Vec<u8>,
    at: usize,
}

impl<'a> InlineData<'a> {
    pub(super) fn new(interpreter: &'a mut Interpreter, reads: &'a mut ScriptSource) -> Self {
        Self { interpreter, reads, over: false, held: Vec::new(), at: 0 }
    }

    /// Whether data follow at all. With `ON_ERROR_STOP` the script ends here, so this does not wait for more input.
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
                interpreter::Data::End => self.over = true,
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
    /// Returns the next piece; an empty one is the end.
    ///
    /// # Errors
    /// Fails if the data cannot be read, or there are none.
    pub(super) async fn piece(&mut self) -> io::Result<Vec<u8>> {
        match self {
            Self::None => Err(io::Error::other(NO_DATA)),
            Self::Input => {
                off_thread(|| read(&mut io::stdin().lock())).await.map_err(|error| read_error("standard input", &error))
            }
            Self::File(file, path) => {
                // The file may be a pipe without a writer, which would block.
                let mut open = file.try_clone()?;
                off_thread(move || read(&mut open)).await.map_err(|error| read_error(path, &error))
            }
            Self::Inline(following) => following.piece().await,
        }
    }

    /// Skips the data in the script, and returns the number of lines: data of a failed COPY are not statements. `given`
    /// is false if the server refused the COPY before it read any data.
    pub(super) async fn skip_rest(&mut self, given: bool) -> io::Result<usize> {
        let mut lines = 0;
        if let Self::Inline(following) = self {
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

    /// Continues with the data of another COPY of the same text, if there can be any: in a script they follow the data
    /// of the previous one.
    pub(super) fn continue_with_next(&mut self) -> bool {
        let Self::Inline(following) = self else { return false };
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
