//! The terminal's input as events: a thread that waits for bytes and lets crossterm read them.
//!
//! crossterm's own waiting spins when the terminal has gone (crossterm issue 793), so this thread
//! waits on the descriptor itself and looks for the hang-up before it lets crossterm read. Its feature
//! `use-dev-tty` is on for the way in which it reads then: without it, crossterm asks the system once whether
//! there are bytes, and forgets them where the window took another size in the same moment.

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
    /// Something for the app, and when it came.
    Event(Instant, Event),
    /// The terminal is gone.
    Gone,
}

/// The most messages of the terminal that wait for the app.
const WAITING: usize = 64;
/// crossterm reads nothing when it is given no time at all. With bytes there it takes none of this.
const MOMENT: Duration = Duration::from_millis(20);
/// The same where no byte came and nothing is to be expected. crossterm spins through what is less than a millisecond of the
/// time it is given.
const GLANCE: Duration = Duration::from_micros(200);
/// The thread looks at least this often, though bytes, a hang-up and the end of the session wake it: crossterm may hold back
/// what it has read for longer than [`SOON_FOR`]. A change of the window's size does not need it: that is a signal of its own.
const LOOK: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };
/// And this often for a while after something came.
const SOON: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
/// So many times. What came in one piece is handed out one by one, and where this thread is held up for longer
/// than [`MOMENT`] crossterm says that there is nothing more: the rest then waits without a byte from the
/// terminal that would tell of it.
const SOON_FOR: u8 = 25;

/// The running thread. When it is dropped nothing is read any more: what is typed from then on is for
/// whoever has the terminal next.
pub(super) struct Reading {
    /// Closed to end the thread, which waits for that too.
    stop: Option<OwnedFd>,
    /// Closed first: the thread may wait for room.
    keys: mpsc::Receiver<FromTerminal>,
    /// Its other end goes with the thread.
    ended: std::sync::mpsc::Receiver<()>,
}

impl Reading {
    /// The next of what the terminal said.
    pub(super) async fn recv(&mut self) -> Option<FromTerminal> {
        self.keys.recv().await
    }

    /// The next message if it is there already.
    pub(super) fn try_recv(&mut self) -> Option<FromTerminal> {
        self.keys.try_recv().ok()
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.keys.close();
        drop(self.stop.take());
        // Not for ever: in the middle of an escape sequence crossterm waits for its end.
        let _ = self.ended.recv_timeout(5 * MOMENT);
    }
}

/// Starts the thread that reads keys, pastes and the mouse from the terminal.
pub(super) fn start() -> std::io::Result<Reading> {
    let (out, keys) = mpsc::channel(WAITING);
    let (stopped, stop) = rustix::pipe::pipe()?;
    let (running, ended) = std::sync::mpsc::sync_channel(0);
    std::thread::Builder::new().name("terminal input".into()).stack_size(256 * 1024).spawn(move || {
        let _running = running;
        let mut soon = 0;
        loop {
            let waited = wait(&stopped, if soon > 0 { &SOON } else { &LOOK });
            match waited {
                // Without a byte, too: what crossterm held back, and its own event for a change of the window's size, which the
                // signal has told of before.
                Waited::Bytes | Waited::Nothing => match read_all(&out, time_to_read(&waited, soon)) {
                    Read::Some => soon = SOON_FOR,
                    Read::Nothing => soon = soon.saturating_sub(1),
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
    Ok(Reading { stop: Some(stop), keys, ended })
}

/// How long crossterm may wait for the first event.
fn time_to_read(waited: &Waited, soon: u8) -> Duration {
    if soon == 0 && matches!(waited, Waited::Nothing) { GLANCE } else { MOMENT }
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
                // Some systems cannot poll terminal devices: crossterm's own waiting is the fallback.
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

/// Reads what is there, and waits so long for the first of it.
fn read_all(out: &mpsc::Sender<FromTerminal>, first: Duration) -> Read {
    let mut read = Read::Nothing;
    let mut time = first;
    loop {
        match term::poll(time) {
            Ok(more) if out.is_closed() => {
                forget(more);
                return Read::Ended;
            }
            Ok(true) => (read, time) = (Read::Some, MOMENT),
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
            forget(term::poll(GLANCE).unwrap_or(false));
            return Read::Ended;
        }
    }
}

/// Takes what crossterm has read already, which would be keys of the screen that comes back.
fn forget(mut more: bool) {
    while more && term::read().is_ok() {
        more = term::poll(GLANCE).unwrap_or(false);
    }
}

/// crossterm's event as the app's; none for what the app does not know.
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
