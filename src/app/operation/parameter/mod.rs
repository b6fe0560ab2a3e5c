//! Parameters are written or removed, one after the other; then the services that read them get new tasks, if that was
//! asked for. No value is ever in a plan, a line or the audit file.

mod plan;
mod request;
mod restart;
#[cfg(test)]
mod tests;
pub mod typed;

use super::call::{Answered, Read, Reply, Write};
use super::machine::{Machine, Target, What};
use super::outcome::{Outcome, Verdict};
use super::plan::Plan;
use super::refusals;
use super::step::{Ctx, Slot, Weight};
use super::sure::{Before, PendingWrite, Progress};
use crate::model::Failure;
use crate::model::service::Service;
use jiff::{SignedDuration, Timestamp};
pub use request::{Request, Wanted, place};
use restart::{AT_ONCE, End, Restart};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// So long what was looked at for the plan is taken as it was; after a later yes it is looked at again.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

/// The change.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    request: Request,
    waiting: Vec<Slot>,
    found: plan::Found,
    services: Vec<Service>,
    /// Services could not be read.
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
        self.services.clear();
        for wanted in &self.request.wanted {
            let slot = Slot::Choice(wanted.name().to_owned());
            self.waiting.push(slot.clone());
            ctx.read(slot, Read::Parameter { name: wanted.name().to_owned() });
        }
        if self.request.restart {
            let names: Vec<String> = self.request.services().into_keys().collect();
            for (number, names) in names.chunks(AT_ONCE).enumerate() {
                let slot = Slot::Choice(format!(" services {number}"));
                self.waiting.push(slot.clone());
                ctx.read(slot, Read::Services { cluster: ctx.cluster(), names: names.to_vec() });
            }
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
        if !self.waiting.is_empty() {
            return;
        }
        if self.phase == Phase::Rechecking { self.rechecked(ctx) } else { self.plan(ctx) }
    }

    fn versions_now(&self) -> Vec<(String, Option<i64>)> {
        let version = |found: &Result<Option<crate::model::parameters::Held>, Failure>| {
            found.as_ref().ok().and_then(|held| Some(held.as_ref()?.parameter.version))
        };
        self.found.iter().map(|(name, found)| (name.clone(), version(found))).collect()
    }

    fn plan(&mut self, ctx: &mut Ctx<'_>) {
        use crate::model::deploy::{Check, Level};
        let mut plan = plan::plan(&self.request, &self.found, &self.services, ctx);
        if let Some(failure) = self.unread.take() {
            let what = "the services that read it cannot be looked at";
            plan.checks.insert(0, Check::failed(Level::Stop, what, &failure));
        }
        for service in &self.services {
            self.restart.note(service);
        }
        self.ahead = plan.writes.iter().cloned().collect();
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
        self.first(ctx);
    }

    fn first(&mut self, ctx: &mut Ctx<'_>) {
        self.began = Some(ctx.now);
        self.next(ctx);
    }

    fn next(&mut self, ctx: &mut Ctx<'_>) {
        let Some(write) = self.ahead.pop_front() else {
            if self.restart.ends.is_empty() {
                return self.done(ctx);
            }
            ctx.say(Weight::Step, "waiting for the new tasks");
            self.phase = Phase::Waiting;
            return self.restart.tick(ctx);
        };
        let before = match &write {
            Write::Update { service, .. } => {
                Before { deployments: self.restart.known(service), running: self.running(service), ..Before::default() }
            }
            _ => Before::default(),
        };
        match &write {
            Write::PutParameter(put) => ctx.say(Weight::Step, format!("writing {}", put.name)),
            Write::DeleteParameter { name } => ctx.say(Weight::Step, format!("removing {name}")),
            Write::Update { service, .. } => ctx.say(Weight::Step, format!("{service}: a new deployment")),
            _ => {}
        }
        let first = self.ahead.len() + 1 == self.all;
        let sure = PendingWrite::send(write.clone(), before, ctx);
        self.phase = Phase::Doing(Box::new(if first { sure } else { sure.in_the_middle() }), write);
    }

    fn running(&self, service: &str) -> String {
        let found = self.services.iter().find(|one| one.name == service);
        found.map(|service| service.task_definition.clone()).unwrap_or_default()
    }

    fn landed(&mut self, write: &Write, reply: Reply, ctx: &mut Ctx<'_>) {
        match (write, reply) {
            (Write::PutParameter(put), Reply::Written(version)) => {
                ctx.say(Weight::Step, format!("{} is version {version} now", put.name));
                self.written.push((put.name.clone(), version));
            }
            (Write::Update { .. }, Reply::Services(services)) => {
                for service in &services {
                    self.restart.begun(service);
                }
            }
            _ => {}
        }
        self.next(ctx);
    }

    fn refused(&self, failure: &Failure, lost: bool, ctx: &mut Ctx<'_>) {
        let title = self.title();
        let done = (self.all - self.ahead.len()).saturating_sub(1);
        ctx.end = Some(if lost || done == 0 {
            Outcome::unmade(&title, lost, failure, "cockpit params history")
        } else {
            let stopped = format!("{title}: it stopped after {done} of {} changes", self.all);
            Outcome::new(Verdict::Failed, stopped).because(failure)
        });
    }

    fn done(&self, ctx: &mut Ctx<'_>) {
        let readers = self.request.services();
        let short = |name: &String| readers.get(name).unwrap_or(name).clone();
        let ends = |wanted: fn(&End) -> bool| -> Vec<String> {
            self.restart.ends.iter().filter(|(_, end)| wanted(end)).map(|(name, _)| short(name)).collect()
        };
        let failed = ends(|end| matches!(end, End::Failed(_)));
        let back = ends(|end| matches!(end, End::RolledBack(_)));
        let idle = ends(|end| *end == End::NothingRuns);
        let done = ends(|end| *end == End::Done);
        let mut what = self.result();
        if !idle.is_empty() {
            what = format!("{what}; nothing of {} runs (desired 0)", idle.join(", "));
        }
        let outcome = if !failed.is_empty() {
            Outcome::new(Verdict::Failed, format!("{what}, and the new tasks of {} failed", failed.join(", ")))
                .hint("look with `cockpit tasks`; the value before is in `cockpit params history NAME --reveal`")
        } else if !back.is_empty() {
            Outcome::new(Verdict::RolledBack, format!("{what}, and {} runs the tasks of before", back.join(", ")))
                .hint("look with `cockpit tasks`; the value before is in `cockpit params history NAME --reveal`")
        } else if done.is_empty() {
            Outcome::new(Verdict::Done, what)
        } else {
            Outcome::new(Verdict::Done, format!("{what}, and {} runs new tasks", done.join(", ")))
        };
        ctx.end = Some(outcome);
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
        }
        if self.waiting.is_empty() {
            self.plan(ctx);
        }
    }

    fn go(&mut self, ctx: &mut Ctx<'_>) {
        if self.planned.is_some_and(|planned| ctx.now.duration_since(planned) <= FRESH) {
            return self.first(ctx);
        }
        self.phase = Phase::Rechecking;
        self.read(ctx);
    }

    fn reply(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Gathering | Phase::Rechecking => self.gathered(slot, answered, ctx),
            Phase::Planned => {}
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
            Phase::Waiting => {
                match answered.outcome {
                    Ok(Reply::Services(services)) => self.restart.seen(&services, ctx),
                    Ok(_) => self.restart.missed(&Failure::other_answer(), ctx),
                    Err(failure) if self.restart.refusals.note(&failure, ctx.now) => {
                        ctx.end = Some(refusals::given_up(&self.title(), &failure, "cockpit services", ctx));
                        return;
                    }
                    Err(failure) => self.restart.missed(&failure, ctx),
                }
                if self.restart.over() {
                    self.done(ctx);
                }
            }
        }
    }

    fn tick(&mut self, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Doing(sure, _) => sure.tick(ctx),
            Phase::Waiting => self.restart.tick(ctx),
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

    fn look_again(&self) -> String {
        "look with `cockpit params ls".to_owned()
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
        !self.restart.ends.is_empty()
    }

    fn offered(&self) -> Option<What> {
        let offers = self.request.foreign.is_empty()
            && !self.request.restart
            && !self.request.removes()
            && !self.request.services().is_empty();
        offers.then(|| Request { restart: true, ..self.request.clone() }.into())
    }
}
