//! Rows of the Infra pane, their subjects, and the freshness of their data.

use super::state::State;
use super::texts::configured;
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

/// Unit names, each with the text that a filter searches.
pub fn unit_lines(app: &App) -> Vec<(String, String)> {
    let state = &app.panes.infra;
    let graph = state.graph();
    let units = graph.waves().into_iter().flatten();
    let line = |unit: &Unit| {
        let words = super::texts::unit(state, &graph, &unit.name, app.now);
        (unit.name.clone(), format!("{} {}", unit.name, words.words))
    };
    units.map(line).collect()
}

/// The resources of the opened unit: changed ones first, then others that the run reported on.
pub fn resource_lines(app: &App) -> Vec<(String, String)> {
    let state = &app.panes.infra;
    let Some(unit) = &state.opened_unit else { return Vec::new() };
    let run = state.state().and_then(|run| run.units.get(unit));
    let changes = state.plan_of(unit).map(|plan| plan.changes.as_slice()).unwrap_or_default();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut addresses: Vec<&str> = Vec::new();
    addresses.extend(changes.iter().map(|change| change.address.as_str()).filter(|address| seen.insert(address)));
    let reported = run.into_iter().flat_map(|unit| unit.resources.keys());
    addresses.extend(reported.map(String::as_str).filter(|address| seen.insert(address)));
    let runs = super::drift::found_differences(state).iter().filter(|(one, _)| one.unit == *unit);
    addresses.extend(runs.map(|(difference, _)| difference.address.as_str()).filter(|address| seen.insert(address)));
    let line = |address: &str| {
        let words = run.and_then(|unit| unit.resources.get(address));
        let words = words.map(|resource| super::texts::resource(resource, app.now).1).unwrap_or_default();
        (address.to_owned(), format!("{address} {words}"))
    };
    addresses.into_iter().map(line).collect()
}

/// The boxes of the resources' graph.
pub fn group_lines(app: &App) -> Vec<(String, String)> {
    let drawn = &app.panes.infra.drawing;
    drawn.picture.nodes.iter().map(|node| (node.id.clone(), format!("{} {}", node.label, node.note))).collect()
}

/// The lines of the shown plan.
pub fn plan_lines(app: &App) -> Vec<(String, String)> {
    let lines = app.panes.infra.shown_plan.lines.iter().enumerate();
    lines.map(|(number, line)| (number.to_string(), format!("{} {}", line.sign, line.text))).collect()
}

/// The log of the selected or opened unit.
pub fn log_lines(app: &App) -> Vec<(String, String)> {
    let state = &app.panes.infra;
    let lines = shown_log(state).enumerate();
    lines.map(|(number, line)| (number.to_string(), line.text.clone())).collect()
}

/// The shown lines of the log.
pub fn shown_log(state: &State) -> impl Iterator<Item = &super::state::Logged> {
    let unit = state.opened_unit.as_ref().or(state.selected_unit.as_ref());
    let reported = unit.filter(|_| !state.raw_output.shown).and_then(|unit| state.logs.get(unit));
    let written = unit.filter(|unit| state.raw_output.shown && **unit == state.raw_output.unit);
    let written = written.map(|_| &state.raw_output.lines);
    reported.into_iter().flatten().chain(written.into_iter().flatten())
}

/// The subject of a row: a unit, a resource, or a group of resources.
pub fn subject(_: &App, key: Option<&str>) -> Option<Subject> {
    key.map(|key| Subject::Text(key.to_owned()))
}

/// The text of a line of the plan.
pub fn plan_line(app: &App, key: Option<&str>) -> Option<Subject> {
    let line = app.panes.infra.shown_plan.lines.get(key?.parse::<usize>().ok()?)?;
    Some(Subject::Text(line.text.clone()))
}

/// The text of a line of the log.
pub fn log_line(app: &App, key: Option<&str>) -> Option<Subject> {
    let number: usize = key?.parse().ok()?;
    shown_log(&app.panes.infra).nth(number).map(|line| Subject::Text(line.text.clone()))
}

/// Status of the units: why there are none, or what is wrong.
pub fn units_status(app: &App) -> DataStatus {
    let state = &app.panes.infra;
    let mut status = DataStatus { loading: state.search_serial.is_some(), ..DataStatus::default() };
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
    // The shown units come from the last successful search.
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
    let mut message = vec![(Health::Down, first)];
    message.extend(lines.map(|line| (Health::Stopped, line.to_owned())));
    message.push((Health::Stopped, "r looks again".to_owned()));
    message
}

/// Status of the resources of a unit.
pub fn resources_status(app: &App) -> DataStatus {
    let state = &app.panes.infra;
    let unit = state.opened_unit.as_deref().unwrap_or_default();
    let planned = state.state().and_then(|run| run.units.get(unit)).is_some_and(|unit| unit.plan.is_some());
    let empty = match (planned, state.plan_of(unit)) {
        (true, None) => unread(state, unit),
        (true, Some(_)) => note("nothing is changed"),
        (false, _) => note("no plan yet: P plans"),
    };
    DataStatus { empty, ..DataStatus::default() }
}

/// Status of the shown plan.
pub fn plan_status(app: &App) -> DataStatus {
    let state = &app.panes.infra;
    let Some(unit) = state.opened_unit.as_ref().or(state.selected_unit.as_ref()) else {
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

/// Status of the graphs.
pub fn graph_status(app: &App) -> DataStatus {
    let state = &app.panes.infra;
    if state.opened_unit.is_some() { resources_status(app) } else { units_status(app) }
}

/// Status of the log.
pub fn log_status(_: &App) -> DataStatus {
    DataStatus { empty: note("no messages yet"), ..DataStatus::default() }
}
