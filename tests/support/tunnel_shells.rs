//! Shells and commands in containers.

use super::*;

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
