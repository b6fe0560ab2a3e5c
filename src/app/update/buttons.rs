//! Moves between the buttons of the topmost window by keys.

use crate::app::screen::Purpose;
use crate::app::{App, dialog, question};

/// Selects another button, unless the screen does not show the buttons yet.
pub(crate) fn next_button(app: &mut App, by: isize) {
    if !question::is_on_screen(app) {
        return;
    }
    let Some(window) = app.screen.overlays.last() else { return };
    let count = dialog::buttons(app, window).len() as isize;
    let button = (window.button as isize + by).rem_euclid(count.max(1)) as usize;
    if let Some(window) = app.screen.overlays.last_mut() {
        window.button = button;
    }
}

/// Whether typed text would go into a window with buttons that the screen does not show yet.
pub(crate) fn buttons_not_shown(app: &App) -> bool {
    let typed = app.screen.typing.as_ref().is_some_and(|typing| typing.purpose == Purpose::Window);
    typed && app.screen.has_dialog() && !question::is_on_screen(app)
}
