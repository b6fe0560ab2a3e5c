//! What a pane asks for itself while somebody looks: how the question stands, and what came.

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

    /// It is asked now, by this owner.
    pub fn ask(&mut self, owner: Owner, generation: u32, now: Timestamp) -> Ticket {
        self.serial += 1;
        (self.under_way, self.at) = (true, Some(now));
        Ticket { generation, owner, serial: self.serial }
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
