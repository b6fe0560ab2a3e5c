//! One deployment, watched to its end. The end is that of *our* service deployment in the service's
//! history, and nothing else: a service is also "stable" after a rollback.

use super::call::{Answered, Read, Reply};
use super::refusals::{self, Refusals};
use super::step::{Ctx, Slot, Weight, wait_after};
use crate::model::deploy::trouble::{Trouble, troubles};
use crate::model::rollout::{RolloutStatus, ServiceDeployment};
use crate::model::service::Service;
use crate::model::target::Target;
use crate::model::task::Task;
use crate::model::{Failure, Fault, TaskDefinition};
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
/// Logs of so many stopped tasks are read: more of the same say nothing new.
const LOGS: usize = 3;
/// Points of the picture that are kept.
const BARS: usize = 600;
/// A deployment that shows in the service and not in its history for this long is not waited for …
const HISTORY_LATE: SignedDuration = SignedDuration::from_secs(90);
/// … where the history was read so often without it.
const HISTORY_READS: u32 = 3;
/// After ECS calls the end of a deployment a good one, what is to serve then has this long to be running.
const SETTLE: SignedDuration = SignedDuration::from_secs(60);

/// How many tasks there were at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// When.
    pub at: Timestamp,
    /// Running tasks of older deployments.
    pub old: u32,
    /// Tasks of ours that do not run yet.
    pub starting: u32,
    /// Running tasks of ours.
    pub fresh: u32,
    /// The desired count.
    pub desired: u32,
}

/// What is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// The cluster.
    pub cluster: String,
    /// The service's whole name.
    pub service: String,
    /// Our deployment: `ecs-svc/…`.
    pub deployment: String,
    /// What it goes to: `family:revision`.
    pub revision: String,
    /// ARNs of the service deployments that were there before ours.
    pub known: BTreeSet<String>,
    /// When ours began.
    pub since: Timestamp,
}

/// A watched deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// What is watched.
    pub subject: Subject,
    /// Our service deployment's ARN, once it shows.
    pub release: Option<String>,
    /// The service as it was last seen.
    pub service: Option<Service>,
    /// When that was.
    pub seen: Option<Timestamp>,
    /// Our service deployment as it was last seen.
    pub state: Option<ServiceDeployment>,
    /// The service's tasks.
    pub tasks: Vec<Task>,
    /// The service's targets.
    pub targets: Vec<(String, Vec<Target>)>,
    /// The picture.
    pub bars: Vec<Bar>,
    /// Why its tasks do not come up.
    pub troubles: Vec<Trouble>,
    /// The last read failed, with the time of the next try.
    pub failing: Option<(Failure, Timestamp)>,
    definition: Option<TaskDefinition>,
    slot: i64,
    flying: BTreeSet<&'static str>,
    failures: u32,
    tasks_at: Option<Timestamp>,
    tasks_wanted: bool,
    targets_at: Option<Timestamp>,
    told: BTreeSet<String>,
    logged: BTreeSet<String>,
    /// ECS calls its end a good one since; what is to serve then did not all run yet.
    settling: Option<Timestamp>,
    /// Refusals of the credentials in a row.
    refusals: Refusals,
    /// A task of ours ran, at least for a moment.
    pub ran: bool,
    /// How often the history was read and did not show ours.
    missed: u32,
    /// What is still read before the end is told.
    last_look: Option<BTreeSet<&'static str>>,
}

/// How a watched deployment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It goes on.
    Going,
    /// Ours is SUCCESSFUL, and its tasks run.
    Successful,
    /// Ours is SUCCESSFUL and its tasks do not run.
    Fell,
    /// Ours was rolled back.
    RolledBack,
    /// Ours was rolled back, and what is to serve in its place does not run.
    BackFell,
    /// Ours was to be rolled back, and that failed.
    RollbackFailed,
    /// Ours was stopped: by a newer one, or by a person.
    Stopped,
    /// The service is gone.
    Gone,
    /// The service shows it at its end and the history never did.
    Untold,
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
            definition,
            slot: i64::MIN,
            flying: BTreeSet::new(),
            failures: 0,
            tasks_at: None,
            tasks_wanted: true,
            targets_at: None,
            told: BTreeSet::new(),
            logged: BTreeSet::new(),
            settling: None,
            refusals: Refusals::default(),
            ran: false,
            missed: 0,
            last_look: None,
        }
    }

    /// What the service showed when the deployment began.
    pub(super) fn first(&mut self, service: Service, ctx: &mut Ctx<'_>) {
        // What was said before is not about this deployment.
        self.told.extend(service.events.iter().map(|event| event.id.clone()));
        self.take_service(service, ctx);
    }

    /// Looks on after something else was done: what was seen meanwhile was not judged.
    pub(super) fn resume(&mut self) {
        self.last_look = None;
        self.flying.clear();
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
        if self.flying.insert("service") {
            let names = vec![self.subject.service.clone()];
            ctx.read(Slot::Service, Read::Services { cluster: self.subject.cluster.clone(), names });
        }
    }

    fn ask_release(&mut self, ctx: &mut Ctx<'_>) {
        if !self.flying.insert("release") {
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
        let at_least = TASKS + SignedDuration::from_secs(2 * ctx.crowd.saturating_sub(1) as i64);
        let due = match age {
            None => true,
            Some(age) => (self.tasks_wanted && age >= at_least) || age >= TASKS_CALM.max(at_least),
        };
        if due && self.flying.insert("tasks") {
            self.tasks_wanted = false;
            self.tasks_at = Some(ctx.now);
            let (cluster, service) = (self.subject.cluster.clone(), self.subject.service.clone());
            ctx.read(Slot::Tasks, Read::Tasks { cluster, service });
            let groups = self.service.as_ref().map(|service| service.target_groups.clone()).unwrap_or_default();
            let stale = self.targets_at.is_none_or(|at| ctx.now.duration_since(at) >= TARGETS);
            if !groups.is_empty() && stale && self.flying.insert("targets") {
                self.targets_at = Some(ctx.now);
                ctx.read(Slot::Targets, Read::Targets { groups });
            }
        }
    }

    /// A reply; how it stands then.
    pub(super) fn reply(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) -> Seen {
        let name = match slot {
            Slot::Service => "service",
            Slot::Release | Slot::History => "release",
            Slot::Tasks => "tasks",
            Slot::Targets => "targets",
            Slot::Last(name) => name,
            Slot::Log { task, container } => {
                Self::take_log(task, container, answered, ctx);
                return Seen::Going;
            }
            _ => return Seen::Going,
        };
        self.flying.remove(name);
        match answered.outcome {
            Err(failure) if self.refusals.note(&failure, ctx.now) => return Seen::Refused(Box::new(failure)),
            Err(failure) => self.failed(name, failure, ctx),
            Ok(reply) => {
                self.refusals.clear();
                if matches!(name, "service" | "release") && self.failing.take().is_some() {
                    self.failures = 0;
                    ctx.say(Weight::Step, "AWS answers again");
                }
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
        if self.failures == 0 {
            let limit = refusals::waiting(&failure);
            let text = format!("cannot look: {failure}; the deployment goes on, and so does the looking{limit}");
            ctx.say(Weight::Warn, text);
        }
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

    fn take_tasks(&mut self, found: Vec<Task>, ctx: &mut Ctx<'_>) {
        let ours = self.subject.deployment.clone();
        // Between two looks one may have run and ended.
        self.ran |= found.iter().any(|task| task.started_by == ours && task.started_at.is_some());
        for task in found.iter().filter(|task| task.started_by == ours) {
            let own = match task.end(self.definition.as_ref()).map(|end| end.fault) {
                Some(Fault::Version) => true,
                Some(Fault::Platform | Fault::Person) => false,
                Some(Fault::Service | Fault::Unknown) | None => continue,
            };
            if self.told.insert(format!("task {}", task.id)) {
                let why = task.ended_because().unwrap_or_else(|| "for no told reason".to_owned());
                let code = task.stop_code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
                let weight = if own { Weight::Bad } else { Weight::Warn };
                ctx.say(weight, format!("task {} stopped: {why}{code}", short(&task.id)));
                if let Some(reason) = &task.stopped_reason {
                    ctx.say(Weight::Detail, reason.clone());
                }
                if own {
                    self.ask_logs(task, ctx);
                }
            }
        }
        self.tasks = found;
        self.look_for_trouble(ctx);
    }

    /// The last lines of a task's containers, where they are in CloudWatch.
    fn ask_logs(&mut self, task: &Task, ctx: &mut Ctx<'_>) {
        if self.logged.len() >= LOGS || !self.logged.insert(task.id.clone()) {
            return;
        }
        let Some(definition) = &self.definition else { return };
        for container in &definition.containers {
            // A container that never began has written nothing.
            let began = task.started_at.is_some()
                || task.containers.iter().any(|other| other.name == container.name && other.exit_code.is_some());
            let Some(log) = container.log.as_ref().filter(|_| began) else { continue };
            match (log.driver.as_str(), &log.group, &log.prefix) {
                ("awslogs", Some(group), Some(prefix)) => {
                    let stream = format!("{prefix}/{}/{}", container.name, task.id);
                    let slot = Slot::Log { task: task.id.clone(), container: container.name.clone() };
                    ctx.read(slot, Read::TaskLog { group: group.clone(), stream, limit: LOG_LINES });
                }
                ("awslogs", ..) => {}
                (driver, ..) => {
                    let text = format!("the log of {} goes to {driver}: look there", container.name);
                    ctx.say(Weight::Detail, text);
                }
            }
        }
    }

    fn take_log(task: &str, container: &str, answered: Answered, ctx: &mut Ctx<'_>) {
        match answered.outcome {
            Ok(Reply::Log(lines)) if !lines.is_empty() => {
                ctx.say(Weight::Step, format!("the last lines of {container} in task {}:", short(task)));
                for line in lines {
                    ctx.say(Weight::Detail, format!("  {}", log_store::parse::strip_colour(line.trim_end())));
                }
            }
            Ok(_) => ctx.say(Weight::Detail, format!("{container} in task {} wrote no log", short(task))),
            Err(failure) => {
                ctx.say(
                    Weight::Warn,
                    format!("the log of {container} in task {} cannot be read: {failure}", short(task)),
                );
            }
        }
    }

    fn look_for_trouble(&mut self, ctx: &mut Ctx<'_>) {
        let Some(service) = &self.service else { return };
        let subject = &self.subject;
        let definition = self.definition.as_ref();
        let found = troubles(service, &self.tasks, definition, &subject.deployment, subject.since, ctx.service_now);
        for trouble in found.iter().filter(|trouble| trouble.sure) {
            if self.told.insert(format!("trouble {:?}", trouble.kind)) {
                let weight = if trouble.condemns() { Weight::Bad } else { Weight::Warn };
                ctx.say(weight, trouble.text.clone());
            }
        }
        self.troubles = found;
    }

    /// The trouble that is sure, and the version's own, if any.
    pub fn sure_trouble(&self) -> Option<&Trouble> {
        self.troubles.iter().find(|trouble| trouble.condemns())
    }

    /// How it stands. An end is told when the service and its tasks were read once more after it.
    fn judge(&mut self, ctx: &mut Ctx<'_>) -> Seen {
        if self
            .service
            .as_ref()
            .is_some_and(|service| matches!(service.status.as_str(), "GONE" | "INACTIVE" | "DRAINING"))
        {
            return Seen::Gone;
        }
        let Some(state) = &self.state else {
            return if self.untold(ctx.service_now) { Seen::Untold } else { Seen::Going };
        };
        if !state.status.terminal() {
            return Seen::Going;
        }
        match &self.last_look {
            None => {
                self.last_look = Some(BTreeSet::from(["service", "tasks"]));
                // Reads under way were sent before the end was seen: these are told apart from them.
                let (cluster, service) = (self.subject.cluster.clone(), self.subject.service.clone());
                let names = vec![service.clone()];
                ctx.read(Slot::Last("service"), Read::Services { cluster: cluster.clone(), names });
                ctx.read(Slot::Last("tasks"), Read::Tasks { cluster, service });
                self.tasks_at = Some(ctx.now);
                let groups = self.service.as_ref().map(|service| service.target_groups.clone()).unwrap_or_default();
                if !groups.is_empty() {
                    self.last_look.get_or_insert_default().insert("targets");
                    self.targets_at = Some(ctx.now);
                    ctx.read(Slot::Last("targets"), Read::Targets { groups });
                }
                return Seen::Going;
            }
            Some(left) if !left.is_empty() => return Seen::Going,
            Some(_) => {}
        }
        match state.status {
            RolloutStatus::Successful => self.settled(ctx),
            RolloutStatus::RollbackSuccessful => self.settled_back(ctx),
            RolloutStatus::RollbackFailed => Seen::RollbackFailed,
            RolloutStatus::Stopped => Seen::Stopped,
            RolloutStatus::Pending
            | RolloutStatus::InProgress
            | RolloutStatus::StopRequested
            | RolloutStatus::RollbackInProgress
            | RolloutStatus::Other(_) => Seen::Going,
        }
    }

    /// ECS calls a deployment successful as soon as its tasks once ran: they must run now.
    fn settled(&mut self, ctx: &mut Ctx<'_>) -> Seen {
        let Some(service) = &self.service else { return Seen::Going };
        let ours = service.deployments.iter().find(|other| other.id == self.subject.deployment);
        // Another deployment has begun since: ours served, and no longer counts for itself.
        let Some(ours) = ours.filter(|ours| ours.status == "PRIMARY") else { return Seen::Successful };
        if ours.running >= service.desired {
            return Seen::Successful;
        }
        if self.sure_trouble().is_none() && self.still_settling(ctx) { Seen::Going } else { Seen::Fell }
    }

    /// After a rollback the deployment that is PRIMARY then must run. One that began later is its own affair.
    fn settled_back(&mut self, ctx: &Ctx<'_>) -> Seen {
        let Some(service) = &self.service else { return Seen::Going };
        let finished = self.state.as_ref().and_then(|state| state.finished_at);
        let later = |at: Option<Timestamp>| at.zip(finished).is_some_and(|(at, finished)| at > finished);
        let before =
            service.primary().filter(|primary| primary.id != self.subject.deployment && !later(primary.created_at));
        if before.is_none_or(|before| before.running >= service.desired) {
            return Seen::RolledBack;
        }
        if self.still_settling(ctx) { Seen::Going } else { Seen::BackFell }
    }

    /// Whether what is to serve has time left to come up; then it is looked at again with the next tick.
    fn still_settling(&mut self, ctx: &Ctx<'_>) -> bool {
        let since = *self.settling.get_or_insert(ctx.now);
        if ctx.now.duration_since(since) >= SETTLE {
            return false;
        }
        self.last_look = None;
        true
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

    /// The service shows our deployment at its end, or no longer, and the history never showed it.
    fn untold(&self, now: Timestamp) -> bool {
        now.duration_since(self.subject.since) >= HISTORY_LATE
            && self.missed >= HISTORY_READS
            && self.failing.is_none()
            && self.service.as_ref().is_some_and(|service| {
                service
                    .deployments
                    .iter()
                    .find(|other| other.id == self.subject.deployment)
                    .is_none_or(|ours| ours.rollout != Some(crate::model::RolloutState::InProgress))
            })
    }

    /// What runs now: `web:41, 1 of 1`.
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
