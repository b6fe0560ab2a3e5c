//! The key of the Operation pane: it stops the program that runs for the operation.

use super::rows::shown;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::Operation;
use crate::app::update::operations::follow;

/// Whether the operation runs a program that can be stopped.
pub fn runs_program(app: &App) -> bool {
    shown(app).is_some_and(Operation::stoppable)
}

/// Stops the program that the shown operation runs.
pub fn stop(app: &mut App) -> Vec<Effect> {
    let Some(operation) = shown(app).filter(|operation| operation.stoppable()) else {
        app.show_message("nothing runs here that could be stopped");
        return Vec::new();
    };
    let id = operation.id;
    let mut effects = app.operations.stop(id, app.now);
    effects.extend(follow(app));
    effects
}
