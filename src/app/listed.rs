//! The operations that a person knows of, and how they are called on the screen.

use super::App;
use super::operation::{Operation, Stage};
use super::pane::Going;

/// The operations that a person knows of, newest first.
pub fn listed(app: &App) -> impl Iterator<Item = &Operation> {
    app.operations.list.iter().rev().filter(|operation| app.followed.confirmed.contains(&operation.id))
}

/// The operations that are still running, newest first.
pub fn running(app: &App) -> impl Iterator<Item = &Operation> {
    listed(app).filter(|operation| matches!(operation.stage, Stage::Recording | Stage::Acting))
}

/// Whether something would be left behind when the cockpit is left.
pub fn left_behind(app: &App) -> bool {
    let goes_on = running(app).next().is_some() || going(app).any(|one| one.runs);
    goes_on || app.tunnels.live().next().is_some() || !lost(app).is_empty()
}

/// The operations that ended badly and have not been looked at since, newest first.
pub fn unacknowledged(app: &App) -> impl Iterator<Item = &Operation> {
    listed(app).filter(|operation| app.followed.unacknowledged.contains(&operation.id))
}

/// Work that is going on in the panes, or ended there while it was watched.
pub fn going(app: &App) -> impl Iterator<Item = Going> {
    app.table.panes.iter().filter_map(|pane| (pane.hooks.going)(app))
}

/// Sentences on what is lost in the panes when the session ends.
pub fn lost(app: &App) -> Vec<String> {
    app.table.panes.iter().filter_map(|pane| (pane.hooks.loses)(app)).collect()
}

/// The environment's name where it is not the opened one.
pub fn elsewhere<'a>(app: &App, operation: &'a Operation) -> Option<&'a str> {
    (operation.environment.name != app.environment.name).then_some(operation.environment.name.as_str())
}

/// `deploy web`, or `prod: deploy web` of another environment.
pub fn named(app: &App, operation: &Operation) -> String {
    match elsewhere(app, operation) {
        Some(environment) => format!("{environment}: {}", operation.title),
        None => operation.title.clone(),
    }
}
