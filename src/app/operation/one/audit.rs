//! The audit records of an operation: one before anything is changed, and one at its end.

use super::{Asked, Operation, Stage};
use crate::app::operation::call::{Answered, Call, Write};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::{Slot, Weight};
use crate::model::Endpoints;
use crate::model::audit::Record;
use jiff::Timestamp;
use jiff::tz::TimeZone;

impl Operation {
    /// The audit file has it, or not: what cannot be written down is not done.
    pub(super) fn written(
        &mut self,
        answered: Answered,
        now: Timestamp,
        zone: &TimeZone,
        watched_count: usize,
    ) -> Asked {
        match (self.stage, answered.outcome) {
            (Stage::Recording, Ok(_)) => {
                self.stage = Stage::Acting;
                self.recorded = true;
                self.acting_since = Some(now);
                self.step(now, zone, watched_count, |machine, ctx| machine.go(ctx))
            }
            (Stage::Recording, Err(failure)) => {
                let outcome = Outcome::new(Verdict::Refused, format!("{}: it cannot be written down", self.title))
                    .cause(failure.message)
                    .cause("nothing was changed")
                    .hint("make the audit file writable, or name another one with `audit_file` in the configuration");
                self.end(outcome, now)
            }
            // It was left while its beginning was being written: then the file has that, and needs the end too.
            (_, Ok(_)) if !self.recorded => {
                self.recorded = true;
                let ended = self.outcome.as_ref();
                let ended = ended.map(|outcome| (outcome.verdict.word(), outcome.summary.clone()));
                let record = ended.map(|(word, reason)| self.record(word, &reason));
                record.into_iter().map(|record| (Slot::Audit, Call::Audit(Box::new(record)))).collect()
            }
            // Its beginning is not there, so nothing is missing.
            (_, Err(_)) if !self.recorded => Vec::new(),
            (_, Err(failure)) => {
                self.say(now, Weight::Warn, format!("the end could not be written into the audit file: {failure}"));
                self.unaudited = Some(failure.message);
                Vec::new()
            }
            (_, Ok(_)) => Vec::new(),
        }
    }

    /// When it began to change something, by the service's clock; of a deployment that was only looked at, when that one did.
    pub fn began_at(&self) -> Option<Timestamp> {
        let began = self.machine.began()?;
        Some(if self.only_looks() { began } else { began + self.ahead })
    }

    /// When it ended, by the service's clock; of a deployment that was only looked at, when that one did.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.machine.ended_at(self.ended.map(|ended| ended + self.ahead))
    }

    /// Where its changes go; of one that changes nothing in AWS, where all is asked.
    pub fn endpoints(&self) -> Endpoints {
        let all = self.who.as_ref().map(|who| who.endpoints.clone()).unwrap_or_default();
        all.of_actions(self.calls().map(Write::action))
    }

    /// A line for the audit file; time and the machine's user are added where it is written.
    pub(super) fn record(&self, outcome: &str, reason: &str) -> Record {
        let (before, after) = self.machine.record(self.plan.as_ref());
        Record {
            ahead_ms: i64::try_from(self.ahead.as_millis()).ok(),
            operation: self.mark.clone(),
            who: self.who.as_ref().map(|who| who.arn.clone()).unwrap_or_default(),
            environment: self.environment.name.clone(),
            account: self.who.as_ref().map(|who| who.account.clone()).unwrap_or_default(),
            region: self.region().unwrap_or_default().to_owned(),
            endpoint: self.endpoints().key(),
            command: self.command(),
            before,
            after,
            outcome: outcome.to_owned(),
            reason: reason.to_owned(),
            request_ids: self.request_ids.clone(),
            ..Record::default()
        }
    }
}
