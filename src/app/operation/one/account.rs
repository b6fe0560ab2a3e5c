//! The account whose answers an operation judges: those of one account, which is the configured one where one is
//! configured.

use super::{Asked, Operation, Stage};
use crate::app::operation::call::{Answered, Reply};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::Weight;
use crate::model::{Failure, FailureKind};
use jiff::Timestamp;

impl Operation {
    /// An answer of another account says nothing of what was planned, whatever it says: credentials were renewed to
    /// those of another one meanwhile.
    pub(super) fn of_its_account(&mut self, answered: Answered) -> Answered {
        let Some(theirs) = &answered.account else { return answered };
        let ours = self.account.get_or_insert_with(|| theirs.clone());
        if ours == theirs {
            return answered;
        }
        self.elsewhere = true;
        let failure = Failure::other_account(theirs, ours);
        Answered { outcome: Err(failure), ..answered }
    }

    /// Takes the identity of the credentials: another account than the configured one ends the operation here.
    pub(super) fn met(&mut self, answered: Answered, now: Timestamp) -> Asked {
        let failure = match answered.outcome {
            Ok(Reply::Identity(identity)) => {
                let configured = self.environment.account.clone();
                if let Some(configured) = configured.filter(|account| *account != identity.account) {
                    let name = &self.environment.name;
                    let message =
                        format!("these credentials are for account {}, but {name} is {configured}", identity.account);
                    let failure = Failure::new(FailureKind::WrongAccount, message);
                    let outcome = Outcome::new(Verdict::Refused, format!("this is not {name}: nothing was changed"));
                    return self.end(outcome.because(&failure), now);
                }
                self.account.get_or_insert_with(|| identity.account.clone());
                self.who = Some(identity);
                return if self.waits_to_be_written_down() { self.write_down() } else { self.ask_person(now) };
            }
            Ok(_) => Failure::new(FailureKind::Malformed, "the answer of sts:GetCallerIdentity was not understood"),
            Err(failure) => failure,
        };
        if self.only_looks() {
            // Looking goes on: what is seen belongs to our deployment or to none.
            self.say(now, Weight::Warn, format!("the account of these credentials is not known: {failure}"));
            return if self.waits_to_be_written_down() { self.write_down() } else { Vec::new() };
        }
        let outcome =
            Outcome::new(Verdict::Refused, format!("{}: the account of these credentials is not known", self.title));
        self.end(outcome.cause("nothing was changed").because(&failure), now)
    }

    /// Whether it only looks, asks nobody, and begins as soon as it stands in the audit file.
    fn waits_to_be_written_down(&self) -> bool {
        self.stage == Stage::Looking && self.only_looks() && self.machine.is_written_down()
    }
}
