//! Drawing of the Query pane.

use super::state::{EDITOR, RESULT};
use super::{editor_view, grid_view, plan_view, schema, status_texts};
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::ui::canvas::Canvas;
use crate::ui::widgets::frame as frames;
use ratatui::layout::Rect;

/// Draws one block.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect, data_status: &DataStatus) {
    match block {
        EDITOR => editor_view::draw(canvas, place, data_status),
        RESULT => result(canvas, place, data_status),
        _ => schema::view::draw(canvas, block, place, data_status),
    }
}

/// Draws the state of the session.
pub fn summary(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let (app, theme) = (canvas.app, canvas.theme);
    let state = &app.panes.query;
    let (health, words) = status_texts::session(state);
    let style = theme.health(health);
    canvas.put(place.x + 1, place.y, 1, health.sign(), style);
    let (mut x, mut y) = (place.x + 3, place.y);
    let end = place.right().saturating_sub(1);
    for (number, (tone, text)) in words.iter().enumerate() {
        let wide = canvas.width(text);
        if x + wide > end && number > 0 {
            // A hostname is recognised by its beginning, so it can be cut; less important texts are left out.
            let room = end.saturating_sub(x);
            if room > 8 {
                canvas.put_cut(x, y, room, text, theme.tone(*tone));
            }
            return;
        }
        if number == 0 && x + wide > end {
            for line in crate::model::wrap::wrap(text, usize::from(end.saturating_sub(x))) {
                if y < place.bottom() {
                    canvas.put(x, y, end.saturating_sub(x), &line, theme.tone(*tone));
                    y += 1;
                }
            }
            return;
        }
        x += canvas.put(x, y, wide, text, theme.tone(*tone)) + 2;
    }
}

fn result(canvas: &mut Canvas<'_, '_>, place: Rect, data_status: &DataStatus) {
    let (app, theme) = (canvas.app, canvas.theme);
    let state = &app.panes.query;
    let title = state.shown().map(super::result::Tab::title).unwrap_or_default();
    let inside = frames::block(canvas, RESULT, &title, place, data_status);
    if inside.width < 10 || inside.height == 0 {
        return;
    }
    let Some(tab) = state.shown().filter(|_| state.is_on() || !state.tabs.is_empty()) else {
        frames::message(canvas, inside, &status_texts::idle(app));
        return;
    };
    let (strip, rows, last) = super::layout::result(inside, state.tabs.len());
    if let Some(strip) = strip {
        tabs(canvas, strip);
    }
    if let Some((old, grid)) = state.rows_shown_for(tab) {
        // The last rows stay until there is something newer to show.
        grid_view::draw(canvas, rows, old, grid, true);
        if last.height > 0 && last.y >= rows.bottom() {
            grid_view::draw_waiting_line(canvas, last, tab);
        }
        return;
    }
    match &tab.grid {
        Some(_) if tab.plan.is_some() => {
            if let Some(tree) = &tab.plan {
                plan_view::draw(canvas, rows, tree);
            }
        }
        Some(grid) if tab.record => grid_view::record(canvas, rows, tab, grid),
        Some(grid) if !grid.columns.is_empty() && !grid_view::shows_failure(tab) => {
            grid_view::draw(canvas, rows, tab, grid, false);
        }
        Some(_) | None => {
            let mut y = rows.y;
            for (tone, text) in status_texts::tab_lines(tab, app.now) {
                for line in crate::model::wrap::wrap(&text, usize::from(rows.width.saturating_sub(2))) {
                    if y >= rows.bottom() {
                        break;
                    }
                    canvas.put(rows.x + 1, y, rows.width - 1, &line, theme.tone(tone));
                    y += 1;
                }
            }
        }
    }
    if last.height > 0 && last.y >= rows.bottom() {
        grid_view::last(canvas, last, tab);
    }
}

fn tabs(canvas: &mut Canvas<'_, '_>, place: Rect) {
    let (app, theme) = (canvas.app, canvas.theme);
    let state = &app.panes.query;
    let count = state.tabs.len();
    let each = (place.width.saturating_sub(2) / u16::try_from(count.max(1)).unwrap_or(1)).clamp(4, 24);
    let fit = usize::from((place.width.saturating_sub(2)) / each).max(1);
    let first = (state.tab + 1).saturating_sub(fit);
    let mut x = place.x + 1;
    for (number, tab) in state.tabs.iter().enumerate().skip(first).take(fit) {
        let style = if number == state.tab { theme.tab } else { theme.dim };
        let text = format!(" {} {}", number + 1, tab.title());
        let text =
            crate::model::text::cut_end(&crate::model::text::sanitize(&text), usize::from(each - 1)).into_owned();
        canvas.put(x, place.y, each - 1, &text, style);
        x += each;
    }
}
