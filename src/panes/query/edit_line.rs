//! The input line for editing a value.

use super::choices::Prompt;
use super::state::ID;
use crate::app::App;
use crate::app::screen::{Purpose, Typing};
use crate::model::sql::edit::encode_line;

/// Maximum length of a value that can be edited on one line, in bytes.
pub const LONGEST: usize = 64 * 1024;

/// Opens the input line with the current value.
pub fn prompt(app: &mut App, value: Option<&str>) {
    let purpose = Purpose::Pane { pane: ID, what: Prompt::Edit as u8, label: Prompt::Edit.label() };
    app.screen.typing = Some(Typing::new(purpose, encode_line(value)));
}

/// Handles the complete value that is to be edited.
pub fn edit_value(app: &mut App, value: Option<String>) {
    prompt(app, value.as_deref());
    app.panes.query.original_value = value;
}
