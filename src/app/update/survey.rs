//! Surveys the environments that are not open, slowly and one at a time, while their window is open.

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlay::Kind;
use crate::app::overlays;
use crate::model::glance::Glance;
use jiff::SignedDuration;

/// The age after which an environment is surveyed again.
const AGAIN: SignedDuration = SignedDuration::from_mins(5);
/// The pause between the surveys of two environments.
const PAUSE: SignedDuration = SignedDuration::from_secs(3);

/// Whether the window of environments is open.
fn shown(app: &App) -> bool {
    app.screen.overlays.last().is_some_and(|overlay| overlay.kind == Kind::Environments)
}

/// Surveys the next environment that is due, while the window is open.
pub fn plan(app: &mut App) -> Vec<Effect> {
    // Updates the ages shown.
    refresh(app);
    let survey = &app.survey;
    let paused = survey.begun.is_some_and(|at| app.now.duration_since(at).abs() < PAUSE);
    if survey.under_way.is_some() || paused || app.screen.paused.is_some() || !shown(app) {
        return Vec::new();
    }
    let due = |name: &str| {
        app.survey.results.get(name).is_none_or(|seen| app.now.duration_since(seen.at).abs() >= AGAIN)
            && name != app.environment.name
    };
    let Some(next) = app.config.environments.iter().find(|one| due(&one.name) && !one.is_only_infra()) else {
        return Vec::new();
    };
    let environment = Box::new(next.clone());
    app.survey.under_way = Some(environment.name.clone());
    app.survey.begun = Some(app.now);
    refresh(app);
    vec![Effect::Survey(environment)]
}

/// Stores the survey of one environment.
pub fn store(app: &mut App, name: String, mut glance: Glance) {
    // Dated by the local clock, because the surveyed world may have another.
    glance.at = app.now;
    if app.survey.under_way.as_deref() == Some(name.as_str()) {
        app.survey.under_way = None;
    }
    app.survey.results.insert(name, glance);
    refresh(app);
    app.redraw = true;
}

/// Updates the lines of the window, keeping the selection.
fn refresh(app: &mut App) {
    if shown(app) {
        let lines = overlays::environment_lines(app);
        if let Some(overlay) = app.screen.overlays.last_mut() {
            overlay.replace(lines);
        }
    }
}
