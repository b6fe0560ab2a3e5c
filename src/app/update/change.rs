//! Commands that change something: each becomes an operation, or first a question whose answer does. What the keys of
//! one operation do is a file of its own here; what they have in common follows.

pub(crate) mod database;
pub(crate) mod deploy;
pub(crate) mod steps;

use super::windows::{push_window, start_typing, windows};
use crate::app::App;
use crate::app::dialog;
use crate::app::effect::Effect;
use crate::app::operation::{OperationId, What};
use crate::app::overlay::Kind;
use crate::app::screen::Purpose;
use crate::app::select;
use crate::app::state::Dirty;
use crate::config::EnvironmentConfig;

/// The selected service's whole and short name; a person is told where there is none.
fn service(app: &mut App) -> Option<(String, String)> {
    let found = select::service(app);
    if found.is_none() {
        app.no_line("select a service first");
    }
    let name = found?;
    let short = short(app, &name);
    Some((name, short))
}

fn short(app: &App, name: &str) -> String {
    app.estate.service_row(name).map_or_else(|| name.to_owned(), |row| row.short.clone())
}

/// Begins to look, and opens the window in which the plan comes.
pub(crate) fn plan(app: &mut App, what: impl Into<What>) -> Vec<Effect> {
    let environment = app.environment.clone();
    plan_in(app, what, &environment)
}

fn plan_in(app: &mut App, what: impl Into<What>, environment: &EnvironmentConfig) -> Vec<Effect> {
    let (id, effects) = app.operations.start(what, environment, app.now);
    let window = dialog::over(app, Kind::Plan(id), id);
    app.screen.typing = None;
    push_window(app, window);
    windows(app);
    effects
}

/// The window stays, and what was typed can be corrected.
fn again(app: &mut App) -> Vec<Effect> {
    start_typing(app, Purpose::Window);
    app.changed_by(Dirty::Lists);
    Vec::new()
}

/// Begins the operation again with the wider plan that was offered.
pub(crate) fn offered(app: &mut App, id: OperationId) -> Vec<Effect> {
    let Some(operation) = app.operations.get(id) else { return Vec::new() };
    let Some(request) = operation.machine().offered() else { return Vec::new() };
    let environment = operation.environment.clone();
    app.screen.overlays.pop();
    plan_in(app, request, &environment)
}
