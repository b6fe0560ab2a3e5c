//! The screen steps aside: a shell in a container or the person's own editor has the terminal, and what goes on goes on undrawn.

use super::{Editing, Ended, Run};
use crate::app::event::{Answer, Event, Notice};
use crate::app::operation::call::{Answered, CallId, Program};
use crate::app::tunnels::state::ShellPlan;
use crate::feeds::part::Part;
use crate::feeds::queries;
use crate::model::sql::interpreter::Edited;
use crate::model::{Failure, FailureKind};
use crate::runtime::aside::{Aside, Left};
use crate::runtime::editor;
use crate::runtime::files;
use crate::runtime::input::{self, Reading};
use crate::runtime::link::has_shell;
use crate::runtime::process;
use crate::runtime::signals::{Sent, Signals};
use crate::runtime::terminal;
use rustix::process::{Signal, kill_current_process_group};
use std::io;
use tokio::time::Instant;

impl Run<'_> {
    /// Whether something else is to have the terminal.
    pub(super) fn gives_way(&self) -> bool {
        self.aside.is_some() || self.editing.is_some() || self.program.is_some()
    }

    /// Steps aside for a shell, an editor or a program that is to have the terminal.
    pub(super) async fn give_way(
        &mut self,
        keys: &mut Option<Reading>,
        signals: &mut Signals,
    ) -> io::Result<Option<Ended>> {
        if let Some(plan) = self.aside.take()
            && let Some(ended) = self.step_aside(*plan, keys, signals).await?
        {
            return Ok(Some(ended));
        }
        if let Some(editing) = self.editing.take()
            && let Some(ended) = self.edit(editing, keys, signals).await?
        {
            return Ok(Some(ended));
        }
        if let Some(program) = self.program.take()
            && let Some(ended) = self.foreground(program, keys, signals).await?
        {
            return Ok(Some(ended));
        }
        Ok(None)
    }

    /// Gives the terminal to a shell in a container, and takes it again when that has ended.
    async fn step_aside(
        &mut self,
        plan: ShellPlan,
        keys: &mut Option<Reading>,
        signals: &mut Signals,
    ) -> io::Result<Option<Ended>> {
        let Some(session) = self.ring.executor.session() else { return Ok(None) };
        // Dropped, it reads nothing any more: what is typed is the shell's.
        *keys = None;
        terminal::give_back();
        let told = |failure: Failure| Left { bad: true, text: format!("no shell: {failure}") };
        let left = match Aside::open(session, plan).await {
            Ok(mut aside) => {
                // Only while it is being opened does Ctrl-C end it: later the key is the shell's.
                let over = async {
                    while !aside.turn().await? {}
                    Ok(())
                };
                let ended = self.beside(over, signals, true).await;
                let left = aside.close().await;
                if let Some(ended) = ended? {
                    return Ok(Some(ended));
                }
                left
            }
            Err(failure) => told(failure),
        };
        self.retake()?;
        *keys = Some(input::start()?);
        self.update(Event::Notice(Notice { error: left.bad, text: left.text }))
    }

    /// Gives the terminal to the person's own editor, and takes it again when that has ended.
    async fn edit(
        &mut self,
        (ticket, what, line): Editing,
        keys: &mut Option<Reading>,
        signals: &mut Signals,
    ) -> io::Result<Option<Ended>> {
        *keys = None;
        terminal::give_back();
        let mut text = Err("the editor was left".to_owned());
        let over = async {
            let path;
            let what = match &what {
                Edited::Text(text) => editor::What::Text("query.sql", text),
                Edited::File(typed) => {
                    path = files::named(typed);
                    editor::What::File(&path)
                }
            };
            text = editor::edit(editor::OF_SQL, what, line).await.map_err(|why| why.to_string());
            Ok(())
        };
        // Ctrl-C reaches the editor by itself.
        let ended = self.beside(over, signals, false).await?;
        if ended.is_some() {
            return Ok(ended);
        }
        self.retake()?;
        *keys = Some(input::start()?);
        let part = Part::Last(queries::Fact::Text(text)).into();
        self.update(Event::Answer(Answer { ticket, requests: 0, part }))
    }

    /// Gives the terminal to a program, and takes it again when that has ended.
    async fn foreground(
        &mut self,
        (id, program): (CallId, Program),
        keys: &mut Option<Reading>,
        signals: &mut Signals,
    ) -> io::Result<Option<Ended>> {
        *keys = None;
        terminal::give_back();
        let mut outcome = Err(Failure::new(FailureKind::Other, "it was left"));
        let over = async {
            outcome = Box::pin(process::run(program, |_| {})).await;
            Ok(())
        };
        // Ctrl-C reaches the program by itself.
        let ended = self.beside(over, signals, false).await?;
        if ended.is_some() {
            return Ok(ended);
        }
        self.retake()?;
        *keys = Some(input::start()?);
        self.update(Event::Reply(id, Box::new(Answered::new(outcome))))
    }

    /// Runs the loop while another program has the terminal; returns why the session ended meanwhile, if it did.
    async fn beside(
        &mut self,
        over: impl Future<Output = io::Result<()>>,
        signals: &mut Signals,
        interrupts: bool,
    ) -> io::Result<Option<Ended>> {
        let mut over = std::pin::pin!(over);
        let mut due = Instant::now() + self.until_tick();
        loop {
            let event = tokio::select! {
                biased;
                first = signal_first(signals.next(), &mut over) => match first {
                    Ok(over) => return over.map(|()| None),
                    Err(Sent::Hangup) => return Ok(Some(Ended::Signal(1))),
                    Err(Sent::Terminate) => return Ok(Some(Ended::Signal(15))),
                    Err(Sent::Interrupt) if interrupts => return Ok(None),
                    Err(Sent::Stop) if !interrupts && has_shell() => {
                        // The program has stopped by the same key: the shell takes the terminal where all of the group have.
                        kill_current_process_group(Signal::STOP)?;
                        continue;
                    }
                    Err(Sent::Interrupt | Sent::Stop) => continue,
                },
                event = self.ring.next() => event,
                () = tokio::time::sleep_until(due) => {
                    due = Instant::now() + self.until_tick();
                    None
                }
            };
            if let Some(ended) = self.update(Event::Tick(self.ring.now()))? {
                return Ok(Some(ended));
            }
            if let Some(event) = event
                && let Some(ended) = self.update(event)?
            {
                return Ok(Some(ended));
            }
        }
    }
}

/// The end of what has the terminal, or a signal that came until then. One that reached both and ended that would else be left for the
/// screen, and end it.
async fn signal_first<S, O>(signal: impl Future<Output = S>, over: impl Future<Output = O>) -> Result<O, S> {
    tokio::select! {
        biased;
        signal = signal => Err(signal),
        over = over => Ok(over),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test]
    async fn a_signal_that_has_ended_a_program_too_is_not_left_for_the_screen() {
        for _ in 0..100 {
            assert_eq!(signal_first(ready("signal"), ready("over")).await, Err("signal"));
        }
        assert_eq!(signal_first(pending::<()>(), ready("over")).await, Ok("over"));
    }
}
