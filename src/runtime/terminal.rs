//! The terminal: taken over and, whatever happens, given back as it was.

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
    /// The terminal that frames are drawn on.
    pub(super) fn screen(&mut self) -> &mut Screen {
        &mut self.0
    }
}

/// Whether the terminal is taken over now, so that giving it back twice does nothing.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes the terminal over. It is given back when this is dropped.
pub(super) struct Guard {
    mouse: bool,
}

impl Guard {
    /// Raw mode, the alternate screen, bracketed paste, focus events and, if wanted, the mouse.
    pub(super) fn take(mouse: bool) -> io::Result<Self> {
        // Made first: what fails half-way is given back too.
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
        give_back();
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

/// Gives the terminal back. Errors are ignored: it may be gone, and there is nobody to tell.
pub(super) fn give_back() {
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

/// A terminal to draw on; output goes out in one write a frame.
pub(super) fn open() -> io::Result<Tui> {
    // Never dropped: it would show the cursor, which is done here for every end, and where the terminal is gone
    // it would say so on a standard error that is gone too, which is a panic.
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, io::stdout())))
        .map(|screen| Tui(ManuallyDrop::new(screen)))
}

/// Whether the terminal has gone: its other end is closed.
pub(super) fn gone() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = io::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&now)).is_ok_and(|_| watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR))
}

/// Drops what was typed at the terminal and not read yet, so that it answers no question that comes after it.
pub fn forget_typed() {
    // Where that fails there is no terminal, and nothing is asked there.
    let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
}

/// Whether more was typed at the terminal than was read, or is within this time.
pub fn typed_more(within: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = io::stdin();
    let mut watched = [PollFd::new(&stdin, PollFlags::IN)];
    let within = Timespec::try_from(within).unwrap_or(Timespec { tv_sec: 0, tv_nsec: 0 });
    poll(&mut watched, Some(&within)).is_ok_and(|_| watched[0].revents().contains(PollFlags::IN))
}

/// Whether the terminal can be drawn on: one that calls itself `dumb` (a shell in Emacs, a log of CI) or
/// `unknown` cannot move its cursor, and of one without a name nothing is known.
pub fn drawable() -> bool {
    std::env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb" && name != "unknown")
}

/// How many cells the terminal gives to a sign of ambiguous width: it is printed, and the cursor's
/// column is asked for. `None` where the terminal does not answer. Only before input is read.
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

/// The terminal's size as columns and rows.
pub(super) fn size() -> Option<(u16, u16)> {
    terminal::size().ok()
}
