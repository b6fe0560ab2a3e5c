//! MFA codes: who is asked for one. At a terminal its user is, on the screen a window asks, and a script has given one.

use crate::app::event::{Event, MfaRequest};
use crate::aws::mfa::{Asker, Question, ask_through};
use crate::model::parameters::Value;
use crate::model::text::harmless;
use futures_util::FutureExt as _;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// The question that waits for an answer.
type Waiting = Arc<Mutex<Option<oneshot::Sender<Option<Value>>>>>;

/// Questions that the screen answers.
#[derive(Debug, Default)]
pub struct Codes(Waiting);

impl Codes {
    /// From now on the screen is asked, through its events.
    pub fn on_screen(events: mpsc::Sender<Event>) -> Self {
        let waiting = Waiting::default();
        let asked = Arc::clone(&waiting);
        ask_through(Asker::new(move |question| {
            let (events, waiting) = (events.clone(), Arc::clone(&asked));
            async move {
                let (sender, answer) = oneshot::channel();
                *waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
                let Question { profile, serial, again } = question;
                events.send(Event::MfaRequest(MfaRequest { profile, serial, again })).await.ok()?;
                answer.await.ok().flatten()
            }
            .boxed()
        }));
        Self(waiting)
    }

    /// Gives the code that was typed, or none if nobody answers.
    pub fn answer(&self, code: Option<Value>) {
        if let Some(waiting) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Who asked may have gone.
            let _ = waiting.send(code);
        }
    }
}

/// From now on this code is given, once: it is good for one question.
pub fn given(code: String) {
    let code = Mutex::new(Some(Value::new(code)));
    ask_through(Asker::new(move |_| {
        let code = code.lock().unwrap_or_else(PoisonError::into_inner).take();
        std::future::ready(code).boxed()
    }));
}

/// From now on the terminal is asked, where there is one.
pub fn at_terminal() {
    ask_through(Asker::new(|question| {
        async move { tokio::task::spawn_blocking(move || typed(&question).ok().flatten()).await.ok().flatten() }.boxed()
    }));
}

/// Drops what was typed at a terminal and not read yet.
fn forget(terminal: &File) {
    // Where that fails it is no terminal, and nothing was typed.
    let _ = rustix::termios::tcflush(terminal, rustix::termios::QueueSelector::IFlush);
}

/// The terminal itself, whatever standard input and output are: a code is no part of either.
fn typed(question: &Question) -> io::Result<Option<Value>> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    match &question.again {
        Some(why) => writeln!(terminal, "{}", harmless(why))?,
        // What was typed before the question is no answer to it; a code that is asked for again is expected, and what was
        // typed at once is for it.
        None => forget(&terminal),
    }
    write!(terminal, "MFA code of {} for profile {}: ", harmless(&question.serial), harmless(&question.profile))?;
    terminal.flush()?;
    let mut line = String::new();
    BufReader::new(terminal).read_line(&mut line)?;
    let code = line.trim();
    Ok((!code.is_empty()).then(|| Value::new(code)))
}
