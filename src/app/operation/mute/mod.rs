//! An alarm tells nobody for a time, or tells again. A rule of `CloudWatch` does it, which ends by itself: nothing here has
//! to go on for that. Its state changes as ever.

mod request;
#[cfg(test)]
mod tests;

use super::call::{Answered, Read, Reply, Write};
use super::machine::{Machine, Target, What};
use super::outcome::{Outcome, Verdict};
use super::plan::Plan;
use super::step::{Ctx, Slot, Weight};
use super::sure::{Before, Progress, Sure};
use crate::app::command::Risk;
use crate::model::deploy::{Change, Check, Level};
use crate::model::time::moment;
use crate::model::{Alarm, Failure, Mute};
use jiff::{SignedDuration, Timestamp};
pub use request::{LONGEST, Request, typed};
use serde_json::{Value, json};

/// So long what was looked at for the plan is taken as it was; after a later yes it is looked at again.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Gathering,
    Planned,
    Rechecking,
    Doing(Box<Sure>),
    /// Whether the rule is there as it was asked for.
    Proving,
}

/// The change.
#[derive(Debug, Clone, PartialEq)]
pub struct Muting {
    request: Request,
    phase: Phase,
    /// The alarm and the rules that mute it, as they were read last.
    alarm: Option<Alarm>,
    mutes: Vec<Mute>,
    /// The rules when the plan was made.
    before: Vec<Mute>,
    write: Option<Write>,
    planned: Option<Timestamp>,
    began: Option<Timestamp>,
}

impl From<Request> for What {
    fn from(request: Request) -> Self {
        Box::new(Muting {
            request,
            phase: Phase::Gathering,
            alarm: None,
            mutes: Vec::new(),
            before: Vec::new(),
            write: None,
            planned: None,
            began: None,
        })
    }
}

/// The next whole minute: rules know no seconds, and one of the past may never begin.
fn next_minute(now: Timestamp) -> Timestamp {
    let minute = (now.as_second().div_euclid(60) + 1) * 60;
    Timestamp::from_second(minute).unwrap_or(now)
}

impl Muting {
    fn read(&self, ctx: &mut Ctx<'_>) {
        ctx.read(Slot::Choice(self.request.alarm.clone()), Read::Alarm { name: self.request.alarm.clone() });
    }

    fn ours(&self) -> Option<&Mute> {
        self.mutes.iter().find(|mute| mute.is_ours(&self.request.alarm))
    }

    fn standing(&self, ctx: &Ctx<'_>) -> String {
        let told = |mute: &Mute| match mute.until {
            Some(until) => format!("muted until {}", moment(until, ctx.service_now, ctx.zone)),
            None => format!("muted by the rule {} again and again", mute.rule),
        };
        match self.ours().or(self.mutes.first()) {
            Some(mute) => told(mute),
            None if self.alarm.as_ref().is_some_and(|alarm| !alarm.actions_enabled) => {
                "tells nobody: its actions are off".to_owned()
            }
            None => "tells".to_owned(),
        }
    }

    fn checks(&self) -> Vec<Check> {
        let name = &self.request.alarm;
        let Some(alarm) = &self.alarm else {
            return vec![Check::usage(format!("there is no alarm {name}")).hint("`cockpit alarms --all` lists them")];
        };
        let mut checks = Vec::new();
        if let Some(length) = self.request.length {
            if length < SignedDuration::from_mins(1) || length > LONGEST {
                checks.push(Check::usage("an alarm is muted for a minute at least and for 15 days at most"));
            }
            if !alarm.actions_enabled {
                checks.push(Check::new(Level::Note, format!("{name} tells nobody now: its actions are off")));
            } else if alarm.actions.is_empty() {
                checks.push(Check::new(Level::Note, format!("{name} has no actions: it tells nobody in any case")));
            }
            if alarm.of_autoscaling() || alarm.actions.iter().any(|action| action.contains(":autoscaling:")) {
                let text = format!("{name} drives autoscaling: while it is muted nothing is scaled by it");
                checks.push(Check::new(Level::Warn, text));
            }
        } else if self.ours().is_none() {
            let (text, hint) = match self.mutes.first() {
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

    fn plan(&mut self, ctx: &mut Ctx<'_>) {
        let alarm = self.request.alarm.clone();
        let from = next_minute(ctx.service_now);
        let (write, next, step, undo) = match self.request.length {
            Some(length) => {
                let until = from.checked_add(length).unwrap_or(from);
                let at = |at| moment(at, ctx.service_now, ctx.zone);
                (
                    Write::MuteAlarm { alarm: alarm.clone(), from, length },
                    format!("muted until {}", at(until)),
                    format!(
                        "a mute rule of CloudWatch: from {} to {} {alarm} tells nobody; CloudWatch ends it, whether the cockpit runs or not",
                        at(from),
                        at(until)
                    ),
                    format!("`cockpit alarms unmute {alarm}` takes the rule away"),
                )
            }
            None => (
                Write::UnmuteAlarm { alarm: alarm.clone() },
                "tells".to_owned(),
                format!("the mute rule {} is taken away: {alarm} tells again", Mute::rule_of(&alarm)),
                format!("`cockpit alarms mute {alarm} --for 1h` mutes it again"),
            ),
        };
        let mut checks = self.checks();
        checks.sort_by_key(|check| std::cmp::Reverse(check.level));
        let changes =
            self.alarm.iter().map(|_| Change { what: alarm.clone(), now: self.standing(ctx), next: next.clone() });
        let changes = changes.collect();
        self.before.clone_from(&self.mutes);
        self.write = Some(write.clone());
        self.planned = Some(ctx.now);
        self.phase = Phase::Planned;
        ctx.plan = Some(Plan {
            title: self.request.title(),
            steps: vec![step],
            changes,
            checks,
            undo,
            risk: Risk::Change,
            writes: vec![write],
            programs: Vec::new(),
            command: ctx.command(&self.request.typed()),
            offer: None,
        });
    }

    fn send(&mut self, ctx: &mut Ctx<'_>) {
        // Minutes may have passed since the plan: as long as was asked for, from now on.
        let write = match (&self.write, self.request.length) {
            (Some(write @ Write::MuteAlarm { from, .. }), _) if *from > ctx.service_now => write.clone(),
            (Some(_), Some(length)) => {
                Write::MuteAlarm { alarm: self.request.alarm.clone(), from: next_minute(ctx.service_now), length }
            }
            (Some(write), None) => write.clone(),
            (None, _) => return,
        };
        self.write = Some(write.clone());
        self.began = Some(ctx.now);
        ctx.say(Weight::Step, format!("{}: {}", write.action(), self.request.title()));
        self.phase = Phase::Doing(Box::new(Sure::send(write, Before::default(), ctx)));
    }

    fn rechecked(&mut self, ctx: &mut Ctx<'_>) {
        if self.mutes != self.before {
            let summary = format!("{}: it changed since it was looked at", self.request.title());
            let outcome = Outcome::new(Verdict::Impossible, summary).cause("nothing was changed");
            ctx.end = Some(outcome.hint("ask for it again: the plan is another one now"));
            return;
        }
        self.send(ctx);
    }

    fn refused(&self, failure: &Failure, lost: bool, ctx: &mut Ctx<'_>) {
        let title = self.request.title();
        let outcome = if lost {
            Outcome::new(Verdict::Unknown, format!("{title}: AWS did not answer, and whether it was done is not known"))
                .hint("look with `cockpit alarms --all` before trying again")
        } else {
            Outcome::new(Verdict::Impossible, format!("{title}: it could not be done")).cause("nothing was changed")
        };
        ctx.end = Some(outcome.because(failure));
    }

    /// What the rules say after it.
    fn proved(&self, ctx: &mut Ctx<'_>) {
        let alarm = &self.request.alarm;
        let holds = self.request.length.is_some() == self.ours().is_some();
        let summary = match (holds, self.request.length.and(self.ours()).and_then(|mute| mute.until)) {
            (true, Some(until)) => {
                format!("{alarm} tells nobody until {}", moment(until, ctx.service_now, ctx.zone))
            }
            (true, None) => format!("{alarm} {}", self.standing(ctx)),
            (false, _) => format!("{}: CloudWatch does not show it", self.request.title()),
        };
        let verdict = if holds { Verdict::Done } else { Verdict::Unknown };
        let outcome = Outcome::new(verdict, summary);
        ctx.end = Some(if holds { outcome } else { outcome.hint("look with `cockpit alarms --all`") });
    }
}

impl Machine for Muting {
    fn clone_box(&self) -> What {
        Box::new(self.clone())
    }

    fn title(&self) -> String {
        self.request.title()
    }

    fn verb(&self) -> &'static str {
        if self.request.length.is_some() { "Mute" } else { "Unmute" }
    }

    fn typed(&self) -> String {
        self.request.typed()
    }

    fn target(&self) -> Option<Target> {
        Some(Target { kind: "alarm", name: self.request.alarm.clone() })
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        self.read(ctx);
    }

    fn go(&mut self, ctx: &mut Ctx<'_>) {
        if self.planned.is_some_and(|planned| ctx.now.duration_since(planned) <= FRESH) {
            return self.send(ctx);
        }
        self.phase = Phase::Rechecking;
        self.read(ctx);
    }

    fn reply(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Gathering | Phase::Rechecking | Phase::Proving => match answered.outcome {
                Ok(Reply::Alarm(alarm, mutes)) => {
                    self.alarm = alarm.map(|alarm| *alarm);
                    self.mutes = mutes;
                    match self.phase {
                        Phase::Gathering => self.plan(ctx),
                        Phase::Rechecking => self.rechecked(ctx),
                        _ => self.proved(ctx),
                    }
                }
                other => {
                    let failure = other.err().unwrap_or_else(Failure::other_answer);
                    self.not_read(&failure, ctx);
                }
            },
            Phase::Planned => {}
            Phase::Doing(sure) => match sure.reply(slot, answered, ctx) {
                Progress::Going => {}
                Progress::Landed(_) => {
                    self.phase = Phase::Proving;
                    self.read(ctx);
                }
                Progress::Refused(failure) => {
                    let lost = sure.may_have_landed();
                    self.refused(&failure, lost, ctx);
                }
            },
        }
    }

    fn tick(&mut self, ctx: &mut Ctx<'_>) {
        if let Phase::Doing(sure) = &mut self.phase {
            sure.tick(ctx);
        }
    }

    fn words(&self) -> &'static str {
        match &self.phase {
            Phase::Gathering | Phase::Rechecking | Phase::Proving => "looking",
            Phase::Planned => "waiting for a yes",
            Phase::Doing(_) => "changing",
        }
    }

    fn began(&self) -> Option<Timestamp> {
        self.began
    }

    fn left(&mut self) -> Option<Outcome> {
        let unchanged = match &self.phase {
            Phase::Gathering | Phase::Planned | Phase::Rechecking => true,
            Phase::Doing(sure) => !sure.may_have_landed(),
            Phase::Proving => false,
        };
        let summary = format!("{}: it was left before anything was changed", self.request.title());
        unchanged.then(|| Outcome::new(Verdict::Cancelled, summary).cause("nothing was changed"))
    }

    fn look_again(&self) -> String {
        "look with `cockpit alarms --all".to_owned()
    }

    fn leaving(&self, environment: &str) -> String {
        format!("what was sent holds, and CloudWatch ends it; look with `cockpit alarms --all --env {environment}`")
    }

    fn record(&self, plan: Option<&Plan>) -> (Value, Value) {
        let before =
            self.before.iter().map(|mute| json!({"rule": mute.rule, "until": mute.until.map(|at| at.to_string())}));
        let changes = plan.into_iter().flat_map(|plan| &plan.changes);
        let after: serde_json::Map<String, Value> =
            changes.map(|change| (change.what.clone(), json!(change.next))).collect();
        (Value::Array(before.collect()), Value::Object(after))
    }
}

impl Muting {
    /// It cannot be looked at: without that nothing is changed, and after a change it is done all the same.
    fn not_read(&mut self, failure: &Failure, ctx: &mut Ctx<'_>) {
        let title = self.request.title();
        match self.phase {
            Phase::Gathering => {
                let text = format!("{} cannot be looked at: {failure}", self.request.alarm);
                self.plan(ctx);
                if let Some(plan) = &mut ctx.plan {
                    plan.checks = vec![Check::new(Level::Stop, text).hint(failure.hint())];
                }
            }
            Phase::Proving => {
                ctx.end = Some(
                    Outcome::new(
                        Verdict::Done,
                        format!("{title}: CloudWatch took it, and it cannot be looked at after"),
                    )
                    .because(failure),
                );
            }
            Phase::Planned | Phase::Rechecking | Phase::Doing(_) => {
                let outcome = Outcome::new(Verdict::Impossible, format!("{title}: it cannot be looked at once more"));
                ctx.end = Some(outcome.because(failure).cause("nothing was changed"));
            }
        }
    }
}
