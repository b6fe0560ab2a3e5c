//! Rendering: draws the state into the terminal's cells. Reads the [`App`] and changes nothing.
//!
//! Geometry comes from `app::layout` and rows from `app::rows`. Nothing here matches a key, makes a request or reads a
//! file.
//! Text from outside reaches cells only through `canvas`.

pub(crate) mod canvas;
#[cfg(test)]
mod click_tests;
#[cfg(test)]
mod confirm_tests;
mod dialog;
mod frame;
#[cfg(test)]
mod leaving_tests;
mod overlay;
#[cfg(test)]
mod reading_tests;
#[cfg(test)]
mod runs_tests;
pub(crate) mod shared;
#[cfg(test)]
mod stray_input_tests;
pub mod svg;
pub(crate) mod symbols;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod theme;
#[cfg(test)]
mod unread_tests;
pub(crate) mod widgets;

use crate::app::App;
use crate::app::layout::layout;
use crate::app::screen::too_small;
use crate::panes::views;
use canvas::Canvas;
use ratatui::buffer::Buffer;
pub use theme::Theme;

/// Draws the whole screen with the configured built-in theme. Returns the cursor position while a line is being typed,
/// so that input methods draw there.
pub fn draw(app: &App, buffer: &mut Buffer) -> Option<(u16, u16)> {
    let theme = app.config.ui.theme.as_deref().and_then(Theme::named).unwrap_or_default();
    draw_with(app, &theme, buffer)
}

/// Draws the whole screen with the given theme; returns the cursor position as [`draw`] does.
pub fn draw_with(app: &App, theme: &Theme, buffer: &mut Buffer) -> Option<(u16, u16)> {
    let area = buffer.area;
    let mut canvas = Canvas::new(app, theme, buffer);
    if too_small((area.width, area.height)) {
        frame::too_small(&mut canvas);
        return None;
    }
    let placed = layout(app);
    frame::top(&mut canvas, placed.top);
    frame::tabs(&mut canvas, placed.tabs);
    if let Some(place) = placed.summary {
        views::summary(&mut canvas, place);
    }
    if let Some(place) = placed.strip {
        frame::strip(&mut canvas, place);
    }
    for (block, place) in &placed.blocks {
        views::draw(&mut canvas, *block, *place);
    }
    let typed = frame::bottom(&mut canvas, placed.bottom);
    let edited = canvas.cursor.filter(|_| app.editing());
    overlay::draw(&mut canvas).or(typed).or(edited).filter(|(x, y)| *x < area.right() && *y < area.bottom())
}
