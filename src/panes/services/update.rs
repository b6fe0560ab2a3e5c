//! Handlers for opening and leaving a service or a task.

use super::state::{ID, State, TASK_FACTS};
use super::{health, instances, scaling, user_pool};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::app::subject::Subject;
use crate::app::ticket::Owner;
use crate::app::update::open::{go, reset_view};
use crate::app::update::refresh::after_move;
use crate::model::Source;

/// Opens all services, one service, or a task.
pub fn shows(app: &mut App, subject: &Subject) -> Option<Vec<Effect>> {
    match subject {
        Subject::Services => Some(go(app, ID)),
        Subject::Service(name) => Some(open_service(app, name.clone())),
        Subject::Task(service, id) => Some(open_task(app, service.clone(), id.clone())),
        Subject::Reachability => Some(health::show(app)),
        Subject::Container(..)
        | Subject::Deployment(..)
        | Subject::Database(_)
        | Subject::Instance(..)
        | Subject::Alarm(_)
        | Subject::Machine(_)
        | Subject::Logs(..)
        | Subject::Text(_) => None,
    }
}

fn open_task(app: &mut App, service: String, id: String) -> Vec<Effect> {
    app.panes.services.service = Some(service);
    app.panes.services.task = Some(id);
    app.screen.list(TASK_FACTS).select(0);
    if app.shown_pane().id == ID { after_move(app) } else { go(app, ID) }
}

fn open_service(app: &mut App, name: String) -> Vec<Effect> {
    if app.screen.pane == ID && app.panes.services.service.as_deref() == Some(name.as_str()) {
        return Vec::new();
    }
    let mut keys = vec![(Source::Rollouts, name.clone())];
    if let Some(service) = app.estate.service(&name) {
        keys.push((Source::TaskDefinitions, service.task_definition.clone()));
        keys.extend(service.target_groups.iter().map(|arn| (Source::Targets, arn.clone())));
    }
    app.panes.services.service = Some(name);
    app.panes.services.task = None;
    app.poller.make_keys_due(&keys, app.now);
    app.lists_changed();
    // A dialog of the previously opened service does not apply to this one.
    (app.screen.pane, app.screen.operation) = (ID, None);
    reset_view(app);
    go(app, ID)
}

/// A second press of the pane's key returns to the list.
pub fn entered(app: &mut App) {
    if app.shown_pane().id == ID {
        app.panes.services.sub_view = None;
        app.panes.services.task = None;
        app.panes.services.service = None;
    }
}

/// Resets the state when another environment is opened.
pub fn switched(app: &mut App) -> Vec<Effect> {
    app.panes.services = State::default();
    Vec::new()
}

/// Drops pending requests after a change of credentials: their answers may belong to another account.
pub fn renewed(app: &mut App) {
    app.panes.services.pool.drop_pending();
    app.panes.services.machines.request.drop_pending();
}

/// Goes from the task to its service, and from the service to the list.
pub fn up(app: &mut App) {
    if app.panes.services.task.take().is_none() && app.panes.services.service.take().is_none() {
        app.panes.services.sub_view = None;
    }
}

/// Returns the requests that are due.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let mut effects = health::plan(app);
    effects.extend(instances::plan(app));
    effects.extend(user_pool::plan(app));
    effects.extend(scaling::plan(app));
    effects
}

/// Passes an answer to the part of the pane that requested it.
pub fn answer(app: &mut App, answer: Answer) {
    let Owner::Pane(_, asked) = answer.ticket.owner else { return };
    if asked == instances::KIND {
        instances::answer(app, answer);
    } else if asked == user_pool::KIND {
        user_pool::answer(app, answer);
    } else {
        health::answer(app, answer);
    }
}
