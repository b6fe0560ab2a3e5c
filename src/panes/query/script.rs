//! Runs a sequence of statements within a transaction, and rolls everything back if one of them does not do what it must.

use super::running::{Pending, Running};
use super::sequence::{Script, Then, Wanted};
use super::start::{Shown, start};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlays;
use crate::model::sql::edit::check_one_row;
use crate::model::sql::{StatementOutcome, Transaction};

/// Runs the next statement of a sequence.
pub fn begin(app: &mut App, mut script: Script) -> Vec<Effect> {
    let Some(step) = script.steps.pop_front() else { return Vec::new() };
    let shown = if step.wanted == Wanted::Result { Shown::Tab { record: false } } else { Shown::Hidden };
    let statement = step.statement.clone();
    script.at = (script.at.0 + 1, Some(step));
    start(app, &statement, shown, Pending::Script(Box::new(script)))
}

/// Handles the end of a statement: runs the next one, or rolls everything back.
pub fn ended(app: &mut App, mut script: Script, running: &Running) -> Vec<Effect> {
    let outcome = match &running.ended {
        Some(StatementOutcome::Done(tag)) => match script.at.1.as_ref().map(|step| step.wanted) {
            Some(Wanted::OneRow) => check_one_row(tag),
            Some(Wanted::Word(word)) if tag != word => {
                Err(format!("the server says {tag} instead of {word}: none of its changes were kept"))
            }
            _ => Ok(()),
        },
        Some(StatementOutcome::Failed(said)) => Err(format!("{}: {}", said.severity, said.message)),
        Some(StatementOutcome::Lost(why)) => {
            let again = "look before you do it again";
            tell(app, &script, Some(&format!("{why}. Whether it was carried out is not known: {again}.")));
            return Vec::new();
        }
        Some(StatementOutcome::Cancelled) | None => Err("it was cancelled".to_owned()),
    };
    if let Some(why) = script.failed.take() {
        // This was the rollback; if it failed, the server no longer has such a transaction.
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

/// Reports how a sequence ended.
fn tell(app: &mut App, script: &Script, failed: Option<&str>) {
    match (script.then, failed) {
        (Then::Changed(result, count), None) => {
            let open = app.panes.query.transaction == Transaction::Open;
            let kept = if open { "kept in the open transaction: COMMIT ends it" } else { "committed" };
            let words = if count == 1 { "1 change".to_owned() } else { format!("{count} changes") };
            app.note(false, format!("{words} {kept}"));
            app.show_message(format!("{words} {kept}"));
            super::edit::applied(app, result);
        }
        (Then::Changed(..), Some(why)) => {
            let text = format!("Nothing was changed; the list of changes is as it was.\n\n{why}");
            app.note(true, why.to_owned());
            let message = overlays::message(app, "Taken back", &text);
            app.screen.overlays.push(message);
            app.lists_changed();
        }
        // The statement's tab shows the failure.
        (Then::Explained, Some(_)) => app.show_message("it failed, and was rolled back"),
        (Then::Explained, None) => app.show_message("rolled back: none of its changes were kept"),
        (Then::Read, _) => {}
    }
}
