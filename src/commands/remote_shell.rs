//! A remote shell or command joined to this terminal: opens it, records it in the audit file, and returns its exit
//! code.

use super::context::Context;
use super::progress::print_note;
use super::remote::{Target, end_error, facts, warn_left_behind};
use super::report_output::write_error;
use super::waiting::wait_for_deadline;
use crate::aws::ssm::Gateway;
use crate::cli::{ExitCode, Report};
use crate::model::text::shell_quote;
use crate::runtime::shell::{JoinedShell, Turn, wait_until_open, was_not_started};
use crate::runtime::stop::{StopSignal, StopSignals};
use serde_json::Value;
use ssm_tunnel::supervisor::Closed;
use ssm_tunnel::{Shell, State};
use std::io;

/// The note on a remote process that was detached from while running: its outcome is unknown.
const MAY_GO_ON: &str = "what was begun there may go on";

/// The remote shell or command to open.
pub(super) struct Opening<'a> {
    pub(super) gateway: Gateway,
    /// Its name in the audit file: `exec`.
    pub(super) audit_name: &'a str,
    /// The service or the instance.
    pub(super) to: &'a str,
    /// The full command line.
    pub(super) command: String,
    /// The details of the audit record.
    pub(super) details: Value,
}

/// Joins the words of a command, quoted so that both the agent's parser and the shell on an instance read them as
/// typed.
pub(super) fn quote_words(command: &[String]) -> String {
    command.iter().map(|word| shell_quote(word)).collect::<Vec<_>>().join(" ")
}

/// Opens the session, joins the terminal to it, and returns the exit code.
pub(super) async fn join_shell(context: &Context, target: &Target, opening: Opening<'_>) -> Result<ExitCode, Report> {
    let Opening { gateway, audit_name: what, to, command, details: after } = opening;
    let options = target.options(context).await?;
    target.audit(what, &command, after, "started", "")?;
    let mut shell = Shell::open(gateway, options);
    let mut begun = false;
    let end = tokio::select! {
        end = join(&mut shell, &mut begun) => end,
        () = wait_for_deadline(context) => Ok(End::TimeUp),
    };
    let status = shell.close().await;
    warn_left_behind(&status);
    let failed_word = if begun { "unknown" } else { "failed" };
    let why = if begun { MAY_GO_ON } else { "it was not open yet: nothing was begun" };
    let (word, reason, verdict) = match end {
        Ok(End::Exited(code)) => ("done", format!("exit code {}", code.code()), Ok(code)),
        Ok(End::Over) => match &status.state {
            State::Closed(Closed::Failed(failure)) if begun => {
                let report = Report::new("session", "the session was lost", ExitCode::Failed);
                (failed_word, failure.message.clone(), Err(report.cause(failure.message.clone()).cause(why)))
            }
            State::Closed(Closed::Failed(failure)) => {
                let report = end_error("the session", &status);
                (failed_word, failure.message.clone(), report.map_or(Ok(ExitCode::Done), Err))
            }
            // The service or the agent gave a reason: the session did not end by the command's own exit.
            State::Closed(Closed::Ended(reason)) if !reason.is_empty() => {
                let (word, report) = ended_with(reason);
                (word, reason.clone(), Err(report))
            }
            // A session that ends without a reason and without an exit code ended with the command.
            _ => {
                let no_exit_code = "the agent did not tell the exit code of the command";
                print_note(no_exit_code);
                ("done", no_exit_code.to_owned(), Ok(ExitCode::Done))
            }
        },
        Ok(End::Signal(signal)) => {
            let message = format!("it was ended from outside, by {}", signal.name());
            let report = Report::new("interrupted", message.clone(), signal.code()).cause(why);
            (failed_word, format!("{message}: {why}"), Err(report))
        }
        Ok(End::TimeUp) => {
            let message = "the time is up: the session is closed";
            let report = Report::new("timeout", message, ExitCode::TimedOut).cause(why);
            (failed_word, format!("{message}; {why}"), Err(report.hint("give it more time with --timeout")))
        }
        Err(report) => (failed_word, report.causes.first().unwrap_or(&report.message).clone(), Err(report)),
    };
    target.audit_end(what, &command, facts(&status, to, None), (word, &reason), verdict)
}

/// Returns the audit outcome and the error for a session that was ended with this reason.
fn ended_with(reason: &str) -> (&'static str, Report) {
    let report = Report::new("session", "the session was ended", ExitCode::Failed).cause(reason);
    if !was_not_started(reason) {
        return ("unknown", report.cause(MAY_GO_ON));
    }
    let missing = ["no such file", "not found"].iter().any(|words| reason.contains(words));
    ("failed", if missing { report.hint("name a program that is there, after --") } else { report })
}

/// How a session that was joined to the terminal ended.
enum End {
    /// With an exit code.
    Exited(ExitCode),
    /// Without an exit code; the status has the reason.
    Over,
    Signal(StopSignal),
    TimeUp,
}

/// Transfers input and output until the session ends. Sets `begun` to true once the session is open.
async fn join(shell: &mut Shell, begun: &mut bool) -> Result<End, Report> {
    let system =
        |error: &io::Error| Report::new("terminal", "the terminal cannot be used", ExitCode::Failed).caused_by(error);
    let mut stops = StopSignals::new().map_err(|error| system(&error))?;
    tokio::select! {
        () = wait_until_open(shell) => {}
        signal = stops.next() => return Ok(End::Signal(signal)),
    }
    *begun = !matches!(shell.status().borrow().state, State::Closed(_));
    let mut joined = JoinedShell::take(shell).map_err(|error| system(&error))?;
    let mut end = End::Over;
    loop {
        tokio::select! {
            turn = joined.turn(shell) => match turn.map_err(|error| write_error(&error))? {
                Turn::More => {}
                Turn::Code(code) => end = End::Exited(ExitCode::OfProgram(u8::try_from(code).unwrap_or(1))),
                Turn::Over => return Ok(end),
                Turn::Left => return Ok(End::Signal(StopSignal::Interrupt)),
            },
            signal = stops.next() => return Ok(if let End::Exited(_) = end { end } else { End::Signal(signal) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unstarted_command_failed_and_other_ends_are_unknown() {
        let of = |reason: &str| {
            let (word, report) = ended_with(reason);
            (word, report.causes.len(), report.hint.is_some(), report.code)
        };
        let not_there = "Unable to start command: Failed to start pty: fork/exec /bin/sh: no such file or directory";
        assert_eq!(of(not_there), ("failed", 1, true, ExitCode::Failed));
        let nobody = "Unable to start shell: failed to start pty since RunAs user ubuntu does not exist";
        assert_eq!(of(nobody), ("failed", 1, false, ExitCode::Failed));
        assert_eq!(of("the target is not connected any more"), ("unknown", 2, false, ExitCode::Failed));
    }

    #[test]
    fn words_survive_both_parsers_of_the_command() {
        let typed = |list: &[&str]| quote_words(&list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(typed(&["ls", "-l", "/var/log", "--color=never", "日本"]), "ls -l /var/log --color=never '日本'");
        assert_eq!(typed(&["sh", "-c", "echo $HOME"]), "sh -c 'echo $HOME'");
        assert_eq!(typed(&["echo", "a;b", "*", "~", "a>b", "(c)", ""]), "echo 'a;b' '*' '~' 'a>b' '(c)' ''");
        assert_eq!(typed(&["echo", "it's"]), r"echo 'it'\''s'");
    }
}
