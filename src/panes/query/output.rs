//! The target of results set by `\o`, and commands on this machine, which run only after confirmation.

use super::requests::{Kind, numbered, ticket};
use super::running::{CommandUse, Pending};
use super::state::{DialogQuestion, ResultTarget};
use super::windows;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlays;
use crate::feeds::part::Part;
use crate::feeds::sql::{self, Fact};
use crate::model::sql::interpreter::Answer;

/// Sets the target of further results. A command that was the previous target gets the end of its input.
pub fn set(app: &mut App, out: Option<ResultTarget>) -> Vec<Effect> {
    match std::mem::replace(&mut app.panes.query.result_target, out) {
        Some(ResultTarget::Program { serial, .. }) => vec![Effect::CancelFetch(ticket(app, Kind::Program, serial))],
        Some(ResultTarget::File(_)) | None => Vec::new(),
    }
}

/// Asks whether to run a command.
pub fn confirm_command(app: &mut App, command: String, purpose: CommandUse) -> Vec<Effect> {
    windows::ask(app, DialogQuestion::Program { command, purpose })
}

/// Runs the confirmed command.
pub fn begin(app: &mut App, command: String, purpose: CommandUse) -> Vec<Effect> {
    let text = match &purpose {
        CommandUse::Results => None,
        CommandUse::Reads(text) => Some(text.clone()),
        CommandUse::Captured => Some(String::new()),
    };
    let of = command.clone();
    let question = |number| sql::Ask::Program { number, command: of, text };
    let (serial, effect) = numbered(app, Kind::Program, question);
    app.panes.query.pending = Some(Pending::Program { serial, command, purpose });
    vec![effect]
}

/// Stops waiting for a command; returns the effect that ends it, if there was one.
pub fn interrupt(app: &mut App) -> Option<Effect> {
    let Some(Pending::Program { serial, .. }) = app.panes.query.pending else { return None };
    app.panes.query.pending = None;
    Some(Effect::CancelFetch(ticket(app, Kind::Program, serial)))
}

/// Handles news about a command.
pub fn news(app: &mut App, serial: u64, part: Part<Fact>) {
    let waited = app
        .panes
        .query
        .pending
        .take_if(|pending| matches!(pending, Pending::Program { serial: of, .. } if *of == serial));
    let Some(Pending::Program { command, purpose, .. }) = waited else { return ended(app, serial, part) };
    let answer = match (part, purpose) {
        (Part::Page(_), CommandUse::Results) => {
            let effects = set(app, Some(ResultTarget::Program { serial, command }));
            app.panes.query.effects.extend(effects);
            Answer::Done(Ok(()))
        }
        (Part::Last(_), CommandUse::Results) => Answer::Done(Err(format!("{command}: it ended at once"))),
        (Part::Last(Fact::ProgramOutput(text)), CommandUse::Captured) => {
            Answer::Text(Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned()))
        }
        (Part::Last(Fact::ProgramOutput(text)), CommandUse::Reads(_)) => {
            app.panes.query.printed.push_str(&text);
            Answer::Text(Ok(String::new()))
        }
        (Part::Failed(failure), CommandUse::Results) => Answer::Done(Err(failure.message)),
        (Part::Failed(failure), _) => Answer::Text(Err(failure.message)),
        (Part::Page(_) | Part::Last(_), purpose) => {
            app.panes.query.pending = Some(Pending::Program { serial, command, purpose });
            return;
        }
    };
    app.panes.query.interpreter.answer(answer);
}

/// Handles the end of a command that was the target of results: by itself, or because it was closed.
fn ended(app: &mut App, serial: u64, part: Part<Fact>) {
    let here = app
        .panes
        .query
        .result_target
        .take_if(|out| matches!(out, ResultTarget::Program { serial: of, .. } if *of == serial));
    let (failed, output) = match part {
        Part::Page(_) => return,
        Part::Last(Fact::ProgramOutput(text)) => (false, text),
        Part::Last(_) => (false, String::new()),
        Part::Failed(failure) => (true, failure.message),
    };
    if let Some(ResultTarget::Program { command, .. }) = here {
        let news = format!("{command} has ended: results come here again");
        app.note(true, news.clone());
        app.show_message(news);
    }
    let output = output.trim_end();
    if output.is_empty() {
        return;
    }
    app.note(failed, output.to_owned());
    if output.contains('\n') {
        let message = overlays::message(app, "\\o", output);
        app.screen.overlays.push(message);
        app.lists_changed();
    } else {
        app.show_message(output.to_owned());
    }
}
