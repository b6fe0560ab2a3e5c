//! Operations: the changes of an environment, as state machines. Events in, calls out; no requests, no clock, no files:
//! time enters as an event. The screen and the headless commands use the same machines.
//!
//! - [`call`]: calls and their replies.
//! - [`machine`]: the trait of every kind of operation; [`step`]: what one step may do.
//! - [`deploy`]: deploy, force, roll back, attach; [`watch`] determines how a deployment ends.
//! - [`steps`]: scale, limits, stop and start, stop a task, skip.
//! - [`custom`]: commands of the configuration.
//! - [`database`]: failover, snapshots, reboot, stop and start of a database.
//! - [`single`]: changes of a single thing that are followed until they hold: starting, stopping and rebooting
//!   instances; invalidating a distribution's cache; muting and unmuting an alarm; and others.
//! - [`parameter`]: writing and deleting parameters, and restarting the services that read them.
//! - [`options`]: the options to choose from before an operation starts.
//! - [`exactly_once`]: one change whose answer may be lost.
//! - [`plan`], [`outcome`]: what is confirmed, and how it ends.
//! - `refusals`: how long refused credentials are waited for.
//! - `rounds`: rounds of reads while a change takes effect.
//! - [`life_cycle`]: the common life cycle: planned, confirmed, recorded, done, recorded.
//!
//! This file holds all operations of a session: it issues call ids, joins simultaneous reads of several watched
//! deployments, and drops replies that nothing waits for.

pub mod call;
pub mod custom;
pub mod database;
pub mod deploy;
mod effect_check;
pub mod exactly_once;
pub mod life_cycle;
pub mod machine;
pub mod options;
pub mod outcome;
pub mod parameter;
mod parameters;
pub mod plan;
pub mod program;
mod refusals;
mod rounds;
pub mod single;
pub mod step;
pub mod steps;
pub mod watch;

#[cfg(test)]
mod account_tests;
#[cfg(test)]
mod audit_tests;
#[cfg(test)]
mod build_tests;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod overtaken_tests;
#[cfg(test)]
mod steps_tests;
#[cfg(test)]
mod tests;

use super::effect::Effect;
use crate::config::EnvironmentConfig;
use call::{Call, CallId, CallResult, Read};
use jiff::{Timestamp, tz::TimeZone};
pub use life_cycle::{Operation, OperationId, Stage};
pub use machine::{Machine, NewOperation, Picture, Target};
use std::collections::{BTreeMap, HashMap};
use step::Slot;

/// Maximum number of services in one `DescribeServices`. Source: the ECS API.
const SERVICES_PER_CALL: usize = 10;
/// Maximum number of service deployments in one `DescribeServiceDeployments`. Source: the ECS API.
const RELEASES_PER_CALL: usize = 20;

/// All operations of a session.
#[derive(Debug, Clone, Default)]
pub struct Operations {
    /// The operations, in the order of their start.
    pub list: Vec<Operation>,
    /// How long operations started from now on are watched, instead of [`life_cycle::LIMIT`].
    pub limit: Option<jiff::SignedDuration>,
    /// How far the service's clock is ahead of the local one.
    pub ahead: jiff::SignedDuration,
    /// When operations started from now on end, whatever they are doing.
    pub deadline: Option<Timestamp>,
    serial: u32,
    calls: u64,
    waiting: HashMap<CallId, Vec<(OperationId, Slot)>>,
    zone: Option<TimeZone>,
    /// Identifies this process in the audit file.
    mark: String,
}

impl Operations {
    /// The operations of a session; `mark` distinguishes them from those of other sessions in the audit file.
    pub fn new(mark: impl Into<String>, zone: TimeZone) -> Self {
        Self { mark: mark.into(), zone: Some(zone), ..Self::default() }
    }

    /// Starts planning; nothing is changed before it is confirmed.
    pub fn start(
        &mut self,
        what: impl Into<NewOperation>,
        environment: &EnvironmentConfig,
        now: Timestamp,
    ) -> (OperationId, Vec<Effect>) {
        let what: NewOperation = what.into();
        self.serial += 1;
        let id = OperationId(self.serial);
        let mark = format!("{}-{}", self.mark, self.serial);
        let conflicting_operation = self.conflicting_operation(&*what, environment);
        let mut operation = Operation::new(id, mark, what, environment.clone(), now);
        operation.conflicts_with = conflicting_operation;
        operation.limit = self.limit.unwrap_or(life_cycle::LIMIT);
        operation.deadline = self.deadline;
        self.list.push(operation);
        let effects = self.step(id, now, Operation::begin);
        (id, effects)
    }

    /// Another operation of this session on the same target.
    fn conflicting_operation(&self, what: &dyn Machine, environment: &EnvironmentConfig) -> Option<String> {
        let target = what.target()?;
        let acting =
            self.list.iter().filter(|other| other.stage == Stage::Acting && other.environment.name == environment.name);
        let mut same = acting.filter(|other| other.target().as_ref() == Some(&target) && !other.is_read_only());
        same.next().map(|other| other.title.clone())
    }

    /// The operation with this id.
    pub fn get(&self, id: OperationId) -> Option<&Operation> {
        self.list.iter().find(|operation| operation.id == id)
    }

    fn get_mut(&mut self, id: OperationId) -> Option<&mut Operation> {
        self.list.iter_mut().find(|operation| operation.id == id)
    }

    /// The operations that have not ended and are not waiting for a person.
    pub fn acting(&self) -> impl Iterator<Item = &Operation> {
        self.list.iter().filter(|operation| operation.stage == Stage::Acting)
    }

    /// Confirms an operation. Its plan must be possible; [`super::safety`] has checked the consent.
    pub fn confirm(&mut self, id: OperationId, now: Timestamp) -> Vec<Effect> {
        self.step(id, now, Operation::confirm)
    }

    /// Cancels an operation before anything was changed.
    pub fn cancel(&mut self, id: OperationId, now: Timestamp) -> Vec<Effect> {
        self.step(id, now, Operation::cancel)
    }

    /// Ends an operation that was not started, because one before it did not end well; `why` says so.
    pub fn skip(&mut self, id: OperationId, why: &str, now: Timestamp) -> Vec<Effect> {
        self.step(id, now, |operation, now, _, _| operation.skip(why, now))
    }

    /// Stops watching an operation; it continues in AWS.
    pub fn detach(&mut self, id: OperationId, now: Timestamp) -> Vec<Effect> {
        self.step(id, now, Operation::detach)
    }

    /// Reverts a deployment in progress.
    pub fn revert(&mut self, id: OperationId, now: Timestamp) -> Vec<Effect> {
        self.step(id, now, Operation::revert)
    }

    /// Ends the operation's local program, and with it the operation.
    pub fn stop(&mut self, id: OperationId, now: Timestamp) -> Vec<Effect> {
        self.step(id, now, Operation::stop)
    }

    /// Advances the time. Call it at least once per second, more often for a shorter watch interval.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Effect> {
        let ids: Vec<OperationId> =
            self.list.iter().filter(|operation| operation.outcome.is_none()).map(|operation| operation.id).collect();
        let watched_count = self.watched_count();
        let (mut calls, mut ended) = (Vec::new(), Vec::new());
        for id in ids {
            let (zone, ahead) = (self.zone_of(id), self.ahead);
            if let Some(operation) = self.get_mut(id) {
                operation.ahead = ahead;
                calls
                    .extend(operation.tick(now, &zone, watched_count).into_iter().map(|(slot, call)| (id, slot, call)));
                if operation.outcome.is_some() {
                    ended.push(id);
                }
            }
        }
        let mut effects: Vec<Effect> = ended.into_iter().flat_map(|id| self.end_programs(id)).collect();
        effects.extend(self.send(calls));
        effects
    }

    /// Takes a reply. A reply that nothing waits for is dropped here, and nowhere else.
    pub fn answered(&mut self, call: CallId, answered: &CallResult, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (id, slot) in self.waiting.remove(&call).unwrap_or_default() {
            let answered = answered.clone();
            effects.extend(self.step(id, now, move |operation, now, zone, watched_count| {
                operation.answered(&slot, answered, now, zone, watched_count)
            }));
        }
        effects
    }

    /// A line that a program printed.
    pub fn output(&mut self, call: CallId, line: &str, now: Timestamp) {
        let waiting: Vec<OperationId> = self.waiting.get(&call).into_iter().flatten().map(|(id, _)| *id).collect();
        for id in waiting {
            self.step(id, now, |operation, now, zone, watched_count| operation.output(line, now, zone, watched_count));
        }
    }

    /// Whether no operation waits for a reply.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether its end is still being written to the audit file.
    pub fn waits_for_audit(&self, id: OperationId) -> bool {
        self.waiting.values().flatten().any(|(other, slot)| *other == id && *slot == Slot::Audit)
    }

    /// The time zone for an operation's times: that of its environment.
    fn zone_of(&self, id: OperationId) -> TimeZone {
        let named = self.get(id).and_then(|operation| operation.environment.timezone.as_deref());
        let named = named.and_then(|name| TimeZone::get(name).ok());
        named.or_else(|| self.zone.clone()).unwrap_or(TimeZone::UTC)
    }

    fn watched_count(&self) -> usize {
        self.acting().count()
    }

    fn step(
        &mut self,
        id: OperationId,
        now: Timestamp,
        act: impl FnOnce(&mut Operation, Timestamp, &TimeZone, usize) -> Vec<(Slot, Call)>,
    ) -> Vec<Effect> {
        let (watched_count, ahead) = (self.watched_count(), self.ahead);
        let zone = self.zone_of(id);
        let Some(operation) = self.get_mut(id) else { return Vec::new() };
        operation.ahead = ahead;
        let calls = act(operation, now, &zone, watched_count);
        let has_ended = operation.outcome.is_some();
        let mut effects = if has_ended { self.end_programs(id) } else { Vec::new() };
        effects.extend(self.send(calls.into_iter().map(|(slot, call)| (id, slot, call)).collect()));
        effects
    }

    /// Ends an operation's programs once it has ended: nothing waits for them any more.
    fn end_programs(&mut self, id: OperationId) -> Vec<Effect> {
        let runs = |waiting: &Vec<(OperationId, Slot)>| {
            waiting.iter().any(|(of, slot)| *of == id && matches!(slot, Slot::Run(_)))
        };
        let mut ids: Vec<CallId> =
            self.waiting.iter().filter(|(_, waiting)| runs(waiting)).map(|(call, _)| *call).collect();
        ids.sort();
        self.waiting.retain(|call, _| !ids.contains(call));
        ids.into_iter().map(Effect::EndCall).collect()
    }

    /// Turns calls into effects. Simultaneous reads of services and of service deployments in the same environment are
    /// joined into one request.
    fn send(&mut self, asked: Vec<(OperationId, Slot, Call)>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut services: BTreeMap<(String, Option<String>, String), Joined> = BTreeMap::new();
        let mut releases: BTreeMap<(String, Option<String>), Joined> = BTreeMap::new();
        for (id, slot, call) in asked {
            let Some(operation) = self.get(id) else { continue };
            let (environment, account) = (operation.environment.clone(), operation.account.clone());
            match call {
                Call::Read(Read::Services { cluster, names }) => {
                    let joined = services.entry((environment.name.clone(), account, cluster)).or_default();
                    joined.add(environment, names, (id, slot));
                }
                Call::Read(Read::Releases { arns }) => {
                    releases.entry((environment.name.clone(), account)).or_default().add(environment, arns, (id, slot));
                }
                call => effects.push(self.effect(&environment, account, call, vec![(id, slot)])),
            }
        }
        for ((_, account, cluster), joined) in services {
            for (environment, names, waiting) in joined.parts(SERVICES_PER_CALL) {
                let call = Call::Read(Read::Services { cluster: cluster.clone(), names });
                effects.push(self.effect(&environment, account.clone(), call, waiting));
            }
        }
        for ((_, account), joined) in releases {
            for (environment, arns, waiting) in joined.parts(RELEASES_PER_CALL) {
                let call = Call::Read(Read::Releases { arns });
                effects.push(self.effect(&environment, account.clone(), call, waiting));
            }
        }
        effects
    }

    fn effect(
        &mut self,
        environment: &EnvironmentConfig,
        account: Option<String>,
        call: Call,
        waiting: Vec<(OperationId, Slot)>,
    ) -> Effect {
        self.calls += 1;
        let id = CallId(self.calls);
        self.waiting.insert(id, waiting);
        Effect::Call { id, environment: Box::new(environment.clone()), account, call: Box::new(call) }
    }
}

/// Reads joined into one.
#[derive(Default)]
struct Joined {
    wanted: Vec<(EnvironmentConfig, Vec<String>, (OperationId, Slot))>,
}

/// One request: the environment, the names, and the slots waiting for it.
type Part = (EnvironmentConfig, Vec<String>, Vec<(OperationId, Slot)>);

impl Joined {
    fn add(&mut self, environment: EnvironmentConfig, names: Vec<String>, waiting: (OperationId, Slot)) {
        self.wanted.push((environment, names, waiting));
    }

    /// Splits into requests of at most `most` names; the names requested by one operation stay together.
    fn parts(self, most: usize) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for (environment, names, waiting) in self.wanted {
            let fits = parts.last_mut().filter(|(_, together, _)| {
                let new = names.iter().filter(|name| !together.contains(name)).count();
                together.len() + new <= most
            });
            if let Some((_, together, waits)) = fits {
                together.extend(names.iter().filter(|name| !together.contains(name)).cloned().collect::<Vec<_>>());
                waits.push(waiting);
            } else {
                parts.push((environment, names, vec![waiting]));
            }
        }
        parts
    }
}
