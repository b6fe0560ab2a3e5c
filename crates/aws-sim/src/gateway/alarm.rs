//! Wakes an agent at a given time, at most a tenth of a millisecond late. Tokio's timers have a resolution of a whole
//! millisecond, so that a message delayed by 10 ms could arrive after up to 12; this keeps link delays exact.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Instant;
use tokio::sync::Notify;

/// One thread wakes all agents of this process; it sleeps while nothing is scheduled.
static THREAD: LazyLock<Sender<Wake>> = LazyLock::new(|| {
    let (sender, receiver) = channel();
    // Without the thread, the slower timers that run in parallel do the waking.
    let _ = thread::Builder::new().name("sim-alarm".into()).spawn(move || ring(&receiver));
    sender
});

struct Wake {
    at: Instant,
    who: Arc<Notify>,
}

impl PartialEq for Wake {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Wake {}

impl PartialOrd for Wake {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Wake {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

fn ring(wakes: &Receiver<Wake>) {
    let mut waiting: BinaryHeap<Reverse<Wake>> = BinaryHeap::new();
    loop {
        let next = match waiting.peek() {
            None => match wakes.recv() {
                Ok(wake) => Some(wake),
                Err(_) => return,
            },
            Some(Reverse(first)) => match wakes.recv_timeout(first.at.saturating_duration_since(Instant::now())) {
                Ok(wake) => Some(wake),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            },
        };
        waiting.extend(next.map(Reverse));
        while waiting.peek().is_some_and(|Reverse(first)| first.at <= Instant::now()) {
            if let Some(Reverse(wake)) = waiting.pop() {
                wake.who.notify_one();
            }
        }
    }
}

/// An alarm that can be set again while it is awaited.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    set: Option<Instant>,
    rung: Arc<Notify>,
}

impl Alarm {
    /// Sets the alarm to this time. An earlier setting stays in force, so it may ring before.
    pub(super) fn set(&mut self, at: Instant) {
        if self.set.is_none_or(|set| at < set) {
            self.set = Some(at);
            let _ = THREAD.send(Wake { at, who: Arc::clone(&self.rung) });
        }
    }

    /// Waits until the alarm rings.
    pub(super) async fn rings(&mut self) {
        self.rung.notified().await;
        self.set = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn alarm_rings_on_time_and_can_be_reset() {
        let mut alarm = Alarm::default();
        let begin = Instant::now();
        alarm.set(begin + Duration::from_millis(5));
        alarm.set(begin + Duration::from_millis(2));
        alarm.rings().await;
        assert!(begin.elapsed() >= Duration::from_millis(2));
        alarm.set(begin + Duration::from_millis(20));
        // The earlier setting rings in between; the waiter checks its own clock.
        while begin.elapsed() < Duration::from_millis(20) {
            alarm.rings().await;
            alarm.set(begin + Duration::from_millis(20));
        }
    }
}
