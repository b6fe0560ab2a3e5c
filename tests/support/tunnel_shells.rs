//! Shells and commands in containers.

use super::*;
use std::os::unix::process::CommandExt as _;

#[test]
fn a_command_in_a_container_gives_its_output_and_its_exit_code() {
    let (home, world) = (home(), World::staging());
    let exec = |arguments: &[&str]| {
        let mut command = home.on(&world);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        ended(&mut child);
        child.wait_with_output().unwrap()
    };
    let said = exec(&["exec", "staging", "web", "--", "sh", "-c", "echo 日本; exit 3"]);
    assert_eq!(String::from_utf8_lossy(&said.stdout), "日本\r\n", "{said:?}");
    assert_eq!(said.status.code(), Some(3), "{said:?}");
    let written = audit(&home);
    assert!(written[0]["command"].as_str().unwrap().contains("echo 日本"), "{written:?}");
    assert_eq!(world.asked("ssm:TerminateSession"), 1);
    let none = exec(&["exec", "staging", "web", "--task", "zzzz", "--", "true"]);
    let err = String::from_utf8_lossy(&none.stderr);
    assert!(none.status.code() == Some(1) && err.contains("zzzz") && err.contains("cockpit tasks"), "{err}");
}

/// A shell in a container, with an input that does not end.
fn begin_shell(home: &support::Home, world: &World, more: &[&str]) -> std::process::Child {
    let mut command = home.on(world);
    command.args(["exec", "staging", "web"]).args(more);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The same, once it says that it is ready.
fn shell(home: &support::Home, world: &World) -> std::process::Child {
    let mut child = begin_shell(home, world, &[]);
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    child
}

/// The same with a limit that ends it.
fn shell_for_a_while(home: &support::Home, world: &World) -> std::process::Child {
    let begun = LIMITS.into_iter().find_map(|limit| {
        let mut child = begin_shell(home, world, &["--timeout", limit]);
        let ready = child.stdout.as_mut().unwrap().read_exact(&mut [0]).is_ok();
        if !ready {
            support::finish(child);
            return None;
        }
        Some(child)
    });
    begun.expect("a shell that is ready in time")
}

/// The last line of the audit file: its outcome and its reason.
pub fn last(home: &support::Home) -> (String, String) {
    let written = audit(home);
    let text = |key: &str| written.last().unwrap()[key].as_str().unwrap().to_owned();
    (text("outcome"), text("reason"))
}

#[test]
fn a_shell_that_is_left_while_it_runs_is_not_written_down_as_done() {
    let (home, world) = (home(), World::staging());
    for (sent, name, code) in [(Signal::TERM, "SIGTERM", 1), (Signal::HUP, "SIGHUP", 1), (Signal::INT, "SIGINT", 130)] {
        let child = shell(&home, &world);
        signal(child.id(), sent);
        let said = support::finish(child).coded(code);
        assert!(said.err.contains(name) && said.err.contains("may go on"), "{said:#?}");
        let (outcome, reason) = last(&home);
        assert_eq!(outcome, "unknown", "{reason}");
        assert!(reason.contains(name) && reason.contains("may go on"), "{reason}");
    }
    let child = shell_for_a_while(&home, &world);
    let said = support::finish(child).coded(7);
    assert!(said.err.contains("the time is up") && said.err.contains("--timeout"), "{said:#?}");
    let (outcome, reason) = last(&home);
    assert!(outcome == "unknown" && reason.contains("the time is up"), "{outcome}: {reason}");
    assert!(world.asked("ssm:TerminateSession") >= 4);
}

#[test]
fn a_shell_that_the_service_ends_is_no_success_and_why_is_told() {
    let (home, world) = (home(), World::staging());
    let child = shell(&home, &world);
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "ended", "count": 1}));
    let said = support::finish(child).coded(1);
    assert!(said.err.contains("the session was ended") && said.err.contains("may go on"), "{said:#?}");
    assert_eq!(last(&home), ("unknown".to_owned(), "the session was ended".to_owned()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_shell_whose_output_nobody_reads_is_ended_by_a_signal_and_by_its_time_all_the_same() {
    let (home, world) = (home(), World::staging());
    // By its time, or by a signal where it has none; whether it had said something.
    let ends = |limit: Option<&str>| {
        let (reader, writer) = std::io::pipe().unwrap();
        rustix::pipe::fcntl_setpipe_size(&writer, 4096).unwrap();
        let mut command = home.on(&world);
        command.args(["exec", "staging", "web"]).args(limit.map(|limit| format!("--timeout={limit}"))).stdout(writer);
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(command);
        let mut typed = child.stdin.take().unwrap();
        // It may have ended before it takes that.
        let _ = typed.write_all(format!("echo {}\n", "x".repeat(200)).repeat(200).as_bytes());
        let spoke = support::until("it says something", PATIENCE, || {
            let speaks = rustix::io::ioctl_fionread(&reader).unwrap() > 0;
            speaks.then_some(true).or_else(|| child.try_wait().unwrap().map(|_| false))
        });
        if limit.is_none() {
            signal(child.id(), Signal::TERM);
        }
        support::finish(child).coded(if limit.is_some() { 7 } else { 1 });
        drop((typed, reader));
        spoke
    };
    assert!(ends(None));
    assert!(LIMITS.into_iter().any(|limit| ends(Some(limit))));
}

/// What a command in a container says of what is piped into it.
fn piped(home: &support::Home, world: &World, input: &str, command: &[&str]) -> String {
    let mut child = begin_shell(home, world, &[&["--"], command].concat());
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let mut stdout = child.stdout.take().unwrap();
    let reading = std::thread::spawn(move || {
        let mut said = String::new();
        stdout.read_to_string(&mut said).map(|_| said)
    });
    assert_eq!(ended(&mut child).code(), Some(0));
    writing.join().unwrap().unwrap();
    reading.join().unwrap().unwrap()
}

#[test]
fn what_is_piped_in_comes_out_whole_with_or_without_a_last_newline() {
    let (home, small, real) = (home(), World::staging(), World::with_programs());
    for world in [&small, &real] {
        for input in ["eins\ndrei日本\n", "eins\ndrei日本", ""] {
            let said = piped(&home, world, input, &["cat"]);
            // A terminal shows what it is given, and then comes what the command makes of it.
            for line in input.lines() {
                assert_eq!(said.matches(line).count(), 2, "{input:?}: {said:?}");
            }
        }
    }
    // Much of it, past what a terminal keeps at a time. Its echo is another matter.
    let lines: Vec<String> = (0..400).map(|number| format!("{number:04} {}\n", "x".repeat(number))).collect();
    let lines = lines.concat();
    for input in [lines.as_str(), lines.trim_end()] {
        let said = piped(&home, &real, input, &["wc", "-c"]);
        assert!(said.trim_end().ends_with(&input.len().to_string()), "{said}");
    }
}

#[test]
fn a_command_is_run_in_the_container_that_is_named() {
    let (home, world) = (home(), World::staging());
    let exec = |container: &str| {
        let mut child = begin_shell(&home, &world, &["--container", container, "--", "hostname"]);
        ended(&mut child);
        let said = child.wait_with_output().unwrap();
        (String::from_utf8(said.stdout).unwrap(), String::from_utf8(said.stderr).unwrap())
    };
    let (_, err) = exec("nobody");
    let there = err.split("theirs are: ").nth(1).unwrap().split([',', '\n']).next().unwrap().trim().to_owned();
    assert!(exec(&there).0.starts_with("ip-10-"), "{there}");
    assert_eq!(world.asked("ecs:ExecuteCommand"), 1, "none in another container");
}

#[test]
fn signals_are_those_of_a_command_that_runs_with_a_database() {
    let (home, world) = (home(), World::mapped(REMOTE, database()));
    let script = "trap 'echo INT; exit 41' INT; trap 'echo TERM; exit 42' TERM; trap 'echo HUP; exit 43' HUP
                  trap 'echo QUIT; exit 44' QUIT; trap 'echo USR1; exit 45' USR1; trap 'echo USR2; exit 46' USR2
                  echo up; while :; do sleep 0.05; done";
    for (sent, name, code) in [
        (Signal::INT, "INT", 41),
        (Signal::TERM, "TERM", 42),
        (Signal::HUP, "HUP", 43),
        (Signal::QUIT, "QUIT", 44),
        (Signal::USR1, "USR1", 45),
        (Signal::USR2, "USR2", 46),
    ] {
        let mut command = home.on(&world);
        command.args(["with-db", "staging", "--to", REMOTE, "--", "sh", "-c", script]);
        // Not in the foreground of a terminal: what a key there sends reaches the command by itself.
        command.process_group(0);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0; 3]).unwrap();
        signal(child.id(), sent);
        let said = support::finish(child).coded(code);
        assert_eq!(said.out, format!("{name}\n"), "{said:#?}");
        assert_eq!(last(&home).1, format!("exit code {code}"));
    }
    assert_eq!(world.asked("ssm:TerminateSession"), 6);
}
