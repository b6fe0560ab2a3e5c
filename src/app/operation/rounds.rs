//! Rounds of reads while an operation waits until its change has taken effect: when the next one is due, which of its
//! answers are still on their way, and what a failure means for the next. What is read and what it says is the machine's.

use super::refusals::{self, ReportedFailures};
use super::step::{Ctx, Weight, wait_after};
use crate::app::refusals::Refusals;
use crate::model::Failure;
use jiff::Timestamp;

/// The bookkeeping of rounds. A round is the reads that are sent at one moment; it begins at most once in each interval of
/// `refresh.watch`, and never before all answers of the one before are there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rounds {
    /// The interval of `refresh.watch` in which the last round began, counted from 1970.
    slot: i64,
    /// Answers that are on their way.
    in_flight: u32,
    /// Failed reads since the last that was answered.
    failures: u32,
    /// No round begins before this time, because a read failed.
    next_try: Option<Timestamp>,
    /// Whether a read of this round failed.
    missed: bool,
    /// The last failure since all reads of a round were answered.
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
    /// Waits for something else from now on: a round is due at once, and answers of the last one are not waited for.
    pub(super) fn restart(&mut self) {
        self.slot = i64::MIN;
        self.in_flight = 0;
        self.unseen = None;
    }

    /// Whether a round is due, which begins with that. The caller sends its reads and says with [`Self::sent`] how many.
    pub(super) fn begins(&mut self, ctx: &Ctx<'_>) -> bool {
        let interval = ctx.environment.refresh.watch.as_millis().max(1) as i64;
        let slot = ctx.now.as_millisecond().div_euclid(interval);
        if self.in_flight > 0 || slot <= self.slot || self.next_try.is_some_and(|next| ctx.now < next) {
            return false;
        }
        self.slot = slot;
        self.missed = false;
        true
    }

    /// How many reads of the round were sent.
    pub(super) fn sent(&mut self, reads: u32) {
        self.in_flight = reads;
    }

    /// A reply of the round came, whatever it says.
    pub(super) fn replied(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Whether no reply of the round is on its way any more.
    pub(super) fn complete(&self) -> bool {
        self.in_flight == 0
    }

    /// A read was answered: the next round comes at the usual pace.
    pub(super) fn answered(&mut self, ctx: &mut Ctx<'_>) {
        (self.next_try, self.failures) = (self.next_try.map(|_| ctx.now), 0);
        self.settle(ctx);
    }

    /// Where the round is complete and none of its reads failed, AWS answers: earlier failures are forgotten.
    pub(super) fn settle(&mut self, ctx: &mut Ctx<'_>) {
        if self.in_flight > 0 || self.missed {
            return;
        }
        self.refusals.clear();
        self.unseen = None;
        if self.next_try.take().is_some() {
            self.reported.clear();
            ctx.say(Weight::Step, "AWS answers again");
        }
    }

    /// Notes a failure; returns whether AWS has refused the credentials for so long that it is given up.
    pub(super) fn gives_up(&mut self, failure: &Failure, now: Timestamp) -> bool {
        self.refusals.note(failure, now)
    }

    /// A read failed and is tried again in a later round, each time after a longer wait.
    pub(super) fn missed(&mut self, failure: Failure, ctx: &mut Ctx<'_>) {
        if self.reported.is_news(&failure) {
            let limit = refusals::waiting(&failure);
            ctx.say(Weight::Warn, format!("cannot look: {failure}; it is tried again{limit}"));
        }
        self.next_try = Some(ctx.now + wait_after(ctx.environment.refresh.watch, self.failures));
        self.failures += 1;
        self.missed = true;
        self.unseen = Some(failure);
    }

    /// The last failure since all reads of a round were answered.
    pub(super) fn unseen(&self) -> Option<&Failure> {
        self.unseen.as_ref()
    }

    /// When the next round may begin, where a failure puts it off.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        self.next_try
    }
}
