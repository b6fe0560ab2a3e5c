//! Parameters are written or removed, one after the other; then the services that read them get new tasks, if that was
//! asked for. No value is ever in a plan, a line or the audit file.

mod plan;
mod request;
mod restart;
mod restart_end;
#[cfg(test)]
mod restart_tests;
#[cfg(test)]
mod tests;
pub mod typed;

use super::call::{Answered, Read, Reply, Write};
use super::machine::{Machine, Target, What};
use super::outcome::{Outcome, not_done};
use super::plan::Plan;
use super::step::{Ctx, Slot, Weight};
use super::sure::{Before, PendingWrite, Progress};
use crate::model::Failure;
use crate::model::service::Service;
use jiff::{SignedDuration, Timestamp};
pub use request::{Request, Wanted, place};
use restart::{AT_ONCE, Restart};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// For this long the reads of a plan count as current; after a later yes they are made again.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

/// The change.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    request: Request,
    waiting: Vec<Slot>,
    found: plan::Found,
    /// Services that get new tasks, as they were right before the first change.
    services: Vec<Service>,
    /// Those could not be read.
    unread: Option<Failure>,
    /// Versions that the plan was made of.
    versions: Vec<(String, Option<i64>)>,
    planned: Option<Timestamp>,
    phase: Phase,
    ahead: VecDeque<Write>,
    all: usize,
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

impl From<Request> for What {
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
            all: 0,
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

    /// The services that get new tasks once more: nobody's deployment is overrun.
    fn read_services(&mut self, ctx: &mut Ctx<'_>) {
        self.services.clear();
        for (number, names) in self.restart.services().chunks(AT_ONCE).enumerate() {
            let slot = Slot::Choice(format!(" services {number}"));
            self.waiting.push(slot.clone());
            ctx.read(slot, Read::Services { cluster: ctx.cluster(), names: names.to_vec() });
        }
    }

    fn gathered(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) {
        self.waiting.retain(|waiting| waiting != slot);
        let Slot::Choice(name) = slot else { return };
        match answered.outcome {
            Ok(Reply::Parameter(held)) => {
                self.found.insert(name.clone(), Ok(held.map(|held| *held)));
            }
            Ok(Reply::Services(found)) => self.services.extend(found),
            Ok(_) => {
                self.found.insert(name.clone(), Err(Failure::other_answer()));
            }
            Err(failure) if name.starts_with(' ') => self.unread = Some(failure),
            Err(failure) => {
                self.found.insert(name.clone(), Err(failure));
            }
        }
        self.when_gathered(ctx);
    }

    fn when_gathered(&mut self, ctx: &mut Ctx<'_>) {
        if !self.waiting.is_empty() {
            return;
        }
        match self.phase {
            Phase::Gathering if self.restart.planned() => self.plan(ctx),
            Phase::Rechecking => self.rechecked(ctx),
            Phase::Gathering | Phase::Planned | Phase::Doing(..) | Phase::Waiting => {}
        }
    }

    fn versions_now(&self) -> Vec<(String, Option<i64>)> {
        let version = |found: &Result<Option<crate::model::parameters::Held>, Failure>| {
            found.as_ref().ok().and_then(|held| Some(held.as_ref()?.parameter.version))
        };
        self.found.iter().map(|(name, found)| (name.clone(), version(found))).collect()
    }

    fn plan(&mut self, ctx: &mut Ctx<'_>) {
        let plan = plan::plan(&self.request, &self.found, &self.restart, ctx);
        self.ahead = plan::writes(&self.request, &self.found).into();
        self.all = self.ahead.len();
        self.versions = self.versions_now();
        self.planned = Some(ctx.now);
        self.phase = Phase::Planned;
        ctx.plan = Some(plan);
    }

    /// Minutes may have passed since it was looked at: nobody's newer value is overwritten unseen.
    fn rechecked(&mut self, ctx: &mut Ctx<'_>) {
        let failure =
            self.unread.take().or_else(|| self.found.values().find_map(|found| found.as_ref().err().cloned()));
        if let Some(failure) = failure {
            ctx.end = Some(Outcome::unseen(&self.title(), &failure));
            return;
        }
        if self.versions_now() != self.versions {
            ctx.end = Some(Outcome::changed(&self.title()));
            return;
        }
        if let Some(why) = self.restart.overtaken(&self.services) {
            ctx.end = Some(Outcome::changed(&self.title()).cause(why));
            return;
        }
        self.first(ctx);
    }

    fn first(&mut self, ctx: &mut Ctx<'_>) {
        self.began = Some(ctx.now);
        self.next(ctx);
    }

    fn next(&mut self, ctx: &mut Ctx<'_>) {
        let Some(write) = self.ahead.pop_front() else {
            if self.restart.is_empty() {
                return self.done(ctx);
            }
            self.phase = Phase::Waiting;
            self.restart.go(&self.services, ctx);
            return self.when_over(ctx);
        };
        match &write {
            Write::PutParameter(put) => ctx.say(Weight::Step, format!("writing {}", put.name)),
            Write::DeleteParameter { name } => ctx.say(Weight::Step, format!("removing {name}")),
            _ => {}
        }
        let first = self.ahead.len() + 1 == self.all;
        let sure = PendingWrite::send(write.clone(), Before::default(), ctx);
        self.phase = Phase::Doing(Box::new(if first { sure } else { sure.in_the_middle() }), write);
    }

    fn landed(&mut self, write: &Write, reply: Reply, ctx: &mut Ctx<'_>) {
        if let (Write::PutParameter(put), Reply::Written(version)) = (write, reply) {
            ctx.say(Weight::Step, format!("{} is version {version} now", put.name));
            self.written.push((put.name.clone(), version));
        }
        self.next(ctx);
    }

    fn refused(&self, failure: &Failure, lost: bool, ctx: &mut Ctx<'_>) {
        let title = self.title();
        let undone = self.undone();
        ctx.end = Some(if lost {
            let outcome = Outcome::unmade(&title, lost, failure, "cockpit params history");
            if undone.is_empty() { outcome } else { outcome.cause(not_done(&undone)) }
        } else if self.ahead.len() + 1 == self.all {
            Outcome::unmade(&title, lost, failure, "cockpit params history")
        } else {
            let all = self.all + self.restart.services().len();
            Outcome::half_way(
                &title,
                all,
                &undone,
                failure,
                "ask for it again: what is written already is left as it is",
            )
        });
    }

    /// Changes that are not made: the one under way, where it was certainly not carried out, and those after it.
    fn undone(&self) -> Vec<String> {
        let words = |write: &Write| match write {
            Write::PutParameter(put) => put.name.clone(),
            Write::DeleteParameter { name } => name.clone(),
            other => other.action().to_owned(),
        };
        let current = match &self.phase {
            Phase::Doing(sure, write) if !sure.may_have_landed() => Some(words(write)),
            Phase::Doing(..) | Phase::Gathering | Phase::Planned | Phase::Rechecking | Phase::Waiting => None,
        };
        let tasks =
            self.restart.shorts().filter(|_| !self.restart.began()).map(|short| format!("new tasks of {short}"));
        current.into_iter().chain(self.ahead.iter().map(words)).chain(tasks).collect()
    }

    fn when_over(&mut self, ctx: &mut Ctx<'_>) {
        if self.phase == Phase::Waiting && self.restart.over() {
            self.done(ctx);
        }
    }

    fn done(&self, ctx: &mut Ctx<'_>) {
        ctx.end = Some(self.restart.ends().outcome(self.result()));
    }

    fn result(&self) -> String {
        match (self.request.wanted.as_slice(), self.written.as_slice()) {
            ([Wanted::Remove { name }], _) => format!("{name} was removed"),
            (all, _) if self.request.removes() => format!("{} parameters were removed", all.len()),
            (_, [(name, version)]) => format!("{name} is version {version}"),
            (_, []) => "every value was as it was asked for".to_owned(),
            (_, written) => format!("{} parameters were written", written.len()),
        }
    }
}

impl Machine for Parameters {
    fn clone_box(&self) -> What {
        Box::new(self.clone())
    }

    fn title(&self) -> String {
        self.request.title()
    }

    fn verb(&self) -> &'static str {
        if self.request.removes() { "Remove" } else { "Put" }
    }

    fn typed(&self) -> String {
        self.request.typed()
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
        self.when_gathered(ctx);
    }

    fn go(&mut self, ctx: &mut Ctx<'_>) {
        let fresh = self.planned.is_some_and(|planned| ctx.now.duration_since(planned) <= FRESH);
        if fresh && self.restart.is_empty() {
            return self.first(ctx);
        }
        self.phase = Phase::Rechecking;
        self.read_services(ctx);
        if !fresh {
            self.read(ctx);
        }
    }

    fn reply(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) {
        if let Slot::Part(number, slot) = slot {
            self.restart.reply(*number, slot, answered, ctx);
            self.when_gathered(ctx);
            return self.when_over(ctx);
        }
        match &mut self.phase {
            Phase::Gathering | Phase::Rechecking => self.gathered(slot, answered, ctx),
            Phase::Planned | Phase::Waiting => {}
            Phase::Doing(sure, write) => match sure.reply(slot, answered, ctx) {
                Progress::Going => {}
                Progress::Landed(reply) => {
                    let write = write.clone();
                    self.landed(&write, *reply, ctx);
                }
                Progress::Refused(failure) => {
                    let lost = sure.may_have_landed();
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

    fn words(&self) -> &'static str {
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
                Some(((self.all - self.ahead.len()).saturating_sub(1) as u32, self.all as u32))
            }
        }
    }

    fn began(&self) -> Option<Timestamp> {
        self.began
    }

    fn left(&mut self) -> Option<Outcome> {
        let unchanged = match &self.phase {
            Phase::Gathering | Phase::Planned | Phase::Rechecking => true,
            Phase::Doing(sure, _) => !sure.may_have_landed() && self.all == self.ahead.len() + 1,
            Phase::Waiting => false,
        };
        unchanged.then(|| Outcome::left(&self.title()))
    }

    fn known_so_far(&self) -> Vec<String> {
        let undone = Some(self.undone()).filter(|undone| self.began.is_some() && !undone.is_empty());
        self.restart.known_so_far().into_iter().chain(undone.map(|undone| not_done(&undone))).collect()
    }

    fn held_up(&self) -> Option<&Failure> {
        if let Phase::Doing(sure, _) = &self.phase { sure.held_up() } else { None }
    }

    fn look_again(&self) -> String {
        let what = if self.restart.began() { "services" } else { "params ls" };
        format!("look with `cockpit {what}")
    }

    fn leaving(&self, environment: &str) -> String {
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

    /// As `--restart` does, once it began with it.
    fn deploys(&self) -> bool {
        self.restart.began()
    }

    fn offered(&self) -> Option<What> {
        let offers = self.request.foreign.is_empty()
            && !self.request.restart
            && !self.request.removes()
            && !self.request.services().is_empty();
        offers.then(|| Request { restart: true, ..self.request.clone() }.into())
    }
}
