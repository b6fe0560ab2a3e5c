//! A cancelled run ends even while there is no Terraform process.

use crate::infra_runs::ahead::terragrunt;
use crate::infra_runs::{PATIENCE, PLAIN, Run, order, terraform, unit, wait_for};
use crate::support::{Home, until};
use cockpit::infra::run::folder;
use cockpit::model::infra::run_event::{Goal, RequestKind, RunEnd, UnitEnd};
use cockpit::model::infra::{RunOrder, Tool};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A Terraform that reports its start and never ends if this is its first argument.
fn hanging(home: &Home, at: &str) -> PathBuf {
    let path = home.path().join("hanging");
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = {at} ]; then touch {}; sleep 600; fi\nexec {} \"$@\"\n",
        home.path().join("begun").display(),
        terraform().display()
    );
    std::fs::write(&path, script).expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    path
}

fn cancelled(run: &Run) {
    let end = run.unit_end("a");
    assert!(matches!(end, UnitEnd::Cancelled { in_flight, applied: false } if in_flight.is_empty()), "{end:?}");
}

#[tokio::test]
async fn cancel_does_not_wait_for_reading_a_plan_or_listing_workspaces() {
    for at in ["show", "workspace"] {
        let home = Home::new();
        let mut unit = unit(&home, "a", &[], PLAIN);
        unit.workspace = Some("dev".into());
        if at == "show" {
            unit.workspace = None;
        }
        let with = RunOrder { terraform: hanging(&home, at), ..order(Goal::Apply, vec![unit]) };
        let mut run = Run::start(&home, &with).await.expect("it starts");
        wait_for(&home.path().join("begun"));
        run.ask(RequestKind::Cancel { hard: false });
        assert_eq!(run.end(false), RunEnd::Cancelled, "{at}");
        cancelled(&run);
        run.wait_until_released();
    }
}

/// A Terragrunt unit whose plan has a before hook that reports its start and never ends.
async fn hooked(home: &Home, script: &str) -> (Run, PathBuf) {
    let mut unit = unit(home, "a", &[], PLAIN);
    let begun = unit.dir.join("begun");
    let hook = format!(
        "terraform {{\n  before_hook \"waits\" {{\n    commands = [\"plan\"]\n    execute  = [\"sh\", \"-c\", \"{script}\"]\n  }}\n}}\n"
    );
    std::fs::write(unit.dir.join("terragrunt.hcl"), hook.replace("BEGUN", &begun.display().to_string()))
        .expect("a file");
    unit.tool = Tool::Terragrunt;
    let with = RunOrder { terragrunt: Some(terragrunt()), ..order(Goal::Apply, vec![unit]) };
    (Run::start(home, &with).await.expect("it starts"), begun)
}

/// Cancels the run, first softly, which waits for running steps.
fn hard_cancel_ends(run: &mut Run, begun: &Path) {
    wait_for(begun);
    run.ask(RequestKind::Cancel { hard: false });
    run.until("the cancel", false, |state| state.cancel.is_some());
    run.ask(RequestKind::Cancel { hard: true });
    assert_eq!(run.end(false), RunEnd::Cancelled);
    cancelled(run);
    until("the running processes to be gone", PATIENCE, || {
        (!folder::has_running_step(&run.folder).expect("a folder")).then_some(())
    });
    run.wait_until_released();
}

#[tokio::test]
async fn endless_hook_is_killed_by_a_hard_cancel() {
    let home = Home::new();
    let (mut run, begun) = hooked(&home, "touch BEGUN; sleep 600").await;
    hard_cancel_ends(&mut run, &begun);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn hook_ignoring_signals_is_killed_by_a_hard_cancel_even_after_the_supervisor_was_killed() {
    let home = Home::new();
    let (mut run, begun) = hooked(&home, "trap : TERM INT; touch BEGUN; while :; do sleep 1; done").await;
    wait_for(&begun);
    run.until("the supervisor", false, |state| state.supervisor.is_some());
    rustix::process::kill_process(run.supervisor(), rustix::process::Signal::KILL).expect("it is there");
    run.resume().await;
    hard_cancel_ends(&mut run, &begun);
}
