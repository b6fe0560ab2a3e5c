//! A run that is cancelled while Terraform's own process is not there ends as well.

use crate::ahead::terragrunt;
use crate::support::{Home, until};
use crate::{PATIENCE, PLAIN, Run, order, terraform, unit, wait_for};
use cockpit::infra::run::folder;
use cockpit::model::infra::run_event::{Goal, RequestKind, RunEnd, UnitEnd};
use cockpit::model::infra::{Order, Tool};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Terraform, which says that it has begun and does not end where this is its first argument.
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
async fn a_cancel_does_not_wait_for_a_plan_that_is_read_or_for_workspaces_that_are_listed() {
    for at in ["show", "workspace"] {
        let home = Home::new();
        let mut unit = unit(&home, "a", &[], PLAIN);
        unit.workspace = Some("dev".into());
        if at == "show" {
            unit.workspace = None;
        }
        let with = Order { terraform: hanging(&home, at), ..order(Goal::Apply, vec![unit]) };
        let mut run = Run::start(&home, &with).await.expect("it starts");
        wait_for(&home.path().join("begun"));
        run.ask(RequestKind::Cancel { hard: false });
        assert_eq!(run.end(false), RunEnd::Cancelled, "{at}");
        cancelled(&run);
        run.let_go();
    }
}

/// A unit of Terragrunt whose plan has a hook before it that says that it has begun and does not end.
async fn hooked(home: &Home, script: &str) -> (Run, PathBuf) {
    let mut unit = unit(home, "a", &[], PLAIN);
    let begun = unit.dir.join("begun");
    let hook = format!(
        "terraform {{\n  before_hook \"waits\" {{\n    commands = [\"plan\"]\n    execute  = [\"sh\", \"-c\", \"{script}\"]\n  }}\n}}\n"
    );
    std::fs::write(unit.dir.join("terragrunt.hcl"), hook.replace("BEGUN", &begun.display().to_string()))
        .expect("a file");
    unit.tool = Tool::Terragrunt;
    let with = Order { terragrunt: Some(terragrunt()), ..order(Goal::Apply, vec![unit]) };
    (Run::start(home, &with).await.expect("it starts"), begun)
}

/// Asks for the end, first without the word: that waits for what goes on.
fn stopped(run: &mut Run, begun: &Path) {
    wait_for(begun);
    run.ask(RequestKind::Cancel { hard: false });
    run.until("the cancel", false, |state| state.cancel.is_some());
    run.ask(RequestKind::Cancel { hard: true });
    assert_eq!(run.end(false), RunEnd::Cancelled);
    cancelled(run);
    until("what ran to be gone", PATIENCE, || (!folder::works(&run.folder).expect("a folder")).then_some(()));
    run.let_go();
}

#[tokio::test]
async fn a_hook_that_does_not_end_is_ended_by_a_cancel_that_is_confirmed_with_a_word() {
    let home = Home::new();
    let (mut run, begun) = hooked(&home, "touch BEGUN; sleep 600").await;
    stopped(&mut run, &begun);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn so_is_one_that_takes_no_notice_also_after_the_supervisor_was_killed() {
    let home = Home::new();
    let (mut run, begun) = hooked(&home, "trap : TERM INT; touch BEGUN; while :; do sleep 1; done").await;
    wait_for(&begun);
    run.until("the supervisor", false, |state| state.supervisor.is_some());
    rustix::process::kill_process(run.supervisor(), rustix::process::Signal::KILL).expect("it is there");
    run.resume().await;
    stopped(&mut run, &begun);
}
