//! Drawing of the Overview: the needs-attention list here; services and databases share the code of their panes.

use super::rows::{self, entries};
use super::state::{ATTENTION, DATABASE_CURVES, DATABASES, GLANCE, SERVICE_CURVES, SERVICES, TIMELINE};
use super::{glance, timeline};
use crate::app::list::List;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::model::text::width;
use crate::model::time;
use crate::model::wrap::wrap;
use crate::ui::canvas::Canvas;
use crate::ui::shared::{curves, databases, facts, services, timeline_list};
use crate::ui::symbols::Signs;
use crate::ui::widgets::frame;
use crate::ui::widgets::table::{self, Cell, Column, WIDE};
use ratatui::layout::Rect;
use std::collections::HashMap;

/// Draws one block.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    match block {
        ATTENTION => attention(canvas, place, data_status),
        SERVICES => services::draw(canvas, block, place, data_status),
        GLANCE => facts::draw(canvas, block, glance::caption(canvas.app), place, data_status),
        TIMELINE => {
            let app = canvas.app;
            let named = timeline::caption(app);
            timeline_list::list(canvas, block, &named, place, data_status, &app.panes.overview.events);
        }
        DATABASES => databases::list(canvas, block, place, data_status),
        SERVICE_CURVES => service_curves(canvas, place, data_status),
        DATABASE_CURVES => databases::curves(canvas, block, DATABASES, place, data_status),
        _ => {}
    }
}

/// Draws nothing: the pane has no summary.
pub fn summary(_: &mut Canvas<'_, '_>, _: Rect) {}

/// Draws the curves of the service selected in the list above, and names it in the frame.
fn service_curves(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let list = app.screen.list_of(SERVICES);
    let shown = list.and_then(List::selected).or_else(|| list?.rows.first().map(String::as_str));
    let named = shown.and_then(|name| app.estate.service_row(name)).map_or("", |row| row.short.as_str());
    curves::service(canvas, SERVICE_CURVES, (shown, named), place, data_status, None);
}

/// Draws the needs-attention list: sign, name, text, since when.
fn attention(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let app = canvas.app;
    let theme = canvas.theme;
    let entries: HashMap<String, _> = entries(app).collect();
    let names = entries.values().map(|entry| canvas.width(&entry.name)).max().unwrap_or(0);
    let name = names.clamp(8, (place.width / 4).max(8));
    let columns = [
        Column::left("", 1, 0),
        Column::left("", name, 0),
        Column::left("", 20, 0).up_to(u16::MAX / 2),
        Column::right("", 6, 1),
    ];
    // Room for the text: without frame, sign, name, age and the gaps between them.
    let room = usize::from(place.width.saturating_sub(name + 1 + 6 + 4 + if place.width >= WIDE + 4 { 5 } else { 3 }));
    table::block(canvas, ATTENTION, "", place, &columns, data_status, |key| {
        let entry = entries.get(key)?;
        let style = theme.severity(entry.severity);
        let what = match &entry.hint {
            // A cut hint is useless; opening the entry shows it.
            Some(hint) if width(&entry.what) + width(hint) + 4 <= room => format!("{}  → {hint}", entry.what),
            Some(_) | None => entry.what.clone(),
        };
        let since = entry.since.map(|since| time::age(Some(since), app.service_now())).unwrap_or_default();
        Some(
            vec![
                Cell::new(Signs::severity(entry.severity), style),
                Cell::new(entry.name.as_str(), theme.strong).cut_middle(),
                Cell::new(what, theme.text),
                Cell::new(since, theme.dim),
            ]
            .into(),
        )
    });
    selected(canvas, place, room);
}

/// Draws the selected entry completely, with its hint, in rows that the list leaves free: its own row may be too short.
fn selected(canvas: &mut Canvas<'_, '_>, place: Rect, room: usize) {
    let app = canvas.app;
    let inside = frame::inside(place);
    let Some(list) = app.screen.list_of(ATTENTION) else { return };
    let Some(entry) = rows::selected(app) else { return };
    let hint = entry.hint.as_deref().unwrap_or_default();
    if width(&entry.what) + width(hint) + 4 <= room {
        return;
    }
    let free = usize::from(inside.height).saturating_sub(list.len());
    let cells = usize::from(inside.width.saturating_sub(4));
    let hint = if hint.is_empty() { String::new() } else { format!("→ {hint}") };
    let text_lines = wrap(&format!("{}: {}\n{hint}", entry.name, entry.what), cells);
    // One free row separates the list from this text. If few rows are left, only the hint is shown.
    let lines = if text_lines.len() < free { text_lines } else { wrap(&hint, cells) };
    if lines.len() > free {
        return;
    }
    let first = inside.bottom() - lines.len() as u16;
    for (y, line) in (first..inside.bottom()).zip(&lines) {
        canvas.put_cut(inside.x + 3, y, inside.width.saturating_sub(4), line, canvas.theme.dim);
    }
}
