//! The way back: ECS ends the deployment, or the revision before is deployed, as a copy where it is deregistered.

use super::change::as_it_is;
use super::way_back::WayBack;
use super::{Deploy, Phase};
use crate::app::operation::call::{Reply, Write};
use crate::app::operation::step::{Ctx, Weight};
use crate::app::operation::sure::{Before, PendingWrite};
use crate::app::operation::watch::{Subject, Watch};
use crate::model::rollout::RolloutStatus;
use std::collections::BTreeSet;

impl Deploy {
    /// Whether ECS takes it back by itself.
    pub(super) fn ecs_takes_it_back(&self) -> bool {
        let state = self.watch.as_ref().and_then(|watch| watch.state.as_ref());
        state.is_some_and(|state| state.status == RolloutStatus::RollbackInProgress)
    }

    /// Takes a deployment that is under way back.
    pub(super) fn revert(&mut self, why: String, ctx: &mut Ctx<'_>) {
        if self.back.going().is_some() || self.phase != Phase::Watching {
            return;
        }
        let Some(watch) = &self.watch else { return };
        let write = match (&watch.release, &self.target.previous) {
            // ECS takes it back to the revision before with the image that it had.
            (Some(arn), _) if !self.ended_before => Write::RollBack { arn: arn.clone() },
            (_, Some(previous)) if self.can_go_back() => match &self.gather.definition {
                // It cannot be deployed as it is: its copy can.
                Some(gone) if gone.deregistered() && gone.name == *previous => as_it_is(gone),
                _ => Self::back_to(watch, previous.clone()),
            },
            (_, _) if self.ended_before => return,
            // The history will show it in a moment, and then ECS can be asked.
            (_, _) => {
                let known = self.back.wanted().is_some();
                self.back = WayBack::Wanted(why);
                if !known {
                    ctx.say(Weight::Warn, "it is rolled back as soon as the history of deployments shows it");
                }
                return;
            }
        };
        let before = self.before_way_back(watch);
        ctx.say(Weight::Bad, format!("rolling back: {why}"));
        self.back = WayBack::Going(why);
        self.phase = Phase::Reverting(PendingWrite::send(write, before, ctx).in_the_middle());
    }

    /// The note that a way back was wanted and could not be sent, for a verdict.
    pub(super) fn not_sent_back(&self) -> Option<String> {
        let on_its_way = match &self.phase {
            Phase::Reverting(sure) if !sure.may_have_landed() => self.back.going(),
            _ => None,
        };
        let why = self.back.wanted().or(on_its_way)?;
        Some(format!("it was to be rolled back ({why}), and that could not be sent"))
    }

    /// The state before the way back, to tell whether that has begun.
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

    /// The deployment of the revision before.
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

    /// Whether the revision before is another one, so that it can be deployed.
    pub(super) fn can_go_back(&self) -> bool {
        let revision = self.watch.as_ref().map(|watch| watch.subject.revision.as_str());
        self.target.previous.as_deref().is_some_and(|previous| Some(previous) != revision)
    }

    pub(super) fn reverted(&mut self, reply: Reply, ctx: &mut Ctx<'_>) {
        match reply {
            // The copy of the revision before is there: it is deployed.
            Reply::Registered(name) => {
                self.target.previous = Some(name.clone());
                let Some(watch) = &self.watch else { return };
                let (write, before) = (Self::back_to(watch, name), self.before_way_back(watch));
                self.phase = Phase::Reverting(PendingWrite::send(write, before, ctx).in_the_middle());
            }
            // The way back is a deployment of its own.
            Reply::Services(found) => {
                let Some(service) = found.into_iter().next() else { return };
                // Somebody else may have deployed in the same moment: the way back is told by where it goes.
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
            _ if self.watch.is_some() => self.look_on(),
            // A deployment that somebody else had begun, ended by `cockpit rollback`.
            _ => self.attach(ctx),
        }
    }
}
