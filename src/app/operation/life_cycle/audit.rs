//! The audit records of an operation: one before anything is changed, one at its end.

use super::{Calls, Operation, Stage};
use crate::app::operation::call::{Call, CallResult, Write};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::{Slot, Weight};
use crate::model::Endpoints;
use crate::model::audit::Record;
use jiff::Timestamp;
use jiff::tz::TimeZone;

impl Operation {
    /// Handles the result of writing to the audit file: a change that cannot be recorded is not made.
    pub(super) fn audit_written(
        &mut self,
        answered: CallResult,
        now: Timestamp,
        zone: &TimeZone,
        watched_count: usize,
    ) -> Calls {
        match (self.stage, answered.outcome) {
            (Stage::Recording, Ok(_)) => {
                self.stage = Stage::Acting;
                self.recorded = true;
                self.acting_since = Some(now);
                self.step(now, zone, watched_count, |machine, ctx| machine.start_changes(ctx))
            }
            (Stage::Recording, Err(failure)) => {
                let outcome = Outcome::new(Verdict::Refused, format!("{}: it cannot be written down", self.title))
                    .cause(failure.message)
                    .cause("nothing was changed")
                    .hint("make the audit file writable, or name another one with `audit_file` in the configuration");
                self.end(outcome, now)
            }
            // It was abandoned while its start was being written: the file has the start, and needs the end too.
            (_, Ok(_)) if !self.recorded => {
                self.recorded = true;
                let ended = self.outcome.as_ref();
                let ended = ended.map(|outcome| (outcome.verdict.name(), outcome.summary.clone()));
                let record = ended.map(|(word, reason)| self.record(word, &reason));
                record.into_iter().map(|record| (Slot::Audit, Call::Audit(Box::new(record)))).collect()
            }
            // Its start is not recorded, so nothing is missing.
            (_, Err(_)) if !self.recorded => Vec::new(),
            (_, Err(failure)) => {
                self.say(now, Weight::Warn, format!("the end could not be written into the audit file: {failure}"));
                self.audit_failure = Some(failure.message);
                Vec::new()
            }
            (_, Ok(_)) => Vec::new(),
        }
    }

    /// When it started changing something, on the service's clock; for a deployment that was only watched, when the
    /// deployment began.
    pub fn began_at(&self) -> Option<Timestamp> {
        let began = self.machine.began()?;
        Some(if self.is_read_only() { began } else { began + self.ahead })
    }

    /// When it ended, on the service's clock; for a deployment that was only watched, when the deployment ended.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.machine.ended_at(self.ended.map(|ended| ended + self.ahead))
    }

    /// The endpoints that receive its changes; for one that changes nothing in AWS, all endpoints.
    pub fn endpoints(&self) -> Endpoints {
        let endpoints = self.identity.as_ref().map(|who| who.endpoints.clone()).unwrap_or_default();
        endpoints.of_actions(self.calls().map(Write::action))
    }

    /// A record for the audit file; the time and the machine's user are added when it is written.
    pub(super) fn record(&self, outcome: &str, reason: &str) -> Record {
        let (before, after) = self.machine.record(self.plan.as_ref());
        Record {
            ahead_ms: i64::try_from(self.ahead.as_millis()).ok(),
            operation: self.mark.clone(),
            who: self.identity.as_ref().map(|who| who.arn.clone()).unwrap_or_default(),
            environment: self.environment.name.clone(),
            account: self.identity.as_ref().map(|who| who.account.clone()).unwrap_or_default(),
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
