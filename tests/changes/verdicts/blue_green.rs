//! Blue/green deployments of ECS: detached, watched again, and rolled back while running.

use super::{home, operation, text};
use crate::support::{Home, Output, PATIENCE, World, ended, finish, line, signal, until};
use aws_sim::Scenario;
use rustix::process::Signal;
use std::process::Stdio;

/// Starts a deployment, and detaches once it was requested.
fn left(home: &Home, world: &World, image: &str) {
    let before = world.requests("ecs:UpdateService");
    let mut command = home.on(world);
    command.args(["deploy", "web", "--image", image, "-y"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    until("the deployment request", PATIENCE, || (world.requests("ecs:UpdateService") > before).then_some(()));
    signal(child.id(), Signal::INT);
    assert_eq!(ended(&mut child).code(), Some(7), "it may continue");
}

/// The output of a command while time passes.
fn meanwhile(home: &Home, world: &World, arguments: &str) -> Output {
    let mut command = home.on(world);
    command.args(arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    until(arguments, PATIENCE, || {
        world.advance(1);
        child.try_wait().unwrap()
    });
    finish(child)
}

/// The revision of the service, and the state of its newest rollout.
fn now(home: &Home, world: &World) -> (String, String) {
    let service = line(&mut home.on(world), "services web -o json").exits(0).json()["services"][0].clone();
    assert_eq!(service["strategy"], "BLUE_GREEN");
    let text = |field: &str| service[field].as_str().unwrap_or_default().to_owned();
    (text("task_definition"), text("rollout"))
}

#[test]
fn detached_blue_green_deployment_is_watched_to_its_end() {
    let (home, world) = (home(), World::start(Scenario::BlueGreen));
    let (before, _) = now(&home, &world);
    left(&home, &world, "c0ffee1");
    world.advance(20);
    assert!(now(&home, &world).1.contains("in progress"), "{:?}", now(&home, &world));
    let done = operation(&meanwhile(&home, &world, "deploy web --attach -o json").exits(0));
    assert_eq!(text(&done, "verdict"), "done", "{done:#}");
    let (after, rollout) = now(&home, &world);
    assert!(after != before && rollout.contains("completed"), "{after} {rollout}");
}

#[test]
fn running_blue_green_deployment_is_rolled_back() {
    let (home, world) = (home(), World::start(Scenario::BlueGreen));
    let (before, _) = now(&home, &world);
    left(&home, &world, "c0ffee1");
    world.advance(20);
    let back = operation(&meanwhile(&home, &world, "rollback web -y -o json").exits(0));
    assert_eq!(text(&back, "verdict"), "done", "{back:#}");
    assert!(text(&back, "runs").contains(&before), "{back:#}");
    assert_eq!(now(&home, &world).0, before);
    let state = world.get("/_sim/state");
    let services = state["clusters"][0]["services"].as_array().unwrap().clone();
    let web = services.into_iter().find(|service| service["name"].as_str().unwrap().ends_with("-web")).unwrap();
    assert_eq!((&web["releases"][0]["status"], web["deployments"].as_u64()), (&"ROLLBACK_SUCCESSFUL".into(), Some(1)));
}
