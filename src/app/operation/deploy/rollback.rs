//! The rollback of a deployment: ECS ends the deployment, or the previous revision is deployed, as a copy if it is
//! deregistered.

use super::change::unchanged_copy;
use super::rollback_state::Rollback;
use super::{Deploy, Phase};
use crate::app::operation::call::{Reply, Write};
use crate::app::operation::exactly_once::{Before, PendingWrite};
use crate::app::operation::step::{Ctx, Weight};
use crate::app::operation::watch::{Subject, Watch};
use crate::model::rollout::RolloutStatus;
use std::collections::BTreeSet;

impl Deploy {
    /// Whether ECS rolls it back by itself.
    pub(super) fn ecs_rolls_back(&self) -> bool {
        let state = self.watch.as_ref().and_then(|watch| watch.state.as_ref());
        state.is_some_and(|state| state.status == RolloutStatus::RollbackInProgress)
    }

    /// Rolls back a deployment in progress.
    pub(super) fn revert(&mut self, why: String, ctx: &mut Ctx<'_>) {
        if self.back.sent_reason().is_some() || self.phase != Phase::Watching {
            return;
        }
        let Some(watch) = &self.watch else { return };
        let write = match (&watch.release, &self.target.previous) {
            // ECS rolls it back to the previous revision with the image it had.
            (Some(arn), _) if !self.ended_before => Write::RollBack { arn: arn.clone() },
            (_, Some(previous)) if self.has_previous_revision() => match &self.gather.definition {
                // The previous revision cannot be deployed as it is, but a copy can.
                Some(gone) if gone.is_deregistered() && gone.name == *previous => unchanged_copy(gone),
                _ => Self::back_to(watch, previous.clone()),
            },
            (_, _) if self.ended_before => return,
            // The history will show it in a moment, and then ECS can be asked to roll it back.
            (_, _) => {
                let known = self.back.wanted_reason().is_some();
                self.back = Rollback::Wanted(why);
                if !known {
                    ctx.log(Weight::Warn, "it is rolled back as soon as the history of deployments shows it");
                }
                return;
            }
        };
        let before = self.before_way_back(watch);
        ctx.log(Weight::Bad, format!("rolling back: {why}"));
        self.back = Rollback::Sent(why);
        self.phase = Phase::Reverting(PendingWrite::send(write, before, ctx).after_other_changes());
    }

    /// The note for the verdict that a requested rollback could not be sent.
    pub(super) fn unsent_rollback_note(&self) -> Option<String> {
        let on_its_way = match &self.phase {
            Phase::Reverting(sure) if !sure.may_have_been_made() => self.back.sent_reason(),
            _ => None,
        };
        let why = self.back.wanted_reason().or(on_its_way)?;
        Some(format!("it was to be rolled back ({why}), and that could not be sent"))
    }

    /// The state before the rollback, to determine whether it has begun.
    fn before_way_back(&self, watch: &Watch) -> Before {
        let deployments = watch.service.iter().flat_map(|service| &service.deployments);
        let releases = self.gather.history.iter().map(|entry| entry.arn.clone()).chain(watch.release.clone());
        Before {
            deployments: deployments.map(|known| known.id.clone()).collect(),
            releases: releases.collect(),
            running: watch.subject.revision.clone(),
            newest: self.gather.newest_revision(),
            ..Before::default()
        }
    }

    /// The deployment of the previous revision.
    fn back_to(watch: &Watch, previous: String) -> Write {
        Write::Update {
            cluster: watch.subject.cluster.clone(),
            service: watch.subject.service.clone(),
            task_definition: Some(previous),
            force: false,
            desired: None,
            exec: false,
        }
    }

    /// Whether the previous revision is a different one, so that it can be deployed.
    pub(super) fn has_previous_revision(&self) -> bool {
        let revision = self.watch.as_ref().map(|watch| watch.subject.revision.as_str());
        self.target.previous.as_deref().is_some_and(|previous| Some(previous) != revision)
    }

    pub(super) fn take_revert_reply(&mut self, reply: Reply, ctx: &mut Ctx<'_>) {
        match reply {
            // The copy of the previous revision exists: it is deployed.
            Reply::Registered(name) => {
                self.target.previous = Some(name.clone());
                let Some(watch) = &self.watch else { return };
                let (write, before) = (Self::back_to(watch, name), self.before_way_back(watch));
                self.phase = Phase::Reverting(PendingWrite::send(write, before, ctx).after_other_changes());
            }
            // The rollback is a deployment of its own.
            Reply::Services(found) => {
                let Some(service) = found.into_iter().next() else { return };
                // Someone else may have deployed at the same moment: the rollback is recognized by its task definition.
                let to = self.target.previous.clone().unwrap_or_default();
                let back = service.deployments.iter().find(|other| other.task_definition == to);
                let Some(primary) = back.or_else(|| service.primary()) else { return };
                let mut known: BTreeSet<String> = self.gather.history.iter().map(|entry| entry.arn.clone()).collect();
                known.extend(self.watch.as_ref().and_then(|watch| watch.release.clone()));
                let subject = Subject {
                    cluster: ctx.cluster(),
                    service: service.name.clone(),
                    deployment: primary.id.clone(),
                    revision: primary.task_definition.clone(),
                    since: primary.created_at.unwrap_or(ctx.service_now),
                    known,
                };
                self.way_back = true;
                self.watch_over(subject, service, ctx);
            }
            _ if self.watch.is_some() => self.continue_watching(),
            // Someone else's deployment, ended by `cockpit rollback`.
            _ => self.attach(ctx),
        }
    }
}
