//! What takes signals itself, because it opens or changes something, is ended by them and by `--timeout` also before that:
//! while AWS does not answer, while nobody answers a question, while a pipe has no writer.

use super::support::{Home, PATIENCE, Said, World, finish, line, signal, until};
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

/// Far below what a request takes that is tried again without a limit.
const SOON: Duration = Duration::from_secs(10);

fn hanging() -> (Home, World) {
    let (home, world) = (Home::new(), World::staging());
    home.write("value", "x");
    world.fault("*", "hang");
    (home, world)
}

#[test]
fn the_time_is_up_while_aws_does_not_answer_what_opens_or_changes_something() {
    let (home, world) = hanging();
    for arguments in OPENING {
        let began = Instant::now();
        let said = line(&mut home.on(&world), &format!("--timeout 1s --env staging {arguments}"));
        assert_eq!(said.code, 7, "{arguments}: {said:#?}");
        assert!(said.err.contains("time is up"), "{arguments}: {said:#?}");
        assert!(began.elapsed() < SOON, "{arguments}: {:?}", began.elapsed());
    }
}

#[test]
fn a_signal_ends_what_opens_or_changes_something_while_aws_does_not_answer() {
    for (sent, code) in [(Signal::INT, 130), (Signal::TERM, 1), (Signal::HUP, 1)] {
        for arguments in OPENING {
            let (home, world) = hanging();
            let mut command = home.on(&world);
            command.args(["--env", "staging"]).args(arguments.split(' '));
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            until("it asks", PATIENCE, || {
                let asked = world.get("/_sim/requests");
                (!asked["operations"].as_object().unwrap().is_empty()).then_some(())
            });
            let began = Instant::now();
            signal(child.id(), sent);
            let said = finish(child);
            assert_eq!(said.code, code, "{arguments} {sent:?}: {said:#?}");
            assert!(began.elapsed() < SOON, "{arguments}: {:?}", began.elapsed());
        }
    }
}

/// A pipe with a name, which nobody writes into.
fn pipe(home: &Home) {
    let path = home.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
}

#[test]
fn a_pipe_that_nobody_writes_into_holds_no_command_up() {
    let (home, world) = (Home::new(), World::staging());
    pipe(&home);
    let reading = [
        "params put /bookmark-manager/staging/KEY --file pipe --yes",
        "params import pipe --under /a --yes",
        "sql --url postgres://app@127.0.0.1:1/app -f pipe",
    ];
    for arguments in reading {
        let said = line(&mut home.on(&world), &format!("--timeout 2s --env staging {arguments}"));
        assert_eq!(said.code, 7, "{arguments}: {said:#?}");
        let mut command = home.on(&world);
        command.args(["--env", "staging"]).args(arguments.split(' '));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It is reading when the other end could be opened.
        let path = home.path().join("pipe");
        let (opened, writer) = std::sync::mpsc::channel();
        std::thread::spawn(move || opened.send(std::fs::OpenOptions::new().write(true).open(path)));
        let _writer = writer.recv_timeout(PATIENCE).unwrap().unwrap();
        signal(child.id(), Signal::TERM);
        let said = finish(child);
        assert_eq!(said.code, 1, "{arguments}: {said:#?}");
    }
    // And of standard input.
    let mut command = home.on(&world);
    command
        .args("--timeout 2s --env staging params put /bookmark-manager/staging/KEY --stdin --yes".split(' '))
        .stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"half a value").unwrap();
    let said: Said = finish(child);
    assert_eq!(said.code, 7, "{said:#?}");
    drop(input);
    assert_eq!(world.asked("ssm:PutParameter"), 0);
}

#[test]
fn a_session_ends_when_the_time_is_up_and_is_written_down_as_over() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let mut command = home.on(&world);
    command.args("--timeout 4s exec staging api -- cat".split(' ')).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It waits for what comes after this.
    let input = child.stdin.take().unwrap();
    let said = finish(child);
    drop(input);
    assert_eq!(said.code, 7, "{said:#?}");
    assert!(said.err.contains("the time is up"), "{said:#?}");
    let records = line(&mut home.on(&world), "audit -o json").coded(0).json();
    let outcomes: Vec<&str> =
        records["operations"].as_array().unwrap().iter().filter_map(|one| one["outcome"].as_str()).collect();
    assert!(!outcomes.is_empty() && !outcomes.contains(&"started"), "{records:#}");
}

#[test]
fn curves_are_told_as_far_as_they_were_read_when_the_time_is_up() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("cloudwatch:GetMetricData", "hang");
    let said = line(&mut home.on(&world), "--timeout 2s metrics service -o json");
    assert_eq!(said.code, 7, "{said:#?}");
    assert_eq!(said.json()["schema"], "cockpit.metrics/1", "{said:#?}");
    world.clear_faults();
    world.fault("elasticloadbalancing:DescribeListeners", "hang");
    let said = line(&mut home.on(&world), "--timeout 3s health --no-probe -o json");
    assert_eq!(said.code, 7, "{said:#?}");
    let checks = said.json();
    let checks = checks["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["topic"] == "targets"), "what was known is told: {checks:?}");
}
