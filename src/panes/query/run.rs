//! Running statements, and handling news about the running one.

use super::answers::{ended, fact};
use super::running::Pending;
use super::state::DialogQuestion;
use super::{plan, psql, psql_outcome, script, storage};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::{ServerMessage, StatementOutcome};

/// Runs a text: all of its statements and commands in order.
pub fn text(app: &mut App, text: &str) -> Vec<Effect> {
    if !app.panes.query.is_on() {
        app.show_message("there is no session: Esc, then Enter connects");
        return Vec::new();
    }
    if text.trim().is_empty() {
        app.show_message("there is no statement here");
        return Vec::new();
    }
    if app.panes.query.running.is_some() {
        app.show_message("a statement runs: this one comes after it; Ctrl-c cancels");
    }
    psql::enqueue(app, text);
    let mut effects = remember(app, text);
    effects.extend(after_move(app));
    effects
}

/// Adds a text to the history of this and later sessions.
fn remember(app: &mut App, text: &str) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let blank = matches!(state.interpreter.variables().get("HISTCONTROL"), Some("ignorespace" | "ignoreboth"));
    if blank && text.starts_with([' ', '\t']) {
        return Vec::new();
    }
    let Some(kept) = state.history.add(text) else { return Vec::new() };
    storage::remember(app, kept)
}

/// Handles news about the running statement.
pub fn news(app: &mut App, part: Part<sql::Fact>) {
    match part {
        Part::Page(news) => fact(app, news),
        Part::Last(news) => {
            fact(app, news);
            finish(app);
        }
        Part::Failed(failure) => {
            let message =
                ServerMessage { severity: "ERROR".into(), message: failure.message, ..ServerMessage::default() };
            if let Some(result) = app.panes.query.running.as_ref().map(|running| running.result) {
                ended(app, result, &StatementOutcome::Failed(message));
            }
            finish(app);
        }
    }
}

/// Handles the end of the running statement.
fn finish(app: &mut App) {
    let state = &mut app.panes.query;
    let Some(running) = state.running.take() else { return };
    if state.open_question == Some(DialogQuestion::Terminate) {
        state.open_question = None;
    }
    // Database objects have changed, so the completion catalogue is read again.
    if running.altered {
        state.catalogue_requested = false;
    }
    let mut effects = plan::request_plan(app, &running);
    effects.extend(match app.panes.query.pending.take() {
        Some(Pending::Script(script)) => script::ended(app, *script, &running),
        other => {
            app.panes.query.pending = other;
            psql_outcome::ended(app, &running)
        }
    });
    app.panes.query.effects.extend(effects);
}
