//! The account whose answers an operation judges: the configured one, or else that of the first answer.

use super::{Calls, Operation, Stage};
use crate::app::operation::call::{CallResult, Reply};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::Weight;
use crate::model::{Failure, FailureKind};
use jiff::Timestamp;

impl Operation {
    /// Replaces an answer of another account by a failure: the credentials were renewed to another account, so it
    /// proves nothing about the plan.
    pub(super) fn reject_other_account(&mut self, answered: CallResult) -> CallResult {
        let Some(answering) = &answered.account else { return answered };
        let expected = self.account.get_or_insert_with(|| answering.clone());
        if expected == answering {
            return answered;
        }
        self.elsewhere = true;
        let failure = Failure::account_changed(answering, expected);
        CallResult { outcome: Err(failure), ..answered }
    }

    /// Takes the identity of the credentials: an account other than the configured one ends the operation here.
    pub(super) fn take_identity(&mut self, answered: CallResult, now: Timestamp) -> Calls {
        let failure = match answered.outcome {
            Ok(Reply::Identity(identity)) => {
                let configured = self.environment.account.clone();
                if let Some(configured) = configured.filter(|account| *account != identity.account) {
                    let name = &self.environment.name;
                    let message =
                        format!("these credentials are for account {}, but {name} is {configured}", identity.account);
                    let failure = Failure::new(FailureKind::WrongAccount, message);
                    let outcome = Outcome::new(Verdict::Refused, format!("this is not {name}: nothing was changed"));
                    return self.end(outcome.caused_by(&failure), now);
                }
                self.account.get_or_insert_with(|| identity.account.clone());
                self.identity = Some(identity);
                return if self.waits_to_be_recorded() { self.record_start() } else { self.ask_person(now) };
            }
            Ok(_) => Failure::new(FailureKind::Malformed, "the answer of sts:GetCallerIdentity was not understood"),
            Err(failure) => failure,
        };
        if self.is_read_only() {
            // Watching continues: what is read belongs to our deployment or to none.
            self.say(now, Weight::Warn, format!("the account of these credentials is not known: {failure}"));
            return if self.waits_to_be_recorded() { self.record_start() } else { Vec::new() };
        }
        let outcome =
            Outcome::new(Verdict::Refused, format!("{}: the account of these credentials is not known", self.title));
        self.end(outcome.cause("nothing was changed").caused_by(&failure), now)
    }

    /// Whether it changes nothing, asks nobody, and begins as soon as it is in the audit file.
    fn waits_to_be_recorded(&self) -> bool {
        self.stage == Stage::Planning && self.is_read_only() && self.machine.is_audited()
    }
}
