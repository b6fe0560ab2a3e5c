//! What is said where a yes is asked for, what a run is bound to, and what a destroy leaves to others.

use super::{configured, listed, typed, waits};
use crate::around::sts;
use crate::support::{Home, Said, run, until};
use crate::{PATIENCE, PLAIN, unit};
use cockpit::infra::run::folder;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

const DESTROY: [&str; 5] = ["destroy", "lab", "--yes", "--confirm", "lab"];

/// The folder of the latest run.
fn latest(home: &Home) -> PathBuf {
    let name = listed(home)["runs"][0]["run"].as_str().expect("a name").to_owned();
    home.path().join(".local/state/cockpit/runs/lab").join(name)
}

#[test]
fn each_way_to_a_yes_says_which_environment_and_what_the_plan_is_bound_to() {
    let home = configured();
    let said = |said: &Said| {
        for part in ["environment lab", "a  +1 ~0 -0  plan ", "workspace default", "The plan is "] {
            assert!(said.err.contains(part), "{part}: {said:?}");
        }
    };
    // The environment is named by nothing that is typed.
    let of_shell = |words: &[&str]| run(home.at(None).env("COCKPIT_ENV", "lab"), words);
    of_shell(&["infra", "apply", "--detach"]).coded(7);
    until("a plan that waits", PATIENCE, || waits(&home).then_some(()));
    said(&of_shell(&["infra", "approve", "--unit", "a"]).coded(4));
    said(&of_shell(&["infra", "attach", "--yes"]).coded(0));
    let applied = of_shell(&["infra", "destroy", "--yes", "--confirm", "lab"]).coded(0);
    assert!(applied.err.contains("environment lab") && applied.err.contains("plan "), "{applied:?}");
}

#[test]
fn a_run_of_an_environment_that_names_no_account_is_bound_to_the_one_that_aws_says() {
    let (account, asked) = (Arc::new(Mutex::new("111111111111".to_owned())), Arc::default());
    let endpoint = sts(&account, &asked);
    let home = Home::with(
        "[environments.lab]\nregion = \"eu-west-1\"\n[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n",
    );
    unit(&home, "a", &[], &format!("{PLAIN}\n# It stands for what hashicorp/aws makes.\n"));
    let there = |words: &[&str]| run(&mut home.at(Some(&endpoint)), words);
    there(&["infra", "apply", "lab", "--detach"]).coded(7);
    until("a plan that waits", PATIENCE, || waits(&home).then_some(()));
    "222222222222".clone_into(&mut account.lock().expect("no panic"));
    let approved = there(&["infra", "approve", "--env", "lab", "--yes"]).coded(0);
    assert!(approved.err.contains(&format!("account 111111111111 · at {endpoint}")), "{approved:?}");
    let failed = there(&["infra", "attach", "--env", "lab"]).coded(1);
    let why = "the credentials are of account 222222222222, and the run was begun in 111111111111";
    assert!(failed.err.contains(why), "{failed:?}");
    assert!(!home.path().join("units/a/terraform.tfstate").exists(), "nothing is applied");
    // Whatever endpoint the shell has by then, the run is asked about where it was begun.
    "111111111111".clone_into(&mut account.lock().expect("no panic"));
    run(&mut home.at(Some("http://127.0.0.1:9")), ["infra", "retry", "--env", "lab", "--yes"]).coded(0);
    // Where nobody says whose account it is, that is said, and it is applied all the same: the environment is not bound to one.
    let unknown = run(&mut home.at(None), ["infra", "apply", "lab", "--yes"]).coded(0);
    assert!(unknown.err.contains("AWS does not say whose account this is"), "{unknown:?}");
}

#[test]
fn units_that_use_no_aws_are_applied_without_asking_it() {
    let (account, asked) = (Arc::new(Mutex::new("111111111111".to_owned())), Arc::default());
    let endpoint = sts(&account, &asked);
    let home = configured();
    run(&mut home.at(Some(&endpoint)), ["infra", "apply", "lab", "--yes"]).coded(0);
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[test]
fn what_others_still_need_is_not_destroyed_without_them_and_what_is_gone_is_said_to_be_applied_again() {
    let home = Home::with(
        r#"
[environments.lab.infra]
kind = "terraform"
units = [
  { name = "net", dir = "units/net", depends_on = [] },
  { name = "db", dir = "units/db", depends_on = ["net"] },
]
"#,
    );
    let net = unit(&home, "net", &[], PLAIN);
    let reads = "data \"terraform_remote_state\" \"net\" {\n  backend = \"local\"\n  config  = { path = \"../net/terraform.tfstate\" }\n}\n\
                 resource \"terraform_data\" \"db\" { input = data.terraform_remote_state.net.outputs.it }\n";
    unit(&home, "db", &["net"], reads);
    typed(&home, &["infra", "apply", "lab", "--yes"]).coded(0);
    let refused = typed(&home, &["infra", "destroy", "lab", "--unit", "net", "--yes", "--confirm", "lab"]).coded(4);
    assert!(refused.err.contains("net is still needed"), "{refused:?}");
    assert!(
        refused.err.contains("db has 1 resource, and can be neither planned nor destroyed without net"),
        "{refused:?}"
    );
    assert!(refused.err.contains("`cockpit infra destroy --unit db --unit net --env lab`"), "{refused:?}");
    assert!(net.dir.join("terraform.tfstate").exists());
    // A person beside the cockpit did it all the same.
    std::fs::rename(net.dir.join("terraform.tfstate"), net.dir.join("kept")).expect("it is moved");
    let stuck = run(&mut home.at(None), ["infra"].into_iter().chain(DESTROY)).coded(1);
    assert!(stuck.err.contains("apply net again with `cockpit infra apply --env lab --unit net`"), "{stuck:?}");
    assert!(!stuck.err.contains("blocked by net"), "{stuck:?}");
    std::fs::rename(net.dir.join("kept"), net.dir.join("terraform.tfstate")).expect("it is moved back");
    run(&mut home.at(None), ["infra"].into_iter().chain(DESTROY)).coded(0);
    // Nothing that has nothing needs anything.
    typed(&home, &["infra", "apply", "lab", "--unit", "net", "--yes"]).coded(0);
    typed(&home, &["infra", "destroy", "lab", "--unit", "net", "--yes", "--confirm", "lab"]).coded(0);
}

#[test]
fn commands_that_are_offered_and_written_down_name_units_as_a_shell_takes_them() {
    let home = Home::with(
        "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"the&net\", dir = \"units/net\", workspace = \"dev\" }]\n",
    );
    unit(&home, "net", &[], PLAIN);
    let refused = typed(&home, &["infra", "plan", "lab"]).coded(1);
    assert!(refused.err.contains("`cockpit infra init --new-workspace --unit 'the&net' --env lab`"), "{refused:?}");
    typed(&home, &["infra", "init", "lab", "--new-workspace"]).coded(0);
    typed(&home, &["infra", "plan", "lab", "--unit", "the&net"]).coded(0);
    let order = folder::order(&latest(&home)).expect("an order");
    assert_eq!(order.command, "cockpit infra plan --env lab --unit 'the&net'");
}
