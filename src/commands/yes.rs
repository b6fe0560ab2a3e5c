//! The yes to a change: from the flags, or from a person at the terminal. Who may say it is decided in `app::safety`.

use super::context::Context;
use super::say::say;
use super::waits::blocking;
use crate::app::command::Risk;
use crate::app::confirm::{HELD, READABLE};
use crate::app::safety::{self, Decision, Yes};
use crate::cli::{ExitCode, Report};
use crate::config::EnvironmentConfig;
use crate::runtime::{forget_typed, typed_more};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// A key that is held repeats within this time: every 40 ms where X11 is as it comes, every 30 with GNOME, every 90 on macOS.
const BEFORE_REPEAT: Duration = Duration::from_millis(150);

/// The answer to a question.
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

/// Asks for callers that must tell a "no" from a terminal that is gone.
pub(super) async fn answered(context: &Context, environment: &EnvironmentConfig, risk: Risk) -> Result<Answer, Report> {
    decided(context, environment, risk, context.global.read_only).await
}

/// Asks for something that `--read-only` may allow, or not.
pub(super) async fn asked(
    context: &Context,
    environment: &EnvironmentConfig,
    risk: Risk,
    read_only: bool,
) -> Result<bool, Report> {
    Ok(decided(context, environment, risk, read_only).await? == Answer::Yes)
}

/// Whether somebody could say yes at all; nobody is asked yet.
pub(super) fn may_ask(
    context: &Context,
    environment: &EnvironmentConfig,
    risk: Risk,
    read_only: bool,
) -> Result<Option<Yes>, Report> {
    let global = &context.global;
    let flags = safety::Flags { read_only, yes: global.yes, confirm: global.confirmed(&environment.name) };
    let prompt = io::stdin().is_terminal() && io::stderr().is_terminal();
    match safety::decide(risk, environment, &flags, prompt) {
        Decision::Go => Ok(None),
        Decision::Ask(yes) => Ok(Some(yes)),
        Decision::Refuse(why, hint) => {
            Err(Report::new("refused", format!("nothing was changed: {why}"), ExitCode::Refused).hint(hint))
        }
    }
}

async fn decided(
    context: &Context,
    environment: &EnvironmentConfig,
    risk: Risk,
    read_only: bool,
) -> Result<Answer, Report> {
    match may_ask(context, environment, risk, read_only)? {
        None => Ok(Answer::Yes),
        // The keys are those of the program that runs.
        Some(_) if context.has_lent() => {
            Err(Report::new("refused", "nobody can be asked while the command runs", ExitCode::Refused))
        }
        Some(yes) => {
            let answered = blocking(context, "nobody answered", move || Ok(ask(&yes))).await;
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
        if !yes.said(&answer) {
            return Answer::No;
        }
        match too_early(&answer, asked.elapsed(), || typed_more(BEFORE_REPEAT)) {
            None => return Answer::Yes,
            Some(why) => say(why),
        }
        // A key that is held since the command was typed comes again and again: its end is waited for, and not for ever.
        let given_up = Instant::now() + HELD.unsigned_abs();
        while Instant::now() < given_up && typed_more(BEFORE_REPEAT) {
            forget_typed();
        }
    }
}

/// Why what says yes is not taken, so long after the question; `more`: whether more comes right after it.
fn too_early(answer: &str, after: Duration, more: impl FnOnce() -> bool) -> Option<&'static str> {
    // An Enter alone may be the one that began the command, held down.
    if answer.trim().is_empty() && (after < HELD.unsigned_abs() || more()) {
        return Some(
            "not taken: it came before this could be read, or the key is held; press it again in a second, or type y",
        );
    }
    // What was typed before may still have been on its way, over ssh for one.
    (after < READABLE.unsigned_abs()).then_some("not taken: it came before this could be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enter_that_may_be_held_is_no_yes_and_one_alone_after_a_second_is() {
        let after = Duration::from_millis;
        for (answer, at, more, taken) in [
            // The first repeat of a key that is held comes after 0.4 to 1 s, and the next one 20 to 90 ms later.
            ("\n", 500, false, false),
            ("\n", 1_000, false, false),
            ("\n", 1_200, true, false),
            ("\n", 1_200, false, true),
            ("y\n", 300, false, false),
            ("y\n", 500, false, true),
            ("y\n", 500, true, true),
        ] {
            assert_eq!(too_early(answer, after(at), || more).is_none(), taken, "{answer:?} after {at} ms");
        }
    }
}
