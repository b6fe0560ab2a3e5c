//! The life cycle of one operation: planned, confirmed, recorded, done, recorded. Its machine does the specific part.

mod account;
mod audit;

use super::call::{Call, CallResult, Read, Write};
use super::machine::{Machine, NewOperation, Target};
use super::outcome::{Outcome, Verdict};
use super::plan::Plan;
use super::step::{self, Ctx, Line, Slot, Weight};
use crate::config::EnvironmentConfig;
use crate::model::deploy::{Check, Level};
use crate::model::{Identity, suggested_commands};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// How long an operation is watched by default.
pub const LIMIT: SignedDuration = SignedDuration::from_mins(30);
/// The limit for the reads before a plan, which take seconds.
const LOOK_LIMIT: SignedDuration = SignedDuration::from_mins(3);
/// Number of log lines that are kept.
const LINES: usize = 2_000;

/// The number of an operation in this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub u32);

/// The stage of an operation's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading, to make a plan.
    Planning,
    /// The plan is ready and waits for a person.
    AwaitingConfirmation,
    /// The start is being written to the audit file.
    Recording,
    /// Changing or watching something.
    Acting,
    /// It is over.
    Ended,
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its number in this session.
    pub id: OperationId,
    /// Its name in the audit file.
    pub mark: String,
    /// The environment that it changes.
    pub environment: EnvironmentConfig,
    /// Its title: `deploy web`.
    pub title: String,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// When it ended, on this machine's clock.
    pub ended: Option<Timestamp>,
    /// The stage of its life.
    pub stage: Stage,
    /// The plan to confirm.
    pub plan: Option<Plan>,
    /// The outcome, once it has ended.
    pub outcome: Option<Outcome>,
    /// The log, oldest line first.
    pub lines: Vec<Line>,
    /// Number of lines dropped because there were too many.
    pub dropped: usize,
    /// The identity of the credentials.
    pub identity: Option<Identity>,
    /// The account it concerns: that of the first answer. Answers of other accounts are not judged.
    pub(super) account: Option<String>,
    /// Whether answers of another account came.
    elsewhere: bool,
    /// AWS's request ids of its changes.
    pub request_ids: Vec<String>,
    /// Another operation of this session on the same target.
    pub(super) conflicts_with: Option<String>,
    /// How long it is watched.
    pub limit: SignedDuration,
    /// How far the service's clock is ahead of the local one.
    pub(super) ahead: SignedDuration,
    /// When it ends, whatever it is doing: reading, waiting, building, watching.
    pub deadline: Option<Timestamp>,
    machine: NewOperation,
    acting_since: Option<Timestamp>,
    /// A plan that waits until the identity is known.
    waiting_plan: Option<Plan>,
    /// Whether its start is in the audit file.
    recorded: bool,
    /// Why its end is not in the audit file.
    pub audit_failure: Option<String>,
    /// Whether its deadline passed and stopped what it was doing.
    pub deadline_passed: bool,
}

type Calls = Vec<(Slot, Call)>;

impl Operation {
    pub(super) fn new(
        id: OperationId,
        mark: String,
        machine: NewOperation,
        environment: EnvironmentConfig,
        now: Timestamp,
    ) -> Self {
        let title = machine.title();
        Self {
            id,
            mark,
            environment,
            title,
            requested_at: now,
            ended: None,
            stage: Stage::Planning,
            plan: None,
            outcome: None,
            lines: Vec::new(),
            dropped: 0,
            identity: None,
            account: None,
            elsewhere: false,
            request_ids: Vec::new(),
            conflicts_with: None,
            limit: LIMIT,
            ahead: SignedDuration::ZERO,
            deadline: None,
            machine,
            acting_since: None,
            waiting_plan: None,
            recorded: false,
            audit_failure: None,
            deadline_passed: false,
        }
    }

    /// The machine: the specific part of the operation.
    pub fn machine(&self) -> &dyn Machine {
        &*self.machine
    }

    /// The thing it changes, if it is a single one.
    pub fn target(&self) -> Option<Target> {
        self.machine.target()
    }

    /// The full name of the service it changes.
    pub fn service(&self) -> Option<String> {
        self.target().filter(|target| target.kind == Target::SERVICE).map(|target| target.name)
    }

    /// The equivalent command line.
    pub fn command(&self) -> String {
        step::command(&self.machine.command_line(), &self.environment)
    }

    /// The label of the confirmation button, one or two words.
    pub fn verb(&self) -> &'static str {
        self.machine.verb()
    }

    /// Whether the change in progress can be reverted now.
    pub fn revertible(&self) -> bool {
        self.stage == Stage::Acting && self.machine.revertible()
    }

    /// Whether its local program can be stopped now.
    pub fn stoppable(&self) -> bool {
        self.stage == Stage::Acting && self.machine.stoppable()
    }

    /// Whether it changes nothing.
    pub fn is_read_only(&self) -> bool {
        self.machine.is_read_only()
    }

    /// Its current activity, or its verdict, in two or three words.
    pub fn status_label(&self) -> &'static str {
        match (self.stage, &self.outcome) {
            (_, Some(outcome)) => outcome.verdict.label(),
            (Stage::Planning, None) => "looking",
            (Stage::AwaitingConfirmation, None) => "waiting for a yes",
            (Stage::Recording, None) => "writing it down",
            (Stage::Acting | Stage::Ended, None) => self.machine.activity(),
        }
    }

    /// Its progress, if there is a total.
    pub fn progress(&self) -> Option<(u32, u32)> {
        if self.outcome.is_some() { None } else { self.machine.progress() }
    }

    /// When it started changing something.
    pub fn began(&self) -> Option<Timestamp> {
        self.machine.began()
    }

    /// How long it took, once ended; for a deployment that was only watched, how long the deployment took.
    pub fn duration(&self) -> Option<SignedDuration> {
        self.machine.duration(self.ended?)
    }

    /// Runs one step of the machine and handles its results.
    fn step(
        &mut self,
        now: Timestamp,
        zone: &TimeZone,
        watched_count: usize,
        act: impl FnOnce(&mut dyn Machine, &mut Ctx<'_>),
    ) -> Calls {
        let environment = self.environment.clone();
        let mut ctx = Ctx::new(now, &environment, zone, watched_count);
        ctx.service_now = now + self.ahead;
        ctx.account = ctx.account.take().or_else(|| Some(self.identity.as_ref()?.account.clone()));
        act(&mut *self.machine, &mut ctx);
        let Ctx { mut calls, lines, plan, end, .. } = ctx;
        for line in lines {
            self.push(line);
        }
        if let Some(plan) = plan {
            self.waiting_plan = Some(plan.in_environment(environment.command_scope()));
            calls.extend(self.ask_person(now));
        }
        if let Some(outcome) = end {
            calls.extend(self.end(outcome, now));
        }
        calls
    }

    fn push(&mut self, line: Line) {
        if self.lines.len() >= LINES {
            self.dropped += LINES / 10;
            self.lines.drain(..LINES / 10);
        }
        self.lines.push(line);
    }

    fn say(&mut self, now: Timestamp, weight: Weight, text: impl Into<String>) {
        self.push(Line { at: now + self.ahead, weight, text: text.into() });
    }

    pub(super) fn begin(&mut self, now: Timestamp, zone: &TimeZone, watched_count: usize) -> Calls {
        let mut calls = vec![(Slot::Identity, Call::Read(Read::Identity))];
        calls.extend(self.step(now, zone, watched_count, |machine, ctx| machine.begin(ctx)));
        // A recorded operation waits until the caller is known.
        if self.is_read_only() && !self.machine.is_audited() && self.stage == Stage::Planning {
            self.stage = Stage::Acting;
            self.acting_since = Some(now);
        }
        calls
    }

    pub(super) fn answered(
        &mut self,
        slot: &Slot,
        answered: CallResult,
        now: Timestamp,
        zone: &TimeZone,
        watched_count: usize,
    ) -> Calls {
        let answered = self.reject_other_account(answered);
        match slot {
            Slot::Identity => return self.take_identity(answered, now),
            Slot::Audit => return self.audit_written(answered, now, zone, watched_count),
            _ => {}
        }
        self.request_ids.extend(answered.request_ids.iter().cloned());
        if self.outcome.is_some() {
            return Vec::new();
        }
        self.step(now, zone, watched_count, |machine, ctx| machine.reply(slot, answered, ctx))
    }

    pub(super) fn output(&mut self, line: &str, now: Timestamp, zone: &TimeZone, watched_count: usize) -> Calls {
        self.step(now, zone, watched_count, |machine, ctx| machine.output(line, ctx))
    }

    pub(super) fn tick(&mut self, now: Timestamp, zone: &TimeZone, watched_count: usize) -> Calls {
        if self.stage != Stage::Ended && self.deadline.is_some_and(|deadline| now >= deadline) {
            return self.time_is_up(now);
        }
        match self.stage {
            Stage::Planning if now.duration_since(self.requested_at) > LOOK_LIMIT => {
                let outcome = Outcome::new(Verdict::Impossible, format!("{}: AWS did not answer in time", self.title))
                    .cause("nothing was changed")
                    .hint("check the network and the endpoint, then try again");
                return self.end(outcome, now);
            }
            Stage::Acting if self.watched_since().is_some_and(|since| now.duration_since(since) >= self.limit) => {
                return self.leave("the time is up", now);
            }
            Stage::Acting => {}
            Stage::Planning | Stage::AwaitingConfirmation | Stage::Recording | Stage::Ended => return Vec::new(),
        }
        self.step(now, zone, watched_count, |machine, ctx| machine.tick(ctx))
    }

    fn time_is_up(&mut self, now: Timestamp) -> Calls {
        let unchanged_while = self.machine.unchanged_while();
        let unchanged = match self.stage {
            Stage::Planning | Stage::AwaitingConfirmation | Stage::Recording => !self.is_read_only(),
            Stage::Acting => match self.machine.abandon() {
                Some(left) if left.verdict != Verdict::Cancelled => {
                    self.deadline_passed = true;
                    return self.end(left.cause("the time is up"), now);
                }
                left => left.is_some(),
            },
            Stage::Ended => false,
        };
        if !unchanged {
            return self.leave("the time is up", now);
        }
        let doing = if self.stage == Stage::Planning { "while it was looked at" } else { unchanged_while };
        let outcome = Outcome::new(Verdict::Unknown, format!("{}: the time is up {doing}", self.title));
        let outcome = outcome.cause("nothing was changed");
        let held = self.machine.obstacle().map(|failure| outcome.clone().caused_by(failure));
        self.end(held.unwrap_or_else(|| outcome.hint("give it more time with --timeout")), now)
    }

    /// Shows the plan once the identity is known.
    fn ask_person(&mut self, now: Timestamp) -> Calls {
        if self.identity.is_none() || self.outcome.is_some() {
            return Vec::new();
        }
        let Some(mut plan) = self.waiting_plan.take() else { return Vec::new() };
        if let Some(other) = &self.conflicts_with {
            plan.checks.insert(0, Check::new(Level::Stop, format!("`{other}` is under way in this session")));
        }
        self.stage = Stage::AwaitingConfirmation;
        let stopped = plan.blockers().next().cloned();
        let causes: Vec<String> = plan.blockers().skip(1).map(|check| check.text.clone()).collect();
        self.plan = Some(plan);
        let Some(check) = stopped else { return Vec::new() };
        let verdict = if self.elsewhere { Verdict::Refused } else { Verdict::Impossible };
        let mut outcome = Outcome::new(verdict, format!("{}: {}", self.title, check.text));
        outcome.hint = check.hint;
        outcome.usage = check.usage;
        outcome.failure = check.failure;
        outcome.causes = causes;
        outcome.causes.push("nothing was changed".to_owned());
        self.end(outcome, now)
    }

    pub(super) fn confirm(&mut self, _: Timestamp, _: &TimeZone, _: usize) -> Calls {
        if self.stage != Stage::AwaitingConfirmation || self.plan.as_ref().is_none_or(|plan| !plan.possible()) {
            return Vec::new();
        }
        self.record_start()
    }

    /// Records the start in the audit file; the operation begins after that.
    fn record_start(&mut self) -> Calls {
        self.stage = Stage::Recording;
        let record = self.record("started", "");
        vec![(Slot::Audit, Call::Audit(Box::new(record)))]
    }

    pub(super) fn cancel(&mut self, now: Timestamp, _: &TimeZone, _: usize) -> Calls {
        if matches!(self.stage, Stage::Planning | Stage::AwaitingConfirmation) {
            let outcome = Outcome::new(Verdict::Cancelled, format!("{} was not done", self.title));
            return self.end(outcome, now);
        }
        Vec::new()
    }

    /// Ends the operation before its start, because one before it did not end well.
    pub(super) fn skip(&mut self, why: &str, now: Timestamp) -> Calls {
        if !matches!(self.stage, Stage::Planning | Stage::AwaitingConfirmation) {
            return Vec::new();
        }
        let outcome = Outcome::new(Verdict::Cancelled, format!("{}: not begun, as {why}", self.title));
        self.end(outcome.cause("nothing of it was changed").hint("ask for it again when that is mended"), now)
    }

    pub(super) fn detach(&mut self, now: Timestamp, zone: &TimeZone, watched_count: usize) -> Calls {
        match self.stage {
            Stage::Acting => self.leave("it is not watched any more", now),
            Stage::Planning | Stage::AwaitingConfirmation => self.cancel(now, zone, watched_count),
            // It was confirmed, and may already be in the audit file.
            Stage::Recording => {
                let summary = format!("{}: it was left before anything was changed", self.title);
                self.end(Outcome::new(Verdict::Cancelled, summary), now)
            }
            Stage::Ended => Vec::new(),
        }
    }

    pub(super) fn revert(&mut self, now: Timestamp, zone: &TimeZone, watched_count: usize) -> Calls {
        self.step(now, zone, watched_count, |machine, ctx| machine.revert_change(ctx))
    }

    pub(super) fn stop(&mut self, now: Timestamp, zone: &TimeZone, watched_count: usize) -> Calls {
        if !self.stoppable() {
            return Vec::new();
        }
        self.step(now, zone, watched_count, |machine, ctx| machine.stop(ctx))
    }

    /// When the limit starts to count: a build and a hook have limits of their own.
    fn watched_since(&self) -> Option<Timestamp> {
        self.machine.limited_since(self.acting_since)
    }

    /// Stops watching; the operation itself may continue.
    fn leave(&mut self, why: &str, now: Timestamp) -> Calls {
        let known = self.machine.abandon();
        if let Some(outcome) = known {
            return self.end(outcome, now);
        }
        let mut outcome = Outcome::new(Verdict::Unknown, format!("{}: {why}; it may still be going on", self.title));
        outcome.causes.extend(self.machine.known_so_far());
        outcome.causes.extend(self.machine.obstacle().map(|failure| failure.message.clone()));
        let check_again = self.machine.check_hint();
        self.end(outcome.hint(format!("{check_again} --env {}`", self.environment.name)), now)
    }

    /// Records the outcome; later outcomes are ignored.
    fn end(&mut self, mut outcome: Outcome, now: Timestamp) -> Calls {
        if self.outcome.is_some() {
            return Vec::new();
        }
        outcome.hint = outcome.hint.map(|hint| suggested_commands::with_scope(&hint, self.environment.command_scope()));
        let weight = match outcome.verdict {
            Verdict::Done => Weight::Good,
            Verdict::RolledBack | Verdict::Failed | Verdict::Refused | Verdict::Impossible => Weight::Bad,
            Verdict::Unknown => Weight::Warn,
            Verdict::Cancelled => Weight::Step,
        };
        self.say(now, weight, outcome.summary.clone());
        self.stage = Stage::Ended;
        self.ended = Some(now);
        let (word, reason) = (outcome.verdict.name(), outcome.summary.clone());
        self.outcome = Some(outcome);
        if !self.recorded {
            return Vec::new();
        }
        let record = self.record(word, &reason);
        vec![(Slot::Audit, Call::Audit(Box::new(record)))]
    }

    /// The region: as configured, or else as found elsewhere.
    pub fn region(&self) -> Option<&str> {
        self.environment.region.as_deref().or_else(|| self.identity.as_ref()?.region.as_deref())
    }

    /// The changes it would make, for `--dry-run`.
    pub fn calls(&self) -> impl Iterator<Item = &Write> {
        self.plan.iter().flat_map(|plan| &plan.writes)
    }
}
