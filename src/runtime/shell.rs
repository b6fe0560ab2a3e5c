//! A shell in a container, joined to the terminal.

use super::raw::{self, Feeding, Raw};
use ssm_tunnel::driver::{Said, ShellInput};
use ssm_tunnel::message::Size;
use ssm_tunnel::{Shell, State};
use std::io::{self, Write};
use tokio::signal::unix::Signal;
use tokio::sync::mpsc;

/// What came of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// There is more to come.
    More,
    /// The exit code of what was run.
    Code(i32),
    /// It is over.
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
        Ok(Self { feeding, input, resizes, raw, size })
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
        tokio::select! {
            said = shell.next() => match said {
                Some(Said::Output(bytes)) => write(&mut io::stdout(), &bytes)?,
                Some(Said::Stderr(bytes)) => write(&mut io::stderr(), &bytes)?,
                Some(Said::Exit(code)) => return Ok(Turn::Code(code)),
                Some(Said::Closed) | None => {
                    self.feeding = None;
                    return Ok(Turn::Over);
                }
            },
            _ = self.resizes.recv() => self.size = self.raw.size(),
        }
        Ok(Turn::More)
    }
}

fn write(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // Whoever read it has gone; the command goes on.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
