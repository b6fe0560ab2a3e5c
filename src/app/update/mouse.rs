//! The mouse: clicks and the wheel, on what the layout says is there.

use super::dialogs;
use super::moves::{moving, step};
use super::open::{go, open};
use crate::app::effect::Effect;
use crate::app::event::Mouse;
use crate::app::logs::keys;
use crate::app::screen::{Block, Pane, View};
use crate::app::state::News;
use crate::app::{App, dialog, layout, question};
use ratatui::layout::{Position, Rect};

/// Rows that a turn of the wheel moves.
const WHEEL: isize = 3;

pub(super) fn click(app: &mut App, mouse: Mouse) -> Vec<Effect> {
    let (column, row) = match mouse {
        Mouse::Click(column, row) | Mouse::WheelUp(column, row) | Mouse::WheelDown(column, row) => (column, row),
    };
    let turn = match mouse {
        Mouse::Click(..) => None,
        Mouse::WheelUp(..) => Some(-WHEEL),
        Mouse::WheelDown(..) => Some(WHEEL),
    };
    if app.screen.view() == View::Logs {
        app.logs.refresh();
    }
    app.changed_by(News::Lists);
    if !app.screen.overlays.is_empty() {
        let place = layout::overlay_place(&app.screen);
        match turn {
            Some(by) => step(app, by),
            None if !place.contains(Position::new(column, row)) => {
                app.screen.typing = None;
                app.screen.overlays.pop();
            }
            None => {
                if app.screen.asks() {
                    return button(app, column, row);
                }
                let first = place.y + 2;
                let list = moving(app);
                if row >= first && usize::from(row - first) < list.window().len() {
                    list.select(list.offset + usize::from(row - first));
                }
            }
        }
        return Vec::new();
    }
    let placed = layout::layout(app);
    if turn.is_none() && row == placed.tabs.y {
        return tab_at(column).map_or_else(Vec::new, |pane| go(app, pane));
    }
    let hit = placed.blocks.iter().find(|(_, place)| place.contains(Position::new(column, row)));
    let Some((block, place)) = hit else { return Vec::new() };
    if *block == Block::Logs {
        return on_logs(app, *place, turn, row);
    }
    if let Some(by) = turn {
        app.screen.list(*block).step(by);
        return Vec::new();
    }
    if app.screen.view() == View::Overview && block.follows() {
        return Vec::new();
    }
    let again = app.screen.focused() == *block;
    app.screen.focus_on(*block);
    let first = place.y + 1 + u16::from(block.has_header());
    let list = app.screen.list(*block);
    if block.has_rows() && row >= first && usize::from(row - first) < list.window().len() {
        let number = list.offset + usize::from(row - first);
        // A click on the row that is already selected opens it.
        if again && list.place() == number {
            return open(app);
        }
        list.select(number);
    }
    Vec::new()
}

/// The wheel moves through the lines; a click selects one, and opens the one that is selected.
fn on_logs(app: &mut App, place: Rect, turn: Option<isize>, row: u16) -> Vec<Effect> {
    if let Some(by) = turn {
        keys::step(app, by);
        return app.plan();
    }
    let header = !app.logs.columns.is_empty();
    let first = place.y + 1 + layout::histogram_rows(place) + u16::from(header);
    // Lines that are broken take rows of their own: only keys tell them apart.
    let key = row.checked_sub(first).and_then(|n| app.logs.drawn.get(usize::from(n)).copied());
    let Some(pos) = key.filter(|_| !app.logs.wrap).and_then(|key| app.logs.store.find(key)) else {
        return Vec::new();
    };
    let number = app.logs.view.rank(&app.logs.store, pos);
    if app.logs.place == number && !app.logs.follow {
        return open(app);
    }
    app.logs.select(number);
    Vec::new()
}

/// Presses the button at a place.
fn button(app: &mut App, column: u16, row: u16) -> Vec<Effect> {
    let Some(window) = app.screen.overlays.last() else { return Vec::new() };
    let buttons = dialog::buttons(app, window);
    let places = dialog::places(&buttons, dialog::line(layout::overlay_place(&app.screen)));
    let Some(number) = places.iter().position(|place| place.contains(Position::new(column, row))) else {
        return Vec::new();
    };
    // One that the screen did not show yet was not pointed at.
    if question::seen(app)
        && let Some(window) = app.screen.overlays.last_mut()
    {
        window.button = number;
    }
    dialogs::press(app)
}

/// The pane whose title is at this column of the tab line: ` 1 Overview  2 Services …`.
pub(super) fn tab_at(column: u16) -> Option<Pane> {
    let mut x = 1;
    for (pane, _, title) in Pane::ALL {
        let width = title.len() as u16 + 4;
        if (x..x + width).contains(&column) {
            return Some(pane);
        }
        x += width;
    }
    None
}
