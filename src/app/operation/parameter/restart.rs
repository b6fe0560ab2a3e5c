//! New tasks of the services that read a parameter: each is sent a forced deployment, and all are waited for together.

use crate::app::operation::call::Read;
use crate::app::operation::step::{Ctx, Slot, Weight, wait_after};
use crate::app::refusals::Refusals;
use crate::model::Failure;
use crate::model::service::{RolloutState, Service};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Services in one request.
pub(super) const AT_ONCE: usize = 10;

/// How a service's new deployment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Going,
    Done,
    /// It holds, and the desired count is 0.
    NothingRuns,
    Failed(String),
    RolledBack(String),
}

/// Deployments that are waited for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Restart {
    /// Deployments that were there before, by service.
    before: BTreeMap<String, BTreeSet<String>>,
    /// Ours.
    ours: BTreeMap<String, String>,
    pub(super) ends: BTreeMap<String, End>,
    next_look: Option<Timestamp>,
    in_flight: usize,
    failures: u32,
    /// Refusals of the credentials in a row.
    pub(super) refusals: Refusals,
}

impl Restart {
    /// A service as it was before it is changed.
    pub(super) fn note(&mut self, service: &Service) {
        let ids = service.deployments.iter().map(|deployment| deployment.id.clone()).collect();
        self.before.insert(service.name.clone(), ids);
    }

    /// Ids of the deployments of before.
    pub(super) fn known(&self, service: &str) -> BTreeSet<String> {
        self.before.get(service).cloned().unwrap_or_default()
    }

    /// The change was taken: what the service is now.
    pub(super) fn begun(&mut self, service: &Service) {
        let known = self.known(&service.name);
        let ours = service.deployments.iter().find(|one| !known.contains(&one.id));
        let end = match ours {
            Some(ours) => {
                self.ours.insert(service.name.clone(), ours.id.clone());
                End::Going
            }
            None => End::Failed("AWS took the change and shows no new deployment".to_owned()),
        };
        self.ends.insert(service.name.clone(), end);
    }

    /// Looks again, where it is time.
    pub(super) fn tick(&mut self, ctx: &mut Ctx<'_>) {
        if self.in_flight > 0 || self.next_look.is_some_and(|at| ctx.now < at) || self.over() {
            return;
        }
        let going: Vec<String> =
            self.ends.iter().filter(|(_, end)| **end == End::Going).map(|(name, _)| name.clone()).collect();
        for names in going.chunks(AT_ONCE) {
            self.in_flight += 1;
            ctx.read(Slot::Service, Read::Services { cluster: ctx.cluster(), names: names.to_vec() });
        }
    }

    /// The look failed.
    pub(super) fn missed(&mut self, failure: &Failure, ctx: &mut Ctx<'_>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.failures == 0 {
            ctx.say(Weight::Warn, format!("cannot look: {failure}; it is tried again"));
        }
        self.next_look = Some(ctx.now + wait_after(ctx.environment.refresh.watch, self.failures));
        self.failures += 1;
    }

    /// Services as they are now.
    pub(super) fn seen(&mut self, services: &[Service], ctx: &mut Ctx<'_>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.failures = 0;
        self.refusals.clear();
        self.next_look = Some(ctx.now + ctx.environment.refresh.watch);
        for service in services {
            let end = self.judge(service);
            let Some(old) = self.ends.get_mut(&service.name) else { continue };
            if *old != end {
                let (weight, text) = match &end {
                    End::Going => (Weight::Step, "goes on".to_owned()),
                    End::Done => (Weight::Good, "runs new tasks".to_owned()),
                    End::NothingRuns => (Weight::Warn, "nothing runs (desired 0)".to_owned()),
                    End::Failed(why) | End::RolledBack(why) => (Weight::Bad, why.clone()),
                };
                ctx.say(weight, format!("{}: {text}", service.name));
                *old = end;
            }
        }
    }

    fn judge(&self, service: &Service) -> End {
        if service.deleted() {
            return End::Failed("the service was deleted".to_owned());
        }
        let Some(ours) = self.ours.get(&service.name) else { return End::Going };
        let Some(deployment) = service.deployments.iter().find(|one| one.id == *ours) else {
            return End::RolledBack(
                "its new deployment is gone: the one before serves again, or another took its place".to_owned(),
            );
        };
        let stable = service.deployments.len() == 1 && deployment.running >= service.desired;
        match deployment.rollout {
            Some(RolloutState::Failed) => End::Failed("its new deployment failed".to_owned()),
            Some(RolloutState::Completed) | None if stable && service.desired == 0 => End::NothingRuns,
            Some(RolloutState::Completed) | None if stable => End::Done,
            _ => End::Going,
        }
    }

    /// Whether all have ended.
    pub(super) fn over(&self) -> bool {
        self.ends.values().all(|end| *end != End::Going)
    }
}
