//! Runs a program in the foreground: it has the terminal, its exit code becomes ours, and signals are forwarded to it.

use super::stop::{StopSignal, StopSignals, is_ignored, wait_for_signal};
use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::time::{Instant, sleep};

/// The time between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(5);

/// How far the end of the program's time limit has progressed.
#[derive(PartialEq)]
enum Limit {
    Pending,
    /// The limit has passed; SIGTERM was sent.
    Terminating,
    /// SIGKILL was sent.
    Killed,
}

/// Runs a program to its end. Sets the given variables and removes those without a value. Returns its exit code, or 128
/// plus the number of the signal that ended it. When `over` completes first, the program gets SIGTERM, and SIGKILL if
/// it does not end within 5 s.
///
/// # Errors
/// If the program cannot be started.
pub async fn run(
    command: &[String],
    variables: Vec<(String, Option<OsString>)>,
    over: impl Future<Output = ()>,
) -> io::Result<u8> {
    run_with(command, variables, over, GRACE).await
}

async fn run_with(
    command: &[String],
    variables: Vec<(String, Option<OsString>)>,
    over: impl Future<Output = ()>,
    grace: Duration,
) -> io::Result<u8> {
    let Some((program, rest)) = command.split_first() else { return Ok(0) };
    let mut stops = StopSignals::new()?;
    let mut others = OtherSignals::new()?;
    let mut command = Command::new(program);
    command.args(rest);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command.spawn()?;
    let mut over = std::pin::pin!(over);
    let mut killed = std::pin::pin!(sleep(grace));
    let mut limit = Limit::Pending;
    loop {
        tokio::select! {
            ended = child.wait() => return ended.map(code),
            () = &mut killed, if limit == Limit::Terminating => {
                limit = Limit::Killed;
                let _ = child.start_kill();
            }
            () = &mut over, if limit == Limit::Pending => {
                limit = Limit::Terminating;
                killed.as_mut().reset(Instant::now() + grace);
                pass(&child, Signal::TERM);
            }
            signal = stops.next() => pass(&child, match signal {
                StopSignal::Interrupt => Signal::INT,
                StopSignal::Terminate => Signal::TERM,
                StopSignal::Hangup => Signal::HUP,
            }),
            signal = others.next() => pass(&child, signal),
        }
    }
}

/// Forwards a signal, unless the program has received it already: a key at the terminal signals every program in the foreground,
/// whatever its standard input is. Many programs take a second signal as "at once, and without cleaning up".
fn pass(child: &Child, signal: Signal) {
    let already_received = [Signal::INT, Signal::QUIT].contains(&signal) && is_in_foreground();
    if let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed()))
        && !already_received
    {
        let _ = kill_process(pid, signal);
    }
}

/// Whether keys of the terminal signal this program, and with it the programs that it started.
fn is_in_foreground() -> bool {
    let Ok(terminal) = File::open("/dev/tty") else { return false };
    tcgetpgrp(&terminal).is_ok_and(|group| group == getpgrp())
}

/// Signals that would end this program and leave the other one behind. They are forwarded to that one.
struct OtherSignals {
    quit: Option<unix::Signal>,
    first: Option<unix::Signal>,
    second: Option<unix::Signal>,
}

impl OtherSignals {
    fn new() -> io::Result<Self> {
        let taken = |kind: SignalKind| if is_ignored(kind) { Ok(None) } else { signal(kind).map(Some) };
        Ok(Self {
            quit: taken(SignalKind::quit())?,
            first: taken(SignalKind::user_defined1())?,
            second: taken(SignalKind::user_defined2())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            () = wait_for_signal(&mut self.quit) => Signal::QUIT,
            () = wait_for_signal(&mut self.first) => Signal::USR1,
            () = wait_for_signal(&mut self.second) => Signal::USR2,
        }
    }
}

fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn program_that_ignores_sigterm_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let ready = folder.path().join("ready");
        let command = ["sh", "-c", "trap '' TERM; : > \"$READY\"; exec sleep 600"].map(str::to_owned);
        let up = async {
            while !ready.exists() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let variables = vec![("READY".to_owned(), Some(ready.clone().into_os_string()))];
        // However short the grace period is: the program does not end by itself.
        let ended = run_with(&command, variables, up, Duration::from_millis(1)).await;
        assert_eq!(ended.unwrap(), 128 + 9);
    }
}
