//! Requests to a rollout in progress: stopping it, rolling it back, and its alarms. The end of a rollout is in `rollout`.
//! in `rollout`.

use super::alarms::State;
use super::ecs::Release;
use super::rollout::End;
use super::{Event, SECOND, World};
use crate::clock::Ms;

impl Release {
    /// The status shown at a time: a rollout is PENDING until it has started.
    pub(crate) fn shown(&self, now: Ms) -> &'static str {
        if self.status == "IN_PROGRESS" && now < self.started { "PENDING" } else { self.status }
    }

    /// Whether a stop was requested and is not done yet.
    pub(crate) fn is_stop_requested(&self) -> bool {
        matches!(self.status, "STOP_REQUESTED" | "ROLLBACK_REQUESTED")
    }
}

impl World {
    /// `StopServiceDeployment`: requests the stop of a rollout in progress; one that is stopping already continues to
    /// do so. The error is the status of one that has ended.
    pub(crate) fn request_stop(&mut self, service: usize, release: usize, rollback: bool) -> Result<(), &'static str> {
        let now = self.now;
        let s = &mut self.services[service];
        let wait = s.rng.range(1, 3) * SECOND;
        let release = &mut s.releases[release];
        if release.finished.is_some() {
            return Err(release.status);
        }
        if release.status != "IN_PROGRESS" {
            return Ok(());
        }
        release.status = if rollback { "ROLLBACK_REQUESTED" } else { "STOP_REQUESTED" };
        release.updated = now;
        let deployment = release.deployment;
        self.schedule(now + wait, Event::Stop { service, deployment });
        Ok(())
    }

    /// Carries out the requested stop or rollback, if nothing else has ended the rollout in between.
    pub(crate) fn stop_release(&mut self, service: usize, deployment: u64) {
        let release =
            self.services[service].releases.iter().find(|r| r.deployment == deployment && r.is_stop_requested());
        let Some(rollback) = release.map(|r| r.status == "ROLLBACK_REQUESTED") else { return };
        self.end_rollout(service, &End::Requested, rollback);
    }

    /// The alarms that end the rollouts of a service.
    pub(crate) fn alarms_of(&self, service: usize) -> Vec<String> {
        let alarms = self.services[service].alarms.as_ref().filter(|a| a.enable);
        alarms.map(|a| a.names.clone()).unwrap_or_default()
    }

    /// Whether an alarm of a service's region is in alarm.
    pub(crate) fn alarming(&self, service: usize, name: &str) -> bool {
        let region = self.clusters[self.services[service].cluster].region;
        self.alarms.iter().any(|a| a.region == region && a.name == name && a.state == State::Alarm)
    }

    /// Ends the rollouts whose alarms were raised in the minute that has just ended.
    pub(crate) fn watch_rollouts(&mut self) {
        for service in 0..self.services.len() {
            let s = &self.services[service];
            let Some(alarms) = s.alarms.as_ref().filter(|a| a.enable) else { continue };
            let rollback = alarms.rollback;
            let going =
                s.releases.first().filter(|r| r.finished.is_none() && r.rollback.is_none() && !r.is_stop_requested());
            let Some(release) = going else { continue };
            let raised =
                alarms.names.iter().filter(|n| !release.ignored_alarms.contains(n) && self.alarming(service, n));
            let loud: Vec<String> = raised.cloned().collect();
            if !loud.is_empty() {
                self.services[service].releases[0].alarmed.clone_from(&loud);
                self.end_rollout(service, &End::Alarms(loud), rollback);
            }
        }
    }
}
