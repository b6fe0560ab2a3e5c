//! Looks at units without a run: outputs, states, code, caches.

use super::means::Means;
use super::trouble::{failed, of_trouble};
use crate::feeds::infra::{Cached, Fact, What};
use crate::feeds::runs::Place;
use crate::infra::{Access, Discovered, Look, caches, discover_as, each, format, lint, look};
use crate::model::Failure;
use crate::model::infra::state::MASK;
use crate::model::infra::{Trouble, Unit};
use crate::runtime::audit;
use std::path::{Path, PathBuf};

/// Looks at these units; all where none is named.
pub(super) async fn answer(means: &Means, place: &Place, what: What, units: &[String]) -> Result<Fact, Failure> {
    let found = found(means, units, what == What::Caches).await?;
    let lines = match what {
        What::Outputs => told(&found, "no outputs: nothing was applied yet", outputs).await,
        What::States => told(&found, "no resources: nothing was applied yet", states).await,
        What::Code => code(&found).await?,
        What::Caches => {
            let runs = runs(place)?;
            return aside(move || cached(&found, &runs)).await.map(Fact::Caches);
        }
    };
    Ok(Fact::Looked(what, lines))
}

/// Removes those caches of these units that are named, but for what is needed by now.
pub(super) async fn clean(means: &Means, place: &Place, units: &[String], paths: Vec<String>) -> Result<Fact, Failure> {
    let found = found(means, units, true).await?;
    let runs = runs(place)?;
    let told = aside(move || remove(cached(&found, &runs), &paths)).await?;
    let whole = told.iter().all(Result::is_ok);
    let lines: Vec<String> = told.into_iter().map(|told| told.unwrap_or_else(|failed| failed)).collect();
    if whole { Ok(Fact::Looked(What::Caches, lines)) } else { Err(failed(lines.join("\n"))) }
}

/// Where runs are kept.
fn runs(place: &Place) -> Result<PathBuf, Failure> {
    audit::runs(place).ok_or_else(|| failed("there is no home folder to keep runs in".to_owned()))
}

/// Does it where nobody waits for the thread: caches are hundreds of megabytes of providers.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| failed(error.to_string()))
}

/// Removes those of the caches that were confirmed; what became of each, an error where it could not be removed.
fn remove(caches: Vec<Cached>, confirmed: &[String]) -> Vec<Result<String, String>> {
    let mut told: Vec<_> = caches.into_iter().filter(|cache| confirmed.contains(&cache.path)).map(removed).collect();
    if told.is_empty() {
        told.push(Ok("there is nothing to remove any more".to_owned()));
    }
    told
}

/// Removes a cache that nothing needs, and says so; an error where it cannot be removed.
fn removed(Cached { unit, path, bytes, stays }: Cached) -> Result<String, String> {
    match stays {
        Some(why) => Ok(format!("{unit}: {path} stays: {why}")),
        None => match std::fs::remove_dir_all(&path) {
            Ok(()) => Ok(format!("{unit}: {path} is removed: {:.1} MB", bytes as f64 / 1e6)),
            Err(error) => Err(format!("{unit}: {path} cannot be removed: {error}")),
        },
    }
}

/// The units that are meant. Caches are removed also where what is in them is broken, as a workspace that is not known.
async fn found(means: &Means, units: &[String], without_workspaces: bool) -> Result<Discovered, Failure> {
    let environment = means.environment.as_deref();
    let environment = environment.ok_or_else(|| failed("no environment is opened".to_owned()))?;
    let look = Look { units, hooks: false, workspaces: !without_workspaces };
    Box::pin(discover_as(environment, look)).await.map_err(|trouble| of_trouble(&trouble))
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

/// What Terraform and the linter say of the code, and which files are not in their usual form.
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
        Ok(files) if files.is_empty() => lines.push("every file is in its usual form".to_owned()),
        Ok(files) => {
            let line = |file: &std::path::PathBuf| format!("not in its usual form: {}", file.display());
            lines.extend(files.iter().map(line));
            lines.push("`cockpit infra fmt` writes them in it".to_owned());
        }
        Err(trouble) => lines.push(of_trouble(&trouble).message),
    }
    if let Err(trouble) = &linter {
        lines.push(format!("not linted: {}", of_trouble(trouble).message));
    }
    Ok(lines)
}

/// The caches of the units, each with why it stays.
fn cached(found: &Discovered, runs: &Path) -> Vec<Cached> {
    let of_unit = |unit: &Unit| {
        let used = caches::used(runs, unit);
        let name = unit.name.clone();
        caches::of(unit).into_iter().map(move |cache| Cached {
            unit: name.clone(),
            path: cache.path.display().to_string(),
            bytes: cache.bytes,
            stays: used.clone().or_else(|| cache.stays()),
        })
    };
    found.graph.units().iter().flat_map(of_unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_caches_that_were_confirmed_are_removed_and_one_that_cannot_be_is_a_failure() {
        let root = std::env::temp_dir().join(format!("cockpit-removed-{}", std::process::id()));
        let cache = |name: &str, stays: Option<&str>| Cached {
            unit: "a".into(),
            path: root.join(name).display().to_string(),
            bytes: 0,
            stays: stays.map(str::to_owned),
        };
        for name in ["shown", "new", "needed"] {
            std::fs::create_dir_all(root.join(name)).unwrap();
        }
        let all =
            || vec![cache("shown", None), cache("new", None), cache("needed", Some("a run")), cache("gone", None)];
        let confirmed: Vec<String> =
            ["shown", "needed", "gone"].iter().map(|name| root.join(name).display().to_string()).collect();
        let told = remove(all(), &confirmed);
        assert_eq!(told.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false], "{told:?}");
        let left = ["shown", "new", "needed"].map(|name| root.join(name).exists());
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(left, [false, true, true]);
        assert!(remove(all(), &[]).iter().all(Result::is_ok), "nothing was confirmed");
    }
}
