//! A program in the foreground: it has the terminal, its exit code becomes ours, and signals reach it.

use super::stop::{StopSignal, StopSignals, is_ignored, received};
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

/// Of the time that it may take.
#[derive(PartialEq)]
enum Time {
    Left,
    /// It was asked to end.
    Up,
    /// It was killed.
    Past,
}

/// Runs it to its end, with these variables, and without those that have no value; gives back its exit code, or 128 and
/// the number of the signal that ended it. When `over` comes before, it is sent SIGTERM, and killed where it does not end
/// for that.
///
/// # Errors
/// It cannot be started.
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
    let mut time = Time::Left;
    loop {
        tokio::select! {
            ended = child.wait() => return ended.map(code),
            () = &mut killed, if time == Time::Up => {
                time = Time::Past;
                let _ = child.start_kill();
            }
            () = &mut over, if time == Time::Left => {
                time = Time::Up;
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

/// Passes a signal on, unless it has reached the program by itself: what a key at the terminal sends goes to every program in the
/// foreground, whatever its standard input is. Twice, many take it for "at once, and without cleaning up".
fn pass(child: &Child, signal: Signal) {
    let by_itself = [Signal::INT, Signal::QUIT].contains(&signal) && is_in_foreground();
    if let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed()))
        && !by_itself
    {
        let _ = kill_process(pid, signal);
    }
}

/// Whether the keys of a terminal reach this program, and with it what it has started.
fn is_in_foreground() -> bool {
    let Ok(terminal) = File::open("/dev/tty") else { return false };
    tcgetpgrp(&terminal).is_ok_and(|group| group == getpgrp())
}

/// Signals that would end this program and leave the other one behind: they mean that one.
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
            () = received(&mut self.quit) => Signal::QUIT,
            () = received(&mut self.first) => Signal::USR1,
            () = received(&mut self.second) => Signal::USR2,
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
    async fn what_takes_no_notice_of_the_end_of_its_time_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let ready = folder.path().join("ready");
        let command = ["sh", "-c", "trap '' TERM; : > \"$READY\"; exec sleep 600"].map(str::to_owned);
        let up = async {
            while !ready.exists() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let variables = vec![("READY".to_owned(), Some(ready.clone().into_os_string()))];
        // However soon: it does not end by itself.
        let ended = run_with(&command, variables, up, Duration::from_millis(1)).await;
        assert_eq!(ended.unwrap(), 128 + 9);
    }
}
