//! A deployment in progress: its state, and whether it is rolled back.

use super::rollback_state::Rollback;
use super::{Deploy, Phase, Source};
use crate::app::operation::call::may_succeed_later;
use crate::app::operation::machine::Machine as _;
use crate::app::operation::refusals;
use crate::app::operation::step::{Ctx, Weight};
use crate::app::operation::watch::WatchState;
use crate::model::rollout::RolloutStatus;
use crate::model::{Failure, FailureKind};

impl Deploy {
    /// Handles the state of the watched deployment.
    pub(super) fn take_state(&mut self, seen: &WatchState, ctx: &mut Ctx<'_>) {
        match seen {
            WatchState::InProgress => {
                match self.back.wanted_reason().cloned().filter(|_| !self.look_first && !self.is_leaving()) {
                    Some(why) => self.revert(why, ctx),
                    None => self.fail_early(ctx),
                }
            }
            // It ended before it could be rolled back; the rollback is still wanted.
            WatchState::Successful if self.back != Rollback::NotWanted && !self.way_back => {
                let why = self.back.take();
                self.ended_before = true;
                self.look_first = false;
                if self.has_previous_revision() {
                    self.revert(why, ctx);
                } else {
                    let text = format!("it was to be rolled back ({why}), and had succeeded before");
                    let outcome = self.verdict(seen, ctx).cause(text);
                    self.finish(outcome, ctx);
                }
            }
            // The end is unknown, so the after-hook, which reports an end, is not run.
            WatchState::Refused(failure) => {
                let command = format!("cockpit deploy --attach {}", self.request.short);
                let outcome = refusals::given_up(&self.request.title(), failure, &command, ctx);
                ctx.end = Some(self.with_running_version(outcome));
            }
            WatchState::Successful
            | WatchState::TasksNotRunning
            | WatchState::RolledBack
            | WatchState::RestoredVersionFailed
            | WatchState::RollbackFailed
            | WatchState::Stopped
            | WatchState::Gone
            | WatchState::NotInHistory => {
                if self.ended_theirs && matches!(seen, WatchState::RolledBack | WatchState::RestoredVersionFailed) {
                    // The revision it returned to is known only now.
                    self.target.revision = self.returned_revision();
                }
                let outcome = self.verdict(seen, ctx);
                self.finish(outcome, ctx);
            }
        }
    }

    /// Handles a version that is certainly at fault: it is rolled back if requested, or if ECS would not do it. The
    /// verdict still follows the deployment itself: a version whose first tasks failed may yet start.
    pub(super) fn fail_early(&mut self, ctx: &mut Ctx<'_>) {
        let Some(watch) = &self.watch else { return };
        // A deployment that is being rolled back is not judged by the tasks that caused the rollback.
        if self.back.sent_reason().is_some() || self.ended_theirs || self.look_first || self.is_read_only() {
            return;
        }
        // At its end ECS has judged; whether its tasks run is checked there.
        if self.is_leaving() {
            return;
        }
        let Some(trouble) = watch.confirmed_trouble() else { return };
        let breaker = watch.service.as_ref().and_then(|service| service.breaker).unwrap_or_default();
        let ecs_does_it = breaker.enabled && breaker.rollback;
        let wanted = self.request.roll_back.unwrap_or(!ecs_does_it) && self.not_taken_back.is_none();
        if wanted && (!self.ended_before || self.has_previous_revision()) {
            let why = trouble.text.clone();
            self.revert(why, ctx);
            return;
        }
        if !breaker.enabled && !self.told_left {
            self.told_left = true;
            let why = match self.request.source {
                Source::RollBack(_) => "a rollback is not rolled back again",
                _ if self.request.roll_back == Some(false) => "--no-rollback was given",
                _ => "it cannot be undone from here",
            };
            let text = format!("it is not rolled back: {why}, and the circuit breaker is off; ECS keeps trying");
            ctx.log(Weight::Warn, text);
        }
    }

    /// Whether it has ended, or is being rolled back.
    fn is_leaving(&self) -> bool {
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

    pub(super) fn continue_watching(&mut self) {
        self.phase = Phase::Watching;
        if let Some(watch) = &mut self.watch {
            watch.resume();
        }
    }

    pub(super) fn revert_failed(&mut self, failure: &Failure, ctx: &mut Ctx<'_>) {
        if self.watch.is_none() && failure.kind == FailureKind::Other && !failure.unsent {
            // It ended in the meantime, or ECS is rolling it back already: the next read shows which.
            ctx.log(Weight::Warn, format!("ECS would not end it: {failure}"));
            return self.attach(ctx);
        }
        if self.watch.is_none() {
            return self.fail_before_update("the deployment under way could not be ended", Some(failure), ctx);
        }
        let why = self.back.take();
        let ended = matches!(&self.phase, Phase::Reverting(sure) if sure.is_roll_back() && !sure.may_have_been_made())
            && matches!(failure.kind, FailureKind::Other | FailureKind::NotFound);
        if failure.unsent && may_succeed_later(failure) && failure.kind != FailureKind::WrongAccount {
            // It had no effect, and the rollback is still wanted.
            ctx.log(Weight::Warn, format!("it could not be rolled back yet: {failure}"));
            self.back = Rollback::Wanted(why);
            // It may have ended in the meantime.
            self.look_first = self.watch.as_ref().is_some_and(|watch| watch.release.is_some());
        } else if ended {
            // It ended in the meantime: the next reads show how.
            ctx.log(Weight::Warn, format!("ECS would not take it back: {failure}"));
            self.ended_before = true;
            self.look_first = true;
        } else {
            // The deployment continues without the rollback, and its end is the verdict.
            let text = format!("{why}; and it could not be rolled back: {failure}");
            ctx.log(Weight::Bad, text.clone());
            self.not_taken_back = Some(text);
        }
        self.continue_watching();
    }
}
