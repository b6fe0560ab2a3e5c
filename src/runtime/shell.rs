//! A shell in a container, connected to the terminal.

use super::output::{PIECE, wait_until_writable};
use super::raw_terminal::{self, InputFeed, Raw};
use crate::model::text::sanitize;
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

/// The character that a terminal sends for the key Ctrl-C.
const CTRL_C: u8 = 3;
/// How long the shell must be quiet before the link is checked. The service closes a link every hour, for a moment.
const QUIET_LIMIT: Duration = Duration::from_secs(3);

/// The outcome of one turn of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The shell continues.
    More,
    /// The exit code of the program.
    Code(i32),
    /// Ctrl-C was pressed after the loss of the link was reported, when nothing on the far side could receive it.
    Left,
    Over,
}

/// Waits until the shell is ready or closed. The terminal is not in raw mode meanwhile, so Ctrl-C ends the wait.
pub async fn wait_until_open(shell: &Shell) {
    let mut status = shell.status();
    let _ = status.wait_for(|status| matches!(status.state, State::Ready | State::Closed(_))).await;
}

/// Whether this reason means that the program could not be started, so that nothing was begun. Source: amazon-ssm-agent, the
/// session's shell plugin.
pub fn was_not_started(reason: &str) -> bool {
    reason.contains("Unable to start")
}

/// A shell that has the terminal; dropping it restores the terminal.
pub struct JoinedShell {
    // First, so that it is dropped before the terminal is restored and nothing is read any more.
    feeding: Option<InputFeed>,
    input: Option<mpsc::Sender<ShellInput>>,
    resizes: Signal,
    raw: Raw,
    size: Option<(u16, u16)>,
    status: watch::Receiver<Status>,
    /// Whether the link was not ready at the last check.
    lost: bool,
    /// Whether the loss was reported. From then on Ctrl-C leaves, until there is a link again.
    loss_reported: Arc<AtomicBool>,
    left: Arc<Notify>,
    /// Output that was not written yet.
    unwritten: Option<(Stream, Bytes)>,
}

/// The stream of an output.
#[derive(Clone, Copy)]
enum Stream {
    Output,
    Error,
}

impl Stream {
    /// Waits until the stream accepts a piece.
    async fn writable(self) {
        match self {
            Self::Output => wait_until_writable(io::stdout).await,
            Self::Error => wait_until_writable(io::stderr).await,
        }
    }

    /// Writes a piece and returns the rest. If the reader is gone the rest is discarded, because the command continues.
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

impl JoinedShell {
    /// Takes the terminal, if there is one, and passes typed input on.
    ///
    /// # Errors
    /// If the terminal or its signals cannot be taken.
    pub fn take(shell: &mut Shell) -> io::Result<Self> {
        let raw = Raw::take()?;
        let resizes = raw_terminal::resizes()?;
        let (input, status, size) = (shell.input(), shell.status(), raw.size());
        let (loss_reported, left) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
        let (shell_status, reported, pressed) = (status.clone(), Arc::clone(&loss_reported), Arc::clone(&left));
        let leaves = move |typed: &[u8]| {
            let lost = reported.load(Ordering::SeqCst) && !matches!(shell_status.borrow().state, State::Ready);
            let leaves = lost && typed.contains(&CTRL_C);
            if leaves {
                pressed.notify_one();
            }
            leaves
        };
        let feeding = input.clone().map(|input| raw_terminal::feed(input, raw.is_terminal(), leaves)).transpose()?;
        Ok(Self { feeding, input, resizes, raw, size, status, lost: false, loss_reported, left, unwritten: None })
    }

    /// Reports when the link has been lost for a while, and when it is back.
    fn report_link(&mut self) {
        // A prompt is shown, and its answer is being typed.
        if raw_terminal::prompt_is_open() {
            return;
        }
        let state = self.status.borrow().state.clone();
        let (ready, loss_reported) = (matches!(state, State::Ready), self.loss_reported.load(Ordering::SeqCst));
        let line = match state.reason() {
            Some(why) if self.lost && !loss_reported => {
                format!("the link is lost: {}; what is typed waits for the next one, and Ctrl-C leaves", sanitize(&why))
            }
            _ if ready && loss_reported => "the link is there again".to_owned(),
            _ => String::new(),
        };
        self.lost = !ready;
        if !line.is_empty() {
            self.loss_reported.store(!ready, Ordering::SeqCst);
            // A terminal that rejects this line cannot run a shell either; writing its output will report that.
            let _ = write!(io::stderr(), "\r\n{line}\r\n");
        }
    }

    /// Waits for one event and handles it. Cancel-safe: dropping the future loses nothing.
    ///
    /// # Errors
    /// If the terminal cannot be written to.
    pub async fn turn(&mut self, shell: &mut Shell) -> io::Result<Turn> {
        if let (Some((cols, rows)), Some(input)) = (self.size, &self.input)
            && input.try_send(ShellInput::Size(Size { cols, rows })).is_ok()
        {
            self.size = None;
        }
        let pending = self.unwritten.as_ref().map(|(stream, _)| *stream);
        tokio::select! {
            output = shell.next(), if pending.is_none() => match output {
                Some(ShellOutput::Output(bytes)) => self.unwritten = Some((Stream::Output, bytes)),
                Some(ShellOutput::Stderr(bytes)) => self.unwritten = Some((Stream::Error, bytes)),
                Some(ShellOutput::Exit(code)) => return Ok(Turn::Code(code)),
                Some(ShellOutput::Closed) | None => {
                    self.feeding = None;
                    return Ok(Turn::Over);
                }
            },
            // While nobody reads the output, signals and the command's time limit still end it.
            () = pending.unwrap_or(Stream::Output).writable(), if pending.is_some() => {
                if let Some((stream, bytes)) = self.unwritten.take() {
                    self.unwritten = stream.write(bytes)?.map(|rest| (stream, rest));
                }
            }
            _ = self.resizes.recv() => self.size = self.raw.size(),
            () = self.left.notified() => return Ok(Turn::Left),
            // Any event restarts this timer.
            () = sleep(QUIET_LIMIT), if self.raw.is_terminal() => self.report_link(),
        }
        Ok(Turn::More)
    }
}
