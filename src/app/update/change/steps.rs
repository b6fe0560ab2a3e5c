//! Changes by keys: scaling, limits, stopping and starting, one task, the schedule.

use super::{plan, retry, service, short};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::steps::{self, StepChange};
use crate::app::operation::watch;
use crate::app::operation_texts;
use crate::app::overlay::{Kind, Overlay, Question, Tone};
use crate::app::screen::Purpose;
use crate::app::select;
use crate::app::subject::Subject;
use crate::app::update::windows::{push_window, start_typing};
use crate::model::Source;
use crate::model::timer::Power;

/// Asks for numbers, and shows the current ones.
pub(crate) fn ask_numbers(app: &mut App, question: Question) {
    let Some((name, short)) = service(app) else { return };
    let title = match question {
        Question::Count => format!("Scale {short}: number of tasks"),
        Question::Limits => format!("Limits of {short}: minimum maximum"),
    };
    let row = app.estate.service_row(&name);
    let mut lines = Vec::new();
    if let Some(row) = row {
        lines.push(operation_texts::line(
            "",
            format!("now: desired {}, running {}", row.desired, row.running),
            Tone::Plain,
        ));
        lines.push(match row.limits {
            Some((min, max)) => operation_texts::line("", format!("autoscaling: between {min} and {max}"), Tone::Plain),
            None => operation_texts::line("", "not scaled automatically", Tone::Dim),
        });
    }
    let hint = match question {
        Question::Count => "a number, 0 stops it",
        Question::Limits => "two numbers, as 1 4",
    };
    lines.push(operation_texts::line("", hint, Tone::Dim));
    let mut window = Overlay::new(Kind::Ask(question), title, lines);
    window.service = name;
    push_window(app, window);
    start_typing(app, Purpose::Window);
}

/// Accepts the numbers typed for this question.
pub(crate) fn answer(app: &mut App, question: Question) -> Vec<Effect> {
    let Some(window) = app.screen.overlays.last() else { return Vec::new() };
    let (service, typed) = (window.service.clone(), window.query.text().to_owned());
    let short = short(app, &service);
    let separators = [' ', ',', '-', '–', '.'];
    let numbers: Option<Vec<u32>> =
        typed.split(separators).filter(|part| !part.is_empty()).map(|part| part.parse().ok()).collect();
    let request = match (question, numbers.as_deref()) {
        (Question::Count, Some([desired])) => steps::Request {
            wanted: StepChange::Scale { service, desired: *desired, min: None, max: None, move_limits: false },
            short,
        },
        (Question::Limits, Some([min, max])) if min <= max => steps::Request {
            wanted: StepChange::Limits { service, min: Some(*min), max: Some(*max), suspended: None },
            short,
        },
        (question, _) => {
            app.show_message(match question {
                Question::Count => format!("`{typed}` is not a number of tasks: type one, such as 3"),
                Question::Limits => format!("`{typed}` are not limits: type two numbers, such as 1 4"),
            });
            return retry(app);
        }
    };
    app.screen.overlays.pop();
    plan(app, request)
}

pub(crate) fn suspend(app: &mut App, on: bool) -> Vec<Effect> {
    let Some((service, short)) = service(app) else { return Vec::new() };
    let request =
        steps::Request { wanted: StepChange::Limits { service, min: None, max: None, suspended: Some(on) }, short };
    plan(app, request)
}

/// Stops the environment if any service should run, otherwise starts it.
pub(crate) fn power(app: &mut App) -> Vec<Effect> {
    if app.environment.cluster.is_none() {
        app.show_message(format!("{} has no services that could be stopped", app.environment.name));
        return Vec::new();
    }
    let status = app.estate.status(Source::Services);
    // Services that were not read would be left out, although they may be running.
    if let Some(why) = status.partial.or(status.failure.map(|failure| failure.to_string())) {
        app.show_message(format!("not all services were read: {why}; ask again when they are"));
        return Vec::new();
    }
    // A first read in progress has filled in only part.
    let Some(known) = app.estate.services.value().filter(|_| status.at.is_some()) else {
        app.show_message("whether it runs is not known yet: the services were not read");
        return Vec::new();
    };
    let services: Vec<String> = match app.environment.exact_services() {
        Some(exact) => exact.to_vec(),
        None => known.keys().cloned().collect(),
    };
    let is_running = services.iter().filter_map(|name| known.get(name)).any(|service| service.desired > 0);
    let power = if is_running { Power::Stop } else { Power::Start };
    let request = steps::Request {
        wanted: StepChange::Power { power, services, databases: false, direct: false },
        short: app.environment.name.clone(),
    };
    plan(app, request)
}

pub(crate) fn stop_task(app: &mut App) -> Vec<Effect> {
    // The selected task, or else the open one; a task left open in another pane is neither.
    let ((Some(Subject::Task(_, id) | Subject::Container(id, _)), _) | (_, Some(Subject::Task(_, id)))) =
        (select::subject(app), (app.view().subject)(app))
    else {
        app.refuse_line("select a task first: ⏎ on a service lists them");
        return Vec::new();
    };
    let request = steps::Request { short: watch::short(&id).to_owned(), wanted: StepChange::StopTask { id } };
    plan(app, request)
}

pub(crate) fn skip(app: &mut App, power: Power) -> Vec<Effect> {
    let request =
        steps::Request { wanted: StepChange::Skip { power, undo: false }, short: app.environment.name.clone() };
    plan(app, request)
}
