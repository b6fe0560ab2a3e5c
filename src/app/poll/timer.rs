//! Timers: when something is next read, and how a failure puts that off.

use super::{Job, Poller};
use crate::app::backoff::{self, LONGEST};
use crate::app::effect::Lane;
use crate::config::EnvironmentConfig;
use crate::model::{FailureKind, Source};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// A failed read is tried again after this, then after twice, four times … as long (see [`backoff`]).
pub(super) const RETRY: SignedDuration = SignedDuration::from_secs(5);

/// When something is next read, and how it went so far.
#[derive(Debug, Clone, Default)]
pub(in crate::app) struct Timer {
    /// Next read; `None`: now.
    pub(in crate::app) due: Option<Timestamp>,
    /// Reads that failed in a row.
    pub(in crate::app) failures: u32,
    /// Fetches under way.
    pub(in crate::app) flying: usize,
    /// Has been read, well or not.
    pub(in crate::app) tried: bool,
    /// For whom.
    pub(in crate::app) lane: Option<Lane>,
}

/// How much longer than armed a timer waits: without the focus, as long again as its interval.
pub(super) fn now_stretch(timer: &Timer, slow: i32, interval: SignedDuration) -> SignedDuration {
    if timer.failures > 0 { SignedDuration::ZERO } else { interval * (slow - 1).max(0) }
}

pub(super) fn arm(timer: &mut Timer, outcome: Result<(), FailureKind>, interval: SignedDuration, now: Timestamp) {
    timer.tried = true;
    let wait = match outcome {
        Ok(()) => {
            timer.failures = 0;
            interval
        }
        Err(kind) => {
            let failures = timer.failures.saturating_add(1);
            timer.failures = failures;
            match kind {
                // Slower than usual, and slower each time.
                FailureKind::Throttled => {
                    let base = interval.min(LONGEST);
                    let doubled = 1 << (failures - 1).min(6);
                    (base * doubled * 2).min(LONGEST.max(base * 8))
                }
                FailureKind::Denied => LONGEST,
                FailureKind::Credentials
                | FailureKind::Unreachable
                | FailureKind::Timeout
                | FailureKind::Malformed
                | FailureKind::Invalid
                | FailureKind::NotFound
                | FailureKind::WrongAccount
                | FailureKind::Service
                | FailureKind::Other => backoff::wait(RETRY, failures),
            }
        }
    };
    timer.due = Some(now + wait);
}

impl Poller {
    /// Ends a timer's read: arms it again.
    pub(in crate::app) fn finish(
        &mut self,
        job: Job,
        outcome: Result<(), FailureKind>,
        environment: &EnvironmentConfig,
        now: Timestamp,
    ) {
        let interval = environment.refresh.of(job.source());
        arm(self.timers.entry(job).or_default(), outcome, interval, now);
    }

    /// Brings a timer's next read forward.
    pub(in crate::app) fn due_within(&mut self, job: Job, wait: SignedDuration, now: Timestamp) {
        let timer = self.timers.entry(job).or_default();
        timer.due = Some(timer.due.map_or(now + wait, |due| due.min(now + wait)));
    }

    /// One fetch of a timer came back.
    pub(in crate::app) fn landed(&mut self, job: Job) -> bool {
        let timer = self.timers.entry(job).or_default();
        timer.flying = timer.flying.saturating_sub(1);
        timer.flying == 0
    }

    /// Makes sources due now, for a person who waits.
    pub fn hurry(&mut self, sources: &[Source], now: Timestamp) {
        for (job, timer) in &mut self.timers {
            if sources.contains(&job.source()) {
                timer.due = Some(now);
                timer.lane = Some(Lane::Operator);
                timer.failures = 0;
            }
        }
    }

    /// Makes the history, the targets and the definition of one service due now.
    pub fn hurry_keys(&mut self, keys: &[(Source, String)], now: Timestamp) {
        for (source, key) in keys {
            // What never changes need not be read twice.
            if *source == Source::TaskDefinitions
                && self.keyed.get(*source, key).is_some_and(|timer| timer.tried && timer.failures == 0)
            {
                continue;
            }
            let timer = self.keyed.entry(*source, key);
            timer.due = Some(now);
            timer.lane = Some(Lane::Operator);
            timer.failures = 0;
        }
    }

    /// Ends a keyed read. `steady`: nothing is expected to change, so it is read again only when
    /// something points to news.
    pub(in crate::app) fn finish_keyed(
        &mut self,
        source: Source,
        key: &str,
        outcome: Result<(), FailureKind>,
        steady: bool,
        environment: &EnvironmentConfig,
        now: Timestamp,
    ) {
        let interval = if steady { SignedDuration::from_mins(10) } else { environment.refresh.of(source) };
        let timer = self.keyed.entry(source, key);
        timer.flying = 0;
        arm(timer, outcome, interval, now);
    }

    /// Everything is to be read once more.
    pub fn again(&mut self) {
        for timer in self.timers.values_mut().chain(self.keyed.values_mut()) {
            timer.tried = false;
            timer.due = None;
        }
        // A task definition never changes.
        for timer in self.keyed.0.get_mut(&Source::TaskDefinitions).into_iter().flat_map(HashMap::values_mut) {
            timer.tried = timer.failures == 0;
        }
    }

    /// Everything that failed is due now: credentials came back.
    pub(in crate::app) fn retry_failed(&mut self, now: Timestamp) {
        for timer in self.timers.values_mut().chain(self.keyed.values_mut()).filter(|timer| timer.failures > 0) {
            timer.due = Some(now);
            timer.failures = 0;
        }
    }
}
