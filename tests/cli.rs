//! The program as it is typed: output, exit codes, errors, faults. The world is the simulator's.
#![allow(clippy::unwrap_used)]

#[path = "cli/denied.rs"]
mod denied;
#[path = "cli/endpoints.rs"]
mod endpoints;
#[path = "cli/faults.rs"]
mod faults;
#[path = "cli/half.rs"]
mod half;
#[path = "cli/health.rs"]
mod health;
#[path = "cli/init.rs"]
mod init;
#[path = "cli/kept.rs"]
mod kept;
#[path = "cli/names.rs"]
mod names;
#[path = "cli/reads.rs"]
mod reads;
mod support;
#[path = "cli/usage.rs"]
mod usage;

use aws_sim::Scenario;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::process::Stdio;
use support::{Home, Lines, PATIENCE, World, ended, finish, follows_schema, harmless, line, run, signal, until};

const SERVICE: &str = "bookmark-manager-staging-web";
const CLUSTER: &str = "bookmark-manager-staging-cluster";

/// One line of a snapshot's sources.
fn source<'a>(snapshot: &'a Value, name: &str) -> &'a Value {
    let rows = snapshot["sources"].as_array().unwrap();
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no source {name}: {snapshot}"))
}

// What is printed.

#[test]
fn the_snapshot_of_every_environment_follows_its_schema() {
    let (home, world) = (Home::new(), World::staging());
    for (environment, services, databases) in [
        ("staging", 2, "bookmark-manager-staging-db"),
        ("prod", 2, "bookmark-manager-prod-aurora"),
        ("pantri", 1, ""),
        ("minimal", 0, "minimal-db"),
    ] {
        let said = line(&mut home.on(&world), &format!("snapshot --env {environment} -o json")).coded(0);
        let snapshot = said.json();
        assert_eq!(said.err, "");
        follows_schema(&home, "snapshot", &snapshot);
        assert_eq!(snapshot["environment"], environment);
        assert_eq!(snapshot["account"], aws_sim::ACCOUNT);
        assert_eq!(snapshot["complete"], true);
        assert_eq!(snapshot["services"].as_array().unwrap().len(), services);
        let found: Vec<&str> =
            snapshot["databases"].as_array().unwrap().iter().map(|database| database["id"].as_str().unwrap()).collect();
        assert_eq!(found, if databases.is_empty() { vec![] } else { vec![databases] });
    }
}

#[test]
fn the_snapshot_does_without_a_format_and_without_an_environment() {
    let (home, world) = (Home::new(), World::staging());
    // No terminal: JSON, of the default environment.
    assert_eq!(line(&mut home.on(&world), "snapshot").coded(0).json()["environment"], "staging");
    let variable = line(home.on(&world).env("COCKPIT_ENV", "prod"), "snapshot").coded(0).json();
    assert_eq!(variable["environment"], "prod");
    let broken = line(home.on(&world).env("COCKPIT_ENV", "prod \r\n"), "snapshot").coded(0).json();
    assert_eq!(broken["environment"], "prod", "as `$(cat FILE)` of another system leaves it");
    let yaml = line(&mut home.on(&world), "snapshot -o yaml").coded(0).out;
    assert!(yaml.starts_with("schema: cockpit.snapshot/1\n"), "{yaml}");
    let table = line(&mut home.on(&world), "snapshot -o table").coded(0).out;
    assert!(table.contains(SERVICE) && table.contains("bookmark-manager-staging-db"), "{table}");
    let refused = line(&mut home.on(&world), "snapshot -o csv").coded(2);
    assert!(refused.err.contains("table, json, yaml"), "{refused:?}");
}

#[test]
fn every_list_has_every_format() {
    let (home, world) = (Home::new(), World::staging());
    for (command, first) in [
        ("services", "SERVICE"),
        ("tasks", "TASK"),
        ("autoscaling", "SERVICE"),
        ("db", "DATABASE"),
        ("alarms --all", "STATE"),
    ] {
        let name = command.split(' ').next().unwrap();
        let said = |format: &str| line(&mut home.on(&world), &format!("{command} --env prod -o {format}")).coded(0).out;
        let value: Value = serde_json::from_str(&said("json")).unwrap();
        follows_schema(&home, name, &value);
        assert!(said("table").starts_with(first), "{name}: {}", said("table"));
        assert!(said("yaml").starts_with("schema: "), "{name}");
        let text = said("csv");
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let columns = rows.headers().unwrap().len();
        let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
        assert!(columns > 3 && !rows.is_empty(), "{name}: {text}");
        let list = value.as_object().unwrap().iter().find(|(key, value)| *key != "sources" && value.is_array());
        let fields = list.unwrap().1[0].as_object().unwrap();
        for heading in csv::Reader::from_reader(text.as_bytes()).headers().unwrap() {
            let first = heading.split('.').next().unwrap();
            assert!(fields.contains_key(first), "{name}: `{heading}` is no field of {fields:?}");
        }
        let table = said("table");
        let machine = table.split_whitespace().find(|word| word.parse::<jiff::Timestamp>().is_ok());
        assert_eq!(machine, None, "{name}: tables tell times as a clock does: {table}");
        // Without a terminal a list is a table.
        assert_eq!(
            line(&mut home.on(&world), &format!("{command} --env prod")).coded(0).out.len(),
            said("table").len()
        );
    }
}

#[test]
fn a_list_takes_names_and_says_which_there_are() {
    let (home, world) = (Home::new(), World::staging());
    let one = line(&mut home.on(&world), "services web -o json").coded(0).json();
    assert_eq!(one["services"].as_array().unwrap().len(), 1);
    assert_eq!(one["services"][0]["name"], SERVICE);
    let unknown = line(&mut home.on(&world), "services wbe").coded(2);
    assert!(unknown.err.contains("there is no service `wbe`") && unknown.err.contains(SERVICE), "{unknown:?}");
    assert_eq!(unknown.out, "");
    assert!(line(&mut home.on(&world), "db nothing").coded(2).err.contains("bookmark-manager-staging-db"));
}

#[test]
fn a_name_is_whole_words_of_it_or_an_arn_of_this_environment() {
    let (home, world) = (Home::new(), World::staging());
    let cluster = world.get("/_sim/state")["clusters"][0]["name"].as_str().unwrap().to_owned();
    let arn =
        |account: &str, cluster: &str| format!("arn:aws:ecs:ap-northeast-1:{account}:service/{cluster}/{SERVICE}");
    for typed in ["web", "staging-web", SERVICE, "Web", &arn("123456789012", &cluster)] {
        let said = run(&mut home.on(&world), ["services", typed, "-o", "json"]).coded(0).json();
        assert_eq!(said["services"][0]["name"], SERVICE, "{typed}");
    }
    let whole = arn("123456789012", &cluster);
    for command in
        [&["tasks"][..], &["scale", "2", "--dry-run"], &["deploy", "--force", "--dry-run"], &["logs", "--since", "1m"]]
    {
        let mut arguments = command.to_vec();
        arguments.insert(1, &whole);
        run(&mut home.on(&world), arguments).coded(0);
    }
    for typed in ["eb", "staging", "web-", "-"] {
        let said = run(&mut home.on(&world), ["services", typed]);
        assert!(said.code == 2 || typed == "web-", "{typed}: {said:#?}");
    }
    for (typed, why) in [(arn("999999999999", &cluster), "account"), (arn("123456789012", "other"), "cluster")] {
        for command in [&["services"][..], &["deploy", "--force", "-y"], &["logs"], &["scale", "-y", "1"]] {
            let mut arguments = command.to_vec();
            arguments.insert(1, &typed);
            let said = run(&mut home.on(&world), arguments).coded(2);
            assert!(said.err.contains("is not of this environment") && said.err.contains(why), "{said:#?}");
        }
    }
    let said = run(&mut home.on(&world), ["stop-task", &arn("123456789012", &cluster), "-y"]).coded(2);
    assert!(said.err.contains("not an ARN of a task"), "{said:#?}");
    // A revision, too, is known by its name whatever it was called by.
    let listed = run(&mut home.on(&world), ["services", "web", "-o", "json"]).coded(0).json();
    let (family, number) = listed["services"][0]["task_definition"].as_str().unwrap().rsplit_once(':').unwrap();
    let before = format!("{family}:{}", number.parse::<u32>().unwrap() - 1);
    let revision = |account: &str| format!("arn:aws:ecs:ap-northeast-1:{account}:task-definition/{before}");
    let back = |to: &str| run(&mut home.on(&world), ["rollback", "web", "--to", to, "--dry-run", "-o", "json"]);
    let said = back(&revision("123456789012")).coded(0).json();
    assert_eq!(said["operations"][0]["calls"][0]["parameters"]["taskDefinition"], before.as_str(), "{said:#}");
    let said = back(&revision("999999999999")).coded(2);
    assert!(said.err.contains("is not of this environment"), "{said:#?}");
    assert_eq!(world.asked("ecs:UpdateService"), 0);
}

#[test]
fn the_doctor_looks_at_each_thing() {
    let (home, world) = (Home::new().with_code(), World::staging());
    let doctor = line(&mut home.on(&world), "doctor -o json").coded(0).json();
    follows_schema(&home, "doctor", &doctor);
    let text = line(&mut home.on(&world), "doctor -o table").coded(0).out;
    for check in ["configuration", "identity", "account", "clock", "ecs:ListTasks", "cloudwatch:GetMetricData"] {
        assert!(text.contains(check), "{check}: {text}");
    }
    assert!(line(&mut home.on(&world), "doctor -o yaml").coded(0).out.contains("ecs:ListTasks"));
    // Beside a tree of infra/terraform: values that are still those of the examples.
    let folder = home.path().join("infra/terraform/envs/staging");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("env.hcl"), "account_id = \"123456789012\" # yours\nsecurity = {}\n").unwrap();
    let text = line(&mut home.on(&world), "doctor -o table").coded(0).out;
    for wanted in
        ["own values", "account_id in infra/terraform/envs/staging/env.hcl", "allowed_cidr_blocks is in no file"]
    {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    world.fault("ecs:ListTasks", "denied");
    let denied = line(&mut home.on(&world), "doctor -o table");
    assert_ne!(denied.code, 0, "{denied:?}");
    assert!(denied.out.contains("ecs:ListTasks"), "{denied:?}");
}

#[test]
fn completions_manual_schema_and_help_need_nothing() {
    let home = Home::with("this is not a configuration");
    for shell in ["bash", "zsh", "fish"] {
        let text = line(&mut home.at(None), &format!("completions {shell}")).coded(0).out;
        assert!(text.contains("snapshot") && text.contains("autoscaling"), "{shell}");
    }
    let manual = line(&mut home.at(None), "man").coded(0).out;
    assert!(manual.starts_with(".ie") && manual.contains("COCKPIT SNAPSHOT"), "{manual}");
    let names = ["snapshot", "services", "tasks", "autoscaling", "db", "log", "insights", "alarms"];
    for name in names.into_iter().chain(["operation", "schedule", "audit", "doctor"]) {
        let schema = line(&mut home.at(None), &format!("schema {name}")).coded(0).json();
        assert_eq!(schema["$id"], format!("urn:cockpit.{name}:1"));
    }
    assert!(line(&mut home.at(None), "--help").coded(0).out.contains("Exit codes"));
    assert!(line(&mut home.at(None), "--version").coded(0).out.starts_with("cockpit "));
}

// What is odd in the world.

#[test]
fn odd_names_are_printed_whole_and_do_nothing() {
    let config = format!(
        "[environments.odd]\nregion = \"ap-northeast-1\"\ncluster = \"{CLUSTER}\"\nalarms = [\"bookmark\"]\ndatabases = [\"*\"]\n"
    );
    let (home, world) = (Home::with(&config), World::staging());
    let long = "x".repeat(255);
    let name = "ブックマーク管理\u{1f600}\u{1b}[31m\u{9b}2J\u{202e}";
    let database = "データ\u{202e}\u{1f4be}";
    world.poke(&json!({"rename_service": {"from": SERVICE, "to": name}}));
    world.poke(&json!({"rename_service": {"from": "bookmark-manager-staging-api", "to": long}}));
    world.poke(&json!({"rename_instance": {"from": "bookmark-manager-staging-db", "to": database}}));
    world.poke(&json!({"note": {"service": name, "text": "(service \u{1b}]52;c;aGk=\u{7} 日本語) \u{1b}[2J was unable\r\nto place a task \u{2066}"}}));
    // `run` looks for what acts on a terminal in all that is printed.
    let snapshot = line(&mut home.on(&world), "snapshot --env odd -o json").json();
    let names: Vec<&str> =
        snapshot["services"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert!(names.contains(&name) && names.contains(&long.as_str()), "{names:?}");
    assert!(snapshot["databases"].as_array().unwrap().iter().any(|row| row["id"] == database));
    for command in ["snapshot", "services", "tasks", "autoscaling", "db", "alarms --all", "doctor"] {
        for format in ["table", "json", "yaml", "csv"] {
            if format == "csv" && matches!(command, "snapshot" | "doctor") {
                continue;
            }
            let said = line(&mut home.on(&world), &format!("{command} --env odd -o {format}"));
            assert!(matches!(said.code, 0 | 3), "{command} {format}: {said:?}");
            if command == "services" && format == "table" {
                assert!(said.out.contains("ブックマーク管理"), "{said:?}");
            }
        }
    }
    let unknown = run(&mut home.on(&world), ["services", "--env", "odd", "\u{1b}[31mweb"]).coded(2);
    assert!(unknown.err.contains("there is no service"), "{unknown:?}");
}

#[test]
fn of_ten_thousand_services_what_was_read_in_time_is_printed() {
    let config = format!("[environments.many]\nregion = \"ap-northeast-1\"\ncluster = \"{CLUSTER}\"\n");
    let (home, world) = (Home::with(&config), World::staging());
    world.poke(&json!({"add_services": {"cluster": CLUSTER, "count": 10_000, "desired": 0}}));
    world.post("/_sim/requests/reset", &json!({}));
    // Whole it takes as long as the limits of AWS say: 1,000 calls.
    let said = line(&mut home.on(&world), "services --env many -o json --timeout 6s").coded(7);
    let list = said.json();
    let read = list["services"].as_array().unwrap().len();
    assert!((100..10_000).contains(&read), "{read} services");
    assert_eq!(source(&list, "ecs.services")["status"], "partial");
    // Nobody polls beside it, so that it may use the whole limit; one or two may arrive a little early.
    assert!(world.get("/_sim/requests")["budgets"]["ecs:services"]["throttled"].as_u64().unwrap() < 5);
}

// Pipes, signals, waiting.

#[test]
fn a_broken_pipe_is_quiet() {
    let (home, world) = (Home::new(), World::staging());
    for arguments in
        ["snapshot -o json", "services", "man", "completions bash", "schema snapshot", "--help", "config show"]
    {
        let mut command = home.on(&world);
        let mut child =
            command.args(arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let said = finish(child);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments}");
    }
}

#[test]
fn an_interrupt_ends_with_130() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("ecs:*", "hang");
    for arguments in ["snapshot -o json", "snapshot --watch 1s", "doctor"] {
        let before = world.get("/_sim/requests")["total"].as_u64().unwrap();
        let mut command = home.on(&world);
        let child = command.args(arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("requests", PATIENCE, || (world.get("/_sim/requests")["total"].as_u64().unwrap() > before).then_some(()));
        signal(child.id(), Signal::INT);
        let said = finish(child).coded(130);
        assert_eq!(said.out, "", "{arguments}");
    }
}

#[test]
fn a_condition_is_waited_for() {
    let (home, world) = (Home::new(), World::staging());
    let now =
        run(&mut home.on(&world), ["snapshot", "--wait", "services.web.running == services.web.desired"]).coded(0);
    assert!(now.out.contains("services.web.running"), "{now:?}");
    // It becomes true while it is waited for.
    let mut command = home.on(&world);
    command.args(["snapshot", "--wait", "services.web.running == 2", "--watch", "1s", "--timeout", "60s"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("a look", PATIENCE, || (world.asked("ecs:DescribeServices") >= 2).then_some(()));
    world.poke(&json!({"set_desired": {"service": SERVICE, "desired": 2}}));
    world.advance(300);
    finish(child).coded(0);
    // It does not become true.
    let never = run(
        &mut home.on(&world),
        ["snapshot", "-o", "json", "--wait", "services.web.running == 9", "--watch", "1s", "--timeout", "2s"],
    )
    .coded(7);
    let error = never.error();
    assert_eq!(error["kind"], "timeout");
    assert!(error["message"].as_str().unwrap().contains("services.web.running == 9"), "{error}");
    assert!(error["causes"][0].as_str().unwrap().contains('2'), "{error}");
    // What is not there is told, not waited for without a word.
    let unknown = run(&mut home.on(&world), ["snapshot", "--wait", "services.nobody.running == 1", "--timeout", "1s"]);
    assert!(matches!(unknown.code, 2 | 7) && unknown.err.contains("nobody"), "{unknown:?}");
}

#[test]
fn changes_are_printed_a_line_each() {
    let (home, world) = (Home::new(), World::staging());
    let mut command = home.on(&world);
    command.args(["snapshot", "--watch", "1s", "-o", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = Lines::of(child.stdout.take().unwrap());
    until("a look", PATIENCE, || (world.asked("ecs:DescribeServices") >= 1).then_some(()));
    world.poke(&json!({"set_desired": {"service": SERVICE, "desired": 2}}));
    let desired = lines
        .by_ref()
        .map(|line| serde_json::from_str::<Value>(&line).unwrap())
        .find(|change| change["path"] == "services.web.desired")
        .unwrap();
    assert_eq!((&desired["from"], &desired["to"]), (&json!(1), &json!(2)));
    support::lines_follow_schema(&home, "snapshot-change", &desired.to_string());
    world.advance(300);
    let running = lines
        .by_ref()
        .map(|line| serde_json::from_str::<Value>(&line).unwrap())
        .find(|change| change["path"] == "services.web.running")
        .unwrap();
    assert_eq!(running["to"], 2);
    signal(child.id(), Signal::INT);
    assert_eq!(ended(&mut child).code(), Some(130));
}

#[test]
fn the_simulator_runs_alone_until_it_is_told_to_end() {
    let home = Home::new();
    for end in [Signal::TERM, Signal::INT] {
        let mut command = home.at(None);
        command.args(["sim", "--speed", "0", "--scenario", "prod"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let hello = Lines::of(child.stdout.take().unwrap()).next().unwrap_or_default();
        let hello: Value = serde_json::from_str(&hello).unwrap();
        assert_eq!((hello["account"].as_str(), hello["scenario"].as_str()), (Some(aws_sim::ACCOUNT), Some("prod")));
        let endpoint = hello["endpoint"].as_str().unwrap();
        let snapshot = line(&mut home.at(Some(endpoint)), "snapshot --env prod").coded(0).json();
        assert_eq!(snapshot["complete"], true);
        signal(child.id(), end);
        let code = ended(&mut child).code();
        let expected: &[i32] = if end == Signal::TERM { &[0] } else { &[0, 130] };
        assert!(code.is_some_and(|code| expected.contains(&code)), "{code:?}");
    }
}

#[test]
fn diagnostics_hold_no_secret() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("ecs:ListTasks", "denied");
    let said = line(&mut home.on(&world), "snapshot -vvv -o json").coded(3);
    assert!(said.err.contains("ecs:ListTasks"), "{said:?}");
    line(&mut home.on(&world), "services -vvv --log-file log.txt").coded(3);
    let log = std::fs::read_to_string(home.path().join("log.txt")).unwrap();
    assert!(log.contains("ecs:ListTasks"), "{log}");
    harmless(&log);
    let refused = line(&mut home.on(&world), "services -vv --log-file nowhere/log.txt").coded(2);
    assert!(refused.err.contains("nowhere/log.txt"), "{refused:?}");
}

#[test]
fn a_limit_is_for_the_whole_command() {
    let (home, world) = (Home::new(), World::staging());
    let watched = line(&mut home.on(&world), "snapshot --watch 1s --timeout 1500ms -o json").coded(0);
    assert_eq!(watched.out, "", "nothing has changed");
    world.fault("*", "hang");
    let waited = line(&mut home.on(&world), "snapshot --wait attention.count==0 --timeout 1s").coded(7);
    // What nobody could read does not count as calm.
    assert!(waited.err.contains("did not come true in time"), "{waited:?}");
}

#[test]
fn figures_of_now_are_there_though_this_machines_clock_is_wrong() {
    for minutes in [-30, 10, 600] {
        let (home, world) = (Home::new(), World::off_by(Scenario::Staging, jiff::SignedDuration::from_mins(minutes)));
        let list = line(&mut home.on(&world), "services -o json").coded(0).json();
        for service in list["services"].as_array().unwrap() {
            assert!(
                service["cpu_percent"].is_number() && service["memory_percent"].is_number(),
                "{minutes}: {service}"
            );
        }
    }
}
