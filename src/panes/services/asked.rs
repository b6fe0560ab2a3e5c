//! A question that a pane asks for itself while somebody looks: its state, and its answer.

use crate::app::event::Answer;
use crate::app::ticket::{Owner, Ticket};
use crate::feeds::aws::{Fact, Part};
use crate::model::{Failure, Observed};
use jiff::{SignedDuration, Timestamp};

/// A question, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<T> {
    /// The last answer. A failure keeps it.
    pub seen: Observed<T>,
    /// The number of the last question.
    serial: u64,
    under_way: bool,
    /// When it was asked last.
    at: Option<Timestamp>,
}

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self { seen: Observed::default(), serial: 0, under_way: false, at: None }
    }
}

impl<T> Asked<T> {
    /// Whether it is to be asked: it was not yet, or this long ago, or `changed` says that the answer is another one now.
    pub fn is_due(&self, every: SignedDuration, changed: bool, now: Timestamp) -> bool {
        let due = changed || self.at.is_none_or(|at| now.duration_since(at) >= every);
        due && !self.under_way
    }

    /// Notes that the question is asked now; returns the ticket for its answer.
    pub fn ask(&mut self, owner: Owner, generation: u32, now: Timestamp) -> Ticket {
        self.serial += 1;
        (self.under_way, self.at) = (true, Some(now));
        Ticket { generation, owner, serial: self.serial }
    }

    /// What is under way is not wanted any more: it is asked again.
    pub fn forget(&mut self) {
        if std::mem::take(&mut self.under_way) {
            self.serial += 1;
            self.at = None;
        }
    }

    /// Takes an answer in, of which `value` takes what was asked for. One to an earlier question is dropped.
    pub fn take(&mut self, answer: Answer, value: impl FnOnce(Fact) -> Option<T>, now: Timestamp) {
        if answer.ticket.serial != self.serial {
            return;
        }
        self.under_way = false;
        match answer.of::<Fact>().part {
            Part::Page(fact) | Part::Last(fact) => match value(fact) {
                Some(value) => self.seen.learn(value, now),
                None => self.seen.fail(Failure::other_answer()),
            },
            Part::Failed(failure) => self.seen.fail(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FailureKind;

    #[test]
    fn an_answer_that_is_not_wanted_any_more_is_dropped_and_asked_for_again() {
        let now = Timestamp::UNIX_EPOCH;
        let owner = Owner::Pane("services", 0);
        let failed = |ticket| {
            let part = crate::feeds::Part::Failed(Failure::new(FailureKind::Denied, "no"));
            Answer { ticket, requests: 1, part }
        };
        let mut asked: Asked<u8> = Asked::default();
        let before = asked.ask(owner, 0, now);
        assert!(!asked.is_due(SignedDuration::ZERO, true, now), "it is under way");
        asked.forget();
        asked.take(failed(before), |_| None, now);
        assert!(asked.seen.failure().is_none() && asked.is_due(SignedDuration::MAX, false, now));
        let after = asked.ask(owner, 0, now);
        asked.take(failed(after), |_| None, now);
        assert!(asked.seen.failure().is_some());
    }
}
