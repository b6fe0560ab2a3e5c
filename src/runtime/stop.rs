//! Signals that end a command from outside: Ctrl-C, a signal of the system (as CI systems cancel), a terminal that closes.
//!
//! Once a [`StopSignals`] exists, no such signal is lost: one that arrives between two waits is returned by the next. Code that
//! blocks its thread, like a write into a pipe that nobody reads, polls [`received_signal`].
//!
//! A signal that was ignored when the program was started stays ignored: `nohup`, or a script that starts it in the background,
//! asked for that.

use crate::cli::{ExitCode, Report};
use futures_util::FutureExt as _;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

/// A signal that ends a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP.
    Hangup,
}

impl StopSignal {
    const ALL: [Self; 3] = [Self::Interrupt, Self::Terminate, Self::Hangup];

    /// Returns the system's name of the signal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::Hangup => "SIGHUP",
        }
    }

    /// Returns the exit code of a command that the signal ends before anything was changed.
    pub fn code(self) -> ExitCode {
        match self {
            Self::Interrupt => ExitCode::Interrupted,
            Self::Terminate | Self::Hangup => ExitCode::Failed,
        }
    }

    /// Returns how a command ends when the signal stops it before anything was changed. Ctrl-C needs no message; the other
    /// signals come from somewhere else and are reported.
    ///
    /// # Errors
    /// 1 after SIGTERM and SIGHUP.
    pub fn command_result(self) -> Result<ExitCode, Report> {
        match self {
            Self::Interrupt => Ok(self.code()),
            Self::Terminate | Self::Hangup => {
                Err(Report::new("interrupted", format!("it was ended from outside, by {}", self.name()), self.code()))
            }
        }
    }
}

/// The first stop signal that the program received.
#[derive(Debug)]
struct FirstSignal {
    /// Its index in [`StopSignal::ALL`] plus one; zero if there was none.
    place: AtomicU8,
    /// Wakes those that wait for it.
    recorded: Notify,
}

impl FirstSignal {
    const fn new() -> Self {
        Self { place: AtomicU8::new(0), recorded: Notify::const_new() }
    }

    fn first(&self) -> Option<StopSignal> {
        let place = usize::from(self.place.load(Ordering::SeqCst)).checked_sub(1)?;
        StopSignal::ALL.get(place).copied()
    }

    /// Stores a signal, unless there was an earlier one.
    fn record(&self, stop: StopSignal) {
        let place = StopSignal::ALL.iter().position(|signal| *signal == stop).unwrap_or_default();
        let place = u8::try_from(place + 1).unwrap_or(u8::MAX);
        let _ = self.place.compare_exchange(0, place, Ordering::SeqCst, Ordering::SeqCst);
        self.recorded.notify_waiters();
    }

    async fn wait(&self) -> StopSignal {
        loop {
            // Created before the check, so that a notification in between is not missed.
            let recorded = self.recorded.notified();
            if let Some(first) = self.first() {
                return first;
            }
            recorded.await;
        }
    }
}

static FIRST: FirstSignal = FirstSignal::new();

/// Returns the first stop signal since [`watch`] was called, even if the program's threads are blocked.
pub fn received_signal() -> Option<StopSignal> {
    FIRST.first()
}

/// Settings for ending a command whose main thread is blocked: by a file on an unresponsive file system, or a pipe that nobody
/// writes into.
#[derive(Debug, Clone, Copy, Default)]
pub struct StopSettings {
    /// The end of the time limit of `--timeout`.
    pub deadline: Option<Instant>,
    /// Whether the command handles signals itself, because its work continues without it.
    pub takes_signals: bool,
    /// Whether errors are printed as JSON.
    pub json: bool,
}

/// Handles the signals on a separate thread from here on, beside those that wait for them. Does nothing if no thread or handler
/// can be created.
pub fn watch(held: StopSettings) {
    let (ready, wait) = std::sync::mpsc::channel();
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let Ok(mut stops) = StopSignals::new() else { return };
            let _ = ready.send(());
            let mut deadline = held.deadline.and_then(|end| end.checked_add(GRACE));
            loop {
                tokio::select! {
                    stop = stops.next() => {
                        FIRST.record(stop);
                        if !held.takes_signals && main_thread_is_blocked().await {
                            if let Err(report) = stop.command_result() {
                                let _ = report.write(&mut io::stderr(), held.json);
                            }
                            end(stop.code());
                        }
                    }
                    () = sleep_until(deadline) => {
                        deadline = None;
                        if main_thread_is_blocked().await {
                            let report = Report::new("timeout", "the time is up", ExitCode::TimedOut)
                                .cause("a file or a device that it needs does not answer");
                            let _ = report.write(&mut io::stderr(), held.json);
                            end(report.code);
                        }
                    }
                }
            }
        });
    };
    if std::thread::Builder::new().name("signals".to_owned()).spawn(work).is_ok() {
        // This also returns if the thread has no handler: its end of the channel is then dropped.
        let _ = wait.recv();
    }
}

/// A main thread that does not answer for this long is blocked. Commands that end by themselves have ended by then.
const GRACE: Duration = Duration::from_secs(2);

static PROBE: Notify = Notify::const_new();
static PROBE_ANSWER: Notify = Notify::const_new();

/// Answers the probes of the watching thread. Run it beside the command: it stops answering while the main thread is blocked.
pub async fn answer_probes() -> std::convert::Infallible {
    loop {
        PROBE.notified().await;
        PROBE_ANSWER.notify_one();
    }
}

async fn main_thread_is_blocked() -> bool {
    PROBE.notify_one();
    tokio::time::timeout(GRACE, PROBE_ANSWER.notified()).await.is_err()
}

async fn sleep_until(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end.into()).await,
        None => std::future::pending().await,
    }
}

/// Ends the program, and the programs it started, without the blocked thread.
fn end(code: ExitCode) {
    super::process::end_helpers();
    super::process::end_programs();
    std::process::exit(i32::from(code.code()));
}

/// Waits for the signals that end a command.
#[derive(Debug)]
pub struct StopSignals {
    first_signal: &'static FirstSignal,
    /// The signal that arrived before this value existed, until it is returned.
    earlier: Option<StopSignal>,
    /// Whether a signal was returned.
    returned: bool,
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
}

impl StopSignals {
    /// Installs the signal handlers.
    ///
    /// # Errors
    /// If no signal handler can be installed.
    pub fn new() -> io::Result<Self> {
        Self::with_first(&FIRST)
    }

    fn with_first(first_signal: &'static FirstSignal) -> io::Result<Self> {
        let handler_of = |kind: SignalKind| if is_ignored(kind) { Ok(None) } else { signal(kind).map(Some) };
        Ok(Self {
            first_signal,
            // Before the handlers are installed: a signal seen here does not reach them.
            earlier: first_signal.first(),
            returned: false,
            interrupt: handler_of(SignalKind::interrupt())?,
            terminate: handler_of(SignalKind::terminate())?,
            hangup: handler_of(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal that ends the command.
    pub async fn next(&mut self) -> StopSignal {
        if let Some(earlier) = self.earlier.take() {
            self.returned = true;
            return earlier;
        }
        let (stop, own) = tokio::select! {
            biased;
            () = wait_for_signal(&mut self.interrupt) => (StopSignal::Interrupt, true),
            () = wait_for_signal(&mut self.terminate) => (StopSignal::Terminate, true),
            () = wait_for_signal(&mut self.hangup) => (StopSignal::Hangup, true),
            // A signal from before these handlers existed, which the watching thread may have recorded later.
            first = self.first_signal.wait(), if !self.returned => (first, false),
        };
        self.returned = true;
        if !own {
            // It may have reached its handler too, between the two checks above.
            let handler = match stop {
                StopSignal::Interrupt => &mut self.interrupt,
                StopSignal::Terminate => &mut self.terminate,
                StopSignal::Hangup => &mut self.hangup,
            };
            let _ = wait_for_signal(handler).now_or_never();
        }
        stop
    }
}

/// Waits for a signal; never completes if it is ignored.
pub(super) async fn wait_for_signal(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Whether a signal was ignored when the program was started. Known only on systems with `/proc`; false on others.
pub fn is_ignored(kind: SignalKind) -> bool {
    static AT_START: OnceLock<u64> = OnceLock::new();
    // Before the first handler is installed: a signal with a handler is no longer ignored.
    let ignored = AT_START.get_or_init(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        ignored_of(&status)
    });
    let number = u32::try_from(kind.as_raw_value()).unwrap_or_default();
    number.checked_sub(1).and_then(|place| ignored.checked_shr(place)).is_some_and(|rest| rest & 1 == 1)
}

/// Parses the set of ignored signals in `/proc/PID/status`; signal 1 is the lowest bit.
fn ignored_of(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default()
}

/// Runs read-only work, unless a signal ends the command first.
///
/// # Errors
/// Exit code 130 or 1 after a signal.
pub async fn unless_stopped<T>(work: impl Future<Output = T>) -> Result<T, Report> {
    tokio::select! {
        biased;
        stop = next_stop_signal() => {
            let text = format!("it was ended from outside, by {}: nothing was changed", stop.name());
            Err(Report::new("interrupted", text, stop.code()))
        }
        done = work => Ok(done),
    }
}

/// Waits for the next signal, for a command that waits for nothing else. Never completes if no handler can be installed.
pub async fn next_stop_signal() -> StopSignal {
    match StopSignals::new() {
        Ok(mut stops) => stops.next().await,
        Err(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command may begin to wait between a signal and its record by the watching thread.
    #[tokio::test]
    async fn signal_before_the_wait_is_returned_once() {
        let first_signal: &'static FirstSignal = Box::leak(Box::new(FirstSignal::new()));
        let mut stops = StopSignals::with_first(first_signal).unwrap();
        let next = tokio::spawn(async move { (stops.next().await, stops) });
        tokio::task::yield_now().await;
        first_signal.record(StopSignal::Terminate);
        first_signal.record(StopSignal::Interrupt);
        let (stop, mut stops) = next.await.unwrap();
        assert_eq!(stop, StopSignal::Terminate);
        assert!(
            tokio::time::timeout(Duration::from_millis(20), stops.next()).await.is_err(),
            "a signal is returned once"
        );
        let mut later = StopSignals::with_first(first_signal).unwrap();
        assert_eq!(later.next().await, StopSignal::Terminate, "later waiters get it too");
    }

    #[test]
    fn ignored_signals_are_read_from_the_status_of_a_process() {
        assert_eq!(ignored_of("Name:\tcockpit\nSigBlk:\t00000000000000ff\nSigIgn:\t0000000000000007\n"), 7);
        assert_eq!(ignored_of("Name:\tcockpit\n"), 0);
    }
}
