//! The reads before a deployment, and their answers.

use super::request::{Request, Source};
use crate::app::operation::call::{Call, Read};
use crate::app::operation::step::{Ctx, Slot};
use crate::model::deploy::history::candidates;
use crate::model::deploy::{Check, Level};
use crate::model::image::Image;
use crate::model::rollout::{RolloutStatus, ServiceDeployment};
use crate::model::service::Service;
use crate::model::task_definition::family;
use crate::model::timer::Timer;
use crate::model::{Failure, ScalableTarget, TaskDefinition};
use std::collections::BTreeMap;

/// Everything that was read before the plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gather {
    /// The slots whose replies are still to come.
    pub(super) waiting: Vec<Slot>,
    pub service: Option<Service>,
    /// Its deployments, newest first.
    pub history: Vec<ServiceDeployment>,
    /// The autoscaling of the service.
    pub scalable: Option<ScalableTarget>,
    /// The task definition that runs.
    pub definition: Option<TaskDefinition>,
    /// The one that is copied or gone back to, where it is another.
    pub base: Option<TaskDefinition>,
    /// The newest of the family.
    pub newest: Option<TaskDefinition>,
    /// The container whose image is changed, or is looked at.
    pub container: Container,
    pub image: Option<Image>,
    /// Schedules.
    pub timers: Vec<Timer>,
    /// The failures, as checks.
    pub(super) checks: Vec<Check>,
}

/// The container, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Container {
    /// Its name, once it is decided.
    pub name: Option<String>,
    /// The containers that may be meant.
    pub(super) candidates: Vec<String>,
    /// The answers of their registries.
    pub(super) answers: BTreeMap<String, Result<Image, Failure>>,
}

impl Gather {
    pub(super) fn ask(&mut self, slot: Slot, call: Call, ctx: &mut Ctx<'_>) {
        self.waiting.push(slot.clone());
        ctx.ask(slot, call);
    }

    pub(super) fn read(&mut self, slot: Slot, read: Read, ctx: &mut Ctx<'_>) {
        self.ask(slot, Call::Read(read), ctx);
    }

    pub(super) fn stop(&mut self, check: Check) {
        self.tell(Check { level: Level::Stop, ..check });
    }

    /// Several that were asked may say the same.
    pub(super) fn tell(&mut self, check: Check) {
        if !self.checks.contains(&check) {
            self.checks.push(check);
        }
    }

    pub(super) fn note(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// Whether something like this is still asked.
    pub(super) fn waits_for(&self, like: impl Fn(&Slot) -> bool) -> bool {
        self.waiting.iter().any(like)
    }

    /// The task definition that is copied, gone back to, or runs.
    pub(super) fn copied(&self) -> Option<&TaskDefinition> {
        self.base.as_ref().or(self.definition.as_ref())
    }

    /// A deregistered task definition that is to be deployed: a copy of it takes its place.
    pub(super) fn anew(&self, request: &Request) -> Option<&TaskDefinition> {
        let definition = match request.source {
            Source::Force => self.definition.as_ref(),
            Source::Back(_) if self.under_way().is_none() => self.base.as_ref(),
            Source::Back(_) | Source::Image(_) | Source::Build { .. } | Source::Attach => None,
        };
        definition.filter(|definition| definition.deregistered())
    }

    /// Whether what is copied or gone back to is of another family than what runs, and never served in this service as
    /// far as its history goes: a task definition of another service, most likely.
    pub(super) fn strays(&self) -> bool {
        let Some((service, base)) = self.service.as_ref().zip(self.base.as_ref()) else { return false };
        let served = candidates(&self.history, "").iter().any(|entry| entry.target.as_deref() == Some(&base.name));
        family(&base.name) != family(&service.task_definition) && !served
    }

    /// `family:revision` that is copied.
    pub fn base_name(&self) -> String {
        self.copied().map(|definition| definition.name.clone()).unwrap_or_default()
    }

    /// The number of the newest revision.
    pub fn newest_revision(&self) -> u32 {
        let newest = self.newest.as_ref().or(self.definition.as_ref());
        newest.and_then(|newest| newest.name.rsplit(':').next()?.parse().ok()).unwrap_or(0)
    }

    /// Whether the one under way is on its way back already.
    pub fn coming_back(&self) -> bool {
        self.history.first().is_some_and(|newest| newest.status == RolloutStatus::RollbackInProgress)
    }

    /// The ARN of a service deployment under way.
    pub fn under_way(&self) -> Option<String> {
        self.history.first().filter(|newest| !newest.status.terminal()).map(|newest| newest.arn.clone())
    }
}
