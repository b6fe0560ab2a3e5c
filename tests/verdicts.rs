//! What the command line says at the end of deployments that do not end as most do: one that is the first of
//! its service, a rollback that fails or never ends, a service that is deleted meanwhile, a service that
//! something else deploys, and a role that cannot be assumed any more.
#![allow(clippy::unwrap_used)]

#[path = "verdicts/blue_green.rs"]
mod blue_green;
#[path = "verdicts/shapes.rs"]
mod shapes;
mod support;

use aws_sim::Scenario;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use support::{Home, PATIENCE, Said, World, finish, line, signal, until};

const SPEED: f64 = 40.0;

/// The example configuration, in which a deployment is read once a second.
fn home() -> Home {
    let config = include_str!("../config.toml")
        .replace("# [environments.staging.refresh]", "[environments.staging.refresh]")
        .replace("# watch = \"3s\" ", "watch = \"1s\" ");
    Home::with(&config)
}

/// The only operation of a report.
fn operation(said: &Said) -> Value {
    said.json()["operations"][0].clone()
}

fn text<'a>(operation: &'a Value, field: &str) -> &'a str {
    operation[field].as_str().unwrap_or_default()
}

#[test]
fn a_first_deployment_that_fails_has_nothing_to_go_back_to() {
    let (home, world) = (home(), World::run_at(Scenario::FirstDeployment, SPEED));
    let watched = operation(&line(&mut home.on(&world), "deploy api --attach -o json").coded(6));
    let again = operation(&line(&mut home.on(&world), "deploy api --image badc0de -y -o json").coded(6));
    for failed in [&watched, &again] {
        assert_eq!(text(failed, "verdict"), "failed", "{failed:#}");
        assert!(text(failed, "summary").contains("there was nothing to go back to"), "{failed:#}");
        assert!(text(failed, "hint").contains("deploy a version that starts"), "{failed:#}");
        assert_eq!(text(failed, "runs"), "nothing (desired 1)", "{failed:#}");
    }
    let said = line(&mut home.on(&world), "rollback api -y").coded(1);
    assert!(said.err.contains("no version that ran before"), "{said:#?}");
    let fixed = operation(&line(&mut home.on(&world), "deploy api --image c0ffee1 -y -o json").coded(0));
    assert_eq!(text(&fixed, "verdict"), "done", "{fixed:#}");
}

#[test]
fn one_that_somebody_took_back_is_not_said_to_have_failed() {
    let (home, world) = (home(), World::run_at(Scenario::SlowRollout, 2.0));
    let mut command = home.on(&world);
    command.args(["deploy", "web", "--image", "c0ffee1", "-y"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    until("the change", PATIENCE, || (world.asked("ecs:DescribeServiceDeployments") > 1).then_some(()));
    signal(child.id(), rustix::process::Signal::TERM);
    finish(child).coded(7);
    line(&mut home.on(&world), "rollback web -y").coded(0);
    let told = operation(&line(&mut home.on(&world), "deploy web --attach -o json").coded(5));
    assert!(text(&told, "summary").contains("was rolled back: "), "{told:#}");
    assert!(!text(&told, "summary").contains("failed"), "{told:#}");
}

#[test]
fn an_end_that_ecs_told_is_named_though_the_time_is_up_before_it_is_sure() {
    let (home, world) = (home(), World::run_at(Scenario::Staging, SPEED));
    world.fault("elasticloadbalancing:DescribeTargetHealth", "hang");
    let told = operation(&line(&mut home.on(&world), "deploy web --force -y --timeout 8s -o json").coded(7));
    assert!(told["causes"].to_string().contains("ECS calls it successful"), "{told:#}");
}

#[test]
fn a_rollback_that_fails_is_told_with_what_runs() {
    let (home, world) = (home(), World::run_at(Scenario::RollbackFails, SPEED));
    let failed = operation(&line(&mut home.on(&world), "deploy web --image c0ffee1 -y -o json").coded(6));
    assert_eq!(text(&failed, "verdict"), "failed", "{failed:#}");
    assert!(text(&failed, "summary").contains("and so did the rollback"), "{failed:#}");
    assert_eq!(text(&failed, "runs"), "1 × bookmark-manager-staging-web:5 (desired 1)", "{failed:#}");
    let said = line(&mut home.on(&world), "services web -o json").coded(0);
    assert!(said.out.contains("rollback failed"), "{said:#?}");
}

#[test]
fn a_rollback_that_never_ends_is_neither_done_nor_rolled_back() {
    let (home, world) = (home(), World::run_at(Scenario::RollbackHangs, SPEED));
    let told = operation(&line(&mut home.on(&world), "deploy web --image c0ffee1 -y --timeout 12s -o json").coded(7));
    assert_eq!(text(&told, "verdict"), "unknown", "{told:#}");
    assert!(text(&told, "hint").contains("--attach"), "{told:#}");
}

#[test]
fn a_service_that_is_deleted_meanwhile_is_gone_and_takes_no_change() {
    let (home, world) = (home(), World::run_at(Scenario::Deleted, SPEED));
    let gone = operation(&line(&mut home.on(&world), "deploy web --image 51005e1 -y -o json").coded(6));
    assert_eq!(text(&gone, "verdict"), "failed", "{gone:#}");
    assert!(text(&gone, "summary").contains("the service was deleted"), "{gone:#}");
    for arguments in ["scale web 2 -y", "deploy web --force -y", "rollback web -y"] {
        let asked = world.asked("ecs:UpdateService");
        let said = line(&mut home.on(&world), arguments).coded(1);
        assert!(
            said.err.contains("the service is INACTIVE") || said.err.contains("the service is DRAINING"),
            "{said:#?}"
        );
        assert_eq!(world.asked("ecs:UpdateService"), asked, "{arguments}: nothing is sent");
    }
}

#[test]
fn a_blue_green_deployment_is_done_after_its_bake_time() {
    let (home, world) = (home(), World::run_at(Scenario::BlueGreen, SPEED));
    let done = operation(&line(&mut home.on(&world), "deploy web --image c0ffee1 -y -o json").coded(0));
    assert_eq!(text(&done, "verdict"), "done", "{done:#}");
    let state = world.get("/_sim/state");
    let services = state["clusters"][0]["services"].as_array().unwrap();
    let web = services.iter().find(|service| service["name"].as_str().unwrap().ends_with("-web")).unwrap();
    assert_eq!((&web["releases"][0]["status"], &web["deployments"]), (&json!("SUCCESSFUL"), &json!(1)), "{web:#}");
    let back = operation(&line(&mut home.on(&world), "deploy web --image badc0de -y -o json").coded(5));
    assert_eq!(text(&back, "verdict"), "rolled_back", "{back:#}");
}

#[test]
fn a_container_that_fails_its_own_health_check_is_rolled_back() {
    let (home, world) = (home(), World::run_at(Scenario::HealthChecks, SPEED));
    let back = operation(&line(&mut home.on(&world), "deploy api --image deadbee -y -o json").coded(5));
    assert_eq!(text(&back, "verdict"), "rolled_back", "{back:#}");
    assert!(back["causes"].to_string().contains("health check"), "{back:#}");
}

#[test]
fn what_something_else_deploys_is_not_deployed_by_ecs() {
    let (home, world) = (home(), World::run_at(Scenario::Controllers, SPEED));
    for (arguments, controller) in
        [("deploy web --image c0ffee1 -y", "CODE_DEPLOY"), ("deploy api --force -y", "EXTERNAL")]
    {
        let said = line(&mut home.on(&world), arguments).coded(1);
        assert!(said.err.contains(controller), "{said:#?}");
    }
    assert_eq!(world.asked("ecs:UpdateService") + world.asked("ecs:RegisterTaskDefinition"), 0);
}

/// A profile that assumes a role with the keys of the environment.
fn with_role(home: &Home, world: &World) -> std::process::Command {
    let file = home.path().join("aws-config");
    let profile = "[profile deployer]\nrole_arn = arn:aws:iam::123456789012:role/deployer\n\
                   credential_source = Environment\nregion = ap-northeast-1\n";
    std::fs::write(&file, profile).unwrap();
    let mut command = home.on(world);
    command.env("AWS_CONFIG_FILE", file).env("AWS_ENDPOINT_URL", world.endpoint());
    command.args(["--profile", "deployer"]);
    command
}

#[test]
fn a_role_is_assumed_and_one_that_may_not_be_is_a_matter_of_credentials() {
    let (home, world) = (home(), World::staging());
    let said = line(&mut with_role(&home, &world), "snapshot -o json").coded(0);
    assert!(world.asked("sts:AssumeRole") > 0);
    assert_eq!(said.json()["account"], aws_sim::ACCOUNT);
    world.poke(&json!({"refuse_role": "deployer"}));
    let said = line(&mut with_role(&home, &world), "services").coded(8);
    assert!(said.err.contains("sts:AssumeRole"), "{said:#?}");
}

/// A profile whose keys assume a role of this account: written anew, that is how credentials are renewed to another one.
fn in_account(home: &Home, account: &str) {
    std::fs::create_dir_all(home.path().join(".aws")).unwrap();
    let profiles = format!(
        "[profile base]\naws_access_key_id = AKIASIMULATED0000002\naws_secret_access_key = simulated\n\
         [profile work]\nrole_arn = arn:aws:iam::{account}:role/ops\nsource_profile = base\nregion = ap-northeast-1\n"
    );
    home.write(".aws/config", profiles);
}

/// What is renewed on disk to another account's is read when AWS refuses what there was. All that was asked for comes
/// true then, as far as that account shows.
#[test]
fn credentials_that_are_renewed_to_another_account_give_no_verdict() {
    for command in [
        "scale web 2 --yes --timeout 3m -o json",
        "deploy web --image c0ffee1 --yes --timeout 3m -o json",
        "stop --direct --yes --timeout 3m -o json",
    ] {
        let (home, world) = (home(), World::staging());
        in_account(&home, aws_sim::ACCOUNT);
        let mut program = home.at(None);
        program.env("AWS_ENDPOINT_URL", world.endpoint()).env("AWS_PROFILE", "work");
        let program = program.args(command.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        until("it is changed", PATIENCE, || (world.asked("ecs:UpdateService") > 0).then_some(()));
        in_account(&home, "999999999999");
        // Whose they are is asked before a change, too: that they were read anew shows in the role that they assume.
        let asked = || world.asked("sts:AssumeRole");
        let before = asked();
        for refused in ["ecs:DescribeServices", "ecs:ListTasks"] {
            world.fault(refused, "expired");
        }
        // Everything comes to its end in the only world there is, before the others are looked with.
        for _ in 0..10 {
            world.advance(60);
        }
        until("they are read again", PATIENCE, || (asked() > before).then_some(()));
        world.clear_faults();
        assert!(told.any(|line| line.contains("999999999999")), "{command}: nothing is said of the other account");
        signal(child.id(), rustix::process::Signal::INT);
        // What else it says.
        told.for_each(drop);
        let said = finish(child).coded(7);
        assert_eq!(operation(&said)["verdict"], "unknown", "{command}: {said:#?}");
    }
}
