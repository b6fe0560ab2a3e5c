//! Drawing of the pane.

use super::state::LIST;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::{AlarmState, Health};
use crate::ui::canvas::Canvas;
use crate::ui::widgets::table::{self, Cell, Column};
use ratatui::layout::Rect;

/// Draws the pane's only block.
pub fn draw(canvas: &mut Canvas<'_, '_>, _: Block, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let columns = [Column::left("", 1, 0), Column::left("NAME", 20, 0).up_to(60), Column::right("THRESHOLD", 10, 1)];
    table::block(canvas, LIST, "", place, &columns, data_status, |key| {
        let alarm = app.panes.alarms.alarms.iter().find(|alarm| alarm.name == key)?;
        let health = if alarm.state == AlarmState::Alarm { Health::Down } else { Health::Healthy };
        let threshold = alarm.threshold.map(|threshold| threshold.to_string()).unwrap_or_default();
        let cells = vec![
            Cell::new(health.sign(), theme.health(health)),
            Cell::new(alarm.name.as_str(), theme.text).cut_middle(),
            Cell::new(threshold, theme.text),
        ];
        Some(cells.into())
    });
}

/// Draws nothing: the pane has no summary.
pub fn summary(_: &mut Canvas<'_, '_>, _: Rect) {}
