//! Mutes or unmutes an alarm. A `CloudWatch` rule does it and ends by itself, so nothing has to keep running here. The
//! alarm's state still changes as usual.

mod request;
#[cfg(test)]
mod tests;

use super::{Decided, Job, Sent, SingleChange};
use crate::app::command::Risk;
use crate::app::operation::call::{Read, Reply, Write};
use crate::app::operation::machine::{NewOperation, Target};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::Ctx;
use crate::model::deploy::{Change, Check, Level};
use crate::model::time::moment;
use crate::model::{Alarm, Failure, Mute};
use jiff::{SignedDuration, Timestamp};
pub use request::{LONGEST, Request, duration_text};
use serde_json::{Value, json};

const ALARM: &str = "alarm";

/// A mute of an alarm, or its end.
#[derive(Debug, Clone, PartialEq)]
pub struct MuteChange {
    request: Request,
    found: Found,
}

/// An alarm, and the rules that mute it.
#[derive(Debug, Clone, PartialEq, Default)]
struct Found {
    alarm: Option<Alarm>,
    mutes: Vec<Mute>,
}

impl From<Request> for NewOperation {
    fn from(request: Request) -> Self {
        Box::new(SingleChange::new(MuteChange { request, found: Found::default() }))
    }
}

/// The next whole minute: rules have no seconds, and a rule that starts in the past may never begin.
fn next_minute(now: Timestamp) -> Timestamp {
    let minute = (now.as_second().div_euclid(60) + 1) * 60;
    Timestamp::from_second(minute).unwrap_or(now)
}

impl Found {
    /// The rule that cockpit made for an alarm.
    fn ours(&self, alarm: &str) -> Option<&Mute> {
        self.mutes.iter().find(|mute| mute.is_ours(alarm))
    }

    /// Whether it notifies anyone, as text.
    fn state(&self, alarm: &str, ctx: &Ctx<'_>) -> String {
        let at = |at| moment(at, ctx.service_now, ctx.zone);
        let describe = |mute: &Mute| match (mute.from, mute.until) {
            (Some(from), Some(until)) if !mute.mutes(alarm, ctx.service_now) => {
                format!("to be muted from {} until {}", at(from), at(until))
            }
            (_, Some(until)) => format!("muted until {}", at(until)),
            (_, None) => format!("muted by the rule {} again and again", mute.rule),
        };
        match self.ours(alarm).or(self.mutes.first()) {
            Some(mute) => describe(mute),
            None if self.alarm.as_ref().is_some_and(|alarm| !alarm.actions_enabled) => {
                "notifies nobody: its actions are off".to_owned()
            }
            None => "tells".to_owned(),
        }
    }
}

impl MuteChange {
    fn checks(&self) -> Vec<Check> {
        let name = &self.request.alarm;
        let Some(alarm) = &self.found.alarm else {
            return vec![Check::usage(format!("there is no alarm {name}")).hint("`cockpit alarms --all` lists them")];
        };
        let mut checks = Vec::new();
        if let Some(length) = self.request.length {
            if length < SignedDuration::from_mins(1) || length > LONGEST {
                checks.push(Check::usage("an alarm is muted for a minute at least and for 15 days at most"));
            }
            if !alarm.actions_enabled {
                checks.push(Check::new(Level::Note, format!("{name} notifies nobody now: its actions are off")));
            } else if alarm.actions.is_empty() {
                checks.push(Check::new(Level::Note, format!("{name} has no actions: it notifies nobody in any case")));
            }
            if alarm.is_for_autoscaling() || alarm.actions.iter().any(|action| action.contains(":autoscaling:")) {
                let text = format!("{name} drives autoscaling: while it is muted nothing is scaled by it");
                checks.push(Check::new(Level::Warn, text));
            }
        } else if self.found.ours(name).is_none() {
            let (text, hint) = match self.found.mutes.first() {
                Some(mute) => (
                    format!("{name} is muted by the rule {}, which is not the cockpit's", mute.rule),
                    "change that rule where it was made: in the CloudWatch console, or in Terraform",
                ),
                None => (format!("{name} is not muted"), "`cockpit alarms --all` says which are"),
            };
            checks.push(Check::new(Level::Stop, text).hint(hint));
        }
        checks
    }
}

impl Job for MuteChange {
    fn title(&self) -> String {
        self.request.title()
    }

    fn verb(&self) -> &'static str {
        if self.request.length.is_some() { "Mute" } else { "Unmute" }
    }

    fn command_line(&self) -> String {
        self.request.command_line()
    }

    fn target(&self) -> Option<Target> {
        Some(Target { kind: ALARM, name: self.request.alarm.clone() })
    }

    fn risk(&self) -> Risk {
        Risk::Change
    }

    fn reads(&self, _: &Ctx<'_>) -> Vec<(&'static str, Read)> {
        vec![(ALARM, Read::Alarm { name: self.request.alarm.clone() })]
    }

    fn take_answer(
        &mut self,
        _: &'static str,
        outcome: Result<Reply, Failure>,
        _: &Ctx<'_>,
    ) -> Result<Vec<(&'static str, Read)>, Failure> {
        let Reply::Alarm(alarm, mutes) = outcome? else { return Err(Failure::mismatched_answer()) };
        self.found = Found { alarm: alarm.map(|alarm| *alarm), mutes };
        Ok(Vec::new())
    }

    fn decide(&mut self, ctx: &Ctx<'_>) -> Decided {
        let alarm = self.request.alarm.clone();
        let checks = self.checks();
        if self.found.alarm.is_none() || checks.iter().any(|check| check.level == Level::Stop) {
            return Decided { checks, ..Decided::default() };
        }
        let from = next_minute(ctx.service_now);
        let typed = |length| Request { alarm: alarm.clone(), length }.command_line();
        let (write, next, step, undo) = match self.request.length {
            Some(length) => {
                let until = from.checked_add(length).unwrap_or(from);
                let at = |at| moment(at, ctx.service_now, ctx.zone);
                (
                    Write::MuteAlarm { alarm: alarm.clone(), from, length },
                    format!("muted until {}", at(until)),
                    format!(
                        "a mute rule of CloudWatch: from {} to {} {alarm} notifies nobody; CloudWatch ends it, whether the cockpit runs or not",
                        at(from),
                        at(until)
                    ),
                    format!("`cockpit {}` takes the rule away", typed(None)),
                )
            }
            None => (
                Write::UnmuteAlarm { alarm: alarm.clone() },
                "tells".to_owned(),
                format!("the mute rule {} is taken away: {alarm} notifies again", Mute::rule_of(&alarm)),
                format!("`cockpit {}` mutes it again", typed(Some(SignedDuration::from_hours(1)))),
            ),
        };
        let now = self.found.state(&alarm, ctx);
        Decided {
            write: Some(write),
            steps: vec![step],
            changes: vec![Change { what: alarm, now, next }],
            checks,
            undo,
        }
    }

    fn state_to_recheck(&self) -> String {
        // Whether a recurring rule mutes at this moment does not change the rule.
        let rules = self.found.mutes.iter().map(|mute| Mute { waits: false, ..mute.clone() });
        format!("{:?}", rules.collect::<Vec<_>>())
    }

    /// Minutes may have passed since the plan: mutes for the requested time from now on.
    fn change_to_send(&self, planned: Write, ctx: &Ctx<'_>) -> Write {
        match planned {
            Write::MuteAlarm { alarm, from, length } if from <= ctx.service_now => {
                Write::MuteAlarm { alarm, from: next_minute(ctx.service_now), length }
            }
            planned => planned,
        }
    }

    fn progress_read(&self, _: &Write) -> Read {
        Read::Alarm { name: self.request.alarm.clone() }
    }

    /// The first look is the end: the rule exists, or it does not.
    fn take_progress(&mut self, reply: Reply, sent: &Sent, ctx: &mut Ctx<'_>) -> Option<Outcome> {
        let Reply::Alarm(alarm, mutes) = reply else { return None };
        let found = Found { alarm: alarm.map(|alarm| *alarm), mutes };
        let (alarm, ours) = (&self.request.alarm, found.ours(&self.request.alarm));
        // An earlier rule is not the requested one.
        let wanted = match &sent.write {
            Write::MuteAlarm { from, length, .. } => from.checked_add(*length).ok(),
            _ => None,
        };
        if self.request.length.is_some() != ours.is_some() || ours.is_some_and(|mute| mute.until != wanted) {
            let summary = format!("{}: CloudWatch does not show it", self.title());
            return Some(
                Outcome::new(Verdict::Unknown, summary).hint(format!("look with `{}`", self.status_command())),
            );
        }
        let summary = match ours.and_then(|mute| mute.until) {
            Some(until) => format!("{alarm} notifies nobody until {}", moment(until, ctx.service_now, ctx.zone)),
            None => format!("{alarm} {}", found.state(alarm, ctx)),
        };
        Some(Outcome::new(Verdict::Done, summary))
    }

    /// A change that CloudWatch accepted is done, even if it cannot be verified.
    fn outcome_if_unreadable(&self, failure: &Failure) -> Option<Outcome> {
        let summary = format!("{}: CloudWatch took it, and it cannot be looked at after", self.title());
        Some(Outcome::new(Verdict::Done, summary).caused_by(failure))
    }

    fn waiting_for(&self) -> &'static str {
        "looking"
    }

    fn status_command(&self) -> String {
        "cockpit alarms --all".to_owned()
    }

    fn record(&self, _: Option<&Write>) -> (Value, Option<(&'static str, Value)>) {
        let rule = |mute: &Mute| json!({"rule": mute.rule, "until": mute.until.map(|at| at.to_string())});
        (self.found.mutes.iter().map(rule).collect(), None)
    }
}
