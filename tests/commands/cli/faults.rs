//! Accounts, credentials and connection faults: each is reported as what it is.

use super::*;

#[test]
fn wrong_account_is_refused_and_its_data_is_not_shown() {
    let config = include_str!("../../../config.toml").replace("123456789012", "999999999999");
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
        let output = line(&mut home.on(&world), command).exits(4);
        assert_eq!(output.out, "", "{command}");
        assert!(output.err.contains("999999999999") && output.err.contains(aws_sim::ACCOUNT), "{output:?}");
        assert!(!output.err.contains(SERVICE), "{output:?}");
    }
}

#[test]
fn missing_credentials_error_explains_how_to_get_them() {
    let (home, world) = (Home::new(), World::staging());
    let mut without = home.at(None);
    without.env("AWS_ENDPOINT_URL", world.endpoint());
    let output = line(&mut without, "snapshot").exits(8);
    assert_eq!(output.out, "");
    assert!(output.err.contains("no valid credentials for staging") && output.err.contains("hint: "), "{output:?}");
    let mut profile = home.at(None);
    profile.env("AWS_ENDPOINT_URL", world.endpoint());
    let output = line(&mut profile, "services --profile nobody").exits(8);
    assert!(output.err.contains("nobody"), "{output:?}");
    assert_eq!(world.get("/_sim/requests")["total"], 0, "no request was sent");
}

#[test]
fn expired_credentials_are_reported_as_expired() {
    let (home, world) = (Home::new(), World::staging());
    world.post("/_sim/expire", &json!({"access_key": "AKIASIMULATED0000001"}));
    for command in ["snapshot", "services", "alarms", "snapshot --watch 1s"] {
        let output = line(&mut home.on(&world), command).exits(8);
        assert_eq!(output.out, "", "{command}");
        assert!(output.err.contains("xpired") && output.err.contains("hint: "), "{output:?}");
    }
}

// Connection faults.

#[test]
fn unreachable_endpoint_is_named() {
    let home = Home::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for endpoint in [format!("http://{closed}"), "http://cockpit.invalid".to_owned()] {
        let output = line(&mut home.at(Some(&endpoint)), "snapshot -o json --timeout 20s");
        assert!(matches!(output.code, 1 | 7), "{output:#?}");
        let snapshot = output.json();
        assert_eq!(snapshot["services"], Value::Null);
        assert_eq!(snapshot["complete"], false);
        let row = source(&snapshot, "sts.identity");
        assert_eq!(row["status"], "failed");
        assert!(row["error"].as_str().unwrap().contains(endpoint.trim_start_matches("http://")), "{row}");
    }
}

#[test]
fn hang_ends_at_the_time_limit_and_prints_what_was_read() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("rds:*", "hang");
    let output = line(&mut home.on(&world), "snapshot -o json --timeout 2s").exits(7);
    let snapshot = output.json();
    follows_schema(&home, "snapshot", &snapshot);
    assert_eq!(snapshot["services"].as_array().unwrap().len(), 2);
    assert_eq!(snapshot["databases"], Value::Null);
    assert_eq!(source(&snapshot, "rds.instances")["status"], "failed");
    assert!(source(&snapshot, "rds.instances")["error"].is_string());
    // The account is unknown: no data is shown.
    world.fault("sts:*", "hang");
    let unknown = line(&mut home.on(&world), "snapshot -o json --timeout 1s").exits(7).json();
    assert_eq!(unknown["services"], Value::Null);
    let list = line(&mut home.on(&world), "services --timeout 1s").exits(7);
    assert!(!list.out.contains(SERVICE) && list.out.contains("no answer came in time"), "{list:?}");
}

#[test]
fn one_denied_source_keeps_the_others() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("rds:*", "denied");
    let snapshot = line(&mut home.on(&world), "snapshot -o json").exits(3).json();
    follows_schema(&home, "snapshot", &snapshot);
    assert_eq!(snapshot["databases"], Value::Null);
    assert_eq!(snapshot["services"].as_array().unwrap().len(), 2);
    let row = source(&snapshot, "rds.instances");
    assert_eq!(row["kind"], "denied");
    assert!(row["error"].as_str().unwrap().contains("rds:DescribeDBInstances"), "{row}");
    let table = line(&mut home.on(&world), "snapshot -o table").exits(3);
    assert!(table.out.contains(SERVICE) && format!("{table:?}").contains("rds:DescribeDBInstances"), "{table:?}");
    line(&mut home.on(&world), "services").exits(0);
    let databases = line(&mut home.on(&world), "db -o json");
    assert!(matches!(databases.code, 1 | 3), "{databases:?}");
    assert_eq!(databases.json()["databases"], Value::Null);
    // CSV contains only rows: missing data is reported on stderr.
    world.fault("ecs:ListTasks", "denied");
    let rows = line(&mut home.on(&world), "services -o csv").exits(3);
    assert_eq!(csv::Reader::from_reader(rows.out.as_bytes()).records().map(Result::unwrap).count(), 2, "{rows:?}");
    assert!(rows.err.contains("ecs:ListTasks"), "{rows:?}");
}

#[test]
fn every_broken_answer_is_reported_as_broken() {
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
        let output = line(&mut home.on(&world), "snapshot -o json").exits(3);
        let snapshot = output.json();
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
fn paging_continues_past_empty_pages_and_ends_at_repeated_ones() {
    // Without names in the configuration the services are listed.
    let config = format!(
        "[environments.all]\nregion = \"ap-northeast-1\"\ncluster = \"{CLUSTER}\"\nalarms = [\"bookmark\"]\ndatabases = [\"*\"]\n"
    );
    let (home, world) = (Home::with(&config), World::staging());
    world.post("/_sim/fault", &json!({"operation": "ecs:ListServices", "kind": "empty", "count": 1}));
    let snapshot = line(&mut home.on(&world), "snapshot --env all -o json").exits(0).json();
    assert_eq!(snapshot["services"].as_array().unwrap().len(), 2);
    for operation in ["ecs:ListServices", "ecs:ListTasks", "rds:DescribeDBInstances", "cloudwatch:DescribeAlarms"] {
        world.fault(operation, "loop");
    }
    let output = line(&mut home.on(&world), "snapshot --env all -o json").exits(3);
    let snapshot = output.json();
    follows_schema(&home, "snapshot", &snapshot);
    for name in ["ecs.services", "ecs.tasks", "rds.instances", "cloudwatch.alarms"] {
        let row = source(&snapshot, name);
        assert_ne!(row["status"], "ok", "{row}");
        assert!(row["error"].as_str().unwrap().contains("same page token"), "{row}");
    }
    // Earlier data is kept.
    assert_eq!(snapshot["services"].as_array().unwrap().len(), 2);
    let total = world.get("/_sim/requests")["total"].as_u64().unwrap();
    assert!(total < 200, "{total} requests");
}

#[test]
fn throttling_is_waited_out_or_reported() {
    let (home, world) = (Home::new(), World::start(Scenario::Throttled));
    let output = line(&mut home.on(&world), "snapshot -o json");
    assert!(matches!(output.code, 0 | 3), "{output:#?}");
    let snapshot = output.json();
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
    let snapshot = line(&mut home.on(&world), "snapshot -o json").exits(3).json();
    assert_eq!(source(&snapshot, "ecs.tasks")["kind"], "throttled");
    assert_eq!(snapshot["services"].as_array().unwrap().len(), 2);
}

#[test]
fn unrenewable_credentials_end_the_wait_at_once() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("cloudwatch:DescribeAlarms", "expired");
    for condition in ["alarms.count>=0", "attention.count>=0"] {
        let output = line(&mut home.on(&world), &format!("snapshot --watch 1s --wait {condition}")).exits(8);
        assert!(output.err.contains(&format!("`{condition}` cannot come true")), "{output:#?}");
        assert!(
            output.err.contains("alarms cannot be read any more") && output.err.contains("export a new key"),
            "{output:#?}"
        );
    }
    // A condition that needs no new credentials comes true, or may still do so.
    line(&mut home.on(&world), "snapshot --watch 1s --wait services.web.running==1").exits(0);
    line(&mut home.on(&world), "snapshot --watch 1s --wait services.web.running==9 --timeout 5s").exits(7);
    world.clear_faults();
    world.fault("ecs:DescribeServices", "expired");
    let output = line(&mut home.on(&world), "autoscaling web --watch").exits(8);
    assert!(output.err.contains("export a new key"), "{output:#?}");
    world.clear_faults();
    // A single refusal may be an error of AWS.
    world.post("/_sim/fault", &json!({"operation": "cloudwatch:DescribeAlarms", "kind": "expired", "count": 1}));
    line(&mut home.on(&world), "snapshot --watch 1s --wait alarms.count>=0").exits(0);
}

/// Changes are reported relative to the first poll: what it could not read is reported as well.
#[test]
fn unreadable_source_is_not_reported_as_calm_by_watch() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("ecs:DescribeServices", "denied");
    let output = line(&mut home.on(&world), "snapshot --watch 1s --timeout 6s").exits(3);
    assert!(output.err.contains("ecs.services could not be read"), "{output:#?}");
    world.clear_faults();
    world.fault("*", "hang");
    let output = line(&mut home.on(&world), "snapshot --watch 1s --timeout 1s").exits(7);
    let unread = output.err.lines().find(|line| line.contains("could not be read")).unwrap_or_default();
    assert!(unread.contains("ecs.services"), "{output:#?}");
    let output = line(&mut home.on(&world), "autoscaling web --watch --timeout 1s").exits(7);
    assert!(output.err.contains("the time is up") && !output.err.contains("one service is watched"), "{output:#?}");
}

/// A command without output would not notice a closed pipe.
#[test]
fn watch_ends_on_a_closed_pipe_even_without_changes() {
    let (home, world) = (Home::new(), World::staging());
    for arguments in ["snapshot --watch 1s", "logs web -f --tail 0", "autoscaling web --watch", "timeline -f"] {
        let mut command = home.on(&world);
        command.args(arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        finish(child).exits(0);
    }
}
