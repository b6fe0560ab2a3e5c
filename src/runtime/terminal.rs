//! The terminal: taken over, and restored whatever happens.

use crossterm::{cursor, event, execute, terminal};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::io::{self, BufWriter, Stdout, Write};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// A terminal to draw on.
pub(super) struct Tui(ManuallyDrop<Screen>);

impl Tui {
    /// Returns the screen that frames are drawn on.
    pub(super) fn screen(&mut self) -> &mut Screen {
        &mut self.0
    }
}

/// Whether the terminal is taken over now, so that restoring it twice does nothing.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// A guard for the terminal. Dropping it restores the terminal.
pub(super) struct Guard {
    mouse: bool,
}

impl Guard {
    /// Enables raw mode, the alternate screen, bracketed paste, focus events and, if wanted, the mouse.
    pub(super) fn take(mouse: bool) -> io::Result<Self> {
        // Created first, so that a partial failure is undone too.
        let guard = Self { mouse };
        take(mouse)?;
        Ok(guard)
    }

    /// Takes the terminal again after a suspension: raw mode, alternate screen.
    pub(super) fn retake(&self) -> io::Result<()> {
        take(self.mouse)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

fn take(mouse: bool) -> io::Result<()> {
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    execute!(out, terminal::EnterAlternateScreen, event::EnableBracketedPaste, event::EnableFocusChange, cursor::Hide)?;
    if mouse {
        execute!(out, event::EnableMouseCapture)?;
    }
    Ok(())
}

/// Restores the terminal. Errors are ignored: the terminal may be gone, and there is nobody to report to.
pub(super) fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = execute!(
        out,
        event::DisableMouseCapture,
        event::DisableFocusChange,
        event::DisableBracketedPaste,
        terminal::LeaveAlternateScreen,
        cursor::Show
    );
    let _ = out.flush();
    let _ = terminal::disable_raw_mode();
}

/// Opens the screen. Its output is buffered, so that a frame is one write.
pub(super) fn open() -> io::Result<Tui> {
    // Never dropped: ratatui's drop shows the cursor, which `restore` does in every case. If the terminal is gone, that
    // drop would print an error to a standard error that is gone too, and panic.
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, io::stdout())))
        .map(|screen| Tui(ManuallyDrop::new(screen)))
}

/// Whether the terminal is gone: its other end is closed.
pub(super) fn is_gone() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = io::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&now)).is_ok_and(|_| watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR))
}

/// Discards input that was typed and not read yet, so that it does not answer the next question.
pub fn discard_input() {
    // It fails only if this is no terminal, and then nothing is asked there.
    let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
}

/// Whether there is unread input, or some arrives within this time.
pub fn has_input_within(within: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = io::stdin();
    let mut watched = [PollFd::new(&stdin, PollFlags::IN)];
    let within = Timespec::try_from(within).unwrap_or(Timespec { tv_sec: 0, tv_nsec: 0 });
    poll(&mut watched, Some(&within)).is_ok_and(|_| watched[0].revents().contains(PollFlags::IN))
}

/// Whether the terminal can be drawn on. One that calls itself `dumb` (a shell in Emacs, a CI log) or `unknown` cannot move its
/// cursor; of one without a name nothing is known.
pub fn is_drawable() -> bool {
    std::env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb" && name != "unknown")
}

/// Returns how many cells the terminal uses for a character of ambiguous width: prints one and queries the cursor's column.
/// `None` if the terminal does not answer. Call it only before input is read.
pub fn probe_widths() -> Option<u16> {
    terminal::enable_raw_mode().ok()?;
    let mut out = io::stdout();
    let measured = (|| {
        write!(out, "\r●").ok()?;
        out.flush().ok()?;
        let (column, _) = cursor::position().ok()?;
        write!(out, "\r  \r").ok()?;
        out.flush().ok()?;
        Some(column)
    })();
    let _ = terminal::disable_raw_mode();
    measured
}

/// Returns the terminal's size as columns and rows.
pub(super) fn size() -> Option<(u16, u16)> {
    terminal::size().ok()
}
