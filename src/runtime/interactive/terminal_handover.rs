//! Gives the terminal to a shell in a container, the person's editor or a program, while everything else continues undrawn.

use super::{Editing, Ended, Run};
use crate::app::event::{Answer, Event, Notice};
use crate::app::operation::call::{CallId, CallResult, Program};
use crate::app::tunnels::state::ShellPlan;
use crate::feeds::part::Part;
use crate::feeds::queries;
use crate::model::sql::interpreter::Edited;
use crate::model::{Failure, FailureKind};
use crate::runtime::browser::has_shell;
use crate::runtime::editor;
use crate::runtime::files;
use crate::runtime::input::{self, InputThread};
use crate::runtime::process;
use crate::runtime::signals::{SessionSignal, Signals};
use crate::runtime::suspended_screen::{OpenShell, ShellEnd};
use crate::runtime::terminal;
use rustix::process::{Signal, kill_current_process_group};
use std::io;
use tokio::time::Instant;

impl Run<'_> {
    /// Whether something else should get the terminal.
    pub(super) fn gives_way(&self) -> bool {
        self.aside.is_some() || self.editing.is_some() || self.program.is_some()
    }

    /// Gives the terminal to the shell, editor or program that should get it.
    pub(super) async fn give_way(
        &mut self,
        keys: &mut Option<InputThread>,
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

    /// Gives the terminal to a shell in a container, and takes it again when the shell has ended.
    async fn step_aside(
        &mut self,
        plan: ShellPlan,
        keys: &mut Option<InputThread>,
        signals: &mut Signals,
    ) -> io::Result<Option<Ended>> {
        let Some(session) = self.event_loop.executor.session() else { return Ok(None) };
        // Dropping it stops reading input, which is now for the shell.
        *keys = None;
        terminal::restore();
        let failed = |failure: Failure| ShellEnd { failed: true, text: format!("no shell: {failure}") };
        let left = match OpenShell::open(session, plan).await {
            Ok(mut aside) => {
                // Ctrl-C ends it only while it is being opened; later the key is for the shell.
                let over = async {
                    while !aside.turn().await? {}
                    Ok(())
                };
                let ended = self.run_while(over, signals, true).await;
                let left = aside.close().await;
                if let Some(ended) = ended? {
                    return Ok(Some(ended));
                }
                left
            }
            Err(failure) => failed(failure),
        };
        self.retake()?;
        *keys = Some(input::start()?);
        self.update(Event::Notice(Notice { error: left.failed, text: left.text }))
    }

    /// Gives the terminal to the person's own editor, and takes it again when the editor has ended.
    async fn edit(
        &mut self,
        (ticket, what, line): Editing,
        keys: &mut Option<InputThread>,
        signals: &mut Signals,
    ) -> io::Result<Option<Ended>> {
        *keys = None;
        terminal::restore();
        let mut text = Err("the editor was left".to_owned());
        let over = async {
            let path;
            let what = match &what {
                Edited::Text(text) => editor::EditTarget::Text("query.sql", text),
                Edited::File(path_text) => {
                    path = files::expand_path(path_text);
                    editor::EditTarget::File(&path)
                }
            };
            text = editor::edit(editor::SQL_EDITORS, what, line).await.map_err(|why| why.to_string());
            Ok(())
        };
        // The terminal sends Ctrl-C to the editor directly.
        let ended = self.run_while(over, signals, false).await?;
        if ended.is_some() {
            return Ok(ended);
        }
        self.retake()?;
        *keys = Some(input::start()?);
        let part = Part::Last(queries::Fact::Text(text)).into();
        self.update(Event::Answer(Answer { ticket, requests: 0, part }))
    }

    /// Gives the terminal to a program, and takes it again when the program has ended.
    async fn foreground(
        &mut self,
        (id, program): (CallId, Program),
        keys: &mut Option<InputThread>,
        signals: &mut Signals,
    ) -> io::Result<Option<Ended>> {
        *keys = None;
        terminal::restore();
        let mut outcome = Err(Failure::new(FailureKind::Other, "it was left"));
        let over = async {
            outcome = Box::pin(process::run(program, |_| {})).await;
            Ok(())
        };
        // The terminal sends Ctrl-C to the program directly.
        let ended = self.run_while(over, signals, false).await?;
        if ended.is_some() {
            return Ok(ended);
        }
        self.retake()?;
        *keys = Some(input::start()?);
        self.update(Event::Reply(id, Box::new(CallResult::new(outcome))))
    }

    /// Runs the loop while another program has the terminal; returns why the session ended meanwhile, if it did.
    async fn run_while(
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
                    Err(SessionSignal::Hangup) => return Ok(Some(Ended::Signal(1))),
                    Err(SessionSignal::Terminate) => return Ok(Some(Ended::Signal(15))),
                    Err(SessionSignal::Interrupt) if interrupts => return Ok(None),
                    Err(SessionSignal::Stop) if !interrupts && has_shell() => {
                        // The same key has stopped the program. The shell takes the terminal once the whole group has stopped.
                        kill_current_process_group(Signal::STOP)?;
                        continue;
                    }
                    Err(SessionSignal::Interrupt | SessionSignal::Stop) => continue,
                },
                event = self.event_loop.next() => event,
                () = tokio::time::sleep_until(due) => {
                    due = Instant::now() + self.until_tick();
                    None
                }
            };
            if let Some(ended) = self.update(Event::Tick(self.event_loop.now()))? {
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

/// Returns the result of the program that has the terminal, or a signal that arrived before. A signal that reached both and ended
/// the program comes first: otherwise it would be left for the screen, and end it.
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
    async fn signal_that_also_ended_the_program_is_consumed() {
        for _ in 0..100 {
            assert_eq!(signal_first(ready("signal"), ready("over")).await, Err("signal"));
        }
        assert_eq!(signal_first(pending::<()>(), ready("over")).await, Ok("over"));
    }
}
