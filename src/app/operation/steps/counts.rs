//! Waits until services run the desired number of tasks, and these are stable. A count that is right in a single read
//! proves nothing: a task that crashes right after starting is counted, too.
//!
//! A service has settled when its counts are right and each of its tasks meets the condition that ECS applies to a
//! deployment's tasks: healthy, if a load balancer or a container health check exists, otherwise running for 40 s. If a
//! task failed in the meantime, the running ones must be older than that, whatever health checks report.

use crate::app::operation::call::{Read, Reply};
use crate::app::operation::step::{Ctx, Slot, Weight};
use crate::app::operation::watch::short;
use crate::model::deploy::preflight::breaker_threshold;
use crate::model::service::Service;
use crate::model::stop::End;
use crate::model::task::Task;
use crate::model::{Failure, Fault, Target, TaskDefinition};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// How long a task without health checks must run to count. Source: the ECS developer guide, deployment circuit
/// breaker.
const STEADY: SignedDuration = SignedDuration::from_secs(40);
/// Number of services read in one look. Source: the ECS API, `DescribeServices`.
const SERVICES: usize = 10;
/// Number of services whose tasks are read in one look: three requests each.
const TASKS: usize = 3;

/// How long the desired count may differ from the one that was set; autoscaling may restore it.
const OVERRULED: SignedDuration = SignedDuration::from_mins(2);

/// The counts that are awaited, and the observations.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Counts {
    goals: BTreeMap<String, u32>,
    seen: BTreeMap<String, ServiceCounts>,
    /// Once all have settled one after the other: the services not yet read again.
    last_look: Option<BTreeSet<String>>,
    told: BTreeSet<String>,
    /// The services of the current look, and one that was deleted.
    asked: Vec<String>,
    deleted_service: Option<String>,
}

/// The observations of one service.
#[derive(Debug, Clone, Default, PartialEq)]
struct ServiceCounts {
    /// Running, desired and pending tasks.
    counts: Option<(u32, u32, u32)>,
    /// Whether the counts are those of the current look, the only ones that tasks are compared with.
    fresh: bool,
    /// Since when the counts have been right in every look.
    right_since: Option<Timestamp>,
    /// Since when the desired count has differed in every look; and its value once that lasted too long.
    other_since: Option<Timestamp>,
    overruled: Option<u32>,
    /// The deployment that should run: tasks of older ones are about to be replaced.
    primary: Option<String>,
    groups: Vec<String>,
    tasks: Option<Vec<Task>>,
    targets: Option<Vec<(String, Vec<Target>)>>,
    /// Whether its tasks or targets must not be read.
    no_tasks: bool,
    no_targets: bool,
    /// The look in which it was last read, and the one in which its tasks were.
    looked: u64,
    read: u64,
    /// The newest time reported by AWS, on its own clock.
    newest: Option<Timestamp>,
    /// Running tasks, and since when they were seen running.
    running_since: BTreeMap<String, Timestamp>,
    /// Tasks that had stopped before the first read.
    before: Option<BTreeSet<String>>,
    /// Tasks that failed since, and why the last one did.
    failed: BTreeSet<String>,
    why: Option<String>,
    /// The task definition, which tells which containers can be at fault when a task ends.
    definition: Definition,
    settled: bool,
}

/// A task definition that is read when a task ends for a reason that may be the version's fault.
#[derive(Debug, Clone, Default, PartialEq)]
enum Definition {
    #[default]
    NotNeeded,
    /// `family:revision`.
    Wanted(String),
    /// `None`: it cannot be read.
    Known(Option<Box<TaskDefinition>>),
}

/// The status of the counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CountStatus {
    /// The counts are still changing.
    Changing,
    /// All services have settled at their counts.
    Reached,
    /// The service was deleted.
    Gone(String),
    /// The desired count of a service stays different: its value, and the one that was set.
    Overruled(String, u32, u32),
    /// As many tasks failed as would make ECS give up a deployment: the service, and why.
    Failing(String, String),
}

impl Counts {
    pub(super) fn new(goals: BTreeMap<String, u32>) -> Self {
        let seen = goals.keys().map(|name| (name.clone(), ServiceCounts::default())).collect();
        Self { goals, seen, ..Self::default() }
    }

    /// Sends the next reads; returns the number of replies to expect. `look` is the number of this look.
    pub(super) fn send_reads(&mut self, look: u64, ctx: &mut Ctx<'_>) -> u32 {
        let cluster = ctx.cluster();
        let names: Vec<String> = if let Some(left) = &self.last_look {
            left.iter().take(SERVICES).cloned().collect()
        } else {
            let mut due: Vec<(u64, &String)> = self.unsettled().map(|(name, one)| (one.looked, name)).collect();
            due.sort();
            due.into_iter().take(SERVICES).map(|(_, name)| name.clone()).collect()
        };
        for name in &names {
            if let Some(one) = self.seen.get_mut(name) {
                one.looked = look;
                // Observations of an earlier look are not combined with those of this one.
                (one.fresh, one.tasks, one.targets) = (false, None, None);
            }
        }
        self.asked.clone_from(&names);
        let mut reads = u32::from(!names.is_empty());
        if reads > 0 {
            ctx.read(Slot::Service, Read::Services { cluster: cluster.clone(), names });
        }
        if self.last_look.is_some() {
            return reads;
        }
        let mut due: Vec<(u64, String)> = self
            .unsettled()
            .filter(|(name, one)| one.looked == look && self.goals[*name] > 0 && !one.no_tasks)
            .filter(|(_, one)| one.counts.is_some())
            .map(|(name, one)| (one.read, name.clone()))
            .collect();
        due.sort();
        for (_, name) in due.into_iter().take(TASKS) {
            let Some(one) = self.seen.get_mut(&name) else { continue };
            one.read = look;
            reads += 1;
            ctx.read(of_tasks(&name), Read::Tasks { cluster: cluster.clone(), service: name.clone() });
            if let Definition::Wanted(revision) = &one.definition {
                reads += 1;
                ctx.read(of_definition(&name), Read::TaskDefinition { name: revision.clone() });
            }
            if !one.groups.is_empty() && !one.no_targets {
                reads += 1;
                ctx.read(of_targets(&name), Read::Targets { groups: one.groups.clone() });
            }
        }
        reads
    }

    fn unsettled(&self) -> impl Iterator<Item = (&String, &ServiceCounts)> {
        self.seen.iter().filter(|(_, one)| !one.settled)
    }

    /// Handles a reply.
    pub(super) fn take(&mut self, slot: &Slot, reply: Reply, ctx: &mut Ctx<'_>) {
        if let Some(one) = self.named(slot, of_definition).and_then(|name| self.seen.get_mut(&name)) {
            let found = if let Reply::TaskDefinition(found) = reply { Some(found) } else { None };
            one.definition = Definition::Known(found);
            return;
        }
        match reply {
            Reply::Services(found) => {
                let missing = self.asked.iter().find(|name| found.iter().all(|service| service.name != **name));
                let deleted = found.iter().filter(|service| service.is_deleted()).map(|service| &service.name);
                self.deleted_service =
                    missing.or(deleted.into_iter().find(|name| self.goals.contains_key(*name))).cloned();
                for service in found {
                    self.take_service(&service, ctx);
                }
            }
            Reply::Tasks(found) => {
                if let Some(name) = self.named(slot, of_tasks) {
                    self.take_tasks(&name, found, ctx);
                }
            }
            Reply::Targets(found) => {
                if let Some(one) = self.named(slot, of_targets).and_then(|name| self.seen.get_mut(&name)) {
                    one.targets = Some(found);
                }
            }
            _ => {}
        }
        for (name, one) in &mut self.seen {
            one.settled |= one.has_settled(self.goals[name], ctx.now);
        }
        // The first one may have settled long ago: all are read again, and only what holds then counts.
        if self.last_look.is_none() && self.goals.len() > 1 && self.seen.values().all(|one| one.settled) {
            self.last_look = Some(self.goals.keys().cloned().collect());
        }
    }

    /// Handles a read that is not possible now or ever; returns whether it can be omitted.
    pub(super) fn read_failed(&mut self, slot: &Slot, failure: &Failure, ctx: &mut Ctx<'_>) -> bool {
        if super::super::call::may_succeed_later(failure) {
            return false;
        }
        if let Some(one) = self.named(slot, of_definition).and_then(|name| self.seen.get_mut(&name)) {
            one.definition = Definition::Known(None);
            return true;
        }
        let (of_tasks, of_targets) = (self.named(slot, of_tasks), self.named(slot, of_targets));
        let Some(name) = of_tasks.as_ref().or(of_targets.as_ref()) else { return false };
        let Some(one) = self.seen.get_mut(name) else { return false };
        one.no_tasks |= of_tasks.is_some();
        one.no_targets |= of_targets.is_some();
        if self.told.insert(failure.message.clone()) {
            ctx.log(Weight::Warn, format!("whether the tasks are healthy cannot be seen: {failure}"));
        }
        true
    }

    fn named(&self, slot: &Slot, of: impl Fn(&str) -> Slot) -> Option<String> {
        self.goals.keys().find(|name| of(name) == *slot).cloned()
    }

    fn take_service(&mut self, service: &Service, ctx: &Ctx<'_>) {
        let (Some(one), Some(goal)) = (self.seen.get_mut(&service.name), self.goals.get(&service.name)) else { return };
        one.counts = Some((service.running, service.desired, service.pending));
        one.fresh = true;
        one.groups.clone_from(&service.target_groups);
        one.primary = service.primary().map(|primary| primary.id.clone());
        let deployments = service.deployments.iter().flat_map(|other| [other.created_at, other.updated_at]);
        one.note_times(service.events.iter().map(|event| event.at).chain(deployments));
        let other_since = *one.other_since.get_or_insert(ctx.now);
        one.other_since = (service.desired != *goal).then_some(other_since);
        let stayed = one.other_since.is_some_and(|since| ctx.now.duration_since(since) >= OVERRULED);
        one.overruled = stayed.then_some(service.desired);
        one.right_since = one.right(*goal).then(|| one.right_since.unwrap_or(ctx.now));
        if one.right(*goal) {
            if let Some(left) = &mut self.last_look {
                left.remove(&service.name);
            }
        } else {
            one.settled = false;
            self.last_look = None;
        }
    }

    fn take_tasks(&mut self, name: &str, found: Vec<Task>, ctx: &mut Ctx<'_>) {
        let Some(one) = self.seen.get_mut(name) else { return };
        one.note_times(
            found.iter().flat_map(|task| [task.created_at, task.started_at, task.stopping_at, task.stopped_at]),
        );
        let runs = |task: &&Task| task.last_status == "RUNNING" && task.desired_status != "STOPPED";
        let running: BTreeSet<&String> = found.iter().filter(runs).map(|task| &task.id).collect();
        one.running_since.retain(|id, _| running.contains(id));
        for id in running {
            one.running_since.entry(id.clone()).or_insert(ctx.now);
        }
        let ended = || found.iter().filter(|task| task.end(None).is_some());
        let before = one.before.get_or_insert_with(|| ended().map(|task| task.id.clone()).collect());
        for task in ended().filter(|task| !before.contains(&task.id)) {
            let by_version = |definition| task.end(definition).is_some_and(|end: End<'_>| end.fault == Fault::Version);
            if !by_version(None) || one.failed.contains(&task.id) {
                continue;
            }
            // A container that the definition does not name, or that is not essential, is not the version's fault.
            let definition = match &one.definition {
                Definition::NotNeeded => {
                    one.definition = Definition::Wanted(task.task_definition.clone());
                    continue;
                }
                Definition::Wanted(_) => continue,
                Definition::Known(known) => known.as_deref().filter(|known| known.name == task.task_definition),
            };
            if by_version(definition) && one.failed.insert(task.id.clone()) {
                let why = task.end_reason().unwrap_or_else(|| "no reason given".to_owned());
                ctx.log(Weight::Bad, format!("{name}: task {} stopped: {why}", short(&task.id)));
                one.why = Some(why);
            }
        }
        one.tasks = Some(found);
    }

    /// The current status of the counts.
    pub(super) fn status(&self) -> CountStatus {
        if let Some(deleted_service) = &self.deleted_service {
            return CountStatus::Gone(deleted_service.clone());
        }
        let overruled = self
            .seen
            .iter()
            .find_map(|(name, one)| Some(CountStatus::Overruled(name.clone(), one.overruled?, *self.goals.get(name)?)));
        if let Some(overruled) = overruled {
            return overruled;
        }
        let failing = self.seen.iter().find_map(|(name, one)| {
            let most = breaker_threshold(*self.goals.get(name)?) as usize;
            (one.failed.len() >= most).then(|| {
                let why = one.why.as_deref().unwrap_or("no reason given");
                CountStatus::Failing(
                    name.clone(),
                    format!("{} of its tasks failed, the last one: {why}", one.failed.len()),
                )
            })
        });
        if let Some(failing) = failing {
            return failing;
        }
        let settled = self.seen.values().all(|one| one.settled);
        let looked = self.goals.len() < 2 || self.last_look.as_ref().is_some_and(BTreeSet::is_empty);
        if settled && looked { CountStatus::Reached } else { CountStatus::Changing }
    }

    /// What is still missing, for the report when the wait is abandoned.
    pub(super) fn missing_text(&self) -> Vec<String> {
        let lack = |(name, one): (&String, &ServiceCounts)| {
            let (running, desired, _) = one.counts?;
            let why = one.why.as_ref().map(|why| format!(", {} failed: {why}", one.failed.len())).unwrap_or_default();
            Some(format!("{name}: {running} of {desired} run{why}"))
        };
        self.unsettled().filter_map(lack).collect()
    }
}

fn of_tasks(name: &str) -> Slot {
    Slot::Choice(format!("tasks of {name}"))
}

fn of_definition(name: &str) -> Slot {
    Slot::Choice(format!("definition of {name}"))
}

fn of_targets(name: &str) -> Slot {
    Slot::Choice(format!("targets of {name}"))
}

impl ServiceCounts {
    /// Takes times on AWS's clock: the current time there is at least the newest of them.
    fn note_times(&mut self, times: impl Iterator<Item = Option<Timestamp>>) {
        self.newest = times.flatten().chain(self.newest).max();
    }

    fn right(&self, goal: u32) -> bool {
        self.counts == Some((goal, goal, 0))
    }

    fn has_settled(&self, goal: u32, now: Timestamp) -> bool {
        if !self.right(goal) || !self.fresh || goal == 0 {
            return self.right(goal) && self.fresh;
        }
        let steady = |since: Timestamp| now.duration_since(since) >= STEADY;
        if matches!(self.definition, Definition::Wanted(_)) {
            return false;
        }
        if self.no_tasks {
            return self.right_since.is_some_and(steady);
        }
        let Some(tasks) = &self.tasks else { return false };
        let is_to_run = |task: &&Task| self.primary.as_ref().is_none_or(|primary| task.started_by == *primary);
        let runs = |task: &&Task| self.running_since.contains_key(&task.id);
        let running: Vec<&Task> = tasks.iter().filter(runs).filter(is_to_run).collect();
        let aged = |task: &Task| {
            let by_aws = self.newest.zip(task.started_at).is_some_and(|(at, began)| at.duration_since(began) >= STEADY);
            by_aws || self.running_since.get(&task.id).copied().is_some_and(steady)
        };
        let balanced = !self.groups.is_empty() && !self.no_targets;
        let ready = |task: &&Task| match task.health.as_str() {
            "UNHEALTHY" => false,
            _ if aged(task) => true,
            "HEALTHY" => self.failed.is_empty(),
            _ => balanced && self.failed.is_empty(),
        };
        running.len() >= goal as usize && running.iter().all(ready) && (!balanced || self.all_balanced(goal))
    }

    /// Whether each target group in use has as many healthy targets as there should be tasks.
    fn all_balanced(&self, goal: u32) -> bool {
        let Some(groups) = &self.targets else { return false };
        let used = |target: &&Target| !matches!(target.state.as_str(), "unused" | "draining");
        let mut in_use = groups.iter().filter(|(_, targets)| targets.iter().any(|target| used(&target))).peekable();
        let healthy = |targets: &[Target]| targets.iter().filter(|target| target.state == "healthy").count();
        in_use.peek().is_some() && in_use.all(|(_, targets)| healthy(targets) >= goal as usize)
    }
}

#[cfg(test)]
#[path = "counts_tests.rs"]
mod tests;
