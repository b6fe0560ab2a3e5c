//! Operations on the screen: their windows and their view, what is told of them, how one leaves them.

use super::run::push_window;
use super::typing::start_typing;
use super::{News, change, changed_by, toast};
use crate::app::App;
use crate::app::confirm;
use crate::app::dialog::{self, Act};
use crate::app::effect::Effect;
use crate::app::followed;
use crate::app::operation::outcome::Verdict;
use crate::app::operation::{Operation, OperationId, Stage};
use crate::app::overlay::{self, Kind, Overlay};
use crate::app::screen::Block;
use crate::model::Source;
use jiff::SignedDuration;

/// Leaving waits this long for what is being written down.
const LEAVING: SignedDuration = SignedDuration::from_secs(2);

/// Something happened in an operation: what follows from it on the screen, and what is read sooner.
pub(super) fn follow(app: &mut App) -> Vec<Effect> {
    changed_by(app, News::Lists);
    let known: Vec<OperationId> = app.followed.confirmed.iter().copied().collect();
    let mut look = false;
    for id in known {
        let Some(operation) = app.operations.get(id) else { continue };
        let here = operation.environment.name == app.environment.name;
        let service = operation.what().service().map(str::to_owned);
        let begun = operation.began().is_some() && app.followed.begun.insert(id);
        let ended = operation.outcome.is_some() && app.followed.told.insert(id);
        if here && (begun || ended) {
            look = true;
            let keys = service.into_iter().map(|name| (Source::Rollouts, name)).collect::<Vec<_>>();
            app.poller.hurry_keys(&keys, app.now);
        }
        if ended {
            tell_end(app, id);
        }
    }
    let mut effects = Vec::new();
    if look {
        // The other panes follow what was changed.
        app.poller.hurry(&[Source::Services, Source::Tasks, Source::ScalableTargets], app.now);
        effects.extend(app.plan());
    }
    effects.extend(left(app));
    effects
}

/// The end of an operation: in the activity, at the bottom, and in the tab line while nobody looked.
fn tell_end(app: &mut App, id: OperationId) {
    let Some(operation) = app.operations.get(id) else { return };
    let Some(outcome) = &operation.outcome else { return };
    let bad = followed::ended_badly(operation);
    let text = format!("{}: {}: {}", followed::named(app, operation), outcome.verdict.words(), outcome.summary);
    let seen = app.screen.operation == Some(id);
    if bad && !seen {
        app.followed.unseen.insert(id);
    }
    if outcome.verdict == Verdict::Cancelled {
        return;
    }
    app.note(bad, text.clone());
    if !seen {
        toast(app, text);
    }
}

/// Opens an operation's view, its log at the end.
pub(super) fn open(app: &mut App, id: OperationId) {
    if app.operations.get(id).is_none() {
        return;
    }
    let screen = &mut app.screen;
    screen.overlays.clear();
    screen.typing = None;
    screen.zoom = false;
    screen.operation = Some(id);
    for block in [Block::OperationLog, Block::Progress] {
        screen.lists.remove(&block);
    }
    screen.focus.remove(&Block::OperationLog);
    app.followed.unseen.remove(&id);
    changed_by(app, News::Lists);
}

/// Brings the lines of windows over operations up to date.
pub(super) fn windows(app: &mut App) {
    let mut overlays = std::mem::take(&mut app.screen.overlays);
    let size = app.screen.size;
    let top = overlays.len().saturating_sub(1);
    for (number, window) in overlays.iter_mut().enumerate() {
        match window.kind {
            Kind::Activity => window.replace(overlay::activities(app)),
            Kind::Logs(which) => window.replace(crate::app::logs::windows::lines(app, which)),
            Kind::Choose(id) => {
                if let Some(operation) = app.operations.get(id) {
                    window.replace(change::options(app, operation, window));
                }
            }
            Kind::Plan(_) | Kind::Revert(_) | Kind::Quit => {
                let cells = usize::from(overlay::width(size.0).saturating_sub(4));
                window.replace(dialog::text(app, window, cells));
                window.copies = dialog::about(app, window)
                    .and_then(|operation| operation.plan.as_ref())
                    .map(|plan| plan.command.clone());
                if !window.ready && dialog::yes(app, window).is_some() {
                    window.ready = true;
                    window.button = dialog::first_button(app, window);
                }
                let last = dialog::buttons(app, window).len() - 1;
                window.button = window.button.min(last);
                if number == top {
                    types(app, window);
                }
            }
            Kind::Help
            | Kind::Palette
            | Kind::Actions
            | Kind::Inspect
            | Kind::Environments
            | Kind::Message
            | Kind::Ask(_) => {}
        }
    }
    app.screen.overlays = overlays;
}

/// Where a name must be typed for a yes, typing goes there; where it need not any more, it does not.
fn types(app: &mut App, window: &Overlay) {
    let typing = app.screen.typing.as_ref().is_some_and(|typing| typing.block.is_none());
    match (dialog::to_type(app, window), typing) {
        (Some(_), false) => {
            let text = window.query.text().to_owned();
            app.screen.typing = Some(crate::app::screen::Typing {
                block: None,
                input: crate::app::input::Input::new(text.clone()),
                before: text,
                prompt: None,
            });
        }
        (None, true) => app.screen.typing = None,
        _ => {}
    }
}

/// Plans that nobody looks at any more are left: nothing was changed.
pub(super) fn abandon(app: &mut App) -> Vec<Effect> {
    let waiting =
        |operation: &&Operation| matches!(operation.stage, Stage::Looking | Stage::Asking) && !operation.only_looks();
    let open = |id: OperationId| app.screen.overlays.iter().any(|window| window.kind == Kind::Plan(id));
    let left: Vec<OperationId> =
        app.operations.list.iter().filter(waiting).map(|operation| operation.id).filter(|id| !open(*id)).collect();
    left.into_iter().flat_map(|id| app.operations.cancel(id, app.now)).collect()
}

/// The selected button of the window on top.
pub(super) fn press(app: &mut App) -> Vec<Effect> {
    let Some(window) = app.screen.overlays.last() else { return Vec::new() };
    let kind = window.kind;
    let buttons = dialog::buttons(app, window);
    let act = buttons.get(window.button).map_or(Act::No, |button| button.act);
    let looking = dialog::about(app, window).is_some_and(|operation| operation.stage == Stage::Looking);
    if looking && matches!(kind, Kind::Plan(_)) {
        toast(app, "still looking; Esc leaves");
        return Vec::new();
    }
    if let Err(why) = confirm::meant(app) {
        toast(app, why.words());
        return Vec::new();
    }
    let missing = dialog::to_type(app, window).filter(|name| window.query.text().trim() != name);
    match (act, kind, missing) {
        (Act::Yes, _, Some(name)) => {
            toast(app, format!("type {name} to confirm, or leave with Esc"));
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
        (Act::Offer, Kind::Plan(id), _) => change::offered(app, id),
        _ => {
            close(app);
            Vec::new()
        }
    }
}

fn close(app: &mut App) {
    app.screen.overlays.pop();
    app.screen.typing = None;
    changed_by(app, News::Lists);
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
pub(super) fn quit(app: &mut App) -> Vec<Effect> {
    if app.followed.leaving.is_some() || followed::running(app).next().is_none() {
        // What is written down at the end is not cut short by a key that is held.
        return if app.followed.leaving.is_some() && app.confirm.repeated() { Vec::new() } else { leave(app) };
    }
    if app.screen.overlays.last().is_some_and(|window| window.kind == Kind::Quit) {
        return match confirm::meant(app) {
            Ok(()) => leave(app),
            Err(why) => {
                toast(app, why.words());
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

/// What goes on is not watched any more, and that is written down before the end.
fn leave(app: &mut App) -> Vec<Effect> {
    if app.followed.leaving.is_some() {
        return vec![Effect::Quit];
    }
    app.followed.leaving = Some(app.now);
    let running: Vec<OperationId> = followed::running(app).map(|operation| operation.id).collect();
    let mut effects: Vec<Effect> = running.into_iter().flat_map(|id| app.operations.detach(id, app.now)).collect();
    effects.extend(left(app));
    effects
}

/// The end of the session, once everything is written down.
pub(super) fn left(app: &App) -> Vec<Effect> {
    let waited = app.followed.leaving.map(|since| app.now.duration_since(since));
    let recording = app.operations.list.iter().any(|operation| app.operations.waits_for_audit(operation.id));
    let over = waited.is_some_and(|waited| waited >= LEAVING || !recording);
    if over { vec![Effect::Quit] } else { Vec::new() }
}

/// Another button, unless the screen does not show these yet.
pub(super) fn next_button(app: &mut App, by: isize) {
    if !confirm::seen(app) {
        return;
    }
    let Some(window) = app.screen.overlays.last() else { return };
    let count = dialog::buttons(app, window).len() as isize;
    let button = (window.button as isize + by).rem_euclid(count.max(1)) as usize;
    if let Some(window) = app.screen.overlays.last_mut() {
        window.button = button;
    }
}

/// Whether a window with buttons is on top.
pub(super) fn asks(app: &App) -> bool {
    app.screen.overlays.last().is_some_and(|window| window.kind.is_dialog())
}

/// Whether what is typed goes into a window with buttons that the screen does not show yet.
pub(super) fn unseen(app: &App) -> bool {
    let typed = app.screen.typing.as_ref().is_some_and(|typing| typing.block.is_none());
    typed && asks(app) && !confirm::seen(app)
}

/// Begins to type again where typing goes into the window.
pub(super) fn retype(app: &mut App) {
    if app.screen.typing.is_none() && app.screen.overlays.last().is_some_and(Overlay::types) {
        start_typing(app, None);
    }
}
