//! Reads a plan. The output of `terraform show -json`, which contains secrets in clear text, stays in memory; the stored plan
//! is masked.

use super::bound;
use super::folder;
use super::mocks::Mocks;
use super::step_process::command;
use super::steps::Call;
use super::tool_messages;
use crate::model::infra::Unit;
use crate::model::infra::data_loss::{self, DataResource};
use crate::model::infra::guard::{self, Guard, Lift};
use crate::model::infra::message::Summary;
use crate::model::infra::plan::{Plan, Secrets, missing_instance};
use crate::model::infra::run_event::{PlanRef, Step};
use crate::private_files;
use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

/// The time limit for a call of Terraform about a plan or a state.
const CALL_LIMIT: Duration = Duration::from_mins(5);

/// The process group of a call. Dropping it ends the processes.
struct Group(Option<u32>);

impl Group {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = self.0.and_then(|group| Pid::from_raw(i32::try_from(group).ok()?));
        // It fails if the group has ended by itself.
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
    }
}

fn spoken(limit: Duration) -> String {
    crate::model::time::sentence_duration(SignedDuration::try_from(limit).unwrap_or_default())
}

/// A plan to read, with the facts for judging it.
pub(super) struct PlanToRead {
    pub run: PathBuf,
    pub unit: Unit,
    pub call: Call,
    pub summary: Option<Summary>,
    pub account: Option<String>,
    pub dir: Option<PathBuf>,
    /// The code when the plan started; `None` if it was not recorded.
    pub code: Option<tokio::task::JoinHandle<bound::CodeHashes>>,
    /// The addresses to replace, and the only addresses to plan.
    pub named: (Vec<String>, Vec<String>),
    /// Whether it destroys; guards of its resources are then searched for.
    pub destroys: bool,
    /// Whether final snapshots are skipped where the code configures none.
    pub skip_snapshots: bool,
    /// The check for mock outputs of dependencies that Terragrunt does not report.
    pub mocks: Option<Mocks>,
}

/// A plan that was read.
#[derive(Debug)]
pub(super) struct ReadPlan {
    /// The plan, and the facts that it is bound to.
    pub plan: PlanRef,
    /// The data that would be lost with the resources that a destroy destroys.
    pub held: Vec<DataResource>,
    /// The secret values in it, which are masked in errors of its apply.
    pub secrets: Secrets,
    /// Files of its code that changed while it was made.
    pub changed: BTreeSet<PathBuf>,
}

/// Reads the plan of a unit, and stores it as it may be shown.
///
/// # Errors
/// Why it cannot be used or shown.
pub(super) async fn read(request: PlanToRead) -> Result<ReadPlan, String> {
    let PlanToRead { run, unit, call, summary, account, dir, code, named, destroys, skip_snapshots, mocks } = request;
    let made_up = match &mocks {
        Some(mocks) => mocks.are_used().await,
        None => false,
    };
    let hashed_unit = unit.clone();
    let after =
        tokio::task::spawn_blocking(move || (bound::hash_code(&hashed_unit), bound::revision(&hashed_unit.dir)));
    let shown = program_output(&call).await.map_err(|why| format!("the plan cannot be read: {why}"))?;
    let (after, revision) = after.await.map_err(|error| error.to_string())?;
    let changed = match code {
        Some(code) => code.await.map(|before| before.changed_files(&after)).unwrap_or_default(),
        None => BTreeSet::new(),
    };
    let read = move || -> Result<ReadPlan, String> {
        let (plan, secrets) =
            Plan::read_with_secrets(&shown).map_err(|error| format!("the plan is not as expected: {error}"))?;
        if plan.errored {
            return Err("the plan was made with errors, and is never applied".into());
        }
        let without = missing_instance(&shown, &named.1).ok().flatten();
        if let Some(why) = plan.unmet_request(&named.0, &named.1).or(without) {
            return Err(why);
        }
        let (guards, held) =
            if destroys { guards_and_losses(&shown, skip_snapshots) } else { (Vec::new(), Vec::new()) };
        drop(shown);
        let failed = |error: std::io::Error| format!("the plan cannot be kept: {error}");
        let masked = serde_json::to_vec(&plan).map_err(|error| failed(error.into()))?;
        let path = folder::shown_plan(&run, &unit.name);
        private_files::replace(&path, &masked).map_err(failed)?;
        let sha256 = bound::sha256(&folder::plan_file(&run, &unit.name)).map_err(failed)?;
        let log = std::fs::read_to_string(folder::stderr(&run, &unit.name, Step::Plan)).unwrap_or_default();
        let plan = PlanRef {
            sha256,
            summary: summary.unwrap_or_else(|| plan.summary()),
            drifted: plan.drift_count(),
            destroys_stateful: plan.destroys_stateful(),
            guards,
            empty: plan.is_empty(),
            on_mocks: made_up || tool_messages::used_mocks(&log),
            shown: path,
            account,
            revision,
            code: after.hash(),
            dir,
        };
        Ok(ReadPlan { plan, held, secrets, changed })
    };
    tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string())?
}

/// Returns the guards of the resources that a plan would destroy, and the data that would be lost with them.
fn guards_and_losses(shown: &[u8], skip_snapshots: bool) -> (Vec<Guard>, Vec<DataResource>) {
    let plan: serde_json::Value = serde_json::from_slice(shown).unwrap_or_default();
    let stamp = Timestamp::now().strftime("%Y%m%dt%H%M%S").to_string();
    let mut found = guard::of(&plan, &stamp);
    found.retain(|guard| !(skip_snapshots && matches!(guard.what, Lift::Snapshot(_))));
    (found, data_loss::of(&plan))
}

/// Returns the standard output of a program, which is ended if the future is dropped.
///
/// # Errors
/// The program's error, or that it takes too long.
pub(super) async fn program_output(call: &Call) -> Result<Vec<u8>, String> {
    output_within(call, CALL_LIMIT).await
}

async fn output_within(call: &Call, limit: Duration) -> Result<Vec<u8>, String> {
    let unstarted = |error| format!("{} cannot be started: {error}", call.program.display());
    let mut started = command(call);
    started.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let child = started.spawn().map_err(unstarted)?;
    let group = Group(child.id());
    let output = tokio::time::timeout(limit, child.wait_with_output()).await;
    let output = output.map_err(|_| format!("it has not answered within {}", spoken(limit)))?;
    let output = output.map_err(unstarted)?;
    group.disarm();
    if output.status.success() {
        return Ok(output.stdout);
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let error = tool_messages::log_error(&text)
        .map_or_else(|| "it printed nothing".to_owned(), |text| tool_messages::full_sentence(&text));
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn abandoned_call_is_ended_with_its_child_processes() {
        let root = std::env::temp_dir().join(format!("cockpit-unanswered-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let script = "sleep 600 & echo $! > began; wait";
        let call = Call {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            dir: root.clone(),
            variables: vec![("PATH".into(), std::env::var_os("PATH").unwrap())],
        };
        let task = tokio::spawn(async move { program_output(&call).await });
        let began = loop {
            let text = std::fs::read_to_string(root.join("began")).unwrap_or_default();
            if let Ok(pid) = text.trim().parse() {
                break Pid::from_raw(pid).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        // It is gone, or a zombie that was not reaped yet.
        let gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", began.as_raw_nonzero())).unwrap_or_default();
            rustix::process::test_kill_process(began).is_err() || stat.contains(") Z ")
        };
        while !gone() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let never = Call {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), "while :; do sleep 600; done".into()],
            dir: root.clone(),
            variables: vec![("PATH".into(), std::env::var_os("PATH").unwrap())],
        };
        let error = output_within(&never, Duration::from_millis(1)).await.unwrap_err();
        assert!(error.starts_with("it has not answered within "), "{error}");
        std::fs::remove_dir_all(root).unwrap();
    }
}
