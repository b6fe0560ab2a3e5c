//! Layout of the views of a service and of a task.

use super::state::{CONTAINERS, CURVES, DEPLOYMENTS, EVENTS, SCALING, TARGETS, TASK_FACTS, TASKS};
use crate::app::layout::{TALL, WIDE, frame_rows, split_columns, split_rows, tabbed_blocks};
use crate::app::pane::Layout;
use crate::app::{App, operation_texts};
use ratatui::layout::Rect;

/// Places the blocks of a service.
pub fn service(app: &App, area: Rect, layout: &mut Layout) {
    if app.screen.size.0 < WIDE || area.height < TALL {
        return tabbed_blocks(app, area, layout);
    }
    // Tasks and events are read most, so they get the left, wider side.
    let (left, right) = split_columns(area, area.width * 55 / 100);
    let (tasks, events) = split_rows(left, area.height * 55 / 100);
    let quarter = area.height / 4;
    let (deployments, rest) = split_rows(right, quarter.max(6));
    let (scaling, rest) = split_rows(rest, quarter.max(6));
    let (targets, curves) = split_rows(rest, (quarter * 3 / 4).max(5));
    layout.blocks = vec![
        (TASKS, tasks),
        (DEPLOYMENTS, deployments),
        (EVENTS, events),
        (SCALING, scaling),
        (TARGETS, targets),
        (CURVES, curves),
    ];
}

/// Places the blocks of a task.
pub fn task(app: &App, area: Rect, layout: &mut Layout) {
    let containers = app.screen.list_of(CONTAINERS).map_or(1, |list| list.total.max(1));
    let (upper, lower) = split_rows(area, (containers as u16 + frame_rows(app, CONTAINERS)).min(area.height / 2));
    layout.blocks = vec![(CONTAINERS, upper), (TASK_FACTS, lower)];
}

/// Height of the line on the last health look, shown if the list keeps enough room.
pub fn all_summary(app: &App, height: u16) -> u16 {
    u16::from(app.panes.services.health.read.is_some() && height >= TALL)
}

/// Height of the service's summary: one line, and one for each reason as far as there is room.
pub fn service_summary(app: &App, height: u16) -> u16 {
    let Some(name) = &app.panes.services.service else { return 0 };
    let cells = usize::from(app.screen.size.0.saturating_sub(4));
    // A short screen shows one block at a time, which keeps most of the height.
    let most = if height >= TALL { 8 } else { (height / 4).max(3) };
    let reasons = operation_texts::reasons(app, name, cells, usize::from(most) - 1);
    let lines: usize = reasons.iter().map(|(_, lines)| lines.len()).sum();
    (1 + lines as u16).min(most)
}

/// Height of the task's summary: one line, and one for its reason.
pub fn task_summary(_: &App, height: u16) -> u16 {
    2.min(if height >= TALL { 5 } else { 3 })
}
