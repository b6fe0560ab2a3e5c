//! The changes of a deployment, in order: before-hook, recheck, registration, update.

use super::{Deploy, Phase, Source};
use crate::app::operation::call::{Call, CallResult, Read, Reply, Write};
use crate::app::operation::exactly_once::{Before, PendingWrite};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::{Ctx, Slot, Weight};
use crate::app::operation::watch::{Subject, Watch};
use crate::model::TaskDefinition;
use crate::model::service::Service;
use std::collections::BTreeSet;

/// The registration of an unchanged copy.
pub(super) fn unchanged_copy(definition: &TaskDefinition) -> Write {
    let images = definition.containers.iter().map(|container| (container.name.clone(), container.image.clone()));
    Write::Register { base: definition.name.clone(), images: images.collect() }
}

impl Deploy {
    pub(super) fn before_hook(&mut self, ctx: &mut Ctx<'_>) {
        let Some(command) = self.request.hooks.before_deploy.clone() else { return self.recheck(ctx) };
        self.phase = Phase::BeforeHook;
        ctx.log(Weight::Step, format!("before: {command}"));
        let folder = self.request.hooks.before_folder.clone();
        let program = self.hook((&command, folder), None, ctx);
        ctx.send_call(Slot::Run("before"), Call::Run(program));
    }

    /// Minutes may have passed since the plan: nobody else may have changed the service.
    pub(super) fn recheck(&mut self, ctx: &mut Ctx<'_>) {
        self.phase = Phase::Rechecking;
        ctx.read(Slot::Recheck, Read::Services { cluster: ctx.cluster(), names: vec![self.request.service.clone()] });
    }

    pub(super) fn judge_recheck(&mut self, answered: CallResult, ctx: &mut Ctx<'_>) {
        let name = &self.request.service;
        let found = match answered.outcome {
            Ok(Reply::Services(found)) => found.into_iter().find(|service| service.name == *name),
            Ok(_) => None,
            Err(failure) => return self.fail_before_update("the service cannot be read", Some(&failure), ctx),
        };
        match (self.why_outdated(found.as_ref()), found) {
            (None, Some(now)) => self.start_change(now, ctx),
            (Some(why), _) => self.fail_before_update(&why, None, ctx),
            (None, None) => self.fail_before_update("the service is gone", None, ctx),
        }
    }

    /// Sends the first change.
    pub(super) fn change(&mut self, ctx: &mut Ctx<'_>) {
        self.began = Some(ctx.now);
        match &self.request.source {
            Source::Image(_) | Source::Build { .. } => self.register(ctx),
            Source::Force | Source::RollBack(_) if self.gather.deregistered_source(&self.request).is_some() => {
                self.register(ctx);
            }
            Source::Force => self.update(None, ctx),
            Source::RollBack(_) => match self.gather.deployment_in_progress() {
                Some(_) if self.gather.is_rolling_back() => {
                    ctx.log(Weight::Step, "ECS is rolling it back already: that is watched");
                    self.ended_theirs = true;
                    self.attach(ctx);
                }
                Some(arn) => {
                    ctx.log(Weight::Step, "ending the deployment that is under way: ECS rolls it back");
                    self.ended_theirs = true;
                    self.phase = Phase::Reverting(PendingWrite::send(Write::RollBack { arn }, Before::default(), ctx));
                }
                None => self.update(self.target.revision.clone(), ctx),
            },
            Source::Attach => {}
        }
    }

    /// Registers a copy of a task definition with the image to deploy.
    pub(super) fn register(&mut self, ctx: &mut Ctx<'_>) {
        let Some(write) = self.registration() else {
            return self.fail_before_update("there is no container to change", None, ctx);
        };
        ctx.log(Weight::Step, format!("registering a copy of {}", self.gather.base_name()));
        let before = Before { newest: self.gather.newest_revision(), ..Before::default() };
        self.phase = Phase::Registering(self.send(write, before, ctx));
    }

    /// Sends a change that leads to the new version.
    fn send(&self, write: Write, before: Before, ctx: &mut Ctx<'_>) -> PendingWrite {
        let sure = PendingWrite::send(write, before, ctx);
        if self.after_others { sure.after_other_changes() } else { sure }
    }

    pub(super) fn registration(&self) -> Option<Write> {
        if let Some(definition) = self.gather.deregistered_source(&self.request) {
            return Some(unchanged_copy(definition));
        }
        let container = self.gather.container.name.clone()?;
        let image = self.target.image.clone()?;
        Some(Write::Register { base: self.gather.base_name(), images: vec![(container, image)] })
    }

    pub(super) fn update(&mut self, revision: Option<String>, ctx: &mut Ctx<'_>) {
        let what = revision.as_deref().map_or_else(|| "starting new tasks".to_owned(), |to| format!("going to {to}"));
        ctx.log(Weight::Step, what);
        let write = Write::Update {
            cluster: ctx.cluster(),
            service: self.request.service.clone(),
            force: revision.is_none(),
            task_definition: revision,
            desired: None,
            exec: self.request.exec,
        };
        let deployments = self.gather.service.iter().flat_map(|service| &service.deployments);
        let before = Before {
            deployments: deployments.map(|known| known.id.clone()).collect(),
            releases: self.gather.history.iter().map(|entry| entry.arn.clone()).collect(),
            running: self.gather.service.as_ref().map(|service| service.task_definition.clone()).unwrap_or_default(),
            ..Before::default()
        };
        self.phase = Phase::Updating(self.send(write, before, ctx));
    }

    /// The service was updated: its new deployment is ours.
    pub(super) fn updated(&mut self, reply: Reply, ctx: &mut Ctx<'_>) {
        let Reply::Services(found) = reply else { return };
        let Some(service) = found.into_iter().find(|service| service.name == self.request.service) else { return };
        let known: BTreeSet<&str> = self
            .gather
            .service
            .iter()
            .flat_map(|before| &before.deployments)
            .map(|deployment| deployment.id.as_str())
            .collect();
        let revision = self.target.revision.clone().unwrap_or_else(|| service.task_definition.clone());
        let ours = service
            .deployments
            .iter()
            .find(|deployment| !known.contains(deployment.id.as_str()) && deployment.task_definition == revision);
        let Some(ours) = ours else {
            let outcome = Outcome::new(Verdict::Unknown, "AWS took the change and shows no new deployment")
                .hint(format!("look with `cockpit services {}`", self.request.short));
            return self.finish(outcome, ctx);
        };
        ctx.log(Weight::Step, format!("deployment {} to {revision}", ours.id));
        let subject = Subject {
            cluster: ctx.cluster(),
            service: self.request.service.clone(),
            deployment: ours.id.clone(),
            since: ours.created_at.unwrap_or(ctx.service_now),
            revision,
            known: self.gather.history.iter().map(|entry| entry.arn.clone()).collect(),
        };
        self.watch_over(subject, service, ctx);
    }

    pub(super) fn watch_over(&mut self, subject: Subject, service: Service, ctx: &mut Ctx<'_>) {
        let definition = self.gather.base.clone().or_else(|| self.gather.definition.clone());
        let mut watch = Watch::new(subject, definition);
        watch.set_initial(service, ctx);
        watch.tick(ctx);
        self.watch = Some(watch);
        self.phase = Phase::Watching;
    }
}
