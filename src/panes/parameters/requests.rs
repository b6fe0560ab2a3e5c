//! Requests of the Parameters pane, and the handling of their answers.

use super::rows;
use super::state::{ID, Shown};
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::operation::Target;
use crate::app::ticket::{Owner, Ticket};
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::parameters::{Parameter, is_under_path};
use crate::model::{Failure, FailureKind};
use jiff::SignedDuration;

/// Poll interval of parameters while the pane is shown.
const EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Poll interval after the pane was left: the needs-attention list still reports missing parameters.
const SELDOM: SignedDuration = SignedDuration::from_mins(10);
/// Interval at which rows and findings are derived again from parameters and task definitions.
const DERIVED: SignedDuration = SignedDuration::from_secs(5);
/// Time after which a shown value is hidden again.
pub(super) const REVEAL_TIME: SignedDuration = SignedDuration::from_secs(30);

/// Kinds of requests.
const LIST: u8 = 0;
const SECRETS: u8 = 1;
const VALUE: u8 = 2;
const VERSIONS: u8 = 3;

fn fetch(app: &mut App, kind: u8, query: Query) -> (u64, Effect) {
    app.panes.parameters.serial += 1;
    let serial = app.panes.parameters.serial;
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, kind), serial };
    (serial, Effect::Fetch { ticket, priority: Priority::Operator, ask: query.into() })
}

/// The names to request: the configured paths, and names that task definitions use outside of these.
fn asked_names(app: &App) -> Option<Vec<String>> {
    let mut names = rows::path_prefixes(app)?;
    for name in app.panes.parameters.references.iter().filter_map(|reference| reference.from.parameter()) {
        if !is_under_path(name, &names) {
            names.push(name.to_owned());
        }
        // An ARN does not distinguish `/KEY` from `KEY`.
        let other = format!("/{name}");
        if !name.contains('/') && !names.contains(&other) {
            names.push(other);
        }
    }
    Some(names)
}

/// Returns the requests that are due. Also hides a value that was shown long enough.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let looked_at = app.shown_pane().id == ID;
    hide(app, looked_at);
    let state = &app.panes.parameters;
    let held = app.screen.paused.is_some() && app.estate.parameters.at().is_some();
    let known = app.estate.identity.at().is_some() && app.poller.account_known();
    if held || !known || (state.requested_at.is_none() && !looked_at) {
        return Vec::new();
    }
    let old = state.derived.is_none_or(|at| app.now.duration_since(at) >= DERIVED);
    if state.stale || old {
        rows::derive(app);
    }
    let ended = ended(app);
    let state = &mut app.panes.parameters;
    let changed = std::mem::replace(&mut state.finished_operations, ended) != ended;
    if state.pending_list.is_some() {
        return Vec::new();
    }
    let every = if looked_at { EVERY } else { SELDOM };
    let Some(names) = asked_names(app) else { return Vec::new() };
    let state = &app.panes.parameters;
    let due = state.requested_at.is_none_or(|asked| app.now.duration_since(asked) >= every);
    let other = looked_at && names != state.path_prefixes && app.estate.parameters.failure().is_none();
    if names.is_empty() || !(due || changed || other) {
        return Vec::new();
    }
    let (serial, list) = fetch(app, LIST, Query::Parameters { prefixes: names.clone() });
    let (of_secrets, secrets) = fetch(app, SECRETS, Query::Secrets);
    let state = &mut app.panes.parameters;
    (state.requested_at, state.pending_list, state.pending_secrets) = (Some(app.now), Some(serial), Some(of_secrets));
    state.path_prefixes = names;
    state.incoming.clear();
    state.incoming_secrets.clear();
    vec![list, secrets]
}

/// Number of finished operations on parameters.
fn ended(app: &App) -> usize {
    let about = |target: Option<Target>| target.is_some_and(|target| target.kind == "parameter");
    app.operations.list.iter().filter(|operation| operation.outcome.is_some() && about(operation.target())).count()
}

/// Hides the value after half a minute, or as soon as the pane is left.
fn hide(app: &mut App, looked_at: bool) {
    let now = app.now;
    let shown = &mut app.panes.parameters.shown;
    if !looked_at {
        shown.pending_value = None;
    }
    if shown.value.as_ref().is_some_and(|(_, until)| !looked_at || now >= *until) {
        shown.value = None;
        app.lists_changed();
    }
}

/// Requests the value of a parameter.
pub(super) fn value(app: &mut App, name: &str) -> Vec<Effect> {
    let (serial, effect) = fetch(app, VALUE, Query::ParameterValue { name: name.to_owned() });
    let shown = shown(app, name);
    (shown.pending_value, shown.value_failure) = (Some(serial), None);
    vec![effect]
}

/// Requests the versions of a parameter.
pub(super) fn versions(app: &mut App, name: &str) -> Vec<Effect> {
    let (serial, effect) = fetch(app, VERSIONS, Query::ParameterHistory { name: name.to_owned() });
    let shown = shown(app, name);
    (shown.pending_versions, shown.versions) = (Some(serial), None);
    vec![effect]
}

fn shown<'a>(app: &'a mut App, name: &str) -> &'a mut Shown {
    let shown = &mut app.panes.parameters.shown;
    if shown.name != name {
        *shown = Shown { name: name.to_owned(), ..Shown::default() };
    }
    shown
}

/// Handles an answer; drops one that is no longer expected.
pub fn answer(app: &mut App, answer: Answer) {
    let Owner::Pane(_, kind) = answer.ticket.owner else { return };
    let serial = answer.ticket.serial;
    if answer.ticket.generation != app.generation() {
        return;
    }
    let (part, state) = (answer.of().part, &app.panes.parameters);
    match kind {
        LIST if state.pending_list == Some(serial) => listed(app, part),
        SECRETS if state.pending_secrets == Some(serial) => secrets(app, part),
        VALUE if state.shown.pending_value == Some(serial) => of_value(app, part),
        VERSIONS if state.shown.pending_versions == Some(serial) => {
            let shown = &mut app.panes.parameters.shown;
            shown.pending_versions = None;
            shown.versions = Some(match part {
                Part::Last(Fact::ParameterVersions(versions)) | Part::Page(Fact::ParameterVersions(versions)) => {
                    Ok(versions)
                }
                Part::Failed(failure) => Err(failure),
                Part::Last(_) | Part::Page(_) => Err(Failure::mismatched_answer()),
            });
        }
        _ => return,
    }
    app.lists_changed();
}

fn listed(app: &mut App, part: Part) {
    let state = &mut app.panes.parameters;
    let last = !matches!(part, Part::Page(_));
    match part {
        Part::Page(Fact::Parameters(found)) | Part::Last(Fact::Parameters(found)) => state.incoming.extend(found),
        Part::Failed(failure) => {
            state.pending_list = None;
            // Pages received before the failure are an incomplete list.
            state.incoming.clear();
            app.estate.parameters.record_failure(failure);
        }
        Part::Page(_) | Part::Last(_) => {}
    }
    let state = &mut app.panes.parameters;
    if last && state.pending_list.take().is_some() {
        let mut parameters: Vec<Parameter> = std::mem::take(&mut state.incoming);
        parameters.sort_by(|a, b| a.name.cmp(&b.name));
        parameters.dedup_by(|a, b| a.name == b.name);
        let under = state.path_prefixes.clone();
        app.estate.parameters.record(parameters, app.now);
        app.estate.parameter_paths = under;
    }
    if last {
        app.panes.parameters.stale = true;
        rows::derive(app);
        app.facts_changed();
    }
}

fn secrets(app: &mut App, part: Part) {
    let state = &mut app.panes.parameters;
    match part {
        Part::Page(Fact::Secrets(found)) => state.incoming_secrets.extend(found),
        Part::Last(Fact::Secrets(found)) => {
            state.pending_secrets = None;
            let mut secrets = std::mem::take(&mut state.incoming_secrets);
            secrets.extend(found);
            secrets.sort_by(|a, b| a.name.cmp(&b.name));
            app.estate.secrets.record(secrets, app.now);
        }
        Part::Failed(failure) => {
            state.pending_secrets = None;
            app.estate.secrets.record_failure(failure);
        }
        Part::Page(_) | Part::Last(_) => {}
    }
    app.panes.parameters.stale = true;
    rows::derive(app);
}

fn of_value(app: &mut App, part: Part) {
    let until = app.now + REVEAL_TIME;
    let shown = &mut app.panes.parameters.shown;
    shown.pending_value = None;
    let value = match part {
        Part::Last(Fact::Parameter(held)) | Part::Page(Fact::Parameter(held)) => match held {
            Some(held) => held.value,
            None => Err(Failure::new(FailureKind::NotFound, "it no longer exists")),
        },
        Part::Failed(failure) => Err(failure),
        Part::Last(_) | Part::Page(_) => Err(Failure::mismatched_answer()),
    };
    match value {
        Ok(value) => shown.value = Some((value, until)),
        Err(failure) => shown.value_failure = Some(failure),
    }
}

/// Drops pending requests after a change of credentials: their answers may belong to another account.
pub fn renewed(app: &mut App) {
    let state = &mut app.panes.parameters;
    (state.pending_list, state.pending_secrets, state.requested_at) =
        (None, None, state.requested_at.map(|_| jiff::Timestamp::UNIX_EPOCH));
    state.shown = Shown::default();
}
