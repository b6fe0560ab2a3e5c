//! The text of a confirmation, what a run is bound to, and what a destroy leaves to other units.

use super::{configured, listed, typed, waits};
use crate::infra_runs::surroundings::sts;
use crate::infra_runs::{PATIENCE, PLAIN, unit};
use crate::support::{Home, Output, run, until};
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
fn every_approval_shows_the_environment_and_what_the_plan_is_bound_to() {
    let home = configured();
    let names_environment_and_plan = |output: &Output| {
        for part in ["environment lab", "a  +1 ~0 -0  plan ", "workspace default", "The plan is "] {
            assert!(output.err.contains(part), "{part}: {output:?}");
        }
    };
    // No argument names the environment.
    let of_shell = |words: &[&str]| run(home.at(None).env("COCKPIT_ENV", "lab"), words);
    of_shell(&["infra", "apply", "--detach"]).exits(7);
    until("a plan that waits", PATIENCE, || waits(&home).then_some(()));
    names_environment_and_plan(&of_shell(&["infra", "approve", "--unit", "a"]).exits(4));
    names_environment_and_plan(&of_shell(&["infra", "attach", "--yes"]).exits(0));
    let applied = of_shell(&["infra", "destroy", "--yes", "--confirm", "lab"]).exits(0);
    assert!(applied.err.contains("environment lab") && applied.err.contains("plan "), "{applied:?}");
}

#[test]
fn run_without_configured_account_is_bound_to_the_account_aws_reports() {
    let (account, requests) = (Arc::new(Mutex::new("111111111111".to_owned())), Arc::default());
    let endpoint = sts(&account, &requests);
    let home = Home::with(
        "[environments.lab]\nregion = \"eu-west-1\"\n[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"a\", dir = \"units/a\" }]\n",
    );
    unit(&home, "a", &[], &format!("{PLAIN}\n# It stands for what hashicorp/aws makes.\n"));
    let there = |words: &[&str]| run(&mut home.at(Some(&endpoint)), words);
    there(&["infra", "apply", "lab", "--detach"]).exits(7);
    until("a plan that waits", PATIENCE, || waits(&home).then_some(()));
    "222222222222".clone_into(&mut account.lock().expect("no panic"));
    let approved = there(&["infra", "approve", "--env", "lab", "--yes"]).exits(0);
    assert!(approved.err.contains(&format!("account 111111111111 · at {endpoint}")), "{approved:?}");
    let failed = there(&["infra", "attach", "--env", "lab"]).exits(1);
    let why = "the credentials are of account 222222222222, and the run was begun in 111111111111";
    assert!(failed.err.contains(why), "{failed:?}");
    assert!(!home.path().join("units/a/terraform.tfstate").exists(), "nothing is applied");
    // Whatever the current endpoint of the shell, the run uses the one it was started with.
    "111111111111".clone_into(&mut account.lock().expect("no panic"));
    run(&mut home.at(Some("http://127.0.0.1:9")), ["infra", "retry", "--env", "lab", "--yes"]).exits(0);
    // An unknown account is reported, and the apply proceeds: the environment is not bound to one.
    let unknown = run(&mut home.at(None), ["infra", "apply", "lab", "--yes"]).exits(0);
    assert!(unknown.err.contains("AWS does not say whose account this is"), "{unknown:?}");
}

#[test]
fn units_without_aws_are_applied_without_aws_requests() {
    let (account, requests) = (Arc::new(Mutex::new("111111111111".to_owned())), Arc::default());
    let endpoint = sts(&account, &requests);
    let home = configured();
    run(&mut home.at(Some(&endpoint)), ["infra", "apply", "lab", "--yes"]).exits(0);
    assert_eq!(requests.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[test]
fn needed_units_are_not_destroyed_alone_and_destroyed_ones_can_be_applied_again() {
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
    typed(&home, &["infra", "apply", "lab", "--yes"]).exits(0);
    let refused = typed(&home, &["infra", "destroy", "lab", "--unit", "net", "--yes", "--confirm", "lab"]).exits(4);
    assert!(refused.err.contains("net is still needed"), "{refused:?}");
    assert!(
        refused.err.contains("db has 1 resource, and can be neither planned nor destroyed without net"),
        "{refused:?}"
    );
    assert!(refused.err.contains("`cockpit infra destroy --unit db --unit net --env lab`"), "{refused:?}");
    assert!(net.dir.join("terraform.tfstate").exists());
    // A person did it outside of the cockpit.
    std::fs::rename(net.dir.join("terraform.tfstate"), net.dir.join("kept")).expect("it is moved");
    let stuck = run(&mut home.at(None), ["infra"].into_iter().chain(DESTROY)).exits(1);
    assert!(stuck.err.contains("apply net again with `cockpit infra apply --env lab --unit net`"), "{stuck:?}");
    assert!(!stuck.err.contains("blocked by net"), "{stuck:?}");
    std::fs::rename(net.dir.join("kept"), net.dir.join("terraform.tfstate")).expect("it is moved back");
    run(&mut home.at(None), ["infra"].into_iter().chain(DESTROY)).exits(0);
    // A unit without resources needs nothing.
    typed(&home, &["infra", "apply", "lab", "--unit", "net", "--yes"]).exits(0);
    typed(&home, &["infra", "destroy", "lab", "--unit", "net", "--yes", "--confirm", "lab"]).exits(0);
}

#[test]
fn suggested_and_recorded_commands_quote_units_for_the_shell() {
    let home = Home::with(
        "[environments.lab.infra]\nkind = \"terraform\"\nunits = [{ name = \"the&net\", dir = \"units/net\", workspace = \"dev\" }]\n",
    );
    unit(&home, "net", &[], PLAIN);
    let refused = typed(&home, &["infra", "plan", "lab"]).exits(1);
    assert!(refused.err.contains("`cockpit infra init --new-workspace --unit 'the&net' --env lab`"), "{refused:?}");
    typed(&home, &["infra", "init", "lab", "--new-workspace"]).exits(0);
    typed(&home, &["infra", "plan", "lab", "--unit", "the&net"]).exits(0);
    let order = folder::order(&latest(&home)).expect("an order");
    assert_eq!(order.command, "cockpit infra plan --env lab --unit 'the&net'");
}
