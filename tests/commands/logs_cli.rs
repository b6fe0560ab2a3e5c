//! `cockpit logs` and `insights` as typed, against the simulator: all emitted lines are shown, whatever fails on the
//! way.

mod groups;
mod insights;
mod owners;
mod stored;

use crate::support::{
    Home, Lines, Output, PATIENCE, World, ended, finish, follows_schema, line, lines_follow_schema, run, signal, until,
};
use aws_sim::Scenario;
use cockpit::app::effect::{Effect, Priority};
use cockpit::app::ticket::Ticket;
use cockpit::config::EnvironmentConfig;
use cockpit::feeds::aws::Query;
use cockpit::model::logs::InsightsQuery;
use cockpit::runtime::Executor;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

const API: &str = "/ecs/bookmark-manager-staging-api";
const WEB: &str = "/ecs/bookmark-manager-staging-web";

fn now(world: &World) -> i64 {
    let state = world.get("/_sim/state");
    state["now"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// Ids of the lines visible in a group, up to a time.
fn emitted(world: &World, group: &str, from: i64, to: i64) -> BTreeSet<String> {
    let output = world.post("/_sim/logs", &json!({"group": group, "from": from, "to": to}));
    output["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn lines_of(output: &Output) -> Vec<Value> {
    output
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn at(line: &Value) -> i64 {
    moment(line, "time")
}

fn moment(line: &Value, field: &str) -> i64 {
    line[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

#[test]
fn log_read_is_complete_and_ordered() {
    let (home, world) = (Home::new(), World::staging());
    let end = now(&world);
    let output = line(&mut home.on(&world), "logs --since 20m -o json").exits(0);
    let lines = lines_of(&output);
    assert!(lines.is_sorted_by_key(at), "in chronological order");
    let shown: Vec<String> = lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    let unique: BTreeSet<String> = shown.iter().cloned().collect();
    assert_eq!(unique.len(), shown.len(), "no duplicates");
    let first = at(&lines[0]) + 5_000;
    let mut wanted = emitted(&world, API, first, end);
    wanted.extend(emitted(&world, WEB, first, end));
    assert!(wanted.len() > 2_000);
    assert_eq!(wanted.difference(&unique).count(), 0, "nothing is lost");
    let line = lines.iter().find(|line| line["service"] == "bookmark-manager-staging-api").unwrap();
    assert_eq!((line["container"].as_str(), line["group"].as_str()), (Some("api"), Some(API)));
    assert_eq!(output.err, "");
}

#[test]
fn services_levels_filters_and_forms() {
    let (home, world) = (Home::new(), World::staging());
    let lines = lines_of(&line(&mut home.on(&world), "logs api --since 2h --level warn -o json").exits(0));
    assert!(!lines.is_empty());
    assert!(
        lines.iter().all(|line| line["group"] == API && ["warn", "error"].contains(&line["level"].as_str().unwrap()))
    );
    let filter = "status:5xx latency>1ms or ECONNREFUSED";
    let output = run(&mut home.on(&world), ["logs", "--since", "3h", "--filter", filter, "-o", "raw"]).exits(0);
    assert!(output.out.contains("\"statusCode\":500") && output.out.contains("ECONNREFUSED"));
    let text = line(&mut home.on(&world), "logs web --since 10m --utc").exits(0).out;
    assert!(text.lines().all(|line| line.contains("web") || line.contains("  ")), "{text}");
    let grep = run(
        &mut home.on(&world),
        ["logs", "api", "--since", "30m", "--grep", "req.est COMPLETED".to_lowercase().as_str(), "-o", "raw"],
    )
    .exits(0);
    assert!(grep.out.lines().count() > 100 && grep.out.lines().all(|line| line.contains("request completed")));
    let pattern =
        run(&mut home.on(&world), ["logs", "api", "--since", "3h", "--pattern", "{ $.level >= 50 }", "-o", "json"])
            .exits(0);
    assert!(lines_of(&pattern).iter().all(|line| line["level"] == "error"));
    let group = run(&mut home.on(&world), ["logs", "--group", "/aws/lambda/*", "--since", "1d", "-o", "json"]).exits(0);
    assert!(lines_of(&group).iter().any(|line| line["service"] == "bookmark-manager-staging-ecs-scheduler"));
}

#[test]
fn invalid_filter_error_has_a_caret() {
    let home = Home::new();
    let endpoint = Some("http://127.0.0.1:9");
    let output = run(&mut home.at(endpoint), ["logs", "--filter", "level>=bad x"]).exits(2);
    assert!(output.err.contains("level>=bad x\n") && output.err.contains("       ^^^"), "{}", output.err);
    let output = run(&mut home.at(endpoint), ["logs", "--grep", "a(b"]).exits(2);
    assert!(output.err.contains("unclosed group") && output.err.contains("a(b\n"), "{}", output.err);
    let output = run(&mut home.at(endpoint), ["logs", "--grep", "(a{1000}){1000}"]).exits(2);
    assert!(output.err.contains("too large"), "{}", output.err);
    line(&mut home.at(endpoint), "logs --level loud").exits(2);
    line(&mut home.at(endpoint), "logs --exit-on x").exits(2);
    let world = World::staging();
    let output = line(&mut home.on(&world), "logs --since soon").exits(2);
    assert!(output.err.contains("not a time"), "{}", output.err);
    line(&mut home.on(&world), "logs nobody").exits(2);
    let output = run(&mut home.on(&world), ["logs", "api", "--pattern", "{ $.a = }"]).exits(3);
    assert!(output.err.contains("Invalid filter pattern"), "{}", output.err);
}

/// A follower whose lines are collected by a thread.
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

/// Checks that all lines emitted up to a time are shown, exactly once, whatever fails on the way.
fn nothing_lost(world: &World, tail: &Tail, from: i64, to: i64) {
    let mut wanted = emitted(world, API, from, to);
    wanted.extend(emitted(world, WEB, from, to));
    until("all emitted lines", PATIENCE, || {
        let shown: BTreeSet<String> = tail.ids().into_iter().collect();
        wanted.is_subset(&shown).then_some(())
    });
    let ids = tail.ids();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "no duplicates");
}

#[test]
fn no_fault_loses_or_duplicates_lines() {
    let faults = ["throttle", "error", "reset", "truncate", "malformed", "empty", "expired"];
    std::thread::scope(|scope| {
        for kind in faults {
            scope.spawn(move || {
                let (home, world) = (Home::new(), World::running(Scenario::Staging));
                let begin = now(&world);
                let tail = Tail::start(&home, &world, &["--since", "1m"]);
                until("the first lines", PATIENCE, || (tail.ids().len() > 20).then_some(()));
                // More failures than the SDK's own retries hide.
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
fn late_lines_are_placed_and_marked_and_odd_lines_are_harmless() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let tail = Tail::start(&home, &world, &["--since", "2m", "web"]);
    until("the first lines", PATIENCE, || (tail.ids().len() > 20).then_some(()));
    let before = world.requests("logs:FilterLogEvents");
    until("two more rounds", PATIENCE, || (world.requests("logs:FilterLogEvents") > before + 2).then_some(()));
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
fn vanished_group_is_a_gap_and_a_denied_one_is_reported() {
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
    let output = line(&mut home.on(&denied), "logs --since 5m").exits(3);
    assert!(output.err.contains("logs:FilterLogEvents") && output.out.contains("GAP"), "{output:?}");
    let followed = line(&mut home.on(&denied), "logs -f --since 5m --timeout 8s").exits(3);
    assert!(
        followed.out.contains(&format!("GAP {API}")) && followed.out.contains(&format!("GAP {WEB}")),
        "{followed:?}"
    );
    let json = line(&mut home.on(&denied), "logs -f web --since 5m --timeout 8s -o json").exits(3);
    assert!(lines_of(&json).iter().all(|row| row["gap"] == "missing" && row["group"] == WEB), "{json:?}");
    let output = line(&mut home.on(&World::staging()), "logs -f web --since 1m --timeout 10s").exits(0);
    assert!(!output.out.contains("GAP"), "{output:?}");
}

#[test]
fn follow_can_wait_for_a_line_and_a_closed_pipe_ends_quietly() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let output =
        line(&mut home.on(&world), "logs -f api --since 1m --exit-on level>=debug --timeout 60s -o json").exits(0);
    lines_follow_schema(&home, "log", &output.out);
    let output = line(&mut home.on(&world), "logs -f api --since 1m --exit-on nothing_says_this --timeout 3s").exits(7);
    assert!(!output.out.is_empty());
    let mut command = home.on(&world);
    let mut child = command
        .args(["logs", "-f", "--tee", "all.jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    assert!(Lines::of(child.stdout.take().unwrap()).next().is_some());
    assert_eq!(ended(&mut child).code(), Some(0), "the reader is gone");
    let stored = std::fs::read_to_string(home.path().join("all.jsonl")).unwrap();
    assert!(stored.lines().next().unwrap().starts_with("{\"schema\":\"cockpit.log/1\""), "{stored}");
    lines_follow_schema(&home, "log", &stored);
}

#[test]
fn every_new_line_is_printed_without_throttled_requests() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let tail = Tail::start(&home, &world, &["--since", "10s"]);
    until("the first lines", PATIENCE, || (!tail.ids().is_empty()).then_some(()));
    for n in 0..9 {
        let message = format!("probe {n}");
        world.poke(&json!({"write_log": {"group": if n % 2 == 0 { WEB } else { API }, "message": message}}));
        until("the probe", PATIENCE, || {
            tail.lines.lock().unwrap().iter().any(|line| line["raw"] == message).then_some(())
        });
    }
    let budgets = world.get("/_sim/requests");
    // Their spacing on arrival depends on the machine; the tests of budgets check that half a budget is kept.
    assert_eq!(budgets["budgets"]["logs:filter"]["throttled"], 0, "{budgets}");
    tail.stop();
}

#[test]
fn live_tail_is_backfilled_after_sampling_breaks_and_silence() {
    // A broken connection, one that stays open and silent, and a quiet session: nothing is lost.
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
                until("a session", PATIENCE, || (world.requests("logs:StartLiveTail") >= sessions).then_some(()));
                let message = format!("probe {kind}");
                world.poke(&json!({"write_log": {"group": API, "message": message}}));
                let end = now(&world);
                // Lines of a live tail have no ids: they are counted, and compared by their text.
                let wanted = emitted(&world, API, begin, end).len() + emitted(&world, WEB, begin, end).len();
                until("every line", PATIENCE, || {
                    let lines = tail.lines.lock().unwrap();
                    let inside = lines.iter().filter(|line| line["raw"].is_string());
                    let inside = inside.filter(|line| (begin..=end).contains(&at(line))).count();
                    assert!(inside <= wanted + 20, "no duplicates");
                    (inside >= wanted && lines.iter().any(|line| line["raw"] == message)).then_some(())
                });
                tail.stop();
            });
        }
    });
}

#[test]
fn sampled_seconds_of_a_live_tail_are_a_row_with_bounds() {
    let (home, world) = (Home::new(), World::running(Scenario::LogStorm));
    let mut command = home.on(&world);
    command.args(["--env", "prod", "logs", "-f", "--live", "--since", "1s", "web", "-o", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = Lines::of(child.stdout.take().unwrap());
    let sampled =
        lines.by_ref().map(|line| serde_json::from_str::<Value>(&line).unwrap()).find(|line| line["gap"] == "sampled");
    let sampled = sampled.expect("a row");
    follows_schema(&home, "log", &sampled);
    assert!(sampled["from"].as_str() <= sampled["to"].as_str() && sampled["why"].as_str().unwrap().contains("500"));
    signal(child.id(), Signal::INT);
    ended(&mut child);
}

/// The number of lines in an output, and the number of those older than `from`.
fn dated(output: &Output, from: i64) -> (usize, usize) {
    let lines = lines_of(output);
    let old = lines.iter().filter(|line| at(line) < from).count();
    (lines.len(), old)
}

#[test]
fn wrong_clock_loses_no_line_and_shifts_no_time() {
    // The service's clock is ten minutes ahead of ours, then behind.
    for minutes in [10, -10] {
        let (home, world) = (Home::new(), World::off_by(Scenario::Staging, jiff::SignedDuration::from_mins(minutes)));
        let end = now(&world);
        let output = line(&mut home.on(&world), "logs --since 5m -o json").exits(0);
        // The request was sent between these two times of the service's clock.
        let after = now(&world);
        let (count, old) = dated(&output, end - 303_000);
        assert!(count > 300 && old == 0, "{minutes} min: {count} lines, {old} too old");
        let shown: BTreeSet<String> =
            lines_of(&output).iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
        // The offset is known to a second, as AWS dates its answers in whole seconds, plus the duration of an answer: the
        // newest lines may be left to the next read.
        let newest = end - 1_000 - (after - end);
        let mut wanted = emitted(&world, API, after - 297_000, newest);
        wanted.extend(emitted(&world, WEB, after - 297_000, newest));
        let lost: Vec<&String> = wanted.difference(&shown).collect();
        assert!(
            lost.is_empty(),
            "{minutes} min: lines are lost: {lost:?} of {} from {} to {newest}",
            wanted.len(),
            after - 297_000
        );
        // A follow begins at the same time, and prints new lines.
        let tail = Tail::start(&home, &world, &["--since", "1m"]);
        until("the first lines", PATIENCE, || (tail.ids().len() > 20).then_some(()));
        nothing_lost(&world, &tail, now(&world) - 57_000, end);
        // A line with an earlier timestamp belongs to the range if it was ingested later.
        let asked_for = |line: &Value| at(line).max(moment(line, "ingested")) >= end - 65_000;
        assert!(tail.lines.lock().unwrap().iter().all(asked_for), "older than requested");
        world.poke(&json!({"write_log": {"group": API, "message": "probe"}}));
        until("a line of now", PATIENCE, || {
            tail.lines.lock().unwrap().iter().any(|l| l["raw"] == "probe").then_some(())
        });
        tail.stop();
        let rows = line(&mut home.on(&world), "insights volume --since 30m -o json").exits(0).json();
        assert!(!rows["rows"].as_array().unwrap().is_empty());
        let doctor = line(&mut home.on(&world), "doctor -o json");
        assert!(doctor.out.contains("10 min off") || doctor.out.contains("9 min off"), "{}", doctor.out);
    }
}

#[test]
fn future_lines_are_read_when_no_end_is_given() {
    let (home, world) = (Home::new(), World::staging());
    // The clocks of its containers are 90 s ahead.
    world.poke(&json!({"log_skew": {"group": API, "ms": 90_000}}));
    let end = now(&world);
    let later = |output: &Output| lines_of(output).iter().filter(|line| at(line) > end + 60_000).count();
    assert!(later(&line(&mut home.on(&world), "logs api --since 5m -o json").exits(0)) > 20);
    let until = jiff::Timestamp::from_millisecond(end).unwrap();
    let output = line(&mut home.on(&world), &format!("logs api --since 5m --until {until} -o json")).exits(0);
    assert!(!output.out.is_empty() && later(&output) == 0);
}

#[cfg(target_os = "linux")]
#[test]
fn unwritable_tee_file_is_named() {
    let (home, world) = (Home::new(), World::staging());
    world.advance(60);
    for more in ["", " --tail 3"] {
        let output = line(&mut home.on(&world), &format!("logs web --since 5m --tee /dev/full{more}")).exits(1);
        assert!(output.err.contains("the file of --tee, /dev/full, cannot be written"), "{output:#?}");
    }
}
