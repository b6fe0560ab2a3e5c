//! Keys, and a line of text being typed.

use super::buttons::{next_button, unseen};
use super::dialogs;
use super::moves::{page, step};
use super::run::{choose, run};
use crate::app::command::{Id, Scope};
use crate::app::effect::Effect;
use crate::app::input::Input;
use crate::app::overlay::Overlay;
use crate::app::screen::Typing;
use crate::app::screen::View;
use crate::app::state::News;
use crate::app::{App, logs, rows};
use crate::model::key::Key;

pub(super) fn press(app: &mut App, key: Key) -> Vec<Effect> {
    if app.screen.view() == View::Logs {
        app.logs.refresh();
    }
    let command = app.keymap.command(scopes(app), key);
    let unseen = unseen(app);
    if let Some(typing) = &mut app.screen.typing {
        match (command, key.text()) {
            (Some(command), _) => return type_command(app, command),
            (None, Some(_)) if unseen => return Vec::new(),
            (None, Some(c)) => {
                typing.input.insert(&c.to_string());
                typed(app);
                return Vec::new();
            }
            (None, None) => return Vec::new(),
        }
    }
    let Some(command) = command else { return Vec::new() };
    if app.unsettled > News::Nothing {
        // Keys that come faster than frames: this one means a row as the key before it left them, and
        // not one that a filter or another order has just taken away.
        for block in app.screen.view().blocks() {
            rows::settle(app, *block);
        }
    }
    run(app, command)
}

pub(super) fn paste(app: &mut App, text: &str) {
    if unseen(app) {
        return;
    }
    if let Some(typing) = &mut app.screen.typing {
        typing.input.insert(text);
        typed(app);
    }
}

/// The typed line has changed: search or filter as one types.
pub(super) fn typed(app: &mut App) {
    let Some(typing) = &app.screen.typing else { return };
    let text = typing.input.text().to_owned();
    if let Some(prompt) = typing.prompt {
        logs::keys::typed(app, prompt, &text);
    } else if let Some(block) = typing.block {
        app.screen.list(block).filter = text;
    } else {
        let input = typing.input.clone();
        if let Some(overlay) = app.screen.overlays.last_mut() {
            overlay.query = input;
            overlay.search();
        }
    }
    app.changed_by(News::Lists);
}

pub(super) fn type_command(app: &mut App, command: Id) -> Vec<Effect> {
    let Some(typing) = &mut app.screen.typing else { return Vec::new() };
    if typing.input.edit(command) {
        typed(app);
        return Vec::new();
    }
    let block = typing.block;
    let before = typing.before.clone();
    let prompt = typing.prompt;
    app.changed_by(News::Lists);
    match command {
        Id::InputUp => step(app, -1),
        Id::InputPageUp => page(app, -1, 1),
        Id::InputPageDown => page(app, 1, 1),
        Id::InputNext if app.screen.asks() => next_button(app, 1),
        Id::InputDown | Id::InputNext => step(app, 1),
        // A window with buttons: what was typed stays there.
        Id::Accept if block.is_none() && app.screen.asks() => return dialogs::press(app),
        Id::Accept => {
            let typed = app.screen.typing.take();
            if let Some((prompt, text)) =
                typed.and_then(|typing| Some((typing.prompt?, typing.input.text().to_owned())))
            {
                return logs::keys::accept(app, prompt, &text);
            }
            if block.is_none() && app.screen.overlays.last().is_some_and(Overlay::types) {
                return choose(app);
            }
        }
        Id::Cancel => {
            app.screen.typing = Some(Typing { block, input: Input::new(before.clone()), before, prompt });
            typed(app);
            app.screen.typing = None;
            let closes = |overlay: &Overlay| overlay.types() || overlay.kind.is_dialog();
            if block.is_none() && app.screen.overlays.last().is_some_and(closes) {
                app.screen.overlays.pop();
            }
        }
        _ => {}
    }
    Vec::new()
}

pub(super) fn scopes(app: &App) -> &'static [Scope] {
    if app.screen.typing.is_some() {
        &[Scope::Input]
    } else if app.screen.overlays.is_empty() && app.screen.view() == View::Logs {
        &[Scope::Logs, Scope::List, Scope::Global]
    } else if app.screen.overlays.is_empty() {
        &[Scope::List, Scope::Global]
    } else {
        &[Scope::Overlay, Scope::List, Scope::Global]
    }
}
