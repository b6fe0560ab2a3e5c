//! Drawing of the Operation pane: state, picture and log.

use super::picture_view;
use super::rows::shown;
use super::state::{LOG, PROGRESS};
use crate::app::operation::Picture;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::app::{operation_list, operation_reports, operation_texts};
use crate::model::time;
use crate::ui::canvas::Canvas;
use crate::ui::widgets::frame;
use crate::ui::widgets::table::{self, Cell, Column};
use ratatui::layout::Rect;
use std::collections::HashMap;

/// Draws one block.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    match block {
        PROGRESS => progress(canvas, place, data_status),
        LOG => log(canvas, place, data_status),
        _ => {}
    }
}

/// Draws the summary: the operation's state, and after its end the verdict, its reasons and a hint.
pub fn summary(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let Some(operation) = shown(canvas.app) else { return };
    let app = canvas.app;
    let theme = canvas.theme;
    let health = operation_reports::health(operation);
    let lines = operation_texts::operation_header(app, operation, usize::from(place.width.saturating_sub(4)));
    let rows = usize::from(place.height);
    for (number, (y, line)) in (place.y..place.bottom()).zip(&lines).enumerate() {
        let sign = if number == 0 { health.sign() } else { line.left.as_str() };
        let style = if number == 0 { theme.health(health) } else { theme.dim };
        canvas.put(place.x + 1, y, 1, sign, style);
        let own = canvas.theme.tone(line.tone);
        let last = number + 1 == rows && lines.len() > rows;
        let mut room = place.width.saturating_sub(4);
        if last {
            let more = format!("  +{} in the log", lines.len() - rows);
            room -= canvas.put_right(place.right().saturating_sub(1), y, room, &more, theme.dim);
        }
        canvas.put_cut(place.x + 3, y, room, &line.text, own);
    }
}

/// Draws the picture: of a rollout, of a build, or of steps.
fn progress(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let operation = shown(canvas.app);
    let named =
        operation.and_then(|operation| operation_list::other_environment(canvas.app, operation)).unwrap_or_default();
    let named = if named.is_empty() { String::new() } else { format!("in {named}") };
    let inside = frame::block(canvas, PROGRESS, &named, place, data_status);
    let Some(operation) = operation.filter(|_| inside.height > 0 && inside.width > 10) else { return };
    let inside = Rect { x: inside.x + 1, width: inside.width - 2, ..inside };
    match operation.machine().picture() {
        Picture::Rollout { watch, previous, version } => {
            picture_view::rollout(canvas, operation, watch, (previous, version), inside);
        }
        Picture::Steps { waited, counts } => picture_view::steps(canvas, operation, (waited, counts), inside),
        Picture::Bar => picture_view::bar(canvas, operation, inside),
    }
}

/// Draws the log with its newest line at the bottom.
fn log(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let theme = canvas.theme;
    let Some(operation) = shown(canvas.app) else { return };
    let zone = app.zone();
    let lines: HashMap<String, operation_texts::Logged<'_>> = operation_texts::log(operation).collect();
    let columns = [Column::left("", 8, 1), Column::left("", 20, 0).up_to(u16::MAX / 2)];
    let named =
        if operation.dropped > 0 { format!("without the first {} lines", operation.dropped) } else { String::new() };
    table::block(canvas, LOG, &named, place, &columns, data_status, |key| {
        let line = lines.get(key)?;
        let clock = line.at.map(|at| time::clock(at, &zone)).unwrap_or_default();
        Some(vec![Cell::new(clock, theme.dim), Cell::new(line.text.to_string(), theme.tone(line.tone))].into())
    });
}
