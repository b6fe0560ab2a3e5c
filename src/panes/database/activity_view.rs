//! Drawing of a server's activity, with columns as wide as their contents.

use super::activity::{named, row, shown};
use super::state::ACTIVITY;
use crate::app::pane::DataStatus;
use crate::ui::canvas::Canvas;
use crate::ui::shared::listing;
use crate::ui::widgets::table;
use ratatui::layout::Rect;

/// Draws the rows of the server's activity.
pub fn draw(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let theme = canvas.theme;
    let answer = shown(app);
    let columns = answer.map(|shown| listing::columns(canvas, shown)).unwrap_or_default();
    let name = named(&app.panes.database);
    table::block(canvas, ACTIVITY, &name, place, &columns, data_status, |key| {
        Some(listing::row(theme, row(answer?, key)?))
    });
}
