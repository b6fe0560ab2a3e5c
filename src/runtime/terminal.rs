//! The terminal: taken over and, whatever happens, given back as it was.

use crossterm::{cursor, event, execute, terminal};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// A terminal to draw on.
pub(super) type Tui = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

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

    /// After a suspension.
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
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, io::stdout())))
}

/// Whether the terminal has gone: its other end is closed.
pub(super) fn gone() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = io::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&now)).is_ok_and(|_| watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR))
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
