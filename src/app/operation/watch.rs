//! Watches one deployment to its end. The end is that of *our* service deployment in the service's history, and nothing
//! else: a service is also "stable" after a rollback.

mod tasks;
mod verdict;

use super::call::{CallResult, Read, Reply};
use super::refusals::{self, ReportedFailures};
use super::step::{Ctx, Slot, Weight, wait_after};
use crate::app::refusals::Refusals;
use crate::model::deploy::task_problems::DeployProblem;
use crate::model::rollout::{RolloutStatus, ServiceDeployment};
use crate::model::service::Service;
use crate::model::target::Target;
use crate::model::task::Task;
use crate::model::{Failure, TaskDefinition};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Minimum interval between reads of the tasks of one watched deployment; longer for several.
const TASKS: SignedDuration = SignedDuration::from_secs(12);
/// Interval between reads of the tasks while nothing seems to change.
const TASKS_CALM: SignedDuration = SignedDuration::from_secs(45);
/// Minimum interval between reads of the targets.
const TARGETS: SignedDuration = SignedDuration::from_secs(30);
/// Number of lines shown of a stopped task's log.
pub const LOG_LINES: u32 = 50;
/// Number of points kept for the chart.
const BARS: usize = 600;

/// The number of tasks at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskCounts {
    pub at: Timestamp,
    /// Running tasks of older deployments.
    pub old: u32,
    /// Tasks of our deployment that are not running yet.
    pub starting: u32,
    /// Running tasks of our deployment.
    pub fresh: u32,
    /// The desired count of the service.
    pub desired: u32,
}

/// Which deployment of which service is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    pub cluster: String,
    /// The full name of the service.
    pub service: String,
    /// Our deployment: `ecs-svc/…`.
    pub deployment: String,
    /// The revision it deploys: `family:revision`.
    pub revision: String,
    /// ARNs of the service deployments that existed before ours.
    pub known: BTreeSet<String>,
    /// When our deployment began.
    pub since: Timestamp,
}

/// A watched deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// The deployment that is watched.
    pub subject: Subject,
    /// The ARN of our service deployment, once it is known.
    pub release: Option<String>,
    /// The service as last read.
    pub service: Option<Service>,
    pub read_at: Option<Timestamp>,
    /// Our service deployment as last read.
    pub state: Option<ServiceDeployment>,
    /// The tasks of the service.
    pub tasks: Vec<Task>,
    /// The service's targets.
    pub targets: Vec<(String, Vec<Target>)>,
    /// Counts of old and new tasks over time, for the chart.
    pub task_counts: Vec<TaskCounts>,
    /// Why its tasks do not start.
    pub troubles: Vec<DeployProblem>,
    /// The last read failure, with the time of the next try.
    pub read_failure: Option<(Failure, Timestamp)>,
    /// The reads whose last attempt failed; an answer about the service says nothing about its deployment.
    unread: BTreeSet<&'static str>,
    definition: Option<TaskDefinition>,
    slot: i64,
    in_flight: BTreeSet<&'static str>,
    failures: u32,
    tasks_at: Option<Timestamp>,
    tasks_wanted: bool,
    targets_at: Option<Timestamp>,
    reported_events: BTreeSet<String>,
    reported_failures: ReportedFailures,
    logged: BTreeSet<String>,
    /// Since when ECS reports success while not all of its tasks run yet.
    settling: Option<Timestamp>,
    /// Consecutive refusals of the credentials.
    refusals: Refusals,
    /// Whether a task of our deployment ran, at least briefly.
    pub ran: bool,
    /// How often the history was read without showing our deployment.
    missed: u32,
    /// The reads still needed before the end is reported.
    last_look: Option<BTreeSet<&'static str>>,
}

/// The state of a watched deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchState {
    /// The deployment is in progress.
    InProgress,
    /// Our deployment is SUCCESSFUL, and its tasks run.
    Successful,
    /// Our deployment is SUCCESSFUL, but its tasks do not run.
    TasksNotRunning,
    /// Our deployment was rolled back.
    RolledBack,
    /// Our deployment was rolled back, but the version restored does not run.
    RestoredVersionFailed,
    /// Rolling our deployment back failed.
    RollbackFailed,
    /// Our deployment was stopped, by a newer one or by a person.
    Stopped,
    /// The service was deleted.
    Gone,
    /// The service shows it as ended, but the history never showed it.
    NotInHistory,
    /// AWS permanently refuses the credentials: nothing more can be read.
    Refused(Box<Failure>),
}

impl Watch {
    /// Starts watching; `definition` tells where the tasks' logs are.
    pub(super) fn new(subject: Subject, definition: Option<TaskDefinition>) -> Self {
        Self {
            subject,
            release: None,
            service: None,
            read_at: None,
            state: None,
            tasks: Vec::new(),
            targets: Vec::new(),
            task_counts: Vec::new(),
            troubles: Vec::new(),
            read_failure: None,
            unread: BTreeSet::new(),
            definition,
            slot: i64::MIN,
            in_flight: BTreeSet::new(),
            failures: 0,
            tasks_at: None,
            tasks_wanted: true,
            targets_at: None,
            reported_events: BTreeSet::new(),
            reported_failures: ReportedFailures::default(),
            logged: BTreeSet::new(),
            settling: None,
            refusals: Refusals::default(),
            ran: false,
            missed: 0,
            last_look: None,
        }
    }

    /// Takes the service as it was when the deployment began.
    pub(super) fn set_initial(&mut self, service: Service, ctx: &mut Ctx<'_>) {
        // Earlier events are not about this deployment.
        self.reported_events.extend(service.events.iter().map(|event| event.id.clone()));
        self.take_service(service, ctx);
    }

    /// Continues watching after another action: what was read in the meantime was not judged.
    pub(super) fn resume(&mut self) {
        self.last_look = None;
        self.in_flight.clear();
        self.slot = i64::MIN;
    }

    /// Advances the time and sends the reads that are due.
    pub(super) fn tick(&mut self, ctx: &mut Ctx<'_>) {
        let interval = ctx.environment.refresh.watch.as_millis().max(1) as i64;
        let slot = ctx.now.as_millisecond().div_euclid(interval);
        if self.read_failure.as_ref().is_some_and(|(_, next)| ctx.now < *next) || self.last_look.is_some() {
            return;
        }
        if slot <= self.slot {
            return;
        }
        self.slot = slot;
        self.ask_service(ctx);
        self.ask_release(ctx);
        self.ask_tasks(ctx);
    }

    fn ask_service(&mut self, ctx: &mut Ctx<'_>) {
        if self.in_flight.insert("service") {
            let names = vec![self.subject.service.clone()];
            ctx.read(Slot::Service, Read::Services { cluster: self.subject.cluster.clone(), names });
        }
    }

    fn ask_release(&mut self, ctx: &mut Ctx<'_>) {
        if !self.in_flight.insert("release") {
            return;
        }
        if let Some(arn) = &self.release {
            ctx.read(Slot::Release, Read::Releases { arns: vec![arn.clone()] });
        } else {
            let (cluster, service) = (self.subject.cluster.clone(), self.subject.service.clone());
            ctx.read(Slot::History, Read::History { cluster, service });
        }
    }

    /// Reading tasks takes three requests: they are read when the counts or events show that something happened.
    fn ask_tasks(&mut self, ctx: &mut Ctx<'_>) {
        let age = self.tasks_at.map(|at| ctx.now.duration_since(at));
        // A few watched deployments may read often; many share what the rate limits allow.
        let at_least = TASKS + SignedDuration::from_secs(2 * ctx.watched_count.saturating_sub(1) as i64);
        let due = match age {
            None => true,
            Some(age) => (self.tasks_wanted && age >= at_least) || age >= TASKS_CALM.max(at_least),
        };
        if due && self.in_flight.insert("tasks") {
            self.tasks_wanted = false;
            self.tasks_at = Some(ctx.now);
            let (cluster, service) = (self.subject.cluster.clone(), self.subject.service.clone());
            ctx.read(Slot::Tasks, Read::Tasks { cluster, service });
            let groups = self.service.as_ref().map(|service| service.target_groups.clone()).unwrap_or_default();
            let stale = self.targets_at.is_none_or(|at| ctx.now.duration_since(at) >= TARGETS);
            if !groups.is_empty() && stale && self.in_flight.insert("targets") {
                self.targets_at = Some(ctx.now);
                ctx.read(Slot::Targets, Read::Targets { groups });
            }
        }
    }

    /// Handles a reply; returns the resulting state.
    pub(super) fn reply(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) -> WatchState {
        let name = match slot {
            Slot::Service => "service",
            Slot::Release | Slot::History => "release",
            Slot::Tasks => "tasks",
            Slot::Targets => "targets",
            Slot::Last(name) => name,
            Slot::Log { task, container } => {
                Self::take_log(task, container, answered, ctx);
                return WatchState::InProgress;
            }
            _ => return WatchState::InProgress,
        };
        self.in_flight.remove(name);
        if self.is_late(slot, name) {
            return self.judge(ctx);
        }
        match answered.outcome {
            Err(failure) if self.refusals.note(&failure, ctx.now) => return WatchState::Refused(Box::new(failure)),
            Err(failure) => self.failed(name, failure, ctx),
            Ok(reply) => {
                self.record_success(name, ctx);
                self.take(reply, ctx);
                if matches!(slot, Slot::Last(_))
                    && let Some(left) = &mut self.last_look
                {
                    left.remove(name);
                }
            }
        }
        self.judge(ctx)
    }

    /// Handles a failed read: it proves nothing about the deployment, and is retried.
    fn failed(&mut self, name: &'static str, failure: Failure, ctx: &mut Ctx<'_>) {
        if matches!(name, "tasks" | "targets") {
            self.tasks_wanted |= name == "tasks";
            if let Some(left) = &mut self.last_look {
                // At the end, tasks and targets are optional.
                left.remove(name);
            }
            return;
        }
        if self.reported_failures.is_news(&failure) {
            let limit = refusals::waiting(&failure);
            let text = format!("cannot look: {failure}; the deployment goes on, and so does the looking{limit}");
            ctx.log(Weight::Warn, text);
        }
        self.unread.insert(name);
        let wait = wait_after(ctx.environment.refresh.watch, self.failures);
        self.failures += 1;
        self.read_failure = Some((failure, ctx.now + wait));
        if self.last_look.is_some() {
            // The end is reported from what was read, not from what failed.
            self.last_look = None;
        }
    }

    fn take(&mut self, reply: Reply, ctx: &mut Ctx<'_>) {
        match reply {
            Reply::Services(found) => {
                let name = &self.subject.service;
                if let Some(service) = found.into_iter().find(|service| service.name == *name) {
                    self.take_service(service, ctx);
                } else if let Some(service) = &mut self.service {
                    "GONE".clone_into(&mut service.status);
                }
            }
            Reply::Releases(found) => self.take_releases(found, ctx),
            Reply::Tasks(found) => self.take_tasks(found, ctx),
            Reply::Targets(found) => self.targets = found,
            _ => {}
        }
    }

    fn take_service(&mut self, service: Service, ctx: &mut Ctx<'_>) {
        for event in service.events.iter().rev() {
            if self.reported_events.insert(event.id.clone()) && event.at.is_none_or(|at| at >= self.subject.since) {
                ctx.log(Weight::Detail, without_service(&event.message));
            }
        }
        let bar = self.bar(&service, ctx.service_now);
        self.ran |= bar.fresh > 0;
        let same = |last: &TaskCounts| TaskCounts { at: bar.at, ..*last } == bar;
        if self.task_counts.last().is_none_or(|last| !same(last)) {
            self.tasks_wanted = true;
        }
        if self.task_counts.len() >= BARS {
            // The chart keeps its whole span at half the detail.
            let mut keep = false;
            self.task_counts.retain(|_| {
                keep = !keep;
                keep
            });
        }
        self.task_counts.push(bar);
        self.read_at = Some(ctx.now);
        self.service = Some(service);
        self.look_for_trouble(ctx);
    }

    fn bar(&self, service: &Service, at: Timestamp) -> TaskCounts {
        let ours = service.deployments.iter().find(|deployment| deployment.id == self.subject.deployment);
        let old = service.deployments.iter().filter(|deployment| deployment.id != self.subject.deployment);
        TaskCounts {
            at,
            old: old.map(|deployment| deployment.running).sum(),
            starting: ours.map_or(0, |ours| ours.pending),
            fresh: ours.map_or(0, |ours| ours.running),
            desired: service.desired,
        }
    }

    fn take_releases(&mut self, found: Vec<ServiceDeployment>, ctx: &mut Ctx<'_>) {
        if self.release.is_none() {
            self.release = self.find_ours(&found).map(|ours| ours.arn.clone());
        }
        let Some(arn) = &self.release else {
            self.missed += 1;
            return;
        };
        let Some(ours) = found.into_iter().find(|entry| entry.arn == *arn) else { return };
        // An answer may overtake another: a deployment that has ended stays ended.
        if self.state.as_ref().is_some_and(|state| state.status.has_ended()) && !ours.status.has_ended() {
            return;
        }
        let before = self.state.as_ref().map(|state| state.status.clone());
        if before.as_ref() != Some(&ours.status) {
            let weight = match ours.status {
                RolloutStatus::Successful => Weight::Good,
                RolloutStatus::RollbackInProgress | RolloutStatus::StopRequested => Weight::Warn,
                RolloutStatus::Stopped | RolloutStatus::RollbackSuccessful | RolloutStatus::RollbackFailed => {
                    Weight::Bad
                }
                RolloutStatus::Pending | RolloutStatus::InProgress | RolloutStatus::Other(_) => Weight::Step,
            };
            let why = ours.rollback_reason.as_deref().unwrap_or(&ours.reason);
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            ctx.log(weight, format!("ECS: {}{why}", ours.status.label()));
        }
        let stage = ours.stage_label();
        if let Some(stage) = stage.filter(|_| self.state.as_ref().is_none_or(|state| state.stage != ours.stage)) {
            ctx.log(Weight::Step, format!("ECS: {stage}"));
        }
        let held = ours.hold_note_until(ctx.service_now, ctx.zone);
        if let Some(held) = held.filter(|_| self.state.as_ref().is_none_or(|state| state.pause != ours.pause)) {
            ctx.log(Weight::Warn, held);
        }
        self.state = Some(ours);
    }

    /// Our deployment in the history: a new one that deploys our revision (if readable) and began with our deployment.
    /// If two fit equally well, there is none.
    fn find_ours<'a>(&self, found: &'a [ServiceDeployment]) -> Option<&'a ServiceDeployment> {
        let fits = |entry: &&ServiceDeployment| {
            !self.subject.known.contains(&entry.arn)
                && entry.target.as_ref().is_none_or(|target| *target == self.subject.revision)
        };
        let mut new: Vec<&ServiceDeployment> = found.iter().filter(fits).collect();
        if new.len() > 1 {
            let began = self.service.as_ref().and_then(|service| {
                service.deployments.iter().find(|other| other.id == self.subject.deployment)?.created_at
            })?;
            let distance = |entry: &ServiceDeployment| {
                entry.created_at.map_or(i64::MAX, |at| at.duration_since(began).as_millis().unsigned_abs() as i64)
            };
            new.sort_by_key(|entry| distance(entry));
            if distance(new[0]) == distance(new[1]) {
                return None;
            }
        }
        new.first().copied()
    }

    /// The confirmed problem of the version itself, if any.
    pub fn confirmed_trouble(&self) -> Option<&DeployProblem> {
        self.troubles.iter().find(|trouble| trouble.justifies_rollback())
    }

    /// How long our deployment took, on AWS's clock; `None` while it has not ended.
    pub fn duration(&self) -> Option<SignedDuration> {
        let state = self.state.as_ref().filter(|state| state.status.has_ended())?;
        Some(state.finished_at?.duration_since(state.created_at.or(state.started_at)?))
    }

    /// Whether none of its tasks ever ran because the desired count was 0.
    pub fn nothing_ran(&self) -> bool {
        !self.ran && self.task_counts.iter().any(|bar| bar.desired == 0)
    }

    /// The version that runs now: `web:41, 1 of 1`.
    pub fn running_version(&self) -> Option<String> {
        let service = self.service.as_ref()?;
        let running: Vec<String> = service
            .deployments
            .iter()
            .filter(|deployment| deployment.running > 0)
            .map(|deployment| format!("{} × {}", deployment.running, deployment.task_definition))
            .collect();
        let what = if running.is_empty() { "nothing".to_owned() } else { running.join(", ") };
        Some(format!("{what} (desired {})", service.desired))
    }
}

/// ECS begins each event with the service's name, which is redundant here.
fn without_service(event: &str) -> &str {
    event.strip_prefix("(service ").and_then(|rest| rest.split_once(") ")).map_or(event, |(_, rest)| rest)
}

/// The first characters of a task's id: enough to identify it.
pub fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}
