//! A program in the foreground: it has the terminal, its exit code becomes ours, and signals reach it.

use super::stop::{StopSignal, StopSignals};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use tokio::process::Command;

/// Runs it to its end; gives back its exit code, or 128 and the number of the signal that ended it. When `over` comes
/// before, it is sent SIGTERM, and waited for.
///
/// # Errors
/// It cannot be started.
pub async fn run(
    command: &[String],
    variables: Vec<(String, OsString)>,
    over: impl Future<Output = ()>,
) -> io::Result<u8> {
    let Some((program, rest)) = command.split_first() else { return Ok(0) };
    let mut stops = StopSignals::new()?;
    let mut child = Command::new(program).args(rest).envs(variables).spawn()?;
    // At a terminal Ctrl-C reaches every program in the foreground by itself.
    let terminal = io::stdin().is_terminal();
    let mut over = std::pin::pin!(over);
    let mut ends = false;
    loop {
        tokio::select! {
            ended = child.wait() => return ended.map(code),
            () = &mut over, if !ends => {
                ends = true;
                if let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
                    let _ = kill_process(pid, Signal::TERM);
                }
            }
            signal = stops.next() => {
                let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) else { continue };
                let signal = match signal {
                    StopSignal::Interrupt if terminal => continue,
                    StopSignal::Interrupt => Signal::INT,
                    StopSignal::Terminate => Signal::TERM,
                    StopSignal::Hangup => Signal::HUP,
                };
                let _ = kill_process(pid, signal);
            }
        }
    }
}

fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
