//! Looks in AWS for what a run may have left, and keeps import blocks of it in the run's folder.

use crate::aws::Session;
use crate::infra::run::folder;
use crate::model::infra::RunState;
use crate::model::infra::orphan::{self, Found, Orphan};
use crate::model::infra::plan::Plan;
use std::io;
use std::path::{Path, PathBuf};

/// The findings on resources that a run may have left behind.
pub struct Looked {
    /// Each with what came of looking for it.
    pub orphans: Vec<(Orphan, Found)>,
    /// The file with the import blocks; none where there is nothing to import.
    pub imports: Option<PathBuf>,
}

/// Looks for the orphans of the run in a folder. What there is no call for is not known.
///
/// # Errors
/// The import blocks cannot be written.
pub async fn look(session: &Session, account: Option<&str>, run: &Path, state: &RunState) -> io::Result<Looked> {
    let plan = |unit: &str| -> Option<Plan> {
        serde_json::from_slice(&std::fs::read(folder::shown_plan(run, unit)).ok()?).ok()
    };
    let mut orphans = Vec::new();
    for orphan in orphan::of(state, plan) {
        let found = match (&orphan.look, &orphan.name) {
            (Some(look), Some(name)) => match session.lookup(look, name, account).await {
                Ok(Some(id)) => Found::There(id),
                Ok(None) => Found::Absent,
                Err(failure) => Found::Unknown(failure.message),
            },
            (_, name) => Found::Unknown(unknown(name.as_deref(), orphan.by_hand.as_deref())),
        };
        orphans.push((orphan, found));
    }
    let blocks = orphan::blocks(orphans.iter().map(|(orphan, found)| (orphan, found)));
    let path = run.join("imports.tf");
    if blocks.is_empty() {
        return Ok(Looked { orphans, imports: None });
    }
    folder::replace(&path, blocks.as_bytes())?;
    Ok(Looked { orphans, imports: Some(path) })
}

/// Why it is not looked for, and how it can be.
fn unknown(name: Option<&str>, by_hand: Option<&str>) -> String {
    let by_hand = by_hand.map(|command| format!(": `{command}` looks for it")).unwrap_or_default();
    match name {
        Some(name) => format!("the cockpit has no call that looks for it; it is called {name}{by_hand}"),
        None => format!("its plan does not say what it is called{by_hand}"),
    }
}
