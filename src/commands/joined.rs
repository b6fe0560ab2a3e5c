//! A shell or a command elsewhere that is joined to this terminal: opened, written down, and its exit code given.

use super::context::Context;
use super::printed::unwritten;
use super::say::say;
use super::through::{Target, ended, facts};
use super::waits::over;
use crate::aws::ssm::Gateway;
use crate::cli::{ExitCode, Report};
use crate::runtime::shell::{Joined, Turn, opened};
use crate::runtime::stop::StopSignals;
use serde_json::Value;
use ssm_tunnel::Shell;
use std::io;

/// What is opened.
pub(super) struct Opening<'a> {
    pub(super) gateway: Gateway,
    /// As the audit file calls it: `exec`.
    pub(super) what: &'a str,
    /// The service or the instance.
    pub(super) to: &'a str,
    /// As it is typed, whole.
    pub(super) command: String,
    /// What is known of it before it is opened.
    pub(super) after: Value,
}

/// A command as the agent's parser takes it.
pub(super) fn words(command: &[String]) -> String {
    command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// Opens the session, joins the terminal to it, and gives the exit code.
pub(super) async fn join_shell(context: &Context, target: &Target, opening: Opening<'_>) -> Result<ExitCode, Report> {
    let Opening { gateway, what, to, command, after } = opening;
    let options = target.options(context).await?;
    target.audit(what, &command, after, "started", "")?;
    let mut shell = Shell::open(gateway, options);
    let outcome = tokio::select! {
        outcome = join(&mut shell) => outcome,
        () = over(context) => {
            Err(Report::new("timeout", "the time is up: the session is closed", ExitCode::TimedOut)
                .cause("what was begun there may go on")
                .hint("give it more time with --timeout"))
        }
    };
    let status = shell.close().await;
    let outcome = outcome.and_then(|code| match code {
        Some(code) => Ok(code),
        // An end without a code is the command's own; anything else is told.
        None => match ended("the session", &status) {
            Some(report)
                if !matches!(status.state, ssm_tunnel::State::Closed(ssm_tunnel::supervisor::Closed::Ended(_))) =>
            {
                Err(report)
            }
            _ => {
                say("the agent did not tell the exit code of the command");
                Ok(ExitCode::Done)
            }
        },
    });
    let (word, reason) = match &outcome {
        Ok(code) => ("done", format!("exit code {}", code.code())),
        Err(report) => ("failed", report.causes.first().unwrap_or(&report.message).clone()),
    };
    target.audit(what, &command, facts(&status, to, None), word, &reason)?;
    outcome
}

/// Carries input and output until the session is over; the exit code, where it was told.
async fn join(shell: &mut Shell) -> Result<Option<ExitCode>, Report> {
    let system =
        |error: &io::Error| Report::new("terminal", "the terminal cannot be used", ExitCode::Failed).caused_by(error);
    let mut stops = StopSignals::new().map_err(|error| system(&error))?;
    tokio::select! {
        () = opened(shell) => {}
        signal = stops.next() => return Ok(Some(signal.code())),
    }
    let mut joined = Joined::take(shell).map_err(|error| system(&error))?;
    let mut code = None;
    loop {
        tokio::select! {
            turn = joined.turn(shell) => match turn.map_err(|error| unwritten(&error))? {
                Turn::More => {}
                Turn::Code(told) => code = Some(ExitCode::Of(u8::try_from(told).unwrap_or(1))),
                Turn::Over => return Ok(code),
            },
            signal = stops.next() => return Ok(Some(signal.code())),
        }
    }
}

/// A word as the agent's parser takes it: in quotes where it has blanks or quotes.
fn quoted(word: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '\'' | '"' | '\\' | '$' | '`');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
