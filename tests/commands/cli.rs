//! The program as typed: output, exit codes, errors, faults. The world is simulated.

mod denied;
mod endpoints;
mod faults;
mod health;
mod init;
mod names;
mod partial;
mod reads;
mod stored;
mod usage;

use crate::support::{Home, Lines, PATIENCE, World, ended, finish, follows_schema, harmless, line, run, signal, until};
use aws_sim::Scenario;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::process::Stdio;

const SERVICE: &str = "bookmark-manager-staging-web";
const CLUSTER: &str = "bookmark-manager-staging-cluster";

/// The entry of a source in a snapshot.
fn source<'a>(snapshot: &'a Value, name: &str) -> &'a Value {
    let rows = snapshot["sources"].as_array().unwrap();
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no source {name}: {snapshot}"))
}

// Output.

#[test]
fn snapshot_of_every_environment_matches_its_schema() {
    let (home, world) = (Home::new(), World::staging());
    for (environment, services, databases) in [
        ("staging", 2, "bookmark-manager-staging-db"),
        ("prod", 2, "bookmark-manager-prod-aurora"),
        ("pantri", 1, ""),
        ("minimal", 0, "minimal-db"),
    ] {
        let output = line(&mut home.on(&world), &format!("snapshot --env {environment} -o json")).exits(0);
        let snapshot = output.json();
        assert_eq!(output.err, "");
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
fn snapshot_needs_neither_format_nor_environment() {
    let (home, world) = (Home::new(), World::staging());
    // No terminal: JSON, of the default environment.
    assert_eq!(line(&mut home.on(&world), "snapshot").exits(0).json()["environment"], "staging");
    let variable = line(home.on(&world).env("COCKPIT_ENV", "prod"), "snapshot").exits(0).json();
    assert_eq!(variable["environment"], "prod");
    let broken = line(home.on(&world).env("COCKPIT_ENV", "prod \r\n"), "snapshot").exits(0).json();
    assert_eq!(broken["environment"], "prod", "as `$(cat FILE)` of another system leaves it");
    let yaml = line(&mut home.on(&world), "snapshot -o yaml").exits(0).out;
    assert!(yaml.starts_with("schema: cockpit.snapshot/1\n"), "{yaml}");
    let table = line(&mut home.on(&world), "snapshot -o table").exits(0).out;
    assert!(table.contains(SERVICE) && table.contains("bookmark-manager-staging-db"), "{table}");
    let refused = line(&mut home.on(&world), "snapshot -o csv").exits(2);
    assert!(refused.err.contains("table, json, yaml"), "{refused:?}");
}

#[test]
fn every_list_supports_every_format() {
    let (home, world) = (Home::new(), World::staging());
    for (command, first) in [
        ("services", "SERVICE"),
        ("tasks", "TASK"),
        ("autoscaling", "SERVICE"),
        ("db", "DATABASE"),
        ("alarms --all", "STATE"),
    ] {
        let name = command.split(' ').next().unwrap();
        let printed =
            |format: &str| line(&mut home.on(&world), &format!("{command} --env prod -o {format}")).exits(0).out;
        let value: Value = serde_json::from_str(&printed("json")).unwrap();
        follows_schema(&home, name, &value);
        assert!(printed("table").starts_with(first), "{name}: {}", printed("table"));
        assert!(printed("yaml").starts_with("schema: "), "{name}");
        let text = printed("csv");
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let columns = rows.headers().unwrap().len();
        let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
        assert!(columns > 3 && !rows.is_empty(), "{name}: {text}");
        let list = value.as_object().unwrap().iter().find(|(key, value)| *key != "sources" && value.is_array());
        let fields = list.unwrap().1[0].as_object().unwrap();
        for heading in csv::Reader::from_reader(text.as_bytes()).headers().unwrap() {
            let first = heading.split('.').next().unwrap();
            assert!(fields.contains_key(first), "{name}: `{heading}` is not a field of {fields:?}");
        }
        let table = printed("table");
        let machine = table.split_whitespace().find(|word| word.parse::<jiff::Timestamp>().is_ok());
        assert_eq!(machine, None, "{name}: tables show local times: {table}");
        // Without a terminal a list is a table.
        assert_eq!(
            line(&mut home.on(&world), &format!("{command} --env prod")).exits(0).out.len(),
            printed("table").len()
        );
    }
}

#[test]
fn list_filters_by_name_and_suggests_known_names() {
    let (home, world) = (Home::new(), World::staging());
    let one = line(&mut home.on(&world), "services web -o json").exits(0).json();
    assert_eq!(one["services"].as_array().unwrap().len(), 1);
    assert_eq!(one["services"][0]["name"], SERVICE);
    let unknown = line(&mut home.on(&world), "services wbe").exits(2);
    assert!(unknown.err.contains("there is no service `wbe`") && unknown.err.contains(SERVICE), "{unknown:?}");
    assert_eq!(unknown.out, "");
    assert!(line(&mut home.on(&world), "db nothing").exits(2).err.contains("bookmark-manager-staging-db"));
}

#[test]
fn name_matches_whole_words_or_an_arn_of_this_environment() {
    let (home, world) = (Home::new(), World::staging());
    let cluster = world.get("/_sim/state")["clusters"][0]["name"].as_str().unwrap().to_owned();
    let arn =
        |account: &str, cluster: &str| format!("arn:aws:ecs:ap-northeast-1:{account}:service/{cluster}/{SERVICE}");
    for typed in ["web", "staging-web", SERVICE, "Web", &arn("123456789012", &cluster)] {
        let report = run(&mut home.on(&world), ["services", typed, "-o", "json"]).exits(0).json();
        assert_eq!(report["services"][0]["name"], SERVICE, "{typed}");
    }
    let full_arn = arn("123456789012", &cluster);
    for command in
        [&["tasks"][..], &["scale", "2", "--dry-run"], &["deploy", "--force", "--dry-run"], &["logs", "--since", "1m"]]
    {
        let mut arguments = command.to_vec();
        arguments.insert(1, &full_arn);
        run(&mut home.on(&world), arguments).exits(0);
    }
    for typed in ["eb", "staging", "web-", "-"] {
        let output = run(&mut home.on(&world), ["services", typed]);
        assert!(output.code == 2 || typed == "web-", "{typed}: {output:#?}");
    }
    for (typed, why) in [(arn("999999999999", &cluster), "account"), (arn("123456789012", "other"), "cluster")] {
        for command in [&["services"][..], &["deploy", "--force", "-y"], &["logs"], &["scale", "-y", "1"]] {
            let mut arguments = command.to_vec();
            arguments.insert(1, &typed);
            let output = run(&mut home.on(&world), arguments).exits(2);
            assert!(output.err.contains("is not of this environment") && output.err.contains(why), "{output:#?}");
        }
    }
    let output = run(&mut home.on(&world), ["stop-task", &arn("123456789012", &cluster), "-y"]).exits(2);
    assert!(output.err.contains("not an ARN of a task"), "{output:#?}");
    // A revision is known by its name too, whatever name it was selected by.
    let listed = run(&mut home.on(&world), ["services", "web", "-o", "json"]).exits(0).json();
    let (family, number) = listed["services"][0]["task_definition"].as_str().unwrap().rsplit_once(':').unwrap();
    let before = format!("{family}:{}", number.parse::<u32>().unwrap() - 1);
    let revision = |account: &str| format!("arn:aws:ecs:ap-northeast-1:{account}:task-definition/{before}");
    let back = |to: &str| run(&mut home.on(&world), ["rollback", "web", "--to", to, "--dry-run", "-o", "json"]);
    let report = back(&revision("123456789012")).exits(0).json();
    assert_eq!(report["operations"][0]["calls"][0]["parameters"]["taskDefinition"], before.as_str(), "{report:#}");
    let output = back(&revision("999999999999")).exits(2);
    assert!(output.err.contains("is not of this environment"), "{output:#?}");
    assert_eq!(world.requests("ecs:UpdateService"), 0);
}

#[test]
fn doctor_checks_everything() {
    let (home, world) = (Home::new().with_code(), World::staging());
    let doctor = line(&mut home.on(&world), "doctor -o json").exits(0).json();
    follows_schema(&home, "doctor", &doctor);
    let text = line(&mut home.on(&world), "doctor -o table").exits(0).out;
    for check in ["configuration", "identity", "account", "clock", "ecs:ListTasks", "cloudwatch:GetMetricData"] {
        assert!(text.contains(check), "{check}: {text}");
    }
    assert!(line(&mut home.on(&world), "doctor -o yaml").exits(0).out.contains("ecs:ListTasks"));
    // A tree of infra/terraform with values still copied from the examples.
    let folder = home.path().join("infra/terraform/envs/staging");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("env.hcl"), "account_id = \"123456789012\" # yours\nsecurity = {}\n").unwrap();
    let text = line(&mut home.on(&world), "doctor -o table").exits(0).out;
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
fn completions_manual_schema_and_help_need_no_aws() {
    let home = Home::with("this is not a configuration");
    for shell in ["bash", "zsh", "fish"] {
        let text = line(&mut home.at(None), &format!("completions {shell}")).exits(0).out;
        assert!(text.contains("snapshot") && text.contains("autoscaling"), "{shell}");
    }
    let manual = line(&mut home.at(None), "man").exits(0).out;
    assert!(manual.starts_with(".ie") && manual.contains("COCKPIT SNAPSHOT"), "{manual}");
    let names = ["snapshot", "services", "tasks", "autoscaling", "db", "log", "insights", "alarms"];
    for name in names.into_iter().chain(["operation", "schedule", "audit", "doctor"]) {
        let schema = line(&mut home.at(None), &format!("schema {name}")).exits(0).json();
        assert_eq!(schema["$id"], format!("urn:cockpit.{name}:1"));
    }
    assert!(line(&mut home.at(None), "--help").exits(0).out.contains("Exit codes"));
    assert!(line(&mut home.at(None), "--version").exits(0).out.starts_with("cockpit "));
}

// Odd worlds.

#[test]
fn odd_names_are_printed_escaped_and_have_no_effect() {
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
    // `run` checks all output for terminal escapes.
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
            let output = line(&mut home.on(&world), &format!("{command} --env odd -o {format}"));
            assert!(matches!(output.code, 0 | 3), "{command} {format}: {output:?}");
            if command == "services" && format == "table" {
                assert!(output.out.contains("ブックマーク管理"), "{output:?}");
            }
        }
    }
    let unknown = run(&mut home.on(&world), ["services", "--env", "odd", "\u{1b}[31mweb"]).exits(2);
    assert!(unknown.err.contains("there is no service"), "{unknown:?}");
}

#[test]
fn services_read_before_the_deadline_are_printed_out_of_ten_thousand() {
    let config = format!("[environments.many]\nregion = \"ap-northeast-1\"\ncluster = \"{CLUSTER}\"\n");
    let (home, world) = (Home::with(&config), World::staging());
    world.poke(&json!({"add_services": {"cluster": CLUSTER, "count": 10_000, "desired": 0}}));
    world.post("/_sim/requests/reset", &json!({}));
    // Reading everything takes as long as the limits of AWS require: 1,000 calls.
    let output = line(&mut home.on(&world), "services --env many -o json --timeout 6s").exits(7);
    let list = output.json();
    let read = list["services"].as_array().unwrap().len();
    assert!((100..10_000).contains(&read), "{read} services");
    assert_eq!(source(&list, "ecs.services")["status"], "partial");
    // Without polling it may use the full limit; one or two requests may arrive slightly early.
    let throttled = world.get("/_sim/requests")["budgets"]["ecs:services"]["throttled"].as_u64().unwrap();
    assert!(throttled < 5, "{throttled} requests throttled");
}

// Pipes, signals, waiting.

#[test]
fn broken_pipe_is_quiet() {
    let (home, world) = (Home::new(), World::staging());
    for arguments in
        ["snapshot -o json", "services", "man", "completions bash", "schema snapshot", "--help", "config show"]
    {
        let mut command = home.on(&world);
        let mut child =
            command.args(arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = finish(child);
        assert_eq!((output.code, output.err.as_str()), (0, ""), "{arguments}");
    }
}

#[test]
fn interrupt_exits_130() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("ecs:*", "hang");
    for arguments in ["snapshot -o json", "snapshot --watch 1s", "doctor"] {
        let before = world.get("/_sim/requests")["total"].as_u64().unwrap();
        let mut command = home.on(&world);
        let child = command.args(arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("requests", PATIENCE, || (world.get("/_sim/requests")["total"].as_u64().unwrap() > before).then_some(()));
        signal(child.id(), Signal::INT);
        let output = finish(child).exits(130);
        assert_eq!(output.out, "", "{arguments}");
    }
}

#[test]
fn wait_ends_when_the_condition_holds() {
    let (home, world) = (Home::new(), World::staging());
    let now =
        run(&mut home.on(&world), ["snapshot", "--wait", "services.web.running == services.web.desired"]).exits(0);
    assert!(now.out.contains("services.web.running"), "{now:?}");
    // The condition becomes true during the wait.
    let mut command = home.on(&world);
    command.args(["snapshot", "--wait", "services.web.running == 2", "--watch", "1s", "--timeout", "60s"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("a look", PATIENCE, || (world.requests("ecs:DescribeServices") >= 2).then_some(()));
    world.poke(&json!({"set_desired": {"service": SERVICE, "desired": 2}}));
    world.advance(300);
    finish(child).exits(0);
    // The condition never becomes true.
    let never = run(
        &mut home.on(&world),
        ["snapshot", "-o", "json", "--wait", "services.web.running == 9", "--watch", "1s", "--timeout", "2s"],
    )
    .exits(7);
    let error = never.error();
    assert_eq!(error["kind"], "timeout");
    assert!(error["message"].as_str().unwrap().contains("services.web.running == 9"), "{error}");
    assert!(error["causes"][0].as_str().unwrap().contains('2'), "{error}");
    // A missing service is reported immediately instead of waited for.
    let unknown = run(&mut home.on(&world), ["snapshot", "--wait", "services.nobody.running == 1", "--timeout", "1s"]);
    assert!(matches!(unknown.code, 2 | 7) && unknown.err.contains("nobody"), "{unknown:?}");
}

#[test]
fn watch_prints_one_line_per_change() {
    let (home, world) = (Home::new(), World::staging());
    let mut command = home.on(&world);
    command.args(["snapshot", "--watch", "1s", "-o", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = Lines::of(child.stdout.take().unwrap());
    until("a look", PATIENCE, || (world.requests("ecs:DescribeServices") >= 1).then_some(()));
    world.poke(&json!({"set_desired": {"service": SERVICE, "desired": 2}}));
    let desired = lines
        .by_ref()
        .map(|line| serde_json::from_str::<Value>(&line).unwrap())
        .find(|change| change["path"] == "services.web.desired")
        .unwrap();
    assert_eq!((&desired["from"], &desired["to"]), (&json!(1), &json!(2)));
    crate::support::lines_follow_schema(&home, "snapshot-change", &desired.to_string());
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
fn simulator_runs_standalone_until_stopped() {
    let home = Home::new();
    for end in [Signal::TERM, Signal::INT] {
        let mut command = home.at(None);
        command.args(["sim", "--speed", "0", "--scenario", "prod"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let hello = Lines::of(child.stdout.take().unwrap()).next().unwrap_or_default();
        let hello: Value = serde_json::from_str(&hello).unwrap();
        assert_eq!((hello["account"].as_str(), hello["scenario"].as_str()), (Some(aws_sim::ACCOUNT), Some("prod")));
        let endpoint = hello["endpoint"].as_str().unwrap();
        let snapshot = line(&mut home.at(Some(endpoint)), "snapshot --env prod").exits(0).json();
        assert_eq!(snapshot["complete"], true);
        signal(child.id(), end);
        let code = ended(&mut child).code();
        let expected: &[i32] = if end == Signal::TERM { &[0] } else { &[0, 130] };
        assert!(code.is_some_and(|code| expected.contains(&code)), "{code:?}");
    }
}

#[test]
fn diagnostics_contain_no_secret() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("ecs:ListTasks", "denied");
    let output = line(&mut home.on(&world), "snapshot -vvv -o json").exits(3);
    assert!(output.err.contains("ecs:ListTasks"), "{output:?}");
    line(&mut home.on(&world), "services -vvv --log-file log.txt").exits(3);
    let log = std::fs::read_to_string(home.path().join("log.txt")).unwrap();
    assert!(log.contains("ecs:ListTasks"), "{log}");
    harmless(&log);
    let refused = line(&mut home.on(&world), "services -vv --log-file nowhere/log.txt").exits(2);
    assert!(refused.err.contains("nowhere/log.txt"), "{refused:?}");
}

#[test]
fn time_limit_covers_the_whole_command() {
    let (home, world) = (Home::new(), World::staging());
    let watched = line(&mut home.on(&world), "snapshot --watch 1s --timeout 1500ms -o json").exits(0);
    assert_eq!(watched.out, "", "nothing has changed");
    world.fault("*", "hang");
    let waited = line(&mut home.on(&world), "snapshot --wait attention.count==0 --timeout 1s").exits(7);
    // A source that could not be read does not count as calm.
    assert!(waited.err.contains("did not come true in time"), "{waited:?}");
}

#[test]
fn current_figures_are_shown_with_a_wrong_local_clock() {
    for minutes in [-30, 10, 600] {
        let (home, world) = (Home::new(), World::off_by(Scenario::Staging, jiff::SignedDuration::from_mins(minutes)));
        let list = line(&mut home.on(&world), "services -o json").exits(0).json();
        for service in list["services"].as_array().unwrap() {
            assert!(
                service["cpu_percent"].is_number() && service["memory_percent"].is_number(),
                "{minutes}: {service}"
            );
        }
    }
}
