//! The scheduler's timers: arming, delaying, bringing forward.

use super::timer::arm;
use super::{Job, Poller};
use crate::app::effect::Priority;
use crate::config::EnvironmentConfig;
use crate::model::{FailureKind, Source, retention};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// How far back alarm and database events are read at most.
const FURTHEST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How far a time range extends past its end, and its minimum length.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

impl Poller {
    /// Whether the account of the credentials is verified, as far as possible. Until then, and with another account's
    /// credentials, panes send no requests.
    pub fn account_known(&self) -> bool {
        self.held_answers.is_none() && !self.wrong_account
    }

    /// Ends the read of a timer and arms it again.
    pub(crate) fn finish(
        &mut self,
        job: Job,
        outcome: Result<(), FailureKind>,
        environment: &EnvironmentConfig,
        now: Timestamp,
    ) {
        let interval = environment.refresh.of(job.source());
        arm(self.timers.entry(job).or_default(), outcome, interval, now);
    }

    /// The time range in which a source of the timeline is read, on AWS's clock: at least `least` back, and no further
    /// than AWS keeps events.
    pub(super) fn history(&self, source: Source, now: Timestamp, least: SignedDuration) -> (Timestamp, Timestamp) {
        let service_now = now + self.ahead;
        let back = self.wants.history.max(least);
        let since = service_now.checked_sub(back).unwrap_or(Timestamp::UNIX_EPOCH);
        let since = retention::earliest_time(source, service_now).map_or(since, |oldest| since.max(oldest));
        // The margin includes what has just happened despite small differences of clocks.
        let until = service_now + MARGIN;
        let until = self.wants.until.map_or(until, |wanted| until.min(wanted));
        // For a time before everything that is kept, one unused minute is read.
        (since, until.max(since + MARGIN))
    }

    /// Sets how far back the person looks at alarm and database events: a week at most, because each read covers all of
    /// it. Zero stands for the usual range of the timeline.
    pub(crate) fn look_back(&mut self, back: SignedDuration, now: Timestamp) {
        let back = back.min(FURTHEST);
        let further = back > self.looked_back && back > self.wants.history;
        self.looked_back = back;
        if further {
            for job in [Job::AlarmHistory, Job::RdsEvents] {
                self.due_within(job, SignedDuration::ZERO, now);
            }
        }
    }

    /// Brings a timer's next read forward.
    pub(crate) fn due_within(&mut self, job: Job, wait: SignedDuration, now: Timestamp) {
        let timer = self.timers.entry(job).or_default();
        timer.due = Some(timer.due.map_or(now + wait, |due| due.min(now + wait)));
    }

    /// Records that one fetch of a timer was answered; returns whether it was the last.
    pub(crate) fn record_answer(&mut self, job: Job) -> bool {
        let timer = self.timers.entry(job).or_default();
        timer.in_flight = timer.in_flight.saturating_sub(1);
        timer.in_flight == 0
    }

    /// Makes sources due now, for a person who waits.
    pub fn make_due(&mut self, sources: &[Source], now: Timestamp) {
        for (job, timer) in &mut self.timers {
            if sources.contains(&job.source()) {
                timer.due = Some(now);
                timer.priority = Some(Priority::Operator);
                timer.failures = 0;
            }
        }
    }

    /// Makes keyed facts due now.
    pub fn make_keys_due(&mut self, keys: &[(Source, String)], now: Timestamp) {
        for (source, key) in keys {
            // Facts that never change need not be read twice.
            if *source == Source::TaskDefinitions
                && self.keyed.get(*source, key).is_some_and(|timer| timer.tried && timer.failures == 0)
            {
                continue;
            }
            let timer = self.keyed.entry(*source, key);
            timer.due = Some(now);
            timer.priority = Some(Priority::Operator);
            timer.failures = 0;
        }
    }

    /// Ends a keyed read. `steady`: no change is expected, so it is read again only after ten minutes or on signs of
    /// news.
    pub(crate) fn finish_keyed(
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
        timer.in_flight = 0;
        arm(timer, outcome, interval, now);
    }

    /// Makes everything due once more.
    pub fn make_all_due(&mut self) {
        for timer in self.timers.values_mut().chain(self.keyed.values_mut()) {
            timer.tried = false;
            timer.due = None;
        }
        // A task definition never changes.
        for timer in self.keyed.0.get_mut(&Source::TaskDefinitions).into_iter().flat_map(HashMap::values_mut) {
            timer.tried = timer.failures == 0;
        }
    }

    /// Makes everything that failed due now, because the credentials work again.
    pub(crate) fn retry_failed(&mut self, now: Timestamp) {
        for timer in self.timers.values_mut().chain(self.keyed.values_mut()).filter(|timer| timer.failures > 0) {
            timer.due = Some(now);
            timer.failures = 0;
        }
    }
}
