//! Changes units, their states or their code without a run: initialises and formats them, adds imports, and pushes states that
//! Terraform could not write.

use super::context::FeedContext;
use super::errors::{failure_from, of_trouble};
use super::infra_inspect::{find_selected, opened_environment};
use super::runs::runs_folder;
use crate::feeds::infra::{Fact, UnitChange, UnpushedState};
use crate::feeds::runs::Place;
use crate::infra::run::{move_journal, state_endpoints, unwritten_states};
use crate::infra::unwritten_state::StoredState;
use crate::infra::{Access, Discovered, format, imports};
use crate::model::Failure;
use crate::model::audit::Record;
use crate::model::infra::state_endpoint::HINT;
use crate::model::infra::{InfraError, Unit, import};
use crate::model::text::shell_quote;
use crate::runtime::audit;
use jiff::Timestamp;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

/// Returns the states of these units that Terraform could not write.
pub(super) async fn unwritten_states(context: &FeedContext, units: &[String]) -> Result<Fact, Failure> {
    let found = find_selected(context, units, false).await?;
    let (mut all, mut failures) = (Vec::new(), Vec::new());
    for unit in found.graph.units() {
        for file in unwritten_states::errored_states(unit) {
            match StoredState::read(&Access::new(&found, unit), &file).await {
                Ok(kept) => all.push(kept_state(&unit.name, &kept)),
                Err(trouble) => failures.push(format!("{}: {}", unit.name, of_trouble(&trouble).message)),
            }
        }
    }
    Ok(Fact::UnpushedStates(all, failures))
}

fn kept_state(unit: &str, kept: &StoredState) -> UnpushedState {
    UnpushedState {
        unit: unit.to_owned(),
        file: kept.file.clone(),
        lines: kept.describe(),
        resources: kept.mark.resources(),
        refused: kept.refusal(),
    }
}

/// Pushes one of them, if it and the remote state are unchanged since they were shown.
pub(super) async fn push(context: &FeedContext, place: &Place, wanted: UnpushedState) -> Result<Fact, Failure> {
    let name = opened_environment(context)?.name.clone();
    let units = [wanted.unit.clone()];
    let found = find_selected(context, &units, false).await?;
    let unit =
        found.graph.unit(&wanted.unit).ok_or_else(|| failure_from(format!("there is no unit {}", wanted.unit)))?;
    check_world(context, &runs_folder(place)?, &found, unit)?;
    let access = Access::new(&found, unit);
    let kept = StoredState::read(&access, &wanted.file).await.map_err(|trouble| of_trouble(&trouble))?;
    if kept_state(&unit.name, &kept) != wanted {
        return Err(failure_from(format!(
            "nothing of {} is changed: its state is not as it was shown any more",
            unit.name
        )));
    }
    let pushed = kept.push(&access).await;
    let command_line = format!("cockpit infra state push {name} --unit {}", shell_quote(&unit.name));
    let after = serde_json::json!({ "unit": unit.name, "state": kept.mark.describe() });
    let why = pushed.as_ref().err().map(|trouble| trouble.message.clone());
    let written = record(context, place, &found, &command_line, after, why);
    let mut lines = vec![format!("{}: the state is pushed; P shows what is left to do", unit.name)];
    lines.extend(pushed.map_err(|trouble| of_trouble(&trouble))?);
    lines.extend(written.err().map(|error| format!("the audit file does not have it: {error}")));
    Ok(Fact::Pushed(wanted.unit, lines))
}

/// Checks a change of a state outside a run as a run is checked: it must go to the AWS that the state belongs to.
fn check_world(context: &FeedContext, runs: &Path, found: &Discovered, unit: &Unit) -> Result<(), Failure> {
    let environment = opened_environment(context)?;
    if let Some(unit) = move_journal::interrupted_unit([unit]) {
        let (why, hint) = move_journal::words(unit, &environment.name);
        return Err(failure_from(format!("{why}\n→ {hint}")));
    }
    let declared = environment.endpoint_url.is_some() && !environment.endpoint_typed;
    let other = state_endpoints::other_world_without_run(
        runs,
        &state_endpoints::from_environment(&found.child_environment),
        declared,
        unit,
    );
    other.map_or(Ok(()), |why| Err(failure_from(format!("{why}\n→ {HINT}"))))
}

/// Appends a record to the audit file; `why` is the reason of a failure.
pub(super) fn record(
    context: &FeedContext,
    place: &Place,
    found: &Discovered,
    command_line: &str,
    after: serde_json::Value,
    why: Option<String>,
) -> io::Result<()> {
    let Some(environment) = context.environment.as_deref() else { return Ok(()) };
    let record = Record {
        command: environment.command_scope().command(command_line),
        endpoint: state_endpoints::from_environment(&found.child_environment).endpoints().key(),
        environment: environment.name.clone(),
        after,
        outcome: if why.is_none() { "done" } else { "failed" }.into(),
        reason: why.unwrap_or_default(),
        ..Record::default()
    };
    let path = if place.simulated { audit::simulated_path() } else { audit::path(place.audit_file.as_deref()) };
    audit::append(path.as_deref(), record, Timestamp::now())
}

/// Changes units or their code.
pub(super) async fn apply_change(context: &FeedContext, make: UnitChange, units: &[String]) -> Result<Fact, Failure> {
    let found = find_selected(context, units, make == UnitChange::Init).await?;
    let lines = match &make {
        UnitChange::Init => ready(&found).await,
        UnitChange::Format => format_code(&found).await?,
        UnitChange::Import { address, id } => imported(&found, address, id)?,
    };
    Ok(Fact::Changed(make, lines))
}

/// Creates the missing workspaces of these units and initialises them, one after the other.
pub(super) async fn workspaces(context: &FeedContext, place: &Place, units: &[String]) -> Result<Fact, Failure> {
    let name = opened_environment(context)?.name.clone();
    let found = find_selected(context, units, true).await?;
    let mut lines = Vec::new();
    for unit in found.graph.units() {
        let unrecorded = OnceLock::new();
        let on_created = |workspace: &str, why: Option<&InfraError>| {
            let command_line = format!("cockpit infra init {name} --unit {} --new-workspace", shell_quote(&unit.name));
            let after = serde_json::json!({ "unit": unit.name, "workspace": workspace });
            let written =
                record(context, place, &found, &command_line, after, why.map(|trouble| trouble.message.clone()));
            if let Err(error) = written {
                let _ = unrecorded.set(format!("{}: the audit file does not have it: {error}", unit.name));
            }
        };
        match Access::new(&found, unit).init_with_workspace(&on_created).await {
            Ok(Some(made)) => lines.push(format!("workspace {made} of {} is made", unit.name)),
            Ok(None) => lines.push(format!("{} is ready", unit.name)),
            Err(trouble) => lines.extend(complaint(&trouble)),
        }
        lines.extend(unrecorded.into_inner());
    }
    Ok(Fact::Changed(UnitChange::Init, lines))
}

/// Formats a failure of one unit for a place among the lines of others.
fn complaint(trouble: &InfraError) -> Vec<String> {
    of_trouble(trouble).message.lines().map(|line| format!("✖ {line}")).collect()
}

/// Initialises units one after the other, because they share a provider cache.
async fn ready(found: &Discovered) -> Vec<String> {
    let mut lines = Vec::new();
    for unit in found.graph.units() {
        match Access::new(found, unit).init().await {
            Ok(_) => lines.push(format!("{} is ready", unit.name)),
            Err(trouble) => lines.extend(complaint(&trouble)),
        }
    }
    lines
}

async fn format_code(found: &Discovered) -> Result<Vec<String>, Failure> {
    let changed = format::format_units(found, false).await.map_err(|trouble| of_trouble(&trouble))?;
    if changed.is_empty() {
        return Ok(vec!["everything is in its usual form".to_owned()]);
    }
    let lines = changed.iter().map(|file| format!("written in its usual form: {}", file.display()));
    Ok(lines.collect())
}

fn imported(found: &Discovered, address: &str, id: &str) -> Result<Vec<String>, Failure> {
    let [unit] = found.graph.units() else { return Err(failure_from("it is imported into one unit".to_owned())) };
    match imports::add(unit, address, id).map_err(|trouble| of_trouble(&trouble))? {
        Some(file) => Ok(vec![
            format!("{} imports {address} as {id}", file.display()),
            format!("the next plan of {} shows what it would do; an apply does it", unit.name),
        ]),
        None => {
            Err(failure_from(format!("{} has an import of {address} already", unit.dir.join(import::FILE).display())))
        }
    }
}
