//! A small AWS that behaves arbitrarily.

use super::super::call::{Call, CallResult, Read, Reply, Write};
use super::{NAME, at, other_account};
use crate::model::image::Image;
use crate::model::rollout::{RolloutStatus, ServiceDeployment};
use crate::model::service::{Breaker, Deployment, RolloutState, Service};
use crate::model::task::{Container, Task};
use crate::model::task_definition::ContainerDefinition;
use crate::model::{Failure, FailureKind, Identity, TaskDefinition};
use jiff::Timestamp;

/// The revisions deployed before a history begins, each with the seconds since then.
pub(super) const BEFORE: [(u32, i64); 3] = [(5, 9_000), (6, 6_000), (7, 3_000)];

/// The behaviour of the world, one byte per decision, repeated cyclically.
pub(super) struct Script {
    pub(super) bytes: Vec<u8>,
    pub(super) place: usize,
}

impl Script {
    pub(super) fn next(&mut self) -> u8 {
        let byte = self.bytes[self.place % self.bytes.len()];
        // In later cycles the same bytes mean something else.
        let turn = (self.place / self.bytes.len()) as u8;
        self.place += 1;
        byte.wrapping_add(turn.wrapping_mul(37))
    }
}

pub(super) struct Release {
    pub(super) entry: ServiceDeployment,
    pub(super) deployment: String,
    pub(super) ours: bool,
}

/// An AWS that behaves arbitrarily.
pub(super) struct World {
    pub(super) script: Script,
    pub(super) second: i64,
    pub(super) number: u32,
    pub(super) revision: u32,
    pub(super) service: Service,
    pub(super) releases: Vec<Release>,
    pub(super) tasks: Vec<Task>,
    /// How often we updated the service forwards.
    pub(super) updates: usize,
    pub(super) trouble: u8,
    /// Whether an answer to a change was lost.
    pub(super) lost: bool,
}

impl World {
    pub(super) fn new(bytes: Vec<u8>, breaker: Option<Breaker>, desired: u32, trouble: u8) -> Self {
        let mut world = Self {
            script: Script { bytes, place: 0 },
            second: 0,
            number: 0,
            revision: 7,
            service: Service {
                name: NAME.into(),
                status: "ACTIVE".into(),
                controller: "ECS".into(),
                desired,
                running: desired,
                min_percent: Some(100),
                max_percent: Some(200),
                breaker,
                task_definition: "web:7".into(),
                ..Service::default()
            },
            releases: Vec::new(),
            tasks: Vec::new(),
            updates: 0,
            trouble,
            lost: false,
        };
        for (revision, age) in BEFORE {
            world.second = -age;
            world.begin(&format!("web:{revision}"), false);
            let release = &mut world.releases[0];
            release.entry.status = RolloutStatus::Successful;
            release.entry.finished_at = Some(at(-age + 120));
            let primary = &mut world.service.deployments[0];
            primary.rollout = Some(RolloutState::Completed);
            primary.running = desired;
            world.service.deployments.truncate(1);
        }
        world.second = 0;
        world
    }

    pub(super) fn now(&self) -> Timestamp {
        at(self.second)
    }

    /// Starts a deployment, which stops the one in progress.
    pub(super) fn begin(&mut self, revision: &str, ours: bool) {
        self.number += 1;
        let id = format!("ecs-svc/{:019}", self.number);
        for release in self.releases.iter_mut().filter(|release| !release.entry.status.has_ended()) {
            release.entry.status = RolloutStatus::Stopped;
        }
        for other in &mut self.service.deployments {
            "ACTIVE".clone_into(&mut other.status);
        }
        self.service.deployments.insert(
            0,
            Deployment {
                id: id.clone(),
                status: "PRIMARY".into(),
                rollout: Some(RolloutState::InProgress),
                desired: self.service.desired,
                task_definition: revision.into(),
                created_at: Some(self.now()),
                ..Deployment::default()
            },
        );
        self.service.task_definition = revision.into();
        let arn = format!("arn:release/{}", self.number);
        self.releases.insert(
            0,
            Release {
                entry: ServiceDeployment {
                    id: arn.clone(),
                    arn,
                    status: RolloutStatus::Pending,
                    created_at: Some(self.now()),
                    target: Some(revision.into()),
                    ..ServiceDeployment::default()
                },
                deployment: id,
                ours,
            },
        );
    }

    /// Advances the newest release, in one of many ways.
    #[allow(clippy::match_same_arms)] // each way stands for itself
    pub(super) fn advance(&mut self) {
        let byte = self.script.next();
        let desired = self.service.desired;
        let newest = &mut self.releases[0];
        let primary = self.service.deployments.iter_mut().find(|other| other.id == newest.deployment);
        let Some(primary) = primary else { return };
        match (newest.entry.status.clone(), byte) {
            (RolloutStatus::Pending, 0..=120) => newest.entry.status = RolloutStatus::InProgress,
            (RolloutStatus::InProgress, 0..=40) if primary.running < desired => primary.running += 1,
            (RolloutStatus::InProgress, 41..=70) if primary.running >= desired => {
                newest.entry.status = RolloutStatus::Successful;
                newest.entry.finished_at = Some(at(self.second));
                primary.rollout = Some(RolloutState::Completed);
                self.service.deployments.truncate(1);
                self.service.running = desired;
            }
            // A task ends by itself.
            (RolloutStatus::InProgress | RolloutStatus::Successful, 71..=100) if byte % 8 < self.trouble => {
                primary.running = primary.running.saturating_sub(1);
                let id = format!("{:032}", self.tasks.len());
                self.tasks.push(Task {
                    id,
                    started_by: primary.id.clone(),
                    last_status: "STOPPED".into(),
                    stop_code: Some("EssentialContainerExited".into()),
                    containers: vec![Container { name: "web".into(), exit_code: Some(1), ..Container::default() }],
                    ..Task::default()
                });
            }
            (RolloutStatus::InProgress, 101..=112) if self.service.breaker.is_some_and(|breaker| breaker.enabled) => {
                primary.rollout = Some(RolloutState::Failed);
                newest.entry.status = if self.service.breaker.is_some_and(|breaker| breaker.rollback) {
                    RolloutStatus::RollbackInProgress
                } else {
                    RolloutStatus::Stopped
                };
            }
            (RolloutStatus::RollbackInProgress, 0..=60) => self.rolled_back(),
            (RolloutStatus::RollbackInProgress, 61..=65) => newest.entry.status = RolloutStatus::RollbackFailed,
            (RolloutStatus::Successful, 200..=215) if primary.running < desired => primary.running += 1,
            _ => {}
        }
    }

    /// The previous deployment is PRIMARY again: the service is stable, and nothing of ours runs.
    pub(super) fn rolled_back(&mut self) {
        self.releases[0].entry.status = RolloutStatus::RollbackSuccessful;
        let replaced = self.releases[0].deployment.clone();
        self.service.deployments.retain(|other| other.id != replaced);
        if let Some(old) = self.service.deployments.first_mut() {
            "PRIMARY".clone_into(&mut old.status);
            old.rollout = Some(RolloutState::Completed);
            old.running = self.service.desired;
            self.service.task_definition.clone_from(&old.task_definition);
        }
        self.service.running = self.service.desired;
    }

    /// Someone else intervenes.
    pub(super) fn interfere(&mut self) {
        match self.script.next() {
            0 => {
                self.revision += 1;
                let revision = format!("web:{}", self.revision);
                self.begin(&revision, false);
            }
            1 => {
                let running = self.service.task_definition.clone();
                self.begin(&running, false);
            }
            2 if !self.releases[0].entry.status.has_ended() => self.releases[0].entry.status = RolloutStatus::Stopped,
            3 if !self.releases[0].entry.status.has_ended() => {
                self.releases[0].entry.status = RolloutStatus::RollbackInProgress;
            }
            4 => {
                self.service.desired = 0;
                self.service.deployments.iter_mut().for_each(|other| other.running = 0);
            }
            _ => {}
        }
    }

    pub(super) fn fails(&mut self) -> Option<Failure> {
        let kind = match self.script.next() {
            0..=5 => FailureKind::Throttled,
            6..=9 => FailureKind::Timeout,
            10..=12 => FailureKind::Credentials,
            13..=15 => FailureKind::Malformed,
            16..=18 => FailureKind::Unreachable,
            19..=21 => FailureKind::Service,
            22..=25 => FailureKind::WrongAccount,
            _ => return None,
        };
        Some(Failure::new(kind, "as it likes"))
    }

    pub(super) fn answer(&mut self, call: Call) -> CallResult {
        let failure = self.fails();
        let elsewhere = failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::WrongAccount);
        let failure = failure.filter(|_| !elsewhere);
        if elsewhere
            && self.second > 2
            && let Some(nothing) = other_account::empty_answer(&call)
        {
            return nothing;
        }
        let of = matches!(call, Call::Read(_)).then(|| "1".to_owned());
        let outcome = match call {
            Call::Read(read) => match failure {
                // Before any change, a failing answer only ends the planning.
                Some(failure) if self.second > 2 => Err(failure),
                _ => Ok(self.read(read)),
            },
            Call::Write { write, .. } => match failure {
                // Refused, or lost before or after it was carried out.
                Some(failure) if !super::super::call::may_have_been_made(&failure) => Err(failure),
                Some(failure) => {
                    self.lost = true;
                    if self.script.next() < 128 {
                        let _ = self.write(write);
                    }
                    Err(failure)
                }
                None => self.write(write),
            },
            Call::Run(_) => Ok(Reply::Ended { code: Some(0), output: String::new(), left_out: 0 }),
            Call::Audit(_) => Ok(Reply::Done),
        };
        CallResult { account: of, ..CallResult::new(outcome) }
    }

    pub(super) fn read(&mut self, read: Read) -> Reply {
        match read {
            Read::Identity => Reply::Identity(Identity { account: "1".into(), ..Identity::default() }),
            Read::Services { .. } => Reply::Services(vec![self.service.clone()]),
            Read::History { .. } => {
                Reply::Releases(self.releases.iter().map(|release| release.entry.clone()).collect())
            }
            Read::Releases { arns } => {
                let found = self.releases.iter().filter(|release| arns.contains(&release.entry.arn));
                Reply::Releases(found.map(|release| release.entry.clone()).collect())
            }
            Read::Tasks { .. } | Read::Task { .. } => Reply::Tasks(self.tasks.clone()),
            Read::TaskDefinition { name } => {
                let name = if name.contains(':') { name } else { format!("{name}:{}", self.revision) };
                // Only the revision registered by us has our image.
                let image = if name == "web:8" {
                    "1.dkr.ecr.x.amazonaws.com/web@sha256:new"
                } else {
                    "1.dkr.ecr.x.amazonaws.com/web:old"
                };
                Reply::TaskDefinition(Box::new(TaskDefinition {
                    name,
                    containers: vec![ContainerDefinition {
                        name: "web".into(),
                        image: image.into(),
                        essential: true,
                        ..ContainerDefinition::default()
                    }],
                    ..TaskDefinition::default()
                }))
            }
            Read::Scalable { .. } => Reply::Scalable(None),
            Read::Image { .. } => Reply::Image(Box::new(Image { digest: "sha256:new".into(), ..Image::default() })),
            Read::Targets { .. } => Reply::Targets(Vec::new()),
            Read::TaskLog { .. } => Reply::Log(vec!["Error".into()]),
            Read::Images { .. }
            | Read::Scan { .. }
            | Read::Timers { .. }
            | Read::Actions { .. }
            | Read::Function { .. }
            | Read::Databases { .. }
            | Read::Rds(_)
            | Read::Instance { .. }
            | Read::Cdn(_)
            | Read::Reach(_)
            | Read::Scaling(_)
            | Read::Parameter { .. }
            | Read::Alarm { .. }
            | Read::Login { .. } => Reply::Done,
        }
    }

    pub(super) fn write(&mut self, write: Write) -> Result<Reply, Failure> {
        match write {
            Write::Register { .. } => {
                self.revision += 1;
                Ok(Reply::Registered(format!("web:{}", self.revision)))
            }
            Write::Update { task_definition, .. } => {
                let back = task_definition.as_deref() == Some("web:7") && self.updates > 0;
                let revision = task_definition.unwrap_or_else(|| self.service.task_definition.clone());
                self.updates += usize::from(!back);
                self.begin(&revision, true);
                Ok(Reply::Services(vec![self.service.clone()]))
            }
            Write::RollBack { arn } => {
                let found = self.releases.iter_mut().find(|release| release.entry.arn == arn);
                match found {
                    Some(release) if !release.entry.status.has_ended() => {
                        release.entry.status = RolloutStatus::RollbackInProgress;
                        Ok(Reply::Done)
                    }
                    _ => Err(Failure::new(FailureKind::Other, "it has ended")),
                }
            }
            _ => Ok(Reply::Done),
        }
    }
}
