//! Keys and pasted text that were meant for an input line that has closed (see [`crate::app::stray_input`]).

use crate::app::App;
use crate::app::command::{Id, Scope};
use crate::app::effect::Effect;
use crate::app::stray_input::Target;
use crate::feeds::Ask;
use crate::model::key::Key;

/// Where keys go now.
fn target(app: &App) -> Target {
    Target {
        window: app.screen.overlays.last().map(|window| window.kind),
        line: app.screen.typing.as_ref().map(|typing| typing.purpose),
        editor: app.editing().then(|| app.shown_pane().id),
    }
}

/// Records where keys go after an event; `own`: a person caused the event.
pub(super) fn record_target(app: &mut App, own: bool) {
    let (target, now) = (target(app), app.confirm.now());
    app.stray_input.record_target(target, own, now);
}

/// Whether a key is dropped because it continues a text that has lost its line. Keys that no line takes are never
/// dropped: Esc, Ctrl-C, F-keys.
pub(super) fn drops_key(app: &mut App, key: Key) -> bool {
    let edits = app.keymap.command(&[Scope::Input], key).is_some_and(|command| command != Id::CANCEL);
    if key.typed_char().is_none() && !edits {
        app.stray_input.accept_again();
        return false;
    }
    drops_text(app)
}

/// Whether text that arrives now is dropped; if so, the person is told.
pub(super) fn drops_text(app: &mut App) -> bool {
    let now = app.confirm.now();
    let words = app.stray_input.accept(now).err().map(str::to_owned);
    words.inspect(|words| app.show_message(words.clone())).is_some()
}

/// Accepts a line. If it is refused with only a message, letters typed further are not taken as keys.
pub(super) fn accept_line(app: &mut App, take: impl FnOnce(&mut App) -> Vec<Effect>) -> Vec<Effect> {
    let before = app.screen.toast.take();
    let (windows, operations) = (app.screen.overlays.len(), app.operations.list.len());
    let taken = take(app);
    // Background reads are not an outcome of the line.
    let has_effect = taken.iter().any(|effect| !matches!(effect, Effect::Fetch { ask: Ask::Aws(_), .. }));
    let opened = app.screen.typing.is_some() || app.screen.overlays.len() > windows;
    let begun = app.operations.list.len() > operations;
    match &app.screen.toast {
        None => app.screen.toast = before,
        Some((why, _)) if !has_effect && !opened && !begun => {
            let words = App::typed_on_message(why);
            app.stray_input.refuse(app.confirm.now(), words);
        }
        Some(_) => {}
    }
    taken
}
