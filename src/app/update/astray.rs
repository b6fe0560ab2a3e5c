//! Keys and pasted text that were meant for a line that is not there (see [`crate::app::astray`]).

use crate::app::App;
use crate::app::astray::Target;
use crate::app::command::{Id, Scope};
use crate::app::effect::Effect;
use crate::feeds::Ask;
use crate::model::key::Key;

/// Where keys go now.
fn target(app: &App) -> Target {
    Target {
        window: app.screen.overlays.last().map(|window| window.kind),
        line: app.screen.typing.as_ref().map(|typing| typing.purpose),
        editor: app.editing().then(|| app.shown().id),
    }
}

/// Something has happened; `own`: by what a person did.
pub(super) fn after(app: &mut App, own: bool) {
    let (target, now) = (target(app), app.confirm.now());
    app.astray.after(target, own, now);
}

/// Whether a key is none, because it goes on with a text that has lost its line. What no line would take is one: Esc,
/// Ctrl-C, F-keys.
pub(super) fn swallows(app: &mut App, key: Key) -> bool {
    let edits = app.keymap.command(&[Scope::Input], key).is_some_and(|command| command != Id::CANCEL);
    if key.text().is_none() && !edits {
        app.astray.end();
        return false;
    }
    lost(app)
}

/// Whether text that comes now is not taken; a person is told so.
pub(super) fn lost(app: &mut App) -> bool {
    let now = app.confirm.now();
    let words = app.astray.takes(now).err().map(str::to_owned);
    words.inspect(|words| app.say(words.clone())).is_some()
}

/// Takes a line. If it is refused with nothing but a message, further letters are not taken for keys.
pub(super) fn taken(app: &mut App, take: impl FnOnce(&mut App) -> Vec<Effect>) -> Vec<Effect> {
    let before = app.screen.toast.take();
    let (windows, operations) = (app.screen.overlays.len(), app.operations.list.len());
    let taken = take(app);
    // What is read anyhow is no outcome.
    let does = taken.iter().any(|effect| !matches!(effect, Effect::Fetch { ask: Ask::Aws(_), .. }));
    let opened = app.screen.typing.is_some() || app.screen.overlays.len() > windows;
    let begun = app.operations.list.len() > operations;
    match &app.screen.toast {
        None => app.screen.toast = before,
        Some((why, _)) if !does && !opened && !begun => {
            let words = App::typed_on(why);
            app.astray.begin(app.confirm.now(), words);
        }
        Some(_) => {}
    }
    taken
}
