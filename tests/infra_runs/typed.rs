//! Runs as they are typed: exit codes, what is refused, what is left for another command.

#[path = "asked.rs"]
mod asked;
#[path = "ended.rs"]
mod ended;

use crate::support::{Home, Said, World, run, until};
use crate::{PATIENCE, PLAIN, unit};
use cockpit::infra::run::folder;
use cockpit::model::offered::{commands, names_it};

/// The program as it is typed.
fn typed(home: &Home, words: &[&str]) -> Said {
    run(&mut home.at(None), words)
}

/// The runs that are listed, the latest first.
fn listed(home: &Home) -> serde_json::Value {
    typed(home, &["infra", "runs", "--env", "lab", "-o", "json"]).json()
}

/// Whether a plan of the latest run waits for a yes.
fn waits(home: &Home) -> bool {
    listed(home)["runs"][0]["waiting"] == 1
}

/// A configuration with two units of an environment that is nowhere but in folders.
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
fn a_plan_says_by_its_exit_code_whether_something_would_change_and_an_apply_needs_a_yes() {
    let home = configured();
    let plan = typed(&home, &["infra", "plan", "lab", "--detailed-exitcode"]).coded(2);
    assert!(plan.out.contains("a  +1 ~0 -0") && plan.out.contains("terraform_data.it"), "{plan:?}");
    let refused = typed(&home, &["infra", "apply", "lab"]).coded(4);
    assert!(refused.err.contains("--yes"), "{refused:?}");
    assert!(!home.path().join("units/a/terraform.tfstate").exists());
    typed(&home, &["infra", "apply", "lab", "--read-only", "--yes"]).coded(4);
    let applied = typed(&home, &["infra", "apply", "lab", "--yes", "--json"]).coded(0);
    let events: Vec<serde_json::Value> =
        applied.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(
        (events[0]["event"].as_str(), events[events.len() - 1]["end"].as_str()),
        (Some("started"), Some("done"))
    );
    assert!(applied.err.contains("b: terraform_data.it: creating"), "{applied:?}");
    typed(&home, &["infra", "plan", "lab", "--detailed-exitcode"]).coded(0);
    std::fs::write(home.path().join("units/b/main.tf"), "broken {").expect("a file");
    let broken = typed(&home, &["infra", "plan", "lab", "--unit", "b", "--detailed-exitcode"]).coded(1);
    assert!(broken.err.contains("main.tf"), "{broken:?}");
    let listed = typed(&home, &["infra", "runs", "--env", "lab", "-o", "json"]).coded(0).json();
    let runs = listed["runs"].as_array().expect("runs");
    assert!(runs.len() == 3 && runs.iter().all(|run| run["state"] == "done"), "{listed}");
    // It cannot be taken back: a yes alone is not enough.
    std::fs::write(home.path().join("units/b/main.tf"), PLAIN).expect("a file");
    typed(&home, &["infra", "destroy", "lab", "--yes"]).coded(4);
}

#[test]
fn a_run_that_is_left_is_approved_and_followed_by_another_command() {
    let home = configured();
    let module = format!("{PLAIN}\nmodule \"inner\" {{ source = \"./inner\" }}\n");
    let inner = unit(&home, "a", &[], &module).dir.join("inner");
    std::fs::create_dir_all(&inner).expect("a folder");
    std::fs::write(inner.join("main.tf"), "locals { nothing = 0 }\n").expect("a file");
    let left = typed(&home, &["infra", "apply", "lab", "--detach"]).coded(7);
    assert!(left.err.contains("cockpit infra attach"), "{left:?}");
    let second = typed(&home, &["infra", "plan", "lab"]).coded(4);
    assert!(second.err.contains("going on"), "{second:?}");
    until("a plan that waits", PATIENCE, || waits(&home).then_some(()));
    // What a plan that waits was made with is not removed under it.
    let cache = home.path().join("units/a/.terraform");
    assert!(typed(&home, &["infra", "clean", "lab", "--unit", "a"]).coded(3).err.contains("is going on"));
    assert!(cache.is_dir());
    // Nobody can be asked here: what answers is said, and the run is left.
    let asked = typed(&home, &["infra", "attach", "--env", "lab"]).coded(7);
    assert!(asked.err.contains("a waits for a yes") && asked.err.contains("--yes answers here"), "{asked:?}");
    assert!(asked.err.contains("`cockpit infra approve ") && asked.err.contains("the run goes on"), "{asked:?}");
    for offered in commands(&left.err).into_iter().chain(commands(&asked.err)) {
        assert!(names_it(offered, "lab"), "{offered}");
    }
    typed(&home, &["infra", "approve", "--env", "lab", "--plan", "0000", "--yes"]).coded(2);
    typed(&home, &["infra", "approve", "--env", "lab"]).coded(4);
    let approved = typed(&home, &["infra", "approve", "--env", "lab", "--unit", "a", "--yes"]).coded(0);
    assert!(approved.out.contains("terraform_data.it"), "{approved:?}");
    typed(&home, &["infra", "cancel", "--env", "lab", "--hard", "yes"]).coded(2);
    typed(&home, &["infra", "attach", "--env", "lab", "--yes"]).coded(0);
    typed(&home, &["infra", "clean", "lab", "--unit", "a"]).coded(0);
    assert!(!cache.exists());
    typed(&home, &["infra", "cancel", "--env", "lab"]).coded(2);
    typed(&home, &["infra", "resume", "--env", "lab"]).coded(2);
}

#[test]
fn a_run_of_a_guarded_environment_goes_on_where_a_yes_to_it_is_not_enough() {
    let home = Home::with(
        "[environments.lab]\nguarded = true\n[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n",
    );
    unit(&home, "a", &[], PLAIN);
    typed(&home, &["infra", "apply", "lab", "--detach"]).coded(7);
    until("a plan that waits", PATIENCE, || waits(&home).then_some(()));
    for (flags, why) in
        [(&["--yes"][..], "lab is guarded"), (&["--yes", "--confirm", "other"], "--confirm names other")]
    {
        let said = typed(&home, &[&["infra", "attach", "--env", "lab"], flags].concat()).coded(4);
        assert!(said.err.contains(why), "{said:?}");
    }
    // Who may change nothing cannot answer either, and is not kept waiting for somebody who can.
    let said = typed(&home, &["infra", "attach", "--env", "lab", "--read-only", "--yes"]).coded(7);
    assert!(said.err.contains("approve"), "{said:?}");
    assert!(waits(&home), "{}", listed(&home));
    typed(&home, &["infra", "attach", "--env", "lab", "--yes", "--confirm", "lab"]).coded(0);
}

#[test]
fn nothing_is_applied_where_nobody_knows_whose_account_it_is() {
    let home = Home::with(
        "[environments.lab]\naccount = \"123456789012\"\nregion = \"eu-west-1\"\n[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n",
    );
    unit(&home, "a", &[], PLAIN);
    let world = World::staging();
    let infra = |words: &str| run(&mut home.on(&world), ["infra"].into_iter().chain(words.split(' ')));
    world.fault("sts:GetCallerIdentity", "denied");
    for goal in ["apply", "destroy"] {
        let said = infra(&format!("{goal} lab --yes --confirm lab")).coded(4);
        assert!(said.err.contains("the account of these credentials is not known"), "{said:?}");
    }
    assert!(!home.path().join("units/a/terraform.tfstate").exists());
    let said = infra("plan lab").coded(0);
    assert!(said.err.contains("could not be asked whose account this is"), "{said:?}");
    world.clear_faults();
    infra("apply lab --yes").coded(0);
}

#[test]
fn what_is_asked_of_a_run_whose_supervisor_was_killed_says_how_it_is_taken_up() {
    let home =
        Home::with("[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n");
    unit(&home, "a", &[], PLAIN);
    typed(&home, &["infra", "apply", "lab", "--detach"]).coded(7);
    until("a plan that waits", PATIENCE, || waits(&home).then_some(()));
    let listed = listed(&home);
    let run =
        home.path().join(".local/state/cockpit/runs/lab").join(listed["runs"][0]["run"].as_str().expect("a name"));
    let events = std::fs::read_to_string(run.join(folder::EVENTS)).expect("events");
    let first: serde_json::Value = serde_json::from_str(events.lines().next().expect("a line")).expect("JSON");
    let pid = u32::try_from(first["pid"].as_u64().expect("a process")).expect("a number");
    crate::support::signal(pid, rustix::process::Signal::KILL);
    // It is a moment before the system has let go of its lock.
    until("its end", PATIENCE, || (!folder::driven(&run).expect("a lock")).then_some(()));
    let cancelled = typed(&home, &["infra", "cancel", "--env", "lab"]).coded(2);
    assert!(
        cancelled.err.contains("its supervisor was killed") && cancelled.err.contains("infra resume"),
        "{cancelled:?}"
    );
    let approved = typed(&home, &["infra", "approve", "--env", "lab", "--yes"]).coded(2);
    assert!(approved.err.contains("its supervisor was killed"), "{approved:?}");
    typed(&home, &["infra", "resume", "--env", "lab", "--yes"]).coded(0);
}

#[test]
fn what_changes_usually_take_is_said_with_a_plan_and_how_long_runs_took() {
    let home =
        Home::with("[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n");
    let slow = |word: &str| {
        format!(
            "resource \"terraform_data\" \"slow\" {{\n  triggers_replace = [\"{word}\"]\n  provisioner \"local-exec\" {{ command = \"sleep 2\" }}\n}}\n"
        )
    };
    unit(&home, "a", &[], &slow("one"));
    let first = typed(&home, &["infra", "plan", "lab"]).coded(0);
    assert!(!first.out.contains("usually"), "nobody knows yet: {first:?}");
    typed(&home, &["infra", "apply", "lab", "--yes"]).coded(0);
    // It is made again, which takes as long.
    std::fs::remove_file(home.path().join("units/a/terraform.tfstate")).expect("it is removed");
    let again = typed(&home, &["infra", "plan", "lab"]).coded(0);
    assert!(again.out.contains("its changes usually take"), "{again:?}");
    let json = typed(&home, &["infra", "plan", "lab", "-o", "json"]).coded(0).json();
    assert!(json["units"][0]["usual_seconds"].as_u64().is_some_and(|seconds| (2..60).contains(&seconds)), "{json}");
    typed(&home, &["infra", "apply", "lab", "--detach"]).coded(7);
    let left = || listed(&home)["runs"][0]["seconds_left"].as_u64();
    let left = until("what is left", PATIENCE, left);
    assert!((1..60).contains(&left), "{left}");
    let runs = listed(&home);
    let apply =
        runs["runs"].as_array().expect("runs").iter().find(|run| run["state"] == "done" && run["goal"] == "apply");
    assert!(apply.is_some_and(|run| run["seconds"].as_u64() >= Some(2) && run["seconds_left"].is_null()), "{runs}");
    typed(&home, &["infra", "cancel", "--env", "lab"]).coded(0);
}

#[test]
fn variables_of_the_shell_that_would_change_a_plan_are_dropped_and_the_run_names_them() {
    let home =
        Home::with("[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n");
    unit(&home, "a", &[], PLAIN);
    let said = run(home.at(None).env("TF_VAR_word", "unwanted"), ["infra", "plan", "lab", "-o", "json"]).coded(0);
    assert!(said.err.contains("inherited variables that are not handed on: TF_VAR_word"), "{said:?}");
    assert!(said.out.contains("one") && !said.out.contains("unwanted"), "{said:?}");
}
