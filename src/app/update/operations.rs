//! Operations on the screen: their windows and their view, what is told of them, how one leaves them.

use super::open::forget;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::outcome::Verdict;
use crate::app::operation::{Operation, OperationId, Stage};
use crate::app::overlay::Kind;
use crate::app::state::Dirty;
use crate::app::{followed, listed};
use crate::model::Source;
use jiff::SignedDuration;

/// Leaving waits this long for what is being written down.
const LEAVING: SignedDuration = SignedDuration::from_secs(2);

/// Something happened in an operation: what follows from it on the screen, and what is read sooner.
pub(crate) fn follow(app: &mut App) -> Vec<Effect> {
    app.changed_by(Dirty::Lists);
    let known: Vec<OperationId> = app.followed.confirmed.iter().copied().collect();
    let mut look = false;
    for id in known {
        let Some(operation) = app.operations.get(id) else { continue };
        let here = operation.environment.name == app.environment.name;
        let service = operation.service();
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
    let text = format!("{}: {}: {}", listed::named(app, operation), outcome.verdict.words(), outcome.summary);
    let seen = app.screen.operation == Some(id);
    if bad && !seen {
        app.followed.unacknowledged.insert(id);
    }
    if outcome.verdict == Verdict::Cancelled {
        return;
    }
    app.note(bad, text.clone());
    if !seen {
        app.say(text);
    }
}

/// Opens an operation's view, its log at the end.
pub(crate) fn open(app: &mut App, id: OperationId) {
    if app.operations.get(id).is_none() {
        return;
    }
    let screen = &mut app.screen;
    screen.overlays.clear();
    screen.typing = None;
    screen.zoom = false;
    screen.operation = Some(id);
    forget(app);
    app.followed.unacknowledged.remove(&id);
    app.changed_by(Dirty::Lists);
}

/// Plans that nobody looks at any more are left: nothing was changed.
pub(crate) fn abandon(app: &mut App) -> Vec<Effect> {
    let waiting =
        |operation: &&Operation| matches!(operation.stage, Stage::Looking | Stage::Asking) && !operation.only_looks();
    let open = |id: OperationId| app.screen.overlays.iter().any(|window| window.kind == Kind::Plan(id));
    let left: Vec<OperationId> =
        app.operations.list.iter().filter(waiting).map(|operation| operation.id).filter(|id| !open(*id)).collect();
    left.into_iter().flat_map(|id| app.operations.cancel(id, app.now)).collect()
}

/// The end of the session, once everything is written down.
pub(crate) fn left(app: &App) -> Vec<Effect> {
    let waited = app.followed.leaving.map(|since| app.now.duration_since(since));
    let recording = app.operations.list.iter().any(|operation| app.operations.waits_for_audit(operation.id));
    let over = waited.is_some_and(|waited| waited >= LEAVING || !recording);
    if over { vec![Effect::Quit] } else { Vec::new() }
}
