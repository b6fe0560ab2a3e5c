//! Whatever AWS answers, a command ends within its limit, with a documented exit code, and changes nothing while
//! it only reads: each call of each command with each fault, once and permanently.

mod blocked_output;
mod opening;

use crate::support::{Home, World, line};
use aws_sim::Scenario;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Commands that read once.
const READS: [&str; 4] =
    ["logs web --since 1m", "logs web --tail 3 --since 1m", "insights errors --since 5m", "doctor"];

/// Commands that report unreadable parts beside the rest; `tests/aws/credentials.rs` has its own matrix for them, and
/// they are here once each.
const LISTS: [&str; 19] = [
    "services",
    "tasks web",
    "autoscaling",
    "db",
    "alarms",
    "schedule",
    "snapshot -o json",
    "snapshot --wait attention.count>=0 --watch 1s",
    "instances",
    "timeline",
    "metrics",
    "cost",
    "alarms --history",
    "health --no-probe",
    "params ls",
    "params check",
    "params get DATABASE_URL",
    "params history DATABASE_URL",
    "params diff prod",
];

/// Operations that stop before anything is changed; `deploy --attach` never changes anything.
const DRY_RUNS: [&str; 21] = [
    "deploy web --image c0ffee1",
    "deploy web --force",
    "rollback web",
    "scale web 2",
    "autoscaling web --max 5",
    "autoscaling web --suspend",
    "stop",
    "stop --direct --databases",
    "start",
    "start --direct --databases",
    "schedule --skip stop",
    "schedule --skip start",
    "instances stop bastion",
    "instances reboot bastion",
    "params rm SMTP_PASSWORD",
    "alarms mute api-cpu --for 1h",
    "db --snapshot a-1",
    "db --reboot",
    "health allow 192.0.2.7",
    "schedule rm web stop-at-night",
    "schedule add web x --at at(2030-01-01T00:00:00) --min 0 --max 0",
];

const FAULTS: [&str; 10] =
    ["throttle", "error", "delay", "truncate", "reset", "hang", "malformed", "empty", "expired", "denied"];

/// The limit of a command that retries or waits: below the duration of a retried request without a limit.
const LIMIT: Duration = Duration::from_secs(3);
/// The limit of a command that is answered at once and ends by itself, even on a busy machine. A command that does not end
/// within its limit is killed, and the test fails.
const AMPLE: Duration = Duration::from_secs(30);

/// The calls that change something; none of them may be sent.
const WRITES: [&str; 18] = [
    "ecs:UpdateService",
    "ecs:RegisterTaskDefinition",
    "ecs:StopTask",
    "ecs:TagResource",
    "lambda:InvokeFunction",
    "scheduler:UpdateSchedule",
    "rds:StopDBInstance",
    "rds:StartDBInstance",
    "ec2:StopInstances",
    "ec2:RebootInstances",
    "ssm:DeleteParameter",
    "rds:CreateDBSnapshot",
    "rds:RebootDBInstance",
    "cloudwatch:PutAlarmMuteRule",
    "ec2:AuthorizeSecurityGroupIngress",
    "application-autoscaling:PutScheduledAction",
    "application-autoscaling:DeleteScheduledAction",
    "application-autoscaling:RegisterScalableTarget",
];

/// Number of commands that run concurrently. Most of them mostly wait: for an answer that never comes, or before a
/// retry.
const WORKERS: usize = 16;

/// Number of requests per operation so far.
fn request_counts(world: &World) -> BTreeMap<String, u64> {
    let requests = world.get("/_sim/requests");
    let count = |value: &Value| value.as_u64().or_else(|| value["count"].as_u64()).unwrap_or(0);
    requests["operations"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), count(value))).collect()
}

/// The calls of a command when nothing fails.
fn calls(home: &Home, world: &World, arguments: &str) -> Vec<String> {
    let before = request_counts(world);
    let output = line(&mut home.on(world), arguments);
    // A start when everything already runs has read all of it, too.
    if !(arguments.starts_with("start") && output.err.contains("already")) {
        output.exits(0);
    }
    let after = request_counts(world);
    after.into_iter().filter(|(name, count)| before.get(name) != Some(count)).map(|(name, _)| name).collect()
}

/// A command with a fault on one of its calls.
struct Case {
    command: String,
    /// Whether the command only reads: its output is not a plan.
    reads: bool,
    call: String,
    fault: &'static str,
}

impl Case {
    /// Whether the command waits or retries: with log groups also after the key has expired.
    fn waits(&self) -> bool {
        matches!(self.fault, "hang" | "throttle" | "error" | "reset" | "truncate")
            || (self.fault == "expired" && self.command.starts_with("logs"))
    }
}

/// Each command with each fault on each of its calls.
fn cases() -> Vec<Case> {
    let (home, world) = setup();
    let task = line(&mut home.on(&world), "tasks web -o json").exits(0).json();
    let task = task["tasks"][0]["id"].as_str().unwrap().to_owned();
    let looks = DRY_RUNS.iter().map(ToString::to_string).chain([format!("stop-task {task}")]);
    let reads = READS.iter().chain(&LISTS).map(|read| (read.to_string(), true));
    let commands = reads.chain(looks.map(|look| (format!("{look} --dry-run"), false)));
    let mut cases = Vec::new();
    for (command, reads) in commands {
        for call in calls(&home, &world, &command) {
            cases.extend(FAULTS.map(|fault| Case { command: command.clone(), reads, call: call.clone(), fault }));
        }
    }
    cases
}

/// A world at real-time pace: the test takes so long that a faster clock would be reported as wrong.
fn setup() -> (Home, World) {
    (Home::new().with_code(), World::run_at(Scenario::Staging, 1.0))
}

/// Runs a command whose call fails `count` times (`None`: always); returns what is wrong with its end, if anything.
fn wrong(home: &Home, world: &World, case: &Case, count: Option<u32>) -> Option<String> {
    let Case { command, reads, call, fault } = case;
    world.clear_faults();
    world.post("/_sim/fault", &json!({"operation": call, "kind": fault, "count": count, "delay_ms": 50}));
    let limit = if case.waits() { LIMIT } else { AMPLE };
    let output = line(&mut home.on(world), &format!("{command} --timeout {}s", limit.as_secs()));
    let codes: &[i32] = if *reads { &[0, 1, 3, 7, 8] } else { &[0, 1, 3, 4, 7, 8] };
    // If AWS returns nothing for a name, the name is a usage error.
    let unknown = *fault == "empty" && output.code == 2;
    // A permanent hang exceeds the time limit; whether the call failed is unknown.
    let hangs = *fault == "hang" && count.is_none();
    // Lists report it among their notes, JSON among its sources.
    let there = if LISTS.contains(&command.as_str()) { output.out.as_str() } else { "" };
    let explained = !output.err.trim().is_empty()
        || ["could not be read", "is incomplete", "\"complete\": false", " unknown "]
            .iter()
            .any(|words| there.contains(words))
        || there.contains(call);
    // An expired key in a variable cannot be renewed: what needs it reports that, and the other data is reported as
    // incomplete.
    // `logs` retries for some minutes before it is certain, and the exit code of `doctor` covers all of its checks.
    let waits_on = command.starts_with("logs");
    // A needless change stays needless, whatever else could not be read.
    let needless = output.err.contains("already");
    let expired =
        *fault == "expired" && count.is_none() && command != "doctor" && !needless && !(waits_on && output.code == 7);
    let codes_of_expired: &[i32] = if *reads { &[0, 3, 8] } else { &[0, 8] };
    let what = if !codes.contains(&output.code) && !unknown {
        "its exit code is none of the contract"
    } else if hangs && command == "doctor" && !matches!(output.code, 0 | 7) {
        "its time was up, and it says that something failed"
    } else if output.code != 0 && command != "doctor" && !explained {
        "it does not say why"
    } else if output.err.contains("internal fault") || output.err.contains("panicked") {
        "it panicked"
    } else if expired && !codes_of_expired.contains(&output.code) {
        "the key has expired, and its exit code does not say so"
    } else {
        return None;
    };
    Some(format!("{command}: {fault} on {call}, {}: {what}: {output:#?}", count.map_or("always", |_| "once")))
}

/// `./dev fuzz` runs the full matrix by setting `COCKPIT_ALL_FAULTS` to 1. Other values (`cost,health`) select the commands
/// that contain one of these words, and run them fully. Each worker has its own simulator; problems are reported at the end.
#[test]
fn command_ends_within_its_limit_with_any_fault_on_any_call() {
    let full_matrix = std::env::var("COCKPIT_ALL_FAULTS").ok();
    let mut number = 0;
    let mut cases = cases();
    cases.retain(|case| {
        number += 1;
        // Waiting cases are sampled more sparsely.
        match full_matrix.as_deref() {
            None => number % (if case.waits() { 149 } else { 41 }) == 0,
            Some("1") => true,
            Some(words) => words.split(',').any(|words| case.command.contains(words)),
        }
    });
    assert!(cases.len() > 7, "{}", cases.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let (home, world) = setup();
        let mut found = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let wrong = [Some(1), None].into_iter().filter_map(|count| wrong(&home, &world, case, count));
            // Printed at once, too: the full matrix takes minutes.
            found.extend(wrong.inspect(|wrong| {
                let _ = writeln!(std::io::stderr(), "{wrong}");
            }));
        }
        world.clear_faults();
        let sent = WRITES.into_iter().filter(|write| world.requests(write) > 0);
        found.extend(sent.map(|write| format!("{write} was sent by what only looks")));
        found
    };
    let found: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(found.is_empty(), "{} of {} cases:\n{}", found.len(), cases.len() * 2, found.join("\n"));
}
