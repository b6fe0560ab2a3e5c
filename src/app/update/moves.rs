//! Movements: in lists and texts, between blocks, between buttons.

use super::buttons::next_button;
use super::refresh::after_move;
use crate::app::effect::Effect;
use crate::app::list::List;
use crate::app::pane::Motion;
use crate::app::screen::Block;
use crate::app::{App, layout};

/// Moves: in a pane with movements of its own, otherwise in the list of the topmost window or the focused block.
pub(crate) fn handle_motion(app: &mut App, motion: Motion) -> Vec<Effect> {
    if app.screen.overlays.is_empty() && (app.shown_pane().hooks.moves)(app, motion) {
        return after_move(app);
    }
    match motion {
        Motion::Left => sideways(app, -1),
        Motion::Right => sideways(app, 1),
        Motion::Down => step(app, 1),
        Motion::Up => step(app, -1),
        Motion::First => step(app, isize::MIN / 2),
        Motion::Last => step(app, isize::MAX / 2),
        Motion::HalfDown => page(app, 1, 2),
        Motion::HalfUp => page(app, -1, 2),
        Motion::PageDown => page(app, 1, 1),
        Motion::PageUp => page(app, -1, 1),
        Motion::NextMatch => wrap(app, 1),
        Motion::PreviousMatch => wrap(app, -1),
    }
    after_move(app)
}

/// The list that moves: that of the topmost overlay, otherwise of the focused block.
pub(crate) fn moving_list(app: &mut App) -> &mut List {
    let block = app.focused();
    let screen = &mut app.screen;
    match screen.overlays.last_mut() {
        Some(overlay) => &mut overlay.list,
        None => screen.lists.entry(block).or_default(),
    }
}

pub(crate) fn step(app: &mut App, by: isize) {
    let scrolls = app.screen.has_dialog();
    let list = moving_list(app);
    if scrolls { list.scroll(by) } else { list.step(by) }
}

pub(crate) fn page(app: &mut App, direction: isize, part: isize) {
    let rows = (moving_list(app).height as isize / part).max(1);
    step(app, direction * rows);
}

/// Moves to the next or previous row, wrapping at the ends.
pub(crate) fn wrap(app: &mut App, by: isize) {
    let list = moving_list(app);
    let count = list.len() as isize;
    if count > 0 {
        let place = (list.place() as isize + by).rem_euclid(count);
        list.select(place as usize);
    }
}

/// Moves left or right: along long lines in an overlay, otherwise to the neighbouring block.
pub(crate) fn sideways(app: &mut App, direction: isize) {
    if app.screen.has_dialog() {
        return next_button(app, direction);
    }
    if let Some(overlay) = app.screen.overlays.last_mut() {
        overlay.column = overlay.column.saturating_add_signed(direction * 8);
        return;
    }
    let placed = layout::layout(app);
    let focused = app.focused();
    let Some((_, here)) = placed.blocks.iter().find(|(block, _)| *block == focused) else { return };
    let neighbour = placed.blocks.iter().filter(|(block, _)| app.view().takes_focus(*block)).find(|(_, place)| {
        let side = if direction > 0 { place.x >= here.right() } else { place.right() <= here.x };
        side && place.y < here.bottom() && place.bottom() > here.y
    });
    match neighbour.map(|(block, _)| *block) {
        Some(block) => app.focus_on(block),
        // Where blocks are shown one at a time, neighbours are those in the strip.
        None if placed.strip.is_some() => next_block(app, direction),
        None => {}
    }
}

pub(crate) fn next_block(app: &mut App, by: isize) {
    if app.screen.has_dialog() {
        return next_button(app, by);
    }
    if !app.screen.overlays.is_empty() {
        return;
    }
    let view = app.view();
    let placed = layout::layout(app);
    // Where several blocks are shown, an environment may lack some; where one is shown at a time, hidden ones come to
    // the front.
    let blocks: Vec<Block> = if app.screen.zoom || placed.strip.is_some() {
        view.names().collect()
    } else {
        placed.blocks.iter().map(|(block, _)| *block).filter(|block| view.takes_focus(*block)).collect()
    };
    if blocks.is_empty() {
        return;
    }
    let place = blocks.iter().position(|block| *block == app.focused()).unwrap_or(0) as isize;
    app.focus_on(blocks[(place + by).rem_euclid(blocks.len() as isize) as usize]);
}
