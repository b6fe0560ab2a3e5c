//! Following foreign keys from a row: the rows at the other end become a new result, and `Esc` returns.

use super::choices::Window;
use super::state::RESULT;
use super::{psql, references, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;

/// `Enter` on a foreign key cell: opens the row it refers to, or a choice if several keys use the column. `None` if the cell
/// belongs to no key.
pub fn follow(app: &mut App) -> Option<Vec<Effect>> {
    let found = references::of_cell(app);
    let why = found.iter().find_map(|(_, statement)| statement.as_ref().err().cloned());
    let mut statements: Vec<String> = found.into_iter().filter_map(|(_, statement)| statement.ok()).collect();
    statements.dedup();
    match (statements.as_slice(), why) {
        ([], None) => None,
        ([], Some(why)) => {
            app.show_message(why);
            Some(after_move(app))
        }
        ([one], _) => {
            let statement = one.clone();
            Some(run_reference(app, &statement))
        }
        ([..], _) => Some(windows::open(app, Window::References)),
    }
}

/// Lists the rows that the selected row refers to, and those that refer to it.
pub fn references(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.query;
    let why = match (&state.schema.keys, state.schema.missing.get(super::schema::requests::KEYS)) {
        _ if state.shown().is_none_or(|tab| tab.grid.is_none()) => Some("there is no result".to_owned()),
        _ if !state.is_on() => Some("there is no session: Enter connects again".to_owned()),
        (None, Some(why)) => Some(format!("foreign keys are not known: {why}")),
        (None, None) => Some("foreign keys are not known yet".to_owned()),
        (Some(_), _) => None,
    };
    if let Some(why) = why {
        app.show_message(why);
        return after_move(app);
    }
    windows::open(app, Window::References)
}

/// Runs the statement of a reference as a new result.
pub fn run_reference(app: &mut App, statement: &str) -> Vec<Effect> {
    let from = app.panes.query.shown().map(|tab| tab.id);
    app.panes.query.followed = from.map(|from| (statement.to_owned(), from));
    app.focus_on(RESULT);
    psql::enqueue(app, &format!("{statement};"));
    after_move(app)
}

/// Returns to the result from which a key was followed to the shown one.
pub fn back(app: &mut App) -> bool {
    let state = &mut app.panes.query;
    let Some(from) = state.shown().and_then(|tab| tab.from) else { return false };
    let Some(place) = state.tabs.iter().position(|tab| tab.id == from) else { return false };
    state.tab = place;
    true
}
