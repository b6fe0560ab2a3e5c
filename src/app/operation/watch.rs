//! One deployment, watched to its end. The end is that of *our* service deployment in the service's
//! history, and nothing else: a service is also "stable" after a rollback.

mod judge;
mod tasks;

use super::call::{Answered, Read, Reply};
use super::refusals::{self, ReportedFailures};
use super::step::{Ctx, Slot, Weight, wait_after};
use crate::app::refusals::Refusals;
use crate::model::deploy::trouble::Trouble;
use crate::model::rollout::{RolloutStatus, ServiceDeployment};
use crate::model::service::Service;
use crate::model::target::Target;
use crate::model::task::Task;
use crate::model::{Failure, TaskDefinition};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Tasks of one watched deployment are read at most this often; of many, less often.
const TASKS: SignedDuration = SignedDuration::from_secs(12);
/// Tasks are read this often though nothing seems to change.
const TASKS_CALM: SignedDuration = SignedDuration::from_secs(45);
/// Targets are read at most this often.
const TARGETS: SignedDuration = SignedDuration::from_secs(30);
/// Lines of a stopped task's log that are shown.
pub const LOG_LINES: u32 = 50;
/// Points of the picture that are kept.
const BARS: usize = 600;

/// How many tasks there were at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    pub at: Timestamp,
    /// Running tasks of older deployments.
    pub old: u32,
    /// Tasks of ours that do not run yet.
    pub starting: u32,
    /// Running tasks of ours.
    pub fresh: u32,
    /// The desired count of the service.
    pub desired: u32,
}

/// Which deployment of which service is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    pub cluster: String,
    /// The service's whole name.
    pub service: String,
    /// Our deployment: `ecs-svc/…`.
    pub deployment: String,
    /// The revision that it goes to: `family:revision`.
    pub revision: String,
    /// ARNs of the service deployments that were there before ours.
    pub known: BTreeSet<String>,
    /// When our deployment began.
    pub since: Timestamp,
}

/// A watched deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// The deployment that is watched.
    pub subject: Subject,
    /// Our service deployment's ARN, once it shows.
    pub release: Option<String>,
    /// The service as it was last seen.
    pub service: Option<Service>,
    pub seen: Option<Timestamp>,
    /// Our service deployment as it was last seen.
    pub state: Option<ServiceDeployment>,
    /// The tasks of the service.
    pub tasks: Vec<Task>,
    /// The service's targets.
    pub targets: Vec<(String, Vec<Target>)>,
    /// Counts of old and new tasks over time, for the picture.
    pub bars: Vec<Bar>,
    /// Why its tasks do not come up.
    pub troubles: Vec<Trouble>,
    /// The last read failed, with the time of the next try.
    pub failing: Option<(Failure, Timestamp)>,
    /// The reads that failed the last time, each of its own: an answer about the service says nothing of its deployment.
    unread: BTreeSet<&'static str>,
    definition: Option<TaskDefinition>,
    slot: i64,
    in_flight: BTreeSet<&'static str>,
    failures: u32,
    tasks_at: Option<Timestamp>,
    tasks_wanted: bool,
    targets_at: Option<Timestamp>,
    told: BTreeSet<String>,
    told_kinds: ReportedFailures,
    logged: BTreeSet<String>,
    /// ECS calls its end a good one since; what is to serve then did not all run yet.
    settling: Option<Timestamp>,
    /// Refusals of the credentials in a row.
    refusals: Refusals,
    /// Whether a task of ours ran, at least for a moment.
    pub ran: bool,
    /// How often the history was read and did not show ours.
    missed: u32,
    /// The reads that are still wanted before the end is told.
    last_look: Option<BTreeSet<&'static str>>,
}

/// The state of a watched deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchState {
    /// The deployment goes on.
    Going,
    /// Ours is SUCCESSFUL, and its tasks run.
    Successful,
    /// Ours is SUCCESSFUL and its tasks do not run.
    TasksNotRunning,
    /// Ours was rolled back.
    RolledBack,
    /// Ours was rolled back, and what is to serve in its place does not run.
    BackFell,
    /// Ours was to be rolled back, and that failed.
    RollbackFailed,
    /// Ours was stopped: by a newer one, or by a person.
    Stopped,
    /// The service was deleted.
    Gone,
    /// The service shows it at its end and the history never did.
    NotInHistory,
    /// AWS refuses the credentials for good: nothing more can be seen.
    Refused(Box<Failure>),
}

impl Watch {
    /// Begins to watch; `definition` says where the tasks' logs are.
    pub(super) fn new(subject: Subject, definition: Option<TaskDefinition>) -> Self {
        Self {
            subject,
            release: None,
            service: None,
            seen: None,
            state: None,
            tasks: Vec::new(),
            targets: Vec::new(),
            bars: Vec::new(),
            troubles: Vec::new(),
            failing: None,
            unread: BTreeSet::new(),
            definition,
            slot: i64::MIN,
            in_flight: BTreeSet::new(),
            failures: 0,
            tasks_at: None,
            tasks_wanted: true,
            targets_at: None,
            told: BTreeSet::new(),
            told_kinds: ReportedFailures::default(),
            logged: BTreeSet::new(),
            settling: None,
            refusals: Refusals::default(),
            ran: false,
            missed: 0,
            last_look: None,
        }
    }

    /// Takes the service as it was when the deployment began.
    pub(super) fn first(&mut self, service: Service, ctx: &mut Ctx<'_>) {
        // What was said before is not about this deployment.
        self.told.extend(service.events.iter().map(|event| event.id.clone()));
        self.take_service(service, ctx);
    }

    /// Looks on after something else was done: what was seen meanwhile was not judged.
    pub(super) fn resume(&mut self) {
        self.last_look = None;
        self.in_flight.clear();
        self.slot = i64::MIN;
    }

    /// Time goes on: what is due is asked.
    pub(super) fn tick(&mut self, ctx: &mut Ctx<'_>) {
        let interval = ctx.environment.refresh.watch.as_millis().max(1) as i64;
        let slot = ctx.now.as_millisecond().div_euclid(interval);
        if self.failing.as_ref().is_some_and(|(_, next)| ctx.now < *next) || self.last_look.is_some() {
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

    /// Tasks are three requests: they are read when the counts or the events say that something happened.
    fn ask_tasks(&mut self, ctx: &mut Ctx<'_>) {
        let age = self.tasks_at.map(|at| ctx.now.duration_since(at));
        // Few watched deployments may ask often; many share what the limits allow.
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

    /// A reply; how it stands then.
    pub(super) fn reply(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) -> WatchState {
        let name = match slot {
            Slot::Service => "service",
            Slot::Release | Slot::History => "release",
            Slot::Tasks => "tasks",
            Slot::Targets => "targets",
            Slot::Last(name) => name,
            Slot::Log { task, container } => {
                Self::take_log(task, container, answered, ctx);
                return WatchState::Going;
            }
            _ => return WatchState::Going,
        };
        self.in_flight.remove(name);
        if self.is_late(slot, name) {
            return self.judge(ctx);
        }
        match answered.outcome {
            Err(failure) if self.refusals.note(&failure, ctx.now) => return WatchState::Refused(Box::new(failure)),
            Err(failure) => self.failed(name, failure, ctx),
            Ok(reply) => {
                self.answers(name, ctx);
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

    /// A read that failed says nothing of the deployment: it is asked again.
    fn failed(&mut self, name: &'static str, failure: Failure, ctx: &mut Ctx<'_>) {
        if matches!(name, "tasks" | "targets") {
            self.tasks_wanted |= name == "tasks";
            if let Some(left) = &mut self.last_look {
                // Tasks and targets are an extra at the end.
                left.remove(name);
            }
            return;
        }
        if self.told_kinds.is_news(&failure) {
            let limit = refusals::waiting(&failure);
            let text = format!("cannot look: {failure}; the deployment goes on, and so does the looking{limit}");
            ctx.say(Weight::Warn, text);
        }
        self.unread.insert(name);
        let wait = wait_after(ctx.environment.refresh.watch, self.failures);
        self.failures += 1;
        self.failing = Some((failure, ctx.now + wait));
        if self.last_look.is_some() {
            // The end is told from what is seen, not from what failed.
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
            if self.told.insert(event.id.clone()) && event.at.is_none_or(|at| at >= self.subject.since) {
                ctx.say(Weight::Detail, without_service(&event.message));
            }
        }
        let bar = self.bar(&service, ctx.service_now);
        self.ran |= bar.fresh > 0;
        let same = |last: &Bar| Bar { at: bar.at, ..*last } == bar;
        if self.bars.last().is_none_or(|last| !same(last)) {
            self.tasks_wanted = true;
        }
        if self.bars.len() >= BARS {
            // The picture keeps its whole span at half the detail.
            let mut keep = false;
            self.bars.retain(|_| {
                keep = !keep;
                keep
            });
        }
        self.bars.push(bar);
        self.seen = Some(ctx.now);
        self.service = Some(service);
        self.look_for_trouble(ctx);
    }

    fn bar(&self, service: &Service, at: Timestamp) -> Bar {
        let ours = service.deployments.iter().find(|deployment| deployment.id == self.subject.deployment);
        let old = service.deployments.iter().filter(|deployment| deployment.id != self.subject.deployment);
        Bar {
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
        // An answer that was sent before another one and comes after it: what has ended stays ended.
        if self.state.as_ref().is_some_and(|state| state.status.terminal()) && !ours.status.terminal() {
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
            ctx.say(weight, format!("ECS: {}{why}", ours.status.words()));
        }
        let stage = ours.stage_words();
        if let Some(stage) = stage.filter(|_| self.state.as_ref().is_none_or(|state| state.stage != ours.stage)) {
            ctx.say(Weight::Step, format!("ECS: {stage}"));
        }
        let held = ours.held_until(ctx.service_now, ctx.zone);
        if let Some(held) = held.filter(|_| self.state.as_ref().is_none_or(|state| state.pause != ours.pause)) {
            ctx.say(Weight::Warn, held);
        }
        self.state = Some(ours);
    }

    /// Ours among the history: one that was not there before, goes to our revision (where that can be read)
    /// and began with our deployment. Two that fit equally are none.
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
            let apart = |entry: &ServiceDeployment| {
                entry.created_at.map_or(i64::MAX, |at| at.duration_since(began).as_millis().unsigned_abs() as i64)
            };
            new.sort_by_key(|entry| apart(entry));
            if apart(new[0]) == apart(new[1]) {
                return None;
            }
        }
        new.first().copied()
    }

    /// The trouble that is sure, and the version's own, if any.
    pub fn sure_trouble(&self) -> Option<&Trouble> {
        self.troubles.iter().find(|trouble| trouble.condemns())
    }

    /// How long ours took, by the clock of AWS; none while it has not ended.
    pub fn took(&self) -> Option<SignedDuration> {
        let state = self.state.as_ref().filter(|state| state.status.terminal())?;
        Some(state.finished_at?.duration_since(state.created_at.or(state.started_at)?))
    }

    /// Whether nothing of ours ever ran because no task was to run.
    pub fn nothing_ran(&self) -> bool {
        !self.ran && self.bars.iter().any(|bar| bar.desired == 0)
    }

    /// The version that runs now: `web:41, 1 of 1`.
    pub fn runs(&self) -> Option<String> {
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

/// ECS begins each event with the service's name, which is known here.
fn without_service(event: &str) -> &str {
    event.strip_prefix("(service ").and_then(|rest| rest.split_once(") ")).map_or(event, |(_, rest)| rest)
}

/// The first characters of a task's id: enough to tell it from others.
pub fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}
