//! Rounds of reads while an operation waits for its change to take effect: when the next round is due, which answers
//! are in flight, and how failures delay it. The machine decides what to read and interprets it.

use super::refusals::{self, ReportedFailures};
use super::step::{Ctx, Weight, wait_after};
use crate::app::refusals::Refusals;
use crate::model::Failure;
use jiff::Timestamp;

/// The state of the rounds. A round is a set of reads sent together; at most one begins per interval of
/// `refresh.watch`, and never before all answers of the previous one have come.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rounds {
    /// The interval of `refresh.watch` in which the last round began, numbered from 1970.
    slot: i64,
    /// Number of answers in flight.
    in_flight: u32,
    /// Number of failed reads since the last successful one.
    failures: u32,
    /// No round begins before this time, because a read failed.
    next_try: Option<Timestamp>,
    /// Whether a read of this round failed.
    missed: bool,
    /// The last failure since all reads of a round succeeded.
    unseen: Option<Failure>,
    refusals: Refusals,
    reported: ReportedFailures,
}

impl Default for Rounds {
    fn default() -> Self {
        Self {
            slot: i64::MIN,
            in_flight: 0,
            failures: 0,
            next_try: None,
            missed: false,
            unseen: None,
            refusals: Refusals::default(),
            reported: ReportedFailures::default(),
        }
    }
}

impl Rounds {
    /// Starts waiting for something else: a round is due at once, and outstanding answers are ignored.
    pub(super) fn restart(&mut self) {
        self.slot = i64::MIN;
        self.in_flight = 0;
        self.unseen = None;
    }

    /// Whether a round is due; if so, it begins. The caller sends the reads and reports their number with
    /// [`Self::sent`].
    pub(super) fn begin_if_due(&mut self, ctx: &Ctx<'_>) -> bool {
        let interval = ctx.environment.refresh.watch.as_millis().max(1) as i64;
        let slot = ctx.now.as_millisecond().div_euclid(interval);
        if self.in_flight > 0 || slot <= self.slot || self.next_try.is_some_and(|next| ctx.now < next) {
            return false;
        }
        self.slot = slot;
        self.missed = false;
        true
    }

    /// Records how many reads the round sent.
    pub(super) fn sent(&mut self, reads: u32) {
        self.in_flight = reads;
    }

    /// Records a reply of the round, whatever it is.
    pub(super) fn replied(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Whether all replies of the round have come.
    pub(super) fn complete(&self) -> bool {
        self.in_flight == 0
    }

    /// Records a successful read: the next round comes at the usual pace.
    pub(super) fn answered(&mut self, ctx: &mut Ctx<'_>) {
        (self.next_try, self.failures) = (self.next_try.map(|_| ctx.now), 0);
        self.settle(ctx);
    }

    /// If the round is complete without failures, earlier failures are forgotten.
    pub(super) fn settle(&mut self, ctx: &mut Ctx<'_>) {
        if self.in_flight > 0 || self.missed {
            return;
        }
        self.refusals.clear();
        self.unseen = None;
        if self.next_try.take().is_some() {
            self.reported.clear();
            ctx.log(Weight::Step, "AWS answers again");
        }
    }

    /// Records a failure; returns whether AWS has refused the credentials so long that the operation gives up.
    pub(super) fn should_give_up(&mut self, failure: &Failure, now: Timestamp) -> bool {
        self.refusals.note(failure, now)
    }

    /// Records a failed read, which is retried in a later round after a growing wait.
    pub(super) fn record_failure(&mut self, failure: Failure, ctx: &mut Ctx<'_>) {
        if self.reported.is_news(&failure) {
            let limit = refusals::waiting(&failure);
            ctx.log(Weight::Warn, format!("cannot look: {failure}; it is tried again{limit}"));
        }
        self.next_try = Some(ctx.now + wait_after(ctx.environment.refresh.watch, self.failures));
        self.failures += 1;
        self.missed = true;
        self.unseen = Some(failure);
    }

    /// The last failure since all reads of a round succeeded.
    pub(super) fn last_failure(&self) -> Option<&Failure> {
        self.unseen.as_ref()
    }

    /// When the next round may begin, if a failure delays it.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        self.next_try
    }
}
