//! Moving: in lists and texts, from block to block, from button to button.

use super::buttons::next_button;
use super::settle::done;
use crate::app::effect::Effect;
use crate::app::list::List;
use crate::app::pane::Motion;
use crate::app::screen::Block;
use crate::app::{App, layout};

/// Moves: in the pane that does that itself, else in the list of the window on top or of the focused block.
pub(crate) fn moved(app: &mut App, motion: Motion) -> Vec<Effect> {
    if app.screen.overlays.is_empty() && (app.shown().hooks.moves)(app, motion) {
        return done(app);
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
    done(app)
}

/// The list that moves: of the overlay on top, else of the focused block.
pub(crate) fn moving(app: &mut App) -> &mut List {
    let block = app.focused();
    let screen = &mut app.screen;
    match screen.overlays.last_mut() {
        Some(overlay) => &mut overlay.list,
        None => screen.lists.entry(block).or_default(),
    }
}

pub(crate) fn step(app: &mut App, by: isize) {
    let scrolls = app.screen.asks();
    let list = moving(app);
    if scrolls { list.scroll(by) } else { list.step(by) }
}

pub(crate) fn page(app: &mut App, direction: isize, part: isize) {
    let rows = (moving(app).height as isize / part).max(1);
    step(app, direction * rows);
}

/// Moves to the next or previous row, round the end.
pub(crate) fn wrap(app: &mut App, by: isize) {
    let list = moving(app);
    let count = list.len() as isize;
    if count > 0 {
        let place = (list.place() as isize + by).rem_euclid(count);
        list.select(place as usize);
    }
}

/// Left and right: along long lines in an overlay, else to the block beside.
pub(crate) fn sideways(app: &mut App, direction: isize) {
    if app.screen.asks() {
        return next_button(app, direction);
    }
    if let Some(overlay) = app.screen.overlays.last_mut() {
        overlay.column = overlay.column.saturating_add_signed(direction * 8);
        return;
    }
    let placed = layout::layout(app);
    let focused = app.focused();
    let Some((_, here)) = placed.blocks.iter().find(|(block, _)| *block == focused) else { return };
    let beside = placed.blocks.iter().filter(|(block, _)| app.view().takes_focus(*block)).find(|(_, place)| {
        let side = if direction > 0 { place.x >= here.right() } else { place.right() <= here.x };
        side && place.y < here.bottom() && place.bottom() > here.y
    });
    match beside.map(|(block, _)| *block) {
        Some(block) => app.focus_on(block),
        // Where blocks are shown one at a time, the neighbour in the strip is beside.
        None if placed.strip.is_some() => next_block(app, direction),
        None => {}
    }
}

pub(crate) fn next_block(app: &mut App, by: isize) {
    if app.screen.asks() {
        return next_button(app, by);
    }
    if !app.screen.overlays.is_empty() {
        return;
    }
    let view = app.view();
    let placed = layout::layout(app);
    // Where several are shown an environment may lack one; where one is shown at a time the hidden ones come to the
    // front.
    let all: Vec<Block> = if app.screen.zoom || placed.strip.is_some() {
        view.names().collect()
    } else {
        placed.blocks.iter().map(|(block, _)| *block).filter(|block| view.takes_focus(*block)).collect()
    };
    if all.is_empty() {
        return;
    }
    let place = all.iter().position(|block| *block == app.focused()).unwrap_or(0) as isize;
    app.focus_on(all[(place + by).rem_euclid(all.len() as isize) as usize]);
}
