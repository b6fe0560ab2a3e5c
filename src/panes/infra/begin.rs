//! A run is begun.

use super::ask::{Kind, ask, command, place, wrong_account};
use super::tell::{self, configured};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::update::settle::done;
use crate::feeds::infra;
use crate::model::infra::run_event::Goal;
use crate::model::text::quoted;

/// Begins a run: of the marked units, or of all.
pub fn begin(app: &mut App, goal: Goal) -> Vec<Effect> {
    let units: Vec<String> = app.panes.infra.marked.iter().cloned().collect();
    over(app, goal, units, Part::Whole)
}

/// How much of its units a run is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// All of them.
    Whole,
    /// All of them, and this resource is made again.
    Again(String),
    /// These resources alone, with what they need.
    Only(Vec<String>),
}

/// Why none can be begun now.
pub fn why_not(app: &App) -> Option<String> {
    if !configured(app) {
        return Some("no infrastructure is configured for this environment".to_owned());
    }
    if tell::recorded(app) {
        return Some(tell::ONLY_RECORDED.to_owned());
    }
    if let Some(why) = moving(app) {
        return Some(why.to_owned());
    }
    let state = &app.panes.infra;
    if let Some(run) = state.run.as_ref().filter(|run| run.goes_on()) {
        return Some(format!("{} is going on: C cancels it", run.name));
    }
    let other = state.runs.iter().find(|run| run.live && state.pinned);
    other.map(|run| format!("{} is going on: a opens it", run.run))
}

/// Why nothing is done to units of this environment while states are between two places: a move tries their code and plans them.
pub fn moving(app: &App) -> Option<&'static str> {
    let moves = app.panes.infra.moving().any(|environment| environment == app.environment.name);
    moves.then_some("states are being moved to S3: nothing else begins until that is over")
}

/// Begins a run over these units, or over all.
pub fn over(app: &mut App, goal: Goal, units: Vec<String>, part: Part) -> Vec<Effect> {
    if let Some(why) = why_not(app) {
        app.say(why);
        return Vec::new();
    }
    let what = if units.is_empty() { "all units".to_owned() } else { units.join(", ") };
    let word = tell::goal_word(Some(goal));
    if let Some(wrong) = wrong_account(app, goal.applies()) {
        app.say(wrong);
        return Vec::new();
    }
    app.panes.infra.waiting = Some(format!("{word}: starting a run over {what} …"));
    // An environment that names no account need not be on AWS, and a simulated one is not.
    let on_aws = app.environment.account.is_some() && !app.session.simulated;
    let identity = app.estate.identity.value().filter(|_| on_aws);
    let account = identity.map(|identity| identity.account.clone());
    let typed = match &part {
        Part::Whole => word.to_owned(),
        Part::Again(address) => format!("replace {}", quoted(address)),
        Part::Only(addresses) => format!("{word}{}", flags(addresses)),
    };
    let command = command(app, &typed, &units);
    let (replace, targets) = match part {
        Part::Whole => (Vec::new(), Vec::new()),
        Part::Again(address) => (vec![address], Vec::new()),
        Part::Only(addresses) => (Vec::new(), addresses),
    };
    let question = infra::Ask::Begin { place: place(app), goal, units, replace, targets, account, command };
    let (_, effect) = ask(app, Kind::Begin, question);
    let mut effects = vec![effect];
    effects.extend(done(app));
    effects
}

/// Resources that alone are planned, as they are typed.
pub fn flags(resources: &[String]) -> String {
    resources.iter().flat_map(|address| [" --target ".to_owned(), quoted(address)]).collect()
}
