//! The yes to a change: from the flags, or from a person at the terminal. Who may say it is decided in `app::safety`.

use super::context::Context;
use super::say::say;
use super::waits::blocking;
use crate::app::command::Risk;
use crate::app::confirm::READABLE;
use crate::app::safety::{self, Decision, Yes};
use crate::cli::{ExitCode, Report};
use crate::config::EnvironmentConfig;
use crate::runtime::{forget_typed, typed_more};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::time::Instant;

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// The input has ended, as it does when the terminal is closed: nobody has said anything.
    None,
}

/// Whether the flags, or a person at the terminal, say yes.
pub(super) async fn said_yes(context: &Context, environment: &EnvironmentConfig, risk: Risk) -> Result<bool, Report> {
    asked(context, environment, risk, context.global.read_only).await
}

/// The same for who has to tell a no from a terminal that is gone.
pub(super) async fn answered(context: &Context, environment: &EnvironmentConfig, risk: Risk) -> Result<Answer, Report> {
    decided(context, environment, risk, context.global.read_only).await
}

/// The same for something that may be done with `--read-only`, or may not.
pub(super) async fn asked(
    context: &Context,
    environment: &EnvironmentConfig,
    risk: Risk,
    read_only: bool,
) -> Result<bool, Report> {
    Ok(decided(context, environment, risk, read_only).await? == Answer::Yes)
}

async fn decided(
    context: &Context,
    environment: &EnvironmentConfig,
    risk: Risk,
    read_only: bool,
) -> Result<Answer, Report> {
    let global = &context.global;
    let flags = safety::Flags { read_only, yes: global.yes, confirm: global.confirm.clone() };
    let prompt = io::stdin().is_terminal() && io::stderr().is_terminal();
    match safety::decide(risk, environment, &flags, prompt) {
        Decision::Go => Ok(Answer::Yes),
        Decision::Refuse(why, hint) => {
            Err(Report::new("refused", format!("nothing was changed: {why}"), ExitCode::Refused).hint(hint))
        }
        Decision::Ask(yes) => {
            let answered = blocking(context, "no yes came in it", move || Ok(ask(&yes))).await;
            if answered.is_err() {
                let _ = writeln!(io::stderr());
            }
            answered
        }
    }
}

/// Asks a person. What was typed before the question is no answer to it.
fn ask(yes: &Yes) -> Answer {
    let question = match yes {
        Yes::Key => "do it? [Y/n] ".to_owned(),
        Yes::Chosen => "do it? [y/N] ".to_owned(),
        Yes::Typed(name) => format!("type {name} to do it: "),
    };
    loop {
        forget_typed();
        let mut err = io::stderr();
        let _ = write!(err, "{question}").and_then(|()| err.flush());
        let asked = Instant::now();
        let mut answer = String::new();
        if io::stdin().lock().read_line(&mut answer).unwrap_or(0) == 0 {
            return Answer::None;
        }
        let said = yes.said(&answer);
        // What was typed before may still have been on its way, over ssh for one; an Enter may be held down.
        let early = asked.elapsed() < READABLE.unsigned_abs() || (answer.trim().is_empty() && typed_more());
        if said && early {
            say("not taken: it came before this could be read");
            continue;
        }
        return if said { Answer::Yes } else { Answer::No };
    }
}
