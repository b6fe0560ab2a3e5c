//! Failures around a run: nothing is lost, and a state is not touched in doubt.

use crate::infra_runs::{PLAIN, Run, applying, cockpit, in_state, order, terraform, unit};
use crate::support::{Home, World, run};
use cockpit::infra::run::folder;
use cockpit::model::infra::run_event::{Goal, RequestKind, RunEnd, UnitEnd};
use rustix::process::{Pid, Signal, kill_process};
use std::process::{Command, Stdio};

#[tokio::test]
async fn resources_in_creation_at_a_kill_are_named_even_after_a_retry() {
    let home = Home::new();
    let (units, mut run) = applying(&home).await;
    run.until("its created resources", false, |state| {
        let resources = &state.units["a"].resources;
        resources
            .get("terraform_data.waits")
            .is_some_and(|one| one.phase == cockpit::model::infra::run::ResourcePhase::Applying)
            && state.units["a"].pid.is_some()
    });
    let leaf = run.state.units["a"].pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("a process");
    kill_process(leaf, Signal::KILL).expect("it is there");
    assert_eq!(run.end(false), RunEnd::Failed);
    let left: Vec<&str> = run.state.leftovers.keys().map(|(_, address)| address.as_str()).collect();
    assert_eq!(left, ["terraform_data.waits"]);
    let notes: Vec<&str> = run.state.notes.iter().map(|(_, text)| text.as_str()).collect();
    assert!(notes.iter().any(|text| text.contains("may exist and be in no state: terraform_data.waits")), "{notes:?}");
    assert!(notes.iter().any(|text| text.contains("cockpit infra orphans")), "{notes:?}");
    std::fs::write(units[0].dir.join("go"), "").expect("a file");
    run.ask(RequestKind::Retry);
    run.resume().await;
    run.until("the retry", false, |state| state.end.is_none());
    assert_eq!(run.end(true), RunEnd::Done);
    assert_eq!(run.state.leftovers.len(), 0, "it was created nevertheless");
    assert_eq!(in_state(&units[1]), ["terraform_data.it"]);
}

#[tokio::test]
async fn unit_with_removed_folder_fails_and_names_the_folder() {
    let home = Home::new();
    let units = vec![unit(&home, "a", &[], PLAIN), unit(&home, "b", &[], PLAIN)];
    let mut run = Run::start(&home, &order(Goal::Apply, units.clone())).await.expect("it starts");
    run.until("plans", false, |state| state.to_review().count() == 2);
    std::fs::remove_dir_all(&units[0].dir).expect("it is removed");
    assert_eq!(run.end(true), RunEnd::Failed);
    assert!(
        matches!(run.unit_end("a"), UnitEnd::Failed { why } if why.contains("no folder")),
        "{:?}",
        run.unit_end("a")
    );
    assert_eq!(run.unit_end("b"), &UnitEnd::Done);
}

#[tokio::test]
async fn replaced_plan_file_is_not_applied() {
    let home = Home::new();
    let units = vec![unit(&home, "a", &[], PLAIN)];
    let mut run = Run::start(&home, &order(Goal::Apply, units.clone())).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    let sha256 = run.state.units["a"].plan.as_ref().expect("a plan").sha256.clone();
    std::fs::write(folder::plan_file(&run.folder, "a"), "of another version").expect("it is written");
    run.ask(RequestKind::Approve { unit: "a".into(), sha256 });
    run.until("it to be planned again", false, |state| {
        state.notes.iter().any(|(_, text)| text.contains("not the one that was approved"))
    });
    assert!(in_state(&units[0]).is_empty());
    assert_eq!(run.end(true), RunEnd::Done);
}

#[tokio::test]
async fn stale_plan_is_made_and_confirmed_again() {
    let home = Home::new();
    let units = vec![unit(&home, "a", &[], PLAIN)];
    let mut run = Run::start(&home, &order(Goal::Apply, units.clone())).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    let first = run.state.units["a"].plan.clone().expect("a plan").sha256;
    // Somebody else applies meanwhile.
    let applied = Command::new(terraform())
        .args(["apply", "-auto-approve", "-input=false", "-var=word=other"])
        .current_dir(&units[0].dir)
        .env_remove("TF_CLI_CONFIG_FILE")
        .stdin(Stdio::null())
        .output()
        .expect("terraform runs");
    assert!(applied.status.success(), "{applied:?}");
    run.ask(RequestKind::Approve { unit: "a".into(), sha256: first.clone() });
    run.until("another plan", false, |state| state.to_review().any(|(_, plan)| plan.sha256 != first));
    let second = run.state.units["a"].plan.clone().expect("a plan");
    assert_eq!((second.summary.add, second.summary.change), (0, 1), "it is based on the current state");
    // The code changes: the reviewed plan is no longer what would be applied.
    std::fs::write(units[0].dir.join("main.tf"), PLAIN.replace("\"one\"", "\"two\"")).expect("a file");
    run.ask(RequestKind::Approve { unit: "a".into(), sha256: second.sha256.clone() });
    run.until("a third plan", false, |state| state.to_review().any(|(_, plan)| plan.sha256 != second.sha256));
    let why: Vec<&str> = run.state.notes.iter().map(|(_, text)| text.as_str()).collect();
    assert!(why.iter().any(|text| text.contains("the state was changed")), "{why:?}");
    assert!(why.iter().any(|text| text.contains("the code has changed")), "{why:?}");
    assert_eq!(run.end(true), RunEnd::Done);
}

#[tokio::test]
async fn missing_workspace_is_not_created() {
    let home = Home::new();
    let mut unit = unit(&home, "a", &[], PLAIN);
    unit.workspace = Some("nowhere".into());
    let mut run = Run::start(&home, &order(Goal::Apply, vec![unit.clone()])).await.expect("it starts");
    assert_eq!(run.end(true), RunEnd::Failed);
    assert!(
        matches!(run.unit_end("a"), UnitEnd::Failed { why } if why.contains("there is no workspace nowhere")),
        "{:?}",
        run.unit_end("a")
    );
    assert!(!unit.dir.join("terraform.tfstate.d/nowhere/terraform.tfstate").exists());
}

#[tokio::test]
async fn run_has_one_supervisor_and_a_signal_to_it_is_a_cancel() {
    let home = Home::new();
    let (units, mut run) = applying(&home).await;
    let second = Command::new(cockpit())
        .args(["internal", "infra-supervisor"])
        .arg(&run.folder)
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert!(!second.status.success());
    let output = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(output.contains("another process drives it"), "{output}");
    run.until("its process to be known", false, |state| state.units["a"].pid.is_some());
    kill_process(run.supervisor(), Signal::TERM).expect("it is there");
    run.until("the cancel", false, |state| state.cancel.is_some());
    // On a busy machine the run may have ended by now.
    let sent = kill_process(run.supervisor(), Signal::TERM);
    assert!(matches!(sent, Ok(()) | Err(rustix::io::Errno::SRCH)), "{sent:?}");
    assert_eq!(run.end(false), RunEnd::Cancelled);
    assert_eq!(
        run.state.cancel.as_ref().map(|(_, hard)| *hard),
        Some(false),
        "a second signal does not end it at once"
    );
    assert!(in_state(&units[0]).contains(&"terraform_data.first".to_owned()));
    assert!(!units[0].dir.join(".terraform.tfstate.lock.info").exists());
}

const REAL: &str = r#"{"version":4,"terraform_version":"1.11.4","serial":7,"lineage":"real","outputs":{},"resources":[
  {"mode":"managed","type":"aws_vpc","name":"a","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]",
   "instances":[{"schema_version":1,"attributes":{"id":"vpc-1"}}]}]}"#;

#[test]
fn state_stored_in_aws_is_not_planned_against_a_custom_endpoint() {
    let home = Home::with(
        r#"
[environments.lab.infra]
kind = "terraform"
units = [{ name = "a", dir = "units/a" }, { name = "b", dir = "units/b", depends_on = ["a"] }]
"#,
    );
    let real = unit(&home, "a", &[], PLAIN).dir.join("terraform.tfstate");
    unit(&home, "b", &["a"], PLAIN);
    std::fs::write(&real, REAL).expect("a state");
    let elsewhere = ["--endpoint-url", "http://127.0.0.1:9"];
    let words = |rest: &[&'static str]| [&["infra"], rest, &elsewhere[..]].concat();
    for rest in [
        &["plan", "lab"][..],
        &["drift", "lab"],
        &["apply", "lab", "--yes"],
        &["destroy", "lab", "--yes", "--confirm", "lab"],
        // It would read the outputs of real resources.
        &["plan", "lab", "--unit", "b"],
    ] {
        let output = run(&mut home.at(None), words(rest)).exits(4);
        assert!(
            output.err.contains("1 resource of AWS itself") && output.err.contains("hint: leave --endpoint-url"),
            "{output:?}"
        );
    }
    assert_eq!(std::fs::read_to_string(&real).expect("a state"), REAL);
    let listed = run(&mut home.at(None), ["infra", "runs", "--env", "lab", "-o", "json"]).exits(0).json();
    assert_eq!(listed["runs"].as_array().map(Vec::len), Some(0), "a refused command leaves no run");
    // Without resources the state may belong to any endpoint.
    std::fs::remove_file(&real).expect("it is removed");
    run(&mut home.at(None), words(&["plan", "lab"])).exits(0);
}

#[test]
fn target_warns_replacement_is_planned_and_the_unit_graph_shows_its_resources() {
    let home =
        Home::with("[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n");
    unit(&home, "a", &[], PLAIN);
    let typed = |words: &[&str]| run(&mut home.at(None), words);
    typed(&["infra", "graph", "lab", "--unit", "a", "--format", "dot"]).exits(2);
    let part = typed(&["infra", "plan", "lab", "--target", "terraform_data.it"]).exits(0);
    assert!(part.err.contains("warning: --target plans a part alone"), "{part:?}");
    typed(&["infra", "apply", "lab", "--yes"]).exits(0);
    let again = typed(&["infra", "plan", "lab", "--replace", "terraform_data.it", "-o", "json"]).exits(0).json();
    assert_eq!(again["units"][0]["plan"]["changes"][0]["action"], "replace", "{again}");
    // Terraform silently ignores an unknown address, and the request would have no effect.
    for words in [
        &["infra", "replace", "lab", "--unit", "a", "terraform_data.its", "--yes"][..],
        &["infra", "plan", "lab", "--replace", "terraform_data.its"],
        &["infra", "apply", "lab", "--target", "terraform_data.its", "--yes"],
    ] {
        let wrong = typed(words).exits(1);
        assert!(wrong.err.contains("did you mean `terraform_data.it`?"), "{wrong:?}");
    }
    let dot = typed(&["infra", "graph", "lab", "--unit", "a", "--format", "dot"]).exits(0);
    assert!(dot.out.contains("\"terraform_data.it\""), "{dot:?}");
    let none = typed(&["infra", "orphans", "--env", "lab"]).exits(0);
    assert!(none.out.contains("nothing was under way"), "{none:?}");
}

#[test]
fn state_change_outside_a_run_is_refused_with_credentials_of_another_account() {
    let home = Home::with(
        "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n\
         [environments.other]\naccount = \"999999999999\"\nregion = \"ap-northeast-1\"\n\
         [environments.other.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\", workspace = \"new\" }]\n",
    );
    let unit = unit(&home, "a", &[], PLAIN);
    run(&mut home.at(None), ["infra", "apply", "lab", "--yes"]).exits(0);
    let state = std::fs::read_to_string(unit.dir.join("terraform.tfstate")).expect("a state");
    let kept = home.write("kept.tfstate", &state);
    let world = World::staging();
    let refused = |words: &[&str]| {
        let output = run(&mut home.on(&world), words).exits(4);
        assert!(output.err.contains("999999999999"), "{output:?}");
    };
    refused(&["infra", "init", "other", "--new-workspace"]);
    assert!(!unit.dir.join("terraform.tfstate.d").exists(), "no workspace is created");
    run(&mut home.at(None), ["infra", "init", "lab"]).exits(0);
    std::fs::create_dir_all(unit.dir.join("terraform.tfstate.d/new")).expect("a folder");
    refused(&["infra", "state", "push", "other", "--from", kept.to_str().expect("text"), "--yes"]);
    assert!(!unit.dir.join("terraform.tfstate.d/new/terraform.tfstate").exists(), "nothing is pushed");
}

#[test]
fn unwritten_state_is_shown_and_pushed_after_a_yes() {
    let home =
        Home::with("[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n");
    let unit = unit(&home, "a", &[], PLAIN);
    let typed = |words: &[&str]| run(&mut home.at(None), words);
    assert!(typed(&["infra", "state", "push", "lab"]).exits(0).err.contains("no unit of lab has a state"));
    typed(&["infra", "apply", "lab", "--yes"]).exits(0);
    // As left by Terraform when the state could not be written after an apply.
    let state = std::fs::read_to_string(unit.dir.join("terraform.tfstate")).expect("a state");
    let mut value: serde_json::Value = serde_json::from_str(&state).expect("JSON");
    value["serial"] = serde_json::json!(value["serial"].as_u64().expect("a number") + 1);
    value["resources"][0]["instances"][0]["attributes"]["input"]["value"] = "two".into();
    let kept = unit.dir.join("errored.tfstate");
    std::fs::write(&kept, value.to_string()).expect("a state");
    let listed = typed(&["infra", "orphans", "--env", "lab"]).exits(0);
    assert!(listed.out.contains("errored.tfstate") || listed.err.contains("errored.tfstate"), "{listed:?}");
    let refused = typed(&["infra", "state", "push", "lab"]).exits(4);
    assert!(refused.err.contains("lineage") && kept.exists(), "{refused:?}");
    typed(&["infra", "state", "push", "lab", "--read-only", "--yes"]).exits(4);
    typed(&["infra", "state", "push", "lab", "--yes"]).exits(0);
    assert!(!kept.exists());
    let now = std::fs::read_to_string(unit.dir.join("terraform.tfstate")).expect("a state");
    assert!(now.contains("\"two\""), "{now}");
    let audit = std::fs::read_to_string(home.path().join(".local/state/cockpit/audit.jsonl")).expect("an audit file");
    let written: Vec<&str> =
        audit.lines().filter(|line| line.contains("cockpit infra state push lab --unit a")).collect();
    assert!(matches!(written[..], [line] if line.contains("\"outcome\":\"done\"")), "{audit}");
    // A state with another lineage replaces nothing.
    value["lineage"] = "another".into();
    std::fs::write(&kept, value.to_string()).expect("a state");
    let other = typed(&["infra", "state", "push", "lab", "--yes"]).exits(4);
    assert!(other.err.contains("of another state"), "{other:?}");
}
