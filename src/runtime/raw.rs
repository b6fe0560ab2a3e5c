//! The terminal as a pipe, for a shell elsewhere: every key goes through, nothing is shown by itself.

use super::terminal::size;
use ssm_tunnel::driver::ShellInput;
use std::io::{self, IsTerminal as _, Read as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// As much is read at once.
const READ: usize = 4096;
/// What a terminal sends at the end of its input.
const END_OF_INPUT: &[u8] = &[4];

/// Raw mode while it is kept, where standard input is a terminal.
#[derive(Debug)]
pub struct Raw {
    on: bool,
}

impl Raw {
    /// Takes the terminal.
    ///
    /// # Errors
    /// The terminal does not let itself be taken.
    pub fn take() -> io::Result<Self> {
        let on = io::stdin().is_terminal();
        if on {
            crossterm::terminal::enable_raw_mode()?;
        }
        Ok(Self { on })
    }

    /// Whether there is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.on
    }

    /// Its columns and rows.
    pub fn size(&self) -> Option<(u16, u16)> {
        if self.on { size() } else { None }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if self.on {
            let _ = crossterm::terminal::disable_raw_mode();
        }
    }
}

/// What comes on standard input, piece by piece, read on a thread of its own; it ends with the input. The thread may
/// stay in its last read: the program does not wait for it.
fn typed() -> mpsc::Receiver<Vec<u8>> {
    let (out, typed) = mpsc::channel(4);
    let read = move || {
        let mut buffer = [0; READ];
        let mut input = io::stdin().lock();
        while let Ok(length @ 1..) = input.read(&mut buffer) {
            if out.blocking_send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    };
    // Without a thread there is no input.
    let _ = std::thread::Builder::new().name("typed".to_owned()).spawn(read);
    typed
}

/// Hands what is typed to a shell elsewhere, as fast as that takes it.
pub fn feed(input: mpsc::Sender<ShellInput>, terminal: bool) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut typed = typed();
        while let Some(bytes) = typed.recv().await {
            if input.send(ShellInput::Bytes(bytes.into())).await.is_err() {
                return;
            }
        }
        if !terminal {
            // There is a terminal at the other end, and to it this is the end of a file.
            let _ = input.send(ShellInput::Bytes(END_OF_INPUT.into())).await;
        }
    })
}

/// Tells changes of the terminal's size.
///
/// # Errors
/// The system gives no handler.
pub fn resizes() -> io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::window_change())
}
