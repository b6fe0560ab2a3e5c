//! Drawing of instances.

use super::instances::{checks, machine};
use super::state::MACHINES;
use crate::app::pane::DataStatus;
use crate::model::text::sanitize;
use crate::model::time::short;
use crate::ui::canvas::Canvas;
use crate::ui::shared::curves::zone;
use crate::ui::widgets::table::{self, Cell, Column, Row};
use ratatui::layout::Rect;

/// Draws the list of instances.
pub(super) fn draw(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let columns = [
        Column::left("", 1, 0),
        Column::left("NAME", 12, 0).up_to(36),
        Column::left("INSTANCE", 19, 3),
        Column::left("STATE", 9, 0).up_to(13),
        Column::left("CHECKS", 8, 1).up_to(17),
        Column::left("AGENT", 8, 2).up_to(14),
        Column::right("CPU", 5, 2),
        Column::right("MEM", 5, 2),
        Column::right("DISK", 5, 2),
        Column::right("UP", 5, 4),
        Column::left("CLASS", 9, 5).up_to(14),
        Column::left("AZ", 3, 6),
        Column::left("WHY", 14, 1).up_to(u16::MAX / 2),
    ];
    let now = app.service_now();
    table::block(canvas, MACHINES, "", place, &columns, data_status, |key| {
        let machine = machine(app, key)?;
        let (health, why) = machine.judge();
        let share = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| format!("{share:.0} %"));
        let up = machine.launched.filter(|_| machine.state == "running").map(|at| short(now.duration_since(at)));
        let agent = machine.agent.as_ref().map_or("–", |agent| agent.ping.as_str());
        Some(Row::from(vec![
            Cell::new(health.sign(), theme.health(health)),
            Cell::new(sanitize(machine.title()), theme.text).cut_middle(),
            Cell::new(machine.id.as_str(), theme.dim),
            Cell::new(machine.state.as_str(), theme.health(health)),
            Cell::new(checks(machine), theme.text),
            Cell::new(sanitize(agent), theme.text),
            Cell::new(share(machine.cpu), theme.text),
            Cell::new(share(machine.memory), theme.text),
            Cell::new(share(machine.disk), theme.text),
            Cell::new(up.unwrap_or_else(|| "–".to_owned()), theme.dim),
            Cell::new(machine.class.as_str(), theme.dim),
            Cell::new(zone(&machine.az).to_owned(), theme.dim),
            Cell::new(why.join("; "), theme.health(health)),
        ]))
    });
}
