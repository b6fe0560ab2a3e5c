//! Starting runs.

use super::requests::{Kind, ask, command, place, wrong_account};
use super::texts::{self, configured};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::refresh::after_move;
use crate::feeds::infra;
use crate::model::infra::run_event::Goal;
use crate::model::text::shell_quote;

/// Starts a run over the marked units, or over all.
pub fn begin(app: &mut App, goal: Goal) -> Vec<Effect> {
    let units: Vec<String> = app.panes.infra.marked_units.iter().cloned().collect();
    start_run(app, goal, units, RunScope::Everything)
}

/// The part of its units that a run covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunScope {
    /// Everything.
    Everything,
    /// Everything, and this resource is replaced.
    Replacement(String),
    /// Only these resources and their dependencies.
    Targets(Vec<String>),
}

/// Why no run can be started now.
pub fn start_obstacle(app: &App) -> Option<String> {
    if !configured(app) {
        return Some("no infrastructure is configured for this environment".to_owned());
    }
    if texts::recorded(app) {
        return Some(texts::ONLY_RECORDED.to_owned());
    }
    if let Some(why) = migration_obstacle(app) {
        return Some(why.to_owned());
    }
    let state = &app.panes.infra;
    if let Some(run) = state.run.as_ref().filter(|run| run.is_running()) {
        return Some(format!("{} is going on: C cancels it", run.name));
    }
    let other = state.runs.iter().find(|run| run.live && state.pinned);
    other.map(|run| format!("{} is going on: a opens it", run.run))
}

/// Why units of this environment must not be touched during a state migration: it tests their code and plans them.
pub fn migration_obstacle(app: &App) -> Option<&'static str> {
    let moves = app.panes.infra.migrating_environments().any(|environment| environment == app.environment.name);
    moves.then_some("states are being moved to S3: nothing else begins until that is over")
}

/// Starts a run over these units, or over all if the list is empty.
pub fn start_run(app: &mut App, goal: Goal, units: Vec<String>, part: RunScope) -> Vec<Effect> {
    if let Some(why) = start_obstacle(app) {
        app.show_message(why);
        return Vec::new();
    }
    let what = if units.is_empty() { "all units".to_owned() } else { units.join(", ") };
    let word = texts::goal_word(Some(goal));
    if let Some(wrong) = wrong_account(app, goal.applies()) {
        app.show_message(wrong);
        return Vec::new();
    }
    app.panes.infra.pending_request = Some(format!("{word}: starting a run over {what} …"));
    // The account is checked only on AWS: an environment without an account need not use AWS, and a simulated one does not.
    let on_aws = app.environment.account.is_some() && !app.session.simulated;
    let identity = app.estate.identity.value().filter(|_| on_aws);
    let account = identity.map(|identity| identity.account.clone());
    let typed = match &part {
        RunScope::Everything => word.to_owned(),
        RunScope::Replacement(address) => format!("replace {}", shell_quote(address)),
        RunScope::Targets(addresses) => format!("{word}{}", flags(addresses)),
    };
    let command = command(app, &typed, &units);
    let (replace, targets) = match part {
        RunScope::Everything => (Vec::new(), Vec::new()),
        RunScope::Replacement(address) => (vec![address], Vec::new()),
        RunScope::Targets(addresses) => (Vec::new(), addresses),
    };
    let question = infra::Ask::Begin { place: place(app), goal, units, replace, targets, account, command };
    let (_, effect) = ask(app, Kind::Begin, question);
    let mut effects = vec![effect];
    effects.extend(after_move(app));
    effects
}

/// The command-line flags that limit a plan to these resources.
pub fn flags(resources: &[String]) -> String {
    resources.iter().flat_map(|address| [" --target ".to_owned(), shell_quote(address)]).collect()
}
