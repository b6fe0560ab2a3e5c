//! Reads a plan: `terraform show -json`, which has secrets in clear, goes through memory alone; what is kept is masked.

use super::bound;
use super::folder;
use super::leaf::command;
use super::mocks::Mocks;
use super::steps::Call;
use super::words;
use crate::model::infra::Unit;
use crate::model::infra::guard::{self, Guard, Lift};
use crate::model::infra::loss::{self, Held};
use crate::model::infra::message::Summary;
use crate::model::infra::plan::{Plan, Secrets, without_instance};
use crate::model::infra::run_event::{PlanRef, Step};
use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

/// The limit for a question to Terraform about a plan or a state.
const ANSWERS: Duration = Duration::from_mins(5);

/// The processes of a question, which end with it.
struct Group(Option<u32>);

impl Group {
    fn has_ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = self.0.and_then(|group| Pid::from_raw(i32::try_from(group).ok()?));
        // One that is gone has ended by itself.
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
    }
}

fn spoken(limit: Duration) -> String {
    crate::model::time::spoken(SignedDuration::try_from(limit).unwrap_or_default())
}

/// A plan to be read, with the facts that it is judged by.
pub(super) struct Asked {
    pub run: PathBuf,
    pub unit: Unit,
    pub call: Call,
    pub summary: Option<Summary>,
    pub account: Option<String>,
    pub dir: Option<PathBuf>,
    /// The code as it was when the plan began; none where nobody looked.
    pub code: Option<tokio::task::JoinHandle<bound::Code>>,
    /// Addresses that were named to be made again, and those that alone are planned.
    pub named: (Vec<String>, Vec<String>),
    /// It destroys: what guards its resources is looked for.
    pub destroys: bool,
    /// No last snapshot is taken where the code takes none.
    pub skip_snapshots: bool,
    /// Outputs of dependencies that may be made up without a word.
    pub mocks: Option<Mocks>,
}

/// A plan that was read.
#[derive(Debug)]
pub(super) struct Read {
    /// The plan, and what it is bound to.
    pub plan: PlanRef,
    /// The data that would be lost with resources that a destroy destroys.
    pub held: Vec<Held>,
    /// The secret values in it, which are not told where its apply fails.
    pub secrets: Secrets,
    /// Files of its code that were changed while it was made.
    pub changed: BTreeSet<PathBuf>,
}

/// Reads the plan of a unit, and keeps it as it may be shown.
///
/// # Errors
/// Why it is no plan that can be shown.
pub(super) async fn read(asked: Asked) -> Result<Read, String> {
    let Asked { run, unit, call, summary, account, dir, code, named, destroys, skip_snapshots, mocks } = asked;
    let made_up = match &mocks {
        Some(mocks) => mocks.are_used().await,
        None => false,
    };
    let of = unit.clone();
    let after = tokio::task::spawn_blocking(move || (bound::code(&of), bound::revision(&of.dir)));
    let shown = output(&call).await.map_err(|why| format!("the plan cannot be read: {why}"))?;
    let (after, revision) = after.await.map_err(|error| error.to_string())?;
    let changed = match code {
        Some(code) => code.await.map(|before| before.changed(&after)).unwrap_or_default(),
        None => BTreeSet::new(),
    };
    let read = move || -> Result<Read, String> {
        let (plan, secrets) =
            Plan::read_with_secrets(&shown).map_err(|error| format!("the plan is not as expected: {error}"))?;
        if plan.errored {
            return Err("the plan was made with errors, and is never applied".into());
        }
        let without = without_instance(&shown, &named.1).ok().flatten();
        if let Some(why) = plan.unmet(&named.0, &named.1).or(without) {
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
            on_mocks: made_up || words::mocked(&beside),
            shown: path,
            account,
            revision,
            code: after.hash(),
            dir,
        };
        Ok(Read { plan, held, secrets, changed })
    };
    tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string())?
}

/// The guards of the resources that a plan would destroy, and the data that would be lost with them.
fn in_the_way(shown: &[u8], skip_snapshots: bool) -> (Vec<Guard>, Vec<Held>) {
    let plan: serde_json::Value = serde_json::from_slice(shown).unwrap_or_default();
    let stamp = Timestamp::now().strftime("%Y%m%dt%H%M%S").to_string();
    let mut found = guard::of(&plan, &stamp);
    found.retain(|guard| !(skip_snapshots && matches!(guard.what, Lift::Snapshot(_))));
    (found, loss::of(&plan))
}

/// The stdout of a program. It is ended where nobody waits for that any more.
///
/// # Errors
/// What it says of why there is nothing, or that it takes too long.
pub(super) async fn output(call: &Call) -> Result<Vec<u8>, String> {
    output_within(call, ANSWERS).await
}

async fn output_within(call: &Call, limit: Duration) -> Result<Vec<u8>, String> {
    let unstarted = |error| format!("{} cannot be started: {error}", call.program.display());
    let mut started = command(call);
    started.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let child = started.spawn().map_err(unstarted)?;
    let group = Group(child.id());
    let asked = tokio::time::timeout(limit, child.wait_with_output()).await;
    let asked = asked.map_err(|_| format!("it has not answered within {}", spoken(limit)))?;
    let asked = asked.map_err(unstarted)?;
    group.has_ended();
    if asked.status.success() {
        return Ok(asked.stdout);
    }
    let text = String::from_utf8_lossy(&asked.stderr).into_owned();
    let said =
        words::complaint(&text).map_or_else(|| "it said nothing".to_owned(), |said| words::whole_sentence(&said));
    Err(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_question_that_is_not_answered_is_given_up_with_all_that_it_has_started() {
        let root = std::env::temp_dir().join(format!("cockpit-unanswered-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let script = "sleep 600 & echo $! > began; wait";
        let call = Call {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            dir: root.clone(),
            variables: vec![("PATH".into(), std::env::var_os("PATH").unwrap())],
        };
        let asked = tokio::spawn(async move { output(&call).await });
        let began = loop {
            let text = std::fs::read_to_string(root.join("began")).unwrap_or_default();
            if let Ok(pid) = text.trim().parse() {
                break Pid::from_raw(pid).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
        // It is gone, or waits for somebody to hear of its end.
        let gone = || {
            let told = std::fs::read_to_string(format!("/proc/{}/stat", began.as_raw_nonzero())).unwrap_or_default();
            rustix::process::test_kill_process(began).is_err() || told.contains(") Z ")
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
        let said = output_within(&never, Duration::from_millis(1)).await.unwrap_err();
        assert!(said.starts_with("it has not answered within "), "{said}");
        std::fs::remove_dir_all(root).unwrap();
    }
}
