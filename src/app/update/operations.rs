//! Operations on the screen: their windows and view, messages about them, and quitting while they run.

use super::open::reset_view;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::operation::outcome::Verdict;
use crate::app::operation::{Operation, OperationId, Stage};
use crate::app::overlay::Kind;
use crate::app::state::Dirty;
use crate::app::{operation_list, operation_reports};
use crate::model::Source;
use jiff::SignedDuration;

/// How long quitting waits for audit writes in progress.
const LEAVING: SignedDuration = SignedDuration::from_secs(2);

/// Updates the screen after something happened in an operation, and hurries the reads it affects.
pub(crate) fn follow(app: &mut App) -> Vec<Effect> {
    app.changed_by(Dirty::Lists);
    let known: Vec<OperationId> = app.followed.confirmed.iter().copied().collect();
    let mut affects_view = false;
    for id in known {
        let Some(operation) = app.operations.get(id) else { continue };
        let in_open_environment = operation.environment.name == app.environment.name;
        let service = operation.service();
        let begun = operation.began().is_some() && app.followed.begun.insert(id);
        let ended = operation.outcome.is_some() && app.followed.reported.insert(id);
        if in_open_environment && (begun || ended) {
            affects_view = true;
            let keys = service.into_iter().map(|name| (Source::Rollouts, name)).collect::<Vec<_>>();
            app.poller.make_keys_due(&keys, app.now);
        }
        if ended {
            report_end(app, id);
        }
    }
    let mut effects = Vec::new();
    if affects_view {
        // The other panes follow the change.
        app.poller.make_due(&[Source::Services, Source::Tasks, Source::ScalableTargets], app.now);
        effects.extend(app.plan());
    }
    effects.extend(quit_once_recorded(app));
    effects
}

/// Reports the end of an operation: in the activity list, at the bottom, and on the tab line until someone looks.
fn report_end(app: &mut App, id: OperationId) {
    let Some(operation) = app.operations.get(id) else { return };
    let Some(outcome) = &operation.outcome else { return };
    let bad = operation_reports::ended_badly(operation);
    let text = format!(
        "{}: {}: {}",
        operation_list::qualified_title(app, operation),
        outcome.verdict.label(),
        outcome.summary
    );
    let seen = app.screen.operation == Some(id);
    if bad && !seen {
        app.followed.unacknowledged.insert(id);
    }
    if outcome.verdict == Verdict::Cancelled {
        return;
    }
    app.note(bad, text.clone());
    if !seen {
        app.show_message(text);
    }
}

/// Opens an operation's view, with its log scrolled to the end.
pub(crate) fn open(app: &mut App, id: OperationId) {
    if app.operations.get(id).is_none() {
        return;
    }
    let screen = &mut app.screen;
    screen.overlays.clear();
    screen.typing = None;
    screen.zoom = false;
    screen.operation = Some(id);
    reset_view(app);
    app.followed.unacknowledged.remove(&id);
    app.changed_by(Dirty::Lists);
}

/// Cancels plans whose window was closed: nothing was changed.
pub(crate) fn cancel_closed_plans(app: &mut App) -> Vec<Effect> {
    let waiting = |operation: &&Operation| {
        matches!(operation.stage, Stage::Planning | Stage::AwaitingConfirmation) && !operation.is_read_only()
    };
    let open = |id: OperationId| app.screen.overlays.iter().any(|window| window.kind == Kind::Plan(id));
    let left: Vec<OperationId> =
        app.operations.list.iter().filter(waiting).map(|operation| operation.id).filter(|id| !open(*id)).collect();
    left.into_iter().flat_map(|id| app.operations.cancel(id, app.now)).collect()
}

/// Ends the session once everything is recorded.
pub(crate) fn quit_once_recorded(app: &App) -> Vec<Effect> {
    let waited = app.followed.leaving.map(|since| app.now.duration_since(since));
    let recording = app.operations.list.iter().any(|operation| app.operations.waits_for_audit(operation.id));
    let is_over = waited.is_some_and(|waited| waited >= LEAVING || !recording);
    if is_over { vec![Effect::Quit] } else { Vec::new() }
}
