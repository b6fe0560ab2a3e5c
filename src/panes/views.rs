//! How each pane looks: what its `view.rs` draws, from the list.

use crate::app::command::PaneId;
use crate::app::data_status;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::ui::canvas::Canvas;
use ratatui::layout::Rect;

/// The functions that draw a pane.
struct Looks {
    pane: PaneId,
    draw: fn(&mut Canvas<'_, '_>, Block, Rect, &DataStatus),
    summary: fn(&mut Canvas<'_, '_>, Rect),
}

macro_rules! looks {
    ($($name:ident,)*) => {
        static VIEWS: &[Looks] = &[$(Looks {
            pane: crate::panes::$name::state::ID,
            draw: crate::panes::$name::view::draw,
            summary: crate::panes::$name::view::summary,
        },)*];
    };
}

#[cfg(not(test))]
with_panes!(looks);
#[cfg(test)]
with_panes!(looks alarms);

fn looks(canvas: &Canvas<'_, '_>) -> Option<&'static Looks> {
    let shown = canvas.app.shown().id;
    VIEWS.iter().find(|looks| looks.pane == shown)
}

/// Draws a block of the pane that is shown into its place.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect) {
    if place.width < 2 || place.height < 2 {
        return;
    }
    let data_status = data_status::of(canvas.app, block);
    if let Some(looks) = looks(canvas) {
        (looks.draw)(canvas, block, place, &data_status);
    }
}

/// The lines above the blocks about what is opened.
pub fn summary(canvas: &mut Canvas<'_, '_>, place: Rect) {
    if let Some(looks) = looks(canvas) {
        (looks.summary)(canvas, place);
    }
}
