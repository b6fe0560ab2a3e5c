//! The signals of a session on the screen.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that a session on the screen handles.
pub(super) struct Signals {
    pub(super) terminate: Signal,
    pub(super) hangup: Signal,
    pub(super) interrupt: Signal,
    pub(super) stop: Signal,
    pub(super) window: Signal,
}

/// A signal that arrives while something else has the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionSignal {
    Hangup,
    Terminate,
    Interrupt,
    Stop,
}

impl Signals {
    /// Waits for the next signal that matters while something else has the terminal. Cancel-safe: no signal is lost.
    pub(super) async fn next(&mut self) -> SessionSignal {
        tokio::select! {
            biased;
            _ = self.hangup.recv() => SessionSignal::Hangup,
            _ = self.terminate.recv() => SessionSignal::Terminate,
            _ = self.interrupt.recv() => SessionSignal::Interrupt,
            _ = self.stop.recv() => SessionSignal::Stop,
        }
    }

    /// Installs the signal handlers.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            window: signal(SignalKind::window_change())?,
        })
    }
}
