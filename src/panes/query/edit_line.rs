//! The line on which a value of a result is edited.

use super::choice::Prompt;
use super::state::ID;
use crate::app::App;
use crate::app::screen::{Purpose, Typing};
use crate::model::sql::edit::on_a_line;

/// A longer value is not edited on a line.
const LONGEST: usize = 64 * 1024;

/// Begins to type it, from what stands there.
pub fn prompt(app: &mut App, value: Option<&str>) {
    let purpose = Purpose::Pane { pane: ID, what: Prompt::Edit as u8, label: Prompt::Edit.label() };
    app.screen.typing = Some(Typing::new(purpose, on_a_line(value)));
}

/// The value that is to be edited has come whole.
pub fn value(app: &mut App, value: Option<String>) {
    if value.as_ref().is_some_and(|text| text.len() > LONGEST) {
        app.panes.query.edited = None;
        app.say("that is too long to be edited on a line: UPDATE in the editor changes it");
        return;
    }
    prompt(app, value.as_deref());
    app.panes.query.was = value;
}
