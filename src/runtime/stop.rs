//! What ends a command from outside: Ctrl-C, a signal of the system (CI systems cancel so), a terminal that closes.
//!
//! From when it is made no such signal is lost: one that comes between two waits is told by the next. What holds the
//! thread up that waits, a write into a pipe that nobody reads, asks [`came`].

use crate::cli::{ExitCode, Report};
use std::io;
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

/// The first that came, as its place in [`StopSignal::ALL`] and one; zero is none.
static CAME: AtomicU8 = AtomicU8::new(0);

/// The first of them that came since [`watch`] was called, whatever the threads of the program are doing.
pub fn came() -> Option<StopSignal> {
    let place = usize::from(CAME.load(Ordering::SeqCst)).checked_sub(1)?;
    StopSignal::ALL.get(place).copied()
}

/// What ends a command though the thread that waits for it is held up: by a file on a file system that does not answer, by a
/// pipe that nobody writes into.
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
                        let place = StopSignal::ALL.iter().position(|signal| *signal == stop).unwrap_or_default();
                        let place = u8::try_from(place + 1).unwrap_or(u8::MAX);
                        let _ = CAME.compare_exchange(0, place, Ordering::SeqCst, Ordering::SeqCst);
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
    /// One that came before, which no wait was told of.
    before: Option<StopSignal>,
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl StopSignals {
    /// Takes the signals from here on.
    ///
    /// # Errors
    /// The system gives no handler.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            before: came(),
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> StopSignal {
        if let Some(before) = self.before.take() {
            return before;
        }
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => StopSignal::Interrupt,
            _ = self.terminate.recv() => StopSignal::Terminate,
            _ = self.hangup.recv() => StopSignal::Hangup,
        }
    }
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
