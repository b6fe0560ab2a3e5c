//! The terminal's input as events: a thread that waits for bytes and has crossterm read them.
//!
//! crossterm's own waiting spins when the terminal is gone (crossterm issue 793), so this thread polls the descriptor itself and
//! checks for the hang-up before crossterm reads. crossterm's feature `use-dev-tty` is enabled for its way of reading: without
//! it, crossterm asks the system once whether there are bytes, and loses them if the window changes its size at the same
//! moment.

use crate::app::event::{Event, Mouse};
use crate::model::key::{Code, Key};
use crossterm::event::{self as term, KeyCode, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// A message of the input thread.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a few wait at a time")]
pub(super) enum FromTerminal {
    /// An event for the app, and when it arrived.
    Event(Instant, Event),
    /// The terminal is gone.
    Gone,
}

/// Capacity for messages that wait for the app.
const WAITING: usize = 64;
/// The time limit for crossterm to read an event. With a limit of zero it reads nothing; with bytes available it takes no time.
const READ_LIMIT: Duration = Duration::from_millis(20);
/// The same limit when no byte arrived and none is expected. crossterm busy-waits during the part of its limit that is below a
/// millisecond.
const IDLE_READ_LIMIT: Duration = Duration::from_micros(200);
/// The longest wait between two reads. Bytes, a hang-up and the end of the session wake the thread; the limit is needed because
/// crossterm may hold back input for longer than [`BUSY_POLLS`] waits. A change of the window's size is signalled
/// separately.
const IDLE_WAIT: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };
/// The longest wait for a while after an event arrived.
const BUSY_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
/// The number of such waits. Events that arrived together are read one by one, and if this thread is delayed for longer than
/// [`READ_LIMIT`], crossterm reports that there are no more. The rest then waits in crossterm, without a byte from the
/// terminal to wake the thread.
const BUSY_POLLS: u8 = 25;

/// The running thread. Dropping it stops reading, so that later input goes to the next owner of the terminal.
pub(super) struct InputThread {
    /// Closing it ends the thread, which polls it too.
    stop: Option<OwnedFd>,
    /// Closed first, because the thread may be waiting for capacity.
    keys: mpsc::Receiver<FromTerminal>,
    /// Disconnected when the thread has ended.
    ended: std::sync::mpsc::Receiver<()>,
}

impl InputThread {
    /// Returns the next message of the terminal.
    pub(super) async fn recv(&mut self) -> Option<FromTerminal> {
        self.keys.recv().await
    }

    /// Returns the next message if it has arrived already.
    pub(super) fn try_recv(&mut self) -> Option<FromTerminal> {
        self.keys.try_recv().ok()
    }
}

impl Drop for InputThread {
    fn drop(&mut self) {
        self.keys.close();
        drop(self.stop.take());
        // With a limit: in the middle of an escape sequence crossterm waits for its end.
        let _ = self.ended.recv_timeout(5 * READ_LIMIT);
    }
}

/// Starts the thread that reads keys, pastes and the mouse from the terminal.
pub(super) fn start() -> std::io::Result<InputThread> {
    let (out, keys) = mpsc::channel(WAITING);
    let (stopped, stop) = rustix::pipe::pipe()?;
    let (running, ended) = std::sync::mpsc::sync_channel(0);
    std::thread::Builder::new().name("terminal input".into()).stack_size(256 * 1024).spawn(move || {
        let _running = running;
        let mut busy_polls = 0;
        loop {
            let waited = wait(&stopped, if busy_polls > 0 { &BUSY_WAIT } else { &IDLE_WAIT });
            match waited {
                // Also without a byte: crossterm may hold back input, or have its own event for a change of the window's size,
                // which the signal has reported already.
                Waited::Bytes | Waited::Nothing => match read_all(&out, time_to_read(&waited, busy_polls)) {
                    Read::Some => busy_polls = BUSY_POLLS,
                    Read::Nothing => busy_polls = busy_polls.saturating_sub(1),
                    Read::Ended => return,
                },
                Waited::Stopped => return,
                Waited::Gone => {
                    let _ = out.blocking_send(FromTerminal::Gone);
                    return;
                }
            }
        }
    })?;
    Ok(InputThread { stop: Some(stop), keys, ended })
}

/// Returns how long crossterm may wait for the first event.
fn time_to_read(waited: &Waited, busy_polls: u8) -> Duration {
    if busy_polls == 0 && matches!(waited, Waited::Nothing) { IDLE_READ_LIMIT } else { READ_LIMIT }
}

enum Waited {
    Bytes,
    Nothing,
    Stopped,
    Gone,
}

fn wait(stopped: &OwnedFd, longest: &Timespec) -> Waited {
    let stdin = std::io::stdin();
    let mut watched = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(stopped, PollFlags::empty())];
    match poll(&mut watched, Some(longest)) {
        Ok(_) => {
            let seen = watched[0].revents();
            if !watched[1].revents().is_empty() {
                Waited::Stopped
            } else if seen.intersects(PollFlags::HUP | PollFlags::ERR) {
                Waited::Gone
            } else if seen.contains(PollFlags::NVAL) {
                // Some systems cannot poll terminal devices; crossterm's own waiting is the fallback.
                match term::poll(Duration::from_millis(500)) {
                    Ok(true) => Waited::Bytes,
                    Ok(false) => Waited::Nothing,
                    Err(_) => Waited::Gone,
                }
            } else if seen.contains(PollFlags::IN) {
                Waited::Bytes
            } else {
                Waited::Nothing
            }
        }
        Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Waited::Nothing,
        Err(_) => Waited::Gone,
    }
}

enum Read {
    Some,
    Nothing,
    /// Nobody listens any more, or the terminal is gone.
    Ended,
}

/// Reads all available events; `first` is the limit for the first of them.
fn read_all(out: &mpsc::Sender<FromTerminal>, first: Duration) -> Read {
    let mut read = Read::Nothing;
    let mut time = first;
    loop {
        match term::poll(time) {
            Ok(available) if out.is_closed() => {
                discard(available);
                return Read::Ended;
            }
            Ok(true) => (read, time) = (Read::Some, READ_LIMIT),
            Ok(false) => return read,
            Err(_) => {
                let _ = out.blocking_send(FromTerminal::Gone);
                return Read::Ended;
            }
        }
        let Ok(event) = term::read() else {
            let _ = out.blocking_send(FromTerminal::Gone);
            return Read::Ended;
        };
        if let Some(event) = translate(event)
            && out.blocking_send(FromTerminal::Event(Instant::now(), event)).is_err()
        {
            discard(term::poll(IDLE_READ_LIMIT).unwrap_or(false));
            return Read::Ended;
        }
    }
}

/// Discards input that crossterm has read already, which would otherwise be keys for the screen when it comes back.
fn discard(mut available: bool) {
    while available && term::read().is_ok() {
        available = term::poll(IDLE_READ_LIMIT).unwrap_or(false);
    }
}

/// Converts crossterm's event to the app's; `None` if the app does not use it.
fn translate(event: term::Event) -> Option<Event> {
    Some(match event {
        term::Event::Key(key) => {
            let pressed = translate_key(key.code, key.modifiers)?;
            match key.kind {
                KeyEventKind::Press => Event::Key(pressed),
                KeyEventKind::Repeat => Event::Held(pressed),
                KeyEventKind::Release => return None,
            }
        }
        term::Event::Paste(text) => Event::Paste(text),
        term::Event::Resize(columns, rows) => Event::Resize(columns, rows),
        term::Event::FocusGained => Event::Focus(true),
        term::Event::FocusLost => Event::Focus(false),
        term::Event::Mouse(mouse) => Event::Mouse(match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Mouse::Click(mouse.column, mouse.row),
            MouseEventKind::ScrollUp => Mouse::WheelUp(mouse.column, mouse.row),
            MouseEventKind::ScrollDown => Mouse::WheelDown(mouse.column, mouse.row),
            _ => return None,
        }),
    })
}

fn translate_key(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
    let code = match code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => Code::BackTab,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(number) => Code::F(number),
        _ => return None,
    };
    Some(Key { code, ctrl: modifiers.contains(KeyModifiers::CONTROL), alt: modifiers.contains(KeyModifiers::ALT) })
}
