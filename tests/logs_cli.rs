//! `cockpit logs` and `insights` as they are typed, against the simulator: what was emitted is what is
//! shown, whatever fails on the way.
#![allow(clippy::unwrap_used)]

#[path = "logs_cli/stored.rs"]
mod stored;
mod support;

use aws_sim::Scenario;
use cockpit::app::effect::{Effect, Lane, Query};
use cockpit::app::ticket::Ticket;
use cockpit::config::EnvironmentConfig;
use cockpit::model::logs::InsightsQuery;
use cockpit::runtime::Executor;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use support::{Home, PATIENCE, Said, World, ended, finish, line, run, signal, until};

const API: &str = "/ecs/bookmark-manager-staging-api";
const WEB: &str = "/ecs/bookmark-manager-staging-web";

fn now(world: &World) -> i64 {
    let state = world.get("/_sim/state");
    state["now"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// Ids of what was visible in a group, up to a time.
fn emitted(world: &World, group: &str, from: i64, to: i64) -> BTreeSet<String> {
    let said = world.post("/_sim/logs", &json!({"group": group, "from": from, "to": to}));
    said["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn lines_of(said: &Said) -> Vec<Value> {
    said.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn at(line: &Value) -> i64 {
    moment(line, "time")
}

fn moment(line: &Value, field: &str) -> i64 {
    line[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

#[test]
fn a_read_is_whole_and_in_order() {
    let (home, world) = (Home::new(), World::staging());
    let end = now(&world);
    let said = line(&mut home.on(&world), "logs --since 20m -o json").coded(0);
    let lines = lines_of(&said);
    assert!(lines.is_sorted_by_key(at), "in the order of their time");
    let shown: Vec<String> = lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    let unique: BTreeSet<String> = shown.iter().cloned().collect();
    assert_eq!(unique.len(), shown.len(), "nothing twice");
    let first = at(&lines[0]) + 5_000;
    let mut wanted = emitted(&world, API, first, end);
    wanted.extend(emitted(&world, WEB, first, end));
    assert!(wanted.len() > 2_000);
    assert_eq!(wanted.difference(&unique).count(), 0, "nothing is lost");
    let line = lines.iter().find(|line| line["service"] == "bookmark-manager-staging-api").unwrap();
    assert_eq!((line["container"].as_str(), line["group"].as_str()), (Some("api"), Some(API)));
    assert_eq!(said.err, "");
}

#[test]
fn services_levels_filters_and_forms() {
    let (home, world) = (Home::new(), World::staging());
    let lines = lines_of(&line(&mut home.on(&world), "logs api --since 2h --level warn -o json").coded(0));
    assert!(!lines.is_empty());
    assert!(
        lines.iter().all(|line| line["group"] == API && ["warn", "error"].contains(&line["level"].as_str().unwrap()))
    );
    let filter = "status:5xx latency>1ms or ECONNREFUSED";
    let said = run(&mut home.on(&world), ["logs", "--since", "3h", "--filter", filter, "-o", "raw"]).coded(0);
    assert!(said.out.contains("\"statusCode\":500") && said.out.contains("ECONNREFUSED"));
    let text = line(&mut home.on(&world), "logs web --since 10m --utc").coded(0).out;
    assert!(text.lines().all(|line| line.contains("web") || line.contains("  ")), "{text}");
    let grep = run(
        &mut home.on(&world),
        ["logs", "api", "--since", "30m", "--grep", "req.est COMPLETED".to_lowercase().as_str(), "-o", "raw"],
    )
    .coded(0);
    assert!(grep.out.lines().count() > 100 && grep.out.lines().all(|line| line.contains("request completed")));
    let pattern =
        run(&mut home.on(&world), ["logs", "api", "--since", "3h", "--pattern", "{ $.level >= 50 }", "-o", "json"])
            .coded(0);
    assert!(lines_of(&pattern).iter().all(|line| line["level"] == "error"));
    let group = run(&mut home.on(&world), ["logs", "--group", "/aws/lambda/*", "--since", "1d", "-o", "json"]).coded(0);
    assert!(lines_of(&group).iter().any(|line| line["service"] == "bookmark-manager-staging-ecs-scheduler"));
}

#[test]
fn wrong_filters_have_a_caret() {
    let home = Home::new();
    let endpoint = Some("http://127.0.0.1:9");
    let said = run(&mut home.at(endpoint), ["logs", "--filter", "level>=bad x"]).coded(2);
    assert!(said.err.contains("level>=bad x\n") && said.err.contains("       ^^^"), "{}", said.err);
    let said = run(&mut home.at(endpoint), ["logs", "--grep", "a(b"]).coded(2);
    assert!(said.err.contains("unclosed group") && said.err.contains("a(b\n"), "{}", said.err);
    let said = run(&mut home.at(endpoint), ["logs", "--grep", "(a{1000}){1000}"]).coded(2);
    assert!(said.err.contains("too large"), "{}", said.err);
    line(&mut home.at(endpoint), "logs --level loud").coded(2);
    line(&mut home.at(endpoint), "logs --exit-on x").coded(2);
    let world = World::staging();
    let said = line(&mut home.on(&world), "logs --since soon").coded(2);
    assert!(said.err.contains("no time"), "{}", said.err);
    line(&mut home.on(&world), "logs nobody").coded(2);
    let said = run(&mut home.on(&world), ["logs", "api", "--pattern", "{ $.a = }"]).coded(3);
    assert!(said.err.contains("Invalid filter pattern"), "{}", said.err);
}

/// A follower whose lines are taken by a thread.
struct Tail {
    child: Child,
    lines: std::sync::Arc<std::sync::Mutex<Vec<Value>>>,
}

impl Tail {
    fn start(home: &Home, world: &World, arguments: &[&str]) -> Self {
        let mut command = home.on(world);
        command.args(["logs", "-f", "-o", "json"]).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let (out, into) = (child.stdout.take().unwrap(), std::sync::Arc::clone(&lines));
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                into.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self { child, lines }
    }

    fn ids(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap();
        lines.iter().filter_map(|line| Some(line["id"].as_str()?.to_owned())).collect()
    }

    fn stop(mut self) {
        signal(self.child.id(), Signal::INT);
        assert_eq!(ended(&mut self.child).code(), Some(130));
    }
}

/// What was emitted up to a time is shown, once, whatever fails on the way.
fn nothing_lost(world: &World, tail: &Tail, from: i64, to: i64) {
    let mut wanted = emitted(world, API, from, to);
    wanted.extend(emitted(world, WEB, from, to));
    until("everything that was emitted", PATIENCE, || {
        let shown: BTreeSet<String> = tail.ids().into_iter().collect();
        wanted.is_subset(&shown).then_some(())
    });
    let ids = tail.ids();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "nothing twice");
}

#[test]
fn the_fault_matrix_loses_and_doubles_nothing() {
    let faults = ["throttle", "error", "reset", "truncate", "malformed", "empty", "expired"];
    std::thread::scope(|scope| {
        for kind in faults {
            scope.spawn(move || {
                let (home, world) = (Home::new(), World::running(Scenario::Staging));
                let begin = now(&world);
                let tail = Tail::start(&home, &world, &["--since", "1m"]);
                until("the first lines", PATIENCE, || (tail.ids().len() > 20).then_some(()));
                // More than the SDK's own retries hide.
                let fault = json!({"operation": "logs:FilterLogEvents", "kind": kind, "count": 7});
                world.post("/_sim/fault", &fault);
                until("the faults to be used up", PATIENCE, || {
                    world.get("/_sim/state")["faults"].as_array().unwrap().is_empty().then_some(())
                });
                let end = now(&world);
                nothing_lost(&world, &tail, begin - 50_000, end);
                tail.stop();
            });
        }
    });
}

#[test]
fn late_lines_are_placed_and_marked_and_odd_ones_do_no_harm() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let tail = Tail::start(&home, &world, &["--since", "2m", "web"]);
    until("the first lines", PATIENCE, || (tail.ids().len() > 20).then_some(()));
    let asked = world.asked("logs:FilterLogEvents");
    until("two more rounds", PATIENCE, || (world.asked("logs:FilterLogEvents") > asked + 2).then_some(()));
    let huge = "y".repeat(256 << 10);
    for (message, age) in [
        ("thirty seconds late", 30_000),
        ("\u{1b}]0;title\u{7}\u{1b}[2J 日本 🚀", 0),
        (huge.as_str(), 0),
        ("{\"level\":", 0),
    ] {
        world.poke(&json!({"write_log": {"group": WEB, "message": message, "age_ms": age}}));
    }
    let find = |what: &str| {
        until(what, PATIENCE, || tail.lines.lock().unwrap().iter().find(|line| line["raw"] == what).cloned())
    };
    assert_eq!(find("thirty seconds late")["late"], true);
    assert_eq!(find("\u{1b}]0;title\u{7}\u{1b}[2J 日本 🚀")["late"], false);
    assert_eq!(find("{\"level\":")["level"], Value::Null);
    find(&huge);
    tail.stop();
}

#[test]
fn a_group_that_goes_away_is_a_gap_and_one_without_permission_says_so() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let tail = Tail::start(&home, &world, &["--since", "1m"]);
    until("the first lines", PATIENCE, || (tail.ids().len() > 20).then_some(()));
    world.poke(&json!({"delete_log_group": WEB}));
    let gap =
        until("a gap", PATIENCE, || tail.lines.lock().unwrap().iter().find(|line| line["gap"] == "missing").cloned());
    assert_eq!(gap["group"], WEB);
    assert!(gap["why"].as_str().unwrap().contains("gone") && gap["from"].as_str() < gap["to"].as_str(), "{gap}");
    tail.stop();
    let denied = World::staging();
    denied.fault("logs:FilterLogEvents", "denied");
    let said = line(&mut home.on(&denied), "logs --since 5m").coded(3);
    assert!(said.err.contains("logs:FilterLogEvents") && said.out.contains("GAP"), "{said:?}");
}

#[test]
fn scripts_wait_for_a_line_and_a_closed_pipe_ends_quietly() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let said =
        line(&mut home.on(&world), "logs -f api --since 1m --exit-on level>=debug --timeout 60s -o json").coded(0);
    assert!(!said.out.is_empty());
    let said = line(&mut home.on(&world), "logs -f api --since 1m --exit-on nothing_says_this --timeout 3s").coded(7);
    assert!(!said.out.is_empty());
    let mut command = home.on(&world);
    let mut child = command
        .args(["logs", "-f", "--tee", "all.jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(ended(&mut child).code(), Some(0), "the reader is gone");
    let all = std::fs::read_to_string(home.path().join("all.jsonl")).unwrap();
    assert!(all.lines().next().unwrap().starts_with("{\"schema\":\"cockpit.log/1\""), "{all}");
}

#[test]
fn a_line_is_soon_on_the_screen() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let tail = Tail::start(&home, &world, &["--since", "10s"]);
    until("the first lines", PATIENCE, || (!tail.ids().is_empty()).then_some(()));
    let mut waits = Vec::new();
    for n in 0..9 {
        let message = format!("probe {n}");
        world.poke(&json!({"write_log": {"group": if n % 2 == 0 { WEB } else { API }, "message": message}}));
        let began = Instant::now();
        until("the probe", PATIENCE, || {
            tail.lines.lock().unwrap().iter().any(|line| line["raw"] == message).then_some(())
        });
        waits.push(began.elapsed());
    }
    waits.sort();
    assert!(waits[4] < Duration::from_millis(1_500), "half within this, on a busy machine: {waits:?}");
    let budgets = world.get("/_sim/requests");
    assert_eq!(budgets["budgets"]["logs:filter"]["over_half"], 0, "within half of the budget: {budgets}");
    tail.stop();
}

#[test]
fn a_live_tail_is_filled_in_where_it_samples_breaks_or_is_silent() {
    // A connection that breaks, one that stays open and silent, and a quiet session: nothing is lost.
    std::thread::scope(|scope| {
        for kind in ["truncate", "silent", "none"] {
            scope.spawn(move || {
                let (home, world) = (Home::new(), World::running(Scenario::Staging));
                if kind != "none" {
                    let fault = json!({"operation": "logs:StartLiveTail", "kind": kind, "count": 1});
                    world.post("/_sim/fault", &fault);
                }
                let begin = now(&world);
                let tail = Tail::start(&home, &world, &["--live", "--since", "1m", "--delay", "0s"]);
                until("the first lines", PATIENCE, || (tail.ids().len() > 20).then_some(()));
                let sessions = if kind == "none" { 1 } else { 2 };
                until("a session", PATIENCE, || (world.asked("logs:StartLiveTail") >= sessions).then_some(()));
                let message = format!("probe {kind}");
                world.poke(&json!({"write_log": {"group": API, "message": message}}));
                let end = now(&world);
                // Lines of a live tail have no ids: they are counted, and compared by what they say.
                let wanted = emitted(&world, API, begin, end).len() + emitted(&world, WEB, begin, end).len();
                until("every line", PATIENCE, || {
                    let lines = tail.lines.lock().unwrap();
                    let inside = lines.iter().filter(|line| line["raw"].is_string());
                    let inside = inside.filter(|line| (begin..=end).contains(&at(line))).count();
                    assert!(inside <= wanted + 20, "nothing twice");
                    (inside >= wanted && lines.iter().any(|line| line["raw"] == message)).then_some(())
                });
                tail.stop();
            });
        }
    });
}

#[test]
fn what_a_live_tail_samples_is_a_row_with_bounds() {
    let (home, world) = (Home::new(), World::running(Scenario::LogStorm));
    let mut command = home.on(&world);
    command.args(["--env", "prod", "logs", "-f", "--live", "--since", "1s", "web", "-o", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let sampled = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap()).find(|line| line["gap"] == "sampled");
    let sampled = sampled.expect("a row");
    assert!(sampled["from"].as_str() <= sampled["to"].as_str() && sampled["why"].as_str().unwrap().contains("500"));
    signal(child.id(), Signal::INT);
    ended(&mut child);
}

#[test]
fn insights_answers_and_says_what_it_cost() {
    let (home, world) = (Home::new(), World::staging());
    let said = line(&mut home.on(&world), "insights errors --since 6h -o json").coded(0);
    let result = said.json();
    assert_eq!(result["schema"], "cockpit.insights/1");
    assert!(!result["rows"].as_array().unwrap().is_empty() && result["complete"] == true);
    assert!(said.err.contains("scanned, "), "{}", said.err);
    let query = "stats count(*) as lines by @log | sort lines desc";
    let said = run(&mut home.on(&world), ["insights", query, "api", "--since", "1h", "-o", "csv"]).coded(0);
    assert!(said.out.starts_with("\"@log\",\"lines\"\n") && said.out.contains(API), "{}", said.out);
    let table = line(&mut home.on(&world), "insights slow --since 1h -o table").coded(0);
    assert!(table.out.contains("p95"), "{}", table.out);
    let wrong = run(&mut home.on(&world), ["insights", "nonsense"]).coded(1);
    assert!(wrong.err.contains("MalformedQuery"), "{}", wrong.err);
}

#[test]
fn a_query_that_nobody_waits_for_is_stopped() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("logs:GetQueryResults", "hang");
    let (looked, stopped) = (|| world.asked("logs:GetQueryResults"), || world.asked("logs:StopQuery"));
    for (n, told, code) in [(1, Signal::INT, 130), (2, Signal::TERM, 1)] {
        let before = looked();
        let mut command = home.on(&world);
        command.args(["insights", "volume"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        until("a query", PATIENCE, || (looked() > before).then_some(()));
        signal(child.id(), told);
        finish(child).coded(code);
        assert_eq!(stopped(), n, "what it has not scanned yet costs nothing");
    }
    line(&mut home.on(&world), "insights volume --timeout 4s").coded(7);
    assert_eq!(stopped(), 3);
    // Another environment is opened while a query runs.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let environment = |name: &str| EnvironmentConfig {
            name: name.into(),
            endpoint_url: Some(world.endpoint()),
            region: Some("ap-northeast-1".into()),
            ..EnvironmentConfig::default()
        };
        let (mut executor, _answers) = Executor::new(true);
        executor.carry_out(Effect::Connect { environment: Box::new(environment("staging")), generation: 1 });
        let (text, groups) = ("stats count(*)".to_owned(), vec![API.to_owned()]);
        let query = Box::new(InsightsQuery { groups, text, from: 0, to: 1_000, limit: 10 });
        let before = looked();
        let ticket = Ticket { generation: 1, owner: cockpit::app::ticket::Owner::Poll, serial: 1 };
        executor.carry_out(Effect::Fetch { ticket, lane: Lane::Operator, query: Query::Insights(query) });
        let asked = async {
            while looked() == before {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.expect("in time");
        executor.carry_out(Effect::Connect { environment: Box::new(environment("prod")), generation: 2 });
        // Nobody waits longer than it takes to say so, and that is waited for.
        executor.farewell().await;
        assert_eq!(stopped(), 4);
    });
}

#[test]
fn streams_of_new_tasks_join_by_themselves() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let tail = Tail::start(&home, &world, &["--since", "10s", "api"]);
    until("the first lines", PATIENCE, || (tail.ids().len() > 2).then_some(()));
    world.poke(&json!({"set_desired": {"service": "bookmark-manager-staging-api", "desired": 2}}));
    until("lines of a second task", PATIENCE, || {
        let lines = tail.lines.lock().unwrap();
        let tasks: BTreeSet<&str> = lines.iter().filter_map(|line| line["task"].as_str()).collect();
        (tasks.len() == 2).then_some(())
    });
    tail.stop();
}

#[test]
fn groups_and_filters_of_the_configuration_belong_to_the_environment() {
    let config = include_str!("../config.toml")
        .replace("# logs = [", "logs = [")
        .replace("# log_filters = [\"slow: latency>500ms -healthcheck\"]", "log_filters = [\"bad: level>=error\"]");
    let (home, world) = (Home::with(&config), World::staging());
    let lines = lines_of(&line(&mut home.on(&world), "logs --since 1d --pattern START -o json").coded(0));
    assert!(lines.iter().any(|line| line["group"] == "/aws/lambda/bookmark-manager-staging-ecs-scheduler"));
    let lines = lines_of(&line(&mut home.on(&world), "logs api --since 2h --filter @bad -o json").coded(0));
    assert!(!lines.is_empty() && lines.iter().all(|line| line["level"] == "error"));
    let said = line(&mut home.on(&world), "logs --filter @none").coded(2);
    assert!(said.err.contains("no filter is called `none`"), "{}", said.err);
}

#[test]
fn a_service_that_comes_later_is_followed_too() {
    let config = "default_environment = \"staging\"\n[environments.staging]\nregion = \"ap-northeast-1\"\naccount = \"123456789012\"\n\
                  cluster = \"bookmark-manager-staging-cluster\"\nservices = [\"*-api\"]\n\
                  [environments.staging.refresh]\nservices = \"1s\"\n";
    let (home, world) = (Home::with(config), World::running(Scenario::Staging));
    let tail = Tail::start(&home, &world, &["--since", "1m", "--delay", "0s"]);
    let of = |group: &str| {
        let lines = tail.lines.lock().unwrap();
        lines.iter().find(|line| line["group"] == group).cloned()
    };
    until("a line", PATIENCE, || of(API));
    assert_eq!(of(WEB), None);
    world.poke(&json!({"rename_service": {"from": "bookmark-manager-staging-web", "to": "second-api"}}));
    let line = until("a line of the other", PATIENCE, || of(WEB));
    assert_eq!(line["service"], "second-api");
    tail.stop();
}

/// A fault, what it is about, and the command that meets it.
const UNREAD: [(&str, &str); 4] = [
    ("ecs:DescribeServices", "denied"),
    ("ecs:DescribeServices", "error"),
    ("ecs:DescribeTaskDefinition", "denied"),
    ("ecs:DescribeServices", "malformed"),
];

#[test]
fn there_are_no_log_groups_is_never_said_because_a_call_failed() {
    let (home, world) = (Home::new(), World::staging());
    for (operation, kind) in UNREAD {
        world.clear_faults();
        world.fault(operation, kind);
        for command in ["logs --since 5m", "logs api --since 5m", "logs -f", "insights errors", "insights errors api"] {
            let said = line(&mut home.on(&world), command).coded(3);
            assert!(said.err.contains("it is not known which log groups there are"), "{command}: {}", said.err);
            assert!(said.err.contains(operation) && said.out.is_empty(), "{command}: {said:?}");
        }
    }
    world.clear_faults();
    world.fault("ecs:DescribeServices", "hang");
    for command in ["logs --timeout 2s", "logs -f --timeout 2s", "insights errors --timeout 2s"] {
        let said = line(&mut home.on(&world), command).coded(7);
        assert!(said.err.contains("it is not known which log groups there are"), "{command}: {}", said.err);
    }
    world.clear_faults();
    // A group that is named needs no services.
    world.fault("ecs:DescribeServices", "denied");
    assert!(!line(&mut home.on(&world), &format!("logs --group {API} --since 5m")).coded(0).out.is_empty());
    line(&mut home.on(&world), &format!("insights volume --group {API}")).coded(0);
    world.clear_faults();
    world.fault("logs:DescribeLogGroups", "denied");
    let said = line(&mut home.on(&world), "logs --group /aws/* --since 5m").coded(3);
    assert!(said.err.contains("logs:DescribeLogGroups"), "{}", said.err);
    world.clear_faults();
    world.fault("logs:DescribeLogGroups", "hang");
    line(&mut home.on(&world), "logs --group /aws/* --timeout 2s").coded(7);
}

#[test]
fn a_part_of_the_groups_is_read_and_what_is_missing_is_said() {
    let (home, world) = (Home::new(), World::staging());
    let once = json!({"operation": "ecs:DescribeTaskDefinition", "kind": "denied", "count": 1});
    world.post("/_sim/fault", &once);
    let said = line(&mut home.on(&world), "logs --since 5m -o json").coded(3);
    assert!(said.err.contains("ecs:DescribeTaskDefinition") && !said.out.is_empty(), "{}", said.err);
    world.post("/_sim/fault", &once);
    let said = line(&mut home.on(&world), "insights volume --since 1h -o json").coded(3);
    let result = said.json();
    assert_eq!((&result["complete"], result["missing"].as_array().unwrap().len()), (&json!(false), 1));
    assert!(said.err.contains("ecs:DescribeTaskDefinition"), "{}", said.err);
    // What the configuration names beside the services does not stop their logs.
    let config = include_str!("../config.toml").replace("# logs = [", "logs = [");
    let home = Home::with(&config);
    world.fault("logs:DescribeLogGroups", "denied");
    let said = line(&mut home.on(&world), "logs --since 5m -o json").coded(3);
    assert!(said.err.contains("of the configuration") && !said.out.is_empty(), "{}", said.err);
}

/// How many lines of a text are in the last so many minutes of the world, and whether any is older.
fn dated(said: &Said, from: i64) -> (usize, usize) {
    let lines = lines_of(said);
    let old = lines.iter().filter(|line| at(line) < from).count();
    (lines.len(), old)
}

#[test]
fn a_clock_that_is_wrong_loses_no_line_and_moves_no_time() {
    // The service's clock is ten minutes ahead of ours, then behind.
    for minutes in [10, -10] {
        let (home, world) = (Home::new(), World::off_by(Scenario::Staging, jiff::SignedDuration::from_mins(minutes)));
        let end = now(&world);
        let said = line(&mut home.on(&world), "logs --since 5m -o json").coded(0);
        // It was asked at some time between the two, by the service's clock.
        let after = now(&world);
        let (count, old) = dated(&said, end - 303_000);
        assert!(count > 300 && old == 0, "{minutes} min: {count} lines, {old} too old");
        let shown: BTreeSet<String> =
            lines_of(&said).iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
        // The difference is known to a second, as AWS dates its answers by whole ones: the newest may be left to the
        // next read.
        let mut wanted = emitted(&world, API, after - 297_000, end - 1_000);
        wanted.extend(emitted(&world, WEB, after - 297_000, end - 1_000));
        let lost: Vec<&String> = wanted.difference(&shown).collect();
        assert!(
            lost.is_empty(),
            "{minutes} min: lines are lost: {lost:?} of {} from {} to {end}",
            wanted.len(),
            after - 297_000
        );
        // What is followed begins there too, and brings what comes.
        let tail = Tail::start(&home, &world, &["--since", "1m"]);
        until("the first lines", PATIENCE, || (tail.ids().len() > 20).then_some(()));
        nothing_lost(&world, &tail, now(&world) - 57_000, end);
        // A line that is stamped earlier belongs to it where it came later.
        let asked_for = |line: &Value| at(line).max(moment(line, "ingested")) >= end - 65_000;
        assert!(tail.lines.lock().unwrap().iter().all(asked_for), "older than asked for");
        world.poke(&json!({"write_log": {"group": API, "message": "probe"}}));
        until("a line of now", PATIENCE, || {
            tail.lines.lock().unwrap().iter().any(|l| l["raw"] == "probe").then_some(())
        });
        tail.stop();
        let rows = line(&mut home.on(&world), "insights volume --since 30m -o json").coded(0).json();
        assert!(!rows["rows"].as_array().unwrap().is_empty());
        let doctor = line(&mut home.on(&world), "doctor -o json");
        assert!(doctor.out.contains("10 min off") || doctor.out.contains("9 min off"), "{}", doctor.out);
    }
}

#[test]
fn what_is_stamped_later_than_now_is_read_where_no_end_was_asked_for() {
    let (home, world) = (Home::new(), World::staging());
    // The clocks of its containers are 90 s ahead.
    world.poke(&json!({"log_skew": {"group": API, "ms": 90_000}}));
    let end = now(&world);
    let later = |said: &Said| lines_of(said).iter().filter(|line| at(line) > end + 60_000).count();
    assert!(later(&line(&mut home.on(&world), "logs api --since 5m -o json").coded(0)) > 20);
    let until = jiff::Timestamp::from_millisecond(end).unwrap();
    let said = line(&mut home.on(&world), &format!("logs api --since 5m --until {until} -o json")).coded(0);
    assert!(!said.out.is_empty() && later(&said) == 0);
}
