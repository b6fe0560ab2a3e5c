//! Inspects units without a run: outputs, states, code, caches.

use super::context::FeedContext;
use super::errors::{failure_from, of_trouble};
use super::runs::runs_folder;
use crate::config::EnvironmentConfig;
use crate::feeds::infra::{Fact, Inspection};
use crate::feeds::runs::Place;
use crate::infra::{Access, DiscoverOptions, Discovered, caches, discover_as, format, lint, query_each, unit_reads};
use crate::model::Failure;
use crate::model::infra::cached::RemovalOutcome;
use crate::model::infra::state::{MASK, StateIdentity, pulled};
use crate::model::infra::{InfraError, InfraErrorKind};
use std::path::PathBuf;

/// Inspects these units, or all units if the list is empty.
pub(super) async fn answer(
    context: &FeedContext,
    place: &Place,
    what: Inspection,
    units: &[String],
) -> Result<Fact, Failure> {
    let found = find_selected(context, units, what == Inspection::Caches).await?;
    let lines = match what {
        Inspection::Outputs => lines_by_unit(&found, "no outputs: nothing was applied yet", outputs).await,
        Inspection::States => lines_by_unit(&found, "no resources: nothing was applied yet", states).await,
        Inspection::FullStates => lines_by_unit(&found, "no state: nothing was applied yet", full_state).await,
        Inspection::Code => code(&found).await?,
        Inspection::Caches => {
            let runs = runs_folder(place)?;
            return blocking(move || caches::list_caches(&runs, found.graph.units())).await.map(Fact::Caches);
        }
    };
    Ok(Fact::Inspected(what, lines))
}

/// Removes the given caches of these units, except those that are needed by now.
pub(super) async fn clean(
    context: &FeedContext,
    place: &Place,
    units: &[String],
    paths: Vec<PathBuf>,
) -> Result<Fact, Failure> {
    let found = find_selected(context, units, true).await?;
    let runs = runs_folder(place)?;
    let all =
        blocking(move || caches::remove(&runs, found.graph.units(), |cached| paths.contains(&cached.path))).await?;
    let all = all.map_err(|error| {
        failure_from(format!("starting runs cannot be prevented while caches are removed: {error}"))
    })?;
    let mut lines: Vec<String> = all.iter().map(|(cached, became)| cached.outcome_line(became)).collect();
    if all.iter().any(|(_, became)| matches!(became, RemovalOutcome::Failed(_))) {
        return Err(failure_from(lines.join("\n")));
    }
    if lines.is_empty() {
        lines.push("there is nothing to remove any more".to_owned());
    }
    Ok(Fact::Inspected(Inspection::Caches, lines))
}

/// Runs work on a thread where blocking is allowed: caches are hundreds of megabytes of providers.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| failure_from(error.to_string()))
}

/// Returns the opened environment.
pub(super) fn opened_environment(context: &FeedContext) -> Result<&EnvironmentConfig, Failure> {
    context.environment.as_deref().ok_or_else(|| failure_from("no environment is opened".to_owned()))
}

/// Finds the units of the environment.
pub(super) async fn discover_units(context: &FeedContext, look: DiscoverOptions<'_>) -> Result<Discovered, Failure> {
    Box::pin(discover_as(opened_environment(context)?, look)).await.map_err(|trouble| of_trouble(&trouble))
}

/// Finds the selected units. Without workspaces it also works for units whose workspace is unknown, so that their caches can
/// be removed.
pub(super) async fn find_selected(
    context: &FeedContext,
    units: &[String],
    without_workspaces: bool,
) -> Result<Discovered, Failure> {
    discover_units(context, DiscoverOptions { units, hooks: false, workspaces: !without_workspaces }).await
}

/// Returns the lines of each unit under its name, and `none` for a unit without lines.
async fn lines_by_unit<'a, F: Future<Output = Result<Vec<String>, InfraError>>>(
    found: &'a Discovered,
    none: &str,
    ask: impl Fn(Access<'a>) -> F,
) -> Vec<String> {
    let mut lines = Vec::new();
    for (unit, answer) in query_each(found, ask).await {
        lines.push(format!("── {} ──", unit.name));
        match answer {
            Ok(output) if output.is_empty() => lines.push(none.to_owned()),
            Ok(output) => lines.extend(output),
            Err(trouble) => lines.extend(trouble_lines(&trouble)),
        }
    }
    lines
}

/// Formats a failure for a place under the name of its unit.
fn trouble_lines(trouble: &InfraError) -> Vec<String> {
    let all = of_trouble(trouble).message;
    all.lines().map(|line| format!("✖ {line}")).collect()
}

async fn outputs(access: Access<'_>) -> Result<Vec<String>, InfraError> {
    let all = unit_reads::outputs(&access).await?;
    let value = |output: &crate::model::infra::state::Output| match &output.value {
        _ if output.sensitive => MASK.to_owned(),
        serde_json::Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    Ok(all.iter().map(|output| format!("{} = {}", output.name, value(output))).collect())
}

async fn states(access: Access<'_>) -> Result<Vec<String>, InfraError> {
    Ok(unit_reads::addresses(&access).await?.into_iter().map(|resource| resource.address).collect())
}

/// Returns the state as `state pull` prints it, with the values masked that `show` marks as sensitive.
async fn full_state(access: Access<'_>) -> Result<Vec<String>, InfraError> {
    let message = format!("the state of {} cannot be read", access.unit.name);
    let state = access.read(&["state", "pull"], &message).await?.stdout;
    if StateIdentity::of(&state).is_none() {
        return Ok(Vec::new());
    }
    let shown = access.read(&["show", "-json", "-no-color"], &message).await?.stdout;
    let masked = pulled(&state, &shown).and_then(|masked| serde_json::to_string_pretty(&masked)).map_err(|error| {
        InfraError::new(InfraErrorKind::Failed, message).cause(format!("it is not understood: {error}"))
    })?;
    Ok(masked.lines().map(str::to_owned).collect())
}

/// Returns the findings of Terraform and the linter on the code, and the files that are not formatted.
async fn code(found: &Discovered) -> Result<Vec<String>, Failure> {
    let linter = lint::find_tflint(&found.child_environment);
    let program = linter.as_deref().ok();
    let mut lines = lines_by_unit(found, "its code is valid", |access| async move {
        let mut issues = unit_reads::validate(&access).await?;
        if let Some(program) = program {
            issues.extend(lint::lint_unit(&access, program).await?);
        }
        Ok(issues.iter().map(lint::Issue::sentence).collect())
    })
    .await;
    match format::format_units(found, true).await {
        Ok(files) if files.is_empty() => lines.push("every file is formatted".to_owned()),
        Ok(files) => {
            let line = |file: &std::path::PathBuf| format!("not formatted: {}", file.display());
            lines.extend(files.iter().map(line));
            lines.push("F formats them".to_owned());
        }
        Err(trouble) => lines.push(of_trouble(&trouble).message),
    }
    if let Err(trouble) = &linter {
        lines.push(format!("not linted: {}", of_trouble(trouble).message));
    }
    Ok(lines)
}
