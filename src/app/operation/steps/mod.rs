//! Everything that is a few changes in a row and then a state to be reached: scale, limits of autoscaling,
//! stop and start, stop a task, skip a scheduled time.

mod counts;
mod follow;
mod plan;
mod power;
mod request;
mod sentence;
mod skip;

use super::call::{Answered, DatabaseState, Reply, Write};
use super::machine::{Machine, Picture, Target, What};
use super::outcome::{Outcome, Verdict, not_done};
use super::plan::Plan;
use super::refusals;
use super::rounds::Rounds;
use super::step::{Ctx, Slot, Weight};
use super::sure::{Before, PendingWrite, Progress};
use crate::model::deploy::Check;
use crate::model::service::Service;
use crate::model::timer::{Power, Timer};
use crate::model::{Failure, ScalableTarget, Task};
use counts::Counts;
use jiff::{SignedDuration, Timestamp};
pub use request::{Request, Wanted};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// For this long the reads of a plan count as current; after a later yes they are made again.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

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
    /// Databases that are to stop or to start.
    Databases(Power, BTreeSet<String>),
}

/// A few changes in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    /// The request, as it was typed or chosen.
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
    /// The steps that the plan showed, and when: nothing else is done.
    shown: VecDeque<Step>,
    planned: Option<Timestamp>,
    ahead: VecDeque<Step>,
    all: usize,
    phase: Phase,
    began: Option<Timestamp>,
    rounds: Rounds,
    /// Looks so far.
    looks: u64,
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
    Doing(Box<PendingWrite>),
    Waiting(Goal),
}

impl From<Request> for What {
    fn from(request: Request) -> Self {
        Box::new(Steps::new(request))
    }
}

impl Machine for Steps {
    fn clone_box(&self) -> What {
        Box::new(self.clone())
    }

    fn title(&self) -> String {
        self.request.title()
    }

    fn verb(&self) -> &'static str {
        self.request.verb()
    }

    fn typed(&self) -> String {
        self.request.typed()
    }

    fn target(&self) -> Option<Target> {
        match &self.request.wanted {
            Wanted::Scale { service, .. } | Wanted::Limits { service, .. } => Some(Target::service(service)),
            Wanted::Power { .. } | Wanted::StopTask { .. } | Wanted::Skip { .. } => None,
        }
    }

    fn words(&self) -> &'static str {
        match &self.phase {
            Phase::Gathering | Phase::Rechecking => "looking",
            Phase::Planned => "waiting for a yes",
            Phase::Doing(_) => "changing",
            Phase::Waiting(Goal::Counts(_)) => "waiting for the tasks",
            Phase::Waiting(Goal::Stopped(_)) => "waiting for the task",
            Phase::Waiting(Goal::Databases(..)) => "waiting for the database",
        }
    }

    fn progress(&self) -> Option<(u32, u32)> {
        match &self.phase {
            Phase::Gathering | Phase::Planned | Phase::Rechecking => None,
            Phase::Doing(_) | Phase::Waiting(_) => {
                Some(((self.all - self.ahead.len()).saturating_sub(1) as u32, self.all as u32))
            }
        }
    }

    fn began(&self) -> Option<Timestamp> {
        self.began
    }

    fn next_try(&self) -> Option<Timestamp> {
        self.rounds.next_try()
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        self.read(ctx);
    }

    fn go(&mut self, ctx: &mut Ctx<'_>) {
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

    fn reply(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) {
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
                self.rounds.replied();
                match answered.outcome {
                    Ok(reply) => {
                        self.rounds.answered(ctx);
                        self.looked(slot, reply, ctx);
                    }
                    Err(failure) if self.rounds.gives_up(&failure, ctx.now) => {
                        ctx.end = Some(refusals::given_up(&self.request.title(), &failure, "cockpit services", ctx));
                    }
                    Err(failure) if self.settling.missed(slot, &failure, ctx) => self.rounds.settle(ctx),
                    Err(failure) => self.rounds.missed(failure, ctx),
                }
            }
        }
    }

    fn tick(&mut self, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Doing(sure) => sure.tick(ctx),
            Phase::Waiting(_) => self.look(ctx),
            Phase::Gathering | Phase::Planned | Phase::Rechecking => {}
        }
    }

    fn left(&mut self) -> Option<Outcome> {
        let unchanged = match &self.phase {
            Phase::Gathering | Phase::Planned | Phase::Rechecking => true,
            Phase::Doing(sure) => !sure.may_have_landed() && self.all == self.ahead.len() + 1,
            Phase::Waiting(_) => false,
        };
        unchanged.then(|| Outcome::left(&self.request.title()))
    }

    fn known_so_far(&self) -> Vec<String> {
        let undone = Some(self.undone()).filter(|undone| !undone.is_empty()).map(|undone| not_done(&undone));
        match &self.phase {
            Phase::Waiting(Goal::Counts(_)) => self.settling.lacking().into_iter().chain(undone).collect(),
            Phase::Doing(_) | Phase::Waiting(_) => undone.into_iter().collect(),
            Phase::Gathering | Phase::Planned | Phase::Rechecking => Vec::new(),
        }
    }

    fn held_up(&self) -> Option<&Failure> {
        match &self.phase {
            Phase::Doing(sure) => sure.held_up(),
            Phase::Waiting(_) => self.rounds.unseen(),
            Phase::Gathering | Phase::Planned | Phase::Rechecking => None,
        }
    }

    fn leaving(&self, environment: &str) -> String {
        if self.changing() {
            return "what was sent goes on in AWS; the steps after it are not done".to_owned();
        }
        format!("goes on in AWS; look with `cockpit services --env {environment}`")
    }

    fn record(&self, plan: Option<&Plan>) -> (Value, Value) {
        let changes = plan.into_iter().flat_map(|plan| &plan.changes);
        let after: serde_json::Map<String, Value> =
            changes.map(|change| (change.what.clone(), json!(change.next))).collect();
        (json!(self.before), Value::Object(after))
    }

    fn picture(&self) -> Picture<'_> {
        let waited = match &self.phase {
            Phase::Waiting(Goal::Counts(goals)) => goals.len(),
            Phase::Gathering | Phase::Planned | Phase::Rechecking | Phase::Doing(_) | Phase::Waiting(_) => {
                self.counts.len()
            }
        };
        Picture::Steps { waited, counts: &self.counts }
    }

    fn offered(&self) -> Option<What> {
        self.with_offer().map(What::from)
    }
}

impl Steps {
    fn new(request: Request) -> Self {
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
            rounds: Rounds::default(),
            looks: 0,
            told: BTreeSet::new(),
            settling: Counts::default(),
            before: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    /// Whether changes are still to be made, so that it is not only waited for.
    fn changing(&self) -> bool {
        let left = self.ahead.iter().any(|step| matches!(step, Step::Do(_)));
        left || matches!(self.phase, Phase::Doing(_))
    }

    /// Minutes may have passed since it was looked at: what was shown is what is done, or nothing is.
    fn rechecked(&mut self, ctx: &mut Ctx<'_>) {
        let short = &self.request.short;
        if let Some(failure) = &self.failure {
            ctx.end = Some(Outcome::unseen(short, failure));
        } else if self.counts_now() != self.before || self.compile(ctx) != self.shown {
            ctx.end = Some(Outcome::changed(short));
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
                ctx.say(Weight::Step, sentence::sentence(&write));
                let first = self.ahead.len() + 1 == self.all;
                let sure = PendingWrite::send(write, Before::default(), ctx);
                self.phase = Phase::Doing(Box::new(if first { sure } else { sure.in_the_middle() }));
            }
            Some(Step::Until(goal)) => {
                self.rounds.restart();
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
        let undone = self.undone();
        ctx.end = Some(if lost {
            let outcome = Outcome::unmade(short, lost, failure, "cockpit services");
            if undone.is_empty() { outcome } else { outcome.cause(not_done(&undone)) }
        } else if undone.len() == self.changes_planned() {
            Outcome::unmade(short, lost, failure, "cockpit services")
        } else {
            let again = match &self.request.wanted {
                // A time that is skipped already would be the one after it the next time.
                Wanted::Skip { .. } => "look with `cockpit schedule` what is still to be skipped".to_owned(),
                Wanted::Scale { .. } | Wanted::Limits { .. } | Wanted::Power { .. } | Wanted::StopTask { .. } => {
                    format!("`cockpit {}` does what is left", self.request.typed())
                }
            };
            Outcome::half_way(short, self.changes_planned(), &undone, failure, &again)
        });
    }

    fn changes_planned(&self) -> usize {
        self.shown.iter().filter(|step| matches!(step, Step::Do(_))).count()
    }

    /// Changes that are not made: the one under way, where it was certainly not carried out, and those after it.
    fn undone(&self) -> Vec<String> {
        let current = match &self.phase {
            Phase::Doing(sure) if !sure.may_have_landed() => Some(sentence::sentence(sure.change())),
            Phase::Doing(_) | Phase::Gathering | Phase::Planned | Phase::Rechecking | Phase::Waiting(_) => None,
        };
        let after = self.ahead.iter().filter_map(|step| match step {
            Step::Do(write) => Some(sentence::sentence(write)),
            Step::Until(_) => None,
        });
        current.into_iter().chain(after).collect()
    }

    fn done(&self, ctx: &mut Ctx<'_>) {
        let took = self.began.map(|began| ctx.now.duration_since(began)).filter(|took| took.as_secs() > 0);
        let took = took.map(|took| format!(" after {}", crate::model::time::spoken(took))).unwrap_or_default();
        ctx.end = Some(Outcome::new(Verdict::Done, format!("{}{took}", self.result(ctx))));
    }
}
