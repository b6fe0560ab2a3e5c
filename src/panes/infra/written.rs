//! The output of Terraform and Terragrunt about a unit: in plain words, or as they wrote it.

use super::ask::{Kind, ask};
use super::state::{LOG, Logged, UNIT_LOG};
use super::tell;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlay::Tone;
use crate::app::update::settle::done;
use crate::feeds::infra::{Ask, Fact};
use crate::feeds::part::Part;
use jiff::SignedDuration;

/// The interval at which the output is read while it grows.
const AGAIN: SignedDuration = SignedDuration::from_secs(2);

/// `l`: to what was said; there, as it was written and back.
pub fn log(app: &mut App) -> Vec<Effect> {
    let block = if app.panes.infra.open.is_some() { UNIT_LOG } else { LOG };
    if app.focused() != block {
        app.focus_on(block);
        return done(app);
    }
    let shown = !app.panes.infra.written.shown;
    app.panes.infra.written.shown = shown;
    app.say(if shown {
        "as Terraform and Terragrunt wrote it; l tells it in words again"
    } else {
        "in words; l shows it as it was written"
    });
    app.lists_changed();
    let mut effects = plan(app);
    effects.extend(done(app));
    effects
}

/// Reads it, where it is shown and may have grown.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.infra;
    let unit = state.open.as_ref().or(state.unit.as_ref()).cloned();
    let (Some(run), Some(unit)) = (&state.run, unit) else { return Vec::new() };
    if !state.written.shown || !tell::is_shown(app) {
        return Vec::new();
    }
    let other = state.written.unit != unit;
    let grows = run.goes_on();
    let due = state.written.asked.is_none_or(|at| app.now.duration_since(at).abs() >= AGAIN);
    if !other && state.written.asked.is_some() && !(grows && due) {
        return Vec::new();
    }
    let question = Ask::Written { run: run.folder.clone(), unit: unit.clone() };
    let written = &mut app.panes.infra.written;
    if other {
        written.lines.clear();
    }
    (written.unit, written.asked) = (unit, Some(app.now));
    vec![ask(app, Kind::Written, question).1]
}

/// Handles what was read of a unit's output.
pub fn answer(app: &mut App, part: Part<Fact>) {
    match part {
        Part::Page(Fact::Written { unit, lines }) | Part::Last(Fact::Written { unit, lines }) => {
            let now = app.now;
            let written = &mut app.panes.infra.written;
            if written.unit == unit {
                let line = |text| Logged { time: now, tone: Tone::Plain, text };
                written.lines = lines.into_iter().map(line).collect();
            }
        }
        Part::Failed(failure) => app.note(true, failure.message),
        Part::Page(_) | Part::Last(_) => {}
    }
}
