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
use std::time::{Duration, Instant};
use support::{Home, World, line};

/// Commands that read once.
const READS: [&str; 4] =
    ["logs web --since 1m", "logs web --tail 3 --since 1m", "insights errors --since 5m", "doctor"];

/// Those that tell what could not be read beside what could; `tests/credentials.rs` has a matrix of its own for them, and
/// they are here once each.
const LISTS: [&str; 17] = [
    "services",
    "tasks web",
    "autoscaling",
    "db",
    "alarms",
    "schedule",
    "snapshot -o json",
    "snapshot --wait attention.count>=0",
    "instances",
    "timeline",
    "metrics",
    "cost",
    "alarms --history",
    "health --no-probe",
    "params ls",
    "params check",
    "params get DATABASE_URL",
];

/// Operations that stop before anything is changed; `deploy --attach` changes nothing at all.
const LOOKS: [&str; 18] = [
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
];

const FAULTS: [&str; 10] =
    ["throttle", "error", "delay", "truncate", "reset", "hang", "malformed", "empty", "expired", "denied"];

/// The limit that each is given, and what its end may take beyond it on a busy machine: a query that was begun is
/// stopped, which is waited for a moment. Below what a request takes that is tried again without a limit.
const LIMIT: &str = "3s";
const MOST: Duration = Duration::from_secs(15);

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

/// The matrix whole is behind `./dev fuzz`: `COCKPIT_ALL_FAULTS` is set there.
#[test]
fn a_command_ends_within_its_limit_with_any_fault_on_any_call() {
    let all = std::env::var_os("COCKPIT_ALL_FAULTS").is_some();
    // At the pace of this machine's clock: the whole takes so long that one ahead of it would be told as wrong.
    let (home, world) = (Home::new(), World::run_at(Scenario::Staging, 1.0));
    let task = line(&mut home.on(&world), "tasks web -o json").coded(0).json();
    let task = task["tasks"][0]["id"].as_str().unwrap().to_owned();
    let looks = LOOKS.iter().map(ToString::to_string).chain([format!("stop-task {task}")]);
    let commands: Vec<(String, bool)> = READS
        .iter()
        .chain(&LISTS)
        .map(|read| (read.to_string(), true))
        .chain(looks.map(|look| (format!("{look} --dry-run"), false)))
        .collect();
    let (mut number, mut ran) = (0, 0);
    for (command, reads) in commands {
        for (call, fault) in calls_of(&home, &world, &command) {
            number += 1;
            // Faults that take their time are the few.
            let slow = matches!(fault, "hang" | "throttle" | "error" | "reset" | "truncate");
            if !all && number % (if slow { 149 } else { 41 }) != 0 {
                continue;
            }
            for count in [Some(1), None] {
                world.clear_faults();
                world.post("/_sim/fault", &json!({"operation": call, "kind": fault, "count": count, "delay_ms": 50}));
                let began = Instant::now();
                let said = line(&mut home.on(&world), &format!("{command} --timeout {LIMIT}"));
                let case = format!("{command}: {fault} on {call}, {count:?} times: {said:#?}");
                assert!(began.elapsed() < MOST, "{:?} {case}", began.elapsed());
                let codes: &[i32] = if reads { &[0, 1, 3, 7, 8] } else { &[0, 1, 3, 4, 7, 8] };
                assert!(codes.contains(&said.code), "{case}");
                // What hangs for ever runs out of time; that it failed is not known.
                let hangs = fault == "hang" && count.is_none();
                assert!(!hangs || command != "doctor" || matches!(said.code, 0 | 7), "{case}");
                // A list has it among its notes, JSON among its sources.
                let there = if LISTS.contains(&command.as_str()) { said.out.as_str() } else { "" };
                let told = !said.err.trim().is_empty()
                    || ["could not be read", "is incomplete", "\"complete\": false"]
                        .iter()
                        .any(|words| there.contains(words))
                    || there.contains(&call);
                assert!(said.code == 0 || command == "doctor" || told, "no word: {case}");
                assert!(!said.err.contains("internal fault") && !said.err.contains("panicked"), "{case}");
                // Nobody can renew a key in a variable, and no other source tells of it.
                if fault == "expired" && count.is_none() && call == "sts:GetCallerIdentity" && !reads {
                    assert_eq!(said.code, 8, "{case}");
                }
                ran += 1;
            }
        }
    }
    world.clear_faults();
    assert!(ran > 15, "{ran}");
    let writes = ["ecs:UpdateService", "ecs:RegisterTaskDefinition", "ecs:StopTask", "ecs:TagResource"];
    let others = ["lambda:InvokeFunction", "scheduler:UpdateSchedule", "rds:StopDBInstance", "rds:StartDBInstance"];
    let newer = ["ec2:StopInstances", "ec2:RebootInstances", "ssm:DeleteParameter", "rds:CreateDBSnapshot"];
    let newest = ["rds:RebootDBInstance", "cloudwatch:PutAlarmMuteRule"];
    for write in writes.into_iter().chain(others).chain(newer).chain(newest) {
        assert_eq!(world.asked(write), 0, "{write}");
    }
}

fn calls_of(home: &Home, world: &World, command: &str) -> Vec<(String, &'static str)> {
    world.clear_faults();
    let calls = calls(home, world, command);
    calls.into_iter().flat_map(|call| FAULTS.map(|fault| (call.clone(), fault))).collect()
}
