//! Terragrunt hooks: their effect on a run when they fail, or when they write code.

use crate::infra_runs::ahead::terragrunt;
use crate::infra_runs::{PLAIN, Run, order, unit, wait_for};
use crate::support::Home;
use cockpit::infra::run::folder;
use cockpit::model::infra::run_event::{Goal, RunEnd, UnitEnd};
use cockpit::model::infra::{RunOrder, Tool};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::time::Duration;

fn hook(kind: &str, at: &str, script: &str) -> String {
    format!(
        "terraform {{\n  {kind}_hook \"it\" {{\n    commands = [\"{at}\"]\n    execute  = [\"sh\", \"-c\", \"{script}\"]\n  }}\n}}\n"
    )
}

#[tokio::test]
async fn failing_after_apply_hook_fails_its_unit_even_if_the_supervisor_was_killed() {
    let home = Home::new();
    let mut unit = unit(&home, "a", &[], PLAIN);
    let (begun, go) = (unit.dir.join("begun"), unit.dir.join("go"));
    let script = format!("touch {}; while [ ! -e {} ]; do sleep 0.05; done; exit 3", begun.display(), go.display());
    std::fs::write(unit.dir.join("terragrunt.hcl"), hook("after", "apply", &script)).expect("a file");
    (unit.tool, unit.around.apply_hooks) = (Tool::Terragrunt, true);
    let with = RunOrder { terragrunt: Some(terragrunt()), ..order(Goal::Apply, vec![unit]) };
    let mut run = Run::start(&home, &with).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    run.approve_all();
    wait_for(&begun);
    kill_process(run.supervisor(), Signal::KILL).expect("it is there");
    let first = run.state.supervisor;
    run.resume().await;
    run.until("another supervisor", false, |state| state.supervisor != first);
    std::fs::write(&go, "").expect("a file");
    assert_eq!(run.end(false), RunEnd::Failed);
    let end = run.unit_end("a");
    assert!(matches!(end, UnitEnd::Failed { why } if why.contains("exit code 3")), "{end:?}");
}

#[tokio::test]
async fn apply_with_killed_terragrunt_ends_when_terraform_ends() {
    let home = Home::new();
    let mut unit = unit(&home, "a", &[], "");
    let (begun, go) = (unit.dir.join("begun"), unit.dir.join("go"));
    let code = format!(
        "resource \"terraform_data\" \"waits\" {{\n  provisioner \"local-exec\" {{ command = \"touch {}; while [ ! -e {} ]; do sleep 0.05; done\" }}\n}}\n\
         resource \"terraform_data\" \"last\" {{ triggers_replace = [terraform_data.waits.id] }}\n",
        begun.display(),
        go.display()
    );
    std::fs::write(unit.dir.join("main.tf"), code).expect("a file");
    std::fs::write(unit.dir.join("terragrunt.hcl"), hook("after", "apply", "exit 0")).expect("a file");
    (unit.tool, unit.around.apply_hooks) = (Tool::Terragrunt, true);
    let with = RunOrder { terragrunt: Some(terragrunt()), ..order(Goal::Apply, vec![unit]) };
    let mut run = Run::start(&home, &with).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    run.approve_all();
    wait_for(&begun);
    let group = folder::of_unit(&run.folder, "a").join("apply.group");
    let group = std::fs::read_to_string(group).expect("a file").parse().expect("a number");
    let around = Pid::from_raw(group).expect("a process");
    kill_process(around, Signal::KILL).expect("it is there");
    // The supervisor has noticed its end.
    while test_kill_process(around).is_ok() {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::write(&go, "").expect("a file");
    assert_eq!(run.end(false), RunEnd::Failed);
    let end = run.unit_end("a");
    assert!(matches!(end, UnitEnd::Failed { .. }), "its hook did not run: {end:?}");
    assert!(run.state.leftovers.is_empty(), "Terraform has created everything and written the state: {:#?}", run.state);
}

#[tokio::test]
async fn unit_that_generates_code_while_planning_is_planned_again_and_applied() {
    let home = Home::new();
    let mut unit = unit(&home, "a", &[], PLAIN);
    let script = format!("date +#%s%N > {}", unit.dir.join("built.tf").display());
    std::fs::write(unit.dir.join("terragrunt.hcl"), hook("before", "plan", &script)).expect("a file");
    unit.tool = Tool::Terragrunt;
    let with = RunOrder { terragrunt: Some(terragrunt()), ..order(Goal::Apply, vec![unit.clone()]) };
    let mut run = Run::start(&home, &with).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    let notes: Vec<&str> = run.state.notes.iter().map(|(_, text)| text.as_str()).collect();
    assert!(notes.iter().any(|text| text.contains("planning changes its own code: built.tf")), "{notes:?}");
    // A later change by a person is not part of it.
    std::fs::write(unit.dir.join("main.tf"), PLAIN.replace("\"one\"", "\"two\"")).expect("a file");
    run.approve_all();
    run.until("another plan", false, |state| {
        state.notes.iter().any(|(_, text)| text.contains("the code has changed since it was planned"))
    });
    assert_eq!(run.end(true), RunEnd::Done);
    let events = std::fs::read_to_string(run.folder.join(folder::EVENTS)).expect("text");
    assert!(events.matches(r#""event":"plan_stale""#).count() <= 3, "{events}");
}
