//! Commands that handle signals themselves, because they open or change something, also end on them and on `--timeout` before
//! that: while AWS does not answer, while a question is unanswered, while a pipe has no writer.

use crate::support::{Home, Output, PATIENCE, World, finish, line, signal, until};
use aws_sim::Scenario;
use rustix::process::Signal;
use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Commands that open something, or read a value, before they change anything.
const OPENING: [&str; 11] = [
    "exec staging api -- ls",
    "with-db -- true",
    "tunnel --port 0",
    "sql -c select",
    "sql --er",
    "instances session bastion -- ls",
    "instances stop bastion",
    "db --activity",
    "db --terminate 1 --yes",
    "db --snapshot a-1",
    "params put KEY --file value",
];

/// Far less than a retried request takes without a limit.
const SOON: Duration = Duration::from_secs(10);

fn hanging() -> (Home, World) {
    let (home, world) = (Home::new(), World::staging());
    home.write("value", "x");
    world.fault("*", "hang");
    (home, world)
}

#[test]
fn timeout_ends_an_opening_or_changing_command_while_aws_hangs() {
    let (home, world) = hanging();
    for arguments in OPENING {
        let began = Instant::now();
        let output = line(&mut home.on(&world), &format!("--timeout 1s --env staging {arguments}"));
        assert_eq!(output.code, 7, "{arguments}: {output:#?}");
        assert!(output.err.contains("time is up"), "{arguments}: {output:#?}");
        assert!(began.elapsed() < SOON, "{arguments}: {:?}", began.elapsed());
    }
}

#[test]
fn signal_ends_an_opening_or_changing_command_while_aws_hangs() {
    for (sent, code) in [(Signal::INT, 130), (Signal::TERM, 1), (Signal::HUP, 1)] {
        for arguments in OPENING {
            let (home, world) = hanging();
            let mut command = home.on(&world);
            command.args(["--env", "staging"]).args(arguments.split(' '));
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            until("it asks", PATIENCE, || {
                let requests = world.get("/_sim/requests");
                (!requests["operations"].as_object().unwrap().is_empty()).then_some(())
            });
            let began = Instant::now();
            signal(child.id(), sent);
            let output = finish(child);
            assert_eq!(output.code, code, "{arguments} {sent:?}: {output:#?}");
            assert!(began.elapsed() < SOON, "{arguments}: {:?}", began.elapsed());
        }
    }
}

/// Creates a named pipe without a writer.
fn pipe(home: &Home) {
    let path = home.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
}

#[test]
fn pipe_without_writer_blocks_no_command() {
    let (home, world) = (Home::new(), World::staging());
    pipe(&home);
    let reading = [
        "params put /bookmark-manager/staging/KEY --file pipe --yes",
        "params import pipe --under /a --yes",
        "sql --url postgres://app@127.0.0.1:1/app -f pipe",
    ];
    for arguments in reading {
        let output = line(&mut home.on(&world), &format!("--timeout 2s --env staging {arguments}"));
        assert_eq!(output.code, 7, "{arguments}: {output:#?}");
        let mut command = home.on(&world);
        command.args(["--env", "staging"]).args(arguments.split(' '));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Once the other end can be opened, it is reading.
        let path = home.path().join("pipe");
        let (opened, writer) = std::sync::mpsc::channel();
        std::thread::spawn(move || opened.send(std::fs::OpenOptions::new().write(true).open(path)));
        let _writer = writer.recv_timeout(PATIENCE).unwrap().unwrap();
        signal(child.id(), Signal::TERM);
        let output = finish(child);
        assert_eq!(output.code, 1, "{arguments}: {output:#?}");
    }
    // The same with standard input.
    let mut command = home.on(&world);
    command
        .args("--timeout 2s --env staging params put /bookmark-manager/staging/KEY --stdin --yes".split(' '))
        .stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"half a value").unwrap();
    let output: Output = finish(child);
    assert_eq!(output.code, 7, "{output:#?}");
    drop(input);
    assert_eq!(world.requests("ssm:PutParameter"), 0);
}

#[test]
fn session_ends_at_the_time_limit_and_is_audited_as_ended() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let mut command = home.on(&world);
    command.args("--timeout 4s exec staging api -- cat".split(' ')).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It waits for further input.
    let input = child.stdin.take().unwrap();
    let output = finish(child);
    drop(input);
    assert_eq!(output.code, 7, "{output:#?}");
    assert!(output.err.contains("the time is up"), "{output:#?}");
    let records = line(&mut home.on(&world), "audit -o json").exits(0).json();
    let outcomes: Vec<&str> =
        records["operations"].as_array().unwrap().iter().filter_map(|one| one["outcome"].as_str()).collect();
    assert!(!outcomes.is_empty() && !outcomes.contains(&"started"), "{records:#}");
}

#[test]
fn curves_read_before_the_time_limit_are_printed() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("cloudwatch:GetMetricData", "hang");
    let output = line(&mut home.on(&world), "--timeout 2s metrics service -o json");
    assert_eq!(output.code, 7, "{output:#?}");
    assert_eq!(output.json()["schema"], "cockpit.metrics/1", "{output:#?}");
    world.clear_faults();
    world.fault("elasticloadbalancing:DescribeListeners", "hang");
    let output = line(&mut home.on(&world), "--timeout 3s health --no-probe -o json");
    assert_eq!(output.code, 7, "{output:#?}");
    let checks = output.json();
    let checks = checks["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["topic"] == "targets"), "known results are reported: {checks:?}");
}
