//! The list of the environment's runs, from which an older one can be opened and read again.

use super::state::ID;
use super::{texts, update};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation_texts::line;
use crate::app::overlay::{Choice, Kind, Line, Overlay, Tone};
use crate::app::update::refresh::after_move;
use crate::app::update::windows::{push_window, windows};
use crate::model::infra::run_order::ListedRun;

/// The dialog with the list of runs.
const RUNS: u8 = 1;

/// `a`: opens the list of runs.
pub fn list(app: &mut App) -> Vec<Effect> {
    if app.panes.infra.runs.is_empty() {
        app.show_message("there was no run yet");
        return Vec::new();
    }
    let title = format!("Runs over {}", app.environment.name);
    push_window(app, Overlay::new(Kind::Pane(ID, RUNS), title, Vec::new()));
    windows(app);
    after_move(app)
}

/// One line for each run, the latest first.
pub fn lines(app: &App, _: u8) -> Vec<Line> {
    let state = &app.panes.infra;
    let shown = state.run.as_ref().map(|run| run.name.as_str());
    let line_of = |run: &ListedRun| Line {
        note: words(run),
        choice: Choice::Pane { pane: ID, what: RUNS, text: run.run.clone() },
        ..line(if shown == Some(run.run.as_str()) { "●" } else { "" }, run.run.clone(), Tone::Plain)
    };
    state.runs.iter().map(line_of).collect()
}

/// Describes a run: `apply by kenta on mac, 6 units, goes on`. After its end shows the result, or `LOST` if its supervisor
/// was killed.
fn words(run: &ListedRun) -> String {
    let stands = match run.end {
        Some(end) => texts::end_word(end),
        None if run.live => "goes on",
        None => "LOST",
    };
    let Some(order) = &run.order else { return stands.to_owned() };
    let units = match order.units.as_slice() {
        [one] => one.name.clone(),
        units => format!("{} units", units.len()),
    };
    let goal = texts::goal_word(Some(order.goal));
    let made = format!("{goal} by {} on {}", order.by.user, order.by.host);
    [made, units, stands.to_owned()].join(", ")
}

/// Opens the chosen run.
pub fn picked(app: &mut App, _: u8, name: &str) -> Vec<Effect> {
    app.screen.overlays.pop();
    let state = &app.panes.infra;
    let Some(run) = state.runs.iter().find(|run| run.run == name) else {
        app.show_message(format!("{name} no longer exists"));
        return Vec::new();
    };
    let folder = run.folder.clone();
    let newest = update::newest(state).is_some_and(|newest| newest.run == name);
    let same = state.run.as_ref().is_some_and(|run| run.name == name);
    app.panes.infra.pinned = !newest;
    let mut effects = if same { Vec::new() } else { update::follow(app, &folder) };
    effects.extend(after_move(app));
    effects
}
