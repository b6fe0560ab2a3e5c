//! The changes of a deployment, in order: the hook before, one more look, the registration, the update.

use super::{Deploy, Phase, Source};
use crate::app::operation::call::{Answered, Call, Read, Reply, Write};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::{Ctx, Slot, Weight};
use crate::app::operation::sure::{Before, PendingWrite};
use crate::app::operation::watch::{Subject, Watch};
use crate::model::TaskDefinition;
use crate::model::service::Service;
use std::collections::BTreeSet;

/// The registration of a copy that is the same.
pub(super) fn as_it_is(definition: &TaskDefinition) -> Write {
    let images = definition.containers.iter().map(|container| (container.name.clone(), container.image.clone()));
    Write::Register { base: definition.name.clone(), images: images.collect() }
}

impl Deploy {
    pub(super) fn before_hook(&mut self, ctx: &mut Ctx<'_>) {
        let Some(command) = self.request.hooks.before_deploy.clone() else { return self.recheck(ctx) };
        self.phase = Phase::BeforeHook;
        ctx.say(Weight::Step, format!("before: {command}"));
        let folder = self.request.hooks.before_folder.clone();
        let program = self.hook((&command, folder), None, ctx);
        ctx.ask(Slot::Run("before"), Call::Run(program));
    }

    /// Minutes may have passed since it was looked at: nobody else may have changed it.
    pub(super) fn recheck(&mut self, ctx: &mut Ctx<'_>) {
        self.phase = Phase::Rechecking;
        ctx.read(Slot::Again, Read::Services { cluster: ctx.cluster(), names: vec![self.request.service.clone()] });
    }

    pub(super) fn rechecked(&mut self, answered: Answered, ctx: &mut Ctx<'_>) {
        let name = &self.request.service;
        let found = match answered.outcome {
            Ok(Reply::Services(found)) => found.into_iter().find(|service| service.name == *name),
            Ok(_) => None,
            Err(failure) => return self.not_begun("the service cannot be read", Some(&failure), ctx),
        };
        match (self.overtaken(found.as_ref()), found) {
            (None, Some(now)) => self.change_now(now, ctx),
            (Some(why), _) => self.not_begun(&why, None, ctx),
            (None, None) => self.not_begun("the service is gone", None, ctx),
        }
    }

    /// Sends the first change.
    pub(super) fn change(&mut self, ctx: &mut Ctx<'_>) {
        self.began = Some(ctx.now);
        match &self.request.source {
            Source::Image(_) | Source::Build { .. } => self.register(ctx),
            Source::Force | Source::Back(_) if self.gather.anew(&self.request).is_some() => self.register(ctx),
            Source::Force => self.update(None, ctx),
            Source::Back(_) => match self.gather.under_way() {
                Some(_) if self.gather.coming_back() => {
                    ctx.say(Weight::Step, "ECS is rolling it back already: that is watched");
                    self.ended_theirs = true;
                    self.attach(ctx);
                }
                Some(arn) => {
                    ctx.say(Weight::Step, "ending the deployment that is under way: ECS rolls it back");
                    self.ended_theirs = true;
                    self.phase = Phase::Reverting(PendingWrite::send(Write::RollBack { arn }, Before::default(), ctx));
                }
                None => self.update(self.target.revision.clone(), ctx),
            },
            Source::Attach => {}
        }
    }

    /// Registers a copy of a task definition, with the image that is deployed.
    pub(super) fn register(&mut self, ctx: &mut Ctx<'_>) {
        let Some(write) = self.registration() else {
            return self.not_begun("there is no container to change", None, ctx);
        };
        ctx.say(Weight::Step, format!("registering a copy of {}", self.gather.base_name()));
        let before = Before { newest: self.gather.newest_revision(), ..Before::default() };
        self.phase = Phase::Registering(self.send(write, before, ctx));
    }

    /// Sends a change on the way to the new version.
    fn send(&self, write: Write, before: Before, ctx: &mut Ctx<'_>) -> PendingWrite {
        let sure = PendingWrite::send(write, before, ctx);
        if self.after_others { sure.in_the_middle() } else { sure }
    }

    pub(super) fn registration(&self) -> Option<Write> {
        if let Some(definition) = self.gather.anew(&self.request) {
            return Some(as_it_is(definition));
        }
        let container = self.gather.container.name.clone()?;
        let image = self.target.image.clone()?;
        Some(Write::Register { base: self.gather.base_name(), images: vec![(container, image)] })
    }

    pub(super) fn update(&mut self, revision: Option<String>, ctx: &mut Ctx<'_>) {
        let what = revision.as_deref().map_or_else(|| "starting new tasks".to_owned(), |to| format!("going to {to}"));
        ctx.say(Weight::Step, what);
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

    /// The service was updated: the deployment that it now has is ours.
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
        ctx.say(Weight::Step, format!("deployment {} to {revision}", ours.id));
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
        watch.first(service, ctx);
        watch.tick(ctx);
        self.watch = Some(watch);
        self.phase = Phase::Watching;
    }
}
