//! The operations that the person is following, and their names on the screen.

use super::App;
use super::operation::{Operation, Stage};
use super::pane::Activity;

/// The operations that the person confirmed or watches, newest first.
pub fn listed(app: &App) -> impl Iterator<Item = &Operation> {
    app.operations.list.iter().rev().filter(|operation| app.followed.confirmed.contains(&operation.id))
}

/// The operations that are still running, newest first.
pub fn running(app: &App) -> impl Iterator<Item = &Operation> {
    listed(app).filter(|operation| matches!(operation.stage, Stage::Recording | Stage::Acting))
}

/// Whether quitting now would leave something running or lose something.
pub fn quitting_loses_something(app: &App) -> bool {
    let goes_on = running(app).next().is_some() || activities(app).any(|one| one.is_running);
    goes_on || app.tunnels.live().next().is_some() || !losses(app).is_empty()
}

/// The operations that ended badly and have not been looked at since, newest first.
pub fn unacknowledged(app: &App) -> impl Iterator<Item = &Operation> {
    listed(app).filter(|operation| app.followed.unacknowledged.contains(&operation.id))
}

/// Work in the panes that is in progress, or ended while it was watched.
pub fn activities(app: &App) -> impl Iterator<Item = Activity> {
    app.table.panes.iter().filter_map(|pane| (pane.hooks.activity)(app))
}

/// Sentences about what the panes lose when the session ends.
pub fn losses(app: &App) -> Vec<String> {
    app.table.panes.iter().filter_map(|pane| (pane.hooks.loss)(app)).collect()
}

/// The environment's name, if it is not the open one.
pub fn other_environment<'a>(app: &App, operation: &'a Operation) -> Option<&'a str> {
    (operation.environment.name != app.environment.name).then_some(operation.environment.name.as_str())
}

/// `deploy web`, or `prod: deploy web` for another environment.
pub fn qualified_title(app: &App, operation: &Operation) -> String {
    match other_environment(app, operation) {
        Some(environment) => format!("{environment}: {}", operation.title),
        None => operation.title.clone(),
    }
}
