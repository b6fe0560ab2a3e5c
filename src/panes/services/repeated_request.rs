//! A request that a pane repeats by itself while it is shown: its state and its last answer.

use crate::app::event::Answer;
use crate::app::ticket::{Owner, Ticket};
use crate::feeds::aws::{Fact, Part};
use crate::model::{Failure, Observed};
use jiff::{SignedDuration, Timestamp};

/// The state of a repeated request.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatedRequest<T> {
    /// The last answer. A failure keeps the previous value.
    pub last_answer: Observed<T>,
    /// Serial number of the last request.
    serial: u64,
    under_way: bool,
    /// Time of the last request.
    at: Option<Timestamp>,
}

impl<T> Default for RepeatedRequest<T> {
    fn default() -> Self {
        Self { last_answer: Observed::default(), serial: 0, under_way: false, at: None }
    }
}

impl<T> RepeatedRequest<T> {
    /// Whether a request is due: none was sent yet, the last one is `every` old, or the data is known to have `changed`.
    pub fn is_due(&self, every: SignedDuration, changed: bool, now: Timestamp) -> bool {
        let due = changed || self.at.is_none_or(|at| now.duration_since(at) >= every);
        due && !self.under_way
    }

    /// Records a request sent now; returns the ticket for its answer.
    pub fn record_request(&mut self, owner: Owner, generation: u32, now: Timestamp) -> Ticket {
        self.serial += 1;
        (self.under_way, self.at) = (true, Some(now));
        Ticket { generation, owner, serial: self.serial }
    }

    /// Drops a pending request, so that it is sent again.
    pub fn drop_pending(&mut self) {
        if std::mem::take(&mut self.under_way) {
            self.serial += 1;
            self.at = None;
        }
    }

    /// Stores an answer, from which `value` extracts the result. Drops answers to earlier requests.
    pub fn store_answer(&mut self, answer: Answer, value: impl FnOnce(Fact) -> Option<T>, now: Timestamp) {
        if answer.ticket.serial != self.serial {
            return;
        }
        self.under_way = false;
        match answer.of::<Fact>().part {
            Part::Page(fact) | Part::Last(fact) => match value(fact) {
                Some(value) => self.last_answer.record(value, now),
                None => self.last_answer.record_failure(Failure::mismatched_answer()),
            },
            Part::Failed(failure) => self.last_answer.record_failure(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FailureKind;

    #[test]
    fn answer_to_a_forgotten_request_is_dropped_and_requested_again() {
        let now = Timestamp::UNIX_EPOCH;
        let owner = Owner::Pane("services", 0);
        let failed = |ticket| {
            let part = crate::feeds::Part::Failed(Failure::new(FailureKind::Denied, "no"));
            Answer { ticket, requests: 1, part }
        };
        let mut asked: RepeatedRequest<u8> = RepeatedRequest::default();
        let before = asked.record_request(owner, 0, now);
        assert!(!asked.is_due(SignedDuration::ZERO, true, now), "it is under way");
        asked.drop_pending();
        asked.store_answer(failed(before), |_| None, now);
        assert!(asked.last_answer.failure().is_none() && asked.is_due(SignedDuration::MAX, false, now));
        let after = asked.record_request(owner, 0, now);
        asked.store_answer(failed(after), |_| None, now);
        assert!(asked.last_answer.failure().is_some());
    }
}
