//! Commands that change something: each becomes an operation, or first a question whose answer does.

use super::windows::{push_window, start_typing, windows};
use crate::app::App;
use crate::app::dialog;
use crate::app::effect::Effect;
use crate::app::operation::choose::{self, Offer};
use crate::app::operation::deploy::{self, Source};
use crate::app::operation::steps::{self, Wanted};
use crate::app::operation::{Operation, OperationId, What, watch};
use crate::app::overlay::{Choice, Kind, Overlay, Question, Tone};
use crate::app::screen::Purpose;
use crate::app::select;
use crate::app::state::Dirty;
use crate::app::subject::Subject;
use crate::app::tell;
use crate::config::EnvironmentConfig;
use crate::model::timer::Power;

/// The selected service's whole and short name; a person is told where there is none.
fn service(app: &mut App) -> Option<(String, String)> {
    let found = select::service(app);
    if found.is_none() {
        app.say("select a service first");
    }
    let name = found?;
    let short = short(app, &name);
    Some((name, short))
}

fn short(app: &App, name: &str) -> String {
    app.estate.service_row(name).map_or_else(|| name.to_owned(), |row| row.short.clone())
}

/// Begins to look, and opens the window in which the plan comes.
fn plan(app: &mut App, what: impl Into<What>) -> Vec<Effect> {
    let environment = app.environment.clone();
    plan_in(app, what, &environment)
}

fn plan_in(app: &mut App, what: impl Into<What>, environment: &EnvironmentConfig) -> Vec<Effect> {
    let (id, effects) = app.operations.start(what, environment, app.now);
    let window = dialog::over(app, Kind::Plan(id), id);
    app.screen.typing = None;
    push_window(app, window);
    windows(app);
    effects
}

fn deploy_of(app: &App, service: String, source: Source) -> deploy::Request {
    let short = short(app, &service);
    deploy::Request::new(service, short, source, app.config.hooks.clone())
}

fn choose(app: &mut App, offer: Offer, title: impl FnOnce(&str) -> String) -> Vec<Effect> {
    let Some((service, short)) = service(app) else { return Vec::new() };
    let title = title(&short);
    let request = choose::Request { service: service.clone(), title: title.clone(), offer };
    let (id, effects) = app.operations.start(request, &app.environment, app.now);
    let mut window = Overlay::new(Kind::Choose(id), title, Vec::new());
    window.service = service;
    push_window(app, window);
    start_typing(app, Purpose::Window);
    windows(app);
    effects
}

/// Which image?
pub(crate) fn deploy(app: &mut App) -> Vec<Effect> {
    choose(app, Offer::Images, |short| format!("Deploy {short}: image"))
}

/// To which version? In an operation's own view: what is under way there.
pub(crate) fn roll_back(app: &mut App) -> Vec<Effect> {
    if let Some(id) = app.screen.operation
        && app.operations.get(id).is_some_and(Operation::revertible)
    {
        let mut window = dialog::over(app, Kind::Revert(id), id);
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

/// Watches the newest deployment, whoever began it: nothing is asked, nothing is changed.
pub(crate) fn watch(app: &mut App) -> Vec<Effect> {
    let Some((name, _)) = service(app) else { return Vec::new() };
    let what = deploy_of(app, name, Source::Attach);
    let (id, effects) = app.operations.start(what, &app.environment, app.now);
    app.followed.confirmed.insert(id);
    super::operations::open(app, id);
    effects
}

/// Numbers are typed: which are they now?
pub(crate) fn ask(app: &mut App, question: Question) {
    let Some((name, short)) = service(app) else { return };
    let title = match question {
        Question::Count => format!("Scale {short}: number of tasks"),
        Question::Limits => format!("Limits of {short}: minimum maximum"),
    };
    let row = app.estate.service_row(&name);
    let mut lines = Vec::new();
    if let Some(row) = row {
        lines.push(tell::line("", format!("now: desired {}, running {}", row.desired, row.running), Tone::Plain));
        lines.push(match row.limits {
            Some((min, max)) => tell::line("", format!("autoscaling: between {min} and {max}"), Tone::Plain),
            None => tell::line("", "not scaled automatically", Tone::Dim),
        });
    }
    let hint = match question {
        Question::Count => "a number, 0 stops it",
        Question::Limits => "two numbers, as 1 4",
    };
    lines.push(tell::line("", hint, Tone::Dim));
    let mut window = Overlay::new(Kind::Ask(question), title, lines);
    window.service = name;
    push_window(app, window);
    start_typing(app, Purpose::Window);
}

/// The typed numbers.
pub(crate) fn answer(app: &mut App, question: Question) -> Vec<Effect> {
    let Some(window) = app.screen.overlays.last() else { return Vec::new() };
    let (service, typed) = (window.service.clone(), window.query.text().to_owned());
    let short = short(app, &service);
    let separators = [' ', ',', '-', '–', '.'];
    let numbers: Option<Vec<u32>> =
        typed.split(separators).filter(|part| !part.is_empty()).map(|part| part.parse().ok()).collect();
    let request = match (question, numbers.as_deref()) {
        (Question::Count, Some([desired])) => steps::Request {
            wanted: Wanted::Scale { service, desired: *desired, min: None, max: None, move_limits: false },
            short,
        },
        (Question::Limits, Some([min, max])) if min <= max => steps::Request {
            wanted: Wanted::Limits { service, min: Some(*min), max: Some(*max), suspended: None },
            short,
        },
        (question, _) => {
            app.say(match question {
                Question::Count => format!("`{typed}` is no number of tasks: type one, as 3"),
                Question::Limits => format!("`{typed}` are no limits: type two numbers, as 1 4"),
            });
            return again(app);
        }
    };
    app.screen.overlays.pop();
    plan(app, request)
}

/// The window stays, and what was typed can be corrected.
fn again(app: &mut App) -> Vec<Effect> {
    start_typing(app, Purpose::Window);
    app.changed_by(Dirty::Lists);
    Vec::new()
}

pub(crate) fn suspend(app: &mut App, on: bool) -> Vec<Effect> {
    let Some((service, short)) = service(app) else { return Vec::new() };
    let request =
        steps::Request { wanted: Wanted::Limits { service, min: None, max: None, suspended: Some(on) }, short };
    plan(app, request)
}

/// Stops the environment if anything of it is to run; else starts it.
pub(crate) fn power(app: &mut App) -> Vec<Effect> {
    if app.environment.cluster.is_none() {
        app.say(format!("{} has no services that could be stopped", app.environment.name));
        return Vec::new();
    }
    let Some(known) = app.estate.services.value() else {
        app.say("whether it runs is not known yet: the services were not read");
        return Vec::new();
    };
    let services: Vec<String> = match app.environment.exact_services() {
        Some(exact) => exact.to_vec(),
        None => known.keys().cloned().collect(),
    };
    let runs = services.iter().filter_map(|name| known.get(name)).any(|service| service.desired > 0);
    let power = if runs { Power::Stop } else { Power::Start };
    let request = steps::Request {
        wanted: Wanted::Power { power, services, databases: false, direct: false },
        short: app.environment.name.clone(),
    };
    plan(app, request)
}

pub(crate) fn stop_task(app: &mut App) -> Vec<Effect> {
    let id = match (select::subject(app), &app.screen.task) {
        (Some(Subject::Task(_, id) | Subject::Container(id, _)), _) => id,
        (_, Some(id)) if app.screen.operation.is_none() => id.clone(),
        _ => {
            app.say("select a task first: ⏎ on a service lists them");
            return Vec::new();
        }
    };
    let request = steps::Request { short: watch::short(&id).to_owned(), wanted: Wanted::StopTask { id } };
    plan(app, request)
}

pub(crate) fn skip(app: &mut App, power: Power) -> Vec<Effect> {
    let request = steps::Request { wanted: Wanted::Skip { power, undo: false }, short: app.environment.name.clone() };
    plan(app, request)
}

/// An image or a revision was chosen.
pub(crate) fn chosen(app: &mut App, choice: Choice) -> Vec<Effect> {
    let Some(window) = app.screen.overlays.last() else { return Vec::new() };
    let name = window.service.clone();
    let typed = window.query.text().trim().to_owned();
    let source = match choice {
        Choice::Image(image) => Source::Image(image),
        Choice::Typed => Source::Image(typed),
        Choice::Build => {
            let Some(config) = EnvironmentConfig::build_of(&app.config.builds, &name).cloned() else {
                return again(app);
            };
            Source::Build { config, dirty: false }
        }
        Choice::Revision(to) => Source::Back(to),
        Choice::Nothing | Choice::Run(_) | Choice::Environment(_) | Choice::Operation(_) | Choice::Pane { .. } => {
            return again(app);
        }
    };
    app.screen.overlays.pop();
    let what = deploy_of(app, name, source);
    plan(app, what)
}

/// The same with what was offered.
pub(crate) fn offered(app: &mut App, id: OperationId) -> Vec<Effect> {
    let Some(operation) = app.operations.get(id) else { return Vec::new() };
    let Some(request) = operation.machine().offered() else { return Vec::new() };
    let environment = operation.environment.clone();
    app.screen.overlays.pop();
    plan_in(app, request, &environment)
}
