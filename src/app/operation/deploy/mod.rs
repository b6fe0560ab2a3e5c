//! Deploy, force, roll back, attach: from the reads before to the verdict.
//!
//! ```text
//! gathering → planned → (build) → before-hook → looked at again → registering → updating → watching ┐
//!                                                                    ┌── reverting ← failing early ─┤
//!                                                                    └──────────→ after-hook → end ←┘
//! ```

mod build;
mod change;
mod container;
mod end;
mod follow;
mod gather;
mod image_build;
mod look;
mod partial_restart;
mod plan;
mod request;
mod rollback;
mod rollback_state;
#[cfg(test)]
mod rollback_tests;
#[cfg(test)]
mod tests;

use super::call::{CallResult, Reply};
use super::exactly_once::{PendingWrite, Progress};
use super::machine::{self, Details, Machine, NewOperation, Picture};
use super::outcome::{Outcome, Verdict};
use super::step::{Ctx, Slot, Weight};
use super::watch::Watch;
use crate::app::operation::plan::Plan;
use crate::model::image::is_tag;
use crate::model::task_definition::image_version;
use crate::model::{Failure, TaskDefinition};
use build::Build;
use gather::Gather;
use jiff::{SignedDuration, Timestamp};
pub use request::{Request, Source};
use rollback_state::Rollback;
use serde_json::{Value, json};

/// A deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Deploy {
    /// The request, as typed or chosen.
    pub request: Request,
    /// The reads before the plan, and their answers.
    pub(super) gather: Gather,
    /// The watched deployment, once it is in progress.
    pub watch: Option<Watch>,
    /// The version that is deployed.
    pub target: Target,
    phase: Phase,
    build: Option<Build>,
    /// Whether a rollback is requested or in progress.
    back: Rollback,
    /// Whether the watched deployment is the rollback, which is a deployment of its own.
    way_back: bool,
    /// Whether someone else's deployment was ended from here.
    ended_theirs: bool,
    /// ECS would not roll ours back, because it had ended: only the previous revision can be deployed now.
    ended_before: bool,
    /// Whether the state of ours must be read before anything else is done about it.
    look_first: bool,
    /// Why it cannot be rolled back from here; the rollback is not retried, and the reason becomes part of the verdict.
    not_taken_back: Option<String>,
    /// Whether it was reported that nothing rolls the failing version back.
    told_left: bool,
    /// Whether it is part of an operation that changed something else before.
    after_others: bool,
    /// Whether the desired count was 0 when it was planned, and the plan mentioned it.
    planned_at_zero: bool,
    /// The outcome, while it waits for the after-hook.
    ended: Option<Outcome>,
    began: Option<Timestamp>,
}

/// The version that a deployment deploys.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Target {
    /// The `family:revision`, once it is registered.
    pub revision: Option<String>,
    /// The full name of the image.
    pub image: Option<String>,
    /// `sha256:…`.
    pub digest: Option<String>,
    /// The revision that ran before: `family:revision`.
    pub previous: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    Gathering,
    Planned,
    Building,
    BeforeHook,
    Rechecking,
    Registering(PendingWrite),
    Updating(PendingWrite),
    Watching,
    Reverting(PendingWrite),
    AfterHook,
}

impl From<Request> for NewOperation {
    fn from(request: Request) -> Self {
        Box::new(Deploy::new(request))
    }
}

impl Machine for Deploy {
    fn clone_box(&self) -> NewOperation {
        Box::new(self.clone())
    }

    fn title(&self) -> String {
        self.request.title()
    }

    fn verb(&self) -> &'static str {
        self.request.verb()
    }

    fn command_line(&self) -> String {
        self.request.command_line()
    }

    fn target(&self) -> Option<machine::Target> {
        Some(machine::Target::service(&self.request.service))
    }

    fn is_read_only(&self) -> bool {
        self.request.source == Source::Attach
    }

    fn activity(&self) -> &'static str {
        match &self.phase {
            Phase::Gathering => "looking",
            Phase::Planned => "waiting for a yes",
            Phase::Building => "building",
            Phase::BeforeHook => "running the before-hook",
            Phase::Rechecking => "looking again",
            Phase::Registering(_) => "registering",
            Phase::Updating(_) => "updating the service",
            Phase::Watching if self.back.sent_reason().is_some() || self.ended_theirs || self.ecs_rolls_back() => {
                "rolling back"
            }
            Phase::Watching => "rolling out",
            Phase::Reverting(_) => "rolling back",
            Phase::AfterHook => "running the after-hook",
        }
    }

    fn progress(&self) -> Option<(u32, u32)> {
        match (&self.phase, &self.build, &self.watch) {
            (Phase::Building, Some(build), _) => build.progress,
            (Phase::Watching, _, Some(watch)) => {
                watch.task_counts.last().map(|bar| (bar.fresh.min(bar.desired), bar.desired))
            }
            _ => None,
        }
    }

    fn usual_duration(&self) -> Option<SignedDuration> {
        crate::model::deploy::history::usual_duration(&self.gather.history)
    }

    fn began(&self) -> Option<Timestamp> {
        self.began
    }

    /// A build and a hook have limits of their own.
    fn limited_since(&self, confirmed: Option<Timestamp>) -> Option<Timestamp> {
        if self.is_read_only() { confirmed } else { self.began }
    }

    /// How long it took, or has taken, from the change, on this machine's clock. For someone else's deployment, on
    /// AWS's clock, from its beginning to its end.
    fn duration(&self, now: Timestamp) -> Option<SignedDuration> {
        if self.is_read_only() {
            return self.watch.as_ref()?.duration();
        }
        Some(now.duration_since(self.began?))
    }

    fn ended_at(&self, itself: Option<Timestamp>) -> Option<Timestamp> {
        if self.is_read_only() { self.deployment_end() } else { itself }
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        self.start_reading(ctx);
    }

    fn start_changes(&mut self, ctx: &mut Ctx<'_>) {
        match self.request.source {
            Source::Build { .. } => {
                self.phase = Phase::Building;
                self.build_next(ctx);
            }
            _ => self.before_hook(ctx),
        }
    }

    fn reply(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Gathering => self.take_read(slot, answered, ctx),
            Phase::Building => self.build_reply(slot, answered, ctx),
            Phase::BeforeHook if *slot == Slot::Run("before") => self.before_hook_ended(answered, ctx),
            Phase::Rechecking if *slot == Slot::Recheck => self.judge_recheck(answered, ctx),
            Phase::Registering(sure) => match sure.reply(slot, answered, ctx) {
                Progress::InFlight => {}
                Progress::Made(reply) => {
                    if let Reply::Registered(name) = *reply {
                        self.target.revision = Some(name);
                    }
                    self.update(self.target.revision.clone(), ctx);
                }
                Progress::Refused(failure) => {
                    self.fail_before_update("the task definition could not be registered", Some(&failure), ctx);
                }
            },
            Phase::Updating(sure) => match sure.reply(slot, answered, ctx) {
                Progress::InFlight => {}
                Progress::Made(reply) => self.updated(*reply, ctx),
                Progress::Refused(failure) => self.fail_update(&failure, ctx),
            },
            Phase::Watching => {
                let Some(watch) = &mut self.watch else { return };
                if *slot == Slot::Release && answered.outcome.is_ok() {
                    self.look_first = false;
                }
                let seen = watch.reply(slot, answered, ctx);
                self.take_state(&seen, ctx);
            }
            // Other reads in the meantime are about the deployment, whose end is reported afterwards.
            Phase::Reverting(_) if !matches!(slot, Slot::Write | Slot::Proof) => {
                if let Some(watch) = &mut self.watch {
                    watch.reply(slot, answered, ctx);
                }
            }
            Phase::Reverting(sure) => match sure.reply(slot, answered, ctx) {
                Progress::InFlight => {}
                Progress::Made(reply) => self.take_revert_reply(*reply, ctx),
                Progress::Refused(failure) => self.revert_failed(&failure, ctx),
            },
            Phase::AfterHook if *slot == Slot::Run("after") => self.after_hook_ended(answered, ctx),
            // A late reply to an earlier phase changes nothing, least of all the verdict.
            Phase::Planned | Phase::Rechecking | Phase::BeforeHook | Phase::AfterHook => {}
        }
    }

    fn output(&mut self, line: &str, ctx: &mut Ctx<'_>) {
        if let Some(build) = &mut self.build {
            build.output(line);
        }
        ctx.log(Weight::Detail, line);
    }

    fn tick(&mut self, ctx: &mut Ctx<'_>) {
        match &mut self.phase {
            Phase::Registering(sure) | Phase::Updating(sure) | Phase::Reverting(sure) => sure.tick(ctx),
            Phase::Watching => {
                if let Some(watch) = &mut self.watch {
                    watch.tick(ctx);
                }
            }
            Phase::Building => self.build_tick(ctx),
            Phase::Gathering | Phase::Planned | Phase::BeforeHook | Phase::Rechecking | Phase::AfterHook => {}
        }
    }

    /// Whether it can be rolled back now: it is rolling out, and is not being rolled back already.
    fn revertible(&self) -> bool {
        let coming_back = self.back.sent_reason().is_some() || self.ended_theirs;
        self.phase == Phase::Watching && !coming_back && !self.is_read_only()
    }

    fn revert_change(&mut self, ctx: &mut Ctx<'_>) {
        self.revert("asked for by a person".to_owned(), ctx);
    }

    fn abandon(&mut self) -> Option<Outcome> {
        if let Some(outcome) = self.ended.take() {
            return Some(outcome.cause("the after-hook was not waited for"));
        }
        let unchanged = match &self.phase {
            Phase::Gathering | Phase::Planned => !self.is_read_only(),
            Phase::Building | Phase::BeforeHook | Phase::Rechecking | Phase::Registering(_) => true,
            Phase::Updating(sure) => !sure.may_have_been_made(),
            Phase::Watching | Phase::Reverting(_) | Phase::AfterHook => false,
        };
        let summary = format!("{}: it was left before the service was changed", self.request.short);
        unchanged.then(|| Outcome::new(Verdict::Cancelled, summary))
    }

    fn known_so_far(&self) -> Vec<String> {
        let Some(watch) = &self.watch else { return Vec::new() };
        let sure = watch.troubles.iter().filter(|trouble| trouble.sure).map(|trouble| trouble.text.clone());
        let runs = watch.running_version().map(|runs| format!("what runs now: {runs}"));
        // It had ended, and whether the serving version runs was still being checked.
        let ended = watch.state.as_ref().filter(|state| state.status.has_ended());
        let ended = ended.map(|state| format!("ECS calls it {}", state.status.label()));
        let held = watch.state.as_ref().and_then(crate::model::ServiceDeployment::hold_note);
        sure.chain(held).chain(ended).chain(self.unsent_rollback_note()).chain(runs).collect()
    }

    fn obstacle(&self) -> Option<&Failure> {
        match &self.phase {
            Phase::Registering(sure) | Phase::Updating(sure) | Phase::Reverting(sure) => sure.obstacle(),
            Phase::Watching => self.watch.as_ref()?.read_failure.as_ref().map(|(failure, _)| failure),
            Phase::Gathering
            | Phase::Planned
            | Phase::Building
            | Phase::BeforeHook
            | Phase::Rechecking
            | Phase::AfterHook => None,
        }
    }

    fn unchanged_while(&self) -> &'static str {
        if self.building() { "while the image was built" } else { "before anything was changed" }
    }

    fn check_hint(&self) -> String {
        format!("look again with `cockpit deploy --attach {}", self.request.short)
    }

    fn quit_note(&self, environment: &str) -> String {
        let short = &self.request.short;
        if self.watch.is_some() {
            format!("continues in AWS; look again with `cockpit deploy {short} --attach --env {environment}`")
        } else if self.building() {
            "the build is ended, and nothing is deployed".to_owned()
        } else {
            format!("may stop half-way: look with `cockpit services {short} --env {environment}`")
        }
    }

    fn record(&self, _: Option<&Plan>) -> (Value, Value) {
        let target = &self.target;
        let after = json!({
            "task_definition": target.revision,
            "image": target.image,
            "digest": target.digest,
            "deployment": self.watch.as_ref().map(|watch| watch.subject.deployment.clone()),
        });
        (json!({"service": self.request.service, "task_definition": target.previous}), after)
    }

    fn details(&self) -> Details {
        let (target, watch) = (self.target.clone(), self.watch.as_ref());
        Details {
            deployment: watch.map(|watch| watch.subject.deployment.clone()),
            revision: target.revision,
            previous: target.previous,
            image: target.image,
            digest: target.digest,
            running_version: watch.and_then(Watch::running_version),
        }
    }

    fn is_deployment(&self) -> bool {
        true
    }

    fn watch(&self) -> Option<&Watch> {
        self.watch.as_ref()
    }

    fn picture(&self) -> Picture<'_> {
        let Some(watch) = &self.watch else { return Picture::Bar };
        // As it was requested: people know tags, not digests.
        let version = match &self.request.source {
            Source::Image(tag) if is_tag(tag) => tag.as_str(),
            _ => self.target.image.as_deref().map(image_version).unwrap_or_default(),
        };
        Picture::Rollout { watch, previous: self.target.previous.as_deref(), version }
    }
}

impl Deploy {
    /// A deployment that has not started.
    fn new(request: Request) -> Self {
        Self {
            request,
            gather: Gather::default(),
            watch: None,
            target: Target::default(),
            phase: Phase::Gathering,
            build: None,
            back: Rollback::NotWanted,
            way_back: false,
            ended_theirs: false,
            ended_before: false,
            look_first: false,
            not_taken_back: None,
            told_left: false,
            after_others: false,
            planned_at_zero: false,
            ended: None,
            began: None,
        }
    }

    /// Whether the image is being built: the build ends with cockpit.
    fn building(&self) -> bool {
        self.phase == Phase::Building
    }

    /// The task definition that tells where logs of its tasks are.
    pub(super) fn definition(&self) -> Option<&TaskDefinition> {
        self.gather.definition.as_ref()
    }
}
