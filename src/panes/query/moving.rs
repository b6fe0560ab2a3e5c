//! Moving in a result.

use super::layout::{prompt, result};
use super::state::{EDITOR, RESULT};
use super::{plan, row_scans, schema};
use crate::app::App;
use crate::app::editor::Step;
use crate::app::effect::Effect;
use crate::app::event::Mouse;
use crate::app::pane::Motion;
use crate::app::update::grids;
use crate::app::update::mouse::WHEEL;
use crate::app::update::refresh::after_move;
use crate::model::text::width;
use ratatui::layout::Rect;

/// Moves in the result; returns whether there is one.
pub fn moves(app: &mut App, motion: Motion) -> bool {
    if schema::update::is_shown(app) {
        return schema::update::moves(app, motion);
    }
    if app.focused() != RESULT {
        return false;
    }
    match motion {
        _ if plan::moves(app, motion) => return true,
        Motion::NextMatch | Motion::PreviousMatch => {
            let effects = row_scans::search(app, motion == Motion::NextMatch);
            app.panes.query.effects.extend(effects);
            return true;
        }
        _ => {}
    }
    let Some(tab) = app.panes.query.shown_mut() else { return true };
    let Some(grid) = &mut tab.grid else { return true };
    if tab.record {
        let half = isize::try_from(grid.height / 2).unwrap_or(1);
        // The shown columns are the lines: the selected one is edited and copied.
        match motion {
            Motion::Down => grid.move_column(1),
            Motion::Up => grid.move_column(-1),
            Motion::First => grid.move_column(isize::MIN),
            Motion::Last => grid.move_column(isize::MAX),
            Motion::PageDown | Motion::HalfDown => grid.move_column(half),
            Motion::PageUp | Motion::HalfUp => grid.move_column(-half),
            Motion::Left => grid.step(-1),
            Motion::Right => grid.step(1),
            Motion::NextMatch | Motion::PreviousMatch => {}
        }
        return true;
    }
    grids::handle_motion(grid, motion);
    true
}

/// Scrolls by the wheel; a click selects a cell, or places the cursor in the text.
pub fn mouse(app: &mut App, place: Rect, mouse: Mouse) -> Option<Vec<Effect>> {
    if schema::update::is_shown(app) {
        return None;
    }
    let (column, row) = match mouse {
        Mouse::Click(column, row) | Mouse::WheelUp(column, row) | Mouse::WheelDown(column, row) => (column, row),
    };
    let placed = crate::app::layout::layout(app);
    let block = placed.blocks.iter().find(|(_, at)| *at == place).map(|(block, _)| *block)?;
    let inside = Rect::new(place.x + 1, place.y + 1, place.width.saturating_sub(2), place.height.saturating_sub(2));
    if block == EDITOR {
        let by = match mouse {
            Mouse::Click(..) => None,
            Mouse::WheelUp(..) => Some(Step::PageUp(WHEEL.unsigned_abs())),
            Mouse::WheelDown(..) => Some(Step::PageDown(WHEEL.unsigned_abs())),
        };
        let state = &mut app.panes.query;
        if let Some(by) = by {
            state.editor.step(by);
            return Some(after_move(app));
        }
        let wide = u16::try_from(width(&prompt(state))).unwrap_or(0) + 1;
        let line = state.scrolled.0 + usize::from(row.saturating_sub(inside.y));
        let cells = state.scrolled.1 + usize::from(column.saturating_sub(inside.x + wide));
        let at = state.editor.at(line.min(state.editor.lines() - 1), cells);
        state.editor.move_to(at);
        app.focus_on(EDITOR);
        return Some(after_move(app));
    }
    let (_, rows, _) = result(inside, app.panes.query.tabs.len());
    let clicked = matches!(mouse, Mouse::Click(..));
    if clicked {
        app.focus_on(RESULT);
    }
    if let Some(tree) = plan::shown(&mut app.panes.query) {
        match mouse {
            Mouse::WheelUp(..) => tree.step(-WHEEL),
            Mouse::WheelDown(..) => tree.step(WHEEL),
            Mouse::Click(..) => {
                let down = usize::from(row.saturating_sub(rows.y + 1));
                tree.step((tree.top + down) as isize - tree.at as isize);
            }
        }
        return Some(after_move(app));
    }
    if let Some(grid) = app.panes.query.shown_mut().and_then(|tab| tab.grid.as_mut()) {
        grids::mouse(grid, rows, mouse);
    }
    Some(after_move(app))
}
