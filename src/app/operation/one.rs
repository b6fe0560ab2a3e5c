//! One operation's life: looked at, confirmed, written down, done, written down. What it does is for its
//! machine.

use super::OperationId;
use super::call::{Answered, Call, Read, Reply, Write};
use super::choose::{self, Choose};
use super::deploy::{self, Deploy};
use super::machine::{Ctx, Line, Slot, Weight};
use super::outcome::{Outcome, Verdict};
use super::plan::Plan;
use super::steps::{self, Steps};
use crate::config::EnvironmentConfig;
use crate::model::audit::Record;
use crate::model::deploy::{Check, Level};
use crate::model::{Failure, FailureKind, Identity};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};

/// Without a limit of its own an operation is watched this long.
pub const LIMIT: SignedDuration = SignedDuration::from_mins(30);
/// What is looked at before takes seconds; longer than this it will not come.
const LOOK_LIMIT: SignedDuration = SignedDuration::from_mins(3);
/// Lines that are kept.
const LINES: usize = 2_000;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A deployment.
    Deploy(deploy::Request),
    /// A few changes in a row.
    Steps(steps::Request),
    /// What there is to choose from.
    Choose(choose::Request),
}

impl What {
    /// The service that it is about, by its whole name.
    pub fn service(&self) -> Option<&str> {
        match self {
            Self::Deploy(request) => Some(&request.service),
            Self::Steps(request) => match &request.wanted {
                steps::Wanted::Scale { service, .. } | steps::Wanted::Limits { service, .. } => Some(service),
                steps::Wanted::Power { .. } | steps::Wanted::StopTask { .. } | steps::Wanted::Skip { .. } => None,
            },
            Self::Choose(_) => None,
        }
    }

    /// As it would be typed.
    pub fn command(&self) -> &str {
        match self {
            Self::Deploy(request) => &request.command,
            Self::Steps(request) => &request.command,
            Self::Choose(_) => "",
        }
    }
}

/// How far it is.
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

#[derive(Debug, Clone, PartialEq)]
enum Machine {
    Deploy(Box<Deploy>),
    Steps(Box<Steps>),
    Choose(Box<Choose>),
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its id in this session.
    pub id: OperationId,
    /// Its name in the audit file.
    pub mark: String,
    /// Where.
    pub environment: EnvironmentConfig,
    /// `deploy web`.
    pub title: String,
    /// When it was asked for.
    pub asked: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How far it is.
    pub stage: Stage,
    /// What is confirmed.
    pub plan: Option<Plan>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What happened, oldest first.
    pub lines: Vec<Line>,
    /// Lines that were dropped because there were too many.
    pub dropped: usize,
    /// Whose credentials.
    pub who: Option<Identity>,
    /// AWS's ids of its changes.
    pub request_ids: Vec<String>,
    /// Another operation of this session on the same thing.
    pub(super) rival: Option<String>,
    /// How long it is watched.
    pub limit: SignedDuration,
    /// How far the service's clock is ahead of the one that ticks.
    pub(super) ahead: SignedDuration,
    /// When it ends whatever it is doing: looking, asking, building, watching.
    pub deadline: Option<Timestamp>,
    what: What,
    machine: Machine,
    acting_since: Option<Timestamp>,
    /// A plan that waits until it is known whose credentials these are.
    waiting_plan: Option<Plan>,
    /// The audit file has its beginning.
    recorded: bool,
    /// Why the audit file does not have its end.
    pub unaudited: Option<String>,
}

type Asked = Vec<(Slot, Call)>;

impl Operation {
    pub(super) fn new(
        id: OperationId,
        mark: String,
        what: What,
        environment: EnvironmentConfig,
        now: Timestamp,
    ) -> Self {
        let (machine, title) = match &what {
            What::Deploy(request) => {
                let machine = Deploy::new(request.clone());
                let title = machine.title();
                (Machine::Deploy(Box::new(machine)), title)
            }
            What::Steps(request) => {
                let machine = Steps::new(request.clone());
                let title = machine.title();
                (Machine::Steps(Box::new(machine)), title)
            }
            What::Choose(request) => {
                let machine = Choose::new(request.clone());
                (Machine::Choose(Box::new(machine)), request.title.clone())
            }
        };
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
            request_ids: Vec::new(),
            rival: None,
            limit: LIMIT,
            ahead: SignedDuration::ZERO,
            deadline: None,
            what,
            machine,
            acting_since: None,
            waiting_plan: None,
            recorded: false,
            unaudited: None,
        }
    }

    /// What a yes does, in a word or two, as on a button.
    pub fn verb(&self) -> &'static str {
        match &self.machine {
            Machine::Deploy(deploy) => deploy.verb(),
            Machine::Steps(steps) => steps.verb(),
            Machine::Choose(_) => "Choose",
        }
    }

    /// What was asked for.
    pub fn what(&self) -> &What {
        &self.what
    }

    /// Whether a deployment under way can be rolled back now.
    pub fn revertible(&self) -> bool {
        self.stage == Stage::Acting && self.deploy().is_some_and(Deploy::revertible)
    }

    /// The deployment, if it is one.
    pub fn deploy(&self) -> Option<&Deploy> {
        if let Machine::Deploy(machine) = &self.machine { Some(machine) } else { None }
    }

    /// The few changes in a row, if it is that.
    pub fn steps(&self) -> Option<&Steps> {
        if let Machine::Steps(machine) = &self.machine { Some(machine) } else { None }
    }

    /// What there is to choose from, if it is that.
    pub fn choices(&self) -> Option<&Choose> {
        if let Machine::Choose(machine) = &self.machine { Some(machine) } else { None }
    }

    /// Whether it changes nothing.
    pub fn only_looks(&self) -> bool {
        match &self.machine {
            Machine::Deploy(machine) => machine.only_looks(),
            Machine::Steps(_) => false,
            Machine::Choose(_) => true,
        }
    }

    /// What it is doing, or how it ended, in two or three words.
    pub fn words(&self) -> &'static str {
        match (self.stage, &self.outcome) {
            (_, Some(outcome)) => outcome.verdict.words(),
            (Stage::Looking, None) => "looking",
            (Stage::Asking, None) => "waiting for a yes",
            (Stage::Recording, None) => "writing it down",
            (Stage::Acting | Stage::Ended, None) => match &self.machine {
                Machine::Deploy(machine) => machine.words(),
                Machine::Steps(machine) => machine.words(),
                Machine::Choose(_) => "looking",
            },
        }
    }

    /// How far it is, where there is a total.
    pub fn progress(&self) -> Option<(u32, u32)> {
        if self.outcome.is_some() {
            return None;
        }
        match &self.machine {
            Machine::Deploy(machine) => machine.progress(),
            Machine::Steps(machine) => machine.progress(),
            Machine::Choose(_) => None,
        }
    }

    /// When it began to change something.
    pub fn began(&self) -> Option<Timestamp> {
        match &self.machine {
            Machine::Deploy(machine) => machine.began(),
            Machine::Steps(machine) => machine.began(),
            Machine::Choose(_) => None,
        }
    }

    /// How long it took, once it ended; of a deployment that was only looked at, how long that one took.
    pub fn took(&self) -> Option<SignedDuration> {
        match &self.machine {
            Machine::Deploy(machine) => machine.took(self.ended?),
            Machine::Steps(_) | Machine::Choose(_) => Some(self.ended?.duration_since(self.began()?)),
        }
    }

    /// When it ended; of a deployment that was only looked at, when that one did.
    pub fn ended_at(&self) -> Option<Timestamp> {
        match &self.machine {
            Machine::Deploy(machine) if machine.only_looks() => machine.ended_at(),
            Machine::Deploy(_) | Machine::Steps(_) | Machine::Choose(_) => self.ended,
        }
    }

    /// One step of the machine, and what follows from it.
    fn step(
        &mut self,
        now: Timestamp,
        zone: &TimeZone,
        crowd: usize,
        act: impl FnOnce(&mut Machine, &mut Ctx<'_>),
    ) -> Asked {
        let environment = self.environment.clone();
        let mut ctx = Ctx::new(now, &environment, zone, crowd);
        ctx.service_now = now + self.ahead;
        ctx.account = ctx.account.take().or_else(|| Some(self.who.as_ref()?.account.clone()));
        act(&mut self.machine, &mut ctx);
        let Ctx { mut asks, lines, plan, end, .. } = ctx;
        for line in lines {
            self.push(line);
        }
        if let Some(plan) = plan {
            self.waiting_plan = Some(plan);
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

    fn say(&mut self, at: Timestamp, weight: Weight, text: impl Into<String>) {
        self.push(Line { at, weight, text: text.into() });
    }

    pub(super) fn begin(&mut self, now: Timestamp, zone: &TimeZone, crowd: usize) -> Asked {
        let mut asks = vec![(Slot::Identity, Call::Read(Read::Identity))];
        asks.extend(self.step(now, zone, crowd, |machine, ctx| match machine {
            Machine::Deploy(machine) => machine.begin(ctx),
            Machine::Steps(machine) => machine.begin(ctx),
            Machine::Choose(machine) => machine.begin(ctx),
        }));
        if self.only_looks() && self.stage == Stage::Looking {
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
        crowd: usize,
    ) -> Asked {
        match slot {
            Slot::Identity => return self.met(answered, now),
            Slot::Audit => return self.written(answered, now, zone, crowd),
            _ => {}
        }
        self.request_ids.extend(answered.request_ids.iter().cloned());
        if self.outcome.is_some() {
            return Vec::new();
        }
        self.step(now, zone, crowd, |machine, ctx| match machine {
            Machine::Deploy(machine) => machine.reply(slot, answered, ctx),
            Machine::Steps(machine) => machine.reply(slot, answered, ctx),
            Machine::Choose(machine) => machine.reply(slot, answered, ctx),
        })
    }

    pub(super) fn output(&mut self, line: &str, now: Timestamp, zone: &TimeZone, crowd: usize) -> Asked {
        self.step(now, zone, crowd, |machine, ctx| match machine {
            Machine::Deploy(machine) => machine.output(line, ctx),
            Machine::Steps(_) | Machine::Choose(_) => ctx.say(Weight::Detail, line),
        })
    }

    pub(super) fn tick(&mut self, now: Timestamp, zone: &TimeZone, crowd: usize) -> Asked {
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
        self.step(now, zone, crowd, |machine, ctx| match machine {
            Machine::Deploy(machine) => machine.tick(ctx),
            Machine::Steps(machine) => machine.tick(ctx),
            Machine::Choose(_) => {}
        })
    }

    fn time_is_up(&mut self, now: Timestamp) -> Asked {
        let building = self.deploy().is_some_and(Deploy::building);
        let unchanged = match (self.stage, &mut self.machine) {
            (Stage::Looking | Stage::Asking | Stage::Recording, _) => !self.only_looks(),
            (Stage::Acting, Machine::Deploy(machine)) => match machine.left() {
                Some(left) if left.verdict != Verdict::Cancelled => return self.end(left, now),
                left => left.is_some(),
            },
            (Stage::Acting | Stage::Ended, _) => false,
        };
        if !unchanged {
            return self.leave("the time is up", now);
        }
        let doing = match self.stage {
            Stage::Looking => "while it was looked at",
            _ if building => "while the image was built",
            _ => "before anything was changed",
        };
        let outcome = Outcome::new(Verdict::Unknown, format!("{}: the time is up {doing}", self.title));
        self.end(outcome.cause("nothing was changed").hint("give it more time with --timeout"), now)
    }

    /// Who we are: another account than the configured one ends it here.
    fn met(&mut self, answered: Answered, now: Timestamp) -> Asked {
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
                self.who = Some(identity);
                return self.ask_person(now);
            }
            Ok(_) => Failure::new(FailureKind::Malformed, "who we are was not understood"),
            Err(failure) => failure,
        };
        if self.only_looks() {
            // Looking goes on: what is seen belongs to our deployment or to none.
            self.say(now, Weight::Warn, format!("whose credentials these are is not known: {failure}"));
            return Vec::new();
        }
        let outcome =
            Outcome::new(Verdict::Refused, format!("{}: whose credentials these are is not known", self.title));
        self.end(outcome.cause("nothing was changed").because(&failure), now)
    }

    /// The plan is shown when it is known whose credentials these are.
    fn ask_person(&mut self, now: Timestamp) -> Asked {
        if self.who.is_none() || self.outcome.is_some() {
            return Vec::new();
        }
        let Some(mut plan) = self.waiting_plan.take() else { return Vec::new() };
        if let Some(rival) = &self.rival {
            plan.checks.insert(0, Check::new(Level::Stop, format!("`{rival}` is under way in this session")));
        }
        self.stage = Stage::Asking;
        let stopped = plan.stops().next().cloned();
        let causes: Vec<String> = plan.stops().skip(1).map(|check| check.text.clone()).collect();
        self.plan = Some(plan);
        let Some(check) = stopped else { return Vec::new() };
        let mut outcome = Outcome::new(Verdict::Impossible, format!("{}: {}", self.title, check.text));
        outcome.hint = check.hint;
        outcome.usage = check.usage;
        outcome.causes = causes;
        outcome.causes.push("nothing was changed".to_owned());
        self.end(outcome, now)
    }

    pub(super) fn confirm(&mut self, _: Timestamp, _: &TimeZone, _: usize) -> Asked {
        if self.stage != Stage::Asking || self.plan.as_ref().is_none_or(|plan| !plan.possible()) {
            return Vec::new();
        }
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

    pub(super) fn detach(&mut self, now: Timestamp, zone: &TimeZone, crowd: usize) -> Asked {
        match self.stage {
            Stage::Acting => self.leave("it is not watched any more", now),
            Stage::Looking | Stage::Asking => self.cancel(now, zone, crowd),
            // A yes was said, and may be in the audit file.
            Stage::Recording => {
                let summary = format!("{}: it was left before anything was changed", self.title);
                self.end(Outcome::new(Verdict::Cancelled, summary), now)
            }
            Stage::Ended => Vec::new(),
        }
    }

    pub(super) fn revert(&mut self, now: Timestamp, zone: &TimeZone, crowd: usize) -> Asked {
        self.step(now, zone, crowd, |machine, ctx| {
            if let Machine::Deploy(machine) = machine {
                machine.revert("asked for by a person".to_owned(), ctx);
            }
        })
    }

    /// Since when the limit counts: a build and a hook have limits of their own.
    fn watched_since(&self) -> Option<Timestamp> {
        match &self.machine {
            Machine::Deploy(machine) if !machine.only_looks() => machine.began(),
            Machine::Deploy(_) | Machine::Steps(_) | Machine::Choose(_) => self.acting_since,
        }
    }

    /// It may go on, and nobody looks any more.
    fn leave(&mut self, why: &str, now: Timestamp) -> Asked {
        let known = match &mut self.machine {
            Machine::Deploy(machine) => machine.left(),
            Machine::Steps(machine) => machine.left(&self.title),
            Machine::Choose(_) => None,
        };
        if let Some(outcome) = known {
            return self.end(outcome, now);
        }
        let again = match &self.machine {
            Machine::Deploy(machine) => format!("look again with `cockpit deploy --attach {}", machine.request.short),
            Machine::Steps(_) | Machine::Choose(_) => "look with `cockpit services".to_owned(),
        };
        let mut outcome = Outcome::new(Verdict::Unknown, format!("{}: {why}; it may still be going on", self.title));
        if let Some(watch) = self.deploy().and_then(|deploy| deploy.watch.as_ref()) {
            outcome.causes.extend(watch.troubles.iter().filter(|trouble| trouble.sure).map(|other| other.text.clone()));
            outcome.causes.extend(watch.runs().map(|runs| format!("what runs now: {runs}")));
        }
        outcome.causes.extend(self.steps().map(Steps::lacking).unwrap_or_default());
        self.end(outcome.hint(format!("{again} --env {}`", self.environment.name)), now)
    }

    /// The audit file has it, or not: what cannot be written down is not done.
    fn written(&mut self, answered: Answered, now: Timestamp, zone: &TimeZone, crowd: usize) -> Asked {
        match (self.stage, answered.outcome) {
            (Stage::Recording, Ok(_)) => {
                self.stage = Stage::Acting;
                self.recorded = true;
                self.acting_since = Some(now);
                self.step(now, zone, crowd, |machine, ctx| match machine {
                    Machine::Deploy(machine) => machine.go(ctx),
                    Machine::Steps(machine) => machine.go(ctx),
                    Machine::Choose(_) => {}
                })
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

    /// The one end.
    fn end(&mut self, outcome: Outcome, now: Timestamp) -> Asked {
        if self.outcome.is_some() {
            return Vec::new();
        }
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

    /// A line for the audit file; time and the machine's user are added where it is written.
    fn record(&self, outcome: &str, reason: &str) -> Record {
        let (before, after) = match &self.machine {
            Machine::Deploy(machine) => {
                let target = &machine.target;
                let after = json!({
                    "task_definition": target.revision,
                    "image": target.image,
                    "digest": target.digest,
                    "deployment": machine.watch.as_ref().map(|watch| watch.subject.deployment.clone()),
                });
                (json!({"service": machine.request.service, "task_definition": target.previous}), after)
            }
            Machine::Steps(machine) => {
                let changes = self.plan.iter().flat_map(|plan| &plan.changes);
                let after: serde_json::Map<String, Value> =
                    changes.map(|change| (change.what.clone(), json!(change.next))).collect();
                (json!(machine.before), Value::Object(after))
            }
            Machine::Choose(_) => (Value::Null, Value::Null),
        };
        Record {
            operation: self.mark.clone(),
            who: self.who.as_ref().map(|who| who.arn.clone()).unwrap_or_default(),
            environment: self.environment.name.clone(),
            account: self.who.as_ref().map(|who| who.account.clone()).unwrap_or_default(),
            region: self.region().unwrap_or_default().to_owned(),
            endpoint: self.who.as_ref().and_then(|who| who.endpoint.clone()).unwrap_or_default(),
            command: self.what.command().to_owned(),
            before,
            after,
            outcome: outcome.to_owned(),
            reason: reason.to_owned(),
            request_ids: self.request_ids.clone(),
            ..Record::default()
        }
    }

    /// The changes that it would make, for `--dry-run`.
    pub fn calls(&self) -> impl Iterator<Item = &Write> {
        self.plan.iter().flat_map(|plan| &plan.writes)
    }
}
