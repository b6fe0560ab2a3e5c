//! A deployment under way: how it stands, and whether it is taken back.

use super::way_back::WayBack;
use super::{Deploy, Phase, Source};
use crate::app::operation::call::may_pass;
use crate::app::operation::machine::Machine as _;
use crate::app::operation::refusals;
use crate::app::operation::step::{Ctx, Weight};
use crate::app::operation::watch::WatchState;
use crate::model::rollout::RolloutStatus;
use crate::model::{Failure, FailureKind};

impl Deploy {
    /// The watched deployment stands like this.
    pub(super) fn seen(&mut self, seen: &WatchState, ctx: &mut Ctx<'_>) {
        match seen {
            WatchState::Going => match self.back.wanted().cloned().filter(|_| !self.look_first && !self.leaves()) {
                Some(why) => self.revert(why, ctx),
                None => self.fail_early(ctx),
            },
            // It came to its end before it could be taken back; that is still wanted.
            WatchState::Successful if self.back != WayBack::No && !self.way_back => {
                let why = self.back.take();
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
            WatchState::Refused(failure) => {
                let again = format!("cockpit deploy --attach {}", self.request.short);
                let outcome = refusals::given_up(&self.request.title(), failure, &again, ctx);
                ctx.end = Some(self.with_what_runs(outcome));
            }
            WatchState::Successful
            | WatchState::TasksNotRunning
            | WatchState::RolledBack
            | WatchState::BackFell
            | WatchState::RollbackFailed
            | WatchState::Stopped
            | WatchState::Gone
            | WatchState::NotInHistory => {
                if self.ended_theirs && matches!(seen, WatchState::RolledBack | WatchState::BackFell) {
                    // What it went to is known only now.
                    self.target.revision = self.went_back_to();
                }
                let outcome = self.verdict(seen, ctx);
                self.finish(outcome, ctx);
            }
        }
    }

    /// The new version is at fault for certain: it is taken back, where that was asked for or where ECS would not.
    /// Whatever is done, the verdict is that of the deployment: a version whose first tasks failed may still come up.
    pub(super) fn fail_early(&mut self, ctx: &mut Ctx<'_>) {
        let Some(watch) = &self.watch else { return };
        // One that is on its way back already is not judged by the tasks that it is taken back for.
        if self.back.going().is_some() || self.ended_theirs || self.look_first || self.only_looks() {
            return;
        }
        // At its end ECS has judged; whether its tasks run is looked at there.
        if self.leaves() {
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
                Source::Back(_) => "a rollback is not rolled back again",
                _ if self.request.roll_back == Some(false) => "--no-rollback was given",
                _ => "it cannot be taken back from here",
            };
            let text = format!("nobody takes it back: {why}, and the circuit breaker is off; ECS goes on trying");
            ctx.say(Weight::Warn, text);
        }
    }

    /// Whether it has ended, or is on its way back.
    fn leaves(&self) -> bool {
        let state = self.watch.as_ref().and_then(|watch| watch.state.as_ref());
        state.is_some_and(|state| match state.status {
            RolloutStatus::Pending | RolloutStatus::InProgress | RolloutStatus::Other(_) => false,
            RolloutStatus::Successful
            | RolloutStatus::Stopped
            | RolloutStatus::StopRequested
            | RolloutStatus::RollbackInProgress
            | RolloutStatus::RollbackSuccessful
            | RolloutStatus::RollbackFailed => true,
        })
    }

    pub(super) fn look_on(&mut self) {
        self.phase = Phase::Watching;
        if let Some(watch) = &mut self.watch {
            watch.resume();
        }
    }

    pub(super) fn not_reverted(&mut self, failure: &Failure, ctx: &mut Ctx<'_>) {
        if self.watch.is_none() && failure.kind == FailureKind::Other && !failure.unsent {
            // It ended in the meantime, or ECS takes it back already: which of them, is seen by looking at it.
            ctx.say(Weight::Warn, format!("ECS would not end it: {failure}"));
            return self.attach(ctx);
        }
        if self.watch.is_none() {
            return self.not_begun("the deployment under way could not be ended", Some(failure), ctx);
        }
        let why = self.back.take();
        let ended = matches!(&self.phase, Phase::Reverting(sure) if sure.is_roll_back() && !sure.may_have_landed())
            && matches!(failure.kind, FailureKind::Other | FailureKind::NotFound);
        if failure.unsent && may_pass(failure) && failure.kind != FailureKind::WrongAccount {
            // Nothing came of it, and it is still wanted.
            ctx.say(Weight::Warn, format!("it could not be rolled back yet: {failure}"));
            self.back = WayBack::Wanted(why);
            // It may have come to its end meanwhile.
            self.look_first = self.watch.as_ref().is_some_and(|watch| watch.release.is_some());
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
}
