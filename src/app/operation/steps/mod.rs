//! Operations that are a few changes in a row followed by waiting for a state: scale, autoscaling limits, stop and
//! start, stop a task, skip a scheduled time.

mod counts;
mod follow;
mod plan;
mod power;
mod request;
mod sentence;
mod skip;

use super::call::{CallResult, DatabaseState, Reply, Write};
use super::exactly_once::{Before, PendingWrite, Progress};
use super::machine::{Machine, NewOperation, Picture, Target};
use super::outcome::{Outcome, Verdict, undone_note};
use super::plan::Plan;
use super::refusals;
use super::rounds::Rounds;
use super::step::{Ctx, Slot, Weight};
use crate::model::deploy::Check;
use crate::model::service::Service;
use crate::model::timer::{Power, Timer};
use crate::model::{Failure, ScalableTarget, Task};
use counts::Counts;
use jiff::{SignedDuration, Timestamp};
pub use request::{Request, StepChange};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How long the reads of a plan count as current; after a later confirmation they are repeated.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

/// A step: a change, or a state to wait for.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Do(Write),
    Until(Goal),
}

/// A state to wait for.
#[derive(Debug, Clone, PartialEq)]
pub enum Goal {
    /// Services, and the number of running tasks of each.
    Counts(BTreeMap<String, u32>),
    /// The task is STOPPED.
    Stopped(String),
    /// Databases that stop or start.
    Databases(Power, BTreeSet<String>),
}

/// An operation of a few changes in a row.
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
    /// Whether the scheduler function exists.
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
    /// Number of looks so far.
    looks: u64,
    reported: BTreeSet<String>,
    settling: Counts,
    /// The counts before, for the audit file.
    pub before: BTreeMap<String, u32>,
    /// The last counts seen, running and desired.
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

impl From<Request> for NewOperation {
    fn from(request: Request) -> Self {
        Box::new(Steps::new(request))
    }
}

impl Machine for Steps {
    fn clone_box(&self) -> NewOperation {
        Box::new(self.clone())
    }

    fn title(&self) -> String {
        self.request.title()
    }

    fn verb(&self) -> &'static str {
        self.request.verb()
    }

    fn command_line(&self) -> String {
        self.request.command_line()
    }

    fn target(&self) -> Option<Target> {
        match &self.request.wanted {
            StepChange::Scale { service, .. } | StepChange::Limits { service, .. } => Some(Target::service(service)),
            StepChange::Power { .. } | StepChange::StopTask { .. } | StepChange::Skip { .. } => None,
        }
    }

    fn activity(&self) -> &'static str {
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

    fn start_changes(&mut self, ctx: &mut Ctx<'_>) {
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

    fn reply(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Gathering | Phase::Rechecking => self.take_read(slot, answered, ctx),
            Phase::Planned => {}
            Phase::Doing(sure) => match sure.reply(slot, answered, ctx) {
                Progress::InFlight => {}
                Progress::Made(reply) => self.landed(*reply, ctx),
                Progress::Refused(failure) => {
                    let lost = sure.may_have_been_made();
                    self.refused(&failure, lost, ctx);
                }
            },
            Phase::Waiting(_) => {
                self.rounds.replied();
                match answered.outcome {
                    Ok(reply) => {
                        self.rounds.answered(ctx);
                        self.take_reply(slot, reply, ctx);
                    }
                    Err(failure) if self.rounds.should_give_up(&failure, ctx.now) => {
                        ctx.end = Some(refusals::given_up(&self.request.title(), &failure, "cockpit services", ctx));
                    }
                    Err(failure) if self.settling.read_failed(slot, &failure, ctx) => self.rounds.settle(ctx),
                    Err(failure) => self.rounds.record_failure(failure, ctx),
                }
            }
        }
    }

    fn tick(&mut self, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Doing(sure) => sure.tick(ctx),
            Phase::Waiting(_) => self.send_reads(ctx),
            Phase::Gathering | Phase::Planned | Phase::Rechecking => {}
        }
    }

    fn abandon(&mut self) -> Option<Outcome> {
        let unchanged = match &self.phase {
            Phase::Gathering | Phase::Planned | Phase::Rechecking => true,
            Phase::Doing(sure) => !sure.may_have_been_made() && self.all == self.ahead.len() + 1,
            Phase::Waiting(_) => false,
        };
        unchanged.then(|| Outcome::abandoned(&self.request.title()))
    }

    fn known_so_far(&self) -> Vec<String> {
        let undone = Some(self.undone()).filter(|undone| !undone.is_empty()).map(|undone| undone_note(&undone));
        match &self.phase {
            Phase::Waiting(Goal::Counts(_)) => self.settling.missing_text().into_iter().chain(undone).collect(),
            Phase::Doing(_) | Phase::Waiting(_) => undone.into_iter().collect(),
            Phase::Gathering | Phase::Planned | Phase::Rechecking => Vec::new(),
        }
    }

    fn obstacle(&self) -> Option<&Failure> {
        match &self.phase {
            Phase::Doing(sure) => sure.obstacle(),
            Phase::Waiting(_) => self.rounds.last_failure(),
            Phase::Gathering | Phase::Planned | Phase::Rechecking => None,
        }
    }

    fn quit_note(&self, environment: &str) -> String {
        if self.changing() {
            return "what was sent continues in AWS; the steps after it are not done".to_owned();
        }
        format!("continues in AWS; look with `cockpit services --env {environment}`")
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

    fn wider_operation(&self) -> Option<NewOperation> {
        self.with_offer().map(NewOperation::from)
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
            reported: BTreeSet::new(),
            settling: Counts::default(),
            before: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    /// Whether changes are still to be made, rather than only waiting.
    fn changing(&self) -> bool {
        let left = self.ahead.iter().any(|step| matches!(step, Step::Do(_)));
        left || matches!(self.phase, Phase::Doing(_))
    }

    /// Minutes may have passed since the plan: exactly the steps shown are done, or none.
    fn judge_recheck(&mut self, ctx: &mut Ctx<'_>) {
        let short = &self.request.short;
        if let Some(failure) = &self.failure {
            ctx.end = Some(Outcome::recheck_failed(short, failure));
        } else if self.counts_now() != self.before || self.compile(ctx) != self.shown {
            ctx.end = Some(Outcome::plan_outdated(short));
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
                ctx.log(Weight::Step, sentence::sentence(&write));
                let first = self.ahead.len() + 1 == self.all;
                let sure = PendingWrite::send(write, Before::default(), ctx);
                self.phase = Phase::Doing(Box::new(if first { sure } else { sure.after_other_changes() }));
            }
            Some(Step::Until(goal)) => {
                self.rounds.restart();
                self.counts.clear();
                if let Goal::Counts(goals) = &goal {
                    self.settling = Counts::new(goals.clone());
                }
                self.phase = Phase::Waiting(goal);
                self.send_reads(ctx);
            }
            None => self.done(ctx),
        }
    }

    fn landed(&mut self, reply: Reply, ctx: &mut Ctx<'_>) {
        if let Reply::Invoked { answer, log, failed } = reply {
            for line in log {
                ctx.log(Weight::Detail, format!("  {line}"));
            }
            if let Some(kind) = failed {
                let outcome =
                    Outcome::new(Verdict::Failed, format!("the scheduler function failed ({kind}): {answer}"))
                        .hint("look at its log, or do it without the function: --direct");
                ctx.end = Some(outcome);
                return;
            }
            ctx.log(Weight::Step, format!("the function answered: {answer}"));
        }
        self.next(ctx);
    }

    fn refused(&mut self, failure: &Failure, lost: bool, ctx: &mut Ctx<'_>) {
        let short = &self.request.short;
        let undone = self.undone();
        ctx.end = Some(if lost {
            let outcome = Outcome::change_failed(short, lost, failure, "cockpit services");
            if undone.is_empty() { outcome } else { outcome.cause(undone_note(&undone)) }
        } else if undone.len() == self.changes_planned() {
            Outcome::change_failed(short, lost, failure, "cockpit services")
        } else {
            let retry_hint = match &self.request.wanted {
                // Repeating the command would skip the time after the one already skipped.
                StepChange::Skip { .. } => "look with `cockpit schedule` what is still to be skipped".to_owned(),
                StepChange::Scale { .. }
                | StepChange::Limits { .. }
                | StepChange::Power { .. }
                | StepChange::StopTask { .. } => {
                    format!("`cockpit {}` does what is left", self.request.command_line())
                }
            };
            Outcome::partially_done(short, self.changes_planned(), &undone, failure, &retry_hint)
        });
    }

    fn changes_planned(&self) -> usize {
        self.shown.iter().filter(|step| matches!(step, Step::Do(_))).count()
    }

    /// Changes that were not made: the current one, if it was certainly not carried out, and those after it.
    fn undone(&self) -> Vec<String> {
        let current = match &self.phase {
            Phase::Doing(sure) if !sure.may_have_been_made() => Some(sentence::sentence(sure.change())),
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
        let took =
            took.map(|took| format!(" after {}", crate::model::time::sentence_duration(took))).unwrap_or_default();
        ctx.end = Some(Outcome::new(Verdict::Done, format!("{}{took}", self.result(ctx))));
    }
}
