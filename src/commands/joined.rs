//! A shell or a command elsewhere that is joined to this terminal: opened, written down, and its exit code given.

use super::context::Context;
use super::printed::unwritten;
use super::say::say;
use super::through::{Target, ended, facts, left_behind};
use super::waits::over;
use crate::aws::ssm::Gateway;
use crate::cli::{ExitCode, Report};
use crate::model::text::quoted;
use crate::runtime::shell::{Joined, Turn, opened, was_not_started};
use crate::runtime::stop::{StopSignal, StopSignals};
use serde_json::Value;
use ssm_tunnel::supervisor::Closed;
use ssm_tunnel::{Shell, State};
use std::io;

/// What is left while it runs may go on: nobody knows how it ends.
const MAY_GO_ON: &str = "what was begun there may go on";

/// The shell or command that is opened, and where.
pub(super) struct Opening<'a> {
    pub(super) gateway: Gateway,
    /// As the audit file calls it: `exec`.
    pub(super) what: &'a str,
    /// The service or the instance.
    pub(super) to: &'a str,
    /// As it is typed, whole.
    pub(super) command: String,
    /// The record of it before it is opened.
    pub(super) after: Value,
}

/// A command as the agent's parser takes it, and the shell that it runs one with on an instance.
pub(super) fn words(command: &[String]) -> String {
    command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// Opens the session, joins the terminal to it, and gives the exit code.
pub(super) async fn join_shell(context: &Context, target: &Target, opening: Opening<'_>) -> Result<ExitCode, Report> {
    let Opening { gateway, what, to, command, after } = opening;
    let options = target.options(context).await?;
    target.audit(what, &command, after, "started", "")?;
    let mut shell = Shell::open(gateway, options);
    let mut begun = false;
    let end = tokio::select! {
        end = join(&mut shell, &mut begun) => end,
        () = over(context) => Ok(End::TimeUp),
    };
    let status = shell.close().await;
    left_behind(&status);
    let left = if begun { "unknown" } else { "failed" };
    let why = if begun { MAY_GO_ON } else { "it was not open yet: nothing was begun" };
    let (word, reason, verdict) = match end {
        Ok(End::Told(code)) => ("done", format!("exit code {}", code.code()), Ok(code)),
        Ok(End::Over) => match &status.state {
            State::Closed(Closed::Failed(failure)) if begun => {
                let report = Report::new("session", "the session was lost", ExitCode::Failed);
                (left, failure.message.clone(), Err(report.cause(failure.message.clone()).cause(why)))
            }
            State::Closed(Closed::Failed(failure)) => {
                let report = ended("the session", &status);
                (left, failure.message.clone(), report.map_or(Ok(ExitCode::Done), Err))
            }
            // The service or the agent says why: that is no end of the command's own.
            State::Closed(Closed::Ended(said)) if !said.is_empty() => {
                let (word, report) = ended_with(said);
                (word, said.clone(), Err(report))
            }
            // An end without a code is the command's own.
            _ => {
                let untold = "the agent did not tell the exit code of the command";
                say(untold);
                ("done", untold.to_owned(), Ok(ExitCode::Done))
            }
        },
        Ok(End::Signal(signal)) => {
            let message = format!("it was ended from outside, by {}", signal.name());
            let report = Report::new("interrupted", message.clone(), signal.code()).cause(why);
            (left, format!("{message}: {why}"), Err(report))
        }
        Ok(End::TimeUp) => {
            let message = "the time is up: the session is closed";
            let report = Report::new("timeout", message, ExitCode::TimedOut).cause(why);
            (left, format!("{message}; {why}"), Err(report.hint("give it more time with --timeout")))
        }
        Err(report) => (left, report.causes.first().unwrap_or(&report.message).clone(), Err(report)),
    };
    target.audit_end(what, &command, facts(&status, to, None), (word, &reason), verdict)
}

/// What became of what was to be run, where the session was ended with this reason.
fn ended_with(said: &str) -> (&'static str, Report) {
    let report = Report::new("session", "the session was ended", ExitCode::Failed).cause(said);
    if !was_not_started(said) {
        return ("unknown", report.cause(MAY_GO_ON));
    }
    let missing = ["no such file", "not found"].iter().any(|words| said.contains(words));
    ("failed", if missing { report.hint("name a program that is there, after --") } else { report })
}

/// How a session that was joined to the terminal came to its end.
enum End {
    /// The exit code was told.
    Told(ExitCode),
    /// It is over; the status says why.
    Over,
    Signal(StopSignal),
    TimeUp,
}

/// Carries input and output until the session is over. `begun` becomes true once it is open.
async fn join(shell: &mut Shell, begun: &mut bool) -> Result<End, Report> {
    let system =
        |error: &io::Error| Report::new("terminal", "the terminal cannot be used", ExitCode::Failed).caused_by(error);
    let mut stops = StopSignals::new().map_err(|error| system(&error))?;
    tokio::select! {
        () = opened(shell) => {}
        signal = stops.next() => return Ok(End::Signal(signal)),
    }
    *begun = !matches!(shell.status().borrow().state, State::Closed(_));
    let mut joined = Joined::take(shell).map_err(|error| system(&error))?;
    let mut end = End::Over;
    loop {
        tokio::select! {
            turn = joined.turn(shell) => match turn.map_err(|error| unwritten(&error))? {
                Turn::More => {}
                Turn::Code(told) => end = End::Told(ExitCode::Of(u8::try_from(told).unwrap_or(1))),
                Turn::Over => return Ok(end),
                Turn::Left => return Ok(End::Signal(StopSignal::Interrupt)),
            },
            signal = stops.next() => return Ok(if let End::Told(_) = end { end } else { End::Signal(signal) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_started_has_failed_and_of_what_was_ended_otherwise_nobody_knows() {
        let of = |said: &str| {
            let (word, report) = ended_with(said);
            (word, report.causes.len(), report.hint.is_some(), report.code)
        };
        let not_there = "Unable to start command: Failed to start pty: fork/exec /bin/sh: no such file or directory";
        assert_eq!(of(not_there), ("failed", 1, true, ExitCode::Failed));
        let nobody = "Unable to start shell: failed to start pty since RunAs user ubuntu does not exist";
        assert_eq!(of(nobody), ("failed", 1, false, ExitCode::Failed));
        assert_eq!(of("the target is not connected any more"), ("unknown", 2, false, ExitCode::Failed));
    }

    #[test]
    fn each_word_arrives_as_it_was_typed_whoever_takes_the_command_apart() {
        let typed = |list: &[&str]| words(&list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(typed(&["ls", "-l", "/var/log", "--color=never", "日本"]), "ls -l /var/log --color=never '日本'");
        assert_eq!(typed(&["sh", "-c", "echo $HOME"]), "sh -c 'echo $HOME'");
        assert_eq!(typed(&["echo", "a;b", "*", "~", "a>b", "(c)", ""]), "echo 'a;b' '*' '~' 'a>b' '(c)' ''");
        assert_eq!(typed(&["echo", "it's"]), r"echo 'it'\''s'");
    }
}
