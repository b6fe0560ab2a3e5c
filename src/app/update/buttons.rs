//! The buttons of the window on top, as far as keys move between them.

use crate::app::screen::Purpose;
use crate::app::{App, dialog, question};

/// Another button, unless the screen does not show these yet.
pub(crate) fn next_button(app: &mut App, by: isize) {
    if !question::seen(app) {
        return;
    }
    let Some(window) = app.screen.overlays.last() else { return };
    let count = dialog::buttons(app, window).len() as isize;
    let button = (window.button as isize + by).rem_euclid(count.max(1)) as usize;
    if let Some(window) = app.screen.overlays.last_mut() {
        window.button = button;
    }
}

/// Whether what is typed goes into a window with buttons that the screen does not show yet.
pub(crate) fn unacknowledged(app: &App) -> bool {
    let typed = app.screen.typing.as_ref().is_some_and(|typing| typing.purpose == Purpose::Window);
    typed && app.screen.asks() && !question::seen(app)
}
