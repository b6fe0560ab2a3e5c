//! Keys, and a line of text being typed.

use super::buttons::{buttons_not_shown, next_button};
use super::dialogs;
use super::mfa_code;
use super::moves::step;
use super::run::{choose, run};
use super::stray_input;
use crate::app::command::Scope;
use crate::app::effect::Effect;
use crate::app::input::Edit;
use crate::app::overlay::Overlay;
use crate::app::screen::{Purpose, Typing};
use crate::app::state::Dirty;
use crate::app::{App, rows};
use crate::model::key::Key;

pub(crate) fn press(app: &mut App, key: Key) -> Vec<Effect> {
    (app.shown_pane().hooks.prepare)(app);
    let command = app.keymap.command(scopes(app, key).as_slice(), key);
    let unacknowledged = buttons_not_shown(app);
    if let Some(typing) = &mut app.screen.typing {
        match (command, key.typed_char()) {
            (Some(command), _) => {
                app.changed_by(Dirty::Lists);
                return app.table.command(command).run(app);
            }
            (None, Some(_)) if unacknowledged => return Vec::new(),
            (None, Some(c)) => {
                typing.input.insert(&c.to_string());
                input_changed(app);
                return Vec::new();
            }
            (None, None) => return Vec::new(),
        }
    }
    if app.editing()
        && command.is_none()
        && let Some(c) = key.typed_char()
    {
        app.changed_by(Dirty::Lists);
        return (app.shown_pane().hooks.text)(app, &c.to_string());
    }
    let Some(command) = command else { return Vec::new() };
    if app.unsettled > Dirty::Nothing {
        // Keys can come faster than frames: this key applies to the rows as the previous key left them, not to a row
        // that a filter or sort has just removed.
        for block in app.view().names() {
            rows::settle(app, block);
        }
    }
    run(app, command)
}

pub(crate) fn paste(app: &mut App, text: &str) -> Vec<Effect> {
    if buttons_not_shown(app) || stray_input::drops_text(app) {
        return Vec::new();
    }
    if app.editing() {
        app.changed_by(Dirty::Lists);
        return (app.shown_pane().hooks.text)(app, text);
    }
    if app.screen.typing.as_ref().is_some_and(|typing| typing.hidden) {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if !fits_hidden(line) {
            // The missing part would not be visible.
            app.show_message(
                "not pasted: the text has several lines, or is too long for this line; the command accepts it whole",
            );
            return Vec::new();
        }
        if let Some(typing) = &mut app.screen.typing {
            typing.input.insert(line);
        }
        input_changed(app);
        return Vec::new();
    }
    if let Some(typing) = &mut app.screen.typing {
        typing.input.insert(text);
        input_changed(app);
    } else {
        app.show_message("not pasted: no input line is open");
    }
    Vec::new()
}

/// Whether a hidden line can take the whole text.
fn fits_hidden(text: &str) -> bool {
    text.len() <= crate::app::input::LIMIT / 2 && !text.chars().any(char::is_control)
}

/// Handles a change of the input line: searches or filters while typing.
pub(crate) fn input_changed(app: &mut App) {
    let Some(typing) = &app.screen.typing else { return };
    let text = typing.input.text().to_owned();
    match typing.purpose {
        Purpose::Pane { pane, what, .. } => (app.table.pane(pane).hooks.typed)(app, what, &text),
        Purpose::Filter(block) => app.screen.list(block).filter = text,
        Purpose::Code => {}
        Purpose::Window => {
            let input = typing.input.clone();
            if let Some(overlay) = app.screen.overlays.last_mut() {
                overlay.query = input;
                overlay.search();
            }
        }
    }
    app.changed_by(Dirty::Lists);
}

/// Edits the input line.
pub(crate) fn edit(app: &mut App, edit: Edit) -> Vec<Effect> {
    if let Some(typing) = &mut app.screen.typing {
        typing.input.edit(edit);
        input_changed(app);
    }
    Vec::new()
}

/// Moves to the next candidate, or the next button.
pub(crate) fn input_next(app: &mut App) -> Vec<Effect> {
    if app.screen.has_dialog() {
        next_button(app, 1);
    } else {
        step(app, 1);
    }
    Vec::new()
}

/// Accepts the line for the purpose it was opened for.
pub(crate) fn accept(app: &mut App) -> Vec<Effect> {
    let Some(purpose) = app.screen.typing.as_ref().map(|typing| typing.purpose) else { return Vec::new() };
    // In a window with buttons the typed text stays.
    if purpose == Purpose::Window && app.screen.has_dialog() {
        return dialogs::press(app);
    }
    let text = app.screen.typing.take().map(|typing| typing.input.text().to_owned()).unwrap_or_default();
    match purpose {
        Purpose::Pane { pane, what, .. } => {
            stray_input::accept_line(app, |app| (app.table.pane(pane).hooks.accepted)(app, what, &text))
        }
        Purpose::Window if app.screen.overlays.last().is_some_and(Overlay::accepts_typing) => choose(app),
        Purpose::Code => mfa_code::accept_code(app, &text),
        Purpose::Window | Purpose::Filter(_) => Vec::new(),
    }
}

/// Restores the line as it was before typing.
pub(crate) fn cancel(app: &mut App) -> Vec<Effect> {
    let Some(Typing { purpose, before, .. }) = app.screen.typing.take() else { return Vec::new() };
    app.screen.typing = Some(Typing::new(purpose, before));
    input_changed(app);
    app.screen.typing = None;
    let closes = |overlay: &Overlay| overlay.accepts_typing() || overlay.kind.is_dialog();
    if purpose == Purpose::Window && app.screen.overlays.last().is_some_and(closes) {
        app.screen.overlays.pop();
    }
    Vec::new()
}

/// The scopes whose keys apply now, the most specific first.
pub(super) fn scopes(app: &App, key: Key) -> Vec<Scope> {
    if app.screen.typing.is_some() {
        vec![Scope::Input]
    } else if app.editing() {
        // Letters are typed; keys that type nothing have their usual meaning.
        let others = if key.typed_char().is_some() {
            Vec::new()
        } else {
            vec![Scope::Pane(app.shown_pane().id.0), Scope::Global]
        };
        std::iter::once(Scope::Text).chain(others).collect()
    } else if app.screen.overlays.is_empty() {
        let own = Scope::Pane(app.shown_pane().id.0);
        let means = app.keymap.command(&[own], key);
        let taken = means.is_none_or(|id| (app.shown_pane().hooks.accepts_command)(app, id));
        let own = taken.then_some(own);
        own.into_iter().chain([Scope::List, Scope::Global]).collect()
    } else {
        vec![Scope::Overlay, Scope::List, Scope::Global]
    }
}
