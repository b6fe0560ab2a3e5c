//! The rows of the Infra pane, what they stand for, and how fresh their data is.

use super::state::State;
use super::tell::configured;
use crate::app::App;
use crate::app::data_status::{note, severity};
use crate::app::pane::DataStatus;
use crate::app::subject::Subject;
use crate::model::infra::Unit;
use crate::model::{Failure, Health};
use std::collections::BTreeSet;

/// The units in the order in which they are applied.
pub fn units(state: &State) -> Vec<Unit> {
    state.graph().waves().into_iter().flatten().cloned().collect()
}

/// The units by name, each with the text that a filter looks into.
pub fn unit_lines(app: &App) -> Vec<(String, String)> {
    let state = &app.panes.infra;
    let graph = state.graph();
    let units = graph.waves().into_iter().flatten();
    let line = |unit: &Unit| {
        let words = super::tell::unit(state, &graph, &unit.name, app.now);
        (unit.name.clone(), format!("{} {}", unit.name, words.words))
    };
    units.map(line).collect()
}

/// The resources of the opened unit: those that are changed, then others of which something was said.
pub fn resource_lines(app: &App) -> Vec<(String, String)> {
    let state = &app.panes.infra;
    let Some(unit) = &state.open else { return Vec::new() };
    let run = state.state().and_then(|run| run.units.get(unit));
    let changes = state.plan_of(unit).map(|plan| plan.changes.as_slice()).unwrap_or_default();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut addresses: Vec<&str> = Vec::new();
    addresses.extend(changes.iter().map(|change| change.address.as_str()).filter(|address| seen.insert(address)));
    let said = run.into_iter().flat_map(|unit| unit.resources.keys());
    addresses.extend(said.map(String::as_str).filter(|address| seen.insert(address)));
    let runs = super::drift::found(state).iter().filter(|(one, _)| one.unit == *unit);
    addresses.extend(runs.map(|(one, _)| one.address.as_str()).filter(|address| seen.insert(address)));
    let line = |address: &str| {
        let words = run.and_then(|unit| unit.resources.get(address));
        let words = words.map(|resource| super::tell::resource(resource, app.now).1).unwrap_or_default();
        (address.to_owned(), format!("{address} {words}"))
    };
    addresses.into_iter().map(line).collect()
}

/// The boxes of the resources' graph.
pub fn group_lines(app: &App) -> Vec<(String, String)> {
    let drawn = &app.panes.infra.drawn;
    drawn.picture.nodes.iter().map(|node| (node.id.clone(), format!("{} {}", node.label, node.note))).collect()
}

/// The lines of the plan that is shown.
pub fn plan_lines(app: &App) -> Vec<(String, String)> {
    let lines = app.panes.infra.shown.lines.iter().enumerate();
    lines.map(|(number, line)| (number.to_string(), format!("{} {}", line.sign, line.text))).collect()
}

/// The log of the unit that is selected or opened.
pub fn log_lines(app: &App) -> Vec<(String, String)> {
    let state = &app.panes.infra;
    let lines = of_log(state).enumerate();
    lines.map(|(number, line)| (number.to_string(), line.text.clone())).collect()
}

/// The lines of the log that is shown.
pub fn of_log(state: &State) -> impl Iterator<Item = &super::state::Logged> {
    let unit = state.open.as_ref().or(state.unit.as_ref());
    let said = unit.filter(|_| !state.written.shown).and_then(|unit| state.logs.get(unit));
    let written = unit.filter(|unit| state.written.shown && **unit == state.written.unit);
    let written = written.map(|_| &state.written.lines);
    said.into_iter().flatten().chain(written.into_iter().flatten())
}

/// A unit, a resource, or a group of them.
pub fn named(_: &App, key: Option<&str>) -> Option<Subject> {
    key.map(|key| Subject::Text(key.to_owned()))
}

/// The text of the plan's line in this row.
pub fn plan_line(app: &App, key: Option<&str>) -> Option<Subject> {
    let line = app.panes.infra.shown.lines.get(key?.parse::<usize>().ok()?)?;
    Some(Subject::Text(line.text.clone()))
}

/// The text of the log's line in this row.
pub fn log_line(app: &App, key: Option<&str>) -> Option<Subject> {
    let number: usize = key?.parse().ok()?;
    of_log(&app.panes.infra).nth(number).map(|line| Subject::Text(line.text.clone()))
}

/// How the units stand: why there are none, what is wrong.
pub fn units_status(app: &App) -> DataStatus {
    let state = &app.panes.infra;
    let mut status = DataStatus { loading: state.looking.is_some(), ..DataStatus::default() };
    status.empty = if !configured(app) {
        unconfigured(app)
    } else if let Some(failure) = &state.failure {
        failed(failure)
    } else if state.units.is_none() {
        note("looking for units …")
    } else {
        note("no units")
    };
    let failure = state.failure.as_ref().or(state.runs_failure.as_ref());
    status.trouble = failure.map(|failure| (severity(failure), failure.message.clone()));
    if status.trouble.is_none() {
        let warnings = state.units.iter().flat_map(|units| &units.warnings);
        status.trouble = warnings.into_iter().next().map(|warning| (Health::Degraded, warning.clone()));
    }
    // The units that stand there are of the last good look.
    status.dimmed = state.failure.is_some() && state.units.is_some();
    status
}

fn unconfigured(app: &App) -> Vec<(Health, String)> {
    let name = &app.environment.name;
    [
        format!("no infrastructure is configured for {name}"),
        "write into the configuration:".to_owned(),
        format!("[environments.{name}.infra]"),
        "kind = \"terragrunt\"".to_owned(),
        "dir = \"infra/terraform/envs/staging\"".to_owned(),
        "or kind = \"terraform\" with units: docs/infra.md".to_owned(),
    ]
    .into_iter()
    .map(|text| (Health::Stopped, text))
    .collect()
}

fn failed(failure: &Failure) -> Vec<(Health, String)> {
    let mut lines = failure.message.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    let mut said = vec![(Health::Down, first)];
    said.extend(lines.map(|line| (Health::Stopped, line.to_owned())));
    said.push((Health::Stopped, "r looks again".to_owned()));
    said
}

/// How the resources of a unit stand.
pub fn resources_status(app: &App) -> DataStatus {
    let state = &app.panes.infra;
    let unit = state.open.as_deref().unwrap_or_default();
    let planned = state.state().and_then(|run| run.units.get(unit)).is_some_and(|unit| unit.plan.is_some());
    let empty = match (planned, state.plan_of(unit)) {
        (true, None) => unread(state, unit),
        (true, Some(_)) => note("nothing is changed"),
        (false, _) => note("no plan yet: P plans"),
    };
    DataStatus { empty, ..DataStatus::default() }
}

/// How the plan that is shown stands.
pub fn plan_status(app: &App) -> DataStatus {
    let state = &app.panes.infra;
    let Some(unit) = state.open.as_ref().or(state.unit.as_ref()) else {
        return DataStatus { empty: note("no unit is selected"), ..DataStatus::default() };
    };
    let bound = state.state().and_then(|run| run.units.get(unit)).and_then(|unit| unit.plan.as_ref());
    let empty = match (bound, state.plan_of(unit)) {
        (None, _) => note("no plan yet: P plans"),
        (Some(_), None) => unread(state, unit),
        (Some(plan), Some(_)) if plan.empty => note("nothing is to be done"),
        (Some(_), Some(_)) => note("nothing is selected"),
    };
    let mut status = DataStatus { empty, ..DataStatus::default() };
    if bound.is_some_and(|plan| plan.on_mocks) {
        let text = "planned on made-up values of dependencies: it can be read and not applied".to_owned();
        status.trouble = Some((Health::Degraded, text));
    }
    status
}

fn unread(state: &State, unit: &str) -> Vec<(Health, String)> {
    match state.plans.get(unit) {
        Some((_, None)) => vec![(Health::Down, "the plan cannot be read: see the activity (Ctrl-a)".to_owned())],
        _ => note("reading the plan …"),
    }
}

/// How the graphs stand.
pub fn graph_status(app: &App) -> DataStatus {
    let state = &app.panes.infra;
    if state.open.is_some() { resources_status(app) } else { units_status(app) }
}

/// Whether the log is fresh.
pub fn log_status(_: &App) -> DataStatus {
    DataStatus { empty: note("nothing was said yet"), ..DataStatus::default() }
}
