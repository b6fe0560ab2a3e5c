//! The keys of the Operation pane: they stop a program that runs for the operation.

use super::rows::shown;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::Operation;
use crate::app::update::operations::follow;

/// Whether there is something to stop.
pub fn runs(app: &App) -> bool {
    shown(app).is_some_and(Operation::stoppable)
}

/// Stops the program that the shown operation runs.
pub fn stop(app: &mut App) -> Vec<Effect> {
    let Some(operation) = shown(app).filter(|operation| operation.stoppable()) else {
        app.say("nothing runs here that could be stopped");
        return Vec::new();
    };
    let id = operation.id;
    let mut effects = app.operations.stop(id, app.now);
    effects.extend(follow(app));
    effects
}
