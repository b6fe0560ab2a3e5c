//! Inspection of units without a run: outputs, states, validity and formatting of the code, caches.

use super::requests::{Kind, ask, place, show_lines};
use super::state::DialogQuestion;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;
use crate::feeds::infra::{Ask, Inspection};
use crate::model::infra::cached::Cached;

/// Reads something about the marked units, the selected one, or all.
pub fn inspect(app: &mut App, what: Inspection) -> Vec<Effect> {
    if !super::texts::configured(app) {
        app.show_message("no infrastructure is configured for this environment");
        return Vec::new();
    }
    let units = chosen_units(app);
    let whose = if units.is_empty() { "all units".to_owned() } else { units.join(", ") };
    app.panes.infra.pending_request = Some(format!("{}: {whose} …", title(what)));
    let question = Ask::Inspect { place: place(app), what, units };
    let mut effects = vec![ask(app, Kind::Look, question).1];
    effects.extend(after_move(app));
    effects
}

/// The marked units, or the opened or selected one.
pub(super) fn chosen_units(app: &App) -> Vec<String> {
    let state = &app.panes.infra;
    if state.marked_units.is_empty() {
        state.opened_unit.as_ref().or(state.selected_unit.as_ref()).into_iter().cloned().collect()
    } else {
        state.marked_units.iter().cloned().collect()
    }
}

fn title(what: Inspection) -> &'static str {
    match what {
        Inspection::Outputs => "Outputs",
        Inspection::States => "States",
        Inspection::FullStates => "The state, sensitive values masked",
        Inspection::Code => "The code",
        Inspection::Caches => "Caches",
    }
}

/// Shows what was read.
pub fn show_output(app: &mut App, what: Inspection, lines: &[String]) {
    show_lines(app, title(what), lines);
}

/// Asks whether to remove the caches that were found.
pub fn propose_cache_removal(app: &mut App, cached: Vec<Cached>) {
    if cached.iter().any(Cached::is_removable) {
        drop(super::windows::open(app, DialogQuestion::Clean(cached)));
    } else if cached.is_empty() {
        app.show_message("there is nothing to remove");
    } else {
        let lines: Vec<String> = cached.iter().map(Cached::line).collect();
        show_output(app, Inspection::Caches, &lines);
    }
}
