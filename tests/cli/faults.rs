//! Accounts, credentials and faults on the way: each is said to be what it is.

use super::*;

#[test]
fn a_wrong_account_is_refused_and_nothing_of_it_is_shown() {
    let config = include_str!("../../config.toml").replace("123456789012", "999999999999");
    let (home, world) = (Home::with(&config), World::staging());
    for command in [
        "snapshot -o json",
        "services",
        "tasks -o csv",
        "autoscaling",
        "db",
        "alarms",
        "snapshot --watch 1s",
        "snapshot --wait attention.count==0",
    ] {
        let said = line(&mut home.on(&world), command).coded(4);
        assert_eq!(said.out, "", "{command}");
        assert!(said.err.contains("999999999999") && said.err.contains(aws_sim::ACCOUNT), "{said:?}");
        assert!(!said.err.contains(SERVICE), "{said:?}");
    }
}

#[test]
fn without_credentials_it_says_how_to_get_some() {
    let (home, world) = (Home::new(), World::staging());
    let mut without = home.at(None);
    without.env("AWS_ENDPOINT_URL", world.endpoint());
    let said = line(&mut without, "snapshot").coded(8);
    assert_eq!(said.out, "");
    assert!(said.err.contains("no valid credentials for staging") && said.err.contains("hint: "), "{said:?}");
    let mut profile = home.at(None);
    profile.env("AWS_ENDPOINT_URL", world.endpoint());
    let said = line(&mut profile, "services --profile nobody").coded(8);
    assert!(said.err.contains("nobody"), "{said:?}");
    assert_eq!(world.get("/_sim/requests")["total"], 0, "nothing was asked");
}

#[test]
fn expired_credentials_are_said_to_be_expired() {
    let (home, world) = (Home::new(), World::staging());
    world.post("/_sim/expire", &json!({"access_key": "AKIASIMULATED0000001"}));
    for command in ["snapshot", "services", "alarms", "snapshot --watch 1s"] {
        let said = line(&mut home.on(&world), command).coded(8);
        assert_eq!(said.out, "", "{command}");
        assert!(said.err.contains("xpired") && said.err.contains("hint: "), "{said:?}");
    }
}

// Faults on the way.

#[test]
fn an_endpoint_that_is_not_there_is_named() {
    let home = Home::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for endpoint in [format!("http://{closed}"), "http://cockpit.invalid".to_owned()] {
        let said = line(&mut home.at(Some(&endpoint)), "snapshot -o json --timeout 20s");
        assert!(matches!(said.code, 1 | 7), "{said:#?}");
        let snapshot = said.json();
        assert_eq!(snapshot["services"], Value::Null);
        assert_eq!(snapshot["complete"], false);
        let row = source(&snapshot, "sts.identity");
        assert_eq!(row["status"], "failed");
        assert!(row["error"].as_str().unwrap().contains(endpoint.trim_start_matches("http://")), "{row}");
    }
}

#[test]
fn a_hang_ends_with_the_time_limit_and_what_was_read_is_printed() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("rds:*", "hang");
    let said = line(&mut home.on(&world), "snapshot -o json --timeout 2s").coded(7);
    let snapshot = said.json();
    follows_schema(&home, "snapshot", &snapshot);
    assert_eq!(snapshot["services"].as_array().unwrap().len(), 2);
    assert_eq!(snapshot["databases"], Value::Null);
    assert_eq!(source(&snapshot, "rds.instances")["status"], "failed");
    assert!(source(&snapshot, "rds.instances")["error"].is_string());
    // Who we are is not known: nothing is shown.
    world.fault("sts:*", "hang");
    let unknown = line(&mut home.on(&world), "snapshot -o json --timeout 1s").coded(7).json();
    assert_eq!(unknown["services"], Value::Null);
    let list = line(&mut home.on(&world), "services --timeout 1s").coded(7);
    assert!(!list.out.contains(SERVICE) && list.out.contains("no answer came in time"), "{list:?}");
}

#[test]
fn one_denied_source_leaves_the_others() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("rds:*", "denied");
    let snapshot = line(&mut home.on(&world), "snapshot -o json").coded(3).json();
    follows_schema(&home, "snapshot", &snapshot);
    assert_eq!(snapshot["databases"], Value::Null);
    assert_eq!(snapshot["services"].as_array().unwrap().len(), 2);
    let row = source(&snapshot, "rds.instances");
    assert_eq!(row["kind"], "denied");
    assert!(row["error"].as_str().unwrap().contains("rds:DescribeDBInstances"), "{row}");
    let table = line(&mut home.on(&world), "snapshot -o table").coded(3);
    assert!(table.out.contains(SERVICE) && format!("{table:?}").contains("rds:DescribeDBInstances"), "{table:?}");
    line(&mut home.on(&world), "services").coded(0);
    let databases = line(&mut home.on(&world), "db -o json");
    assert!(matches!(databases.code, 1 | 3), "{databases:?}");
    assert_eq!(databases.json()["databases"], Value::Null);
    // Rows are rows: what is missing is told beside them.
    world.fault("ecs:ListTasks", "denied");
    let rows = line(&mut home.on(&world), "services -o csv").coded(3);
    assert_eq!(csv::Reader::from_reader(rows.out.as_bytes()).records().map(Result::unwrap).count(), 2, "{rows:?}");
    assert!(rows.err.contains("ecs:ListTasks"), "{rows:?}");
}

#[test]
fn every_broken_answer_is_said_to_be_broken() {
    for kind in ["truncate", "malformed", "reset", "error"] {
        let (home, world) = (Home::new(), World::staging());
        for operation in [
            "ecs:DescribeServices",
            "rds:DescribeDBInstances",
            "monitoring:DescribeAlarms",
            "cloudwatch:DescribeAlarms",
        ] {
            world.fault(operation, kind);
        }
        let said = line(&mut home.on(&world), "snapshot -o json").coded(3);
        let snapshot = said.json();
        follows_schema(&home, "snapshot", &snapshot);
        for (name, field) in
            [("ecs.services", "services"), ("rds.instances", "databases"), ("cloudwatch.alarms", "alarms")]
        {
            assert_eq!(snapshot[field], Value::Null, "{kind} {name}: {snapshot:#}");
            let row = source(&snapshot, name);
            assert_eq!(row["status"], "failed", "{kind} {row}");
            assert!(row["error"].as_str().is_some_and(|text| text.contains("Describe")), "{kind} {row}");
        }
        assert_eq!(source(&snapshot, "ecs.tasks")["status"], "ok", "{kind}");
    }
}

#[test]
fn pages_that_are_empty_go_on_and_pages_that_repeat_end() {
    // Without names in the configuration the services are listed.
    let config = format!(
        "[environments.all]\nregion = \"ap-northeast-1\"\ncluster = \"{CLUSTER}\"\nalarms = [\"bookmark\"]\ndatabases = [\"*\"]\n"
    );
    let (home, world) = (Home::with(&config), World::staging());
    world.post("/_sim/fault", &json!({"operation": "ecs:ListServices", "kind": "empty", "count": 1}));
    let snapshot = line(&mut home.on(&world), "snapshot --env all -o json").coded(0).json();
    assert_eq!(snapshot["services"].as_array().unwrap().len(), 2);
    for operation in ["ecs:ListServices", "ecs:ListTasks", "rds:DescribeDBInstances", "cloudwatch:DescribeAlarms"] {
        world.fault(operation, "loop");
    }
    let said = line(&mut home.on(&world), "snapshot --env all -o json").coded(3);
    let snapshot = said.json();
    follows_schema(&home, "snapshot", &snapshot);
    for name in ["ecs.services", "ecs.tasks", "rds.instances", "cloudwatch.alarms"] {
        let row = source(&snapshot, name);
        assert_ne!(row["status"], "ok", "{row}");
        assert!(row["error"].as_str().unwrap().contains("same page token"), "{row}");
    }
    // What came before stands.
    assert_eq!(snapshot["services"].as_array().unwrap().len(), 2);
    let total = world.get("/_sim/requests")["total"].as_u64().unwrap();
    assert!(total < 200, "{total} requests");
}

#[test]
fn throttling_is_waited_out_or_told() {
    let (home, world) = (Home::new(), World::start(Scenario::Throttled));
    let said = line(&mut home.on(&world), "snapshot -o json");
    assert!(matches!(said.code, 0 | 3), "{said:#?}");
    let snapshot = said.json();
    follows_schema(&home, "snapshot", &snapshot);
    for row in snapshot["sources"].as_array().unwrap().iter().filter(|row| row["status"] == "failed") {
        assert!(
            row["error"].as_str().unwrap().contains("Rate exceeded")
                || row["error"].as_str().unwrap().contains("not asked"),
            "{row}"
        );
    }
    let world = World::staging();
    world.fault("ecs:ListTasks", "throttle");
    let snapshot = line(&mut home.on(&world), "snapshot -o json").coded(3).json();
    assert_eq!(source(&snapshot, "ecs.tasks")["kind"], "throttled");
    assert_eq!(snapshot["services"].as_array().unwrap().len(), 2);
}

#[test]
fn nothing_is_waited_for_that_a_key_which_cannot_be_renewed_keeps_from_being_read() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("cloudwatch:DescribeAlarms", "expired");
    for condition in ["alarms.count>=0", "attention.count>=0"] {
        let said = line(&mut home.on(&world), &format!("snapshot --watch 1s --wait {condition}")).coded(8);
        assert!(said.err.contains(&format!("`{condition}` cannot come true")), "{said:#?}");
        assert!(
            said.err.contains("alarms cannot be read any more") && said.err.contains("export a new key"),
            "{said:#?}"
        );
    }
    // What does not need them comes true, or may.
    line(&mut home.on(&world), "snapshot --watch 1s --wait services.web.running==1").coded(0);
    line(&mut home.on(&world), "snapshot --watch 1s --wait services.web.running==9 --timeout 5s").coded(7);
    world.clear_faults();
    world.fault("ecs:DescribeServices", "expired");
    let said = line(&mut home.on(&world), "autoscaling web --watch").coded(8);
    assert!(said.err.contains("export a new key"), "{said:#?}");
    world.clear_faults();
    // One refusal may be a fault on the side of AWS.
    world.post("/_sim/fault", &json!({"operation": "cloudwatch:DescribeAlarms", "kind": "expired", "count": 1}));
    line(&mut home.on(&world), "snapshot --watch 1s --wait alarms.count>=0").coded(0);
}

/// Changes are told from the first look on: what that could not read is told as well.
#[test]
fn what_is_watched_and_could_not_be_read_is_no_calm() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("ecs:DescribeServices", "denied");
    let said = line(&mut home.on(&world), "snapshot --watch 1s --timeout 6s").coded(3);
    assert!(said.err.contains("ecs.services could not be read"), "{said:#?}");
    world.clear_faults();
    world.fault("*", "hang");
    let said = line(&mut home.on(&world), "snapshot --watch 1s --timeout 1s").coded(7);
    let unread = said.err.lines().find(|line| line.contains("could not be read")).unwrap_or_default();
    assert!(unread.contains("ecs.services"), "{said:#?}");
    let said = line(&mut home.on(&world), "autoscaling web --watch --timeout 1s").coded(7);
    assert!(said.err.contains("the time is up") && !said.err.contains("one service is watched"), "{said:#?}");
}

/// What has nothing to write would not hear that its pipe is closed.
#[test]
fn what_is_watched_ends_when_nobody_reads_it_though_nothing_changes() {
    let (home, world) = (Home::new(), World::staging());
    for arguments in ["snapshot --watch 1s", "logs web -f --tail 0", "autoscaling web --watch", "timeline -f"] {
        let mut command = home.on(&world);
        command.args(arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        finish(child).coded(0);
    }
}
