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

impl Signals {
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
