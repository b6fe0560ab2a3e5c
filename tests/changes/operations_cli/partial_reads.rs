//! A partly read list is not the whole environment: nothing is left out of a change, or mistaken for something else,
//! because it could not be read.

use super::{home, requests};
use crate::support::{Home, Output, PATIENCE, World, finish, line, signal, until};
use aws_sim::Scenario;
use serde_json::json;
use std::process::Stdio;

/// Staging with fourteen services, described in two requests, and named by a pattern.
fn many() -> (Home, World) {
    let world = World::staging();
    let more =
        json!({"cluster": "bookmark-manager-staging-cluster", "prefix": "bookmark-manager-staging-x", "count": 12});
    world.poke(&json!({"add_services": more}));
    let names = "services = [\"bookmark-manager-staging-web\", \"bookmark-manager-staging-api\"]";
    let config = include_str!("../../../config.toml").replace(names, "services = [\"bookmark-manager-staging-*\"]");
    (Home::with(&config), world)
}

/// Runs a command while one call is refused once, after `after` successful ones.
fn refused(home: &Home, world: &World, call: &str, after: u64, arguments: &str) -> Output {
    world.post("/_sim/fault", &json!({"operation": call, "kind": "denied", "count": 1, "after": after}));
    let output = line(&mut home.on(world), arguments);
    world.clear_faults();
    output
}

fn changes(world: &World) -> u64 {
    let writes = [
        "ecs:UpdateService",
        "ecs:TagResource",
        "ecs:StopTask",
        "lambda:InvokeFunction",
        "rds:StopDBInstance",
        "rds:CreateDBSnapshot",
        "application-autoscaling:RegisterScalableTarget",
        "cloudwatch:PutAlarmMuteRule",
        "ssm:PutParameter",
    ];
    writes.iter().map(|operation| requests(world, operation)).sum()
}

#[test]
fn partly_read_services_prevent_a_change_unless_named_in_full() {
    let (home, world) = many();
    for arguments in
        ["stop --direct --yes", "stop --yes", "start --yes", "scale web 2 --yes", "deploy web --force --yes"]
    {
        let output = refused(&home, &world, "ecs:DescribeServices", 1, arguments).exits(3);
        assert!(output.err.contains("not all services were read"), "{arguments}: {output:#?}");
        assert!(
            output.err.contains("ecs:DescribeServices") && output.err.contains("nothing was changed"),
            "{output:#?}"
        );
    }
    assert_eq!(changes(&world), 0);
    // The full name of a service that was read is unambiguous.
    let services = line(&mut home.on(&world), "services -o json").exits(0).json();
    let names = services["services"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned());
    let codes: Vec<i32> = names
        .map(|name| refused(&home, &world, "ecs:DescribeServices", 1, &format!("scale {name} 3 --dry-run")).code)
        .collect();
    assert!(codes.contains(&0) && codes.contains(&3), "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, 0 | 3)), "{codes:?}");
}

#[test]
fn failed_call_is_not_reported_as_missing() {
    let (home, world) = (home(""), World::staging());
    let tasks = line(&mut home.on(&world), "tasks web -o json").exits(0).json();
    let task = tasks["tasks"][0]["id"].as_str().unwrap().to_owned();
    for (call, arguments, what) in [
        ("ecs:DescribeTasks", format!("stop-task {} --yes", &task[..4]), "tasks"),
        ("cloudwatch:DescribeAlarms", "alarms mute api-cpu --for 1h --yes".to_owned(), "alarms"),
        ("rds:DescribeDBInstances", "db --snapshot a-1 --yes".to_owned(), "databases"),
        ("rds:DescribeDBClusters", "db --stop --yes".to_owned(), "databases"),
        ("rds:DescribeDBInstances", "failover --yes".to_owned(), "databases"),
    ] {
        // A call refused once is retried while others are still read.
        world.fault(call, "denied");
        let output = line(&mut home.on(&world), &arguments).exits(3);
        world.clear_faults();
        assert!(output.err.contains(&format!("not all {what} were read")), "{arguments}: {output:#?}");
        assert!(output.err.contains(call), "{arguments}: {output:#?}");
    }
    // The only database that could be read may not be the only one; its full name is unambiguous.
    refused(&home, &world, "rds:DescribeDBClusters", 0, "db bookmark-manager-staging-db --stop --dry-run").exits(0);
    world.fault("rds:DescribeDBClusters", "denied");
    for arguments in ["db --stop --dry-run", "db staging-db --stop --dry-run"] {
        let output = line(&mut home.on(&world), arguments).exits(3);
        assert!(output.err.contains("not all databases were read"), "{arguments}: {output:#?}");
    }
    assert_eq!(changes(&world), 0);
}

#[test]
fn readers_of_a_parameter_are_known_before_writing_with_new_tasks() {
    let (home, world) = (home(""), World::staging());
    home.write("value", "x");
    let put = "params put /bookmark-manager/staging/JWT_SECRET --file value --restart --yes";
    let output = refused(&home, &world, "ecs:DescribeTaskDefinition", 0, put).exits(3);
    assert!(output.err.contains("it is not known which services are to get new tasks"), "{output:#?}");
    assert!(output.err.contains("leave --restart out"), "{output:#?}");
    assert_eq!(changes(&world), 0);
}

#[test]
fn failing_service_is_not_reported_as_running() {
    let (home, world) = (home(""), World::start(Scenario::CrashLoop));
    let output = line(&mut home.on(&world), "start --direct --yes").exits(1);
    assert!(output.err.contains("everything is set to run already, and not all of it does: "), "{output:#?}");
}

#[test]
fn unstarted_operation_is_reported_with_its_reason() {
    let (home, world) = (home(""), super::world(Scenario::Staging));
    let output = line(&mut home.on(&world), "deploy web api --image badc0de --yes -o json").exits(5);
    let report = super::validated(&home, &output);
    let operations = report["operations"].as_array().unwrap();
    assert_eq!(operations.len(), 2, "{output:#?}");
    assert_eq!((&operations[0]["verdict"], &operations[1]["verdict"]), (&json!("rolled_back"), &json!("cancelled")));
    let summary = operations[1]["summary"].as_str().unwrap();
    assert_eq!(summary, "deploy api: not begun, as `deploy web` ended: rolled back");
    assert!(output.err.contains(summary), "{output:#?}");
    assert_eq!(requests(&world, "ecs:UpdateService"), 1);
}

/// A longer time limit would not help.
#[test]
fn timeout_names_what_prevented_the_change() {
    let (home, world) = (home(""), World::running(Scenario::Staging));
    for (kind, code, words) in [("expired", 8, "AWS refuses the credentials"), ("throttle", 7, "asks to slow down")] {
        world.clear_faults();
        world.fault("ecs:UpdateService", kind);
        let output = line(&mut home.on(&world), "scale web 2 --yes --timeout 5s -o json").exits(code);
        let operation = &super::validated(&home, &output)["operations"][0];
        assert!(operation["causes"].to_string().contains(words), "{output:#?}");
        assert!(!operation["hint"].to_string().contains("--timeout"), "{output:#?}");
    }
    // The plan states nothing about unreadable values.
    world.clear_faults();
    world.fault("ecs:DescribeServices", "denied");
    let full_name = "bookmark-manager-staging-web";
    let output = line(&mut home.on(&world), &format!("scale {full_name} 2 --yes")).exits(1);
    assert!(!output.err.contains("desired count: 0") && !output.err.contains("undo:"), "{output:#?}");
}

/// Leaving one attached operation leaves all, and each is reported.
#[test]
fn leaving_several_attached_operations_prints_the_state_of_each() {
    let (home, world) = (home(""), World::run_at(Scenario::SlowRollout, 1.0));
    let left = |arguments: &str| {
        let mut command = home.on(&world);
        command.args(arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        // It is read a few times before the watch begins.
        let watched = requests(&world, "ecs:DescribeServiceDeployments") + 8;
        until("watching", PATIENCE, || (requests(&world, "ecs:DescribeServiceDeployments") > watched).then_some(()));
        signal(child.id(), rustix::process::Signal::INT);
        finish(child).exits(7)
    };
    left("deploy web --image c0ffee1 --yes");
    let report = super::validated(&home, &left("deploy web api --attach -o json"));
    let titles: Vec<&str> =
        report["operations"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["watch web", "watch api"], "{report:#}");
    assert_eq!(report["operations"][0]["verdict"], "unknown", "{report:#}");
}
