//! Confirms a change: by flags, or by a prompt at the terminal. `app::safety` decides which confirmation is required.

use super::context::Context;
use super::progress::print_note;
use super::waiting::blocking;
use crate::app::command::Risk;
use crate::app::confirm::{KEY_REPEAT_WINDOW, READABLE};
use crate::app::safety::{self, Consent, Decision};
use crate::cli::{ExitCode, Report};
use crate::config::EnvironmentConfig;
use crate::runtime::{discard_input, has_input_within};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// A held key repeats within this time: every 40 ms with X11's defaults, every 30 ms with GNOME, every 90 ms on macOS.
const BEFORE_REPEAT: Duration = Duration::from_millis(150);

/// The answer to a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// The input has ended, as when the terminal is closed: there was no answer.
    EndOfInput,
}

/// Whether the flags or a person at the terminal confirm the change.
pub(super) async fn confirm(context: &Context, environment: &EnvironmentConfig, risk: Risk) -> Result<bool, Report> {
    confirm_with(context, environment, risk, context.global.read_only).await
}

/// Like [`confirm`], but distinguishes a "no" from a terminal that is gone.
pub(super) async fn request_confirmation(
    context: &Context,
    environment: &EnvironmentConfig,
    risk: Risk,
) -> Result<Answer, Report> {
    decide(context, environment, risk, context.global.read_only).await
}

/// Like [`confirm`], with an explicit read-only setting: not every action is refused by `--read-only`.
pub(super) async fn confirm_with(
    context: &Context,
    environment: &EnvironmentConfig,
    risk: Risk,
    read_only: bool,
) -> Result<bool, Report> {
    Ok(decide(context, environment, risk, read_only).await? == Answer::Yes)
}

/// Checks that a confirmation is possible at all, without prompting.
pub(super) fn check_possible(
    context: &Context,
    environment: &EnvironmentConfig,
    risk: Risk,
    read_only: bool,
) -> Result<Option<Consent>, Report> {
    let global = &context.global;
    let flags = safety::Flags { read_only, yes: global.yes, confirm: global.confirmed(&environment.name) };
    let prompt = io::stdin().is_terminal() && io::stderr().is_terminal();
    match safety::decide(risk, environment, &flags, prompt) {
        Decision::Proceed => Ok(None),
        Decision::Ask(yes) => Ok(Some(yes)),
        Decision::Refuse(why, hint) => {
            Err(Report::new("refused", format!("nothing was changed: {why}"), ExitCode::Refused).hint(hint))
        }
    }
}

async fn decide(
    context: &Context,
    environment: &EnvironmentConfig,
    risk: Risk,
    read_only: bool,
) -> Result<Answer, Report> {
    match check_possible(context, environment, risk, read_only)? {
        None => Ok(Answer::Yes),
        // The terminal's input belongs to the running program.
        Some(_) if context.is_lent() => {
            Err(Report::new("refused", "there is no prompt while the command runs", ExitCode::Refused))
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

/// Prompts a person. Input typed before the prompt is discarded.
fn ask(yes: &Consent) -> Answer {
    let question = match yes {
        Consent::Key => "do it? [Y/n] ".to_owned(),
        Consent::KeyOnNo => "do it? [y/N] ".to_owned(),
        Consent::Typed(name) => format!("type {name} to do it: "),
    };
    loop {
        discard_input();
        let mut err = io::stderr();
        let _ = write!(err, "{question}").and_then(|()| err.flush());
        let prompted_at = Instant::now();
        let mut answer = String::new();
        if io::stdin().lock().read_line(&mut answer).unwrap_or(0) == 0 {
            return Answer::EndOfInput;
        }
        if !yes.is_given_by(&answer) {
            return Answer::No;
        }
        match too_early(&answer, prompted_at.elapsed(), || has_input_within(BEFORE_REPEAT)) {
            None => return Answer::Yes,
            Some(why) => print_note(why),
        }
        // A key held since the command was typed keeps repeating: wait until it is released, but not forever.
        let given_up = Instant::now() + KEY_REPEAT_WINDOW.unsigned_abs();
        while Instant::now() < given_up && has_input_within(BEFORE_REPEAT) {
            discard_input();
        }
    }
}

/// Returns why a confirming answer is rejected at this time after the prompt; `more` tells whether more input follows
/// at once.
fn too_early(answer: &str, after: Duration, more: impl FnOnce() -> bool) -> Option<&'static str> {
    // Enter alone may be the key that started the command, still held down.
    if answer.trim().is_empty() && (after < KEY_REPEAT_WINDOW.unsigned_abs() || more()) {
        return Some(
            "ignored: the key was pressed before this could be read, or is held; press it again in a second, or type y",
        );
    }
    // Earlier input may still have been on its way, for example over ssh.
    (after < READABLE.unsigned_abs()).then_some("ignored: the key was pressed before this could be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_enter_does_not_confirm_and_a_single_one_after_a_second_does() {
        let after = Duration::from_millis;
        for (answer, at, more, taken) in [
            // The first repeat of a held key comes after 0.4 to 1 s, the next ones every 20 to 90 ms.
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
