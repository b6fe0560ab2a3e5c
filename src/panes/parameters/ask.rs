//! The questions of the Parameters pane, and what the answers change.

use super::rows;
use super::state::{ID, Shown};
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::operation::Target;
use crate::app::ticket::{Owner, Ticket};
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::parameters::{Parameter, belongs};
use crate::model::{Failure, FailureKind};
use jiff::SignedDuration;

/// The interval at which parameters are read while somebody looks.
const EVERY: SignedDuration = SignedDuration::from_mins(1);
/// The interval once nobody looks: the needs-attention list tells of what is missing.
const SELDOM: SignedDuration = SignedDuration::from_mins(10);
/// The interval at which rows and findings are derived anew from parameters and task definitions.
const DERIVED: SignedDuration = SignedDuration::from_secs(5);
/// A value hides again after this.
pub(super) const REVEALED: SignedDuration = SignedDuration::from_secs(30);

/// Questions by their kind.
const LIST: u8 = 0;
const SECRETS: u8 = 1;
const VALUE: u8 = 2;
const VERSIONS: u8 = 3;

fn fetch(app: &mut App, kind: u8, query: Query) -> (u64, Effect) {
    app.panes.parameters.serial += 1;
    let serial = app.panes.parameters.serial;
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, kind), serial };
    (serial, Effect::Fetch { ticket, lane: Priority::Operator, ask: query.into() })
}

/// Names that are asked for: the paths, and what task definitions name elsewhere.
fn asked_names(app: &App) -> Option<Vec<String>> {
    let mut asked = rows::under(app)?;
    for name in app.panes.parameters.named.iter().filter_map(|one| one.from.parameter()) {
        if !belongs(name, &asked) {
            asked.push(name.to_owned());
        }
        // An ARN cannot tell `/KEY` from `KEY`.
        let other = format!("/{name}");
        if !name.contains('/') && !asked.contains(&other) {
            asked.push(other);
        }
    }
    Some(asked)
}

/// The questions that are due now. A value that was shown long enough is hidden here.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let looked_at = app.shown().id == ID;
    hide(app, looked_at);
    let state = &app.panes.parameters;
    let held = app.screen.paused.is_some() && app.estate.parameters.at().is_some();
    let known = app.estate.identity.at().is_some() && app.poller.account_known();
    if held || !known || (state.asked.is_none() && !looked_at) {
        return Vec::new();
    }
    let old = state.derived.is_none_or(|at| app.now.duration_since(at) >= DERIVED);
    if state.stale || old {
        rows::derive(app);
    }
    let ended = ended(app);
    let state = &mut app.panes.parameters;
    let changed = std::mem::replace(&mut state.ended, ended) != ended;
    if state.under_way.is_some() {
        return Vec::new();
    }
    let every = if looked_at { EVERY } else { SELDOM };
    let Some(names) = asked_names(app) else { return Vec::new() };
    let state = &app.panes.parameters;
    let due = state.asked.is_none_or(|asked| app.now.duration_since(asked) >= every);
    let other = looked_at && names != state.under && app.estate.parameters.failure().is_none();
    if names.is_empty() || !(due || changed || other) {
        return Vec::new();
    }
    let (serial, list) = fetch(app, LIST, Query::Parameters { prefixes: names.clone() });
    let (of_secrets, secrets) = fetch(app, SECRETS, Query::Secrets);
    let state = &mut app.panes.parameters;
    (state.asked, state.under_way, state.secrets_under_way) = (Some(app.now), Some(serial), Some(of_secrets));
    state.under = names;
    state.coming.clear();
    state.coming_secrets.clear();
    vec![list, secrets]
}

/// Operations on parameters that have ended.
fn ended(app: &App) -> usize {
    let about = |target: Option<Target>| target.is_some_and(|target| target.kind == "parameter");
    app.operations.list.iter().filter(|one| one.outcome.is_some() && about(one.target())).count()
}

/// A value is shown for half a minute, and only while its pane is.
fn hide(app: &mut App, looked_at: bool) {
    let now = app.now;
    let shown = &mut app.panes.parameters.shown;
    if !looked_at {
        shown.asked_value = None;
    }
    if shown.value.as_ref().is_some_and(|(_, until)| !looked_at || now >= *until) {
        shown.value = None;
        app.lists_changed();
    }
}

/// Asks for the value of a parameter.
pub(super) fn value(app: &mut App, name: &str) -> Vec<Effect> {
    let (serial, effect) = fetch(app, VALUE, Query::ParameterValue { name: name.to_owned() });
    let shown = shown(app, name);
    (shown.asked_value, shown.value_failure) = (Some(serial), None);
    vec![effect]
}

/// Asks for the versions of a parameter.
pub(super) fn versions(app: &mut App, name: &str) -> Vec<Effect> {
    let (serial, effect) = fetch(app, VERSIONS, Query::ParameterHistory { name: name.to_owned() });
    let shown = shown(app, name);
    (shown.asked_versions, shown.versions) = (Some(serial), None);
    vec![effect]
}

fn shown<'a>(app: &'a mut App, name: &str) -> &'a mut Shown {
    let shown = &mut app.panes.parameters.shown;
    if shown.name != name {
        *shown = Shown { name: name.to_owned(), ..Shown::default() };
    }
    shown
}

/// Handles an answer; one that nobody waits for any more is dropped.
pub fn answer(app: &mut App, answer: Answer) {
    let Owner::Pane(_, kind) = answer.ticket.owner else { return };
    let serial = answer.ticket.serial;
    if answer.ticket.generation != app.generation() {
        return;
    }
    let (part, state) = (answer.of().part, &app.panes.parameters);
    match kind {
        LIST if state.under_way == Some(serial) => listed(app, part),
        SECRETS if state.secrets_under_way == Some(serial) => secrets(app, part),
        VALUE if state.shown.asked_value == Some(serial) => of_value(app, part),
        VERSIONS if state.shown.asked_versions == Some(serial) => {
            let shown = &mut app.panes.parameters.shown;
            shown.asked_versions = None;
            shown.versions = Some(match part {
                Part::Last(Fact::ParameterVersions(versions)) | Part::Page(Fact::ParameterVersions(versions)) => {
                    Ok(versions)
                }
                Part::Failed(failure) => Err(failure),
                Part::Last(_) | Part::Page(_) => Err(Failure::other_answer()),
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
        Part::Page(Fact::Parameters(found)) | Part::Last(Fact::Parameters(found)) => state.coming.extend(found),
        Part::Failed(failure) => {
            state.under_way = None;
            // What came before it broke is no list.
            state.coming.clear();
            app.estate.parameters.fail(failure);
        }
        Part::Page(_) | Part::Last(_) => {}
    }
    let state = &mut app.panes.parameters;
    if last && state.under_way.take().is_some() {
        let mut all: Vec<Parameter> = std::mem::take(&mut state.coming);
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all.dedup_by(|a, b| a.name == b.name);
        let under = state.under.clone();
        app.estate.parameters.learn(all, app.now);
        app.estate.parameters_under = under;
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
        Part::Page(Fact::Secrets(found)) => state.coming_secrets.extend(found),
        Part::Last(Fact::Secrets(found)) => {
            state.secrets_under_way = None;
            let mut all = std::mem::take(&mut state.coming_secrets);
            all.extend(found);
            all.sort_by(|a, b| a.name.cmp(&b.name));
            app.estate.secrets.learn(all, app.now);
        }
        Part::Failed(failure) => {
            state.secrets_under_way = None;
            app.estate.secrets.fail(failure);
        }
        Part::Page(_) | Part::Last(_) => {}
    }
    app.panes.parameters.stale = true;
    rows::derive(app);
}

fn of_value(app: &mut App, part: Part) {
    let until = app.now + REVEALED;
    let shown = &mut app.panes.parameters.shown;
    shown.asked_value = None;
    let value = match part {
        Part::Last(Fact::Parameter(held)) | Part::Page(Fact::Parameter(held)) => match held {
            Some(held) => held.value,
            None => Err(Failure::new(FailureKind::NotFound, "it is not there any more")),
        },
        Part::Failed(failure) => Err(failure),
        Part::Last(_) | Part::Page(_) => Err(Failure::other_answer()),
    };
    match value {
        Ok(value) => shown.value = Some((value, until)),
        Err(failure) => shown.value_failure = Some(failure),
    }
}

/// Other credentials are in use: what is under way may be another account's.
pub fn renewed(app: &mut App) {
    let state = &mut app.panes.parameters;
    (state.under_way, state.secrets_under_way, state.asked) =
        (None, None, state.asked.map(|_| jiff::Timestamp::UNIX_EPOCH));
    state.shown = Shown::default();
}
