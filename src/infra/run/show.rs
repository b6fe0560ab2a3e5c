//! Reads a plan: `terraform show -json`, which has secrets in clear, goes through memory alone; what is kept is masked.

use super::bound;
use super::folder;
use super::leaf::command;
use super::steps::Call;
use super::words;
use crate::model::infra::Unit;
use crate::model::infra::guard::{self, Guard, Lift};
use crate::model::infra::loss::{self, Held};
use crate::model::infra::message::Summary;
use crate::model::infra::plan::Plan;
use crate::model::infra::run_event::{PlanRef, Step};
use jiff::Timestamp;
use std::path::PathBuf;

/// What is read, and what is known beside it.
pub(super) struct Asked {
    pub run: PathBuf,
    pub unit: Unit,
    pub call: Call,
    pub summary: Option<Summary>,
    pub account: Option<String>,
    pub dir: Option<PathBuf>,
    pub code: Option<tokio::task::JoinHandle<String>>,
    /// Addresses that were named to be made again, and those that alone are planned.
    pub named: (Vec<String>, Vec<String>),
    /// It destroys: what guards its resources is looked for.
    pub destroys: bool,
    /// No last snapshot is taken where the code takes none.
    pub skip_snapshots: bool,
}

/// What was read.
#[derive(Debug)]
pub(super) struct Read {
    /// The plan, and what it is bound to.
    pub plan: PlanRef,
    /// What would be lost with what a destroy destroys.
    pub held: Vec<Held>,
}

/// Reads the plan of a unit, and keeps it as it may be shown.
///
/// # Errors
/// Why it is no plan that can be shown.
pub(super) async fn read(asked: Asked) -> Result<Read, String> {
    let Asked { run, unit, call, summary, account, dir, code, named, destroys, skip_snapshots } = asked;
    let shown = output(&call).await.map_err(|why| format!("the plan cannot be read: {why}"))?;
    let code = match code {
        Some(code) => code.await.unwrap_or_default(),
        None => String::new(),
    };
    let read = move || -> Result<Read, String> {
        let plan = Plan::read(&shown).map_err(|error| format!("the plan is not as expected: {error}"))?;
        if plan.errored {
            return Err("the plan was made with errors, and is never applied".into());
        }
        if let Some(why) = plan.unmet(&named.0, &named.1) {
            return Err(why);
        }
        let (guards, held) = if destroys { in_the_way(&shown, skip_snapshots) } else { (Vec::new(), Vec::new()) };
        drop(shown);
        let failed = |error: std::io::Error| format!("the plan cannot be kept: {error}");
        let kept = serde_json::to_vec(&plan).map_err(|error| failed(error.into()))?;
        let path = folder::shown_plan(&run, &unit.name);
        folder::replace(&path, &kept).map_err(failed)?;
        let sha256 = bound::sha256(&folder::plan_file(&run, &unit.name)).map_err(failed)?;
        let beside = std::fs::read_to_string(folder::stderr(&run, &unit.name, Step::Plan)).unwrap_or_default();
        let plan = PlanRef {
            sha256,
            summary: summary.unwrap_or_else(|| plan.summary()),
            drifted: plan.drifted(),
            destroys_stateful: plan.destroys_stateful(),
            guards,
            empty: plan.is_empty(),
            on_mocks: words::mocked(&beside),
            shown: path,
            account,
            revision: bound::revision(&unit.dir),
            code,
            dir,
        };
        Ok(Read { plan, held })
    };
    tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string())?
}

/// What guards the resources that a plan would destroy, and what would be lost with them.
fn in_the_way(shown: &[u8], skip_snapshots: bool) -> (Vec<Guard>, Vec<Held>) {
    let plan: serde_json::Value = serde_json::from_slice(shown).unwrap_or_default();
    let stamp = Timestamp::now().strftime("%Y%m%dt%H%M%S").to_string();
    let mut found = guard::of(&plan, &stamp);
    found.retain(|guard| !(skip_snapshots && matches!(guard.what, Lift::Snapshot(_))));
    (found, loss::of(&plan))
}

/// What a program prints.
///
/// # Errors
/// What it says of why there is nothing.
pub(super) async fn output(call: &Call) -> Result<Vec<u8>, String> {
    let asked = command(call).kill_on_drop(true).output().await;
    let asked = asked.map_err(|error| format!("{} cannot be started: {error}", call.program.display()))?;
    if asked.status.success() {
        return Ok(asked.stdout);
    }
    let text = String::from_utf8_lossy(&asked.stderr).into_owned();
    let said =
        words::complaint(&text).map_or_else(|| "it said nothing".to_owned(), |said| words::whole_sentence(&said));
    Err(said)
}
