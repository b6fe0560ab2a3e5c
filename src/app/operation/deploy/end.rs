//! How a deployment ends: the verdict, the version that runs now, the hooks.

use super::{Deploy, Phase, Source};
use crate::app::operation::call::{Call, CallResult, Program, Reply};
use crate::app::operation::machine::Machine as _;
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::{Ctx, Slot, Weight};
use crate::app::operation::watch::{Watch, WatchState};
use crate::model::Failure;
use crate::model::rollout::RolloutStatus;
use crate::model::task_definition::image_version;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// How long ECS lists stopped tasks at least. Source: the ECS API, `ListTasks`.
const STOPPED_LISTED: SignedDuration = SignedDuration::from_hours(1);
/// The time limit of a hook.
const HOOK_SECONDS: u64 = 900;

impl Deploy {
    /// The verdict on how our deployment ended.
    pub(super) fn verdict(&self, seen: &WatchState, ctx: &Ctx<'_>) -> Outcome {
        let watch = self.watch.as_ref();
        let reason = watch
            .and_then(|watch| watch.state.as_ref())
            .map(|state| state.rollback_reason.clone().unwrap_or_else(|| state.reason.clone()))
            .filter(|reason| !reason.is_empty());
        let trouble = watch.and_then(|watch| watch.troubles.first()).map(|trouble| trouble.text.clone());
        let mut outcome = self.bare_verdict(seen, ctx);
        if outcome.verdict != Verdict::Done {
            outcome.causes.extend(reason);
            outcome.causes.extend(trouble);
            outcome.causes.extend(self.not_taken_back.clone());
            outcome.causes.dedup();
        }
        outcome.causes.extend(self.unsent_rollback_note());
        if let Some(took) = self.duration(ctx.now) {
            outcome.summary = format!("{} after {}", outcome.summary, crate::model::time::sentence_duration(took));
        }
        if let Some(at) = self.deployment_end().filter(|_| self.is_read_only()) {
            let at = crate::model::time::moment(at, ctx.service_now, ctx.zone);
            outcome.summary = format!("{}, ended {at}", outcome.summary);
        }
        if matches!(seen, WatchState::Successful | WatchState::RolledBack)
            && let Some(newer) = self.superseded_by()
        {
            outcome.causes.push(format!("another deployment has begun since: to {newer}"));
        }
        self.with_running_version(outcome)
    }

    /// The verdict alone: without the cause, and without the version that runs now.
    fn bare_verdict(&self, seen: &WatchState, ctx: &Ctx<'_>) -> Outcome {
        let short = &self.request.short;
        let revision = self.watch.as_ref().map(|watch| watch.subject.revision.clone()).unwrap_or_default();
        match seen {
            WatchState::Successful => self.succeeded(&revision, ctx),
            WatchState::TasksNotRunning => {
                Outcome::new(Verdict::Failed, format!("{short}: ECS calls {revision} successful, and it does not run"))
                    .hint(self.way_out())
            }
            WatchState::RolledBack | WatchState::RestoredVersionFailed => self.rolled_back_verdict(seen, &revision),
            WatchState::RollbackFailed if self.ended_theirs => {
                Outcome::new(Verdict::Failed, format!("{short}: {revision} was to be ended, and the rollback failed"))
                    .hint(self.named_way_out())
            }
            // ECS also reports this if there was nothing to roll back to, because no rollout of the service was ever
            // complete.
            WatchState::RollbackFailed if self.nothing_to_return_to() => Outcome::new(
                Verdict::Failed,
                format!("{short}: {revision} failed, and there was nothing to go back to"),
            )
            .hint(format!("look with `cockpit tasks {short}`, then deploy a version that starts")),
            WatchState::RollbackFailed => {
                Outcome::new(Verdict::Failed, format!("{short}: {revision} failed, and so did the rollback"))
                    .hint(self.named_way_out())
            }
            WatchState::Stopped => self.stopped(&revision),
            WatchState::Gone => Outcome::new(Verdict::Failed, format!("{short} is gone: the service was deleted")),
            WatchState::InProgress | WatchState::NotInHistory | WatchState::Refused(_) => Outcome::new(
                Verdict::Unknown,
                format!("{short}: the history of deployments does not show this one; how it ended is not known"),
            )
            .hint(format!("look with `cockpit services {short}`")),
        }
    }

    /// ECS reports success.
    fn succeeded(&self, revision: &str, ctx: &Ctx<'_>) -> Outcome {
        let short = &self.request.short;
        let version = self.version().map(|version| format!(" ({version})")).unwrap_or_default();
        if self.ended_theirs {
            // Someone else's deployment, which was to be ended, had ended before.
            let serves = if self.desired() == 0 { "; nothing runs (desired 0)" } else { ", and serves" };
            let summary = format!("{short}: {revision} had succeeded before it could be ended{serves}");
            return Outcome::new(Verdict::Failed, summary).hint(self.way_out());
        }
        if self.way_back {
            let mut outcome = Outcome::new(Verdict::RolledBack, format!("{short} was rolled back to {revision}"));
            outcome.causes.extend(self.back.sent_reason().cloned());
            return outcome;
        }
        if self.nothing_ran(ctx) {
            // ECS reports that as a success, too: there was nothing to wait for.
            let summary = format!("{short} is set to {revision}{version}, and none of its tasks ever ran");
            return Outcome::new(Verdict::Unknown, summary)
                .cause("its desired count became 0 before one did: whether it can run is not known")
                .hint(format!(
                    "start it with `cockpit start` or `cockpit scale {short} COUNT`, and see whether it runs"
                ));
        }
        if self.desired() == 0 {
            let summary = format!("{short} is set to {revision}{version}; nothing runs (desired 0)");
            return Outcome::new(Verdict::Done, summary).hint(self.start_again());
        }
        // A version that never ran there is not one to be back at.
        if matches!(self.request.source, Source::RollBack(_)) && !self.gather.is_other_family() {
            return Outcome::new(Verdict::Done, format!("{short} is back at {revision}"));
        }
        Outcome::new(Verdict::Done, format!("{short} runs {revision}{version}"))
    }

    /// ECS rolled back to the previous version, which runs or does not.
    fn rolled_back_verdict(&self, seen: &WatchState, revision: &str) -> Outcome {
        let short = &self.request.short;
        if self.way_back {
            let summary = format!("{short}: the rollback to {revision} failed too");
            return Outcome::new(Verdict::Failed, summary).hint(self.named_way_out());
        }
        if self.ended_theirs && matches!(seen, WatchState::RestoredVersionFailed) {
            let summary = format!("{short}: {revision} was ended, and what ECS went back to does not run");
            return Outcome::new(Verdict::Failed, summary).hint(self.named_way_out());
        }
        if self.ended_theirs {
            return self.ended_for(revision);
        }
        let summary = if matches!(self.request.source, Source::RollBack(_)) {
            format!("{short}: {revision} failed, and ECS went back to what ran")
        } else if self.seen_to_fail() {
            format!("{short} was rolled back: {revision} failed")
        } else {
            format!("{short} was rolled back: {revision} does not serve")
        };
        Outcome::new(Verdict::RolledBack, summary)
    }

    /// The desired number of tasks, as last read.
    pub(super) fn desired(&self) -> u32 {
        self.watch.as_ref().and_then(|watch| watch.service.as_ref()).map_or(0, |service| service.desired)
    }

    /// Whether the version itself failed, as far as is known: a deployment that was only watched may have been rolled
    /// back by someone.
    fn seen_to_fail(&self) -> bool {
        let Some(watch) = self.watch.as_ref().filter(|_| self.is_read_only()) else { return true };
        let counted = watch.state.as_ref().and_then(|state| state.breaker);
        !watch.troubles.is_empty() || counted.is_some_and(|(failed, threshold)| failed >= threshold.max(1))
    }

    /// Whether ECS did not even begin to roll back, because no rollout of the service was complete before.
    fn nothing_to_return_to(&self) -> bool {
        let state = self.watch.as_ref().and_then(|watch| watch.state.as_ref());
        state.is_some_and(|state| state.rollback_reason.is_none())
    }

    /// The outcome of ending someone else's deployment: the revision that serves instead.
    fn ended_for(&self, revision: &str) -> Outcome {
        let short = &self.request.short;
        let service = self.watch.as_ref().and_then(|watch| watch.service.as_ref());
        let summary = match self.returned_revision() {
            Some(serves) => format!("{short} was rolled back to {serves}: {revision} was ended"),
            None => format!("{short}: {revision} was ended, and ECS went back to what ran before it"),
        };
        if service.is_some_and(|service| service.desired == 0) && !self.planned_at_zero {
            return Outcome::new(Verdict::Unknown, summary)
                .cause("its desired count became 0 meanwhile: nothing runs")
                .hint(format!(
                    "start it with `cockpit start` or `cockpit scale {short} COUNT`, and see whether it runs"
                ));
        }
        Outcome::new(Verdict::Done, summary)
    }

    /// Whether no task of it ever ran, although the desired count was above 0 when it was planned. For a deployment
    /// that was only watched, this is known as long as ECS lists its stopped tasks.
    fn nothing_ran(&self, ctx: &Ctx<'_>) -> bool {
        let listed = self.deployment_end().is_none_or(|at| ctx.service_now.duration_since(at) < STOPPED_LISTED);
        !self.planned_at_zero && (!self.is_read_only() || listed) && self.watch.as_ref().is_some_and(Watch::nothing_ran)
    }

    /// How to get a service with desired count 0 to run again: a DAEMON has no count, and is not part of a start.
    fn start_again(&self) -> String {
        let daemon = self.gather.service.as_ref().is_some_and(crate::model::Service::is_daemon);
        if daemon {
            return "its tasks come with container instances: `aws ecs list-container-instances` lists them".to_owned();
        }
        "start it with `cockpit start`".to_owned()
    }

    /// When our deployment ended, according to AWS.
    pub(super) fn deployment_end(&self) -> Option<Timestamp> {
        let state = self.watch.as_ref()?.state.as_ref().filter(|state| state.status.has_ended())?;
        state.finished_at
    }

    /// The hint for a version that does not run. If it was a rollback, one more step back would go too far.
    fn way_out(&self) -> String {
        match self.request.source {
            Source::RollBack(_) => self.named_way_out(),
            _ => format!("`cockpit rollback {}` brings the version before back", self.request.short),
        }
    }

    /// The hint for a version that does not run, if only a person can tell which revision is good.
    fn named_way_out(&self) -> String {
        let short = &self.request.short;
        format!("look with `cockpit tasks {short}`, then `cockpit rollback {short} --to REVISION`")
    }

    /// The version as people refer to it: the requested tag, or else the name of the image.
    fn version(&self) -> Option<String> {
        match (&self.request.source, &self.gather.image) {
            (Source::Image(wanted), _) if crate::model::image::is_tag(wanted) => Some(wanted.clone()),
            (_, Some(image)) => Some(image.version().to_owned()),
            (_, None) => self.target.image.as_deref().map(|image| image_version(image).to_owned()),
        }
    }

    /// The verdict on a stopped deployment: replaced by a newer one, or ended by someone.
    fn stopped(&self, revision: &str) -> Outcome {
        let short = &self.request.short;
        let failed_here = self.watch.as_ref().and_then(|watch| watch.service.as_ref()).is_some_and(|service| {
            service.deployments.iter().any(|other| {
                other.task_definition == revision && other.rollout == Some(crate::model::RolloutState::Failed)
            })
        });
        match self.superseded_by() {
            Some(newer) => Outcome::new(
                Verdict::Failed,
                format!("{short}: another deployment, to {newer}, took the place of {revision} before it was done"),
            )
            .hint(format!("watch that one with `cockpit deploy --attach {short}`")),
            None if failed_here => {
                let service = self.watch.as_ref().and_then(|watch| watch.service.as_ref());
                let breaker_is_on = service.and_then(|service| service.breaker).is_some_and(|breaker| breaker.enabled);
                // If the circuit breaker is off, an alarm has ended it.
                let who = if breaker_is_on { "the circuit breaker" } else { "what ended it" };
                Outcome::new(Verdict::Failed, format!("{short}: {revision} failed, and {who} does not roll back"))
                    .hint(self.way_out())
            }
            None => Outcome::new(Verdict::Failed, format!("{short}: the deployment of {revision} was stopped"))
                .hint(format!("look with `cockpit services {short}`")),
        }
    }

    /// The revision that the service returned to when someone else's deployment was ended; `None` if someone has
    /// deployed since, because the service then shows that deployment.
    pub(super) fn returned_revision(&self) -> Option<String> {
        let service = self.watch.as_ref().and_then(|watch| watch.service.as_ref())?;
        self.superseded_by().is_none().then(|| service.task_definition.clone())
    }

    /// The task definition of a deployment that is newer than ours. After a rollback it must be newer than the end: the
    /// deployment that ECS rolls back to also began after ours.
    fn superseded_by(&self) -> Option<String> {
        let watch = self.watch.as_ref()?;
        let service = watch.service.as_ref()?;
        let primary = service.primary()?;
        let back = watch.state.as_ref().filter(|state| state.status == RolloutStatus::RollbackSuccessful);
        let newer = match back {
            Some(back) => back.finished_at.is_some_and(|finished| primary.created_at > Some(finished)),
            None => primary.created_at >= Some(watch.subject.since),
        };
        (primary.id != watch.subject.deployment && newer).then(|| primary.task_definition.clone())
    }

    /// Adds the version that runs now, for every end that is not plainly good.
    pub(super) fn with_running_version(&self, mut outcome: Outcome) -> Outcome {
        if outcome.verdict != Verdict::Done
            && let Some(runs) = self.watch.as_ref().and_then(Watch::running_version)
        {
            outcome.causes.push(format!("what runs now: {runs}"));
        }
        outcome
    }

    /// Ends a deployment that failed before the service was changed.
    pub(super) fn fail_before_update(&mut self, what: &str, failure: Option<&Failure>, ctx: &mut Ctx<'_>) {
        let mut outcome = Outcome::new(Verdict::Impossible, format!("{}: {what}", self.request.short))
            .cause("the service was not changed");
        if let Some(failure) = failure {
            outcome = outcome.caused_by(failure);
        }
        self.finish(outcome, ctx);
    }

    /// Ends a deployment whose update of the service was refused, or is unknown.
    pub(super) fn fail_update(&mut self, failure: &Failure, ctx: &mut Ctx<'_>) {
        let lost = matches!(&self.phase, Phase::Updating(sure) if sure.may_have_been_made());
        if !lost {
            return self.fail_before_update("the service could not be updated", Some(failure), ctx);
        }
        let short = &self.request.short;
        let outcome = Outcome::new(
            Verdict::Unknown,
            format!("{short}: AWS did not answer, and whether it was done is not known"),
        )
        .caused_by(failure)
        .hint(format!("look with `cockpit services {short}` before trying again"));
        self.finish(outcome, ctx);
    }

    /// Ends the deployment, after the after-hook.
    pub(super) fn finish(&mut self, outcome: Outcome, ctx: &mut Ctx<'_>) {
        let folder = self.request.hooks.after_folder.clone();
        let command = self.request.hooks.after_deploy.clone();
        // A deployment that did not begin has no after-hook.
        let Some(command) = command.filter(|_| self.watch.is_some() && !self.is_read_only()) else {
            ctx.end = Some(outcome);
            return;
        };
        ctx.log(Weight::Step, format!("after: {command}"));
        let program = hook_program(self, (&command, folder), Some(&outcome), ctx);
        self.ended = Some(outcome);
        self.phase = Phase::AfterHook;
        ctx.send_call(Slot::Run("after"), Call::Run(program));
    }

    pub(super) fn before_hook_ended(&mut self, answered: CallResult, ctx: &mut Ctx<'_>) {
        match answered.outcome {
            Ok(Reply::Ended { code: Some(0), .. }) => self.recheck(ctx),
            Ok(Reply::Ended { code, output, .. }) => {
                let end = code.map_or_else(|| "was ended by a signal".to_owned(), |code| format!("exited {code}"));
                let last = output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
                let what = format!("the before-hook {end}{}{last}", if last.is_empty() { "" } else { ": " });
                self.fail_before_update(&what, None, ctx);
            }
            Ok(_) => {}
            Err(failure) => self.fail_before_update("the before-hook could not be run", Some(&failure), ctx),
        }
    }

    pub(super) fn after_hook_ended(&mut self, answered: CallResult, ctx: &mut Ctx<'_>) {
        let Some(mut outcome) = self.ended.take() else { return };
        // A failed notification does not change how the deployment ended.
        match answered.outcome {
            Ok(Reply::Ended { code: Some(0), .. }) => {}
            Ok(Reply::Ended { code, .. }) => {
                let end = code.map_or_else(|| "was ended by a signal".to_owned(), |code| format!("exited {code}"));
                ctx.log(Weight::Warn, format!("the after-hook {end}"));
                outcome.causes.push(format!("the after-hook {end}"));
            }
            Ok(_) => {}
            Err(failure) => {
                ctx.log(Weight::Warn, format!("the after-hook could not be run: {failure}"));
                outcome.causes.push(format!("the after-hook could not be run: {failure}"));
            }
        }
        ctx.end = Some(outcome);
    }

    /// The program of a hook, with its facts.
    pub(super) fn hook(&self, hook: (&str, Option<String>), outcome: Option<&Outcome>, ctx: &Ctx<'_>) -> Program {
        hook_program(self, hook, outcome, ctx)
    }

    /// The facts of a deployment, as hooks receive them.
    fn facts(&self, outcome: Option<&Outcome>, environment: &crate::config::EnvironmentConfig) -> Value {
        json!({
            "environment": environment.name,
            "account": environment.account,
            "region": environment.region,
            "cluster": environment.cluster,
            "service": self.request.service,
            "image": self.target.image,
            "digest": self.target.digest,
            "revision": self.target.revision,
            "previous": self.target.previous,
            "deployment": self.watch.as_ref().map(|watch| watch.subject.deployment.clone()),
            "verdict": outcome.map(|outcome| outcome.verdict.name()),
            "summary": outcome.map(|outcome| outcome.summary.clone()),
        })
    }
}

/// A hook: run by the shell in its folder, with the facts as environment variables and on standard input.
fn hook_program(
    deploy: &Deploy,
    (command, folder): (&str, Option<String>),
    outcome: Option<&Outcome>,
    ctx: &Ctx<'_>,
) -> Program {
    let facts = deploy.facts(outcome, ctx.environment);
    let variables = facts.as_object().into_iter().flatten().filter_map(|(name, value)| {
        let value = value.as_str()?.to_owned();
        Some((format!("DEPLOY_{}", name.to_uppercase()), value))
    });
    Program {
        argv: vec!["sh".to_owned(), "-c".to_owned(), command.to_owned()],
        folder,
        variables: variables.collect(),
        input: Some(facts.to_string().into()),
        limit_seconds: HOOK_SECONDS,
        ..Program::default()
    }
}
