//! Looks at units without a run: their outputs, their states, whether their code is valid and in its form, their caches.

use super::ask::{Kind, ask, place, tell};
use super::state::Asking;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::settle::done;
use crate::feeds::infra::{Ask, What};
use crate::model::infra::cached::Cached;

/// Reads something of the marked units, else of the selected one, else of all.
pub fn look(app: &mut App, what: What) -> Vec<Effect> {
    if !super::tell::configured(app) {
        app.say("no infrastructure is configured for this environment");
        return Vec::new();
    }
    let units = meant(app);
    let whose = if units.is_empty() { "all units".to_owned() } else { units.join(", ") };
    app.panes.infra.waiting = Some(format!("{}: {whose} …", title(what)));
    let question = Ask::Look { place: place(app), what, units };
    let mut effects = vec![ask(app, Kind::Look, question).1];
    effects.extend(done(app));
    effects
}

/// The marked units, else the one that was gone into or is selected.
pub(super) fn meant(app: &App) -> Vec<String> {
    let state = &app.panes.infra;
    if state.marked.is_empty() {
        state.open.as_ref().or(state.unit.as_ref()).into_iter().cloned().collect()
    } else {
        state.marked.iter().cloned().collect()
    }
}

fn title(what: What) -> &'static str {
    match what {
        What::Outputs => "Outputs",
        What::States => "States",
        What::Whole => "The state, sensitive values masked",
        What::Code => "The code",
        What::Caches => "Caches",
    }
}

/// Shows what was read.
pub fn looked(app: &mut App, what: What, lines: &[String]) {
    tell(app, title(what), lines);
}

/// Caches that were found: what can be removed is asked about.
pub fn caches(app: &mut App, cached: Vec<Cached>) {
    if cached.iter().any(Cached::goes) {
        drop(super::windows::open(app, Asking::Clean(cached)));
    } else if cached.is_empty() {
        app.say("there is nothing to remove");
    } else {
        let lines: Vec<String> = cached.iter().map(Cached::line).collect();
        looked(app, What::Caches, &lines);
    }
}
