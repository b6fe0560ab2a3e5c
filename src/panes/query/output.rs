//! Where results go while `\o` says so, and commands of this machine: each is run after a question only.

use super::ask::{Kind, numbered, ticket};
use super::running::{CommandUse, Pending};
use super::state::{Asking, Out};
use super::windows;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlays;
use crate::feeds::part::Part;
use crate::feeds::sql::{self, Fact};
use crate::model::sql::interpreter::Answer;

/// Results go there from now on. A command that they went to is let go: it comes to the end of what it reads.
pub fn set(app: &mut App, out: Option<Out>) -> Vec<Effect> {
    match std::mem::replace(&mut app.panes.query.out, out) {
        Some(Out::Program { serial, .. }) => vec![Effect::Leave(ticket(app, Kind::Program, serial))],
        Some(Out::File(_)) | None => Vec::new(),
    }
}

/// Asks whether a command is run.
pub fn ask_for(app: &mut App, command: String, purpose: CommandUse) -> Vec<Effect> {
    windows::ask(app, Asking::Program { command, purpose })
}

/// It was answered with yes.
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

/// Ends a command that is waited for. Whether there was one.
pub fn interrupt(app: &mut App) -> Option<Effect> {
    let Some(Pending::Program { serial, .. }) = app.panes.query.pending else { return None };
    app.panes.query.pending = None;
    Some(Effect::Leave(ticket(app, Kind::Program, serial)))
}

/// Something of a command has come.
pub fn news(app: &mut App, serial: u64, part: Part<Fact>) {
    let waited = app
        .panes
        .query
        .pending
        .take_if(|pending| matches!(pending, Pending::Program { serial: of, .. } if *of == serial));
    let Some(Pending::Program { command, purpose, .. }) = waited else { return ended(app, serial, part) };
    let answer = match (part, purpose) {
        (Part::Page(_), CommandUse::Results) => {
            let effects = set(app, Some(Out::Program { serial, command }));
            app.panes.query.effects.extend(effects);
            Answer::Done(Ok(()))
        }
        (Part::Last(_), CommandUse::Results) => Answer::Done(Err(format!("{command}: it ended at once"))),
        (Part::Last(Fact::Said(text)), CommandUse::Captured) => {
            Answer::Text(Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned()))
        }
        (Part::Last(Fact::Said(text)), CommandUse::Reads(_)) => {
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

/// A command that results went to has ended: by itself, or as it was let go.
fn ended(app: &mut App, serial: u64, part: Part<Fact>) {
    let here = app.panes.query.out.take_if(|out| matches!(out, Out::Program { serial: of, .. } if *of == serial));
    let (failed, said) = match part {
        Part::Page(_) => return,
        Part::Last(Fact::Said(text)) => (false, text),
        Part::Last(_) => (false, String::new()),
        Part::Failed(failure) => (true, failure.message),
    };
    if let Some(Out::Program { command, .. }) = here {
        let news = format!("{command} has ended: results come here again");
        app.note(true, news.clone());
        app.say(news);
    }
    let said = said.trim_end();
    if said.is_empty() {
        return;
    }
    app.note(failed, said.to_owned());
    if said.contains('\n') {
        let message = overlays::message(app, "\\o", said);
        app.screen.overlays.push(message);
        app.lists_changed();
    } else {
        app.say(said.to_owned());
    }
}
