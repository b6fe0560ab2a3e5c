//! The fate of a run when the command that follows it is to end.

use super::driving::{Following, prompts};
use crate::cli::{ExitCode, Report};
use crate::commands::say::say;
use crate::commands::waits::over;
use crate::infra::run::folder;
use crate::model::infra::run_event::RequestKind;
use crate::runtime::stop::{StopSignal, StopSignals};
use std::io::{self, BufRead as _, Write as _};
use std::time::Duration;

/// The interval between two looks at what happened.
const LOOK: Duration = Duration::from_millis(10);

/// The choice of what becomes of the run.
enum Choice {
    /// It goes on without this command.
    Detach,
    /// It is asked to stop.
    Cancel,
    /// It is followed on: that was said, or it ended meanwhile.
    Wait,
    /// `--timeout` was up before there was an answer.
    TimeIsUp,
}

impl Following<'_> {
    /// Somebody wants this command to end: what changes nothing is cancelled with it, unless others may wait for it, and what
    /// changes something goes on unless that is said.
    pub(super) async fn stop(
        &mut self,
        stop: StopSignal,
        stops: &mut StopSignals,
        out: &mut dyn io::Write,
    ) -> Result<Option<ExitCode>, Report> {
        let applies = self.state.started.as_ref().is_some_and(|started| started.goal.applies());
        if !applies && self.begun_before {
            return Ok(Some(self.detached()));
        }
        if !applies {
            self.ask(RequestKind::Cancel { hard: false })?;
            if let Err(report) = stop.ended() {
                say(&format!("{}: the run is cancelled", report.message));
            }
            return Ok(Some(stop.code()));
        }
        if stop != StopSignal::Interrupt || !prompts() || self.interrupted {
            return Ok(Some(self.detached()));
        }
        match self.choice(stops, out).await? {
            Choice::Detach => Ok(Some(self.detached())),
            Choice::Cancel => {
                self.ask(RequestKind::Cancel { hard: false })?;
                self.interrupted = true;
                Ok(None)
            }
            Choice::Wait => Ok(None),
            Choice::TimeIsUp => Ok(Some(self.time_is_up()?)),
        }
    }

    /// Asks a person. What happens is told meanwhile; another signal, the end of the time and that of the run end the question.
    async fn choice(&mut self, stops: &mut StopSignals, out: &mut dyn io::Write) -> Result<Choice, Report> {
        // Its thread is left behind where the question ends without an answer.
        let mut answer = tokio::task::spawn_blocking(answer);
        let ended = loop {
            tokio::select! {
                biased;
                answer = &mut answer => return Ok(match answer.unwrap_or_default().as_str() {
                    "c" | "cancel" => Choice::Cancel,
                    "w" | "wait" => Choice::Wait,
                    _ => Choice::Detach,
                }),
                _ = stops.next() => break Choice::Detach,
                () = over(self.context) => break Choice::TimeIsUp,
                () = tokio::time::sleep(LOOK) => {
                    let live = folder::driven(&self.run).map_err(|error| self.unread(&error))?;
                    let some = self.read(out)?;
                    if self.end().is_some() || !(live || some) {
                        break Choice::Wait;
                    }
                }
            }
        };
        let _ = writeln!(crate::runtime::Output::stderr());
        Ok(ended)
    }
}

fn answer() -> String {
    // What was typed before the question is no answer to it.
    crate::runtime::forget_typed();
    let mut err = io::stderr();
    let _ = write!(err, "\nthe run goes on without this command. [d]etach, [c]ancel the run, [w]ait on? [d] ");
    let _ = err.flush();
    let mut line = String::new();
    let _ = io::stdin().lock().read_line(&mut line);
    line.trim().to_ascii_lowercase()
}
