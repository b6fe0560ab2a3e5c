//! Decides what happens to a run when a signal ends the command that follows it.

use super::follow_run::{Following, can_prompt};
use crate::cli::{ExitCode, Report};
use crate::commands::progress::print_note;
use crate::commands::waiting::wait_for_deadline;
use crate::infra::run::folder;
use crate::model::infra::run_event::RequestKind;
use crate::runtime::stop::{StopSignal, StopSignals};
use std::io::{self, BufRead as _, Write as _};
use std::time::Duration;

/// The polling interval for new events.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The user's choice for the run.
enum Choice {
    /// The run continues without this command.
    Detach,
    /// The run is cancelled.
    Cancel,
    /// This command continues to follow the run, because the user chose so or the run has just ended.
    Wait,
    /// `--timeout` was up before there was an answer.
    TimeIsUp,
}

impl Following<'_> {
    /// Handles a signal to this command. A run that changes nothing is cancelled with it, unless the run was started
    /// earlier and others may wait for it. A run that changes something continues, unless the user chooses to cancel
    /// it.
    pub(super) async fn handle_signal(
        &mut self,
        stop: StopSignal,
        stops: &mut StopSignals,
        out: &mut dyn io::Write,
    ) -> Result<Option<ExitCode>, Report> {
        let applies = self.state.started.as_ref().is_some_and(|started| started.goal.applies());
        if !applies && self.started_earlier {
            return Ok(Some(self.detached()));
        }
        if !applies {
            self.request(RequestKind::Cancel { hard: false })?;
            if let Err(report) = stop.command_result() {
                print_note(&format!("{}: the run is cancelled", report.message));
            }
            return Ok(Some(stop.code()));
        }
        if stop != StopSignal::Interrupt || !can_prompt() || self.interrupted {
            return Ok(Some(self.detached()));
        }
        match self.choice(stops, out).await? {
            Choice::Detach => Ok(Some(self.detached())),
            Choice::Cancel => {
                self.request(RequestKind::Cancel { hard: false })?;
                self.interrupted = true;
                Ok(None)
            }
            Choice::Wait => Ok(None),
            Choice::TimeIsUp => Ok(Some(self.time_is_up()?)),
        }
    }

    /// Asks the user. Events are printed meanwhile; another signal, the timeout or the end of the run ends the prompt.
    async fn choice(&mut self, stops: &mut StopSignals, out: &mut dyn io::Write) -> Result<Choice, Report> {
        // The thread that reads the answer is abandoned if the prompt ends without one.
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
                () = wait_for_deadline(self.context) => break Choice::TimeIsUp,
                () = tokio::time::sleep(POLL_INTERVAL) => {
                    let live = folder::has_supervisor(&self.run).map_err(|error| self.read_error(&error))?;
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
    // Input typed before the prompt is discarded.
    crate::runtime::discard_input();
    let mut err = io::stderr();
    let _ = write!(err, "\nthe run continues without this command. [d]etach, [c]ancel the run, keep [w]aiting? [d] ");
    let _ = err.flush();
    let mut line = String::new();
    let _ = io::stdin().lock().read_line(&mut line);
    line.trim().to_ascii_lowercase()
}
