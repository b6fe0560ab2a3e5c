//! Where the blocks of a service and of a task are.

use super::state::{CONTAINERS, CURVES, DEPLOYMENTS, EVENTS, SCALING, TARGETS, TASK_FACTS, TASKS};
use crate::app::layout::{TALL, WIDE, around, one_of, split_columns, split_rows};
use crate::app::pane::Layout;
use crate::app::{App, tell};
use ratatui::layout::Rect;

/// Where the blocks of a service are.
pub fn service(app: &App, area: Rect, layout: &mut Layout) {
    if app.screen.size.0 < WIDE || area.height < TALL {
        return one_of(app, area, layout);
    }
    // Tasks and events are what is read most: they get the left and wider side.
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

/// Where the blocks of a task are.
pub fn task(app: &App, area: Rect, layout: &mut Layout) {
    let containers = app.screen.list_of(CONTAINERS).map_or(1, |list| list.total.max(1));
    let (upper, lower) = split_rows(area, (containers as u16 + around(app, CONTAINERS)).min(area.height / 2));
    layout.blocks = vec![(CONTAINERS, upper), (TASK_FACTS, lower)];
}

/// A line on how the environment was reached when somebody looked last, where the list keeps enough room.
pub fn all_summary(app: &App, height: u16) -> u16 {
    u16::from(app.panes.services.health.read.is_some() && height >= TALL)
}

/// A line for the service, and one for each reason, as far as there is room.
pub fn service_summary(app: &App, height: u16) -> u16 {
    let Some(name) = &app.panes.services.service else { return 0 };
    let cells = usize::from(app.screen.size.0.saturating_sub(4));
    // A short screen has one block at a time, which keeps most of it.
    let most = if height >= TALL { 8 } else { (height / 4).max(3) };
    let told = tell::reasons(app, name, cells, usize::from(most) - 1);
    let lines: usize = told.iter().map(|(_, lines)| lines.len()).sum();
    (1 + lines as u16).min(most)
}

/// A line for the task, and one for why it is so.
pub fn task_summary(_: &App, height: u16) -> u16 {
    2.min(if height >= TALL { 5 } else { 3 })
}
