//! The signals of a session on the screen.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that a session on the screen takes.
pub(super) struct Signals {
    pub(super) terminate: Signal,
    pub(super) hangup: Signal,
    pub(super) interrupt: Signal,
    pub(super) stop: Signal,
    pub(super) window: Signal,
}

/// A signal that comes while something else has the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Hangup,
    Terminate,
    Interrupt,
    Stop,
}

impl Signals {
    /// The next of those that mean something while something else has the terminal; nothing is lost where it is waited for no longer.
    pub(super) async fn next(&mut self) -> Sent {
        tokio::select! {
            biased;
            _ = self.hangup.recv() => Sent::Hangup,
            _ = self.terminate.recv() => Sent::Terminate,
            _ = self.interrupt.recv() => Sent::Interrupt,
            _ = self.stop.recv() => Sent::Stop,
        }
    }

    /// Takes them from here on.
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
