//! Deployments by keys: an image, a previous version, the same definition again, rolling back, watching.

use super::{plan, retry, service, short};
use crate::app::App;
use crate::app::dialog;
use crate::app::effect::Effect;
use crate::app::operation::Operation;
use crate::app::operation::deploy::{self, Source};
use crate::app::operation::options::{self, Offer};
use crate::app::overlay::{Choice, Kind, Overlay};
use crate::app::screen::Purpose;
use crate::app::update::operations;
use crate::app::update::windows::{push_window, start_typing, windows};
use crate::config::EnvironmentConfig;

fn deploy_of(app: &App, service: String, source: Source) -> deploy::Request {
    let short = short(app, &service);
    deploy::Request::new(service, short, source, app.config.hooks.clone())
}

fn choose(app: &mut App, offer: Offer, title: impl FnOnce(&str) -> String) -> Vec<Effect> {
    let Some((service, short)) = service(app) else { return Vec::new() };
    let title = title(&short);
    let request = options::Request { service: service.clone(), title: title.clone(), offer };
    let (id, effects) = app.operations.start(request, &app.environment, app.now);
    let mut window = Overlay::new(Kind::Choose(id), title, Vec::new());
    window.service = service;
    push_window(app, window);
    start_typing(app, Purpose::Window);
    windows(app);
    effects
}

/// Asks which image to deploy to the selected service.
pub(crate) fn image(app: &mut App) -> Vec<Effect> {
    choose(app, Offer::Images, |short| format!("Deploy {short}: image"))
}

/// Asks for the version to roll back to; in an operation's view, for the service it changes.
pub(crate) fn roll_back(app: &mut App) -> Vec<Effect> {
    if let Some(id) = app.screen.operation
        && app.operations.get(id).is_some_and(Operation::revertible)
    {
        let mut window = dialog::operation_window(app, Kind::Revert(id), id);
        window.title = format!("Roll back: {}", window.title.to_lowercase());
        push_window(app, window);
        windows(app);
        return Vec::new();
    }
    choose(app, Offer::Revisions, |short| format!("Roll {short} back: version"))
}

pub(crate) fn force(app: &mut App) -> Vec<Effect> {
    let Some((name, _)) = service(app) else { return Vec::new() };
    let what = deploy_of(app, name, Source::Force);
    plan(app, what)
}

/// Enables ECS Exec, which starts new tasks.
pub(crate) fn enable_exec(app: &mut App) -> Vec<Effect> {
    let Some((name, _)) = service(app) else { return Vec::new() };
    enable_exec_on(app, name)
}

/// Plans to enable ECS Exec on a service that need not be the selected one.
pub(crate) fn enable_exec_on(app: &mut App, service: String) -> Vec<Effect> {
    let what = deploy::Request { exec: true, ..deploy_of(app, service, Source::Force) };
    plan(app, what)
}

/// Watches the newest deployment, whoever started it; asks nothing and changes nothing.
pub(crate) fn watch(app: &mut App) -> Vec<Effect> {
    let Some((name, _)) = service(app) else { return Vec::new() };
    let what = deploy_of(app, name, Source::Attach);
    let (id, effects) = app.operations.start(what, &app.environment, app.now);
    app.followed.confirmed.insert(id);
    operations::open(app, id);
    effects
}

/// Handles the choice of an image or a revision.
pub(crate) fn accept_choice(app: &mut App, choice: Choice) -> Vec<Effect> {
    let Some(window) = app.screen.overlays.last() else { return Vec::new() };
    let name = window.service.clone();
    let typed = window.query.text().trim().to_owned();
    let source = match choice {
        Choice::Image(image) => Source::Image(image),
        Choice::Typed => Source::Image(typed),
        Choice::Build => {
            let Some(config) = EnvironmentConfig::build_of(&app.config.builds, &name).cloned() else {
                return retry(app);
            };
            Source::Build { config, dirty: false }
        }
        Choice::Revision(to) => Source::RollBack(to),
        Choice::Nothing | Choice::Run(_) | Choice::Environment(_) | Choice::Operation(_) | Choice::Pane { .. } => {
            return retry(app);
        }
    };
    app.screen.overlays.pop();
    let what = deploy_of(app, name, source);
    plan(app, what)
}
