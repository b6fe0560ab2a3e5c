//! The timers of a scheduler: armed, put off, brought forward.

use super::timer::arm;
use super::{Job, Poller};
use crate::app::effect::Priority;
use crate::config::EnvironmentConfig;
use crate::model::{FailureKind, Source, kept};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// Events of alarms and databases are read no further back than this.
const FURTHEST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A time that is read reaches so much over its end, and is never shorter.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

impl Poller {
    /// Whether the credentials are known to be the environment's own, as far as that can be known: until then, and where they are
    /// another account's, panes ask nothing for themselves.
    pub fn account_known(&self) -> bool {
        self.held.is_none() && !self.wrong_account
    }

    /// Ends a timer's read: arms it again.
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

    /// The time range in which a source of the time line is read, by the service's clock; at least so far back, and no
    /// further than AWS keeps it.
    pub(super) fn history(&self, source: Source, now: Timestamp, least: SignedDuration) -> (Timestamp, Timestamp) {
        let there = now + self.ahead;
        let back = self.wants.history.max(least);
        let since = there.checked_sub(back).unwrap_or(Timestamp::UNIX_EPOCH);
        let since = kept::oldest(source, there).map_or(since, |oldest| since.max(oldest));
        // What has just happened is not left out for a second of difference.
        let until = there + MARGIN;
        let until = self.wants.until.map_or(until, |wanted| until.min(wanted));
        // Of a time from which nothing is kept any more one minute is read, which nobody looks at.
        (since, until.max(since + MARGIN))
    }

    /// How far back somebody looks at what alarms and databases did: a week at most, as each read is of all of it. Zero
    /// is no further than the time line of the screen.
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

    /// One fetch of a timer came back.
    pub(crate) fn landed(&mut self, job: Job) -> bool {
        let timer = self.timers.entry(job).or_default();
        timer.in_flight = timer.in_flight.saturating_sub(1);
        timer.in_flight == 0
    }

    /// Makes sources due now, for a person who waits.
    pub fn hurry(&mut self, sources: &[Source], now: Timestamp) {
        for (job, timer) in &mut self.timers {
            if sources.contains(&job.source()) {
                timer.due = Some(now);
                timer.lane = Some(Priority::Operator);
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
            timer.lane = Some(Priority::Operator);
            timer.failures = 0;
        }
    }

    /// Ends a keyed read. `steady`: nothing is expected to change, so it is read again only when
    /// something points to news.
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
    pub(crate) fn retry_failed(&mut self, now: Timestamp) {
        for timer in self.timers.values_mut().chain(self.keyed.values_mut()).filter(|timer| timer.failures > 0) {
            timer.due = Some(now);
            timer.failures = 0;
        }
    }
}
