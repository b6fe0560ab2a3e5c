//! A database is opened.

use super::state::{ID, LIST};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::subject::Subject;
use crate::app::update::open::go;

/// Shows a database, or the one of an instance.
pub fn shows(app: &mut App, subject: &Subject) -> Option<Vec<Effect>> {
    match subject {
        Subject::Database(id) | Subject::Instance(id, _) if app.shown().id != ID => {
            app.screen.list(LIST).select_key(id);
            app.lists_changed();
            Some(go(app, ID))
        }
        _ => None,
    }
}
