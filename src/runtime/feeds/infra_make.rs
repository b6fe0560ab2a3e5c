//! Changes units, their states or their code without a run: initialised, in their usual form, with imports, and a state pushed that
//! could not be written.

use super::infra_look::{found, opened};
use super::means::FeedContext;
use super::runs::kept as runs_of;
use super::trouble::{failed, of_trouble};
use crate::feeds::infra::{Fact, KeptState, Make};
use crate::feeds::runs::Place;
use crate::infra::kept::Kept;
use crate::infra::run::{left, moving, world};
use crate::infra::{Access, Discovered, format, imports};
use crate::model::Failure;
use crate::model::audit::Record;
use crate::model::infra::world::HINT;
use crate::model::infra::{Trouble, Unit, import};
use crate::model::text::quoted;
use crate::runtime::audit;
use jiff::Timestamp;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

/// States of these units that could not be written.
pub(super) async fn kept(means: &FeedContext, units: &[String]) -> Result<Fact, Failure> {
    let found = found(means, units, false).await?;
    let (mut all, mut said) = (Vec::new(), Vec::new());
    for unit in found.graph.units() {
        for file in left::errored(unit) {
            match Kept::read(&Access::new(&found, unit), &file).await {
                Ok(kept) => all.push(shown(&unit.name, &kept)),
                Err(trouble) => said.push(format!("{}: {}", unit.name, of_trouble(&trouble).message)),
            }
        }
    }
    Ok(Fact::Kept(all, said))
}

fn shown(unit: &str, kept: &Kept) -> KeptState {
    KeptState {
        unit: unit.to_owned(),
        file: kept.file.clone(),
        lines: kept.lines(),
        resources: kept.mark.resources(),
        refused: kept.refused(),
    }
}

/// Pushes one of them, where it and the state are still as they were shown.
pub(super) async fn push(means: &FeedContext, place: &Place, wanted: KeptState) -> Result<Fact, Failure> {
    let name = opened(means)?.name.clone();
    let units = [wanted.unit.clone()];
    let found = found(means, &units, false).await?;
    let unit = found.graph.unit(&wanted.unit).ok_or_else(|| failed(format!("there is no unit {}", wanted.unit)))?;
    may(means, &runs_of(place)?, &found, unit)?;
    let access = Access::new(&found, unit);
    let kept = Kept::read(&access, &wanted.file).await.map_err(|trouble| of_trouble(&trouble))?;
    if shown(&unit.name, &kept) != wanted {
        return Err(failed(format!("nothing of {} is changed: its state is not as it was shown any more", unit.name)));
    }
    let pushed = kept.push(&access).await;
    let typed = format!("cockpit infra state push {name} --unit {}", quoted(&unit.name));
    let after = serde_json::json!({ "unit": unit.name, "state": kept.mark.words() });
    let why = pushed.as_ref().err().map(|trouble| trouble.message.clone());
    let written = record(means, place, &found, &typed, after, why);
    let mut lines = vec![format!("{}: the state is pushed; P says what is left to do", unit.name)];
    lines.extend(pushed.map_err(|trouble| of_trouble(&trouble))?);
    lines.extend(written.err().map(|error| format!("the audit file does not have it: {error}")));
    Ok(Fact::Pushed(wanted.unit, lines))
}

/// Checks a change of a state without a run as a run is checked: against the AWS that the state is of.
fn may(means: &FeedContext, runs: &Path, found: &Discovered, unit: &Unit) -> Result<(), Failure> {
    let environment = opened(means)?;
    if let Some(unit) = moving::between([unit]) {
        let (why, hint) = moving::words(unit, &environment.name);
        return Err(failed(format!("{why}\n→ {hint}")));
    }
    let declared = environment.endpoint_url.is_some() && !environment.endpoint_typed;
    let other = world::other_without_run(runs, &world::of(&found.surroundings), declared, unit);
    other.map_or(Ok(()), |why| Err(failed(format!("{why}\n→ {HINT}"))))
}

/// A line of the audit file; `why` it failed, where it did.
pub(super) fn record(
    means: &FeedContext,
    place: &Place,
    found: &Discovered,
    typed: &str,
    after: serde_json::Value,
    why: Option<String>,
) -> io::Result<()> {
    let Some(environment) = means.environment.as_deref() else { return Ok(()) };
    let record = Record {
        command: environment.named().command(typed),
        endpoint: world::of(&found.surroundings).endpoints().key(),
        environment: environment.name.clone(),
        after,
        outcome: if why.is_none() { "done" } else { "failed" }.into(),
        reason: why.unwrap_or_default(),
        ..Record::default()
    };
    let path = if place.simulated { audit::simulated() } else { audit::path(place.audit_file.as_deref()) };
    audit::append(path.as_deref(), record, Timestamp::now())
}

/// Does something to units or to their code.
pub(super) async fn made(means: &FeedContext, make: Make, units: &[String]) -> Result<Fact, Failure> {
    let found = found(means, units, make == Make::Ready).await?;
    let lines = match &make {
        Make::Ready => ready(&found).await,
        Make::Form => form(&found).await?,
        Make::Import { address, id } => imported(&found, address, id)?,
    };
    Ok(Fact::Made(make, lines))
}

/// Makes the workspaces of these units that are not there yet, and initialises them, one after the other.
pub(super) async fn workspaces(means: &FeedContext, place: &Place, units: &[String]) -> Result<Fact, Failure> {
    let name = opened(means)?.name.clone();
    let found = found(means, units, true).await?;
    let mut lines = Vec::new();
    for unit in found.graph.units() {
        let unwritten = OnceLock::new();
        let tell = |workspace: &str, why: Option<&Trouble>| {
            let typed = format!("cockpit infra init {name} --unit {} --new-workspace", quoted(&unit.name));
            let after = serde_json::json!({ "unit": unit.name, "workspace": workspace });
            let written = record(means, place, &found, &typed, after, why.map(|trouble| trouble.message.clone()));
            if let Err(error) = written {
                let _ = unwritten.set(format!("{}: the audit file does not have it: {error}", unit.name));
            }
        };
        match Access::new(&found, unit).init_with_workspace(&tell).await {
            Ok(Some(made)) => lines.push(format!("workspace {made} of {} is made", unit.name)),
            Ok(None) => lines.push(format!("{} is ready", unit.name)),
            Err(trouble) => lines.extend(complaint(&trouble)),
        }
        lines.extend(unwritten.into_inner());
    }
    Ok(Fact::Made(Make::Ready, lines))
}

/// Trouble of a unit among lines of others.
fn complaint(trouble: &Trouble) -> Vec<String> {
    of_trouble(trouble).message.lines().map(|line| format!("✖ {line}")).collect()
}

/// Initialises units one after the other: they share a cache of providers.
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

async fn form(found: &Discovered) -> Result<Vec<String>, Failure> {
    let changed = format::all(found, false).await.map_err(|trouble| of_trouble(&trouble))?;
    if changed.is_empty() {
        return Ok(vec!["everything is in its usual form".to_owned()]);
    }
    let lines = changed.iter().map(|file| format!("written in its usual form: {}", file.display()));
    Ok(lines.collect())
}

fn imported(found: &Discovered, address: &str, id: &str) -> Result<Vec<String>, Failure> {
    let [unit] = found.graph.units() else { return Err(failed("it is imported into one unit".to_owned())) };
    match imports::add(unit, address, id).map_err(|trouble| of_trouble(&trouble))? {
        Some(file) => Ok(vec![
            format!("{} imports {address} as {id}", file.display()),
            format!("the next plan of {} shows what it would do; an apply does it", unit.name),
        ]),
        None => Err(failed(format!("{} has an import of {address} already", unit.dir.join(import::FILE).display()))),
    }
}
