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
use std::time::Duration;
use tokio::sync::mpsc;

/// What the thread tells.
#[derive(Debug)]
pub(super) enum FromTerminal {
    /// Something for the app.
    Event(Event),
    /// The terminal is gone.
    Gone,
}

/// crossterm reads nothing when it is given no time at all. With bytes there it takes none of this.
const MOMENT: Duration = Duration::from_millis(20);
/// The thread looks for a hang-up at least this often.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 500_000_000 };

/// Starts the thread.
pub(super) fn start(out: mpsc::Sender<FromTerminal>) -> std::io::Result<()> {
    std::thread::Builder::new().name("terminal input".into()).stack_size(256 * 1024).spawn(move || {
        loop {
            match wait() {
                Waited::Bytes => {
                    if !read_all(&out) {
                        return;
                    }
                }
                // A change of the window's size waits in crossterm without a byte from the terminal.
                Waited::Nothing => {
                    if out.is_closed() || !read_all(&out) {
                        return;
                    }
                }
                Waited::Gone => {
                    let _ = out.blocking_send(FromTerminal::Gone);
                    return;
                }
            }
        }
    })?;
    Ok(())
}

enum Waited {
    Bytes,
    Nothing,
    Gone,
}

fn wait() -> Waited {
    let stdin = std::io::stdin();
    let mut watched = [PollFd::new(&stdin, PollFlags::IN)];
    match poll(&mut watched, Some(&LOOK)) {
        Ok(_) => {
            let seen = watched[0].revents();
            if seen.intersects(PollFlags::HUP | PollFlags::ERR) {
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

/// Reads what is there; false when nobody listens any more or the terminal is gone.
fn read_all(out: &mpsc::Sender<FromTerminal>) -> bool {
    loop {
        match term::poll(MOMENT) {
            Ok(true) => {}
            Ok(false) => return true,
            Err(_) => {
                let _ = out.blocking_send(FromTerminal::Gone);
                return false;
            }
        }
        let Ok(event) = term::read() else {
            let _ = out.blocking_send(FromTerminal::Gone);
            return false;
        };
        if let Some(event) = translate(event)
            && out.blocking_send(FromTerminal::Event(event)).is_err()
        {
            return false;
        }
    }
}

/// crossterm's event as the app's; none for what the app does not know.
fn translate(event: term::Event) -> Option<Event> {
    Some(match event {
        term::Event::Key(key) if key.kind != KeyEventKind::Release => {
            Event::Key(translate_key(key.code, key.modifiers)?)
        }
        term::Event::Key(_) => return None,
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
