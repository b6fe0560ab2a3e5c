//! Drawing of one task: a summary line and its containers. Its facts are labelled lines (`facts`).

use super::state::CONTAINERS;
use crate::app::App;
use crate::app::data_status::age_if_late;
use crate::app::pane::DataStatus;
use crate::model::agent::Reporting;
use crate::model::agent_watch::{AgentStatus, agent_statuses};
use crate::model::task_definition::image_version;
use crate::model::{Health, Source, Task, time};
use crate::ui::canvas::Canvas;
use crate::ui::theme::Theme;
use crate::ui::widgets::table::{self, Cell, Column};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Draws the state of the task and its reason.
pub fn summary(canvas: &mut Canvas<'_, '_>, place: Rect, service: &str, id: &str) {
    let app = canvas.app;
    let theme = canvas.theme;
    let short = app.estate.service_row(service).map_or(service, |row| row.short.as_str());
    let Some(task) = app.estate.task(id) else {
        let parts = [("? ", theme.unknown), (short, theme.strong), (" › ", theme.dim), (id, theme.text)];
        canvas.put_all(place.x + 1, place.y, place.width.saturating_sub(2), &parts);
        return;
    };
    let (health, word) = task_state(task);
    let status = task.last_status.to_lowercase();
    let age = time::age(task.created_at, app.service_now());
    let wants = if task.desired_status == task.last_status || task.stopped() {
        String::new()
    } else {
        format!(" (wants {})", task.desired_status.to_lowercase())
    };
    let parts = [
        (health.sign(), theme.health(health)),
        (" ", theme.text),
        (short, theme.strong),
        (" › ", theme.dim),
        (id, theme.strong),
    ];
    let room = place.width.saturating_sub(2);
    let used = canvas.put_all(place.x + 1, place.y, room, &parts);
    let status = format!("{status}{wants}");
    let old = age_if_late(app, Source::Tasks).unwrap_or_default();
    let facts = [
        ("", old.as_str(), theme.degraded),
        ("", status.as_str(), theme.health(health)),
        ("health ", word, theme.text),
        ("age ", &age, theme.text),
    ];
    canvas.put_facts(place.x + 1 + used, place.y, room - used, &facts);
    if place.height < 2 {
        return;
    }
    let why = task.end_reason().filter(|_| task.stopped() || task.desired_status == "STOPPED");
    let style = if task.failed() { theme.down } else { theme.dim };
    let line = match (&why, &task.stopped_reason) {
        (Some(why), Some(reason)) if !reason.starts_with(why.as_str()) => format!("{why}: {reason}"),
        (Some(why), _) => why.clone(),
        (None, _) => format!("{} on {} in {}", task.task_definition, task.launch, task.az),
    };
    canvas.put_cut(place.x + 3, place.y + 1, place.width.saturating_sub(4), &line, style);
}

/// Draws the containers of the opened task.
pub fn containers(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let theme = canvas.theme;
    let columns = [
        Column::left("", 1, 0),
        Column::left("NAME", 10, 0).up_to(30),
        Column::left("STATUS", 9, 0).up_to(14),
        Column::left("HEALTH", 9, 3),
        Column::right("EXIT", 4, 1),
        Column::left("IMAGE", 8, 2).up_to(14),
        Column::right("CPU", 5, 5),
        Column::right("MEM", 6, 5),
        Column::left("DIGEST", 12, 6),
        Column::left("WHY", 10, 4).up_to(u16::MAX / 2),
    ];
    let task = app.panes.services.task.as_deref().and_then(|id| app.estate.task(id));
    table::block(canvas, CONTAINERS, "", place, &columns, data_status, |key| {
        let container = task?.containers.iter().find(|container| container.name == key)?;
        let failed = container.exit_code.is_some_and(|code| code != 0) || container.reason.is_some();
        let health = match container.status.as_str() {
            "STOPPED" if failed => Health::Down,
            "STOPPED" => Health::Stopped,
            "RUNNING" if container.health == "UNHEALTHY" => Health::Degraded,
            "RUNNING" => Health::Healthy,
            _ => Health::Changing,
        };
        let word = container.health.to_lowercase();
        let word = if word == "unknown" || word.is_empty() { "–".to_owned() } else { word };
        let digest = container.digest.as_deref().unwrap_or("–");
        let exit = container.exit_code.map_or_else(|| "–".to_owned(), |code| code.to_string());
        let text = |text: &str| if text.is_empty() || text == "0" { "–".to_owned() } else { text.to_owned() };
        Some(
            vec![
                Cell::new(health.sign(), theme.health(health)),
                Cell::new(container.name.as_str(), theme.text).cut_middle(),
                Cell::new(container.status.to_lowercase(), theme.text),
                Cell::new(word, theme.text),
                Cell::new(exit, if failed { theme.down } else { theme.text }),
                Cell::new(image_version(&container.image), theme.text),
                Cell::new(text(&container.cpu), theme.dim),
                Cell::new(text(&container.memory), theme.dim),
                Cell::new(digest.strip_prefix("sha256:").unwrap_or(digest), theme.dim),
                Cell::new(container.reason.as_deref().unwrap_or_default(), theme.down),
            ]
            .into(),
        )
    });
}

/// The agent of the task that does not report, or else the first agent; empty if the task has none.
pub fn agents(app: &App, task: &Task, theme: &Theme) -> (String, Style) {
    let agents = agent_statuses(&app.estate, task, app.service_now());
    let describe =
        |status: &AgentStatus| format!("{} {}", status.agent.kind, status.reports.describe(app.service_now()));
    match agents.iter().find(|status| matches!(status.reports, Reporting::Failing { .. })).or(agents.first()) {
        Some(status) if matches!(status.reports, Reporting::Failing { .. }) => (describe(status), theme.degraded),
        Some(status) => (describe(status), theme.dim),
        None => (String::new(), theme.dim),
    }
}

/// The health of a task, and the word for its health check.
pub fn task_state(task: &Task) -> (Health, &'static str) {
    let health = match task.last_status.as_str() {
        "RUNNING" if task.desired_status == "STOPPED" => Health::Changing,
        "RUNNING" if task.health == "UNHEALTHY" => Health::Degraded,
        "RUNNING" => Health::Healthy,
        "STOPPED" if task.failed() => Health::Down,
        "STOPPED" => Health::Stopped,
        "" => Health::Unknown,
        _ => Health::Changing,
    };
    let word = match task.health.as_str() {
        "HEALTHY" => "healthy",
        "UNHEALTHY" => "unhealthy",
        _ => "–",
    };
    (health, word)
}
