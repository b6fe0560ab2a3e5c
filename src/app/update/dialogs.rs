//! The button that is pressed, and leaving.

use super::change;
use super::operations::{follow, left, open};
use super::windows::{push_window, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::{OperationId, Stage};
use crate::app::overlay::{Act, Kind, Overlay};
use crate::app::state::Dirty;
use crate::app::{dialog, listed, question};

/// The selected button of the window on top.
pub(crate) fn press(app: &mut App) -> Vec<Effect> {
    let Some(window) = app.screen.overlays.last() else { return Vec::new() };
    let kind = window.kind;
    let buttons = dialog::buttons(app, window);
    let act = buttons.get(window.button).map_or(Act::No, |button| button.act);
    let looking = dialog::about(app, window).is_some_and(|operation| operation.stage == Stage::Looking);
    if looking && matches!(kind, Kind::Plan(_)) {
        app.say("still looking; Esc leaves");
        return Vec::new();
    }
    if let Err(why) = question::meant(app) {
        app.say(why.words());
        return Vec::new();
    }
    let missing = dialog::to_type(app, window).filter(|name| window.query.text().trim() != name);
    match (act, kind, missing) {
        (Act::Yes, _, Some(name)) => {
            app.say(format!("type {name} to confirm, or leave with Esc"));
            Vec::new()
        }
        (Act::Yes, Kind::Plan(id), None) => confirm(app, id),
        (Act::Yes, Kind::Revert(id), None) => {
            close(app);
            let mut effects = app.operations.revert(id, app.now);
            effects.extend(follow(app));
            effects
        }
        (Act::Yes, Kind::Quit, None) => leave(app),
        (Act::Yes, Kind::Confirm(pane, which), None) => {
            close(app);
            (app.table.pane(pane).hooks.confirmed)(app, which)
        }
        (Act::Offer, Kind::Plan(id), _) => change::offered(app, id),
        (Act::No | Act::Close | Act::Offer, _, _)
        | (
            Act::Yes,
            Kind::Help
            | Kind::Palette
            | Kind::Actions
            | Kind::Inspect
            | Kind::Environments
            | Kind::Activity
            | Kind::Message
            | Kind::Code
            | Kind::Checkup
            | Kind::SignIn
            | Kind::Choose(_)
            | Kind::Pane(..)
            | Kind::Find(..)
            | Kind::Ask(_)
            | Kind::Name,
            None,
        ) => {
            close(app);
            Vec::new()
        }
    }
}

/// The window on top is gone.
pub(super) fn close(app: &mut App) {
    app.screen.overlays.pop();
    app.screen.typing = None;
    app.changed_by(Dirty::Lists);
}

fn confirm(app: &mut App, id: OperationId) -> Vec<Effect> {
    let mut effects = app.operations.confirm(id, app.now);
    if app.operations.get(id).is_some_and(|operation| operation.stage == Stage::Recording) {
        app.followed.confirmed.insert(id);
        open(app, id);
        effects.extend(follow(app));
    }
    effects
}

/// Leaves, at once or after a question where something would be left behind.
pub(crate) fn quit(app: &mut App) -> Vec<Effect> {
    if app.followed.leaving.is_some() || !listed::left_behind(app) {
        // What is written down at the end is not cut short by a key that is held.
        return if app.followed.leaving.is_some() && app.confirm.repeated() { Vec::new() } else { leave(app) };
    }
    if app.screen.overlays.last().is_some_and(|window| window.kind == Kind::Quit) {
        return match question::meant(app) {
            Ok(()) => leave(app),
            Err(why) => {
                app.say(why.words());
                Vec::new()
            }
        };
    }
    let mut window = Overlay::new(Kind::Quit, "Leave?", Vec::new());
    window.button = dialog::first_button(app, &window);
    window.ready = true;
    push_window(app, window);
    windows(app);
    Vec::new()
}

/// Leaves without a question; what is being written down already is waited for all the same.
pub(super) fn stop(app: &mut App) -> Vec<Effect> {
    if app.followed.leaving.is_some() { left(app) } else { leave(app) }
}

/// Leaves: what is under way is not watched any more, and that is written down before the end.
fn leave(app: &mut App) -> Vec<Effect> {
    if app.followed.leaving.is_some() {
        return vec![Effect::Quit];
    }
    app.followed.leaving = Some(app.now);
    let running: Vec<OperationId> = listed::running(app).map(|operation| operation.id).collect();
    app.followed.left.clone_from(&running);
    let panes = app.table.panes;
    let mut effects: Vec<Effect> = panes.iter().flat_map(|pane| (pane.hooks.leaves)(app)).collect();
    effects.extend(running.into_iter().flat_map(|id| app.operations.detach(id, app.now)));
    effects.extend(left(app));
    effects
}
