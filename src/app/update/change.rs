//! Commands that change something: each becomes an operation, directly or after a question. Each kind of operation has
//! its own file here; this one has what they share.

pub(crate) mod database;
pub(crate) mod deploy;
pub(crate) mod steps;

use super::windows::{push_window, start_typing, windows};
use crate::app::App;
use crate::app::dialog;
use crate::app::effect::Effect;
use crate::app::operation::{NewOperation, OperationId};
use crate::app::overlay::Kind;
use crate::app::screen::Purpose;
use crate::app::select;
use crate::app::state::Dirty;
use crate::config::EnvironmentConfig;

/// The full and short name of the selected service; without one, the person is told to select one.
fn service(app: &mut App) -> Option<(String, String)> {
    let found = select::service(app);
    if found.is_none() {
        app.refuse_line("select a service first");
    }
    let name = found?;
    let short = short(app, &name);
    Some((name, short))
}

fn short(app: &App, name: &str) -> String {
    app.estate.service_row(name).map_or_else(|| name.to_owned(), |row| row.short.clone())
}

/// Starts making a plan, and opens the window that will show it.
pub(crate) fn plan(app: &mut App, what: impl Into<NewOperation>) -> Vec<Effect> {
    let environment = app.environment.clone();
    plan_in(app, what, &environment)
}

fn plan_in(app: &mut App, what: impl Into<NewOperation>, environment: &EnvironmentConfig) -> Vec<Effect> {
    let (id, effects) = app.operations.start(what, environment, app.now);
    let window = dialog::operation_window(app, Kind::Plan(id), id);
    app.screen.typing = None;
    push_window(app, window);
    windows(app);
    effects
}

/// Keeps the window open, so that the typed text can be corrected.
fn retry(app: &mut App) -> Vec<Effect> {
    start_typing(app, Purpose::Window);
    app.changed_by(Dirty::Lists);
    Vec::new()
}

/// Starts the operation again with the wider plan that was offered.
pub(crate) fn plan_wider(app: &mut App, id: OperationId) -> Vec<Effect> {
    let Some(operation) = app.operations.get(id) else { return Vec::new() };
    let Some(request) = operation.machine().wider_operation() else { return Vec::new() };
    let environment = operation.environment.clone();
    app.screen.overlays.pop();
    plan_in(app, request, &environment)
}
