//! Shells and commands in containers.

use super::*;
use std::os::unix::process::CommandExt as _;

#[test]
fn container_command_returns_its_output_and_exit_code() {
    let (home, world) = (home(), World::staging());
    let exec = |arguments: &[&str]| {
        let mut command = home.on(&world);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        ended(&mut child);
        child.wait_with_output().unwrap()
    };
    let output = exec(&["exec", "staging", "web", "--", "sh", "-c", "echo 日本; exit 3"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "日本\r\n", "{output:?}");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let written = audit(&home);
    assert!(written[0]["command"].as_str().unwrap().contains("echo 日本"), "{written:?}");
    assert_eq!(world.requests("ssm:TerminateSession"), 1);
    let none = exec(&["exec", "staging", "web", "--task", "zzzz", "--", "true"]);
    let err = String::from_utf8_lossy(&none.stderr);
    assert!(none.status.code() == Some(1) && err.contains("zzzz") && err.contains("cockpit tasks"), "{err}");
}

/// Starts a shell in a container, with an input that does not end.
fn begin_shell(home: &crate::support::Home, world: &World, more: &[&str]) -> std::process::Child {
    let mut command = home.on(world);
    command.args(["exec", "staging", "web"]).args(more);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Starts a shell and waits until it reports that it is ready.
fn shell(home: &crate::support::Home, world: &World) -> std::process::Child {
    let mut child = begin_shell(home, world, &[]);
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    child
}

/// Starts a shell with a time limit that ends it.
fn shell_for_a_while(home: &crate::support::Home, world: &World) -> std::process::Child {
    let begun = LIMITS.into_iter().find_map(|limit| {
        let mut child = begin_shell(home, world, &["--timeout", limit]);
        let ready = child.stdout.as_mut().unwrap().read_exact(&mut [0]).is_ok();
        if !ready {
            crate::support::finish(child);
            return None;
        }
        Some(child)
    });
    begun.expect("a shell that is ready in time")
}

/// The last entry of the audit file: its outcome and its reason.
pub fn last(home: &crate::support::Home) -> (String, String) {
    let written = audit(home);
    let text = |key: &str| written.last().unwrap()[key].as_str().unwrap().to_owned();
    (text("outcome"), text("reason"))
}

#[test]
fn shell_left_while_running_is_not_audited_as_done() {
    let (home, world) = (home(), World::staging());
    for (sent, name, code) in [(Signal::TERM, "SIGTERM", 1), (Signal::HUP, "SIGHUP", 1), (Signal::INT, "SIGINT", 130)] {
        let child = shell(&home, &world);
        signal(child.id(), sent);
        let output = crate::support::finish(child).exits(code);
        assert!(output.err.contains(name) && output.err.contains("may go on"), "{output:#?}");
        let (outcome, reason) = last(&home);
        assert_eq!(outcome, "unknown", "{reason}");
        assert!(reason.contains(name) && reason.contains("may go on"), "{reason}");
    }
    let child = shell_for_a_while(&home, &world);
    let output = crate::support::finish(child).exits(7);
    assert!(output.err.contains("the time is up") && output.err.contains("--timeout"), "{output:#?}");
    let (outcome, reason) = last(&home);
    assert!(outcome == "unknown" && reason.contains("the time is up"), "{outcome}: {reason}");
    assert!(world.requests("ssm:TerminateSession") >= 4);
}

#[test]
fn shell_ended_by_the_service_fails_with_its_reason() {
    let (home, world) = (home(), World::staging());
    let child = shell(&home, &world);
    world.post("/_sim/fault", &json!({"operation": "gateway:link", "kind": "ended", "count": 1}));
    let output = crate::support::finish(child).exits(1);
    assert!(output.err.contains("the session was ended") && output.err.contains("may go on"), "{output:#?}");
    assert_eq!(last(&home), ("unknown".to_owned(), "the session was ended".to_owned()));
}

#[cfg(target_os = "linux")]
#[test]
fn shell_with_unread_output_still_ends_on_signal_and_timeout() {
    let (home, world) = (home(), World::staging());
    // By its time limit, or by a signal if it has none; whether it had printed a reason.
    let ends = |limit: Option<&str>| {
        let (reader, writer) = std::io::pipe().unwrap();
        rustix::pipe::fcntl_setpipe_size(&writer, 4096).unwrap();
        let mut command = home.on(&world);
        command.args(["exec", "staging", "web"]).args(limit.map(|limit| format!("--timeout={limit}"))).stdout(writer);
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(command);
        let mut typed = child.stdin.take().unwrap();
        // It may have ended before it accepts the input.
        let _ = typed.write_all(format!("echo {}\n", "x".repeat(200)).repeat(200).as_bytes());
        let spoke = crate::support::until("the first output", PATIENCE, || {
            let speaks = rustix::io::ioctl_fionread(&reader).unwrap() > 0;
            speaks.then_some(true).or_else(|| child.try_wait().unwrap().map(|_| false))
        });
        if limit.is_none() {
            signal(child.id(), Signal::TERM);
        }
        crate::support::finish(child).exits(if limit.is_some() { 7 } else { 1 });
        drop((typed, reader));
        spoke
    };
    assert!(ends(None));
    assert!(LIMITS.into_iter().any(|limit| ends(Some(limit))));
}

/// The output of a container command for piped input.
fn piped(home: &crate::support::Home, world: &World, input: &str, command: &[&str]) -> String {
    let mut child = begin_shell(home, world, &[&["--"], command].concat());
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let mut stdout = child.stdout.take().unwrap();
    let reading = std::thread::spawn(move || {
        let mut output = String::new();
        stdout.read_to_string(&mut output).map(|_| output)
    });
    assert_eq!(ended(&mut child).code(), Some(0));
    writing.join().unwrap().unwrap();
    reading.join().unwrap().unwrap()
}

#[test]
fn piped_input_is_passed_on_completely_with_or_without_final_newline() {
    let (home, small, real) = (home(), World::staging(), World::with_programs());
    for world in [&small, &real] {
        for input in ["eins\ndrei日本\n", "eins\ndrei日本", ""] {
            let output = piped(&home, world, input, &["cat"]);
            // A terminal echoes its input, and then prints the output of the command.
            for line in input.lines() {
                assert_eq!(output.matches(line).count(), 2, "{input:?}: {output:?}");
            }
        }
    }
    // More than a terminal buffers at a time. The echo is not compared here.
    let lines: Vec<String> = (0..400).map(|number| format!("{number:04} {}\n", "x".repeat(number))).collect();
    let lines = lines.concat();
    for input in [lines.as_str(), lines.trim_end()] {
        let output = piped(&home, &real, input, &["wc", "-c"]);
        assert!(output.trim_end().ends_with(&input.len().to_string()), "{output}");
    }
}

#[test]
fn command_runs_in_the_named_container() {
    let (home, world) = (home(), World::staging());
    let exec = |container: &str| {
        let mut child = begin_shell(&home, &world, &["--container", container, "--", "hostname"]);
        ended(&mut child);
        let output = child.wait_with_output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (_, err) = exec("nobody");
    let there = err.split("theirs are: ").nth(1).unwrap().split([',', '\n']).next().unwrap().trim().to_owned();
    assert!(exec(&there).0.starts_with("ip-10-"), "{there}");
    assert_eq!(world.requests("ecs:ExecuteCommand"), 1, "no session in another container");
}

#[test]
fn with_db_passes_signals_to_its_command() {
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
        // Not in the foreground of a terminal: there, a key's signal reaches the command directly.
        command.process_group(0);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0; 3]).unwrap();
        signal(child.id(), sent);
        let output = crate::support::finish(child).exits(code);
        assert_eq!(output.out, format!("{name}\n"), "{output:#?}");
        assert_eq!(last(&home).1, format!("exit code {code}"));
    }
    assert_eq!(world.requests("ssm:TerminateSession"), 6);
}
