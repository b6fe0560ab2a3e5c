//! The source of the data of `COPY … FROM STDIN`, read piece by piece whatever its size.

use super::program::Program;
use crate::feeds::sql::Data;
use crate::runtime::files;
use std::fs::File;
use std::io::{self, Read as _};
use tokio::io::AsyncReadExt as _;

/// The size of a piece in bytes.
const PIECE: usize = 64 * 1024;

/// The source of the data of `COPY … FROM STDIN`.
pub(super) enum Inlet {
    Lines(Vec<u8>),
    File(Option<File>, String),
    Program(Option<Box<Program>>),
}

impl Inlet {
    /// Opens the source.
    ///
    /// # Errors
    /// If the file cannot be read, or the command cannot be started.
    pub(super) fn open(data: &Data) -> Result<Self, String> {
        match data {
            Data::Lines(lines) => Ok(Self::Lines(lines.clone().into_bytes())),
            Data::File(path) => {
                let file = File::open(files::expand_path(path)).map_err(|error| format!("{path}: {error}"))?;
                if file.metadata().is_ok_and(|known| known.is_dir()) {
                    return Err(format!("{path}: it is a folder"));
                }
                Ok(Self::File(Some(file), path.clone()))
            }
            Data::Program(command) => {
                let program = Program::start(command, false).map_err(|error| format!("/bin/sh: {error}"))?;
                Ok(Self::Program(Some(Box::new(program))))
            }
        }
    }

    /// Reads the next piece; an empty one is the end.
    ///
    /// # Errors
    /// If reading the file fails, or the command failed, so that its output is incomplete.
    pub(super) async fn piece(&mut self) -> Result<Vec<u8>, String> {
        match self {
            Self::Lines(lines) => {
                let rest = lines.split_off(lines.len().min(PIECE));
                Ok(std::mem::replace(lines, rest))
            }
            Self::File(file, path) => {
                let Some(mut open) = file.take() else { return Ok(Vec::new()) };
                let read = move || {
                    let mut piece = vec![0; PIECE];
                    let count = open.read(&mut piece)?;
                    piece.truncate(count);
                    Ok((piece, open))
                };
                let read = tokio::task::spawn_blocking(read).await.map_err(io::Error::other).and_then(|read| read);
                let (piece, open) = read.map_err(|error: io::Error| format!("{path}: {error}"))?;
                *file = Some(open);
                Ok(piece)
            }
            Self::Program(program) => {
                let Some(running) = program.as_mut() else { return Ok(Vec::new()) };
                let mut piece = vec![0; PIECE];
                let count = match running.child.stdout.as_mut() {
                    Some(output) => output.read(&mut piece).await.map_err(|error| error.to_string())?,
                    None => 0,
                };
                piece.truncate(count);
                if count == 0
                    && let Some(over) = program.take()
                {
                    over.end().await?;
                }
                Ok(piece)
            }
        }
    }
}
