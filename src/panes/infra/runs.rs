//! The runs of the environment: an older one can be opened, and is read again from its beginning.

use super::state::ID;
use super::{tell, update};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlay::{Choice, Kind, Line, Overlay, Tone};
use crate::app::tell::line;
use crate::app::update::settle::done;
use crate::app::update::windows::{push_window, windows};
use crate::model::infra::order::Listed;

/// The window of runs.
const RUNS: u8 = 1;

/// `a`: lists them.
pub fn list(app: &mut App) -> Vec<Effect> {
    if app.panes.infra.runs.is_empty() {
        app.say("there was no run yet");
        return Vec::new();
    }
    let title = format!("Runs over {}", app.environment.name);
    push_window(app, Overlay::new(Kind::Pane(ID, RUNS), title, Vec::new()));
    windows(app);
    done(app)
}

/// A line for each, the latest first.
pub fn lines(app: &App, _: u8) -> Vec<Line> {
    let state = &app.panes.infra;
    let shown = state.run.as_ref().map(|run| run.name.as_str());
    let one = |run: &Listed| Line {
        note: words(run),
        choice: Choice::Pane { pane: ID, what: RUNS, text: run.run.clone() },
        ..line(if shown == Some(run.run.as_str()) { "●" } else { "" }, run.run.clone(), Tone::Plain)
    };
    state.runs.iter().map(one).collect()
}

/// `apply by kenta on mac, 6 units, goes on`: at its end how it stands, `LOST` where its supervisor was killed.
fn words(run: &Listed) -> String {
    let stands = match run.end {
        Some(end) => tell::end_word(end),
        None if run.live => "goes on",
        None => "LOST",
    };
    let Some(order) = &run.order else { return stands.to_owned() };
    let units = match order.units.as_slice() {
        [one] => one.name.clone(),
        units => format!("{} units", units.len()),
    };
    let goal = tell::goal_word(Some(order.goal));
    let made = format!("{goal} by {} on {}", order.by.user, order.by.host);
    [made, units, stands.to_owned()].join(", ")
}

/// Opens the run that was chosen.
pub fn picked(app: &mut App, _: u8, name: &str) -> Vec<Effect> {
    app.screen.overlays.pop();
    let state = &app.panes.infra;
    let Some(run) = state.runs.iter().find(|run| run.run == name) else {
        app.say(format!("{name} is not there any more"));
        return Vec::new();
    };
    let folder = run.folder.clone();
    let newest = update::newest(state).is_some_and(|newest| newest.run == name);
    let same = state.run.as_ref().is_some_and(|run| run.name == name);
    app.panes.infra.pinned = !newest;
    let mut effects = if same { Vec::new() } else { update::follow(app, &folder) };
    effects.extend(done(app));
    effects
}
