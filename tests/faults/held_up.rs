//! What nobody reads holds a command up, and not its end: Ctrl-C, a signal and `--timeout` end it all the same.
#![cfg(target_os = "linux")] // what a pipe holds is known there

use super::support::{Home, PATIENCE, Said, World, finish, signal, until};
use rustix::process::Signal;
use std::io::{PipeReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What a pipe holds.
const PIPE: usize = 65_536;

/// Runs with an output that is full already; nobody reads it as long as the other end is kept.
fn into_a_full_pipe(program: &mut Command, arguments: &str) -> (Child, PipeReader) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&vec![b'x'; PIPE]).unwrap();
    let program = program.args(arguments.split_whitespace()).stdout(writer).stderr(Stdio::piped());
    let child = program.spawn().unwrap();
    program.stdout(Stdio::null());
    (child, reader)
}

#[test]
fn a_signal_ends_a_command_whose_output_nobody_reads() {
    let (home, world) = (Home::new(), World::staging());
    for (sent, code) in [(Signal::INT, 130), (Signal::TERM, 1), (Signal::HUP, 1)] {
        let (child, _reader) = into_a_full_pipe(&mut home.on(&world), "services -o json");
        // It has read all, and writes: nothing is asked for any more. A signal that comes before ends it, too.
        let (mut seen, mut since) = (0, Instant::now());
        until("it writes", PATIENCE, || {
            let asked = world.asked("ecs:DescribeServices") + world.asked("ecs:DescribeTasks");
            if asked != seen {
                (seen, since) = (asked, Instant::now());
            }
            (seen > 0 && since.elapsed() > Duration::from_secs(2)).then_some(())
        });
        signal(child.id(), sent);
        let said = finish(child);
        assert_eq!(said.code, code, "{sent:?}: {said:#?}");
    }
}

/// All requests so far.
fn requests(world: &World) -> u64 {
    world.get("/_sim/requests")["total"].as_u64().unwrap()
}

/// Who did not press Ctrl-C does not know why it ended.
#[test]
fn a_signal_that_ends_what_goes_on_by_itself_is_told() {
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
            let said = finish(child);
            assert_eq!(said.code, if sent == Signal::INT { 130 } else { 1 }, "{arguments} {sent:?}: {said:#?}");
            assert!(said.err.contains(words), "{arguments} {sent:?}: {said:#?}");
        }
    }
}

/// The same while it waits for its next look.
#[test]
fn a_signal_between_two_looks_is_told() {
    let (home, world) = (Home::new(), World::staging());
    for arguments in ["snapshot --watch 30s", "timeline -f", "autoscaling web --watch"] {
        let begun = requests(&world);
        let mut command = home.on(&world);
        command.args(["--env", "staging"]).args(arguments.split(' '));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut seen, mut since) = (begun, Instant::now());
        until("its first look is over", PATIENCE, || {
            let asked = requests(&world);
            if asked != seen {
                (seen, since) = (asked, Instant::now());
            }
            (seen > begun && since.elapsed() > Duration::from_secs(2)).then_some(())
        });
        signal(child.id(), Signal::TERM);
        let said = finish(child);
        assert_eq!(said.code, 1, "{arguments}: {said:#?}");
        assert!(said.err.contains("ended from outside, by SIGTERM"), "{arguments}: {said:#?}");
    }
}

#[test]
fn the_time_is_up_though_nobody_reads_the_output() {
    let (home, world) = (Home::new(), World::staging());
    let (child, _reader) = into_a_full_pipe(&mut home.on(&world), "services -o json --timeout 10s");
    let said: Said = finish(child);
    assert_eq!(said.code, 7, "{said:#?}");
}

/// The verdict is there; only its report is held up.
#[test]
fn a_verdict_stays_what_it_is_though_nobody_reads_its_report() {
    let (home, world) = (Home::new(), World::staging());
    let arguments = "snapshot --wait environment==staging --timeout 10s";
    let (child, _reader) = into_a_full_pipe(&mut home.on(&world), arguments);
    let said = finish(child);
    assert_eq!(said.code, 0, "{said:#?}");
    assert!(said.err.contains("the output cannot be written"), "{said:#?}");
}
