//! A shell in a container, joined to the terminal.

use super::output::{PIECE, writable};
use super::raw::{self, Feeding, Raw};
use bytes::Bytes;
use ssm_tunnel::driver::{ShellInput, ShellOutput};
use ssm_tunnel::message::Size;
use ssm_tunnel::{Shell, State};
use std::io::{self, Write};
use tokio::signal::unix::Signal;
use tokio::sync::mpsc;

/// What one turn of the loop came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// There is more to come.
    More,
    /// The exit code of what was run.
    Code(i32),
    Over,
}

/// Until keys go through, or it is over before. The terminal is not taken so long: Ctrl-C ends the wait.
pub async fn opened(shell: &Shell) {
    let mut status = shell.status();
    let _ = status.wait_for(|status| matches!(status.state, State::Ready | State::Closed(_))).await;
}

/// A shell with the terminal, which is given back when this is dropped.
pub struct Joined {
    // First: nothing is read any more when the terminal is given back.
    feeding: Option<Feeding>,
    input: Option<mpsc::Sender<ShellInput>>,
    resizes: Signal,
    raw: Raw,
    size: Option<(u16, u16)>,
    /// What came out and was not written yet.
    unwritten: Option<(Stream, Bytes)>,
}

/// Where something is written.
#[derive(Clone, Copy)]
enum Stream {
    Output,
    Error,
}

impl Stream {
    /// Until it takes a piece.
    async fn writable(self) {
        match self {
            Self::Output => writable(io::stdout).await,
            Self::Error => writable(io::stderr).await,
        }
    }

    /// Writes a piece and gives back the rest; all of it where whoever read it has gone, as the command goes on.
    fn write(self, mut bytes: Bytes) -> io::Result<Option<Bytes>> {
        let piece = bytes.split_to(bytes.len().min(PIECE));
        let write = |out: &mut dyn Write| out.write_all(&piece).and_then(|()| out.flush());
        let written = match self {
            Self::Output => write(&mut io::stdout()),
            Self::Error => write(&mut io::stderr()),
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(None),
            other => other.map(|()| Some(bytes).filter(|rest| !rest.is_empty())),
        }
    }
}

impl Joined {
    /// Takes the terminal, where there is one, and hands on what is typed.
    ///
    /// # Errors
    /// The terminal or its signals cannot be taken.
    pub fn take(shell: &mut Shell) -> io::Result<Self> {
        let raw = Raw::take()?;
        let resizes = raw::resizes()?;
        let input = shell.input();
        let feeding = input.clone().map(|input| raw::feed(input, raw.is_terminal())).transpose()?;
        let size = raw.size();
        Ok(Self { feeding, input, resizes, raw, size, unwritten: None })
    }

    /// Waits for one thing that happens and does what follows; nothing is lost where it is waited for no longer.
    ///
    /// # Errors
    /// The terminal cannot be written to.
    pub async fn turn(&mut self, shell: &mut Shell) -> io::Result<Turn> {
        if let (Some((cols, rows)), Some(input)) = (self.size, &self.input)
            && input.try_send(ShellInput::Size(Size { cols, rows })).is_ok()
        {
            self.size = None;
        }
        let writes = self.unwritten.as_ref().map(|(stream, _)| *stream);
        tokio::select! {
            said = shell.next(), if writes.is_none() => match said {
                Some(ShellOutput::Output(bytes)) => self.unwritten = Some((Stream::Output, bytes)),
                Some(ShellOutput::Stderr(bytes)) => self.unwritten = Some((Stream::Error, bytes)),
                Some(ShellOutput::Exit(code)) => return Ok(Turn::Code(code)),
                Some(ShellOutput::Closed) | None => {
                    self.feeding = None;
                    return Ok(Turn::Over);
                }
            },
            // While nobody takes it, a signal and the limit of the command end it all the same.
            () = writes.unwrap_or(Stream::Output).writable(), if writes.is_some() => {
                if let Some((stream, bytes)) = self.unwritten.take() {
                    self.unwritten = stream.write(bytes)?.map(|rest| (stream, rest));
                }
            }
            _ = self.resizes.recv() => self.size = self.raw.size(),
        }
        Ok(Turn::More)
    }
}
