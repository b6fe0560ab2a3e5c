//! The effects of opening and leaving a service or a task.

use super::state::{ID, State, TASK_FACTS};
use super::{health, instances, pool, scaling};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::app::subject::Subject;
use crate::app::ticket::Owner;
use crate::app::update::open::{forget, go};
use crate::app::update::settle::done;
use crate::model::Source;

/// Shows all services, one, or a task.
pub fn shows(app: &mut App, subject: &Subject) -> Option<Vec<Effect>> {
    match subject {
        Subject::Services => Some(go(app, ID)),
        Subject::Service(name) => Some(open_service(app, name.clone())),
        Subject::Task(service, id) => Some(open_task(app, service.clone(), id.clone())),
        Subject::Reached => Some(health::show(app)),
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
    if app.shown().id == ID { done(app) } else { go(app, ID) }
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
    app.poller.hurry_keys(&keys, app.now);
    app.lists_changed();
    // The window of the service that was open before says nothing about this one.
    (app.screen.pane, app.screen.operation) = (ID, None);
    forget(app);
    go(app, ID)
}

/// A second press of its key leaves an opened service: the key names the list.
pub fn entered(app: &mut App) {
    if app.shown().id == ID {
        app.panes.services.instead = None;
        app.panes.services.task = None;
        app.panes.services.service = None;
    }
}

/// Nothing of the environment before stays opened.
pub fn switched(app: &mut App) -> Vec<Effect> {
    app.panes.services = State::default();
    Vec::new()
}

/// Other credentials are in use: what is under way may be another account's.
pub fn renewed(app: &mut App) {
    app.panes.services.pool.forget();
    app.panes.services.machines.asked.forget();
}

/// From the task to its service, from the service to the list.
pub fn up(app: &mut App) {
    if app.panes.services.task.take().is_none() && app.panes.services.service.take().is_none() {
        app.panes.services.instead = None;
    }
}

/// The questions that are due now.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let mut effects = health::plan(app);
    effects.extend(instances::plan(app));
    effects.extend(pool::plan(app));
    effects.extend(scaling::plan(app));
    effects
}

/// An answer, to whom it belongs.
pub fn answer(app: &mut App, answer: Answer) {
    let Owner::Pane(_, asked) = answer.ticket.owner else { return };
    if asked == instances::ASKED {
        instances::answer(app, answer);
    } else if asked == pool::ASKED {
        pool::answer(app, answer);
    } else {
        health::answer(app, answer);
    }
}
