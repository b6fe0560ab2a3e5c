//! Blocks of labelled sentences: autoscaling, a task, a database.

use crate::app::pane::DataStatus;
use crate::app::pane::Rows;
use crate::app::screen::Block;
use crate::ui::canvas::Canvas;
use crate::ui::widgets::table::{self, Cell, Column};
use ratatui::layout::Rect;

/// Draws a block of labelled lines.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, named: &str, place: Rect, data_status: &DataStatus) {
    let theme = canvas.theme;
    let Rows::Facts(facts) = canvas.app.spec(block).rows else { return };
    let lines = facts(canvas.app);
    let wide = lines.iter().map(|line| canvas.width(&line.label)).max().unwrap_or(0).min(place.width / 3);
    let text = Column::left("", 10, 0).up_to(u16::MAX / 2);
    // A column of width one would be treated as a sign column.
    let both = [Column::left("", wide.max(2), 0), text];
    // Without labels, the sentences get the whole row.
    let columns = if wide == 0 && !lines.is_empty() { &both[1..] } else { &both[..] };
    table::block(canvas, block, named, place, columns, data_status, |key| {
        let line = lines.get(key.parse::<usize>().ok()?)?;
        let style = line.health.map_or(theme.text, |health| theme.health(health));
        // The sign keeps the health visible without colour and where the line is cut. Unlabelled rows have their own
        // signs.
        let text = match line.health.filter(|_| !line.label.is_empty()) {
            Some(health) => format!("{} {}", health.sign(), line.text),
            None => line.text.clone(),
        };
        let cells = [Cell::new(line.label.clone(), theme.dim), Cell::new(text, style)];
        Some(cells.into_iter().skip(2 - columns.len()).collect::<Vec<_>>().into())
    });
}
