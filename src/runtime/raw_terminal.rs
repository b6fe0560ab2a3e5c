//! The terminal in raw mode, for a remote shell: every key is passed on, and nothing is echoed.

use super::terminal::size;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use ssm_tunnel::driver::ShellInput;
use std::io::{self, IsTerminal as _};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The maximum number of bytes to read at once.
const MAX_READ: usize = 4096;
/// The end-of-file character of a terminal. After an incomplete line it only flushes that line, so a second one is needed for the
/// end of file. Source: termios(3), VEOF.
const END_OF_INPUT: u8 = 4;
/// The interval of checks whether a prompt was answered.
const PROMPT_INTERVAL: Duration = Duration::from_millis(20);

/// Whether raw mode is in use.
static RAW: AtomicBool = AtomicBool::new(false);
/// Whether a prompt is open at the terminal: input is then its answer, and must not be read by others.
static PROMPTING: AtomicBool = AtomicBool::new(false);
/// Held during a read of the terminal, so that a prompt starts before or after it, and no read takes the prompt's answer.
static READING: Mutex<()> = Mutex::new(());

/// Whether a prompt is open at the terminal.
pub(super) fn prompt_is_open() -> bool {
    PROMPTING.load(Ordering::SeqCst)
}

/// Runs a prompt at the terminal with echo and line editing, also while a remote shell is open.
pub(super) fn with_prompt<T>(prompt: impl FnOnce() -> T) -> T {
    static ONE: Mutex<()> = Mutex::new(());
    let _one_at_a_time = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    {
        let _no_read = READING.lock().unwrap_or_else(PoisonError::into_inner);
        PROMPTING.store(true, Ordering::SeqCst);
    }
    let raw = RAW.load(Ordering::SeqCst);
    if raw {
        let _ = crossterm::terminal::disable_raw_mode();
    }
    let answer = prompt();
    // Raw mode may have been left for good meanwhile.
    if raw && RAW.load(Ordering::SeqCst) {
        let _ = crossterm::terminal::enable_raw_mode();
    }
    PROMPTING.store(false, Ordering::SeqCst);
    answer
}

/// Raw mode, if standard input is a terminal. Dropping it leaves raw mode.
#[derive(Debug)]
pub struct Raw {
    on: bool,
}

impl Raw {
    /// Enters raw mode.
    ///
    /// # Errors
    /// If the terminal does not allow it.
    pub fn take() -> io::Result<Self> {
        let on = io::stdin().is_terminal();
        if on {
            crossterm::terminal::enable_raw_mode()?;
            RAW.store(true, Ordering::SeqCst);
        }
        Ok(Self { on })
    }

    /// Whether there is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.on
    }

    /// Returns the terminal's columns and rows.
    pub fn size(&self) -> Option<(u16, u16)> {
        if self.on { size() } else { None }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if self.on {
            RAW.store(false, Ordering::SeqCst);
            let _ = crossterm::terminal::disable_raw_mode();
        }
    }
}

/// Standard input, read on a separate thread. Dropping it stops reading, so that later input goes to the next owner of the
/// terminal.
struct Typed {
    pieces: mpsc::Receiver<Vec<u8>>,
    /// Closing it ends the thread, which polls it too.
    _stop: OwnedFd,
}

impl Typed {
    fn start() -> io::Result<Self> {
        let (out, pieces) = mpsc::channel(4);
        let (stopped, stop) = rustix::pipe::pipe()?;
        let read = move || {
            let mut buffer = [0; MAX_READ];
            while wait_for_input(&stopped) {
                let reading = READING.lock().unwrap_or_else(PoisonError::into_inner);
                // While a prompt is open, the input is its answer. One that has just closed has taken it.
                if PROMPTING.load(Ordering::SeqCst) || !has_input() {
                    drop(reading);
                    std::thread::sleep(PROMPT_INTERVAL);
                    continue;
                }
                // Bypasses the standard library's buffer, whose content would be lost to the next reader.
                let read = rustix::io::read(io::stdin(), &mut buffer);
                drop(reading);
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

    /// Returns the next piece. Pieces are read only when the channel has room.
    async fn next(&mut self) -> Option<Vec<u8>> {
        self.pieces.recv().await
    }
}

/// Whether a read would return at once, also at the end of input, or if polling is not supported.
fn has_input() -> bool {
    let stdin = io::stdin();
    let mut watched = [PollFd::new(&stdin, PollFlags::IN)];
    !matches!(poll(&mut watched, Some(&Timespec::default())), Ok(0) | Err(Errno::INTR | Errno::AGAIN))
}

/// Waits until there is something to read; false if nobody wants it any more.
fn wait_for_input(stopped: &OwnedFd) -> bool {
    let stdin = io::stdin();
    loop {
        let mut watched = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(stopped, PollFlags::empty())];
        match poll(&mut watched, None) {
            Ok(_) if !watched[1].revents().is_empty() => return false,
            // Also at the end of input or if polling is not supported; the read then returns which.
            Ok(_) if !watched[0].revents().is_empty() => return true,
            Ok(_) | Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => return true,
        }
    }
}

/// Passes typed input to a remote shell, as fast as the shell takes it, until it is dropped.
#[derive(Debug)]
pub struct InputFeed(JoinHandle<()>);

impl Drop for InputFeed {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts passing typed input, until `leaves` returns true for a piece of it.
///
/// # Errors
/// If no thread can be started.
pub fn feed(
    input: mpsc::Sender<ShellInput>,
    terminal: bool,
    leaves: impl Fn(&[u8]) -> bool + Send + 'static,
) -> io::Result<InputFeed> {
    let mut typed = Typed::start()?;
    Ok(InputFeed(tokio::spawn(async move {
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
            // The remote side is a terminal, for which this is the end of file.
            let end = vec![END_OF_INPUT; 1 + usize::from(in_line)];
            let _ = input.send(ShellInput::Bytes(end.into())).await;
        }
    })))
}

/// Returns a stream of changes of the terminal's size.
///
/// # Errors
/// If no signal handler can be installed.
pub fn resizes() -> io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::window_change())
}
