//! Pressing buttons of dialogs, and quitting.

use super::change;
use super::operations::{follow, open, quit_once_recorded};
use super::windows::{push_window, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::{OperationId, Stage};
use crate::app::overlay::{ButtonAction, Kind, Overlay};
use crate::app::state::Dirty;
use crate::app::{dialog, operation_list, question};

/// Presses the selected button of the topmost window.
pub(crate) fn press(app: &mut App) -> Vec<Effect> {
    let Some(window) = app.screen.overlays.last() else { return Vec::new() };
    let kind = window.kind;
    let buttons = dialog::buttons(app, window);
    let act = buttons.get(window.button).map_or(ButtonAction::Cancel, |button| button.action);
    let looking = dialog::operation_of(app, window).is_some_and(|operation| operation.stage == Stage::Planning);
    if looking && matches!(kind, Kind::Plan(_)) {
        app.show_message("still looking; Esc leaves");
        return Vec::new();
    }
    if let Err(why) = question::check_answer(app) {
        app.show_message(why.message());
        return Vec::new();
    }
    let missing = dialog::text_to_type(app, window).filter(|name| window.query.text().trim() != name);
    match (act, kind, missing) {
        (ButtonAction::Confirm, _, Some(name)) => {
            app.show_message(format!("type {name} to confirm, or leave with Esc"));
            Vec::new()
        }
        (ButtonAction::Confirm, Kind::Plan(id), None) => confirm(app, id),
        (ButtonAction::Confirm, Kind::Revert(id), None) => {
            close(app);
            let mut effects = app.operations.revert(id, app.now);
            effects.extend(follow(app));
            effects
        }
        (ButtonAction::Confirm, Kind::Quit, None) => leave(app),
        (ButtonAction::Confirm, Kind::Confirm(pane, which), None) => {
            close(app);
            (app.table.pane(pane).hooks.confirmed)(app, which)
        }
        (ButtonAction::Offer, Kind::Plan(id), _) => change::plan_wider(app, id),
        (ButtonAction::Cancel | ButtonAction::Close | ButtonAction::Offer, _, _)
        | (
            ButtonAction::Confirm,
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
            | Kind::SnapshotName,
            None,
        ) => {
            close(app);
            Vec::new()
        }
    }
}

/// Closes the topmost window.
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

/// Quits, at once or after a question if something would be left behind.
pub(crate) fn quit(app: &mut App) -> Vec<Effect> {
    if app.followed.leaving.is_some() || !operation_list::quitting_loses_something(app) {
        // A held key must not cut short the writes at the end.
        return if app.followed.leaving.is_some() && app.confirm.repeated() { Vec::new() } else { leave(app) };
    }
    if app.screen.overlays.last().is_some_and(|window| window.kind == Kind::Quit) {
        return match question::check_answer(app) {
            Ok(()) => leave(app),
            Err(why) => {
                app.show_message(why.message());
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

/// Quits without a question, but still waits for writes in progress.
pub(super) fn quit_now(app: &mut App) -> Vec<Effect> {
    if app.followed.leaving.is_some() { quit_once_recorded(app) } else { leave(app) }
}

/// Quits: running operations are no longer watched, and that is recorded before the end.
fn leave(app: &mut App) -> Vec<Effect> {
    if app.followed.leaving.is_some() {
        return vec![Effect::Quit];
    }
    app.followed.leaving = Some(app.now);
    let running: Vec<OperationId> = operation_list::running(app).map(|operation| operation.id).collect();
    app.followed.still_running.clone_from(&running);
    let panes = app.table.panes;
    let mut effects: Vec<Effect> = panes.iter().flat_map(|pane| (pane.hooks.on_quit)(app)).collect();
    effects.extend(running.into_iter().flat_map(|id| app.operations.detach(id, app.now)));
    effects.extend(quit_once_recorded(app));
    effects
}
