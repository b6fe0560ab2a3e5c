//! One change of one thing, looked at before and followed until it holds: its life. What it is of is a [`Job`]:
//!
//! - [`address`]: an address is let in to the load balancer, or what was added is taken back.
//! - [`instance`]: an instance of EC2 is started, stopped or restarted.
//! - [`invalidation`]: what a distribution has cached is thrown away.
//! - [`mute`]: an alarm notifies nobody for a time, or notifies again.
//! - [`scaling`]: the target of a policy is changed; scheduled actions are added and removed.

pub mod address;
pub mod instance;
pub mod invalidation;
pub mod mute;
pub mod scaling;
#[cfg(test)]
mod tests;

use super::call::{Answered, Read, Reply, Write};
use super::machine::{Machine, Target, What};
use super::outcome::{Outcome, Verdict};
use super::plan::Plan;
use super::refusals;
use super::rounds::Rounds;
use super::step::{Ctx, Slot, Weight};
use super::sure::{Before, PendingWrite, Progress};
use crate::app::command::Risk;
use crate::model::Failure;
use crate::model::deploy::{Change, Check, Level};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Debug;

/// For this long the reads of a plan count as current; after a later yes they are made again.
const FRESH: SignedDuration = SignedDuration::from_secs(5);
/// A change that AWS has accepted and does not show after this time was not done, or was changed again since.
const UNSHOWN: SignedDuration = SignedDuration::from_mins(2);

/// The decision, from what was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decided {
    /// The change; none where a check stops it.
    pub write: Option<Write>,
    /// The steps, a sentence each.
    pub steps: Vec<String>,
    pub changes: Vec<Change>,
    pub checks: Vec<Check>,
    /// The sentence on what can be undone, and how.
    pub undo: String,
}

/// The change that was sent, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    pub write: Write,
    pub at: Timestamp,
}

/// The kind of a single change: what is read, decided, sent and looked at.
pub trait Job: Debug + Clone + Send + Sync + 'static {
    /// `stop bastion`.
    fn title(&self) -> String;

    /// The effect of a yes in a word or two, as on a button.
    fn verb(&self) -> &'static str;

    /// The command line that does this, without the environment.
    fn typed(&self) -> String;

    /// The thing that it changes, where two changes at once would conflict.
    fn target(&self) -> Option<Target> {
        None
    }

    /// The risk, before a guarded environment raises it.
    fn risk(&self) -> Risk;

    /// The reads that the plan rests on, each with its name.
    fn reads(&self, ctx: &Ctx<'_>) -> Vec<(&'static str, Read)>;

    /// Takes an answer in; what is to be read because of it. A failure that is given back keeps the plan from being made.
    ///
    /// # Errors
    /// It cannot be said what would be done without this answer.
    fn learn(
        &mut self,
        what: &'static str,
        outcome: Result<Reply, Failure>,
        ctx: &Ctx<'_>,
    ) -> Result<Vec<(&'static str, Read)>, Failure>;

    /// Decides what is to be done, from what was read.
    fn decide(&mut self, ctx: &Ctx<'_>) -> Decided;

    /// The state that must be the same when a yes comes late.
    fn standing(&self) -> String;

    /// The change to send: the planned one, where a late yes changes nothing of it.
    fn to_send(&self, planned: Write, _: &Ctx<'_>) -> Write {
        planned
    }

    /// The change was accepted.
    fn landed(&mut self, _: &Reply) {}

    /// The read that shows how far it is.
    fn look(&self, sent: &Write) -> Read;

    /// Takes such a look in: how it ended, if it has.
    fn looked(&mut self, reply: Reply, sent: &Sent, ctx: &mut Ctx<'_>) -> Option<Outcome>;

    /// The end where such a look fails. None: it is looked again.
    fn unseen(&self, _: &Failure) -> Option<Outcome> {
        None
    }

    /// The state that it waits for, in words: `waiting for the instance`.
    fn waits(&self) -> &'static str;

    /// The command that shows it later: `cockpit instances`.
    fn shown_by(&self) -> String;

    /// The known state while it is under way, in sentences.
    fn known(&self) -> Vec<String> {
        Vec::new()
    }

    /// The state before, and the result, for the audit file. The change is the one that was decided, as long as it was
    /// not sent; there is none where a check stops it.
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

/// One such change under way.
#[derive(Debug, Clone)]
pub struct SingleChange<J> {
    job: J,
    phase: Phase,
    waiting: Vec<&'static str>,
    failure: Option<Failure>,
    checks: Vec<Check>,
    /// The decision that the plan showed, the state then, and when: nothing else is done.
    decided: Decided,
    stood: String,
    planned: Option<Timestamp>,
    sent: Option<Sent>,
    told: BTreeSet<String>,
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
            stood: String::new(),
            planned: None,
            sent: None,
            told: BTreeSet::new(),
            rounds: Rounds::default(),
        }
    }

    fn read(&mut self, reads: Vec<(&'static str, Read)>, ctx: &mut Ctx<'_>) {
        for (what, read) in reads {
            self.waiting.push(what);
            ctx.read(Slot::Of(what), read);
        }
    }

    fn gathered(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) {
        let Slot::Of(what) = *slot else { return };
        self.waiting.retain(|waiting| *waiting != what);
        match self.job.learn(what, answered.outcome, ctx) {
            Ok(more) => self.read(more, ctx),
            Err(failure) => {
                self.checks.push(Check::failed(Level::Stop, "not everything could be read", &failure));
                self.failure.get_or_insert(failure);
            }
        }
        if self.waiting.is_empty() {
            match self.phase {
                Phase::Rechecking => self.rechecked(ctx),
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
        self.stood = self.job.standing();
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
            command: ctx.command(&self.job.typed()),
            offer: None,
        });
    }

    /// Minutes may have passed since it was looked at: it must still be as the plan showed it.
    fn rechecked(&mut self, ctx: &mut Ctx<'_>) {
        let title = self.job.title();
        if let Some(failure) = &self.failure {
            ctx.end = Some(Outcome::unseen(&title, failure));
        } else if self.job.standing() != self.stood {
            ctx.end = Some(Outcome::changed(&title));
        } else {
            self.send(ctx);
        }
    }

    fn send(&mut self, ctx: &mut Ctx<'_>) {
        let Some(write) = self.decided.write.clone() else { return };
        let write = self.job.to_send(write, ctx);
        self.sent = Some(Sent { write: write.clone(), at: ctx.now });
        ctx.say(Weight::Step, format!("{}: {}", write.action(), self.job.title()));
        self.phase = Phase::Doing(Box::new(PendingWrite::send(write, Before::default(), ctx)));
    }

    fn look(&mut self, ctx: &mut Ctx<'_>) {
        let Some(sent) = &self.sent else { return };
        if !self.rounds.begins(ctx) {
            return;
        }
        self.rounds.sent(1);
        ctx.read(Slot::Of("look"), self.job.look(&sent.write));
    }

    fn looked(&mut self, outcome: Result<Reply, Failure>, ctx: &mut Ctx<'_>) {
        self.rounds.replied();
        let failure = match outcome {
            Ok(reply) => {
                self.rounds.answered(ctx);
                if let Some(sent) = &self.sent {
                    ctx.end = self.job.looked(reply, sent, ctx);
                }
                for known in self.job.known() {
                    if self.told.insert(known.clone()) {
                        ctx.say(Weight::Step, known);
                    }
                }
                return;
            }
            Err(failure) => failure,
        };
        if let Some(outcome) = self.job.unseen(&failure) {
            ctx.end = Some(outcome);
            return;
        }
        if self.rounds.gives_up(&failure, ctx.now) {
            ctx.end = Some(refusals::given_up(&self.job.title(), &failure, &self.job.shown_by(), ctx));
        } else {
            self.rounds.missed(failure, ctx);
        }
    }

    fn refused(&self, failure: &Failure, lost: bool, ctx: &mut Ctx<'_>) {
        ctx.end = Some(Outcome::unmade(&self.job.title(), lost, failure, &self.job.shown_by()));
    }
}

/// The end of a change that shows at once where it was taken, and does not: another one came after it.
fn not_shown(title: &str, shown_by: &str, sent: &Sent, ctx: &Ctx<'_>) -> Option<Outcome> {
    (ctx.now.duration_since(sent.at) >= UNSHOWN).then(|| {
        Outcome::new(Verdict::Unknown, format!("{title}: AWS took it, and does not show it"))
            .cause("it was not done, or somebody has changed it again since")
            .hint(format!("look with `{shown_by}`; `cockpit timeline` may tell who did it"))
    })
}

impl<J: Job> Machine for SingleChange<J> {
    fn clone_box(&self) -> What {
        Box::new(self.clone())
    }

    fn title(&self) -> String {
        self.job.title()
    }

    fn verb(&self) -> &'static str {
        self.job.verb()
    }

    fn typed(&self) -> String {
        self.job.typed()
    }

    fn target(&self) -> Option<Target> {
        self.job.target()
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        let reads = self.job.reads(ctx);
        self.read(reads, ctx);
    }

    fn go(&mut self, ctx: &mut Ctx<'_>) {
        if self.planned.is_some_and(|planned| ctx.now.duration_since(planned) <= FRESH) {
            return self.send(ctx);
        }
        self.phase = Phase::Rechecking;
        let reads = self.job.reads(ctx);
        self.read(reads, ctx);
    }

    fn reply(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Gathering | Phase::Rechecking => self.gathered(slot, answered, ctx),
            Phase::Planned => {}
            Phase::Doing(sure) => match sure.reply(slot, answered, ctx) {
                Progress::Going => {}
                Progress::Landed(reply) => {
                    self.job.landed(&reply);
                    self.phase = Phase::Waiting;
                    self.look(ctx);
                }
                Progress::Refused(failure) => {
                    let lost = sure.may_have_landed();
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

    fn words(&self) -> &'static str {
        match &self.phase {
            Phase::Gathering | Phase::Rechecking => "looking",
            Phase::Planned => "waiting for a yes",
            Phase::Doing(_) => "changing",
            Phase::Waiting => self.job.waits(),
        }
    }

    fn began(&self) -> Option<Timestamp> {
        self.sent.as_ref().map(|sent| sent.at)
    }

    fn left(&mut self) -> Option<Outcome> {
        let unchanged = match &self.phase {
            Phase::Gathering | Phase::Planned | Phase::Rechecking => true,
            Phase::Doing(sure) => !sure.may_have_landed(),
            Phase::Waiting => false,
        };
        unchanged.then(|| Outcome::left(&self.job.title()))
    }

    fn known_so_far(&self) -> Vec<String> {
        if self.phase == Phase::Waiting { self.job.known() } else { Vec::new() }
    }

    fn held_up(&self) -> Option<&Failure> {
        match &self.phase {
            Phase::Doing(sure) => sure.held_up(),
            Phase::Waiting => self.rounds.unseen(),
            Phase::Gathering | Phase::Planned | Phase::Rechecking => None,
        }
    }

    fn look_again(&self) -> String {
        format!("look with `{}", self.job.shown_by())
    }

    fn leaving(&self, environment: &str) -> String {
        format!("goes on in AWS; look with `{} --env {environment}`", self.job.shown_by())
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
