//! Runs statements, and tells of the one that runs.

use super::facts::{ended, fact};
use super::running::Pending;
use super::state::Asking;
use super::{keep, outcome, plan, pump, script};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::settle::done;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::{Ended, ServerMessage};

/// Runs a text: all of its statements and commands in their order.
pub fn text(app: &mut App, text: &str) -> Vec<Effect> {
    if !app.panes.query.is_on() {
        app.say("there is no session: Esc, then Enter connects");
        return Vec::new();
    }
    if text.trim().is_empty() {
        app.say("there is no statement here");
        return Vec::new();
    }
    if app.panes.query.running.is_some() {
        app.say("a statement runs: this one comes after it; Ctrl-c cancels");
    }
    pump::enqueue(app, text);
    let mut effects = remember(app, text);
    effects.extend(done(app));
    effects
}

/// Keeps what was run, for this session and for later ones.
fn remember(app: &mut App, text: &str) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let blank = matches!(state.interpreter.variables().get("HISTCONTROL"), Some("ignorespace" | "ignoreboth"));
    if blank && text.starts_with([' ', '\t']) {
        return Vec::new();
    }
    let Some(kept) = state.history.add(text) else { return Vec::new() };
    keep::remember(app, kept)
}

/// Takes in news of the statement that runs.
pub fn news(app: &mut App, part: Part<sql::Fact>) {
    match part {
        Part::Page(news) => fact(app, news),
        Part::Last(news) => {
            fact(app, news);
            over(app);
        }
        Part::Failed(failure) => {
            let said = ServerMessage { severity: "ERROR".into(), message: failure.message, ..ServerMessage::default() };
            if let Some(result) = app.panes.query.running.as_ref().map(|running| running.result) {
                ended(app, result, &Ended::Failed(said));
            }
            over(app);
        }
    }
}

/// Nothing runs any more.
fn over(app: &mut App) {
    let state = &mut app.panes.query;
    let Some(running) = state.running.take() else { return };
    if state.asking == Some(Asking::Terminate) {
        state.asking = None;
    }
    // What there is has changed: what completion knows is read again.
    if running.altered {
        state.catalogued = false;
    }
    let mut effects = plan::wanted(app, &running);
    effects.extend(match app.panes.query.pending.take() {
        Some(Pending::Script(script)) => script::ended(app, *script, &running),
        other => {
            app.panes.query.pending = other;
            outcome::ended(app, &running)
        }
    });
    app.panes.query.effects.extend(effects);
}
