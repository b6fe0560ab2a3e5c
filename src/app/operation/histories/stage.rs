//! A small AWS with a predetermined story: the state at the start, and what happens to the request. In between it
//! behaves like ECS: it starts and stops tasks, counts failures, rolls back.

mod calls;
mod tasks;

use super::{NAME, at};
use crate::app::operation::call::Write;
use crate::model::rollout::{RolloutStatus, ServiceDeployment};
use crate::model::service::{Breaker, Deployment, RolloutState, Service};

/// The state before the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// web:7 serves.
    Steady,
    /// Someone's web:8 is rolling out, and its tasks start.
    UnderWay,
    /// Someone's web:8 is rolling out, and its tasks crash.
    Crashing,
    /// Someone's web:8 failed and is being rolled back.
    ComingBack,
    /// Someone's web:8 failed, and the breaker stopped it where it was.
    Failed,
    /// The desired count is 0.
    Stopped,
    /// web:7 was a success once, but its tasks crash now.
    Degraded,
    /// web:7 is the first deployment ever, and its tasks crash: there is nothing to roll back to.
    First,
}

pub(super) const STARTS: [Start; 8] = [
    Start::Steady,
    Start::UnderWay,
    Start::Crashing,
    Start::ComingBack,
    Start::Failed,
    Start::Stopped,
    Start::Degraded,
    Start::First,
];

/// How a deployment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Its tasks start and stay.
    Runs,
    /// Its first two tasks crash, and the rest stay.
    CrashesTwice,
    /// All its tasks crash.
    Crashes,
    /// Its tasks run until it is reported as a success, then crash.
    Falls,
    /// Its first two tasks are interrupted like Spot capacity, and the rest stay.
    Spot,
    /// It never begins.
    Hangs,
    /// The desired count becomes 0 before any of its tasks ran.
    ToZero,
    /// The desired count becomes 0 when some of its tasks run.
    ToZeroLater,
    /// Someone deploys web:9 in the middle.
    Superseded,
    /// Someone stops the deployment where it is.
    Aborted,
    /// Its tasks crash, and a rollback never makes progress.
    BackNeverComes,
    /// Its tasks crash, and so do those of a rollback.
    BackFails,
    /// The service is deleted.
    Deleted,
}

pub(super) const ENDS: [End; 13] = [
    End::Runs,
    End::CrashesTwice,
    End::Crashes,
    End::Falls,
    End::Spot,
    End::Hangs,
    End::ToZero,
    End::ToZeroLater,
    End::Superseded,
    End::Aborted,
    End::BackNeverComes,
    End::BackFails,
    End::Deleted,
];

/// The owner of a deployment, which determines what its tasks do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// It existed before, and its tasks stay.
    Old,
    /// It existed before, and its tasks crash.
    Crashing,
    /// The operation requested it.
    Ours,
    /// The rollback, by ECS or by the operation.
    Back,
}

#[derive(Debug, Clone)]
pub(super) struct Release {
    pub(super) entry: ServiceDeployment,
    pub(super) deployment: String,
    whose: Whose,
    /// Number of its tasks that failed by their own fault.
    failures: u32,
    /// When it began to be rolled back.
    back_since: Option<i64>,
    pub(super) ran: bool,
}

impl Release {
    pub(super) fn ours(&self) -> bool {
        self.whose == Whose::Ours
    }

    pub(super) fn back(&self) -> bool {
        self.whose == Whose::Back
    }
}

#[derive(Debug, Clone)]
struct Work {
    id: String,
    deployment: String,
    runs: i64,
    /// When it ends, with stop code and reason.
    ends: Option<(i64, &'static str, &'static str)>,
    told: bool,
}

/// Number of seconds that a task needs to start, that a crashing task runs, that a rollout must hold, and that a
/// rollback takes at least.
const UP: i64 = 3;
const CRASH: i64 = 2;
const HOLD: i64 = 20;
const BACK: i64 = 6;

#[derive(Debug, Clone)]
pub(super) struct Stage {
    pub(super) second: i64,
    end: End,
    pub(super) service: Service,
    pub(super) releases: Vec<Release>,
    tasks: Vec<Work>,
    numbers: u32,
    next_start: i64,
    /// When the operation first changed something.
    pub(super) changed: Option<i64>,
    /// Number of tasks started since.
    fresh: u32,
    /// Every change, in order.
    pub(super) writes: Vec<Write>,
    /// Whether someone else set the count to 0 since then.
    pub(super) zeroed: bool,
    pub(super) revision: u32,
    /// Which answers fail from now on, or are lost after the call was carried out: one byte per call.
    pub(super) noise: Vec<u8>,
    calls: usize,
    /// Whether an answer to a change was lost.
    pub(super) lost: bool,
}

impl Stage {
    pub(super) fn new(start: Start, breaker: Option<Breaker>, end: End) -> Self {
        let service = Service {
            name: NAME.into(),
            arn: format!("arn:service/app/{NAME}"),
            status: "ACTIVE".into(),
            controller: "ECS".into(),
            desired: 2,
            min_percent: Some(100),
            max_percent: Some(200),
            breaker,
            task_definition: "web:7".into(),
            ..Service::default()
        };
        let mut stage = Self {
            second: -9_000,
            end,
            service,
            releases: Vec::new(),
            tasks: Vec::new(),
            numbers: 0,
            next_start: i64::MIN,
            changed: None,
            fresh: 0,
            writes: Vec::new(),
            zeroed: false,
            revision: 7,
            noise: Vec::new(),
            calls: 0,
            lost: false,
        };
        let before = if start == Start::First { &[][..] } else { &[5, 6, 7][..] };
        for revision in before {
            stage.begin(&format!("web:{revision}"), Whose::Old);
            stage.settle_at_once();
            stage.second += 2_000;
        }
        stage.second = -600;
        match start {
            Start::Steady => {}
            Start::Stopped => {
                stage.service.desired = 0;
                stage.service.remembered = Some(2);
                stage.tasks.clear();
            }
            Start::Degraded => {
                stage.releases[0].whose = Whose::Crashing;
                stage.tasks.clear();
            }
            Start::First => stage.begin("web:7", Whose::Crashing),
            Start::UnderWay | Start::Crashing | Start::ComingBack | Start::Failed => {
                stage.revision = 8;
                let under_way = start == Start::UnderWay;
                stage.second = if under_way { -8 } else { -600 };
                stage.begin("web:8", if under_way { Whose::Old } else { Whose::Crashing });
                match start {
                    Start::ComingBack => stage.go_back(0),
                    Start::Failed => stage.give_up(0, false),
                    _ => {}
                }
            }
        }
        if start == Start::ComingBack {
            stage.releases[0].back_since = Some(-2);
        }
        stage.second = -2;
        stage.advance();
        stage.advance();
        stage
    }

    /// Makes the service have served for a long time already.
    fn settle_at_once(&mut self) {
        self.tasks.clear();
        let id = self.releases[0].deployment.clone();
        for _ in 0..self.service.desired {
            self.work(&id, None);
        }
        self.tasks.iter_mut().for_each(|task| task.runs = self.second);
        let end = at(self.second + 120);
        let release = &mut self.releases[0];
        (release.entry.status, release.entry.finished_at, release.ran) = (RolloutStatus::Successful, Some(end), true);
        self.service.deployments.truncate(1);
        self.service.deployments[0].rollout = Some(RolloutState::Completed);
    }

    fn begin(&mut self, revision: &str, whose: Whose) {
        self.numbers += 1;
        for release in self.releases.iter_mut().filter(|release| !release.entry.status.has_ended()) {
            release.entry.status = RolloutStatus::Stopped;
            release.entry.finished_at = Some(at(self.second));
        }
        self.service.deployments.iter_mut().for_each(|other| other.status = "ACTIVE".into());
        let id = format!("ecs-svc/{:019}", self.numbers);
        self.service.deployments.insert(
            0,
            Deployment {
                id: id.clone(),
                status: "PRIMARY".into(),
                rollout: Some(RolloutState::InProgress),
                task_definition: revision.into(),
                created_at: Some(at(self.second)),
                ..Deployment::default()
            },
        );
        self.service.task_definition = revision.into();
        let arn = format!("arn:release/{}", self.numbers);
        let entry = ServiceDeployment {
            id: arn.clone(),
            arn,
            status: RolloutStatus::InProgress,
            created_at: Some(at(self.second)),
            target: Some(revision.into()),
            ..ServiceDeployment::default()
        };
        let release = Release { entry, deployment: id, whose, failures: 0, back_since: None, ran: false };
        self.releases.insert(0, release);
        self.next_start = self.second;
    }

    /// ECS rolls a deployment back to the newest successful one.
    fn go_back(&mut self, index: usize) {
        let good = self.releases.iter().find(|other| other.entry.status == RolloutStatus::Successful);
        let Some((revision, id)) = good.and_then(|it| Some((it.entry.target.clone()?, it.deployment.clone()))) else {
            return self.give_up(index, true);
        };
        self.releases[index].entry.status = RolloutStatus::RollbackInProgress;
        self.releases[index].back_since = Some(self.second);
        let replaced = self.releases[index].deployment.clone();
        self.service.deployments.retain(|other| other.id != id);
        for other in self.service.deployments.iter_mut().filter(|other| other.id == replaced) {
            (other.status, other.rollout) = ("ACTIVE".into(), Some(RolloutState::Failed));
        }
        self.service.deployments.insert(
            0,
            Deployment {
                id,
                status: "PRIMARY".into(),
                rollout: Some(RolloutState::InProgress),
                task_definition: revision.clone(),
                created_at: Some(at(self.second)),
                ..Deployment::default()
            },
        );
        self.service.task_definition = revision;
        self.next_start = self.second;
    }

    /// The deployment stays where it is: there is nothing to roll back to, or no rollback is wanted.
    fn give_up(&mut self, index: usize, wanted: bool) {
        let release = &mut self.releases[index];
        release.entry.status = if wanted { RolloutStatus::RollbackFailed } else { RolloutStatus::Stopped };
        release.entry.finished_at = Some(at(self.second));
        let id = release.deployment.clone();
        let failed = self.service.deployments.iter_mut().filter(|other| other.id == id);
        failed.for_each(|other| other.rollout = Some(RolloutState::Failed));
    }

    /// Adds a task of a deployment, according to its story.
    fn work(&mut self, deployment: &str, ends: Option<(i64, &'static str, &'static str)>) {
        self.numbers += 1;
        let id = format!("{:032}", self.numbers);
        let (deployment, runs) = (deployment.to_owned(), self.second + UP);
        self.tasks.push(Work { id, deployment, runs, ends, told: false });
    }

    /// Advances by one second.
    pub(super) fn advance(&mut self) {
        self.second += 1;
        self.interfere();
        self.end_tasks();
        self.start_tasks();
        self.count();
        self.move_releases();
        self.count();
    }

    /// Someone else intervenes in the middle.
    fn interfere(&mut self) {
        let Some(changed) = self.changed else { return };
        let after = self.second - changed;
        match (self.end, after) {
            (End::ToZero, 1) | (End::ToZeroLater, 6) => {
                self.zeroed = self.service.desired > 0;
                self.service.desired = 0;
            }
            (End::Superseded, 6) => {
                self.revision += 1;
                let revision = format!("web:{}", self.revision);
                self.begin(&revision, Whose::Old);
            }
            (End::Aborted, 6) if !self.releases[0].entry.status.has_ended() => self.give_up(0, false),
            (End::Deleted, 6) => self.service.status = "INACTIVE".into(),
            _ => {}
        }
    }

    fn move_releases(&mut self) {
        if self.service.status != "ACTIVE" {
            return;
        }
        let Some(index) = self.releases.iter().position(|release| !release.entry.status.has_ended()) else {
            return self.fall();
        };
        let release = self.releases[index].clone();
        let primary = self.service.primary().map(|primary| primary.id.clone()).unwrap_or_default();
        let held = |task: &&Work| task.deployment == primary && task.runs + HOLD <= self.second && !self.over(task);
        let holds = self.tasks.iter().filter(held).count() >= self.service.desired as usize;
        let breaker = self.service.breaker.unwrap_or_default();
        match release.entry.status {
            RolloutStatus::InProgress if holds && release.entry.created_at <= Some(at(self.second - BACK)) => {
                self.complete(index, RolloutStatus::Successful);
            }
            RolloutStatus::InProgress if breaker.enabled && release.failures >= 3 => {
                if breaker.rollback {
                    self.go_back(index);
                } else {
                    self.give_up(index, false);
                }
            }
            RolloutStatus::RollbackInProgress => {
                let since = release.back_since.unwrap_or(self.second);
                if self.end == End::BackFails && self.changed.is_some() && self.second - since >= 30 {
                    self.give_up(index, true);
                } else if holds && self.second - since >= BACK && self.end != End::BackNeverComes {
                    self.complete(index, RolloutStatus::RollbackSuccessful);
                }
            }
            _ => {}
        }
    }

    fn complete(&mut self, index: usize, status: RolloutStatus) {
        self.releases[index].entry.status = status;
        self.releases[index].entry.finished_at = Some(at(self.second));
        if let Some(primary) = self.service.deployments.iter_mut().find(|other| other.status == "PRIMARY") {
            primary.rollout = Some(RolloutState::Completed);
        }
    }

    /// Makes a successful deployment crash.
    fn fall(&mut self) {
        let newest = &self.releases[0];
        if self.end == End::Falls && newest.ours() && newest.entry.finished_at == Some(at(self.second - 1)) {
            let (id, second) = (newest.deployment.clone(), self.second);
            for task in self.tasks.iter_mut().filter(|task| task.deployment == id && task.ends.is_none()) {
                task.ends = Some((second, "EssentialContainerExited", "Essential container in task exited"));
            }
        }
    }

    /// Whether someone deployed after this deployment had ended.
    pub(super) fn deployed_after(&self, ended: &ServiceDeployment) -> bool {
        ended.finished_at.is_some_and(|end| self.releases[0].entry.created_at > Some(end))
    }

    /// Since when all tasks have been running; `None` if some should be running and are not.
    pub(super) fn all_run_since(&self) -> Option<i64> {
        let primary = self.service.primary()?.id.clone();
        let runs = |task: &&Work| task.deployment == primary && task.runs <= self.second && !self.over(task);
        let since: Vec<i64> = self.tasks.iter().filter(runs).map(|task| task.runs).collect();
        (since.len() as u32 == self.service.desired && self.service.running == self.service.desired)
            .then(|| since.into_iter().max().unwrap_or(i64::MIN))
    }

    /// Number of tasks that failed by their own fault since the operation changed something.
    pub(super) fn failed_since(&self) -> usize {
        let since = self.changed.unwrap_or(i64::MAX);
        let own = |task: &&Work| {
            task.ends.is_some_and(|(end, code, _)| {
                (since..=self.second).contains(&end) && code == "EssentialContainerExited"
            })
        };
        self.tasks.iter().filter(own).count()
    }
}
