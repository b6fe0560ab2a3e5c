//! Restarts the services that read a parameter: each restart is a deployment like any other, with the same checks
//! before and the same watching after it. They run in parallel and have one common outcome.

use super::restart_end::Ends;
use crate::app::operation::call::CallResult;
use crate::app::operation::deploy::Deploy;
use crate::app::operation::machine::Machine as _;
use crate::app::operation::outcome::Outcome;
use crate::app::operation::plan::Plan;
use crate::app::operation::step::{Ctx, Line, Slot};
use crate::model::deploy::{Check, Level};
use crate::model::service::Service;
use std::collections::BTreeMap;

/// Maximum number of services in one request.
pub(super) const MAX_SERVICES_PER_REQUEST: usize = 10;

/// The restart of one service.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    /// The full name of the service.
    service: String,
    /// The short name of the service.
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
    /// The restarts of services, given by their full and short names.
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

    /// Whether replacing tasks has begun.
    pub(super) fn began(&self) -> bool {
        self.began
    }

    /// The full names of the services.
    pub(super) fn services(&self) -> Vec<String> {
        self.parts.iter().map(|part| part.service.clone()).collect()
    }

    /// Starts planning all restarts.
    pub(super) fn begin(&mut self, ctx: &mut Ctx<'_>) {
        for number in 0..self.parts.len() {
            self.step(number, ctx, Deploy::begin);
        }
    }

    /// Whether all restarts are planned.
    pub(super) fn planned(&self) -> bool {
        self.parts.iter().all(|part| part.plan.is_some())
    }

    /// Adds the steps, checks and changes of each restart to the overall plan.
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

    /// Why the plan no longer fits the services as they are now, if so.
    pub(super) fn why_outdated(&self, now: &[Service]) -> Option<String> {
        self.parts.iter().find_map(|part| {
            let found = now.iter().find(|service| service.name == part.service);
            Some(format!("{}: {}", part.short, part.deploy.why_outdated(found)?))
        })
    }

    /// Starts all restarts, from the services as last read.
    pub(super) fn start(&mut self, now: &[Service], ctx: &mut Ctx<'_>) {
        self.began = true;
        for number in 0..self.parts.len() {
            let found = now.iter().find(|service| service.name == self.parts[number].service).cloned();
            if let Some(found) = found {
                self.step(number, ctx, |deploy, ctx| deploy.start_change(found, ctx));
            }
        }
    }

    /// Passes a reply to one of the restarts.
    pub(super) fn reply(&mut self, number: usize, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
        self.step(number, ctx, |deploy, ctx| deploy.reply(slot, answered, ctx));
    }

    pub(super) fn tick(&mut self, ctx: &mut Ctx<'_>) {
        for number in 0..self.parts.len() {
            self.step(number, ctx, Deploy::tick);
        }
    }

    /// Runs a step of one restart: its calls are tagged with its number, and its messages with the service's name.
    fn step(&mut self, number: usize, ctx: &mut Ctx<'_>, act: impl FnOnce(&mut Deploy, &mut Ctx<'_>)) {
        let watched = ctx.watched_count.max(self.parts.len());
        let Some(part) = self.parts.get_mut(number).filter(|part| part.end.is_none()) else { return };
        let mut own = Ctx::new(ctx.now, ctx.environment, ctx.zone, watched);
        own.service_now = ctx.service_now;
        own.account.clone_from(&ctx.account);
        act(&mut part.deploy, &mut own);
        let Ctx { calls, lines, plan, end, .. } = own;
        ctx.calls.extend(calls.into_iter().map(|(slot, call)| (Slot::Part(number, Box::new(slot)), call)));
        ctx.lines.extend(lines.into_iter().map(|line| Line { text: format!("{}: {}", part.short, line.text), ..line }));
        if plan.is_some() {
            part.plan = plan;
        }
        part.end = end;
    }

    /// Whether all restarts have ended.
    pub(super) fn is_finished(&self) -> bool {
        self.parts.iter().all(|part| part.end.is_some())
    }

    /// The outcomes of all restarts.
    pub(super) fn outcomes(&self) -> Ends<'_> {
        let ends = self.parts.iter().filter_map(|part| {
            let end = part.end.as_ref()?;
            Some((part.short.as_str(), end, part.deploy.is_at_zero()))
        });
        Ends(ends.collect())
    }

    /// The short names of the services.
    pub(super) fn short_names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.short.as_str())
    }

    /// What is known about those that have not ended.
    pub(super) fn known_so_far(&self) -> Vec<String> {
        let of = |part: &Part| match &part.end {
            Some(end) => vec![end.summary.clone()],
            None => part.deploy.known_so_far().into_iter().map(|known| format!("{}: {known}", part.short)).collect(),
        };
        self.parts.iter().flat_map(of).collect()
    }
}
