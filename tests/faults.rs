//! Whatever AWS answers, a command ends within its limit, with an exit code of the contract, and changes nothing while
//! it only looks: each call that a command makes with each fault, once and for ever.
#![allow(clippy::unwrap_used)]

#[path = "faults/held_up.rs"]
mod held_up;
#[path = "faults/opening.rs"]
mod opening;
mod support;

use aws_sim::Scenario;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use support::{Home, World, line};

/// Commands that read once.
const READS: [&str; 4] =
    ["logs web --since 1m", "logs web --tail 3 --since 1m", "insights errors --since 5m", "doctor"];

/// Those that tell what could not be read beside what could; `tests/credentials.rs` has a matrix of its own for them, and
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

/// Operations that stop before anything is changed; `deploy --attach` changes nothing at all.
const LOOKS: [&str; 21] = [
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

/// The limit of a command that is tried again or waits: below what a request takes that is tried again without a limit.
const LIMIT: Duration = Duration::from_secs(3);
/// The limit of one that is answered at once and ends by itself, on a busy machine too. What does not end though its limit is
/// over is ended, and the test fails.
const AMPLE: Duration = Duration::from_secs(30);

/// The calls that change something; none of them may be made.
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

/// How many commands run at a time. Most of them wait most of the time: for an answer that does not come, or before they
/// ask again.
const WORKERS: usize = 16;

/// How often each operation was asked so far.
fn asked(world: &World) -> BTreeMap<String, u64> {
    let requests = world.get("/_sim/requests");
    let count = |value: &Value| value.as_u64().or_else(|| value["count"].as_u64()).unwrap_or(0);
    requests["operations"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), count(value))).collect()
}

/// The calls that a command makes where nothing fails.
fn calls(home: &Home, world: &World, arguments: &str) -> Vec<String> {
    let before = asked(world);
    let said = line(&mut home.on(world), arguments);
    // A start where everything runs already has looked at all of it, too.
    if !(arguments.starts_with("start") && said.err.contains("already")) {
        said.coded(0);
    }
    let after = asked(world);
    after.into_iter().filter(|(name, count)| before.get(name) != Some(count)).map(|(name, _)| name).collect()
}

/// A command with one fault on one of its calls.
struct Case {
    command: String,
    /// It only reads: what it says is not a plan.
    reads: bool,
    call: String,
    fault: &'static str,
}

impl Case {
    /// Whether an answer is waited for, or asked for again after a while: log groups also where the key has expired.
    fn waits(&self) -> bool {
        matches!(self.fault, "hang" | "throttle" | "error" | "reset" | "truncate")
            || (self.fault == "expired" && self.command.starts_with("logs"))
    }
}

/// Each command with each fault on each of its calls.
fn cases() -> Vec<Case> {
    let (home, world) = place();
    let task = line(&mut home.on(&world), "tasks web -o json").coded(0).json();
    let task = task["tasks"][0]["id"].as_str().unwrap().to_owned();
    let looks = LOOKS.iter().map(ToString::to_string).chain([format!("stop-task {task}")]);
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

/// At the pace of this machine's clock: the whole takes so long that one ahead of it would be told as wrong.
fn place() -> (Home, World) {
    (Home::new().with_code(), World::run_at(Scenario::Staging, 1.0))
}

/// What is wrong with how a command ends whose call fails so often (`None`: always).
fn wrong(home: &Home, world: &World, case: &Case, count: Option<u32>) -> Option<String> {
    let Case { command, reads, call, fault } = case;
    world.clear_faults();
    world.post("/_sim/fault", &json!({"operation": call, "kind": fault, "count": count, "delay_ms": 50}));
    let limit = if case.waits() { LIMIT } else { AMPLE };
    let said = line(&mut home.on(world), &format!("{command} --timeout {}s", limit.as_secs()));
    let codes: &[i32] = if *reads { &[0, 1, 3, 7, 8] } else { &[0, 1, 3, 4, 7, 8] };
    // Where AWS says that there is none of it, its name is wrong usage.
    let unknown = *fault == "empty" && said.code == 2;
    // What hangs for ever runs out of time; that it failed is not known.
    let hangs = *fault == "hang" && count.is_none();
    // A list has it among its notes, JSON among its sources.
    let there = if LISTS.contains(&command.as_str()) { said.out.as_str() } else { "" };
    let told = !said.err.trim().is_empty()
        || ["could not be read", "is incomplete", "\"complete\": false", " unknown "]
            .iter()
            .any(|words| there.contains(words))
        || there.contains(call);
    // Nobody can renew a key in a variable: what cannot be made or read for want of it says so, and what could be read
    // beside it is incomplete.
    // Log groups are asked for some minutes before that is sure, and how `doctor` ends is said of all of its checks.
    let waits_on = command.starts_with("logs");
    // What is not to be done stays so, whatever else could not be read.
    let needless = said.err.contains("already");
    let expired =
        *fault == "expired" && count.is_none() && command != "doctor" && !needless && !(waits_on && said.code == 7);
    let codes_of_expired: &[i32] = if *reads { &[0, 3, 8] } else { &[0, 8] };
    let what = if !codes.contains(&said.code) && !unknown {
        "its exit code is none of the contract"
    } else if hangs && command == "doctor" && !matches!(said.code, 0 | 7) {
        "its time was up, and it says that something failed"
    } else if said.code != 0 && command != "doctor" && !told {
        "it does not say why"
    } else if said.err.contains("internal fault") || said.err.contains("panicked") {
        "it panicked"
    } else if expired && !codes_of_expired.contains(&said.code) {
        "the key has expired, and its exit code does not say so"
    } else {
        return None;
    };
    Some(format!("{command}: {fault} on {call}, {}: {what}: {said:#?}", count.map_or("always", |_| "once")))
}

/// The matrix whole is behind `./dev fuzz`: `COCKPIT_ALL_FAULTS` is 1 there. Other words (`cost,health`) choose the commands
/// with these words, which are tried whole. Each worker has a simulator for itself; all that is wrong is told at the end.
#[test]
fn a_command_ends_within_its_limit_with_any_fault_on_any_call() {
    let all = std::env::var("COCKPIT_ALL_FAULTS").ok();
    let mut number = 0;
    let mut cases = cases();
    cases.retain(|case| {
        number += 1;
        // Of those that take their time there are few.
        match all.as_deref() {
            None => number % (if case.waits() { 149 } else { 41 }) == 0,
            Some("1") => true,
            Some(words) => words.split(',').any(|words| case.command.contains(words)),
        }
    });
    assert!(cases.len() > 7, "{}", cases.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let (home, world) = place();
        let mut found = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let wrong = [Some(1), None].into_iter().filter_map(|count| wrong(&home, &world, case, count));
            // Told at once, too: the whole takes minutes.
            found.extend(wrong.inspect(|wrong| {
                let _ = writeln!(std::io::stderr(), "{wrong}");
            }));
        }
        world.clear_faults();
        let sent = WRITES.into_iter().filter(|write| world.asked(write) > 0);
        found.extend(sent.map(|write| format!("{write} was sent by what only looks")));
        found
    };
    let found: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(found.is_empty(), "{} of {} cases:\n{}", found.len(), cases.len() * 2, found.join("\n"));
}
