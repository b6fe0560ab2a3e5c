//! One change of a database, followed to its end: a failover, a snapshot, a reboot, stop and start.
//!
//! - [`call`]: the calls to RDS, and their replies.
//! - [`request`]: the request, and its command line.
//! - `plan`: the reads before the change; `follow`: the reads after it.

pub mod call;
mod follow;
mod observations;
mod plan;
pub mod request;
#[cfg(test)]
mod tests;

use super::call::{CallResult, Write};
use super::exactly_once::{Before, PendingWrite, Progress};
use super::machine::{Machine, NewOperation, Target};
use super::outcome::Outcome;
use super::plan::Plan;
use super::refusals;
use super::rounds::Rounds;
use super::step::{Ctx, Slot, Weight};
use crate::model::deploy::Check;
use crate::model::failover::Figures;
use crate::model::{Database, DatabaseSnapshot, Failure};
use call::writer;
use jiff::{SignedDuration, Timestamp};
use observations::Observations;
pub use request::{ConnectedSessions, Request, StepChange};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How long the reads of a plan count as current; after a later confirmation they are repeated.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Gathering,
    Planned,
    Rechecking,
    Doing(Box<PendingWrite>),
    Waiting,
}

/// One change of a database.
#[derive(Debug, Clone, PartialEq)]
pub struct DatabaseChange {
    request: Request,
    phase: Phase,
    waiting: Vec<Slot>,
    /// The database as last read.
    found: Option<Database>,
    /// The database when the plan was made.
    before: Option<Database>,
    snapshots: Option<Vec<DatabaseSnapshot>>,
    /// Lag and connections, if they could be read.
    figures: Option<Figures>,
    checks: Vec<Check>,
    failure: Option<Failure>,
    /// The change that the plan showed, and when: nothing else is done.
    write: Option<Write>,
    planned: Option<Timestamp>,
    began: Option<Timestamp>,
    /// When it was sent, on the service's clock.
    sent: Option<Timestamp>,
    seen: Observations,
    /// The writer at the end of a failover.
    written: Option<String>,
    reported: BTreeSet<String>,
    rounds: Rounds,
}

impl From<Request> for NewOperation {
    fn from(request: Request) -> Self {
        Box::new(DatabaseChange::new(request))
    }
}

impl DatabaseChange {
    fn new(mut request: Request) -> Self {
        // RDS stores snapshot names in lowercase, and the snapshot is looked up under that name.
        if let StepChange::Snapshot { name } = &mut request.wanted {
            name.make_ascii_lowercase();
        }
        Self {
            request,
            phase: Phase::Gathering,
            waiting: Vec::new(),
            found: None,
            before: None,
            snapshots: None,
            figures: None,
            checks: Vec::new(),
            failure: None,
            write: None,
            planned: None,
            began: None,
            sent: None,
            seen: Observations::default(),
            written: None,
            reported: BTreeSet::new(),
            rounds: Rounds::default(),
        }
    }

    /// Minutes may have passed since the plan: the database must still be as the plan showed it.
    fn judge_recheck(&mut self, ctx: &mut Ctx<'_>) {
        let id = &self.request.database;
        let standing = |database: Option<&Database>| {
            database.map(|database| {
                let members =
                    database.members.iter().map(|member| (member.id.clone(), member.role, member.status.clone()));
                (database.status.clone(), members.collect::<Vec<_>>())
            })
        };
        if let Some(failure) = &self.failure {
            ctx.end = Some(Outcome::recheck_failed(id, failure));
        } else if standing(self.found.as_ref()) != standing(self.before.as_ref()) {
            ctx.end = Some(Outcome::plan_outdated(id));
        } else {
            self.send(ctx);
        }
    }

    fn send(&mut self, ctx: &mut Ctx<'_>) {
        let Some(write) = self.write.clone() else { return };
        (self.began, self.sent) = (Some(ctx.now), Some(ctx.service_now));
        ctx.log(Weight::Step, format!("{}: {}", write.action(), self.request.title()));
        self.phase = Phase::Doing(Box::new(PendingWrite::send(write, Before::default(), ctx)));
    }

    fn refused(&self, failure: &Failure, lost: bool, ctx: &mut Ctx<'_>) {
        ctx.end = Some(Outcome::change_failed(&self.request.title(), lost, failure, "cockpit db"));
    }

    fn read_failed(&mut self, failure: Failure, ctx: &mut Ctx<'_>) {
        if self.rounds.should_give_up(&failure, ctx.now) {
            ctx.end = Some(refusals::given_up(&self.request.title(), &failure, "cockpit db", ctx));
        } else {
            self.rounds.record_failure(failure, ctx);
        }
    }
}

impl Machine for DatabaseChange {
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
        // A snapshot conflicts with nothing.
        let changes = !matches!(self.request.wanted, StepChange::Snapshot { .. });
        changes.then(|| Target { kind: "database", name: self.request.database.clone() })
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        self.read(ctx);
    }

    fn start_changes(&mut self, ctx: &mut Ctx<'_>) {
        if self.planned.is_some_and(|planned| ctx.now.duration_since(planned) <= FRESH) {
            return self.send(ctx);
        }
        self.phase = Phase::Rechecking;
        self.read(ctx);
    }

    fn reply(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Gathering | Phase::Rechecking => self.take_read(slot, answered, ctx),
            Phase::Planned => {}
            Phase::Doing(sure) => match sure.reply(slot, answered, ctx) {
                Progress::InFlight => {}
                Progress::Made(_) => {
                    self.phase = Phase::Waiting;
                    self.send_reads(ctx);
                }
                Progress::Refused(failure) => {
                    let lost = sure.may_have_been_made();
                    self.refused(&failure, lost, ctx);
                }
            },
            Phase::Waiting => {
                self.rounds.replied();
                match answered.outcome {
                    Ok(reply) => {
                        self.rounds.answered(ctx);
                        self.take_reply(slot, reply, ctx);
                    }
                    Err(failure) => self.read_failed(failure, ctx),
                }
            }
        }
    }

    fn tick(&mut self, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Doing(sure) => sure.tick(ctx),
            Phase::Waiting => self.send_reads(ctx),
            Phase::Gathering | Phase::Planned | Phase::Rechecking => {}
        }
    }

    fn activity(&self) -> &'static str {
        self.waiting_for()
    }

    fn progress(&self) -> Option<(u32, u32)> {
        let percent = self.seen.percent?;
        (self.phase == Phase::Waiting).then_some((percent.min(100), 100))
    }

    fn began(&self) -> Option<Timestamp> {
        self.began
    }

    fn abandon(&mut self) -> Option<Outcome> {
        let unchanged = match &self.phase {
            Phase::Gathering | Phase::Planned | Phase::Rechecking => true,
            Phase::Doing(sure) => !sure.may_have_been_made(),
            Phase::Waiting => false,
        };
        unchanged.then(|| Outcome::abandoned(&self.request.title()))
    }

    fn known_so_far(&self) -> Vec<String> {
        let found = self.found.iter().filter(|_| self.phase == Phase::Waiting);
        found.map(|found| format!("{} is {}", found.id, found.status)).collect()
    }

    fn obstacle(&self) -> Option<&Failure> {
        match &self.phase {
            Phase::Doing(sure) => sure.obstacle(),
            Phase::Waiting => self.rounds.last_failure(),
            Phase::Gathering | Phase::Planned | Phase::Rechecking => None,
        }
    }

    fn check_hint(&self) -> String {
        format!("look with `cockpit db {}", self.request.database)
    }

    fn quit_note(&self, environment: &str) -> String {
        format!("continues in AWS; look with `cockpit db {} --env {environment}`", self.request.database)
    }

    fn next_try(&self) -> Option<Timestamp> {
        self.rounds.next_try()
    }

    fn record(&self, plan: Option<&Plan>) -> (Value, Value) {
        let before = self
            .before
            .as_ref()
            .map_or(Value::Null, |before| json!({"status": before.status, "writer": writer(before)}));
        let changes = plan.into_iter().flat_map(|plan| &plan.changes);
        let mut after: serde_json::Map<String, Value> =
            changes.map(|change| (change.what.clone(), json!(change.next))).collect();
        if let Some(writes) = &self.written {
            after.insert("writer".into(), json!(writes));
        }
        (before, Value::Object(after))
    }
}
