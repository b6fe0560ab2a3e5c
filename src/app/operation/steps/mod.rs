//! Everything that is a few changes in a row and then a state to be reached: scale, limits of autoscaling,
//! stop and start, stop a task, skip a scheduled time.

mod counts;
mod plan;
mod power;
mod skip;

use super::call::{Answered, DatabaseState, Read, Reply, Write};
use super::machine::{Ctx, Slot, Weight, wait_after};
use super::outcome::{Outcome, Verdict};
use super::refusals::{self, Refusals};
use super::sure::{Before, Progress, Sure};
use crate::model::deploy::Check;
use crate::model::service::Service;
use crate::model::timer::{Power, Timer};
use crate::model::{Failure, ScalableTarget, Task};
use counts::{Counts, Standing};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// So long what was looked at for the plan is taken as it was; after a later yes it is looked at again.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A count of tasks.
    Scale {
        /// The service's whole name.
        service: String,
        /// How many.
        desired: u32,
        /// New limits of autoscaling.
        min: Option<u32>,
        /// The same.
        max: Option<u32>,
        /// Move the limits where the count is outside of them.
        move_limits: bool,
    },
    /// Limits of autoscaling, or what of it is suspended.
    Limits {
        /// The service's whole name.
        service: String,
        /// Minimum.
        min: Option<u32>,
        /// Maximum.
        max: Option<u32>,
        /// Suspend all of it, or let all go on.
        suspended: Option<bool>,
    },
    /// Stop or start the environment.
    Power {
        /// Which.
        power: Power,
        /// Whole names, in the configured order.
        services: Vec<String>,
        /// Databases too.
        databases: bool,
        /// Not through the scheduler function though there is one.
        direct: bool,
    },
    /// Stop one task; its service replaces it.
    StopTask {
        /// Its id.
        id: String,
    },
    /// Skip the next time of the schedule, or take that back.
    Skip {
        /// Stop or start.
        power: Power,
        /// Take it back.
        undo: bool,
    },
}

/// What was asked for, with how people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What.
    pub wanted: Wanted,
    /// `web`, `staging`, the beginning of a task's id.
    pub short: String,
    /// As it would be typed.
    pub command: String,
}

/// A thing to do, or to wait for.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Do(Write),
    Until(Goal),
}

/// A state to be reached.
#[derive(Debug, Clone, PartialEq)]
pub enum Goal {
    /// Services and how many tasks run of each.
    Counts(BTreeMap<String, u32>),
    /// The task is STOPPED.
    Stopped(String),
    /// Databases and the status each is to have.
    Databases(BTreeMap<String, &'static str>),
}

/// A few changes in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    /// What was asked for.
    pub request: Request,
    waiting: Vec<Slot>,
    services: Vec<Service>,
    scalable: BTreeMap<String, ScalableTarget>,
    timers: Vec<Timer>,
    databases: Vec<DatabaseState>,
    tasks: Vec<Task>,
    /// The scheduler function is there.
    function: bool,
    checks: Vec<Check>,
    failure: Option<Failure>,
    /// What the plan showed, and when: nothing else is done.
    shown: VecDeque<Step>,
    planned: Option<Timestamp>,
    ahead: VecDeque<Step>,
    all: usize,
    phase: Phase,
    began: Option<Timestamp>,
    slot: i64,
    /// Replies that are on their way.
    flying: u32,
    /// Looks so far.
    looks: u64,
    failures: u32,
    refusals: Refusals,
    next_try: Option<Timestamp>,
    told: BTreeSet<String>,
    settling: Counts,
    /// Counts before, for the audit file.
    pub before: BTreeMap<String, u32>,
    /// The counts that were last seen, running and desired.
    pub counts: BTreeMap<String, (u32, u32)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Gathering,
    Planned,
    Rechecking,
    Doing(Box<Sure>),
    Waiting(Goal),
}

impl Steps {
    /// One that has not begun.
    pub fn new(request: Request) -> Self {
        Self {
            request,
            waiting: Vec::new(),
            services: Vec::new(),
            scalable: BTreeMap::new(),
            timers: Vec::new(),
            databases: Vec::new(),
            tasks: Vec::new(),
            function: false,
            checks: Vec::new(),
            failure: None,
            shown: VecDeque::new(),
            planned: None,
            ahead: VecDeque::new(),
            all: 0,
            phase: Phase::Gathering,
            began: None,
            slot: i64::MIN,
            flying: 0,
            looks: 0,
            failures: 0,
            refusals: Refusals::default(),
            next_try: None,
            told: BTreeSet::new(),
            settling: Counts::default(),
            before: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    /// What it is doing, in two or three words.
    pub fn words(&self) -> &'static str {
        match &self.phase {
            Phase::Gathering | Phase::Rechecking => "looking",
            Phase::Planned => "waiting for a yes",
            Phase::Doing(_) => "changing",
            Phase::Waiting(Goal::Counts(_)) => "waiting for the tasks",
            Phase::Waiting(Goal::Stopped(_)) => "waiting for the task",
            Phase::Waiting(Goal::Databases(_)) => "waiting for the database",
        }
    }

    /// Steps done and in all.
    pub fn progress(&self) -> Option<(u32, u32)> {
        match &self.phase {
            Phase::Gathering | Phase::Planned | Phase::Rechecking => None,
            Phase::Doing(_) | Phase::Waiting(_) => {
                Some(((self.all - self.ahead.len()).saturating_sub(1) as u32, self.all as u32))
            }
        }
    }

    /// Whether changes are still to be made, so that it is not only waited for.
    pub fn changing(&self) -> bool {
        let left = self.ahead.iter().any(|step| matches!(step, Step::Do(_)));
        left || matches!(self.phase, Phase::Doing(_))
    }

    /// The last look failed: when it is tried again.
    pub fn next_try(&self) -> Option<Timestamp> {
        self.next_try
    }

    /// The state that is waited for.
    pub fn goal(&self) -> Option<&Goal> {
        if let Phase::Waiting(goal) = &self.phase { Some(goal) } else { None }
    }

    /// When the first change was made.
    pub fn began(&self) -> Option<Timestamp> {
        self.began
    }

    /// Confirmed: it begins.
    pub(super) fn go(&mut self, ctx: &mut Ctx<'_>) {
        self.ahead = self.shown.clone();
        self.all = self.ahead.len();
        if self.planned.is_some_and(|planned| ctx.now.duration_since(planned) <= FRESH) {
            return self.first(ctx);
        }
        self.phase = Phase::Rechecking;
        self.services.clear();
        self.scalable.clear();
        self.timers.clear();
        self.databases.clear();
        self.tasks.clear();
        self.function = false;
        self.read(ctx);
    }

    /// Minutes may have passed since it was looked at: what was shown is what is done, or nothing is.
    fn rechecked(&mut self, ctx: &mut Ctx<'_>) {
        let short = &self.request.short;
        if let Some(failure) = &self.failure {
            let outcome = Outcome::new(Verdict::Impossible, format!("{short}: it cannot be looked at once more"));
            ctx.end = Some(outcome.because(failure).cause("nothing was changed"));
        } else if self.counts_now() != self.before || self.compile(ctx) != self.shown {
            let outcome = Outcome::new(Verdict::Impossible, format!("{short}: it changed since it was looked at"));
            ctx.end = Some(outcome.cause("nothing was changed").hint("ask for it again: the plan is another one now"));
        } else {
            self.first(ctx);
        }
    }

    fn first(&mut self, ctx: &mut Ctx<'_>) {
        self.began = Some(ctx.now);
        self.next(ctx);
    }

    fn next(&mut self, ctx: &mut Ctx<'_>) {
        match self.ahead.pop_front() {
            Some(Step::Do(write)) => {
                ctx.say(Weight::Step, plan::sentence(&write));
                self.phase = Phase::Doing(Box::new(Sure::send(write, Before::default(), ctx)));
            }
            Some(Step::Until(goal)) => {
                self.slot = i64::MIN;
                self.flying = 0;
                self.counts.clear();
                if let Goal::Counts(goals) = &goal {
                    self.settling = Counts::new(goals.clone());
                }
                self.phase = Phase::Waiting(goal);
                self.look(ctx);
            }
            None => self.done(ctx),
        }
    }

    /// A reply.
    pub(super) fn reply(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Gathering | Phase::Rechecking => self.gathered(slot, answered, ctx),
            Phase::Planned => {}
            Phase::Doing(sure) => match sure.reply(slot, answered, ctx) {
                Progress::Going => {}
                Progress::Landed(reply) => self.landed(*reply, ctx),
                Progress::Refused(failure) => {
                    let lost = sure.may_have_landed();
                    self.refused(&failure, lost, ctx);
                }
            },
            Phase::Waiting(_) => {
                self.flying = self.flying.saturating_sub(1);
                match answered.outcome {
                    Ok(reply) => {
                        self.refusals.clear();
                        if self.next_try.take().is_some() {
                            self.failures = 0;
                            ctx.say(Weight::Step, "AWS answers again");
                        }
                        self.looked(slot, reply, ctx);
                    }
                    Err(failure) if self.refusals.note(&failure, ctx.now) => {
                        ctx.end = Some(refusals::given_up(&self.title(), &failure, "cockpit services", ctx));
                    }
                    Err(failure) if self.settling.missed(slot, &failure, ctx) => {}
                    Err(failure) => {
                        if self.failures == 0 {
                            let limit = refusals::waiting(&failure);
                            ctx.say(Weight::Warn, format!("cannot look: {failure}; it is tried again{limit}"));
                        }
                        let wait = wait_after(ctx.environment.refresh.watch, self.failures);
                        self.failures += 1;
                        self.next_try = Some(ctx.now + wait);
                    }
                }
            }
        }
    }

    fn landed(&mut self, reply: Reply, ctx: &mut Ctx<'_>) {
        if let Reply::Invoked { answer, log, failed } = reply {
            for line in log {
                ctx.say(Weight::Detail, format!("  {line}"));
            }
            if let Some(kind) = failed {
                let outcome =
                    Outcome::new(Verdict::Failed, format!("the scheduler function failed ({kind}): {answer}"))
                        .hint("look at its log, or do it without the function: --direct");
                ctx.end = Some(outcome);
                return;
            }
            ctx.say(Weight::Step, format!("the function answered: {answer}"));
        }
        self.next(ctx);
    }

    fn refused(&mut self, failure: &Failure, lost: bool, ctx: &mut Ctx<'_>) {
        let short = &self.request.short;
        let done = (self.all - self.ahead.len()).saturating_sub(1);
        let outcome = if lost {
            Outcome::new(Verdict::Unknown, format!("{short}: AWS did not answer, and whether it was done is not known"))
                .hint("look with `cockpit services` before trying again")
        } else if done == 0 {
            Outcome::new(Verdict::Impossible, format!("{short}: it could not be done")).cause("nothing was changed")
        } else {
            Outcome::new(Verdict::Failed, format!("{short}: it stopped after {done} of {} steps", self.all))
        };
        ctx.end = Some(outcome.because(failure));
    }

    /// Time goes on.
    pub(super) fn tick(&mut self, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Doing(sure) => sure.tick(ctx),
            Phase::Waiting(_) => self.look(ctx),
            Phase::Gathering | Phase::Planned | Phase::Rechecking => {}
        }
    }

    fn look(&mut self, ctx: &mut Ctx<'_>) {
        let Phase::Waiting(goal) = &self.phase else { return };
        let interval = ctx.environment.refresh.watch.as_millis().max(1) as i64;
        let slot = ctx.now.as_millisecond().div_euclid(interval);
        if self.flying > 0 || slot <= self.slot || self.next_try.is_some_and(|next| ctx.now < next) {
            return;
        }
        self.slot = slot;
        self.looks += 1;
        self.flying = 1;
        match goal {
            Goal::Counts(_) => self.flying = self.settling.ask(self.looks, ctx),
            Goal::Stopped(id) => ctx.read(Slot::Tasks, Read::Task { cluster: ctx.cluster(), id: id.clone() }),
            Goal::Databases(states) => {
                ctx.read(Slot::Databases, Read::Databases { patterns: states.keys().cloned().collect() });
            }
        }
    }

    fn looked(&mut self, slot: &Slot, reply: Reply, ctx: &mut Ctx<'_>) {
        let Phase::Waiting(goal) = &self.phase else { return };
        let reached = match (goal, reply) {
            (Goal::Counts(goals), reply) => {
                if let Reply::Services(found) = &reply {
                    let goals = goals.clone();
                    self.tell(found, &goals, ctx);
                }
                self.settling.take(slot, reply, ctx);
                match self.settling.standing() {
                    Standing::Going => false,
                    Standing::Reached => true,
                    Standing::Failing(service, why) => return self.failing(&service, &why, ctx),
                }
            }
            (Goal::Stopped(id), Reply::Tasks(found)) => {
                let task = found.iter().find(|task| task.id == *id);
                if let Some(task) = task
                    && self.told.insert(task.last_status.clone())
                {
                    ctx.say(Weight::Step, format!("task {}: {}", super::watch::short(id), task.last_status));
                }
                task.is_none_or(Task::stopped)
            }
            (Goal::Databases(goals), Reply::Databases(found)) => {
                for database in &found {
                    if self.told.insert(format!("{} {}", database.id, database.status)) {
                        ctx.say(Weight::Step, format!("{}: {}", database.id, database.status));
                    }
                }
                goals.iter().all(|(id, status)| found.iter().any(|other| other.id == *id && other.status == *status))
            }
            _ => false,
        };
        if reached {
            self.next(ctx);
        }
    }

    /// What services show, where it is new.
    fn tell(&mut self, found: &[Service], goals: &BTreeMap<String, u32>, ctx: &mut Ctx<'_>) {
        for service in found {
            let Some(goal) = goals.get(&service.name) else { continue };
            let (running, desired) = (service.running, service.desired);
            let before = self.counts.insert(service.name.clone(), (running, desired));
            if before != Some((running, desired)) {
                ctx.say(Weight::Step, format!("{}: {running} of {desired} run", service.name));
            }
            let ahead = ctx.service_now.duration_since(ctx.now);
            for event in service.events.iter().rev() {
                let new = event.at.is_some_and(|at| self.began.is_some_and(|began| at >= began + ahead));
                if new && self.told.insert(event.id.clone()) {
                    ctx.say(Weight::Detail, event.message.clone());
                }
            }
            // Somebody, or autoscaling, has asked for another count.
            if *goal != desired {
                let text = format!("{}: desired is {desired} now, not {goal}", service.name);
                if self.told.insert(text.clone()) {
                    ctx.say(Weight::Warn, text);
                }
            }
        }
    }

    /// Its tasks fail again and again: the count was set, and what was promised does not hold.
    fn failing(&self, service: &str, why: &str, ctx: &mut Ctx<'_>) {
        let summary = format!("{}: the tasks of {service} do not stay", self.request.short);
        let outcome = Outcome::new(Verdict::Failed, summary)
            .cause(why)
            .cause("the desired count was set, and ECS goes on trying")
            .hint(format!(
                "`cockpit tasks {service}` and its log say why; `cockpit rollback` brings the version before back"
            ));
        ctx.end = Some(outcome);
    }

    /// Left before its end: what is known all the same.
    pub(super) fn left(&self, title: &str) -> Option<Outcome> {
        let unchanged = match &self.phase {
            Phase::Gathering | Phase::Planned | Phase::Rechecking => true,
            Phase::Doing(sure) => !sure.may_have_landed() && self.all == self.ahead.len() + 1,
            Phase::Waiting(_) => false,
        };
        unchanged.then(|| {
            Outcome::new(Verdict::Cancelled, format!("{title}: it was left before anything was changed"))
                .cause("nothing was changed")
        })
    }

    /// What is not as it is to be yet.
    pub(super) fn lacking(&self) -> Vec<String> {
        match &self.phase {
            Phase::Waiting(Goal::Counts(_)) => self.settling.lacking(),
            Phase::Gathering | Phase::Planned | Phase::Rechecking | Phase::Doing(_) | Phase::Waiting(_) => Vec::new(),
        }
    }

    fn done(&self, ctx: &mut Ctx<'_>) {
        let took = self.began.map(|began| ctx.now.duration_since(began)).filter(|took| took.as_secs() > 0);
        let took = took.map(|took| format!(" after {}", crate::model::time::spoken(took))).unwrap_or_default();
        ctx.end = Some(Outcome::new(Verdict::Done, format!("{}{took}", self.result(ctx))));
    }
}
