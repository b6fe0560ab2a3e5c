//! New tasks of the services that read a parameter: each is a deployment like any other, with all that is looked at before one
//! and all that is watched after it. They go on side by side, and their ends are one.

use super::restart_end::Ends;
use crate::app::operation::call::Answered;
use crate::app::operation::deploy::Deploy;
use crate::app::operation::machine::Machine as _;
use crate::app::operation::outcome::Outcome;
use crate::app::operation::plan::Plan;
use crate::app::operation::step::{Ctx, Line, Slot};
use crate::model::deploy::{Check, Level};
use crate::model::service::Service;
use std::collections::BTreeMap;

/// Services in one request.
pub(super) const AT_ONCE: usize = 10;

/// The deployment of one service.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    /// The service's whole name.
    service: String,
    /// The service's short name.
    short: String,
    deploy: Deploy,
    plan: Option<Plan>,
    end: Option<Outcome>,
}

/// The restarts of all services that read the parameters.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Restart {
    parts: Vec<Part>,
    began: bool,
}

impl Restart {
    /// Of services by their whole names, with what people call them.
    pub(super) fn of(services: BTreeMap<String, String>) -> Self {
        let part = |(service, short): (String, String)| Part {
            deploy: Deploy::restart(service.clone(), short.clone()),
            service,
            short,
            plan: None,
            end: None,
        };
        Self { parts: services.into_iter().map(part).collect(), began: false }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether tasks are replaced, or were.
    pub(super) fn began(&self) -> bool {
        self.began
    }

    /// Whole names of the services.
    pub(super) fn services(&self) -> Vec<String> {
        self.parts.iter().map(|part| part.service.clone()).collect()
    }

    /// Begins to look at all of them.
    pub(super) fn begin(&mut self, ctx: &mut Ctx<'_>) {
        for number in 0..self.parts.len() {
            self.step(number, ctx, Deploy::begin);
        }
    }

    /// Whether all were looked at.
    pub(super) fn planned(&self) -> bool {
        self.parts.iter().all(|part| part.plan.is_some())
    }

    /// Adds the steps, checks and changes of each service to the plan of the whole.
    pub(super) fn add_to(&self, plan: &mut Plan) {
        for (part, own) in self.parts.iter().filter_map(|part| Some((part, part.plan.as_ref()?))) {
            let short = &part.short;
            plan.steps.extend(own.steps.iter().map(|step| format!("{short}: {step}")));
            plan.writes.extend(own.writes.iter().cloned());
            let worth = own.checks.iter().filter(|check| check.level != Level::Fine);
            plan.checks.extend(worth.map(|check| Check { text: format!("{short}: {}", check.text), ..check.clone() }));
        }
        plan.checks.sort_by_key(|check| std::cmp::Reverse(check.level));
    }

    /// Why the plan does not hold for the services as they are at this moment, if it does not.
    pub(super) fn overtaken(&self, now: &[Service]) -> Option<String> {
        self.parts.iter().find_map(|part| {
            let found = now.iter().find(|service| service.name == part.service);
            Some(format!("{}: {}", part.short, part.deploy.overtaken(found)?))
        })
    }

    /// Begins all restarts, of the services as they were last seen.
    pub(super) fn go(&mut self, now: &[Service], ctx: &mut Ctx<'_>) {
        self.began = true;
        for number in 0..self.parts.len() {
            let found = now.iter().find(|service| service.name == self.parts[number].service).cloned();
            if let Some(found) = found {
                self.step(number, ctx, |deploy, ctx| deploy.change_now(found, ctx));
            }
        }
    }

    /// A reply to one of them.
    pub(super) fn reply(&mut self, number: usize, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) {
        self.step(number, ctx, |deploy, ctx| deploy.reply(slot, answered, ctx));
    }

    pub(super) fn tick(&mut self, ctx: &mut Ctx<'_>) {
        for number in 0..self.parts.len() {
            self.step(number, ctx, Deploy::tick);
        }
    }

    /// Runs a step of one restart: its calls come back to it, and its messages are told with the service's name.
    fn step(&mut self, number: usize, ctx: &mut Ctx<'_>, act: impl FnOnce(&mut Deploy, &mut Ctx<'_>)) {
        let watched = ctx.watched_count.max(self.parts.len());
        let Some(part) = self.parts.get_mut(number).filter(|part| part.end.is_none()) else { return };
        let mut own = Ctx::new(ctx.now, ctx.environment, ctx.zone, watched);
        own.service_now = ctx.service_now;
        own.account.clone_from(&ctx.account);
        act(&mut part.deploy, &mut own);
        let Ctx { asks, lines, plan, end, .. } = own;
        ctx.asks.extend(asks.into_iter().map(|(slot, call)| (Slot::Part(number, Box::new(slot)), call)));
        ctx.lines.extend(lines.into_iter().map(|line| Line { text: format!("{}: {}", part.short, line.text), ..line }));
        if plan.is_some() {
            part.plan = plan;
        }
        part.end = end;
    }

    /// Whether all have ended.
    pub(super) fn over(&self) -> bool {
        self.parts.iter().all(|part| part.end.is_some())
    }

    /// The ends of all restarts.
    pub(super) fn ends(&self) -> Ends<'_> {
        let ends = self.parts.iter().filter_map(|part| {
            let end = part.end.as_ref()?;
            Some((part.short.as_str(), end, part.deploy.is_at_zero()))
        });
        Ends(ends.collect())
    }

    /// The short names of the services.
    pub(super) fn shorts(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.short.as_str())
    }

    /// The known state of those that have not ended.
    pub(super) fn known_so_far(&self) -> Vec<String> {
        let of = |part: &Part| match &part.end {
            Some(end) => vec![end.summary.clone()],
            None => part.deploy.known_so_far().into_iter().map(|known| format!("{}: {known}", part.short)).collect(),
        };
        self.parts.iter().flat_map(of).collect()
    }
}
