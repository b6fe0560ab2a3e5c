//! Looks at units without a run: outputs, states, code, caches.

use super::means::FeedContext;
use super::runs::kept;
use super::trouble::{failed, of_trouble};
use crate::config::EnvironmentConfig;
use crate::feeds::infra::{Fact, What};
use crate::feeds::runs::Place;
use crate::infra::{Access, Discovered, Look, caches, discover_as, each, format, lint, look};
use crate::model::Failure;
use crate::model::infra::cached::Became;
use crate::model::infra::state::{MASK, Mark, pulled};
use crate::model::infra::{Trouble, TroubleKind};
use std::path::PathBuf;

/// Looks at these units; all where none is named.
pub(super) async fn answer(means: &FeedContext, place: &Place, what: What, units: &[String]) -> Result<Fact, Failure> {
    let found = found(means, units, what == What::Caches).await?;
    let lines = match what {
        What::Outputs => told(&found, "no outputs: nothing was applied yet", outputs).await,
        What::States => told(&found, "no resources: nothing was applied yet", states).await,
        What::Whole => told(&found, "no state: nothing was applied yet", whole).await,
        What::Code => code(&found).await?,
        What::Caches => {
            let runs = kept(place)?;
            return aside(move || caches::judged(&runs, found.graph.units())).await.map(Fact::Caches);
        }
    };
    Ok(Fact::Looked(what, lines))
}

/// Removes those caches of these units that are named, but for what is needed by now.
pub(super) async fn clean(
    means: &FeedContext,
    place: &Place,
    units: &[String],
    paths: Vec<PathBuf>,
) -> Result<Fact, Failure> {
    let found = found(means, units, true).await?;
    let runs = kept(place)?;
    let all = aside(move || caches::remove(&runs, found.graph.units(), |cached| paths.contains(&cached.path))).await?;
    let all =
        all.map_err(|error| failed(format!("runs cannot be kept from beginning while caches are removed: {error}")))?;
    let mut lines: Vec<String> = all.iter().map(|(cached, became)| cached.became(became)).collect();
    if all.iter().any(|(_, became)| matches!(became, Became::Failed(_))) {
        return Err(failed(lines.join("\n")));
    }
    if lines.is_empty() {
        lines.push("there is nothing to remove any more".to_owned());
    }
    Ok(Fact::Looked(What::Caches, lines))
}

/// Does it where nobody waits for the thread: caches are hundreds of megabytes of providers.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| failed(error.to_string()))
}

/// The environment that is opened.
pub(super) fn opened(means: &FeedContext) -> Result<&EnvironmentConfig, Failure> {
    means.environment.as_deref().ok_or_else(|| failed("no environment is opened".to_owned()))
}

/// Finds the units of the environment.
pub(super) async fn discovered(means: &FeedContext, look: Look<'_>) -> Result<Discovered, Failure> {
    Box::pin(discover_as(opened(means)?, look)).await.map_err(|trouble| of_trouble(&trouble))
}

/// The units that are meant. Caches are removed also where what is in them is broken, as a workspace that is not known.
pub(super) async fn found(
    means: &FeedContext,
    units: &[String],
    without_workspaces: bool,
) -> Result<Discovered, Failure> {
    discovered(means, Look { units, hooks: false, workspaces: !without_workspaces }).await
}

/// Lines of each unit under its name; what is said of one that has none.
async fn told<'a, F: Future<Output = Result<Vec<String>, Trouble>>>(
    found: &'a Discovered,
    none: &str,
    ask: impl Fn(Access<'a>) -> F,
) -> Vec<String> {
    let mut lines = Vec::new();
    for (unit, answer) in each(found, ask).await {
        lines.push(format!("── {} ──", unit.name));
        match answer {
            Ok(said) if said.is_empty() => lines.push(none.to_owned()),
            Ok(said) => lines.extend(said),
            Err(trouble) => lines.extend(why(&trouble)),
        }
    }
    lines
}

/// Trouble under the name of its unit.
fn why(trouble: &Trouble) -> Vec<String> {
    let all = of_trouble(trouble).message;
    all.lines().map(|line| format!("✖ {line}")).collect()
}

async fn outputs(access: Access<'_>) -> Result<Vec<String>, Trouble> {
    let all = look::outputs(&access).await?;
    let value = |output: &crate::model::infra::state::Output| match &output.value {
        _ if output.sensitive => MASK.to_owned(),
        serde_json::Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    Ok(all.iter().map(|output| format!("{} = {}", output.name, value(output))).collect())
}

async fn states(access: Access<'_>) -> Result<Vec<String>, Trouble> {
    Ok(look::addresses(&access).await?.into_iter().map(|resource| resource.address).collect())
}

/// The state as `state pull` has it, masked by what `show` says of it.
async fn whole(access: Access<'_>) -> Result<Vec<String>, Trouble> {
    let what = format!("the state of {} cannot be read", access.unit.name);
    let state = access.read(&["state", "pull"], &what).await?.out;
    if Mark::of(&state).is_none() {
        return Ok(Vec::new());
    }
    let shown = access.read(&["show", "-json", "-no-color"], &what).await?.out;
    let masked = pulled(&state, &shown)
        .and_then(|masked| serde_json::to_string_pretty(&masked))
        .map_err(|error| Trouble::new(TroubleKind::Failed, what).cause(format!("it is not understood: {error}")))?;
    Ok(masked.lines().map(str::to_owned).collect())
}

/// The findings of Terraform and the linter on the code, and the files that are not formatted.
async fn code(found: &Discovered) -> Result<Vec<String>, Failure> {
    let linter = lint::program(&found.surroundings);
    let program = linter.as_deref().ok();
    let mut lines = told(found, "its code is valid", |access| async move {
        let mut issues = look::validate(&access).await?;
        if let Some(program) = program {
            issues.extend(lint::unit(&access, program).await?);
        }
        Ok(issues.iter().map(lint::Issue::sentence).collect())
    })
    .await;
    match format::all(found, true).await {
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
