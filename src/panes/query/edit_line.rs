//! The line on which a value of a result is edited.

use super::choice::Prompt;
use super::state::ID;
use crate::app::App;
use crate::app::screen::{Purpose, Typing};
use crate::model::sql::edit::on_a_line;

/// A longer value is not edited on a line.
pub const LONGEST: usize = 64 * 1024;

/// Begins to type it, from what stands there.
pub fn prompt(app: &mut App, value: Option<&str>) {
    let purpose = Purpose::Pane { pane: ID, what: Prompt::Edit as u8, label: Prompt::Edit.label() };
    app.screen.typing = Some(Typing::new(purpose, on_a_line(value)));
}

/// The value that is to be edited has come whole.
pub fn value(app: &mut App, value: Option<String>) {
    prompt(app, value.as_deref());
    app.panes.query.was = value;
}
