//! The mouse: clicks and the wheel, applied to what the layout has at the position.

use super::dialogs;
use super::moves::{moving_list, step};
use super::open::open;
use super::run::enter;
use crate::app::effect::Effect;
use crate::app::event::Mouse;
use crate::app::overlay::ButtonAction;
use crate::app::state::Dirty;
use crate::app::{App, dialog, layout};
use ratatui::layout::Position;

/// Number of rows that a turn of the wheel moves.
pub(crate) const WHEEL: isize = 3;

pub(crate) fn click(app: &mut App, mouse: Mouse) -> Vec<Effect> {
    let (column, row) = match mouse {
        Mouse::Click(column, row) | Mouse::WheelUp(column, row) | Mouse::WheelDown(column, row) => (column, row),
    };
    let turn = match mouse {
        Mouse::Click(..) => None,
        Mouse::WheelUp(..) => Some(-WHEEL),
        Mouse::WheelDown(..) => Some(WHEEL),
    };
    (app.shown_pane().hooks.prepare)(app);
    app.changed_by(Dirty::Lists);
    if !app.screen.overlays.is_empty() {
        let place = layout::overlay_place(&app.screen);
        match turn {
            Some(by) => step(app, by),
            None if !place.contains(Position::new(column, row)) => {
                app.screen.typing = None;
                app.screen.overlays.pop();
            }
            None => {
                if app.screen.has_dialog() {
                    return button(app, column, row);
                }
                let first = place.y + 2;
                let list = moving_list(app);
                if row >= first && usize::from(row - first) < list.window().len() {
                    list.select(list.offset + usize::from(row - first));
                }
            }
        }
        return Vec::new();
    }
    let placed = layout::layout(app);
    if turn.is_none() && row == placed.tabs.y {
        let tabs = layout::tabs(app, placed.tabs);
        let tab = tabs.into_iter().find(|(_, place)| place.contains(Position::new(column, row)));
        return tab.map_or_else(Vec::new, |(pane, _)| enter(app, pane.id));
    }
    let hit = placed.blocks.iter().find(|(_, place)| place.contains(Position::new(column, row)));
    let Some((block, place)) = hit else { return Vec::new() };
    if let Some(effects) = (app.shown_pane().hooks.mouse)(app, *place, mouse) {
        return effects;
    }
    if let Some(by) = turn {
        app.screen.list(*block).step(by);
        return Vec::new();
    }
    if !app.view().takes_focus(*block) {
        return Vec::new();
    }
    let had_focus = app.focused() == *block;
    app.focus_on(*block);
    let first = place.y + 1 + u16::from(app.spec(*block).header);
    let has_rows = app.spec(*block).has_rows();
    let list = app.screen.list(*block);
    if has_rows && row >= first && usize::from(row - first) < list.window().len() {
        let number = list.offset + usize::from(row - first);
        // A click on the row that is already selected opens it.
        if had_focus && list.place() == number {
            return open(app);
        }
        list.select(number);
    }
    Vec::new()
}

/// Presses the button at a position, if it has been there for a moment: a button that just appeared under the pointer
/// was not aimed at.
fn button(app: &mut App, column: u16, row: u16) -> Vec<Effect> {
    let placed = dialog::placed_buttons(app);
    let Some(number) = placed.iter().position(|(_, place)| place.contains(Position::new(column, row))) else {
        return Vec::new();
    };
    let (button, place) = &placed[number];
    if let Err(why) = app.confirm.check_click(button, *place) {
        app.show_message(why.message());
        return Vec::new();
    }
    if let Some(window) = app.screen.overlays.last_mut() {
        window.button = number;
    }
    match button.action {
        // Buttons that change nothing need no plan to be read first.
        ButtonAction::Cancel | ButtonAction::Close => {
            dialogs::close(app);
            Vec::new()
        }
        ButtonAction::Confirm | ButtonAction::Offer => dialogs::press(app),
    }
}
