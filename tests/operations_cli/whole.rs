//! A list that was read in part is not the whole environment: nothing is left out of a change, or taken for another thing,
//! because it could not be read.

use super::support::{Home, PATIENCE, Said, World, finish, line, signal, until};
use super::{asked, home};
use aws_sim::Scenario;
use serde_json::json;
use std::process::Stdio;

/// Staging with fourteen services, which are described in two requests, and named by a pattern.
fn many() -> (Home, World) {
    let world = World::staging();
    let more =
        json!({"cluster": "bookmark-manager-staging-cluster", "prefix": "bookmark-manager-staging-x", "count": 12});
    world.poke(&json!({"add_services": more}));
    let names = "services = [\"bookmark-manager-staging-web\", \"bookmark-manager-staging-api\"]";
    let config = include_str!("../../config.toml").replace(names, "services = [\"bookmark-manager-staging-*\"]");
    (Home::with(&config), world)
}

/// What is typed while one call is refused once, after as many that are answered.
fn refused(home: &Home, world: &World, call: &str, after: u64, arguments: &str) -> Said {
    world.post("/_sim/fault", &json!({"operation": call, "kind": "denied", "count": 1, "after": after}));
    let said = line(&mut home.on(world), arguments);
    world.clear_faults();
    said
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
    writes.iter().map(|operation| asked(world, operation)).sum()
}

#[test]
fn what_could_not_be_read_is_not_left_out_of_a_stop_and_no_name_means_another_service() {
    let (home, world) = many();
    for arguments in
        ["stop --direct --yes", "stop --yes", "start --yes", "scale web 2 --yes", "deploy web --force --yes"]
    {
        let said = refused(&home, &world, "ecs:DescribeServices", 1, arguments).coded(3);
        assert!(said.err.contains("not all services were read"), "{arguments}: {said:#?}");
        assert!(said.err.contains("ecs:DescribeServices") && said.err.contains("nothing was changed"), "{said:#?}");
    }
    assert_eq!(changes(&world), 0);
    // The whole name of one that was read can only mean that one.
    let services = line(&mut home.on(&world), "services -o json").coded(0).json();
    let names = services["services"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned());
    let codes: Vec<i32> = names
        .map(|name| refused(&home, &world, "ecs:DescribeServices", 1, &format!("scale {name} 3 --dry-run")).code)
        .collect();
    assert!(codes.contains(&0) && codes.contains(&3), "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, 0 | 3)), "{codes:?}");
}

#[test]
fn nothing_is_said_not_to_be_there_where_a_call_failed() {
    let (home, world) = (home(""), World::staging());
    let tasks = line(&mut home.on(&world), "tasks web -o json").coded(0).json();
    let task = tasks["tasks"][0]["id"].as_str().unwrap().to_owned();
    for (call, arguments, what) in [
        ("ecs:DescribeTasks", format!("stop-task {} --yes", &task[..4]), "tasks"),
        ("cloudwatch:DescribeAlarms", "alarms mute api-cpu --for 1h --yes".to_owned(), "alarms"),
        ("rds:DescribeDBInstances", "db --snapshot a-1 --yes".to_owned(), "databases"),
        ("rds:DescribeDBClusters", "db --stop --yes".to_owned(), "databases"),
        ("rds:DescribeDBInstances", "failover --yes".to_owned(), "databases"),
    ] {
        // One that is refused once is asked again while others are still read.
        world.fault(call, "denied");
        let said = line(&mut home.on(&world), &arguments).coded(3);
        world.clear_faults();
        assert!(said.err.contains(&format!("not all {what} were read")), "{arguments}: {said:#?}");
        assert!(said.err.contains(call), "{arguments}: {said:#?}");
    }
    // The only one that could be read is not the only one; by its whole name it is meant.
    refused(&home, &world, "rds:DescribeDBClusters", 0, "db bookmark-manager-staging-db --stop --dry-run").coded(0);
    world.fault("rds:DescribeDBClusters", "denied");
    for arguments in ["db --stop --dry-run", "db staging-db --stop --dry-run"] {
        let said = line(&mut home.on(&world), arguments).coded(3);
        assert!(said.err.contains("not all databases were read"), "{arguments}: {said:#?}");
    }
    assert_eq!(changes(&world), 0);
}

#[test]
fn who_reads_a_parameter_is_known_before_it_is_written_with_new_tasks() {
    let (home, world) = (home(""), World::staging());
    home.write("value", "x");
    let put = "params put /bookmark-manager/staging/JWT_SECRET --file value --restart --yes";
    let said = refused(&home, &world, "ecs:DescribeTaskDefinition", 0, put).coded(3);
    assert!(said.err.contains("it is not known which services are to get new tasks"), "{said:#?}");
    assert!(said.err.contains("leave --restart out"), "{said:#?}");
    assert_eq!(changes(&world), 0);
}

#[test]
fn a_service_that_is_down_is_not_said_to_run() {
    let (home, world) = (home(""), World::start(Scenario::CrashLoop));
    let said = line(&mut home.on(&world), "start --direct --yes").coded(1);
    assert!(said.err.contains("everything is set to run already, and not all of it does: "), "{said:#?}");
}

#[test]
fn one_that_was_not_begun_is_told_with_what_kept_it() {
    let (home, world) = (home(""), super::world(Scenario::Staging));
    let said = line(&mut home.on(&world), "deploy web api --image badc0de --yes -o json").coded(5);
    let report = super::validated(&home, &said);
    let operations = report["operations"].as_array().unwrap();
    assert_eq!(operations.len(), 2, "{said:#?}");
    assert_eq!((&operations[0]["verdict"], &operations[1]["verdict"]), (&json!("rolled_back"), &json!("cancelled")));
    let summary = operations[1]["summary"].as_str().unwrap();
    assert_eq!(summary, "deploy api: not begun, as `deploy web` ended: rolled back");
    assert!(said.err.contains(summary), "{said:#?}");
    assert_eq!(asked(&world, "ecs:UpdateService"), 1);
}

/// More time would help nothing.
#[test]
fn what_keeps_a_change_from_being_sent_is_told_when_the_time_is_up() {
    let (home, world) = (home(""), World::running(Scenario::Staging));
    for (kind, code, words) in [("expired", 8, "AWS refuses the credentials"), ("throttle", 7, "asks to slow down")] {
        world.clear_faults();
        world.fault("ecs:UpdateService", kind);
        let said = line(&mut home.on(&world), "scale web 2 --yes --timeout 5s -o json").coded(code);
        let operation = &super::validated(&home, &said)["operations"][0];
        assert!(operation["causes"].to_string().contains(words), "{said:#?}");
        assert!(!operation["hint"].to_string().contains("--timeout"), "{said:#?}");
    }
    // Of what could not be read the plan states nothing.
    world.clear_faults();
    world.fault("ecs:DescribeServices", "denied");
    let whole = "bookmark-manager-staging-web";
    let said = line(&mut home.on(&world), &format!("scale {whole} 2 --yes")).coded(1);
    assert!(!said.err.contains("desired count: 0") && !said.err.contains("undo:"), "{said:#?}");
}

/// Who leaves one leaves all, and is told of each.
#[test]
fn who_leaves_several_that_are_attached_to_is_told_how_each_stood() {
    let (home, world) = (home(""), World::run_at(Scenario::SlowRollout, 1.0));
    let left = |arguments: &str| {
        let mut command = home.on(&world);
        command.args(arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        // It is looked at a few times before it is watched.
        let watched = asked(&world, "ecs:DescribeServiceDeployments") + 8;
        until("watching", PATIENCE, || (asked(&world, "ecs:DescribeServiceDeployments") > watched).then_some(()));
        signal(child.id(), rustix::process::Signal::INT);
        finish(child).coded(7)
    };
    left("deploy web --image c0ffee1 --yes");
    let report = super::validated(&home, &left("deploy web api --attach -o json"));
    let told: Vec<&str> =
        report["operations"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap()).collect();
    assert_eq!(told, ["watch web", "watch api"], "{report:#}");
    assert_eq!(report["operations"][0]["verdict"], "unknown", "{report:#}");
}
