//! Runs as typed: exit codes, refusals, and what is left for another command.

#[path = "approvals.rs"]
mod approvals;
#[path = "ended.rs"]
mod ended;

use crate::infra_runs::{PATIENCE, PLAIN, unit};
use crate::support::{Home, Output, World, run, until};
use cockpit::infra::run::folder;
use cockpit::model::suggested_commands::{names_environment, suggested_commands};

/// Runs the program as typed.
fn typed(home: &Home, words: &[&str]) -> Output {
    run(&mut home.at(None), words)
}

/// The listed runs, the latest first.
fn listed(home: &Home) -> serde_json::Value {
    typed(home, &["infra", "runs", "--env", "lab", "-o", "json"]).json()
}

/// Whether a plan of the latest run waits for approval.
fn waits(home: &Home) -> bool {
    listed(home)["runs"][0]["waiting"] == 1
}

/// A configuration with two units of an environment that exists only in folders.
fn configured() -> Home {
    let home = Home::with(
        r#"
[environments.lab.infra]
kind = "terraform"
units = [
  { name = "a", dir = "units/a", depends_on = [] },
  { name = "b", dir = "units/b", depends_on = ["a"] },
]
"#,
    );
    unit(&home, "a", &[], PLAIN);
    unit(&home, "b", &["a"], PLAIN);
    home
}

#[test]
fn plan_exit_code_shows_changes_and_apply_needs_a_yes() {
    let home = configured();
    let plan = typed(&home, &["infra", "plan", "lab", "--detailed-exitcode"]).exits(2);
    assert!(plan.out.contains("a  +1 ~0 -0") && plan.out.contains("terraform_data.it"), "{plan:?}");
    let refused = typed(&home, &["infra", "apply", "lab"]).exits(4);
    assert!(refused.err.contains("--yes"), "{refused:?}");
    assert!(!home.path().join("units/a/terraform.tfstate").exists());
    typed(&home, &["infra", "apply", "lab", "--read-only", "--yes"]).exits(4);
    let applied = typed(&home, &["infra", "apply", "lab", "--yes", "--json"]).exits(0);
    let events: Vec<serde_json::Value> =
        applied.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(
        (events[0]["event"].as_str(), events[events.len() - 1]["end"].as_str()),
        (Some("started"), Some("done"))
    );
    assert!(applied.err.contains("b: terraform_data.it: creating"), "{applied:?}");
    typed(&home, &["infra", "plan", "lab", "--detailed-exitcode"]).exits(0);
    std::fs::write(home.path().join("units/b/main.tf"), "broken {").expect("a file");
    let broken = typed(&home, &["infra", "plan", "lab", "--unit", "b", "--detailed-exitcode"]).exits(1);
    assert!(broken.err.contains("main.tf"), "{broken:?}");
    let listed = typed(&home, &["infra", "runs", "--env", "lab", "-o", "json"]).exits(0).json();
    let runs = listed["runs"].as_array().expect("runs");
    assert!(runs.len() == 3 && runs.iter().all(|run| run["state"] == "done"), "{listed}");
    // It cannot be undone: a yes alone is not enough.
    std::fs::write(home.path().join("units/b/main.tf"), PLAIN).expect("a file");
    typed(&home, &["infra", "destroy", "lab", "--yes"]).exits(4);
}

#[test]
fn detached_run_is_approved_and_followed_by_another_command() {
    let home = configured();
    let module = format!("{PLAIN}\nmodule \"inner\" {{ source = \"./inner\" }}\n");
    let inner = unit(&home, "a", &[], &module).dir.join("inner");
    std::fs::create_dir_all(&inner).expect("a folder");
    std::fs::write(inner.join("main.tf"), "locals { nothing = 0 }\n").expect("a file");
    let left = typed(&home, &["infra", "apply", "lab", "--detach"]).exits(7);
    assert!(left.err.contains("cockpit infra attach"), "{left:?}");
    let second = typed(&home, &["infra", "plan", "lab"]).exits(4);
    assert!(second.err.contains("going on"), "{second:?}");
    until("a plan that waits", PATIENCE, || waits(&home).then_some(()));
    // The cache of a waiting plan is not removed.
    let cache = home.path().join("units/a/.terraform");
    assert!(typed(&home, &["infra", "clean", "lab", "--unit", "a"]).exits(3).err.contains("is going on"));
    assert!(cache.is_dir());
    // Nobody can be asked here: the possible answers are printed, and the run is left.
    let unanswered = typed(&home, &["infra", "attach", "--env", "lab"]).exits(7);
    assert!(
        unanswered.err.contains("a waits for a yes") && unanswered.err.contains("--yes answers here"),
        "{unanswered:?}"
    );
    assert!(
        unanswered.err.contains("`cockpit infra approve ") && unanswered.err.contains("the run continues"),
        "{unanswered:?}"
    );
    for offered in suggested_commands(&left.err).into_iter().chain(suggested_commands(&unanswered.err)) {
        assert!(names_environment(offered, "lab"), "{offered}");
    }
    typed(&home, &["infra", "approve", "--env", "lab", "--plan", "0000", "--yes"]).exits(2);
    typed(&home, &["infra", "approve", "--env", "lab"]).exits(4);
    let approved = typed(&home, &["infra", "approve", "--env", "lab", "--unit", "a", "--yes"]).exits(0);
    assert!(approved.out.contains("terraform_data.it"), "{approved:?}");
    typed(&home, &["infra", "cancel", "--env", "lab", "--hard", "yes"]).exits(2);
    typed(&home, &["infra", "attach", "--env", "lab", "--yes"]).exits(0);
    typed(&home, &["infra", "clean", "lab", "--unit", "a"]).exits(0);
    assert!(!cache.exists());
    typed(&home, &["infra", "cancel", "--env", "lab"]).exits(2);
    typed(&home, &["infra", "resume", "--env", "lab"]).exits(2);
}

#[test]
fn guarded_environment_run_needs_more_than_a_yes() {
    let home = Home::with(
        "[environments.lab]\nguarded = true\n[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n",
    );
    unit(&home, "a", &[], PLAIN);
    typed(&home, &["infra", "apply", "lab", "--detach"]).exits(7);
    until("a plan that waits", PATIENCE, || waits(&home).then_some(()));
    for (flags, why) in
        [(&["--yes"][..], "lab is guarded"), (&["--yes", "--confirm", "other"], "--confirm names other")]
    {
        let output = typed(&home, &[&["infra", "attach", "--env", "lab"], flags].concat()).exits(4);
        assert!(output.err.contains(why), "{output:?}");
    }
    // With --read-only it cannot approve, and does not wait for somebody who can.
    let output = typed(&home, &["infra", "attach", "--env", "lab", "--read-only", "--yes"]).exits(7);
    assert!(output.err.contains("approve"), "{output:?}");
    assert!(waits(&home), "{}", listed(&home));
    typed(&home, &["infra", "attach", "--env", "lab", "--yes", "--confirm", "lab"]).exits(0);
}

#[test]
fn nothing_is_applied_to_an_unknown_account() {
    let home = Home::with(
        "[environments.lab]\naccount = \"123456789012\"\nregion = \"eu-west-1\"\n[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n",
    );
    unit(&home, "a", &[], PLAIN);
    let world = World::staging();
    let infra = |words: &str| run(&mut home.on(&world), ["infra"].into_iter().chain(words.split(' ')));
    world.fault("sts:GetCallerIdentity", "denied");
    for goal in ["apply", "destroy"] {
        let output = infra(&format!("{goal} lab --yes --confirm lab")).exits(4);
        assert!(output.err.contains("the account of these credentials is not known"), "{output:?}");
    }
    assert!(!home.path().join("units/a/terraform.tfstate").exists());
    let output = infra("plan lab").exits(0);
    assert!(output.err.contains("the account could not be read from AWS"), "{output:?}");
    world.clear_faults();
    infra("apply lab --yes").exits(0);
}

#[test]
fn request_to_a_run_with_killed_supervisor_explains_how_to_resume_it() {
    let home =
        Home::with("[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n");
    unit(&home, "a", &[], PLAIN);
    typed(&home, &["infra", "apply", "lab", "--detach"]).exits(7);
    until("a plan that waits", PATIENCE, || waits(&home).then_some(()));
    let listed = listed(&home);
    let run =
        home.path().join(".local/state/cockpit/runs/lab").join(listed["runs"][0]["run"].as_str().expect("a name"));
    let events = std::fs::read_to_string(run.join(folder::EVENTS)).expect("events");
    let first: serde_json::Value = serde_json::from_str(events.lines().next().expect("a line")).expect("JSON");
    let pid = u32::try_from(first["pid"].as_u64().expect("a process")).expect("a number");
    crate::support::signal(pid, rustix::process::Signal::KILL);
    // The system takes a moment to release its lock.
    until("its end", PATIENCE, || (!folder::has_supervisor(&run).expect("a lock")).then_some(()));
    let cancelled = typed(&home, &["infra", "cancel", "--env", "lab"]).exits(2);
    assert!(
        cancelled.err.contains("its supervisor was killed") && cancelled.err.contains("infra resume"),
        "{cancelled:?}"
    );
    let approved = typed(&home, &["infra", "approve", "--env", "lab", "--yes"]).exits(2);
    assert!(approved.err.contains("its supervisor was killed"), "{approved:?}");
    typed(&home, &["infra", "resume", "--env", "lab", "--yes"]).exits(0);
}

#[test]
fn plan_shows_the_usual_duration_of_changes_and_of_past_runs() {
    let home =
        Home::with("[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n");
    let slow = |word: &str| {
        format!(
            "resource \"terraform_data\" \"slow\" {{\n  triggers_replace = [\"{word}\"]\n  provisioner \"local-exec\" {{ command = \"sleep 2\" }}\n}}\n"
        )
    };
    unit(&home, "a", &[], &slow("one"));
    let first = typed(&home, &["infra", "plan", "lab"]).exits(0);
    assert!(!first.out.contains("usually"), "the author is not known yet: {first:?}");
    typed(&home, &["infra", "apply", "lab", "--yes"]).exits(0);
    // It is created again, which takes the same time.
    std::fs::remove_file(home.path().join("units/a/terraform.tfstate")).expect("it is removed");
    let again = typed(&home, &["infra", "plan", "lab"]).exits(0);
    assert!(again.out.contains("its changes usually take"), "{again:?}");
    let json = typed(&home, &["infra", "plan", "lab", "-o", "json"]).exits(0).json();
    assert!(json["units"][0]["usual_seconds"].as_u64().is_some_and(|seconds| (2..60).contains(&seconds)), "{json}");
    typed(&home, &["infra", "apply", "lab", "--detach"]).exits(7);
    let left = || listed(&home)["runs"][0]["seconds_left"].as_u64();
    let left = until("the remaining processes", PATIENCE, left);
    assert!((1..60).contains(&left), "{left}");
    let runs = listed(&home);
    let apply =
        runs["runs"].as_array().expect("runs").iter().find(|run| run["state"] == "done" && run["goal"] == "apply");
    assert!(apply.is_some_and(|run| run["seconds"].as_u64() >= Some(2) && run["seconds_left"].is_null()), "{runs}");
    typed(&home, &["infra", "cancel", "--env", "lab"]).exits(0);
}

#[test]
fn shell_variables_that_would_change_a_plan_are_dropped_and_named() {
    let home =
        Home::with("[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n");
    unit(&home, "a", &[], PLAIN);
    let output = run(home.at(None).env("TF_VAR_word", "unwanted"), ["infra", "plan", "lab", "-o", "json"]).exits(0);
    assert!(output.err.contains("inherited variables that are not handed on: TF_VAR_word"), "{output:?}");
    assert!(output.out.contains("one") && !output.out.contains("unwanted"), "{output:?}");
}
