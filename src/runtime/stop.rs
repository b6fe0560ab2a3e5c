//! Signals that end a command from outside: Ctrl-C, a signal of the system (CI systems cancel so), a terminal that
//! closes.
//!
//! From when it is made no such signal is lost: one that comes between two waits is told by the next. What holds the
//! thread up that waits, a write into a pipe that nobody reads, asks [`came`].
//!
//! One that was ignored when the program was started stays ignored: who starts it with `nohup`, or in the background of a
//! script, has said so.

use crate::cli::{ExitCode, Report};
use futures_util::FutureExt as _;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

/// Which of them it was.
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

    /// As the system calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::Hangup => "SIGHUP",
        }
    }

    /// The exit code of a command that it ends before anything was changed.
    pub fn code(self) -> ExitCode {
        match self {
            Self::Interrupt => ExitCode::Interrupted,
            Self::Terminate | Self::Hangup => ExitCode::Failed,
        }
    }

    /// How a command ends that it stops before anything was changed. Who pressed Ctrl-C knows; of another one it is said,
    /// as it comes from somewhere else.
    ///
    /// # Errors
    /// 1 after SIGTERM and SIGHUP.
    pub fn ended(self) -> Result<ExitCode, Report> {
        match self {
            Self::Interrupt => Ok(self.code()),
            Self::Terminate | Self::Hangup => {
                Err(Report::new("interrupted", format!("it was ended from outside, by {}", self.name()), self.code()))
            }
        }
    }
}

/// The first signal that came to the program.
#[derive(Debug)]
struct Came {
    /// Its place in [`StopSignal::ALL`] and one; zero is none.
    place: AtomicU8,
    /// Wakes those that wait for it.
    told: Notify,
}

impl Came {
    const fn new() -> Self {
        Self { place: AtomicU8::new(0), told: Notify::const_new() }
    }

    fn first(&self) -> Option<StopSignal> {
        let place = usize::from(self.place.load(Ordering::SeqCst)).checked_sub(1)?;
        StopSignal::ALL.get(place).copied()
    }

    /// Stores a signal, unless another one came before.
    fn tell(&self, stop: StopSignal) {
        let place = StopSignal::ALL.iter().position(|signal| *signal == stop).unwrap_or_default();
        let place = u8::try_from(place + 1).unwrap_or(u8::MAX);
        let _ = self.place.compare_exchange(0, place, Ordering::SeqCst, Ordering::SeqCst);
        self.told.notify_waiters();
    }

    async fn wait(&self) -> StopSignal {
        loop {
            // Before it is looked at: one that is told between is not missed.
            let told = self.told.notified();
            if let Some(first) = self.first() {
                return first;
            }
            told.await;
        }
    }
}

static CAME: Came = Came::new();

/// The first of them that came since [`watch`] was called, whatever the threads of the program are doing.
pub fn came() -> Option<StopSignal> {
    CAME.first()
}

/// A guard that ends a command though the thread that waits for it is held up: by a file on a file system that does not
/// answer, by a pipe that nobody writes into.
#[derive(Debug, Clone, Copy, Default)]
pub struct Held {
    /// When `--timeout` is up.
    pub deadline: Option<Instant>,
    /// Signals are the command's own: what it began goes on without it.
    pub takes_signals: bool,
    /// Errors are told as JSON.
    pub json: bool,
}

/// Takes the signals from here on, on a thread of its own beside those that wait for them; nothing where the system
/// gives no thread or no handler.
pub fn watch(held: Held) {
    let (taken, wait) = std::sync::mpsc::channel();
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let Ok(mut stops) = StopSignals::new() else { return };
            let _ = taken.send(());
            let mut deadline = held.deadline.and_then(|end| end.checked_add(GRACE));
            loop {
                tokio::select! {
                    stop = stops.next() => {
                        CAME.tell(stop);
                        if !held.takes_signals && is_held_up().await {
                            if let Err(report) = stop.ended() {
                                let _ = report.write(&mut io::stderr(), held.json);
                            }
                            end(stop.code());
                        }
                    }
                    () = until(deadline) => {
                        deadline = None;
                        if is_held_up().await {
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
        // Ends too where the thread has no handler: its end of the channel is gone.
        let _ = wait.recv();
    }
}

/// A thread that does not answer for so long is held up. What ends by itself has ended by then.
const GRACE: Duration = Duration::from_secs(2);

static ASKED: Notify = Notify::const_new();
static ANSWERED: Notify = Notify::const_new();

/// Answers whether the thread that waits for the command is held up, for as long as it is not: beside what it waits for.
pub async fn answering() -> std::convert::Infallible {
    loop {
        ASKED.notified().await;
        ANSWERED.notify_one();
    }
}

async fn is_held_up() -> bool {
    ASKED.notify_one();
    tokio::time::timeout(GRACE, ANSWERED.notified()).await.is_err()
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end.into()).await,
        None => std::future::pending().await,
    }
}

/// Ends the program, and what it has started, without the thread that is held up.
fn end(code: ExitCode) {
    super::process::end_helpers();
    super::process::end_programs();
    std::process::exit(i32::from(code.code()));
}

/// Waits for the signals that end a command.
#[derive(Debug)]
pub struct StopSignals {
    came: &'static Came,
    /// The one that came before, which no wait was told of.
    before: Option<StopSignal>,
    /// Whether a wait was told of one.
    told: bool,
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
}

impl StopSignals {
    /// Takes the signals from here on.
    ///
    /// # Errors
    /// The system gives no handler.
    pub fn new() -> io::Result<Self> {
        Self::beside(&CAME)
    }

    fn beside(came: &'static Came) -> io::Result<Self> {
        let taken = |kind: SignalKind| if is_ignored(kind) { Ok(None) } else { signal(kind).map(Some) };
        Ok(Self {
            came,
            // Before the handlers are set: what is seen here does not come to them.
            before: came.first(),
            told: false,
            interrupt: taken(SignalKind::interrupt())?,
            terminate: taken(SignalKind::terminate())?,
            hangup: taken(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal that ends the command.
    pub async fn next(&mut self) -> StopSignal {
        if let Some(before) = self.before.take() {
            self.told = true;
            return before;
        }
        let (stop, own) = tokio::select! {
            biased;
            () = received(&mut self.interrupt) => (StopSignal::Interrupt, true),
            () = received(&mut self.terminate) => (StopSignal::Terminate, true),
            () = received(&mut self.hangup) => (StopSignal::Hangup, true),
            // One that came before these handlers were there, though the thread that watches may have heard of it after that.
            first = self.came.wait(), if !self.told => (first, false),
        };
        self.told = true;
        if !own {
            // It may have come to its handler too, between the two looks above.
            let handler = match stop {
                StopSignal::Interrupt => &mut self.interrupt,
                StopSignal::Terminate => &mut self.terminate,
                StopSignal::Hangup => &mut self.hangup,
            };
            let _ = received(handler).now_or_never();
        }
        stop
    }
}

/// Until a signal comes; never where it is ignored.
pub(super) async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Whether a signal was ignored when the program was started. Told where the system has `/proc`; elsewhere none was.
pub fn is_ignored(kind: SignalKind) -> bool {
    static AT_START: OnceLock<u64> = OnceLock::new();
    // Before the first handler is set: one that is handled is ignored no more.
    let ignored = AT_START.get_or_init(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        ignored_of(&status)
    });
    let number = u32::try_from(kind.as_raw_value()).unwrap_or_default();
    number.checked_sub(1).and_then(|place| ignored.checked_shr(place)).is_some_and(|rest| rest & 1 == 1)
}

/// The set of ignored signals, as `/proc/PID/status` has it; the first is the lowest bit.
fn ignored_of(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default()
}

/// Does what only looks, unless a signal ends the command before.
///
/// # Errors
/// 130 or 1 after a signal.
pub async fn unless_stopped<T>(work: impl Future<Output = T>) -> Result<T, Report> {
    tokio::select! {
        biased;
        stop = stopped() => {
            let text = format!("it was ended from outside, by {}: nothing was changed", stop.name());
            Err(Report::new("interrupted", text, stop.code()))
        }
        done = work => Ok(done),
    }
}

/// The next of them, where a command waits for nothing else; never where the system gives no handler.
pub async fn stopped() -> StopSignal {
    match StopSignals::new() {
        Ok(mut stops) => stops.next().await,
        Err(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moment between a signal and the word of the thread that watches may be the one in which a command begins to wait.
    #[tokio::test]
    async fn a_signal_that_came_before_a_command_began_to_wait_is_told_once() {
        let came: &'static Came = Box::leak(Box::new(Came::new()));
        let mut stops = StopSignals::beside(came).unwrap();
        let next = tokio::spawn(async move { (stops.next().await, stops) });
        tokio::task::yield_now().await;
        came.tell(StopSignal::Terminate);
        came.tell(StopSignal::Interrupt);
        let (stop, mut stops) = next.await.unwrap();
        assert_eq!(stop, StopSignal::Terminate);
        assert!(tokio::time::timeout(Duration::from_millis(20), stops.next()).await.is_err(), "it is told once");
        let mut later = StopSignals::beside(came).unwrap();
        assert_eq!(later.next().await, StopSignal::Terminate, "who waits later is told, too");
    }

    #[test]
    fn ignored_signals_are_read_from_the_status_of_a_process() {
        assert_eq!(ignored_of("Name:\tcockpit\nSigBlk:\t00000000000000ff\nSigIgn:\t0000000000000007\n"), 7);
        assert_eq!(ignored_of("Name:\tcockpit\n"), 0);
    }
}
