//! Finds units, begins runs over them, and reads plans.

use super::means::Means;
use crate::feeds::infra::{Ask, Fact, Units};
use crate::feeds::part::Part;
use crate::feeds::runs::Place;
use crate::infra::run::{ordered, start};
use crate::infra::{Discovered, discover};
use crate::model::infra::Trouble;
use crate::model::infra::plan::Plan;
use crate::model::infra::run_event::Goal;
use crate::model::{Failure, FailureKind};
use crate::runtime::audit;
use jiff::Timestamp;
use std::path::Path;

/// Does what is asked.
pub(super) async fn answer(means: &Means, ask: Ask) {
    let done = match ask {
        Ask::Discover => found(means).await.map(|found| Fact::Units(units(found))),
        Ask::Begin { place, goal, units: chosen, account, command } => {
            begin(means, &place, goal, &chosen, account, command).await
        }
        Ask::Plan { unit, sha256, path } => {
            let read = tokio::task::spawn_blocking(move || plan(&path)).await;
            let plan = read.unwrap_or_else(|_| Err(failed("the plan cannot be read: an internal fault".to_owned())));
            plan.map(|plan| Fact::Plan { unit, sha256, plan: Box::new(plan) })
        }
    };
    let part = match done {
        Ok(fact) => Part::Last(fact),
        Err(failure) => Part::Failed(failure),
    };
    means.send(part).await;
}

async fn found(means: &Means) -> Result<Discovered, Failure> {
    let environment = means.environment.as_deref();
    let environment = environment.ok_or_else(|| failed("no environment is opened".to_owned()))?;
    discover(environment).await.map_err(|trouble| of_trouble(&trouble))
}

/// Begins a run over the units as they are now.
async fn begin(
    means: &Means,
    place: &Place,
    goal: Goal,
    chosen: &[String],
    account: Option<String>,
    command: String,
) -> Result<Fact, Failure> {
    let runs = audit::runs(place).ok_or_else(|| failed("there is no home folder to keep runs in".to_owned()))?;
    let environment = means.environment.as_deref();
    let environment = environment.ok_or_else(|| failed("no environment is opened".to_owned()))?;
    let all = found(means).await?;
    let shown = Units { graph: all.graph.clone(), warnings: all.warnings.clone() };
    let found = all.only(chosen).map_err(|trouble| of_trouble(&trouble))?;
    let mut order = ordered::order(&found, environment, goal, audit::who(), command);
    order.account = account;
    let begun = start::start(&start::this_program(), &runs, &order, Timestamp::now()).await;
    let folder = begun.map_err(|error| failed(format!("the run cannot be started: {}", error.words())))?;
    Ok(Fact::Began(folder, shown))
}

fn units(found: Discovered) -> Units {
    Units { graph: found.graph, warnings: found.warnings }
}

fn plan(path: &Path) -> Result<Plan, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| failed(format!("the plan in {} cannot be read: {error}", path.display())))?;
    serde_json::from_slice(&bytes)
        .map_err(|_| failed(format!("the plan in {} was not written by this version: plan again", path.display())))
}

fn failed(text: String) -> Failure {
    Failure::new(FailureKind::Other, text)
}

/// What failed, why, and what to do, a line each.
fn of_trouble(trouble: &Trouble) -> Failure {
    let hint = trouble.hint.iter().map(|hint| format!("→ {hint}"));
    let lines = std::iter::once(trouble.message.clone()).chain(trouble.causes.iter().cloned()).chain(hint);
    failed(lines.collect::<Vec<_>>().join("\n"))
}
