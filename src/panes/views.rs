//! The drawing functions of each pane (`view.rs`), generated from the list of panes.

use crate::app::command::PaneId;
use crate::app::data_status;
use crate::app::pane::DataStatus;
use crate::app::screen::Block;
use crate::ui::canvas::Canvas;
use ratatui::layout::Rect;

/// The drawing functions of one pane.
struct PaneDrawing {
    pane: PaneId,
    draw: fn(&mut Canvas<'_, '_>, Block, Rect, &DataStatus),
    summary: fn(&mut Canvas<'_, '_>, Rect),
}

macro_rules! looks {
    ($($name:ident,)*) => {
        static VIEWS: &[PaneDrawing] = &[$(PaneDrawing {
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

fn drawing_of(canvas: &Canvas<'_, '_>) -> Option<&'static PaneDrawing> {
    let shown = canvas.app.shown_pane().id;
    VIEWS.iter().find(|looks| looks.pane == shown)
}

/// Draws a block of the current pane.
pub fn draw(canvas: &mut Canvas<'_, '_>, block: Block, place: Rect) {
    if place.width < 2 || place.height < 2 {
        return;
    }
    let data_status = data_status::for_block(canvas.app, block);
    if let Some(looks) = drawing_of(canvas) {
        (looks.draw)(canvas, block, place, &data_status);
    }
}

/// Draws the lines above the blocks, about the opened subject.
pub fn summary(canvas: &mut Canvas<'_, '_>, place: Rect) {
    if let Some(looks) = drawing_of(canvas) {
        (looks.summary)(canvas, place);
    }
}
