//! Unread output blocks a command's writes, but not its end: Ctrl-C, a signal and `--timeout` still end it.
#![cfg(target_os = "linux")] // what a pipe holds is known there

use crate::support::{Home, Output, PATIENCE, World, finish, signal, until};
use rustix::process::Signal;
use std::io::{PipeReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The capacity of a pipe, in bytes.
const PIPE: usize = 65_536;

/// Runs with an output pipe that is already full; nobody reads it while the returned end is kept.
fn into_a_full_pipe(program: &mut Command, arguments: &str) -> (Child, PipeReader) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&vec![b'x'; PIPE]).unwrap();
    let program = program.args(arguments.split_whitespace()).stdout(writer).stderr(Stdio::piped());
    let child = program.spawn().unwrap();
    program.stdout(Stdio::null());
    (child, reader)
}

#[test]
fn signal_ends_a_command_whose_output_is_not_read() {
    let (home, world) = (Home::new(), World::staging());
    for (sent, code) in [(Signal::INT, 130), (Signal::TERM, 1), (Signal::HUP, 1)] {
        let (child, _reader) = into_a_full_pipe(&mut home.on(&world), "services -o json");
        // Reading is finished, and it writes: no further requests are sent. A signal before that would end it, too.
        let (mut seen, mut since) = (0, Instant::now());
        until("it writes", PATIENCE, || {
            let count = world.requests("ecs:DescribeServices") + world.requests("ecs:DescribeTasks");
            if count != seen {
                (seen, since) = (count, Instant::now());
            }
            (seen > 0 && since.elapsed() > Duration::from_secs(2)).then_some(())
        });
        signal(child.id(), sent);
        let output = finish(child);
        assert_eq!(output.code, code, "{sent:?}: {output:#?}");
    }
}

/// Total number of requests so far.
fn requests(world: &World) -> u64 {
    world.get("/_sim/requests")["total"].as_u64().unwrap()
}

/// Without a Ctrl-C of their own, users do not know why it ended.
#[test]
fn signal_that_ends_a_following_command_is_reported() {
    let (home, world) = (Home::new(), World::staging());
    for (sent, words) in [
        (Signal::TERM, "ended from outside, by SIGTERM"),
        (Signal::HUP, "ended from outside, by SIGHUP"),
        (Signal::INT, ""),
    ] {
        for arguments in ["logs -f web", "snapshot --watch 10s", "timeline -f", "autoscaling web --watch"] {
            let before = requests(&world);
            let mut command = home.on(&world);
            command.args(["--env", "staging"]).args(arguments.split(' '));
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            until("it asks", PATIENCE, || (requests(&world) > before).then_some(()));
            signal(child.id(), sent);
            let output = finish(child);
            assert_eq!(output.code, if sent == Signal::INT { 130 } else { 1 }, "{arguments} {sent:?}: {output:#?}");
            assert!(output.err.contains(words), "{arguments} {sent:?}: {output:#?}");
        }
    }
}

/// The same during the wait for the next poll.
#[test]
fn signal_between_two_polls_is_reported() {
    let (home, world) = (Home::new(), World::staging());
    for arguments in ["snapshot --watch 30s", "timeline -f", "autoscaling web --watch"] {
        let begun = requests(&world);
        let mut command = home.on(&world);
        command.args(["--env", "staging"]).args(arguments.split(' '));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut seen, mut since) = (begun, Instant::now());
        until("its first poll is over", PATIENCE, || {
            let count = requests(&world);
            if count != seen {
                (seen, since) = (count, Instant::now());
            }
            (seen > begun && since.elapsed() > Duration::from_secs(2)).then_some(())
        });
        signal(child.id(), Signal::TERM);
        let output = finish(child);
        assert_eq!(output.code, 1, "{arguments}: {output:#?}");
        assert!(output.err.contains("ended from outside, by SIGTERM"), "{arguments}: {output:#?}");
    }
}

#[test]
fn timeout_applies_while_the_output_is_not_read() {
    let (home, world) = (Home::new(), World::staging());
    let (child, _reader) = into_a_full_pipe(&mut home.on(&world), "services -o json --timeout 10s");
    let output: Output = finish(child);
    assert_eq!(output.code, 7, "{output:#?}");
}

/// The verdict is known; only its report is blocked.
#[test]
fn verdict_is_unchanged_when_its_report_is_not_read() {
    let (home, world) = (Home::new(), World::staging());
    let arguments = "snapshot --wait environment==staging --timeout 10s";
    let (child, _reader) = into_a_full_pipe(&mut home.on(&world), arguments);
    let output = finish(child);
    assert_eq!(output.code, 0, "{output:#?}");
    assert!(output.err.contains("the output cannot be written"), "{output:#?}");
}
