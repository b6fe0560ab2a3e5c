//! The output at the end of unusual deployments: the first one of a
//! service, a rollback that fails or never ends, a service that is deleted meanwhile, a service that
//! something else deploys, and a role that can no longer be assumed.

mod blue_green;
mod shapes;

use crate::support::{Home, Output, PATIENCE, World, finish, line, signal, until};
use aws_sim::Scenario;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

const SPEED: f64 = 40.0;

/// The example configuration, polling a deployment once a second.
fn home() -> Home {
    let config = include_str!("../../config.toml")
        .replace("# [environments.staging.refresh]", "[environments.staging.refresh]")
        .replace("# watch = \"3s\" ", "watch = \"1s\" ");
    Home::with(&config)
}

/// The only operation of a report.
fn operation(output: &Output) -> Value {
    output.json()["operations"][0].clone()
}

fn text<'a>(operation: &'a Value, field: &str) -> &'a str {
    operation[field].as_str().unwrap_or_default()
}

#[test]
fn failed_first_deployment_has_no_rollback_target() {
    let (home, world) = (home(), World::run_at(Scenario::FirstDeployment, SPEED));
    let watched = operation(&line(&mut home.on(&world), "deploy api --attach -o json").exits(6));
    let again = operation(&line(&mut home.on(&world), "deploy api --image badc0de -y -o json").exits(6));
    for failed in [&watched, &again] {
        assert_eq!(text(failed, "verdict"), "failed", "{failed:#}");
        assert!(text(failed, "summary").contains("there was nothing to go back to"), "{failed:#}");
        assert!(text(failed, "hint").contains("deploy a version that starts"), "{failed:#}");
        assert_eq!(text(failed, "runs"), "nothing (desired 1)", "{failed:#}");
    }
    let output = line(&mut home.on(&world), "rollback api -y").exits(1);
    assert!(output.err.contains("no version that ran before"), "{output:#?}");
    let fixed = operation(&line(&mut home.on(&world), "deploy api --image c0ffee1 -y -o json").exits(0));
    assert_eq!(text(&fixed, "verdict"), "done", "{fixed:#}");
}

#[test]
fn manually_rolled_back_deployment_is_not_reported_as_failed() {
    let (home, world) = (home(), World::run_at(Scenario::SlowRollout, 2.0));
    let mut command = home.on(&world);
    command.args(["deploy", "web", "--image", "c0ffee1", "-y"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    until("the change", PATIENCE, || (world.requests("ecs:DescribeServiceDeployments") > 1).then_some(()));
    signal(child.id(), rustix::process::Signal::TERM);
    finish(child).exits(7);
    line(&mut home.on(&world), "rollback web -y").exits(0);
    let ended = operation(&line(&mut home.on(&world), "deploy web --attach -o json").exits(5));
    assert!(text(&ended, "summary").contains("was rolled back: "), "{ended:#}");
    assert!(!text(&ended, "summary").contains("failed"), "{ended:#}");
}

#[test]
fn end_reported_by_ecs_is_named_even_if_time_runs_out_before_it_is_certain() {
    let (home, world) = (home(), World::run_at(Scenario::Staging, SPEED));
    world.fault("elasticloadbalancing:DescribeTargetHealth", "hang");
    let ended = operation(&line(&mut home.on(&world), "deploy web --force -y --timeout 8s -o json").exits(7));
    assert!(ended["causes"].to_string().contains("ECS calls it successful"), "{ended:#}");
}

#[test]
fn failed_rollback_is_reported_with_the_running_version() {
    let (home, world) = (home(), World::run_at(Scenario::RollbackFails, SPEED));
    let failed = operation(&line(&mut home.on(&world), "deploy web --image c0ffee1 -y -o json").exits(6));
    assert_eq!(text(&failed, "verdict"), "failed", "{failed:#}");
    assert!(text(&failed, "summary").contains("and so did the rollback"), "{failed:#}");
    assert_eq!(text(&failed, "runs"), "1 × bookmark-manager-staging-web:5 (desired 1)", "{failed:#}");
    let output = line(&mut home.on(&world), "services web -o json").exits(0);
    assert!(output.out.contains("rollback failed"), "{output:#?}");
}

#[test]
fn endless_rollback_is_neither_done_nor_rolled_back() {
    let (home, world) = (home(), World::run_at(Scenario::RollbackHangs, SPEED));
    let ended = operation(&line(&mut home.on(&world), "deploy web --image c0ffee1 -y --timeout 12s -o json").exits(7));
    assert_eq!(text(&ended, "verdict"), "unknown", "{ended:#}");
    assert!(text(&ended, "hint").contains("--attach"), "{ended:#}");
}

#[test]
fn service_deleted_meanwhile_accepts_no_change() {
    let (home, world) = (home(), World::run_at(Scenario::Deleted, SPEED));
    let gone = operation(&line(&mut home.on(&world), "deploy web --image 51005e1 -y -o json").exits(6));
    assert_eq!(text(&gone, "verdict"), "failed", "{gone:#}");
    assert!(text(&gone, "summary").contains("the service was deleted"), "{gone:#}");
    for arguments in ["scale web 2 -y", "deploy web --force -y", "rollback web -y"] {
        let before = world.requests("ecs:UpdateService");
        let output = line(&mut home.on(&world), arguments).exits(1);
        assert!(
            output.err.contains("the service is INACTIVE") || output.err.contains("the service is DRAINING"),
            "{output:#?}"
        );
        assert_eq!(world.requests("ecs:UpdateService"), before, "{arguments}: nothing is sent");
    }
}

#[test]
fn blue_green_deployment_is_done_after_its_bake_time() {
    let (home, world) = (home(), World::run_at(Scenario::BlueGreen, SPEED));
    let done = operation(&line(&mut home.on(&world), "deploy web --image c0ffee1 -y -o json").exits(0));
    assert_eq!(text(&done, "verdict"), "done", "{done:#}");
    let state = world.get("/_sim/state");
    let services = state["clusters"][0]["services"].as_array().unwrap();
    let web = services.iter().find(|service| service["name"].as_str().unwrap().ends_with("-web")).unwrap();
    assert_eq!((&web["releases"][0]["status"], &web["deployments"]), (&json!("SUCCESSFUL"), &json!(1)), "{web:#}");
    let back = operation(&line(&mut home.on(&world), "deploy web --image badc0de -y -o json").exits(5));
    assert_eq!(text(&back, "verdict"), "rolled_back", "{back:#}");
}

#[test]
fn container_failing_its_health_check_is_rolled_back() {
    let (home, world) = (home(), World::run_at(Scenario::HealthChecks, SPEED));
    let back = operation(&line(&mut home.on(&world), "deploy api --image deadbee -y -o json").exits(5));
    assert_eq!(text(&back, "verdict"), "rolled_back", "{back:#}");
    assert!(back["causes"].to_string().contains("health check"), "{back:#}");
}

#[test]
fn service_with_another_deployment_controller_is_not_deployed() {
    let (home, world) = (home(), World::run_at(Scenario::Controllers, SPEED));
    for (arguments, controller) in
        [("deploy web --image c0ffee1 -y", "CODE_DEPLOY"), ("deploy api --force -y", "EXTERNAL")]
    {
        let output = line(&mut home.on(&world), arguments).exits(1);
        assert!(output.err.contains(controller), "{output:#?}");
    }
    assert_eq!(world.requests("ecs:UpdateService") + world.requests("ecs:RegisterTaskDefinition"), 0);
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
fn role_is_assumed_and_a_denied_one_is_a_credentials_error() {
    let (home, world) = (home(), World::staging());
    let output = line(&mut with_role(&home, &world), "snapshot -o json").exits(0);
    assert!(world.requests("sts:AssumeRole") > 0);
    assert_eq!(output.json()["account"], aws_sim::ACCOUNT);
    world.poke(&json!({"refuse_role": "deployer"}));
    let output = line(&mut with_role(&home, &world), "services").exits(8);
    assert!(output.err.contains("sts:AssumeRole"), "{output:#?}");
}

/// A profile whose keys assume a role of this account: rewriting it renews the credentials to another account.
fn in_account(home: &Home, account: &str) {
    std::fs::create_dir_all(home.path().join(".aws")).unwrap();
    let profiles = format!(
        "[profile base]\naws_access_key_id = AKIASIMULATED0000002\naws_secret_access_key = simulated\n\
         [profile work]\nrole_arn = arn:aws:iam::{account}:role/ops\nsource_profile = base\nregion = ap-northeast-1\n"
    );
    home.write(".aws/config", profiles);
}

/// Credentials renewed on disk to another account are loaded when AWS refuses the previous ones. That account then appears to
/// confirm everything that was requested.
#[test]
fn credentials_renewed_to_another_account_give_no_verdict() {
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
        let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        until("it is changed", PATIENCE, || (world.requests("ecs:UpdateService") > 0).then_some(()));
        in_account(&home, "999999999999");
        // The account is requested before a change, too: a reload shows in the assumed role.
        let assumed = || world.requests("sts:AssumeRole");
        let before = assumed();
        for refused in ["ecs:DescribeServices", "ecs:ListTasks"] {
            world.fault(refused, "expired");
        }
        // Everything ends in the only world there is, before the other credentials are used.
        for _ in 0..10 {
            world.advance(60);
        }
        until("the credentials to be reloaded", PATIENCE, || (assumed() > before).then_some(()));
        world.clear_faults();
        assert!(stderr.any(|line| line.contains("999999999999")), "{command}: the other account is not reported");
        signal(child.id(), rustix::process::Signal::INT);
        // The rest of the output.
        stderr.for_each(drop);
        let output = finish(child).exits(7);
        assert_eq!(operation(&output)["verdict"], "unknown", "{command}: {output:#?}");
    }
}
