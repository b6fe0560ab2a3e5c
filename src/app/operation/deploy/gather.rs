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

/// Everything read before the plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gather {
    /// The slots whose replies are outstanding.
    pub(super) waiting: Vec<Slot>,
    pub service: Option<Service>,
    /// Its deployments, newest first.
    pub history: Vec<ServiceDeployment>,
    /// The autoscaling of the service.
    pub scalable: Option<ScalableTarget>,
    /// The task definition that runs.
    pub definition: Option<TaskDefinition>,
    /// The definition that is copied or rolled back to, if it is another one.
    pub base: Option<TaskDefinition>,
    /// The newest revision of the family.
    pub newest: Option<TaskDefinition>,
    /// The container whose image is changed or examined.
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
    /// The possible containers.
    pub(super) candidates: Vec<String>,
    /// The answers of their registries.
    pub(super) answers: BTreeMap<String, Result<Image, Failure>>,
}

impl Gather {
    pub(super) fn send_call(&mut self, slot: Slot, call: Call, ctx: &mut Ctx<'_>) {
        self.waiting.push(slot.clone());
        ctx.send_call(slot, call);
    }

    pub(super) fn read(&mut self, slot: Slot, read: Read, ctx: &mut Ctx<'_>) {
        self.send_call(slot, Call::Read(read), ctx);
    }

    pub(super) fn add_blocker(&mut self, check: Check) {
        self.add_check(Check { level: Level::Stop, ..check });
    }

    /// Adds a check unless it is there already: several reads may report the same problem.
    pub(super) fn add_check(&mut self, check: Check) {
        if !self.checks.contains(&check) {
            self.checks.push(check);
        }
    }

    pub(super) fn add_note(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// Whether a read like this is outstanding.
    pub(super) fn waits_for(&self, like: impl Fn(&Slot) -> bool) -> bool {
        self.waiting.iter().any(like)
    }

    /// The task definition that is copied, rolled back to, or runs.
    pub(super) fn base_definition(&self) -> Option<&TaskDefinition> {
        self.base.as_ref().or(self.definition.as_ref())
    }

    /// A deregistered task definition to deploy: a copy of it takes its place.
    pub(super) fn deregistered_source(&self, request: &Request) -> Option<&TaskDefinition> {
        let definition = match request.source {
            Source::Force => self.definition.as_ref(),
            Source::RollBack(_) if self.deployment_in_progress().is_none() => self.base.as_ref(),
            Source::RollBack(_) | Source::Image(_) | Source::Build { .. } | Source::Attach => None,
        };
        definition.filter(|definition| definition.is_deregistered())
    }

    /// Whether the definition to copy or roll back to is of another family than the running one, and never served in
    /// this service according to its history: most likely it belongs to another service.
    pub(super) fn is_other_family(&self) -> bool {
        let Some((service, base)) = self.service.as_ref().zip(self.base.as_ref()) else { return false };
        let served = candidates(&self.history, "").iter().any(|entry| entry.target.as_deref() == Some(&base.name));
        family(&base.name) != family(&service.task_definition) && !served
    }

    /// The `family:revision` that is copied.
    pub fn base_name(&self) -> String {
        self.base_definition().map(|definition| definition.name.clone()).unwrap_or_default()
    }

    /// The number of the newest revision.
    pub fn newest_revision(&self) -> u32 {
        let newest = self.newest.as_ref().or(self.definition.as_ref());
        newest.and_then(|newest| newest.name.rsplit(':').next()?.parse().ok()).unwrap_or(0)
    }

    /// Whether the deployment in progress is already being rolled back.
    pub fn is_rolling_back(&self) -> bool {
        self.history.first().is_some_and(|newest| newest.status == RolloutStatus::RollbackInProgress)
    }

    /// The ARN of the service deployment in progress.
    pub fn deployment_in_progress(&self) -> Option<String> {
        self.history.first().filter(|newest| !newest.status.has_ended()).map(|newest| newest.arn.clone())
    }
}
