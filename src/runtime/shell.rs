//! A shell in a container, joined to the terminal.

use super::output::{PIECE, writable};
use super::raw::{self, Feeding, Raw};
use crate::model::text::harmless;
use bytes::Bytes;
use ssm_tunnel::driver::{ShellInput, ShellOutput, Status};
use ssm_tunnel::message::Size;
use ssm_tunnel::{Shell, State};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::signal::unix::Signal;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::sleep;

/// The key that a terminal sends as this character.
const CTRL_C: u8 = 3;
/// After so long without a word it is looked whether there is a link; the service closes one every hour, for a moment.
const QUIET: Duration = Duration::from_secs(3);

/// The outcome of one turn of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// There is more to come.
    More,
    /// The exit code of what was run.
    Code(i32),
    /// Ctrl-C was pressed after it was told that there is no link: nobody there could take it.
    Left,
    Over,
}

/// Until keys go through, or it is over before. The terminal is not taken so long: Ctrl-C ends the wait.
pub async fn opened(shell: &Shell) {
    let mut status = shell.status();
    let _ = status.wait_for(|status| matches!(status.state, State::Ready | State::Closed(_))).await;
}

/// Whether a session was ended with this reason as its program could not be started: then nothing was begun. Source:
/// amazon-ssm-agent, the session's shell plugin.
pub fn was_not_started(said: &str) -> bool {
    said.contains("Unable to start")
}

/// A shell with the terminal, which is given back when this is dropped.
pub struct Joined {
    // First: nothing is read any more when the terminal is given back.
    feeding: Option<Feeding>,
    input: Option<mpsc::Sender<ShellInput>>,
    resizes: Signal,
    raw: Raw,
    size: Option<(u16, u16)>,
    status: watch::Receiver<Status>,
    /// Whether the link was not ready when it was last looked at.
    lost: bool,
    /// Whether that was told: Ctrl-C leaves from then on, until there is a link.
    told: Arc<AtomicBool>,
    left: Arc<Notify>,
    /// Output that was not written yet.
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
        let (input, status, size) = (shell.input(), shell.status(), raw.size());
        let (told, left) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
        let (seen, known, pressed) = (status.clone(), Arc::clone(&told), Arc::clone(&left));
        let leaves = move |typed: &[u8]| {
            let lost = known.load(Ordering::SeqCst) && !matches!(seen.borrow().state, State::Ready);
            let leaves = lost && typed.contains(&CTRL_C);
            if leaves {
                pressed.notify_one();
            }
            leaves
        };
        let feeding = input.clone().map(|input| raw::feed(input, raw.is_terminal(), leaves)).transpose()?;
        Ok(Self { feeding, input, resizes, raw, size, status, lost: false, told, left, unwritten: None })
    }

    /// Says that there is no link, where there is none for a while, and when there is one again.
    fn look(&mut self) {
        // A question stands there, and its answer is typed.
        if raw::is_asking() {
            return;
        }
        let state = self.status.borrow().state.clone();
        let (ready, told) = (matches!(state, State::Ready), self.told.load(Ordering::SeqCst));
        let line = match state.reason() {
            Some(why) if self.lost && !told => {
                format!("the link is lost: {}; what is typed waits for the next one, and Ctrl-C leaves", harmless(&why))
            }
            _ if ready && told => "the link is there again".to_owned(),
            _ => String::new(),
        };
        self.lost = !ready;
        if !line.is_empty() {
            self.told.store(!ready, Ordering::SeqCst);
            // A terminal that takes no text takes no shell either.
            let _ = write!(io::stderr(), "\r\n{line}\r\n");
        }
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
            () = self.left.notified() => return Ok(Turn::Left),
            // Anything that comes puts it off.
            () = sleep(QUIET), if self.raw.is_terminal() => self.look(),
        }
        Ok(Turn::More)
    }
}
