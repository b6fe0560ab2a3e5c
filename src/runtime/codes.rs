//! MFA codes: who is asked for one. At a terminal its user is, on the screen a window asks, and a script has given one.

use super::raw::asking;
use crate::app::event::{Event, MfaRequest};
use crate::aws::mfa::{Asker, Question, ask_through};
use crate::model::parameters::Value;
use crate::model::text::harmless;
use futures_util::FutureExt as _;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// The question that was asked last: its number, and who waits for the answer.
#[derive(Debug, Default)]
struct Asked {
    number: u64,
    waiting: Option<oneshot::Sender<Option<Value>>>,
}

/// Questions that the screen answers, one at a time. One whose asker has gone, as with another environment, is followed by the next
/// before its answer comes: that is not the next one's.
#[derive(Debug, Default, Clone)]
pub struct Codes(Arc<Mutex<Asked>>);

impl Codes {
    /// From now on the screen is asked, through its events.
    pub fn on_screen(events: mpsc::Sender<Event>) -> Self {
        let codes = Self::default();
        let asked = codes.clone();
        ask_through(Asker::new(move |question| {
            let (events, asked) = (events.clone(), asked.clone());
            async move {
                let (number, answer) = asked.begin();
                let Question { profile, serial, again } = question;
                events.send(Event::MfaRequest(MfaRequest { number, profile, serial, again })).await.ok()?;
                answer.await.ok().flatten()
            }
            .boxed()
        }));
        codes
    }

    /// A question begins: its number, and its answer.
    fn begin(&self) -> (u64, oneshot::Receiver<Option<Value>>) {
        let (sender, answer) = oneshot::channel();
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.number += 1;
        asked.waiting = Some(sender);
        (asked.number, answer)
    }

    /// Gives the code that was typed for a question, or none if nobody answers.
    pub fn answer(&self, question: u64, code: Option<Value>) {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if question == asked.number
            && let Some(waiting) = asked.waiting.take()
        {
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
        let ask = move || asking(|| typed(&question)).ok().flatten();
        async move { tokio::task::spawn_blocking(ask).await.ok().flatten() }.boxed()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_to_a_question_that_was_left_is_not_that_of_the_next() {
        let codes = Codes::default();
        let (left, answer) = codes.begin();
        drop(answer);
        let (next, answer) = codes.begin();
        // The window of the one that was left closes only now.
        codes.answer(left, None);
        codes.answer(next, Some(Value::new("271828")));
        assert_eq!(answer.await.unwrap(), Some(Value::new("271828")));
    }
}
