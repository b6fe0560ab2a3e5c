//! Writes or deletes parameters one after the other; then, if requested, restarts the services that read them. No value
//! is ever in a plan, a log line or the audit file.

pub mod command_line;
mod plan;
mod request;
mod restart;
mod restart_end;
#[cfg(test)]
mod restart_tests;
#[cfg(test)]
mod tests;

use super::call::{CallResult, Read, Reply, Write};
use super::exactly_once::{Before, PendingWrite, Progress};
use super::machine::{Machine, NewOperation, Target};
use super::outcome::{Outcome, undone_note};
use super::plan::Plan;
use super::step::{Ctx, Slot, Weight};
use crate::model::Failure;
use crate::model::service::Service;
use jiff::{SignedDuration, Timestamp};
pub use request::{Request, StepChange, place};
use restart::{MAX_SERVICES_PER_REQUEST, Restart};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// How long the reads of a plan count as current; after a later confirmation they are repeated.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

/// A change of parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    request: Request,
    waiting: Vec<Slot>,
    found: plan::Found,
    /// Services to restart, as they were right before the first change.
    services: Vec<Service>,
    /// Why those services could not be read.
    unread: Option<Failure>,
    /// The versions that the plan is based on.
    versions: Vec<(String, Option<i64>)>,
    planned: Option<Timestamp>,
    phase: Phase,
    ahead: VecDeque<Write>,
    total: usize,
    began: Option<Timestamp>,
    written: Vec<(String, i64)>,
    restart: Restart,
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Gathering,
    Planned,
    Rechecking,
    Doing(Box<PendingWrite>, Write),
    Waiting,
}

impl From<Request> for NewOperation {
    fn from(request: Request) -> Self {
        Box::new(Parameters::new(request))
    }
}

impl Parameters {
    fn new(request: Request) -> Self {
        Self {
            request,
            waiting: Vec::new(),
            found: plan::Found::new(),
            services: Vec::new(),
            unread: None,
            versions: Vec::new(),
            planned: None,
            phase: Phase::Gathering,
            ahead: VecDeque::new(),
            total: 0,
            began: None,
            written: Vec::new(),
            restart: Restart::default(),
        }
    }

    fn read(&mut self, ctx: &mut Ctx<'_>) {
        self.found.clear();
        for wanted in &self.request.wanted {
            let slot = Slot::Choice(wanted.name().to_owned());
            self.waiting.push(slot.clone());
            ctx.read(slot, Read::Parameter { name: wanted.name().to_owned() });
        }
    }

    /// Reads the services to restart again, so that no other deployment is overrun.
    fn read_services(&mut self, ctx: &mut Ctx<'_>) {
        self.services.clear();
        for (number, names) in self.restart.services().chunks(MAX_SERVICES_PER_REQUEST).enumerate() {
            let slot = Slot::Choice(format!(" services {number}"));
            self.waiting.push(slot.clone());
            ctx.read(slot, Read::Services { cluster: ctx.cluster(), names: names.to_vec() });
        }
    }

    fn take_read(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
        self.waiting.retain(|waiting| waiting != slot);
        let Slot::Choice(name) = slot else { return };
        match answered.outcome {
            Ok(Reply::Parameter(held)) => {
                self.found.insert(name.clone(), Ok(held.map(|held| *held)));
            }
            Ok(Reply::Services(found)) => self.services.extend(found),
            Ok(_) => {
                self.found.insert(name.clone(), Err(Failure::mismatched_answer()));
            }
            Err(failure) if name.starts_with(' ') => self.unread = Some(failure),
            Err(failure) => {
                self.found.insert(name.clone(), Err(failure));
            }
        }
        self.continue_when_read(ctx);
    }

    fn continue_when_read(&mut self, ctx: &mut Ctx<'_>) {
        if !self.waiting.is_empty() {
            return;
        }
        match self.phase {
            Phase::Gathering if self.restart.planned() => self.plan(ctx),
            Phase::Rechecking => self.judge_recheck(ctx),
            Phase::Gathering | Phase::Planned | Phase::Doing(..) | Phase::Waiting => {}
        }
    }

    fn versions_now(&self) -> Vec<(String, Option<i64>)> {
        let version = |found: &Result<Option<crate::model::parameters::ParameterWithValue>, Failure>| {
            found.as_ref().ok().and_then(|held| Some(held.as_ref()?.parameter.version))
        };
        self.found.iter().map(|(name, found)| (name.clone(), version(found))).collect()
    }

    fn plan(&mut self, ctx: &mut Ctx<'_>) {
        let plan = plan::plan(&self.request, &self.found, &self.restart, ctx);
        self.ahead = plan::writes(&self.request, &self.found).into();
        self.total = self.ahead.len();
        self.versions = self.versions_now();
        self.planned = Some(ctx.now);
        self.phase = Phase::Planned;
        ctx.plan = Some(plan);
    }

    /// Minutes may have passed since the plan: a newer value written by someone else must not be overwritten.
    fn judge_recheck(&mut self, ctx: &mut Ctx<'_>) {
        let failure =
            self.unread.take().or_else(|| self.found.values().find_map(|found| found.as_ref().err().cloned()));
        if let Some(failure) = failure {
            ctx.end = Some(Outcome::recheck_failed(&self.title(), &failure));
            return;
        }
        if self.versions_now() != self.versions {
            ctx.end = Some(Outcome::plan_outdated(&self.title()));
            return;
        }
        if let Some(why) = self.restart.why_outdated(&self.services) {
            ctx.end = Some(Outcome::plan_outdated(&self.title()).cause(why));
            return;
        }
        self.send_first(ctx);
    }

    fn send_first(&mut self, ctx: &mut Ctx<'_>) {
        self.began = Some(ctx.now);
        self.send_next(ctx);
    }

    fn send_next(&mut self, ctx: &mut Ctx<'_>) {
        let Some(write) = self.ahead.pop_front() else {
            if self.restart.is_empty() {
                return self.done(ctx);
            }
            self.phase = Phase::Waiting;
            self.restart.start(&self.services, ctx);
            return self.when_over(ctx);
        };
        match &write {
            Write::PutParameter(put) => ctx.log(Weight::Step, format!("writing {}", put.name)),
            Write::DeleteParameter { name } => ctx.log(Weight::Step, format!("removing {name}")),
            _ => {}
        }
        let is_first = self.ahead.len() + 1 == self.total;
        let sure = PendingWrite::send(write.clone(), Before::default(), ctx);
        self.phase = Phase::Doing(Box::new(if is_first { sure } else { sure.after_other_changes() }), write);
    }

    fn landed(&mut self, write: &Write, reply: Reply, ctx: &mut Ctx<'_>) {
        if let (Write::PutParameter(put), Reply::Written(version)) = (write, reply) {
            ctx.log(Weight::Step, format!("{} is version {version} now", put.name));
            self.written.push((put.name.clone(), version));
        }
        self.send_next(ctx);
    }

    fn refused(&self, failure: &Failure, lost: bool, ctx: &mut Ctx<'_>) {
        let title = self.title();
        let undone = self.undone();
        ctx.end = Some(if lost {
            let outcome = Outcome::change_failed(&title, lost, failure, "cockpit params history");
            if undone.is_empty() { outcome } else { outcome.cause(undone_note(&undone)) }
        } else if self.ahead.len() + 1 == self.total {
            Outcome::change_failed(&title, lost, failure, "cockpit params history")
        } else {
            let total = self.total + self.restart.services().len();
            Outcome::partially_done(
                &title,
                total,
                &undone,
                failure,
                "ask for it again: what is written already is left as it is",
            )
        });
    }

    /// Changes that were not made: the current one, if it was certainly not carried out, and those after it.
    fn undone(&self) -> Vec<String> {
        let words = |write: &Write| match write {
            Write::PutParameter(put) => put.name.clone(),
            Write::DeleteParameter { name } => name.clone(),
            other => other.action().to_owned(),
        };
        let current = match &self.phase {
            Phase::Doing(sure, write) if !sure.may_have_been_made() => Some(words(write)),
            Phase::Doing(..) | Phase::Gathering | Phase::Planned | Phase::Rechecking | Phase::Waiting => None,
        };
        let tasks =
            self.restart.short_names().filter(|_| !self.restart.began()).map(|short| format!("new tasks of {short}"));
        current.into_iter().chain(self.ahead.iter().map(words)).chain(tasks).collect()
    }

    fn when_over(&mut self, ctx: &mut Ctx<'_>) {
        if self.phase == Phase::Waiting && self.restart.is_finished() {
            self.done(ctx);
        }
    }

    fn done(&self, ctx: &mut Ctx<'_>) {
        ctx.end = Some(self.restart.outcomes().outcome(self.result()));
    }

    fn result(&self) -> String {
        match (self.request.wanted.as_slice(), self.written.as_slice()) {
            ([StepChange::Remove { name }], _) => format!("{name} was removed"),
            (all, _) if self.request.removes() => format!("{} parameters were removed", all.len()),
            (_, [(name, version)]) => format!("{name} is version {version}"),
            (_, []) => "every value was as it was asked for".to_owned(),
            (_, written) => format!("{} parameters were written", written.len()),
        }
    }
}

impl Machine for Parameters {
    fn clone_box(&self) -> NewOperation {
        Box::new(self.clone())
    }

    fn title(&self) -> String {
        self.request.title()
    }

    fn verb(&self) -> &'static str {
        if self.request.removes() { "Remove" } else { "Put" }
    }

    fn command_line(&self) -> String {
        self.request.command_line()
    }

    fn target(&self) -> Option<Target> {
        match self.request.wanted.as_slice() {
            [one] => Some(Target { kind: "parameter", name: one.name().to_owned() }),
            _ => None,
        }
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        if self.request.foreign.is_empty() {
            self.read(ctx);
            if self.request.restart {
                self.restart = Restart::of(self.request.services());
                self.restart.begin(ctx);
            }
        }
        self.continue_when_read(ctx);
    }

    fn start_changes(&mut self, ctx: &mut Ctx<'_>) {
        let fresh = self.planned.is_some_and(|planned| ctx.now.duration_since(planned) <= FRESH);
        if fresh && self.restart.is_empty() {
            return self.send_first(ctx);
        }
        self.phase = Phase::Rechecking;
        self.read_services(ctx);
        if !fresh {
            self.read(ctx);
        }
    }

    fn reply(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
        if let Slot::Part(number, slot) = slot {
            self.restart.reply(*number, slot, answered, ctx);
            self.continue_when_read(ctx);
            return self.when_over(ctx);
        }
        match &mut self.phase {
            Phase::Gathering | Phase::Rechecking => self.take_read(slot, answered, ctx),
            Phase::Planned | Phase::Waiting => {}
            Phase::Doing(sure, write) => match sure.reply(slot, answered, ctx) {
                Progress::InFlight => {}
                Progress::Made(reply) => {
                    let write = write.clone();
                    self.landed(&write, *reply, ctx);
                }
                Progress::Refused(failure) => {
                    let lost = sure.may_have_been_made();
                    self.refused(&failure, lost, ctx);
                }
            },
        }
    }

    fn tick(&mut self, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Doing(sure, _) => sure.tick(ctx),
            Phase::Waiting => {
                self.restart.tick(ctx);
                self.when_over(ctx);
            }
            Phase::Gathering | Phase::Planned | Phase::Rechecking => {}
        }
    }

    fn activity(&self) -> &'static str {
        match &self.phase {
            Phase::Gathering | Phase::Rechecking => "looking",
            Phase::Planned => "waiting for a yes",
            Phase::Doing(..) => "changing",
            Phase::Waiting => "waiting for the tasks",
        }
    }

    fn progress(&self) -> Option<(u32, u32)> {
        match &self.phase {
            Phase::Gathering | Phase::Planned | Phase::Rechecking => None,
            Phase::Doing(..) | Phase::Waiting => {
                Some(((self.total - self.ahead.len()).saturating_sub(1) as u32, self.total as u32))
            }
        }
    }

    fn began(&self) -> Option<Timestamp> {
        self.began
    }

    fn abandon(&mut self) -> Option<Outcome> {
        let unchanged = match &self.phase {
            Phase::Gathering | Phase::Planned | Phase::Rechecking => true,
            Phase::Doing(sure, _) => !sure.may_have_been_made() && self.total == self.ahead.len() + 1,
            Phase::Waiting => false,
        };
        unchanged.then(|| Outcome::abandoned(&self.title()))
    }

    fn known_so_far(&self) -> Vec<String> {
        let undone = Some(self.undone()).filter(|undone| self.began.is_some() && !undone.is_empty());
        self.restart.known_so_far().into_iter().chain(undone.map(|undone| undone_note(&undone))).collect()
    }

    fn obstacle(&self) -> Option<&Failure> {
        if let Phase::Doing(sure, _) = &self.phase { sure.obstacle() } else { None }
    }

    fn check_hint(&self) -> String {
        let what = if self.restart.began() { "services" } else { "params ls" };
        format!("look with `cockpit {what}")
    }

    fn quit_note(&self, environment: &str) -> String {
        match self.phase {
            Phase::Waiting => format!("the new tasks start in AWS; look with `cockpit services --env {environment}`"),
            _ => "what was sent is done; the changes after it are not".to_owned(),
        }
    }

    fn record(&self, _: Option<&Plan>) -> (Value, Value) {
        let versions = self.versions.iter().map(|(name, version)| (name.clone(), json!(version))).collect();
        let written = self.written.iter().map(|(name, version)| (name.clone(), json!(version))).collect();
        (Value::Object(versions), Value::Object(written))
    }

    /// It fails like a deployment once it has begun with the restarts of `--restart`.
    fn is_deployment(&self) -> bool {
        self.restart.began()
    }

    fn wider_operation(&self) -> Option<NewOperation> {
        let offers = self.request.foreign.is_empty()
            && !self.request.restart
            && !self.request.removes()
            && !self.request.services().is_empty();
        offers.then(|| Request { restart: true, ..self.request.clone() }.into())
    }
}
