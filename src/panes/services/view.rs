//! Drawing of one service: summary, tasks, deployments, events, targets, curves.

use super::health::{checks, glance};
use super::rows::targets as targets_of;
use super::state::{
    CONTAINERS, CURVES, DEPLOYMENTS, EVENTS, HEALTH, LIST, MACHINES, POOL, SCALING, TARGETS, TASK_FACTS, TASKS,
};
use super::{instances_view, task_view};
use crate::app::data_status::age_if_late;
use crate::app::operation_texts;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::rollout_words::of_status;
use crate::model::service::{EventKind, RolloutState};
use crate::model::{Health, Observed, Service, ServiceDeployment, Source, time};
use crate::ui::canvas::Canvas;
use crate::ui::shared::curves::{Counts, zone};
use crate::ui::shared::services::{desired, rollout_style};
use crate::ui::shared::{curves, facts, services};
use crate::ui::symbols::Signs;
use crate::ui::widgets::table::{self, Cell, Column};
use ratatui::layout::Rect;

/// Draws one block.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    match block {
        LIST => services::draw(canvas, block, place, data_status),
        TASKS => tasks(canvas, place, data_status),
        DEPLOYMENTS => deployments(canvas, place, data_status),
        EVENTS => events(canvas, place, data_status),
        SCALING | TASK_FACTS | POOL => facts::draw(canvas, block, "", place, data_status),
        TARGETS => targets(canvas, place, data_status),
        HEALTH => health(canvas, place, data_status),
        MACHINES => instances_view::draw(canvas, place, data_status),
        CURVES => {
            let app = canvas.app;
            let counts = super::scaling::watched(app).map(|watched| Counts {
                desired: &watched.desired,
                running: &watched.running,
                since: watched.since,
            });
            let shown = app.panes.services.service.as_deref();
            curves::service(canvas, block, (shown, ""), place, data_status, counts);
        }
        CONTAINERS => task_view::containers(canvas, place, data_status),
        _ => {}
    }
}

/// Draws the summary of the service or of the task.
pub fn summary(canvas: &mut Canvas<'_, '_>, place: Rect) {
    match (&canvas.app.panes.services.service, &canvas.app.panes.services.task) {
        (Some(name), None) => service_summary(canvas, place, name),
        (Some(name), Some(id)) => task_view::summary(canvas, place, name, id),
        (None, _) => outside(canvas, place),
    }
}

/// Draws a summary of the last health look.
fn outside(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let Some(glance) = glance(canvas.app) else { return };
    let theme = canvas.theme;
    let health = glance.health.unwrap_or(Health::Healthy);
    canvas.put(place.x + 1, place.y, 1, health.sign(), theme.health(health));
    let text = format!("{} from outside: {}", glance.label, glance.text);
    let style = if glance.health.is_some() { theme.health(health) } else { theme.text };
    canvas.put_cut(place.x + 3, place.y, place.width.saturating_sub(4), &text, style);
}

/// Draws one line about the service and one for each reason.
fn service_summary(canvas: &mut Canvas<'_, '_>, place: Rect, name: &str) {
    let app = canvas.app;
    let theme = canvas.theme;
    let Some(row) = app.estate.service_row(name) else {
        canvas.put_all(place.x + 1, place.y, place.width, &[("? ", theme.unknown), (name, theme.strong)]);
        return;
    };
    let health = row.assessment.health;
    let image = row.image.as_deref().unwrap_or("–");
    let service = app.estate.service(name);
    let pending = if row.pending > 0 { format!(", {} pending", row.pending) } else { String::new() };
    let room = place.width.saturating_sub(2);
    let mut used = canvas.put(place.x + 1, place.y, room, health.sign(), theme.health(health)) + 1;
    used += canvas.put_cut(place.x + 1 + used, place.y, room.saturating_sub(used), &row.short, theme.strong);
    let (desired, running) = (desired(row), format!("{}{pending}", row.running));
    let (deployed, settings) =
        (time::age(row.deployed_at, app.service_now()), service.map(settings).unwrap_or_default());
    let old = age_if_late(app, Source::Services).unwrap_or_default();
    let facts = [
        ("", old.as_str(), theme.degraded),
        ("", health.name(), theme.health(health)),
        ("desired ", desired.as_str(), theme.text),
        ("running ", running.as_str(), theme.text),
        ("rollout ", row.rollout.as_str(), rollout_style(theme, row.rollout_health)),
        ("image ", image, theme.text),
        ("deployed ", deployed.as_str(), theme.text),
        ("", settings.as_str(), theme.dim),
    ];
    canvas.put_facts(place.x + 1 + used, place.y, room.saturating_sub(used), &facts);
    let rows = usize::from(place.height.saturating_sub(1));
    let reasons = operation_texts::reasons(app, name, usize::from(place.width.saturating_sub(4)), rows);
    let last = place.bottom().saturating_sub(1);
    let mut y = place.y + 1;
    for (number, (severity, lines)) in reasons.iter().enumerate() {
        for (part, line) in lines.iter().enumerate() {
            if y > last {
                return;
            }
            // Reasons without room are listed among the service's fields, which `i` shows.
            let hidden = reasons.len() - number - usize::from(part + 1 == lines.len());
            let more = if y == last && hidden > 0 { format!("  +{hidden} more") } else { String::new() };
            let room = place.width.saturating_sub(4);
            let used = canvas.put_right(place.right().saturating_sub(1), y, room, &more, theme.dim);
            if part == 0 {
                canvas.put(place.x + 1, y, 1, Signs::severity(*severity), theme.severity(*severity));
            }
            canvas.put_cut(place.x + 3, y, room.saturating_sub(used), line, theme.severity(*severity));
            y += 1;
        }
    }
}

/// The notable settings of a service in short form.
fn settings(service: &Service) -> String {
    let mut words = vec![service.launch.clone()];
    // Default values are left out.
    let unusual = [(&service.scheduling, "REPLICA"), (&service.controller, "ECS"), (&service.strategy, "ROLLING")];
    words.extend(unusual.into_iter().filter(|(word, usual)| word != usual).map(|(word, _)| word.clone()));
    match service.breaker {
        Some(breaker) if breaker.enabled && breaker.rollback => words.push("breaker rolls back".into()),
        Some(breaker) if breaker.enabled => words.push("breaker".into()),
        _ => words.push("no breaker".into()),
    }
    if service.exec {
        words.push("exec".into());
    }
    words.retain(|word| !word.is_empty());
    words.join(", ")
}

/// Draws the tasks that run or were stopped within the last hour.
fn tasks(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let theme = canvas.theme;
    let columns = [
        Column::left("", 1, 0),
        Column::left("STATUS", 12, 0).up_to(15),
        Column::left("TASK", 9, 0).up_to(if place.width >= 120 { 32 } else { 13 }),
        Column::left("HEALTH", 9, 2),
        Column::left("AZ", 3, 4),
        Column::right("AGE", 6, 1),
        Column::left("REVISION", 8, 5),
        Column::left("WHY", if place.width >= 74 { 25 } else { 18 }, 3).up_to(u16::MAX / 2),
    ];
    table::block(canvas, TASKS, "", place, &columns, data_status, |key| {
        let task = app.estate.task(key)?;
        let (health, word) = task_view::task_state(task);
        let faint = if task.stopped() { theme.dim } else { theme.text };
        let revision = task.task_definition.rsplit(':').next().unwrap_or_default();
        let (why, why_style) = if task.stopped() || task.desired_status == "STOPPED" {
            (task.end_reason().unwrap_or_default(), if task.failed() { theme.down } else { theme.dim })
        } else {
            task_view::agents(app, task, theme)
        };
        let health_style = if word == "unhealthy" { theme.degraded } else { faint };
        Some(
            vec![
                Cell::new(health.sign(), theme.health(health)),
                Cell::new(task.last_status.to_lowercase(), faint),
                Cell::new(task.id.as_str(), faint).cut_start(),
                Cell::new(word, health_style),
                Cell::new(zone(&task.az), faint),
                Cell::new(time::age(task.stopped_at.or(task.created_at), app.service_now()), faint),
                Cell::new(format!(":{revision}"), theme.dim),
                Cell::new(why, why_style),
            ]
            .into(),
        )
    });
}

/// Draws the current deployments, then the history.
fn deployments(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let theme = canvas.theme;
    let name = app.panes.services.service.as_deref().unwrap_or_default();
    let service = app.estate.service(name);
    let history = app.estate.rollouts.get(name).and_then(Observed::value);
    let now = service.into_iter().flat_map(|service| &service.deployments).map(|now| now.task_definition.as_str());
    let then = history.into_iter().flatten().filter_map(|rollout| rollout.target.as_deref());
    let short = |revision: &'_ str| -> String {
        let prefix = app.estate.derived.prefix.as_str();
        revision.strip_prefix(prefix).filter(|rest| !rest.is_empty()).unwrap_or(revision).to_owned()
    };
    let revision = now.chain(then).map(|revision| canvas.width(&short(revision))).max().unwrap_or(0);
    let columns = [
        Column::left("", 1, 0),
        Column::left("STATE", 12, 0).up_to(15),
        Column::left("REVISION", 9, 1).up_to(revision.min(48)),
        Column::right("TASKS", 5, 3),
        Column::right("AGE", 6, 2),
        Column::left("WHY", 12, 4).up_to(u16::MAX / 2),
    ];
    table::block(canvas, DEPLOYMENTS, "", place, &columns, data_status, |key| {
        let (when, id) = key.split_once(' ')?;
        if when == "now" {
            let deployment = service?.deployments.iter().find(|deployment| deployment.id == id)?;
            let now = &service?.deployments;
            let mut rollouts = history.into_iter().flatten();
            let made = rollouts.find(|rollout| rollout.matching_deployment(now).is_some_and(|other| other.id == id));
            let (health, words) = match (deployment.rollout, deployment.status.as_str()) {
                (Some(RolloutState::InProgress), _) => (Health::Changing, "in progress"),
                (Some(RolloutState::Failed), _) => (Health::Down, "failed"),
                (_, "PRIMARY") => (Health::Healthy, "primary"),
                (_, "ACTIVE") => (Health::Changing, "being replaced"),
                _ => (Health::Stopped, "inactive"),
            };
            let (health, words) = match made.filter(|rollout| !rollout.status.has_ended()) {
                Some(rollout) if health != Health::Down => (Health::Changing, rollout.status.label()),
                Some(rollout) => (health, rollout.status.label()),
                None => (health, words),
            };
            let failed = if deployment.failed > 0 { format!("{} failed  ", deployment.failed) } else { String::new() };
            let reason = made.map(|rollout| rollout.rollback_reason.as_deref().unwrap_or(&rollout.reason));
            let why = [deployment.rollout_reason.as_str(), reason.unwrap_or_default()];
            let why = why.into_iter().find(|why| !why.is_empty()).unwrap_or_default();
            return Some(
                vec![
                    Cell::new(health.sign(), theme.health(health)),
                    Cell::new(words, theme.strong),
                    Cell::new(short(&deployment.task_definition), theme.text).cut_start(),
                    Cell::new(format!("{}/{}", deployment.running, deployment.desired), theme.text),
                    Cell::new(time::age(deployment.created_at, app.service_now()), theme.text),
                    Cell::new(format!("{failed}{}{}", made.map(took).unwrap_or_default(), why), theme.dim),
                ]
                .into(),
            );
        }
        let rollout = history?.iter().find(|rollout| rollout.id == id)?;
        let words = rollout.status.label();
        let health = of_status(&rollout.status);
        let why = rollout.rollback_reason.as_deref().unwrap_or(&rollout.reason);
        let target = rollout.target.as_deref().unwrap_or(&rollout.target_revision);
        Some(
            vec![
                Cell::new(health.sign(), theme.health(health)),
                Cell::new(words, rollout_style(theme, health)),
                Cell::new(short(target), theme.dim).cut_start(),
                Cell::new("", theme.dim),
                Cell::new(time::age(rollout.created_at, app.service_now()), theme.dim),
                Cell::new(format!("{}{why}", took(rollout)), theme.dim),
            ]
            .into(),
        )
    });
}

/// The duration of a finished deployment: `took 2m21s  `.
fn took(rollout: &ServiceDeployment) -> String {
    match (rollout.started_at.or(rollout.created_at), rollout.finished_at) {
        (Some(from), Some(to)) => format!("took {}  ", time::short(to.duration_since(from))),
        (_, None) | (None, _) => String::new(),
    }
}

/// Draws the service's events, newest first, without the service name that each begins with.
fn events(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let theme = canvas.theme;
    let columns = [Column::right("", 6, 0), Column::left("", 20, 0).up_to(u16::MAX / 2)];
    let name = app.panes.services.service.as_deref().unwrap_or_default();
    let service = app.estate.service(name);
    let begins = format!("(service {name}) ");
    table::block(canvas, EVENTS, "", place, &columns, data_status, |key| {
        let event = service?.events.iter().find(|event| event.id == key)?;
        let message = event.message.strip_prefix(&begins).unwrap_or(&event.message);
        let bad = event.kind() != EventKind::Routine;
        let style = if bad { theme.degraded } else { theme.text };
        let text = if bad { format!("▲ {message}") } else { message.to_owned() };
        Some(vec![Cell::new(time::age(event.at, app.service_now()), theme.dim), Cell::new(text, style)].into())
    });
}

/// Draws the load balancer targets of all the service's groups.
fn targets(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let theme = canvas.theme;
    let columns = [
        Column::left("", 1, 0),
        Column::left("STATE", 9, 0).up_to(11),
        Column::left("TARGET", 15, 0).up_to(21),
        Column::left("AZ", 3, 2),
        Column::left("GROUP", 8, 3).up_to(32),
        Column::left("WHY", 10, 1).up_to(u16::MAX / 2),
    ];
    let targets = targets_of(canvas.app);
    table::block(canvas, TARGETS, "", place, &columns, data_status, |key| {
        let (_, target, group) = targets.iter().find(|(known, ..)| known == key)?;
        let health = match target.state.as_str() {
            "healthy" => Health::Healthy,
            "unhealthy" => Health::Down,
            "initial" | "draining" => Health::Changing,
            "unused" => Health::Stopped,
            _ => Health::Unknown,
        };
        let port = target.port.map(|port| format!(":{port}")).unwrap_or_default();
        let why = target.description.as_deref().or(target.reason.as_deref()).unwrap_or_default();
        let style = if health == Health::Healthy { theme.text } else { theme.health(health) };
        Some(
            vec![
                Cell::new(health.sign(), theme.health(health)),
                Cell::new(target.state.as_str(), style),
                Cell::new(format!("{}{port}", target.id), theme.text),
                Cell::new(zone(target.az.as_deref().unwrap_or_default()), theme.dim),
                Cell::new(*group, theme.dim).cut_start(),
                Cell::new(why, theme.dim),
            ]
            .into(),
        )
    });
}

/// Draws the health from outside.
fn health(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let theme = canvas.theme;
    let columns = [
        Column::left("", 1, 0),
        Column::left("CHECK", 8, 0).up_to(12),
        // The finding matters more than the complete name.
        Column::left("OF", 12, 1).up_to((place.width / 3).clamp(12, 44)),
        Column::left("WHAT", 20, 0).up_to(u16::MAX / 2),
    ];
    let checks_shown = checks(canvas.app);
    table::block(canvas, HEALTH, "", place, &columns, data_status, |key| {
        let check = checks_shown.get(key.parse::<usize>().ok()?)?;
        let style = if check.health == Health::Healthy { theme.text } else { theme.health(check.health) };
        Some(
            vec![
                Cell::new(check.health.sign(), theme.health(check.health)),
                Cell::new(check.topic.name(), theme.dim),
                Cell::new(check.subject.clone(), theme.text).cut_start(),
                Cell::new(check.text.clone(), style),
            ]
            .into(),
        )
    });
}
