//! Deploy, force, roll back, attach: from what is looked at before to the verdict.
//!
//! ```text
//! gathering → planned → (build) → before-hook → looked at again → registering → updating → watching ┐
//!                                                                    ┌── reverting ← failing early ─┤
//!                                                                    └──────────→ after-hook → end ←┘
//! ```

mod back;
mod build;
mod container;
mod end;
mod gather;

use super::call::{Answered, Program, Read, Reply, Write};
use super::machine::{Ctx, Slot, Weight};
use super::outcome::{Outcome, Verdict};
use super::refusals;
use super::sure::{Before, Progress, Sure};
use super::watch::{Seen, Subject, Watch};
use crate::config::{BuildConfig, Hooks};
use crate::model::image::Image;
use crate::model::rollout::RolloutStatus;
use crate::model::service::Service;
use crate::model::{Failure, FailureKind, TaskDefinition};
use build::Build;
use gather::Gather;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// What is deployed.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// An image in the service's repository, by tag or digest.
    Image(String),
    /// The same task definition again, with new tasks.
    Force,
    /// An image that is built now.
    Build {
        /// How.
        config: BuildConfig,
        /// Though the tree has changes that are not committed.
        dirty: bool,
    },
    /// A revision that ran before: this one, or the one right before.
    Back(Option<String>),
    /// What is under way, or ended last: it is only watched.
    Attach,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The service's whole name.
    pub service: String,
    /// As people call it.
    pub short: String,
    /// What.
    pub source: Source,
    /// The task definition that is copied instead of the one that runs.
    pub base: Option<String>,
    /// The container whose image is changed instead of the main one.
    pub container: Option<String>,
    /// Whether what fails early is rolled back from here; none: where the circuit breaker would not do it.
    pub roll_back: Option<bool>,
    /// Commands before and after.
    pub hooks: Hooks,
    /// As it would be typed.
    pub command: String,
}

/// A deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Deploy {
    /// What was asked for.
    pub request: Request,
    /// What was found before.
    pub(super) gather: Gather,
    /// The deployment, once it is under way.
    pub watch: Option<Watch>,
    /// What it goes to.
    pub target: Target,
    phase: Phase,
    build: Option<Build>,
    /// Why it is being taken back.
    reverting: Option<String>,
    /// What is watched is the way back, a deployment of its own.
    way_back: bool,
    /// A deployment that somebody else had begun was ended from here.
    ended_theirs: bool,
    /// ECS would not take ours back: it had ended. Only the revision before can be deployed now.
    ended_before: bool,
    /// How ours stands must be read before anything else is done about it.
    look_first: bool,
    /// Why it cannot be taken back from here: it is not tried again, and belongs to the verdict.
    not_taken_back: Option<String>,
    /// It was said that nobody takes the failing version back.
    told_left: bool,
    /// No task was to run when it was planned, and the plan said so.
    planned_at_zero: bool,
    /// The outcome that waits for the after-hook.
    ended: Option<Outcome>,
    began: Option<Timestamp>,
}

/// What a deployment goes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Target {
    /// `family:revision`, once it is registered.
    pub revision: Option<String>,
    /// The whole image.
    pub image: Option<String>,
    /// `sha256:…`.
    pub digest: Option<String>,
    /// What ran before: `family:revision`.
    pub previous: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Gathering,
    Planned,
    Building,
    BeforeHook,
    Rechecking,
    Registering(Sure),
    Updating(Sure),
    Watching,
    Reverting(Sure),
    AfterHook,
}

/// The registration of a copy that is the same.
fn as_it_is(definition: &TaskDefinition) -> Write {
    let images = definition.containers.iter().map(|container| (container.name.clone(), container.image.clone()));
    Write::Register { base: definition.name.clone(), images: images.collect() }
}

impl Deploy {
    /// A deployment that has not begun.
    pub fn new(request: Request) -> Self {
        Self {
            request,
            gather: Gather::default(),
            watch: None,
            target: Target::default(),
            phase: Phase::Gathering,
            build: None,
            reverting: None,
            way_back: false,
            ended_theirs: false,
            ended_before: false,
            look_first: false,
            not_taken_back: None,
            told_left: false,
            planned_at_zero: false,
            ended: None,
            began: None,
        }
    }

    /// Whether it only looks.
    pub fn only_looks(&self) -> bool {
        self.request.source == Source::Attach
    }

    /// What it is doing, in two or three words.
    pub fn words(&self) -> &'static str {
        match &self.phase {
            Phase::Gathering => "looking",
            Phase::Planned => "waiting for a yes",
            Phase::Building => "building",
            Phase::BeforeHook => "running the before-hook",
            Phase::Rechecking => "looking again",
            Phase::Registering(_) => "registering",
            Phase::Updating(_) => "updating the service",
            Phase::Watching if self.reverting.is_some() || self.ended_theirs => "rolling back",
            Phase::Watching => "rolling out",
            Phase::Reverting(_) => "rolling back",
            Phase::AfterHook => "running the after-hook",
        }
    }

    /// How far it is: of tasks, or of the build's steps.
    pub fn progress(&self) -> Option<(u32, u32)> {
        match (&self.phase, &self.build, &self.watch) {
            (Phase::Building, Some(build), _) => build.progress,
            (Phase::Watching, _, Some(watch)) => watch.bars.last().map(|bar| (bar.fresh.min(bar.desired), bar.desired)),
            _ => None,
        }
    }

    /// How long deployments of this service usually take.
    pub fn usual(&self) -> Option<SignedDuration> {
        crate::model::deploy::history::usual(&self.gather.history)
    }

    /// When the change was made.
    pub fn began(&self) -> Option<Timestamp> {
        self.began
    }

    /// Whether it can be taken back now: it rolls out, and is not on its way back already.
    pub fn revertible(&self) -> bool {
        let coming_back = self.reverting.is_some() || self.ended_theirs;
        self.phase == Phase::Watching && !coming_back && !self.only_looks()
    }

    /// Whether the image is being built: that ends with the cockpit.
    pub fn building(&self) -> bool {
        self.phase == Phase::Building
    }

    /// The image's facts, where they were read.
    pub fn image(&self) -> Option<&Image> {
        self.gather.image.as_ref()
    }

    /// Confirmed: it begins.
    pub(super) fn go(&mut self, ctx: &mut Ctx<'_>) {
        match self.request.source {
            Source::Build { .. } => {
                self.phase = Phase::Building;
                self.build_next(ctx);
            }
            _ => self.before_hook(ctx),
        }
    }

    fn before_hook(&mut self, ctx: &mut Ctx<'_>) {
        let Some(command) = self.request.hooks.before_deploy.clone() else { return self.recheck(ctx) };
        self.phase = Phase::BeforeHook;
        ctx.say(Weight::Step, format!("before: {command}"));
        let folder = self.request.hooks.before_folder.clone();
        let program = self.hook((&command, folder), None, ctx);
        ctx.ask(Slot::Run("before"), super::call::Call::Run(program));
    }

    /// Minutes may have passed since it was looked at: nobody else may have changed it.
    fn recheck(&mut self, ctx: &mut Ctx<'_>) {
        self.phase = Phase::Rechecking;
        ctx.read(Slot::Again, Read::Services { cluster: ctx.cluster(), names: vec![self.request.service.clone()] });
    }

    fn rechecked(&mut self, answered: Answered, ctx: &mut Ctx<'_>) {
        let name = &self.request.service;
        let found = match answered.outcome {
            Ok(Reply::Services(found)) => found.into_iter().find(|service| service.name == *name),
            Ok(_) => None,
            Err(failure) => return self.not_begun("the service cannot be read", Some(&failure), ctx),
        };
        let (Some(now), Some(before)) = (found, &self.gather.service) else {
            return self.not_begun("the service is gone", None, ctx);
        };
        let id = |service: &Service| service.primary().map(|primary| primary.id.clone());
        let back = matches!(self.request.source, Source::Back(_));
        if id(&now) != id(before) && !(back && self.gather.under_way().is_some()) {
            let to = now.primary().map(|primary| primary.task_definition.clone()).unwrap_or_default();
            return self.not_begun(
                &format!("the service changed since it was looked at: it now goes to {to}"),
                None,
                ctx,
            );
        }
        self.gather.service = Some(now);
        self.change(ctx);
    }

    /// The first change.
    fn change(&mut self, ctx: &mut Ctx<'_>) {
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
                    self.phase = Phase::Reverting(Sure::send(Write::RollBack { arn }, Before::default(), ctx));
                }
                None => self.update(self.target.revision.clone(), ctx),
            },
            Source::Attach => {}
        }
    }

    /// Registers a copy of a task definition, with the image that is deployed.
    fn register(&mut self, ctx: &mut Ctx<'_>) {
        let Some(write) = self.registration() else {
            return self.not_begun("there is no container to change", None, ctx);
        };
        ctx.say(Weight::Step, format!("registering a copy of {}", self.gather.base_name()));
        let before = Before { newest: self.gather.newest_revision(), ..Before::default() };
        self.phase = Phase::Registering(Sure::send(write, before, ctx));
    }

    fn registration(&self) -> Option<Write> {
        if let Some(definition) = self.gather.anew(&self.request) {
            return Some(as_it_is(definition));
        }
        let container = self.gather.container.name.clone()?;
        let image = self.target.image.clone()?;
        Some(Write::Register { base: self.gather.base_name(), images: vec![(container, image)] })
    }

    fn update(&mut self, revision: Option<String>, ctx: &mut Ctx<'_>) {
        let what = revision.as_deref().map_or_else(|| "starting new tasks".to_owned(), |to| format!("going to {to}"));
        ctx.say(Weight::Step, what);
        let write = Write::Update {
            cluster: ctx.cluster(),
            service: self.request.service.clone(),
            force: revision.is_none(),
            task_definition: revision,
            desired: None,
        };
        let deployments = self.gather.service.iter().flat_map(|service| &service.deployments);
        let before = Before {
            deployments: deployments.map(|known| known.id.clone()).collect(),
            releases: self.gather.history.iter().map(|entry| entry.arn.clone()).collect(),
            running: self.gather.service.as_ref().map(|service| service.task_definition.clone()).unwrap_or_default(),
            ..Before::default()
        };
        self.phase = Phase::Updating(Sure::send(write, before, ctx));
    }

    /// The service was updated: the deployment that it now has is ours.
    fn updated(&mut self, reply: Reply, ctx: &mut Ctx<'_>) {
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

    fn watch_over(&mut self, subject: Subject, service: Service, ctx: &mut Ctx<'_>) {
        let definition = self.gather.base.clone().or_else(|| self.gather.definition.clone());
        let mut watch = Watch::new(subject, definition);
        watch.first(service, ctx);
        watch.tick(ctx);
        self.watch = Some(watch);
        self.phase = Phase::Watching;
    }

    /// A reply.
    pub(super) fn reply(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Gathering => self.gathered(slot, answered, ctx),
            Phase::Building => self.build_reply(slot, answered, ctx),
            Phase::BeforeHook if *slot == Slot::Run("before") => self.before_hook_ended(answered, ctx),
            Phase::Rechecking if *slot == Slot::Again => self.rechecked(answered, ctx),
            Phase::Registering(sure) => match sure.reply(slot, answered, ctx) {
                Progress::Going => {}
                Progress::Landed(reply) => {
                    if let Reply::Registered(name) = *reply {
                        self.target.revision = Some(name);
                    }
                    self.update(self.target.revision.clone(), ctx);
                }
                Progress::Refused(failure) => {
                    self.not_begun("the task definition could not be registered", Some(&failure), ctx);
                }
            },
            Phase::Updating(sure) => match sure.reply(slot, answered, ctx) {
                Progress::Going => {}
                Progress::Landed(reply) => self.updated(*reply, ctx),
                Progress::Refused(failure) => self.not_updated(&failure, ctx),
            },
            Phase::Watching => {
                let Some(watch) = &mut self.watch else { return };
                if *slot == Slot::Release && answered.outcome.is_ok() {
                    self.look_first = false;
                }
                let seen = watch.reply(slot, answered, ctx);
                self.seen(&seen, ctx);
            }
            // What is read meanwhile is still about the deployment, and its end is told afterwards.
            Phase::Reverting(_) if !matches!(slot, Slot::Write | Slot::Proof) => {
                if let Some(watch) = &mut self.watch {
                    watch.reply(slot, answered, ctx);
                }
            }
            Phase::Reverting(sure) => match sure.reply(slot, answered, ctx) {
                Progress::Going => {}
                Progress::Landed(reply) => self.reverted(*reply, ctx),
                Progress::Refused(failure) => self.not_reverted(&failure, ctx),
            },
            Phase::AfterHook if *slot == Slot::Run("after") => self.after_hook_ended(answered, ctx),
            // What was asked in an earlier phase and comes now changes nothing, and least of all the verdict.
            Phase::Planned | Phase::Rechecking | Phase::BeforeHook | Phase::AfterHook => {}
        }
    }

    /// A line of a program's output.
    pub(super) fn output(&mut self, line: &str, ctx: &mut Ctx<'_>) {
        if let Some(build) = &mut self.build {
            build.output(line);
        }
        ctx.say(Weight::Detail, line);
    }

    /// Time goes on.
    pub(super) fn tick(&mut self, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Registering(sure) | Phase::Updating(sure) | Phase::Reverting(sure) => sure.tick(ctx),
            Phase::Watching => {
                if let Some(watch) = &mut self.watch {
                    watch.tick(ctx);
                }
            }
            Phase::Gathering
            | Phase::Planned
            | Phase::Building
            | Phase::BeforeHook
            | Phase::Rechecking
            | Phase::AfterHook => {}
        }
    }

    /// The watched deployment stands like this.
    fn seen(&mut self, seen: &Seen, ctx: &mut Ctx<'_>) {
        match seen {
            Seen::Going => self.fail_early(ctx),
            // It came to its end before it could be taken back; that is still wanted.
            Seen::Successful if self.reverting.is_some() && !self.way_back => {
                let why = self.reverting.take().unwrap_or_default();
                self.ended_before = true;
                self.look_first = false;
                if self.can_go_back() {
                    self.revert(why, ctx);
                } else {
                    let text = format!("it was to be rolled back ({why}), and had succeeded before");
                    let outcome = self.verdict(seen, ctx).cause(text);
                    self.finish(outcome, ctx);
                }
            }
            // Nothing is known of its end: the hook that is told of one is not run.
            Seen::Refused(failure) => {
                let again = format!("cockpit deploy --attach {}", self.request.short);
                let outcome = refusals::given_up(&self.title(), failure, &again, ctx);
                ctx.end = Some(self.with_what_runs(outcome));
            }
            Seen::Successful
            | Seen::Fell
            | Seen::RolledBack
            | Seen::BackFell
            | Seen::RollbackFailed
            | Seen::Stopped
            | Seen::Gone
            | Seen::Untold => {
                if self.ended_theirs && matches!(seen, Seen::RolledBack | Seen::BackFell) {
                    // What it went to is known only now.
                    let service = self.watch.as_ref().and_then(|watch| watch.service.as_ref());
                    self.target.revision = service.map(|service| service.task_definition.clone());
                }
                let outcome = self.verdict(seen, ctx);
                self.finish(outcome, ctx);
            }
        }
    }

    /// The new version is at fault for certain: it is taken back, where that was asked for or where ECS would not.
    /// Whatever is done, the verdict is that of the deployment: a version whose first tasks failed may still come up.
    fn fail_early(&mut self, ctx: &mut Ctx<'_>) {
        let Some(watch) = &self.watch else { return };
        // One that is on its way back already is not judged by the tasks that it is taken back for.
        if self.reverting.is_some() || self.ended_theirs || self.look_first || self.only_looks() {
            return;
        }
        // At its end ECS has judged; whether its tasks run is looked at there.
        let leaves = |status: &RolloutStatus| match status {
            RolloutStatus::Pending | RolloutStatus::InProgress | RolloutStatus::Other(_) => false,
            RolloutStatus::Successful
            | RolloutStatus::Stopped
            | RolloutStatus::StopRequested
            | RolloutStatus::RollbackInProgress
            | RolloutStatus::RollbackSuccessful
            | RolloutStatus::RollbackFailed => true,
        };
        if watch.state.as_ref().is_some_and(|state| leaves(&state.status)) {
            return;
        }
        let Some(trouble) = watch.sure_trouble() else { return };
        let breaker = watch.service.as_ref().and_then(|service| service.breaker).unwrap_or_default();
        let ecs_does_it = breaker.enabled && breaker.rollback;
        let wanted = self.request.roll_back.unwrap_or(!ecs_does_it) && self.not_taken_back.is_none();
        if wanted && (!self.ended_before || self.can_go_back()) {
            let why = trouble.text.clone();
            self.revert(why, ctx);
            return;
        }
        if !breaker.enabled && !self.told_left {
            self.told_left = true;
            let why = match self.request.source {
                Source::Back(_) => "a way back is not taken back again",
                _ if self.request.roll_back == Some(false) => "--no-rollback was given",
                _ => "it cannot be taken back from here",
            };
            let text = format!("nobody takes it back: {why}, and the circuit breaker is off; ECS goes on trying");
            ctx.say(Weight::Warn, text);
        }
    }

    fn look_on(&mut self) {
        self.phase = Phase::Watching;
        if let Some(watch) = &mut self.watch {
            watch.resume();
        }
    }

    fn not_reverted(&mut self, failure: &Failure, ctx: &mut Ctx<'_>) {
        if self.watch.is_none() && failure.kind == FailureKind::Other && !failure.unsent {
            // It ended in the meantime, or ECS takes it back already: which of them, is seen by looking at it.
            ctx.say(Weight::Warn, format!("ECS would not end it: {failure}"));
            return self.attach(ctx);
        }
        if self.watch.is_none() {
            return self.not_begun("the deployment under way could not be ended", Some(failure), ctx);
        }
        let why = self.reverting.take().unwrap_or_default();
        let ended = matches!(&self.phase, Phase::Reverting(sure) if sure.is_roll_back() && !sure.may_have_landed())
            && matches!(failure.kind, FailureKind::Other | FailureKind::NotFound);
        if failure.unsent && failure.kind != FailureKind::WrongAccount {
            // Nothing came of it, and it is still wanted.
            ctx.say(Weight::Warn, format!("it could not be rolled back yet: {failure}"));
        } else if ended {
            // It ended in the meantime: how, is seen by looking on.
            ctx.say(Weight::Warn, format!("ECS would not take it back: {failure}"));
            self.ended_before = true;
            self.look_first = true;
        } else {
            // The deployment goes on without us, and its end is the verdict.
            let text = format!("{why}; and it could not be rolled back: {failure}");
            ctx.say(Weight::Bad, text.clone());
            self.not_taken_back = Some(text);
        }
        self.look_on();
    }

    /// Left before its end: what is known all the same, if anything is.
    pub(super) fn left(&mut self) -> Option<Outcome> {
        if let Some(outcome) = self.ended.take() {
            return Some(outcome.cause("the after-hook was not waited for"));
        }
        let unchanged = match &self.phase {
            Phase::Gathering | Phase::Planned => !self.only_looks(),
            Phase::Building | Phase::BeforeHook | Phase::Rechecking | Phase::Registering(_) => true,
            Phase::Updating(sure) => !sure.may_have_landed(),
            Phase::Watching | Phase::Reverting(_) | Phase::AfterHook => false,
        };
        let summary = format!("{}: it was left before the service was changed", self.request.short);
        unchanged.then(|| Outcome::new(Verdict::Cancelled, summary))
    }

    /// Where logs of its tasks are.
    pub(super) fn definition(&self) -> Option<&TaskDefinition> {
        self.gather.definition.as_ref()
    }

    /// A program of a hook, with what it is told.
    fn hook(&self, hook: (&str, Option<String>), outcome: Option<&Outcome>, ctx: &Ctx<'_>) -> Program {
        end::hook_program(self, hook, outcome, ctx)
    }
}
