//! Blue/green deployments of ECS, left, watched again and taken back while they go on.

use super::support::{Home, PATIENCE, Said, World, ended, finish, line, signal, until};
use super::{home, operation, text};
use aws_sim::Scenario;
use rustix::process::Signal;
use std::process::Stdio;

/// Begins a deployment, and leaves it once it is asked for.
fn left(home: &Home, world: &World, image: &str) {
    let before = world.asked("ecs:UpdateService");
    let mut command = home.on(world);
    command.args(["deploy", "web", "--image", image, "-y"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    until("the deployment is asked for", PATIENCE, || (world.asked("ecs:UpdateService") > before).then_some(()));
    signal(child.id(), Signal::INT);
    assert_eq!(ended(&mut child).code(), Some(7), "it may go on");
}

/// What a command says while time goes on.
fn meanwhile(home: &Home, world: &World, arguments: &str) -> Said {
    let mut command = home.on(world);
    command.args(arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    until(arguments, PATIENCE, || {
        world.advance(1);
        child.try_wait().unwrap()
    });
    finish(child)
}

/// The revision that the service has, and how its newest rollout stands.
fn now(home: &Home, world: &World) -> (String, String) {
    let service = line(&mut home.on(world), "services web -o json").coded(0).json()["services"][0].clone();
    assert_eq!(service["strategy"], "BLUE_GREEN");
    let text = |field: &str| service[field].as_str().unwrap_or_default().to_owned();
    (text("task_definition"), text("rollout"))
}

#[test]
fn a_blue_green_deployment_that_was_left_is_watched_to_its_end() {
    let (home, world) = (home(), World::start(Scenario::BlueGreen));
    let (before, _) = now(&home, &world);
    left(&home, &world, "c0ffee1");
    world.advance(20);
    assert!(now(&home, &world).1.contains("in progress"), "{:?}", now(&home, &world));
    let done = operation(&meanwhile(&home, &world, "deploy web --attach -o json").coded(0));
    assert_eq!(text(&done, "verdict"), "done", "{done:#}");
    let (after, rollout) = now(&home, &world);
    assert!(after != before && rollout.contains("completed"), "{after} {rollout}");
}

#[test]
fn a_blue_green_deployment_that_goes_on_is_taken_back() {
    let (home, world) = (home(), World::start(Scenario::BlueGreen));
    let (before, _) = now(&home, &world);
    left(&home, &world, "c0ffee1");
    world.advance(20);
    let back = operation(&meanwhile(&home, &world, "rollback web -y -o json").coded(0));
    assert_eq!(text(&back, "verdict"), "done", "{back:#}");
    assert!(text(&back, "runs").contains(&before), "{back:#}");
    assert_eq!(now(&home, &world).0, before);
    let state = world.get("/_sim/state");
    let services = state["clusters"][0]["services"].as_array().unwrap().clone();
    let web = services.into_iter().find(|service| service["name"].as_str().unwrap().ends_with("-web")).unwrap();
    assert_eq!((&web["releases"][0]["status"], web["deployments"].as_u64()), (&"ROLLBACK_SUCCESSFUL".into(), Some(1)));
}
