//! Raw output of Terraform and Terragrunt about a unit, shown instead of the log.

use super::requests::{Kind, ask};
use super::state::{LOG, Logged, UNIT_LOG};
use super::texts;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::update::refresh::after_move;
use crate::feeds::infra::{Ask, Fact};
use crate::feeds::part::Part;
use jiff::SignedDuration;

/// Poll interval of the output while it grows.
const AGAIN: SignedDuration = SignedDuration::from_secs(2);

/// `l`: focuses the log; in the log, toggles between messages and raw output.
pub fn log(app: &mut App) -> Vec<Effect> {
    let block = if app.panes.infra.opened_unit.is_some() { UNIT_LOG } else { LOG };
    if app.focused() != block {
        app.focus_on(block);
        return after_move(app);
    }
    let shown = !app.panes.infra.raw_output.shown;
    app.panes.infra.raw_output.shown = shown;
    app.show_message(if shown {
        "raw output of Terraform and Terragrunt; l shows the log again"
    } else {
        "in words; l shows it as it was written"
    });
    app.lists_changed();
    let mut effects = plan(app);
    effects.extend(after_move(app));
    effects
}

/// Requests the output if it is shown and may have grown.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.infra;
    let unit = state.opened_unit.as_ref().or(state.selected_unit.as_ref()).cloned();
    let (Some(run), Some(unit)) = (&state.run, unit) else { return Vec::new() };
    if !state.raw_output.shown || !texts::is_shown(app) {
        return Vec::new();
    }
    let other = state.raw_output.unit != unit;
    let grows = run.is_running();
    let due = state.raw_output.requested_at.is_none_or(|at| app.now.duration_since(at).abs() >= AGAIN);
    if !other && state.raw_output.requested_at.is_some() && !(grows && due) {
        return Vec::new();
    }
    let question = Ask::Written { run: run.folder.clone(), unit: unit.clone() };
    let written = &mut app.panes.infra.raw_output;
    if other {
        written.lines.clear();
    }
    (written.unit, written.requested_at) = (unit, Some(app.now));
    vec![ask(app, Kind::Written, question).1]
}

/// Handles the output of a unit.
pub fn answer(app: &mut App, part: Part<Fact>) {
    match part {
        Part::Page(Fact::Written { unit, lines }) | Part::Last(Fact::Written { unit, lines }) => {
            let now = app.now;
            let written = &mut app.panes.infra.raw_output;
            if written.unit == unit {
                let line = |text| Logged { time: now, tone: Tone::Plain, text };
                written.lines = lines.into_iter().map(line).collect();
            }
        }
        Part::Failed(failure) => app.note(true, failure.message),
        Part::Page(_) | Part::Last(_) => {}
    }
}
