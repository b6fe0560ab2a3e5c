//! Looks up resources in AWS that a run may have left behind, and writes import blocks for them into the run's folder.

use crate::aws::Session;
use crate::infra::run::folder;
use crate::model::infra::RunState;
use crate::model::infra::orphan::{self, Orphan, OrphanStatus};
use crate::model::infra::plan::Plan;
use crate::private_files;
use std::io;
use std::path::{Path, PathBuf};

/// The resources that a run may have left behind.
pub struct OrphanReport {
    /// Each resource with the result of its look-up.
    pub orphans: Vec<(Orphan, OrphanStatus)>,
    /// The file with the import blocks, if there is anything to import.
    pub imports: Option<PathBuf>,
}

/// Looks up the orphans of the run in a folder. The result is unknown for kinds that have no look-up call.
///
/// # Errors
/// If the import blocks cannot be written.
pub async fn find_orphans(
    session: &Session,
    account: Option<&str>,
    run: &Path,
    state: &RunState,
) -> io::Result<OrphanReport> {
    let plan = |unit: &str| -> Option<Plan> {
        serde_json::from_slice(&std::fs::read(folder::shown_plan(run, unit)).ok()?).ok()
    };
    let mut orphans = Vec::new();
    for orphan in orphan::of(state, plan) {
        let found = match (&orphan.lookup, &orphan.name) {
            (Some(look), Some(name)) => match session.lookup(look, name, account).await {
                Ok(Some(id)) => OrphanStatus::Exists(id),
                Ok(None) => OrphanStatus::Absent,
                Err(failure) => OrphanStatus::Unknown(failure.message),
            },
            (_, name) => OrphanStatus::Unknown(unknown(name.as_deref(), orphan.manual_command.as_deref())),
        };
        orphans.push((orphan, found));
    }
    let blocks = orphan::blocks(orphans.iter().map(|(orphan, found)| (orphan, found)));
    let path = run.join("imports.tf");
    if blocks.is_empty() {
        return Ok(OrphanReport { orphans, imports: None });
    }
    private_files::replace(&path, blocks.as_bytes())?;
    Ok(OrphanReport { orphans, imports: Some(path) })
}

/// Returns why a resource was not looked up, and how that can be done by hand.
fn unknown(name: Option<&str>, by_hand: Option<&str>) -> String {
    let by_hand = by_hand.map(|command| format!(": `{command}` looks for it")).unwrap_or_default();
    match name {
        Some(name) => format!("the cockpit has no call that looks for it; it is called {name}{by_hand}"),
        None => format!("its plan does not contain its name{by_hand}"),
    }
}
