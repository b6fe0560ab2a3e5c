//! MFA codes and where they come from: a prompt at the terminal, a window on the screen, or an option of the command.

use super::raw_terminal::with_prompt;
use crate::app::event::{Event, MfaRequest};
use crate::aws::mfa::{CodePrompt, CodeRequest, set_code_prompt};
use crate::model::parameters::Value;
use crate::model::text::sanitize;
use futures_util::FutureExt as _;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// The latest question: its number, and the channel that waits for its answer.
#[derive(Debug, Default)]
struct Pending {
    number: u64,
    sender: Option<oneshot::Sender<Option<Value>>>,
}

/// Questions that the screen answers, one at a time. If the asker of one is gone, for example after a switch of environment, the
/// next question may begin before its answer arrives; that answer must not be taken for the next question's.
#[derive(Debug, Default, Clone)]
pub struct CodeQueue(Arc<Mutex<Pending>>);

impl CodeQueue {
    /// Routes questions to the screen from now on, through its events.
    pub fn prompt_on_screen(events: mpsc::Sender<Event>) -> Self {
        let codes = Self::default();
        let pending = codes.clone();
        set_code_prompt(CodePrompt::new(move |question| {
            let (events, pending) = (events.clone(), pending.clone());
            async move {
                let (number, answer) = pending.begin();
                let CodeRequest { profile, serial, retry_reason: again } = question;
                events
                    .send(Event::MfaRequest(MfaRequest { number, profile, serial, retry_reason: again }))
                    .await
                    .ok()?;
                answer.await.ok().flatten()
            }
            .boxed()
        }));
        codes
    }

    /// Begins a question; returns its number and the receiver of its answer.
    fn begin(&self) -> (u64, oneshot::Receiver<Option<Value>>) {
        let (sender, answer) = oneshot::channel();
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pending.number += 1;
        pending.sender = Some(sender);
        (pending.number, answer)
    }

    /// Answers a question with the code that was typed, or `None` if nobody answers.
    pub fn answer(&self, question: u64, code: Option<Value>) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if question == pending.number
            && let Some(sender) = pending.sender.take()
        {
            // The asker may be gone.
            let _ = sender.send(code);
        }
    }
}

/// Answers the next question with this code from now on. A code is valid only once.
pub fn use_code(code: String) {
    let code = Mutex::new(Some(Value::new(code)));
    set_code_prompt(CodePrompt::new(move |_| {
        let code = code.lock().unwrap_or_else(PoisonError::into_inner).take();
        std::future::ready(code).boxed()
    }));
}

/// Routes questions to the terminal from now on, if there is one.
pub fn prompt_at_terminal() {
    set_code_prompt(CodePrompt::new(|question| {
        let ask = move || with_prompt(|| prompt(&question)).ok().flatten();
        async move { tokio::task::spawn_blocking(ask).await.ok().flatten() }.boxed()
    }));
}

/// Discards input that was typed at the terminal and not read yet.
fn discard_typed(terminal: &File) {
    // It fails only if this is no terminal, and then nothing was typed.
    let _ = rustix::termios::tcflush(terminal, rustix::termios::QueueSelector::IFlush);
}

/// Asks at the terminal itself, whatever standard input and output are: a code belongs in neither.
fn prompt(question: &CodeRequest) -> io::Result<Option<Value>> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    match &question.retry_reason {
        Some(why) => writeln!(terminal, "{}", sanitize(why))?,
        // Input typed before the question does not answer it. A repeated question is expected, so input typed early is meant
        // for it.
        None => discard_typed(&terminal),
    }
    write!(terminal, "MFA code of {} for profile {}: ", sanitize(&question.serial), sanitize(&question.profile))?;
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
    async fn answer_to_abandoned_question_does_not_answer_the_next() {
        let codes = CodeQueue::default();
        let (abandoned, answer) = codes.begin();
        drop(answer);
        let (next, answer) = codes.begin();
        // The window of the abandoned question closes only now.
        codes.answer(abandoned, None);
        codes.answer(next, Some(Value::new("271828")));
        assert_eq!(answer.await.unwrap(), Some(Value::new("271828")));
    }
}
