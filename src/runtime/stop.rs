//! What ends a command from outside: Ctrl-C, a signal of the system (CI systems cancel so), a terminal that closes.
//!
//! From when it is made no such signal is lost: one that comes between two waits is told by the next.

use crate::cli::ExitCode;
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

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
    /// The exit code of a command that it ends before anything was changed.
    pub fn code(self) -> ExitCode {
        match self {
            Self::Interrupt => ExitCode::Interrupted,
            Self::Terminate | Self::Hangup => ExitCode::Failed,
        }
    }
}

/// Waits for the signals that end a command.
#[derive(Debug)]
pub struct StopSignals {
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
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> StopSignal {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => StopSignal::Interrupt,
            _ = self.terminate.recv() => StopSignal::Terminate,
            _ = self.hangup.recv() => StopSignal::Hangup,
        }
    }
}

/// The next of them, where a command waits for nothing else; never where the system gives no handler.
pub async fn stopped() -> StopSignal {
    match StopSignals::new() {
        Ok(mut stops) => stops.next().await,
        Err(_) => std::future::pending().await,
    }
}
