//! Hooks of Terragrunt: what they do to a run that they fail in, or whose code they write.

use crate::ahead::terragrunt;
use crate::support::Home;
use crate::{PLAIN, Run, order, unit, wait_for};
use cockpit::infra::run::folder;
use cockpit::model::infra::run_event::{Goal, RunEnd, UnitEnd};
use cockpit::model::infra::{Order, Tool};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::time::Duration;

fn hook(kind: &str, at: &str, script: &str) -> String {
    format!(
        "terraform {{\n  {kind}_hook \"it\" {{\n    commands = [\"{at}\"]\n    execute  = [\"sh\", \"-c\", \"{script}\"]\n  }}\n}}\n"
    )
}

#[tokio::test]
async fn a_hook_that_fails_after_the_apply_fails_its_unit_also_where_the_supervisor_was_killed_meanwhile() {
    let home = Home::new();
    let mut unit = unit(&home, "a", &[], PLAIN);
    let (begun, go) = (unit.dir.join("begun"), unit.dir.join("go"));
    let script = format!("touch {}; while [ ! -e {} ]; do sleep 0.05; done; exit 3", begun.display(), go.display());
    std::fs::write(unit.dir.join("terragrunt.hcl"), hook("after", "apply", &script)).expect("a file");
    (unit.tool, unit.around.apply_hooks) = (Tool::Terragrunt, true);
    let with = Order { terragrunt: Some(terragrunt()), ..order(Goal::Apply, vec![unit]) };
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
async fn an_apply_whose_terragrunt_was_killed_is_over_when_terraform_is() {
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
    let with = Order { terragrunt: Some(terragrunt()), ..order(Goal::Apply, vec![unit]) };
    let mut run = Run::start(&home, &with).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    run.approve_all();
    wait_for(&begun);
    let group = folder::of_unit(&run.folder, "a").join("apply.group");
    let group = std::fs::read_to_string(group).expect("a file").parse().expect("a number");
    let around = Pid::from_raw(group).expect("a process");
    kill_process(around, Signal::KILL).expect("it is there");
    // The supervisor has heard of its end.
    while test_kill_process(around).is_ok() {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::write(&go, "").expect("a file");
    assert_eq!(run.end(false), RunEnd::Failed);
    let end = run.unit_end("a");
    assert!(matches!(end, UnitEnd::Failed { .. }), "its hook did not run: {end:?}");
    assert!(run.state.left.is_empty(), "Terraform has made all and written it: {:#?}", run.state);
}

#[tokio::test]
async fn a_unit_whose_plan_writes_its_own_code_is_planned_once_more_and_applied() {
    let home = Home::new();
    let mut unit = unit(&home, "a", &[], PLAIN);
    let script = format!("date +#%s%N > {}", unit.dir.join("built.tf").display());
    std::fs::write(unit.dir.join("terragrunt.hcl"), hook("before", "plan", &script)).expect("a file");
    unit.tool = Tool::Terragrunt;
    let with = Order { terragrunt: Some(terragrunt()), ..order(Goal::Apply, vec![unit.clone()]) };
    let mut run = Run::start(&home, &with).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    let notes: Vec<&str> = run.state.notes.iter().map(|(_, text)| text.as_str()).collect();
    assert!(notes.iter().any(|text| text.contains("planning changes its own code: built.tf")), "{notes:?}");
    // What a person changes after that is another thing.
    std::fs::write(unit.dir.join("main.tf"), PLAIN.replace("\"one\"", "\"two\"")).expect("a file");
    run.approve_all();
    run.until("another plan", false, |state| {
        state.notes.iter().any(|(_, text)| text.contains("the code has changed since it was planned"))
    });
    assert_eq!(run.end(true), RunEnd::Done);
    let events = std::fs::read_to_string(run.folder.join(folder::EVENTS)).expect("text");
    assert!(events.matches(r#""event":"plan_stale""#).count() <= 3, "{events}");
}
