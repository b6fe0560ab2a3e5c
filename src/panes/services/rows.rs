//! Rows of the views of one service and of one task.

use crate::app::App;
use crate::app::data_status::{note, status};
use crate::app::pane::{Order, StatusLines, Statuses};
use crate::app::subject::{Fact, Subject, fact};
use crate::model::estate::SourceStatus;
use crate::model::target::group_name;
use crate::model::{Health, Observed, Service, Source, Target, Task};
use std::cmp::Ordering;

/// The opened service.
pub fn opened(app: &App) -> Option<&Service> {
    app.estate.service(app.panes.services.service.as_deref()?)
}

/// The opened task.
fn opened_task(app: &App) -> Option<&Task> {
    app.estate.task(app.panes.services.task.as_deref()?)
}

/// The columns that tasks can be sorted by.
pub const TASK_COLUMNS: &[&str] = &["STATUS", "TASK", "HEALTH", "AZ", "AGE"];

/// The ordered task ids.
pub fn tasks(app: &App, order: &Order<'_>) -> (Vec<String>, usize) {
    let Some(service) = &app.panes.services.service else { return (Vec::new(), 0) };
    let tasks: Vec<&Task> = app.estate.tasks_of(service).collect();
    let total = tasks.len();
    let wanted = |task: &&Task| order.wanted.is_none_or(|wanted| wanted.is_in(&task_text(task)));
    let mut shown: Vec<&Task> = tasks.into_iter().filter(wanted).collect();
    // The sort is stable: tasks that compare equal keep running before stopped, newest first.
    shown.sort_by(|a, b| {
        let sorted = task_order(a, b, order.column);
        if order.reversed { sorted.reverse() } else { sorted }
    });
    (shown.into_iter().map(|task| task.id.clone()).collect(), total)
}

/// Current deployments, followed by the history.
pub fn deployments(app: &App) -> Vec<(String, String)> {
    let Some(name) = &app.panes.services.service else { return Vec::new() };
    let now = opened(app).map(|service| service.deployments.as_slice()).unwrap_or_default();
    let current = now.iter().map(|deployment| {
        let text = format!("{} {} {}", deployment.id, deployment.status, deployment.task_definition);
        (format!("now {}", deployment.id), text)
    });
    let history = app.estate.rollouts.get(name).and_then(Observed::value).into_iter().flatten();
    // A deployment that still has tasks is listed above, with its history in that row.
    let history = history
        .filter(|rollout| rollout.matching_deployment(now).is_none())
        .map(|rollout| (format!("then {}", rollout.id), format!("{} {}", rollout.status.label(), rollout.reason)));
    current.chain(history).collect()
}

/// Events, newest first.
pub fn events(app: &App) -> Vec<(String, String)> {
    let events = opened(app).into_iter().flat_map(|service| &service.events);
    events.map(|event| (event.id.clone(), event.message.clone())).collect()
}

/// The text of the event in this row.
pub fn event(app: &App, key: Option<&str>) -> Option<Subject> {
    let event = opened(app)?.events.iter().find(|event| Some(event.id.as_str()) == key)?;
    Some(Subject::Text(event.message.clone()))
}

/// Targets of all the service's groups, each with the text that a filter searches.
pub fn target_lines(app: &App) -> Vec<(String, String)> {
    let lines = targets(app).into_iter().map(|(key, target, _)| {
        let text = format!("{key} {} {}", target.state, target.description.as_deref().unwrap_or_default());
        (key, text)
    });
    lines.collect()
}

/// All details of a target.
pub fn target_details(app: &App, key: &str) -> Vec<Fact> {
    let matching = targets(app).into_iter().filter(|(known, ..)| known == key);
    matching.flat_map(|(_, target, group)| of_target(target, group)).collect()
}

/// Containers of the opened task.
pub fn containers(app: &App) -> Vec<(String, String)> {
    let containers = opened_task(app).into_iter().flat_map(|task| &task.containers);
    let line = |name: &str, image: &str, status: &str| (name.to_owned(), format!("{name} {image} {status}"));
    containers.map(|container| line(&container.name, &container.image, &container.status)).collect()
}

/// Status of the deployments, and separately of their history.
pub fn deployments_status(app: &App) -> (Statuses, Statuses) {
    let main = crate::app::data_status::all(app, &[Source::Services]);
    let rollouts = app.panes.services.service.as_deref().and_then(|name| app.estate.rollouts.get(name));
    let beside = rollouts.map(|rollouts| (Source::Rollouts, status(rollouts)));
    (main, beside.into_iter().collect())
}

/// Status of the opened task, and separately of its definition.
pub fn task_status(app: &App) -> (Statuses, Statuses) {
    let definition = opened_task(app).and_then(|task| app.estate.task_definitions.get(&task.task_definition));
    let beside = definition.map(|definition| (Source::TaskDefinitions, status(definition)));
    (crate::app::data_status::all(app, &[Source::Tasks]), beside.into_iter().collect())
}

/// Status of the targets in each of the service's groups.
pub fn targets_status(app: &App) -> (Statuses, Statuses) {
    let groups = opened(app).map_or(&[][..], |service| &service.target_groups);
    let read = groups.iter().map(|arn| {
        let name = group_name(arn);
        let status = app.estate.targets.get(arn).map(status).unwrap_or_default();
        let partial = status.partial.map(|partial| format!("{name}: {partial}"));
        (Source::Targets, SourceStatus { partial, ..status })
    });
    (read.collect(), Vec::new())
}

/// The message of an empty block: `text`, or that the service is gone.
pub fn text_or_gone(app: &App, text: &str) -> StatusLines {
    match app.panes.services.service.as_deref() {
        Some(name) if app.estate.service(name).is_none() => vec![
            (Health::Unknown, format!("service {name} is no longer there")),
            (Health::Stopped, "Esc leads back to the list".to_owned()),
        ],
        _ => note(text),
    }
}

/// The message of an empty list of targets.
pub fn no_targets(app: &App) -> StatusLines {
    if opened(app).is_some_and(|service| !service.target_groups.is_empty()) {
        note("no targets are registered")
    } else {
        text_or_gone(app, "not behind a load balancer")
    }
}

/// The message if the task or its service is gone.
pub fn no_task(app: &App) -> StatusLines {
    if app.panes.services.service.as_deref().is_some_and(|name| app.estate.service(name).is_none()) {
        return text_or_gone(app, "");
    }
    vec![
        (Health::Unknown, "this task is no longer there: ECS keeps stopped tasks for an hour".to_owned()),
        (Health::Stopped, "Esc leads back to the service".to_owned()),
    ]
}

/// The opened service's targets, each with its key and the name of its group.
pub fn targets(app: &App) -> Vec<(String, &Target, &str)> {
    let Some(service) = opened(app) else { return Vec::new() };
    let groups = service.target_groups.iter();
    groups
        .flat_map(|arn| {
            let name = group_name(arn);
            let targets = app.estate.targets.get(arn).and_then(Observed::value).into_iter().flatten();
            targets.map(move |target| {
                let port = target.port.map(|port| format!(":{port}")).unwrap_or_default();
                (format!("{name} {}{port}", target.id), target, name)
            })
        })
        .collect()
}

fn of_target(target: &Target, group: &str) -> Vec<Fact> {
    let port = target.port.map(|port| format!(":{port}")).unwrap_or_default();
    let mut lines =
        vec![fact("target", format!("{}{port}", target.id)), fact("group", group), fact("state", &target.state)];
    let known = [("zone", &target.az), ("reason", &target.reason), ("why", &target.description)];
    lines.extend(known.into_iter().filter_map(|(label, text)| Some(fact(label, text.as_deref()?))));
    lines
}

fn task_text(task: &Task) -> String {
    format!(
        "{} {} {} {} {}",
        task.id,
        task.last_status,
        task.health,
        task.task_definition,
        task.end_reason().unwrap_or_default()
    )
}

fn task_order(a: &Task, b: &Task, column: usize) -> Ordering {
    match column {
        1 => a.id.cmp(&b.id),
        2 => a.health.cmp(&b.health),
        3 => a.az.cmp(&b.az),
        4 => b.created_at.cmp(&a.created_at),
        _ => a.stopped().cmp(&b.stopped()),
    }
}
