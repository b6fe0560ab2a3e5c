//! Statements that belong together: run one after the other within a transaction, and taken back as a whole where one of them
//! does not do what it has to.

use super::running::{Pending, Running};
use super::sequence::{Script, Then, Wanted};
use super::start::{Shown, start};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlays;
use crate::model::sql::edit::touched_one;
use crate::model::sql::{Ended, Transaction};

/// Runs what is next of it.
pub fn begin(app: &mut App, mut script: Script) -> Vec<Effect> {
    let Some(step) = script.steps.pop_front() else { return Vec::new() };
    let shown = if step.wanted == Wanted::Result { Shown::Tab { record: false } } else { Shown::Hidden };
    let statement = step.statement.clone();
    script.at = (script.at.0 + 1, Some(step));
    start(app, &statement, shown, Pending::Script(Box::new(script)))
}

/// A statement of it has ended: the next one runs, or all are taken back.
pub fn ended(app: &mut App, mut script: Script, running: &Running) -> Vec<Effect> {
    let outcome = match &running.ended {
        Some(Ended::Done(tag)) => match script.at.1.as_ref().map(|step| step.wanted) {
            Some(Wanted::OneRow) => touched_one(tag),
            Some(Wanted::Word(word)) if tag != word => {
                Err(format!("the server says {tag} instead of {word}: nothing of it was kept"))
            }
            _ => Ok(()),
        },
        Some(Ended::Failed(said)) => Err(format!("{}: {}", said.severity, said.message)),
        Some(Ended::Lost(why)) => {
            let again = "look before you do it again";
            tell(app, &script, Some(&format!("{why}. Whether it was carried out is not known: {again}.")));
            return Vec::new();
        }
        Some(Ended::Cancelled) | None => Err("it was cancelled".to_owned()),
    };
    if let Some(why) = script.failed.take() {
        // That was what takes it back; where it failed the server has no such transaction any more.
        tell(app, &script, Some(&why));
        return Vec::new();
    }
    match outcome {
        Ok(()) if script.steps.is_empty() => {
            tell(app, &script, None);
            Vec::new()
        }
        Ok(()) => begin(app, script),
        Err(why) => {
            let statement = script.at.1.as_ref().map(|step| step.statement.clone()).unwrap_or_default();
            script.failed = Some(format!("{why}\n\n{statement}"));
            script.steps.clear();
            let back = script.back.clone();
            start(app, &back, Shown::Hidden, Pending::Script(Box::new(script)))
        }
    }
}

/// Says how a text of several statements ended.
fn tell(app: &mut App, script: &Script, failed: Option<&str>) {
    match (script.then, failed) {
        (Then::Changed(result, count), None) => {
            let open = app.panes.query.transaction == Transaction::Open;
            let kept = if open { "kept in the open transaction: COMMIT ends it" } else { "committed" };
            let words = if count == 1 { "1 change".to_owned() } else { format!("{count} changes") };
            app.note(false, format!("{words} {kept}"));
            app.say(format!("{words} {kept}"));
            super::edit::applied(app, result);
        }
        (Then::Changed(..), Some(why)) => {
            let text = format!("Nothing was changed; the list of changes is as it was.\n\n{why}");
            app.note(true, why.to_owned());
            let message = overlays::message(app, "Taken back", &text);
            app.screen.overlays.push(message);
            app.lists_changed();
        }
        // The failure of the statement stands in its tab.
        (Then::Explained, Some(_)) => app.say("it failed, and was taken back"),
        (Then::Explained, None) => app.say("taken back: nothing of it was kept"),
        (Then::Read, _) => {}
    }
}
