//! The terminal as a pipe, for a shell elsewhere: every key goes through, nothing is shown by itself.

use super::terminal::size;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use ssm_tunnel::driver::ShellInput;
use std::io::{self, IsTerminal as _};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The most bytes that are read at once.
const READ: usize = 4096;
/// The character that a terminal sends at the end of its input. Behind a line that has not ended it only hands over
/// what there is of it: the end is another one. Source: termios(3), VEOF.
const END_OF_INPUT: u8 = 4;
/// Between two looks at whether a question is answered.
const ASKING: Duration = Duration::from_millis(20);

/// Raw mode is kept.
static KEPT: AtomicBool = AtomicBool::new(false);
/// Somebody is asked at the terminal: what is typed is the answer, and nobody else's.
static ASKED: AtomicBool = AtomicBool::new(false);
/// Held while what is typed is read, so that a question begins before or after a read, and none takes its answer.
static READS: Mutex<()> = Mutex::new(());

/// Whether somebody is asked at the terminal.
pub(super) fn is_asking() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Asks at the terminal, which edits and shows lines meanwhile, also in the middle of a shell elsewhere.
pub(super) fn asking<T>(ask: impl FnOnce() -> T) -> T {
    static ONE: Mutex<()> = Mutex::new(());
    let _one_at_a_time = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    {
        let _no_read = READS.lock().unwrap_or_else(PoisonError::into_inner);
        ASKED.store(true, Ordering::SeqCst);
    }
    let raw = KEPT.load(Ordering::SeqCst);
    if raw {
        let _ = crossterm::terminal::disable_raw_mode();
    }
    let answer = ask();
    // It may have been given back for good meanwhile.
    if raw && KEPT.load(Ordering::SeqCst) {
        let _ = crossterm::terminal::enable_raw_mode();
    }
    ASKED.store(false, Ordering::SeqCst);
    answer
}

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
            KEPT.store(true, Ordering::SeqCst);
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
            KEPT.store(false, Ordering::SeqCst);
            let _ = crossterm::terminal::disable_raw_mode();
        }
    }
}

/// Standard input, read on a thread of its own. When this is dropped nothing is read any more: what is typed from then
/// on is for whoever has the terminal next.
struct Typed {
    pieces: mpsc::Receiver<Vec<u8>>,
    /// Closed to end the thread, which waits for that too.
    _stop: OwnedFd,
}

impl Typed {
    fn start() -> io::Result<Self> {
        let (out, pieces) = mpsc::channel(4);
        let (stopped, stop) = rustix::pipe::pipe()?;
        let read = move || {
            let mut buffer = [0; READ];
            while waits(&stopped) {
                // It is the answer to a question.
                let reads = READS.lock().unwrap_or_else(PoisonError::into_inner);
                if ASKED.load(Ordering::SeqCst) {
                    drop(reads);
                    std::thread::sleep(ASKING);
                    continue;
                }
                // Past the standard library's own buffer: what it holds would be lost to who reads next.
                let read = rustix::io::read(io::stdin(), &mut buffer);
                drop(reads);
                match read {
                    Ok(length @ 1..) => {
                        if out.blocking_send(buffer[..length].to_vec()).is_err() {
                            return;
                        }
                    }
                    Err(Errno::INTR | Errno::AGAIN) => {}
                    Ok(0) | Err(_) => return,
                }
            }
        };
        std::thread::Builder::new().name("typed".to_owned()).spawn(read)?;
        Ok(Self { pieces, _stop: stop })
    }
}

impl Typed {
    /// The next piece. Taken whole, so that who waits for pieces keeps the thread going.
    async fn next(&mut self) -> Option<Vec<u8>> {
        self.pieces.recv().await
    }
}

/// Waits until there is something to read; false where nobody wants it any more.
fn waits(stopped: &OwnedFd) -> bool {
    let stdin = io::stdin();
    loop {
        let mut watched = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(stopped, PollFlags::empty())];
        match poll(&mut watched, None) {
            Ok(_) if !watched[1].revents().is_empty() => return false,
            // Also where it has ended or cannot be polled: the read says which.
            Ok(_) if !watched[0].revents().is_empty() => return true,
            Ok(_) | Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => return true,
        }
    }
}

/// Hands what is typed to a shell elsewhere, as fast as that takes it, until it is dropped.
#[derive(Debug)]
pub struct Feeding(JoinHandle<()>);

impl Drop for Feeding {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Begins to hand on what is typed, until something comes with which it is left.
///
/// # Errors
/// The system gives no thread.
pub fn feed(
    input: mpsc::Sender<ShellInput>,
    terminal: bool,
    leaves: impl Fn(&[u8]) -> bool + Send + 'static,
) -> io::Result<Feeding> {
    let mut typed = Typed::start()?;
    Ok(Feeding(tokio::spawn(async move {
        let mut in_line = false;
        while let Some(bytes) = typed.next().await {
            if leaves(&bytes) {
                return;
            }
            in_line = bytes.last().is_some_and(|last| !matches!(last, b'\n' | b'\r'));
            if input.send(ShellInput::Bytes(bytes.into())).await.is_err() {
                return;
            }
        }
        if !terminal {
            // There is a terminal at the other end, and to it this is the end of a file.
            let end = vec![END_OF_INPUT; 1 + usize::from(in_line)];
            let _ = input.send(ShellInput::Bytes(end.into())).await;
        }
    })))
}

/// Tells changes of the terminal's size.
///
/// # Errors
/// The system gives no handler.
pub fn resizes() -> io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::window_change())
}
