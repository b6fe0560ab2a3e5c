//! One operation's life: looked at, confirmed, written down, done, written down. What it does is for its
//! machine.

mod account;
mod audit;

use super::call::{Answered, Call, Read, Write};
use super::machine::{Machine, Target, What};
use super::outcome::{Outcome, Verdict};
use super::plan::Plan;
use super::step::{self, Ctx, Line, Slot, Weight};
use crate::config::EnvironmentConfig;
use crate::model::deploy::{Check, Level};
use crate::model::{Identity, offered};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// Without a limit of its own an operation is watched this long.
pub const LIMIT: SignedDuration = SignedDuration::from_mins(30);
/// The limit for the reads before a plan, which take seconds.
const LOOK_LIMIT: SignedDuration = SignedDuration::from_mins(3);
/// Lines that are kept.
const LINES: usize = 2_000;

/// The number of an operation in this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub u32);

/// The stage of an operation's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Things are looked at.
    Looking,
    /// The plan stands, a person is asked.
    Asking,
    /// Being written into the audit file.
    Recording,
    /// It changes or watches something.
    Acting,
    /// It is over.
    Ended,
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its id in this session.
    pub id: OperationId,
    /// Its name in the audit file.
    pub mark: String,
    /// The environment that it changes.
    pub environment: EnvironmentConfig,
    /// `deploy web`.
    pub title: String,
    /// When it was asked for.
    pub asked: Timestamp,
    /// When it ended, by this machine's clock.
    pub ended: Option<Timestamp>,
    /// The stage of its life.
    pub stage: Stage,
    /// The plan, to be confirmed.
    pub plan: Option<Plan>,
    /// The end, once it has ended.
    pub outcome: Option<Outcome>,
    /// The log, oldest line first.
    pub lines: Vec<Line>,
    /// Lines that were dropped because there were too many.
    pub dropped: usize,
    /// The identity of the credentials.
    pub who: Option<Identity>,
    /// The account that it is about: that of the first answer. No other one's answers are judged.
    pub(super) account: Option<String>,
    /// Answers of another one came.
    elsewhere: bool,
    /// AWS's ids of its changes.
    pub request_ids: Vec<String>,
    /// Another operation of this session on the same thing.
    pub(super) conflicts_with: Option<String>,
    /// How long it is watched.
    pub limit: SignedDuration,
    /// How far the service's clock is ahead of the one that ticks.
    pub(super) ahead: SignedDuration,
    /// When it ends whatever it is doing: looking, asking, building, watching.
    pub deadline: Option<Timestamp>,
    machine: What,
    acting_since: Option<Timestamp>,
    /// A plan that waits until it is known whose credentials these are.
    waiting_plan: Option<Plan>,
    /// The audit file has its beginning.
    recorded: bool,
    /// Why the audit file does not have its end.
    pub unaudited: Option<String>,
    /// The time that it was given was up, and what it did then was stopped.
    pub late: bool,
}

type Asked = Vec<(Slot, Call)>;

impl Operation {
    pub(super) fn new(
        id: OperationId,
        mark: String,
        machine: What,
        environment: EnvironmentConfig,
        now: Timestamp,
    ) -> Self {
        let title = machine.title();
        Self {
            id,
            mark,
            environment,
            title,
            asked: now,
            ended: None,
            stage: Stage::Looking,
            plan: None,
            outcome: None,
            lines: Vec::new(),
            dropped: 0,
            who: None,
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
            unaudited: None,
            late: false,
        }
    }

    /// The operation's own part: what it does, and what is known of it.
    pub fn machine(&self) -> &dyn Machine {
        &*self.machine
    }

    /// The thing that it changes, where that is one thing.
    pub fn target(&self) -> Option<Target> {
        self.machine.target()
    }

    /// The service that it changes, by its whole name.
    pub fn service(&self) -> Option<String> {
        self.target().filter(|target| target.kind == Target::SERVICE).map(|target| target.name)
    }

    /// As it would be typed.
    pub fn command(&self) -> String {
        step::command(&self.machine.typed(), &self.environment)
    }

    /// The effect of a yes in a word or two, as on a button.
    pub fn verb(&self) -> &'static str {
        self.machine.verb()
    }

    /// Whether what is under way can be taken back now.
    pub fn revertible(&self) -> bool {
        self.stage == Stage::Acting && self.machine.revertible()
    }

    /// Whether what runs on this machine for it can be stopped now.
    pub fn stoppable(&self) -> bool {
        self.stage == Stage::Acting && self.machine.stoppable()
    }

    /// Whether it changes nothing.
    pub fn only_looks(&self) -> bool {
        self.machine.only_looks()
    }

    /// Its current activity, or how it ended, in two or three words.
    pub fn words(&self) -> &'static str {
        match (self.stage, &self.outcome) {
            (_, Some(outcome)) => outcome.verdict.words(),
            (Stage::Looking, None) => "looking",
            (Stage::Asking, None) => "waiting for a yes",
            (Stage::Recording, None) => "writing it down",
            (Stage::Acting | Stage::Ended, None) => self.machine.words(),
        }
    }

    /// How far it is, where there is a total.
    pub fn progress(&self) -> Option<(u32, u32)> {
        if self.outcome.is_some() { None } else { self.machine.progress() }
    }

    /// When it began to change something.
    pub fn began(&self) -> Option<Timestamp> {
        self.machine.began()
    }

    /// How long it took, once it ended; of a deployment that was only looked at, how long that one took.
    pub fn took(&self) -> Option<SignedDuration> {
        self.machine.took(self.ended?)
    }

    /// One step of the machine, and what follows from it.
    fn step(
        &mut self,
        now: Timestamp,
        zone: &TimeZone,
        watched_count: usize,
        act: impl FnOnce(&mut dyn Machine, &mut Ctx<'_>),
    ) -> Asked {
        let environment = self.environment.clone();
        let mut ctx = Ctx::new(now, &environment, zone, watched_count);
        ctx.service_now = now + self.ahead;
        ctx.account = ctx.account.take().or_else(|| Some(self.who.as_ref()?.account.clone()));
        act(&mut *self.machine, &mut ctx);
        let Ctx { mut asks, lines, plan, end, .. } = ctx;
        for line in lines {
            self.push(line);
        }
        if let Some(plan) = plan {
            self.waiting_plan = Some(plan.in_environment(environment.named()));
            asks.extend(self.ask_person(now));
        }
        if let Some(outcome) = end {
            asks.extend(self.end(outcome, now));
        }
        asks
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

    pub(super) fn begin(&mut self, now: Timestamp, zone: &TimeZone, watched_count: usize) -> Asked {
        let mut asks = vec![(Slot::Identity, Call::Read(Read::Identity))];
        asks.extend(self.step(now, zone, watched_count, |machine, ctx| machine.begin(ctx)));
        // What is written down waits until it is known who it is.
        if self.only_looks() && !self.machine.is_written_down() && self.stage == Stage::Looking {
            self.stage = Stage::Acting;
            self.acting_since = Some(now);
        }
        asks
    }

    pub(super) fn answered(
        &mut self,
        slot: &Slot,
        answered: Answered,
        now: Timestamp,
        zone: &TimeZone,
        watched_count: usize,
    ) -> Asked {
        let answered = self.of_its_account(answered);
        match slot {
            Slot::Identity => return self.met(answered, now),
            Slot::Audit => return self.written(answered, now, zone, watched_count),
            _ => {}
        }
        self.request_ids.extend(answered.request_ids.iter().cloned());
        if self.outcome.is_some() {
            return Vec::new();
        }
        self.step(now, zone, watched_count, |machine, ctx| machine.reply(slot, answered, ctx))
    }

    pub(super) fn output(&mut self, line: &str, now: Timestamp, zone: &TimeZone, watched_count: usize) -> Asked {
        self.step(now, zone, watched_count, |machine, ctx| machine.output(line, ctx))
    }

    pub(super) fn tick(&mut self, now: Timestamp, zone: &TimeZone, watched_count: usize) -> Asked {
        if self.stage != Stage::Ended && self.deadline.is_some_and(|deadline| now >= deadline) {
            return self.time_is_up(now);
        }
        match self.stage {
            Stage::Looking if now.duration_since(self.asked) > LOOK_LIMIT => {
                let outcome = Outcome::new(Verdict::Impossible, format!("{}: AWS did not answer in time", self.title))
                    .cause("nothing was changed")
                    .hint("check the network and the endpoint, then try again");
                return self.end(outcome, now);
            }
            Stage::Acting if self.watched_since().is_some_and(|since| now.duration_since(since) >= self.limit) => {
                return self.leave("the time is up", now);
            }
            Stage::Acting => {}
            Stage::Looking | Stage::Asking | Stage::Recording | Stage::Ended => return Vec::new(),
        }
        self.step(now, zone, watched_count, |machine, ctx| machine.tick(ctx))
    }

    fn time_is_up(&mut self, now: Timestamp) -> Asked {
        let unchanged_while = self.machine.unchanged_while();
        let unchanged = match self.stage {
            Stage::Looking | Stage::Asking | Stage::Recording => !self.only_looks(),
            Stage::Acting => match self.machine.left() {
                Some(left) if left.verdict != Verdict::Cancelled => {
                    self.late = true;
                    return self.end(left.cause("the time is up"), now);
                }
                left => left.is_some(),
            },
            Stage::Ended => false,
        };
        if !unchanged {
            return self.leave("the time is up", now);
        }
        let doing = if self.stage == Stage::Looking { "while it was looked at" } else { unchanged_while };
        let outcome = Outcome::new(Verdict::Unknown, format!("{}: the time is up {doing}", self.title));
        let outcome = outcome.cause("nothing was changed");
        let held = self.machine.held_up().map(|failure| outcome.clone().because(failure));
        self.end(held.unwrap_or_else(|| outcome.hint("give it more time with --timeout")), now)
    }

    /// The plan is shown when it is known whose credentials these are.
    fn ask_person(&mut self, now: Timestamp) -> Asked {
        if self.who.is_none() || self.outcome.is_some() {
            return Vec::new();
        }
        let Some(mut plan) = self.waiting_plan.take() else { return Vec::new() };
        if let Some(other) = &self.conflicts_with {
            plan.checks.insert(0, Check::new(Level::Stop, format!("`{other}` is under way in this session")));
        }
        self.stage = Stage::Asking;
        let stopped = plan.stops().next().cloned();
        let causes: Vec<String> = plan.stops().skip(1).map(|check| check.text.clone()).collect();
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

    pub(super) fn confirm(&mut self, _: Timestamp, _: &TimeZone, _: usize) -> Asked {
        if self.stage != Stage::Asking || self.plan.as_ref().is_none_or(|plan| !plan.possible()) {
            return Vec::new();
        }
        self.write_down()
    }

    /// Writes the operation into the audit file, after which it begins.
    fn write_down(&mut self) -> Asked {
        self.stage = Stage::Recording;
        let record = self.record("started", "");
        vec![(Slot::Audit, Call::Audit(Box::new(record)))]
    }

    pub(super) fn cancel(&mut self, now: Timestamp, _: &TimeZone, _: usize) -> Asked {
        if matches!(self.stage, Stage::Looking | Stage::Asking) {
            let outcome = Outcome::new(Verdict::Cancelled, format!("{} was not done", self.title));
            return self.end(outcome, now);
        }
        Vec::new()
    }

    /// It is not begun, because another that was to come before it did not end well.
    pub(super) fn skip(&mut self, why: &str, now: Timestamp) -> Asked {
        if !matches!(self.stage, Stage::Looking | Stage::Asking) {
            return Vec::new();
        }
        let outcome = Outcome::new(Verdict::Cancelled, format!("{}: not begun, as {why}", self.title));
        self.end(outcome.cause("nothing of it was changed").hint("ask for it again when that is mended"), now)
    }

    pub(super) fn detach(&mut self, now: Timestamp, zone: &TimeZone, watched_count: usize) -> Asked {
        match self.stage {
            Stage::Acting => self.leave("it is not watched any more", now),
            Stage::Looking | Stage::Asking => self.cancel(now, zone, watched_count),
            // A yes was said, and may be in the audit file.
            Stage::Recording => {
                let summary = format!("{}: it was left before anything was changed", self.title);
                self.end(Outcome::new(Verdict::Cancelled, summary), now)
            }
            Stage::Ended => Vec::new(),
        }
    }

    pub(super) fn revert(&mut self, now: Timestamp, zone: &TimeZone, watched_count: usize) -> Asked {
        self.step(now, zone, watched_count, |machine, ctx| machine.take_back(ctx))
    }

    pub(super) fn stop(&mut self, now: Timestamp, zone: &TimeZone, watched_count: usize) -> Asked {
        if !self.stoppable() {
            return Vec::new();
        }
        self.step(now, zone, watched_count, |machine, ctx| machine.stop(ctx))
    }

    /// Since when the limit counts: a build and a hook have limits of their own.
    fn watched_since(&self) -> Option<Timestamp> {
        self.machine.limited_since(self.acting_since)
    }

    /// Ends the watching; the operation itself may go on.
    fn leave(&mut self, why: &str, now: Timestamp) -> Asked {
        let known = self.machine.left();
        if let Some(outcome) = known {
            return self.end(outcome, now);
        }
        let mut outcome = Outcome::new(Verdict::Unknown, format!("{}: {why}; it may still be going on", self.title));
        outcome.causes.extend(self.machine.known_so_far());
        outcome.causes.extend(self.machine.held_up().map(|failure| failure.message.clone()));
        let again = self.machine.look_again();
        self.end(outcome.hint(format!("{again} --env {}`", self.environment.name)), now)
    }

    /// Records the outcome; later outcomes are ignored.
    fn end(&mut self, mut outcome: Outcome, now: Timestamp) -> Asked {
        if self.outcome.is_some() {
            return Vec::new();
        }
        outcome.hint = outcome.hint.map(|hint| offered::in_environment(&hint, self.environment.named()));
        let weight = match outcome.verdict {
            Verdict::Done => Weight::Good,
            Verdict::RolledBack | Verdict::Failed | Verdict::Refused | Verdict::Impossible => Weight::Bad,
            Verdict::Unknown => Weight::Warn,
            Verdict::Cancelled => Weight::Step,
        };
        self.say(now, weight, outcome.summary.clone());
        self.stage = Stage::Ended;
        self.ended = Some(now);
        let (word, reason) = (outcome.verdict.word(), outcome.summary.clone());
        self.outcome = Some(outcome);
        if !self.recorded {
            return Vec::new();
        }
        let record = self.record(word, &reason);
        vec![(Slot::Audit, Call::Audit(Box::new(record)))]
    }

    /// The region: as it is configured, else as it was found elsewhere.
    pub fn region(&self) -> Option<&str> {
        self.environment.region.as_deref().or_else(|| self.who.as_ref()?.region.as_deref())
    }

    /// The changes that it would make, for `--dry-run`.
    pub fn calls(&self) -> impl Iterator<Item = &Write> {
        self.plan.iter().flat_map(|plan| &plan.writes)
    }
}
