//! The life cycle of a single change that is planned, made and followed until it holds. What is changed is a [`Job`]:
//!
//! - [`address`]: allows an address on the load balancer, or removes such a rule.
//! - [`instance`]: starts, stops or reboots an EC2 instance.
//! - [`invalidation`]: invalidates a distribution's cache.
//! - [`mute`]: mutes or unmutes an alarm.
//! - [`scaling`]: changes the target of a policy; adds and removes scheduled actions.

pub mod address;
pub mod instance;
pub mod invalidation;
pub mod mute;
pub mod scaling;
#[cfg(test)]
mod tests;

use super::call::{CallResult, Read, Reply, Write};
use super::exactly_once::{Before, PendingWrite, Progress};
use super::machine::{Machine, NewOperation, Target};
use super::outcome::{Outcome, Verdict};
use super::plan::Plan;
use super::refusals;
use super::rounds::Rounds;
use super::step::{Ctx, Slot, Weight};
use crate::app::command::Risk;
use crate::model::Failure;
use crate::model::deploy::{Change, Check, Level};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Debug;

/// How long the reads of a plan count as current; after a later confirmation they are repeated.
const FRESH: SignedDuration = SignedDuration::from_secs(5);
/// How long an accepted change may stay invisible; after that it was not made, or was changed again.
const UNSHOWN: SignedDuration = SignedDuration::from_mins(2);

/// The decision based on the reads.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decided {
    /// The change; `None` if a check prevents it.
    pub write: Option<Write>,
    /// The steps, one sentence each.
    pub steps: Vec<String>,
    pub changes: Vec<Change>,
    pub checks: Vec<Check>,
    /// How to undo it, and what cannot be undone, in a sentence.
    pub undo: String,
}

/// The change that was sent, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub write: Write,
    pub at: Timestamp,
}

/// The kind of a single change: what is read, decided, sent and verified.
pub trait Job: Debug + Clone + Send + Sync + 'static {
    /// The title: `stop bastion`.
    fn title(&self) -> String;

    /// The label of the confirmation button, one or two words.
    fn verb(&self) -> &'static str;

    /// The command line that does this, without the environment.
    fn command_line(&self) -> String;

    /// The thing it changes, if two simultaneous changes would conflict.
    fn target(&self) -> Option<Target> {
        None
    }

    /// The risk, before the environment's guard raises it.
    fn risk(&self) -> Risk;

    /// The reads that the plan is based on, each with its name.
    fn reads(&self, ctx: &Ctx<'_>) -> Vec<(&'static str, Read)>;

    /// Takes an answer; returns the reads that follow from it.
    ///
    /// # Errors
    /// When the plan cannot be made without this answer.
    fn take_answer(
        &mut self,
        what: &'static str,
        outcome: Result<Reply, Failure>,
        ctx: &Ctx<'_>,
    ) -> Result<Vec<(&'static str, Read)>, Failure>;

    /// Decides what to do, based on the reads.
    fn decide(&mut self, ctx: &Ctx<'_>) -> Decided;

    /// The state that must be unchanged when the confirmation comes late.
    fn state_to_recheck(&self) -> String;

    /// The change to send: by default the planned one, even after a late confirmation.
    fn change_to_send(&self, planned: Write, _: &Ctx<'_>) -> Write {
        planned
    }

    /// Called when the change was accepted.
    fn change_accepted(&mut self, _: &Reply) {}

    /// The read that shows the progress.
    fn progress_read(&self, sent: &Write) -> Read;

    /// Takes the answer to that read; returns the outcome if the change has ended.
    fn take_progress(&mut self, reply: Reply, sent: &Sent, ctx: &mut Ctx<'_>) -> Option<Outcome>;

    /// The outcome if that read fails; `None` to read again.
    fn outcome_if_unreadable(&self, _: &Failure) -> Option<Outcome> {
        None
    }

    /// What it waits for: `waiting for the instance`.
    fn waiting_for(&self) -> &'static str;

    /// The command that shows the result later: `cockpit instances`.
    fn status_command(&self) -> String;

    /// What is known while it is in progress, as sentences.
    fn known_so_far(&self) -> Vec<String> {
        Vec::new()
    }

    /// The state before, and the result, for the audit file. `write` is the decided change, before it is sent; `None`
    /// if a check prevents it.
    fn record(&self, _: Option<&Write>) -> (Value, Option<(&'static str, Value)>) {
        (Value::Null, None)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Gathering,
    Planned,
    Rechecking,
    Doing(Box<PendingWrite>),
    Waiting,
}

/// A single change in progress.
#[derive(Debug, Clone)]
pub struct SingleChange<J> {
    job: J,
    phase: Phase,
    waiting: Vec<&'static str>,
    failure: Option<Failure>,
    checks: Vec<Check>,
    /// The decision that the plan showed, the state then, and when: nothing else is done.
    decided: Decided,
    planned_state: String,
    planned: Option<Timestamp>,
    sent: Option<Sent>,
    reported: BTreeSet<String>,
    rounds: Rounds,
}

impl<J: Job> SingleChange<J> {
    /// A change before anything was read.
    pub fn new(job: J) -> Self {
        Self {
            job,
            phase: Phase::Gathering,
            waiting: Vec::new(),
            failure: None,
            checks: Vec::new(),
            decided: Decided::default(),
            planned_state: String::new(),
            planned: None,
            sent: None,
            reported: BTreeSet::new(),
            rounds: Rounds::default(),
        }
    }

    fn read(&mut self, reads: Vec<(&'static str, Read)>, ctx: &mut Ctx<'_>) {
        for (what, read) in reads {
            self.waiting.push(what);
            ctx.read(Slot::NamedRead(what), read);
        }
    }

    fn take_read(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
        let Slot::NamedRead(what) = *slot else { return };
        self.waiting.retain(|waiting| *waiting != what);
        match self.job.take_answer(what, answered.outcome, ctx) {
            Ok(more) => self.read(more, ctx),
            Err(failure) => {
                self.checks.push(Check::failed(Level::Stop, "not everything could be read", &failure));
                self.failure.get_or_insert(failure);
            }
        }
        if self.waiting.is_empty() {
            match self.phase {
                Phase::Rechecking => self.judge_recheck(ctx),
                _ => self.plan(ctx),
            }
        }
    }

    fn plan(&mut self, ctx: &mut Ctx<'_>) {
        if self.failure.is_none() {
            self.decided = self.job.decide(ctx);
        }
        let mut checks = std::mem::take(&mut self.checks);
        checks.append(&mut self.decided.checks);
        checks.sort_by_key(|check| std::cmp::Reverse(check.level));
        self.planned_state = self.job.state_to_recheck();
        self.planned = Some(ctx.now);
        self.phase = Phase::Planned;
        ctx.plan = Some(Plan {
            title: self.job.title(),
            steps: self.decided.steps.clone(),
            changes: self.decided.changes.clone(),
            checks,
            undo: self.decided.undo.clone(),
            risk: self.job.risk(),
            writes: self.decided.write.iter().cloned().collect(),
            programs: Vec::new(),
            command: ctx.command(&self.job.command_line()),
            wider_plan_title: None,
        });
    }

    /// Minutes may have passed since the plan: the state must still be as the plan showed it.
    fn judge_recheck(&mut self, ctx: &mut Ctx<'_>) {
        let title = self.job.title();
        if let Some(failure) = &self.failure {
            ctx.end = Some(Outcome::recheck_failed(&title, failure));
        } else if self.job.state_to_recheck() != self.planned_state {
            ctx.end = Some(Outcome::plan_outdated(&title));
        } else {
            self.send(ctx);
        }
    }

    fn send(&mut self, ctx: &mut Ctx<'_>) {
        let Some(write) = self.decided.write.clone() else { return };
        let write = self.job.change_to_send(write, ctx);
        self.sent = Some(Sent { write: write.clone(), at: ctx.now });
        ctx.log(Weight::Step, format!("{}: {}", write.action(), self.job.title()));
        self.phase = Phase::Doing(Box::new(PendingWrite::send(write, Before::default(), ctx)));
    }

    fn look(&mut self, ctx: &mut Ctx<'_>) {
        let Some(sent) = &self.sent else { return };
        if !self.rounds.begin_if_due(ctx) {
            return;
        }
        self.rounds.sent(1);
        ctx.read(Slot::NamedRead("look"), self.job.progress_read(&sent.write));
    }

    fn looked(&mut self, outcome: Result<Reply, Failure>, ctx: &mut Ctx<'_>) {
        self.rounds.replied();
        let failure = match outcome {
            Ok(reply) => {
                self.rounds.answered(ctx);
                if let Some(sent) = &self.sent {
                    ctx.end = self.job.take_progress(reply, sent, ctx);
                }
                for known in self.job.known_so_far() {
                    if self.reported.insert(known.clone()) {
                        ctx.log(Weight::Step, known);
                    }
                }
                return;
            }
            Err(failure) => failure,
        };
        if let Some(outcome) = self.job.outcome_if_unreadable(&failure) {
            ctx.end = Some(outcome);
            return;
        }
        if self.rounds.should_give_up(&failure, ctx.now) {
            ctx.end = Some(refusals::given_up(&self.job.title(), &failure, &self.job.status_command(), ctx));
        } else {
            self.rounds.record_failure(failure, ctx);
        }
    }

    fn refused(&self, failure: &Failure, lost: bool, ctx: &mut Ctx<'_>) {
        ctx.end = Some(Outcome::change_failed(&self.job.title(), lost, failure, &self.job.status_command()));
    }
}

/// The end of a change that should be visible at once but is not: another change came after it.
fn not_shown(title: &str, shown_by: &str, sent: &Sent, ctx: &Ctx<'_>) -> Option<Outcome> {
    (ctx.now.duration_since(sent.at) >= UNSHOWN).then(|| {
        Outcome::new(Verdict::Unknown, format!("{title}: AWS took it, and does not show it"))
            .cause("it was not done, or somebody has changed it again since")
            .hint(format!("look with `{shown_by}`; `cockpit timeline` may tell who did it"))
    })
}

impl<J: Job> Machine for SingleChange<J> {
    fn clone_box(&self) -> NewOperation {
        Box::new(self.clone())
    }

    fn title(&self) -> String {
        self.job.title()
    }

    fn verb(&self) -> &'static str {
        self.job.verb()
    }

    fn command_line(&self) -> String {
        self.job.command_line()
    }

    fn target(&self) -> Option<Target> {
        self.job.target()
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        let reads = self.job.reads(ctx);
        self.read(reads, ctx);
    }

    fn start_changes(&mut self, ctx: &mut Ctx<'_>) {
        if self.planned.is_some_and(|planned| ctx.now.duration_since(planned) <= FRESH) {
            return self.send(ctx);
        }
        self.phase = Phase::Rechecking;
        let reads = self.job.reads(ctx);
        self.read(reads, ctx);
    }

    fn reply(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Gathering | Phase::Rechecking => self.take_read(slot, answered, ctx),
            Phase::Planned => {}
            Phase::Doing(sure) => match sure.reply(slot, answered, ctx) {
                Progress::InFlight => {}
                Progress::Made(reply) => {
                    self.job.change_accepted(&reply);
                    self.phase = Phase::Waiting;
                    self.look(ctx);
                }
                Progress::Refused(failure) => {
                    let lost = sure.may_have_been_made();
                    self.refused(&failure, lost, ctx);
                }
            },
            Phase::Waiting => self.looked(answered.outcome, ctx),
        }
    }

    fn tick(&mut self, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Doing(sure) => sure.tick(ctx),
            Phase::Waiting => self.look(ctx),
            Phase::Gathering | Phase::Planned | Phase::Rechecking => {}
        }
    }

    fn activity(&self) -> &'static str {
        match &self.phase {
            Phase::Gathering | Phase::Rechecking => "looking",
            Phase::Planned => "waiting for a yes",
            Phase::Doing(_) => "changing",
            Phase::Waiting => self.job.waiting_for(),
        }
    }

    fn began(&self) -> Option<Timestamp> {
        self.sent.as_ref().map(|sent| sent.at)
    }

    fn abandon(&mut self) -> Option<Outcome> {
        let unchanged = match &self.phase {
            Phase::Gathering | Phase::Planned | Phase::Rechecking => true,
            Phase::Doing(sure) => !sure.may_have_been_made(),
            Phase::Waiting => false,
        };
        unchanged.then(|| Outcome::abandoned(&self.job.title()))
    }

    fn known_so_far(&self) -> Vec<String> {
        if self.phase == Phase::Waiting { self.job.known_so_far() } else { Vec::new() }
    }

    fn obstacle(&self) -> Option<&Failure> {
        match &self.phase {
            Phase::Doing(sure) => sure.obstacle(),
            Phase::Waiting => self.rounds.last_failure(),
            Phase::Gathering | Phase::Planned | Phase::Rechecking => None,
        }
    }

    fn check_hint(&self) -> String {
        format!("look with `{}", self.job.status_command())
    }

    fn quit_note(&self, environment: &str) -> String {
        format!("continues in AWS; look with `{} --env {environment}`", self.job.status_command())
    }

    fn next_try(&self) -> Option<Timestamp> {
        self.rounds.next_try()
    }

    fn record(&self, plan: Option<&Plan>) -> (Value, Value) {
        let (before, came) =
            self.job.record(self.sent.as_ref().map(|sent| &sent.write).or(self.decided.write.as_ref()));
        let changes = plan.into_iter().flat_map(|plan| &plan.changes);
        let mut after: serde_json::Map<String, Value> =
            changes.map(|change| (change.what.clone(), json!(change.next))).collect();
        if let Some((name, value)) = came {
            after.insert(name.to_owned(), value);
        }
        (before, Value::Object(after))
    }
}
