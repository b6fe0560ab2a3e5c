//! A small AWS that answers the calls of operations: it applies the changes it receives, and tests advance its
//! rollouts.

use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::operation::call::{Call, CallResult, DatabaseState, Read, Reply, Write};
use crate::app::operation::database::call::{RdsRead, RdsReply};
use crate::app::operation::single::address::call::{ReachRead, ReachReply};
use crate::app::operation::single::invalidation::call::{CdnRead, CdnReply};
use crate::app::operation::single::scaling::call::{ScalingRead, ScalingReply, ScalingWrite};
use crate::model::audit::Record;
use crate::model::cdn::{Distribution, Invalidation, Month};
use crate::model::health_probe::declared::{Balancer, Rule};
use crate::model::image::Image;
use crate::model::machine::{Ec2Instance, PowerAction};
use crate::model::parameters::ParameterWithValue;
use crate::model::timer::Timer;
use crate::model::{
    Database, DatabaseSnapshot, Deployment, Endpoints, Failure, FailureKind, Identity, RolloutState, RolloutStatus,
    ScalableTarget, ScalingPolicy, ScheduledAction, Service, ServiceDeployment, Target, Task, TaskDefinition,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A fake AWS for tests: its contents, and a record of changes.
#[derive(Clone, Default)]
pub(crate) struct Aws {
    pub(crate) account: String,
    pub(crate) endpoints: Endpoints,
    pub(crate) now: Timestamp,
    pub(crate) services: Vec<Service>,
    pub(crate) definitions: Vec<TaskDefinition>,
    pub(crate) history: BTreeMap<String, Vec<ServiceDeployment>>,
    pub(crate) scalable: Vec<ScalableTarget>,
    pub(crate) images: Vec<Image>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) targets: Vec<Target>,
    pub(crate) databases: Vec<DatabaseState>,
    pub(crate) rds: Vec<Database>,
    pub(crate) snapshots: Vec<DatabaseSnapshot>,
    pub(crate) timers: Vec<Timer>,
    pub(crate) log: Vec<String>,
    pub(crate) parameters: Vec<ParameterWithValue>,
    pub(crate) policies: Vec<ScalingPolicy>,
    pub(crate) actions: Vec<ScheduledAction>,
    pub(crate) machines: Vec<Ec2Instance>,
    pub(crate) distributions: Vec<Distribution>,
    pub(crate) balancers: Vec<Balancer>,
    pub(crate) rules: Vec<Rule>,
    /// Every change, in order.
    pub(crate) writes: Vec<Write>,
    /// Every audit record.
    pub(crate) audit: Vec<Record>,
    /// The failure of all reads, if any.
    pub(crate) failing: Option<Failure>,
    /// Whether no call is answered.
    pub(crate) silent: bool,
}

impl Aws {
    /// The event that answers an effect, if it is a call.
    pub(crate) fn event(&mut self, effect: &Effect) -> Option<Event> {
        let Effect::Call { id, call, .. } = effect else { return None };
        if self.silent {
            return None;
        }
        let outcome = match &**call {
            Call::Read(read) => match &self.failing {
                Some(failure) => Err(failure.clone()),
                None => self.read(read),
            },
            Call::Write { write, .. } => {
                self.writes.push(write.clone());
                Ok(self.write(write))
            }
            Call::Run(_) => Ok(Reply::Ended { code: Some(0), output: String::new(), left_out: 0 }),
            Call::Audit(record) => {
                self.audit.push((**record).clone());
                Ok(Reply::Done)
            }
        };
        Some(Event::Reply(*id, Box::new(CallResult::new(outcome))))
    }

    fn read(&self, read: &Read) -> Result<Reply, Failure> {
        let missing = || Failure::new(FailureKind::NotFound, "it is not there");
        Ok(match read {
            Read::Identity => Reply::Identity(Identity {
                account: self.account.clone(),
                arn: "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_admin_0123456789abcdef/alice".into(),
                endpoints: self.endpoints.clone(),
                ..Identity::default()
            }),
            Read::Services { names, .. } => {
                Reply::Services(self.services.iter().filter(|service| names.contains(&service.name)).cloned().collect())
            }
            Read::History { service, .. } => Reply::Releases(self.history.get(service).cloned().unwrap_or_default()),
            Read::Releases { arns } => Reply::Releases(
                self.history.values().flatten().filter(|entry| arns.contains(&entry.arn)).cloned().collect(),
            ),
            Read::Tasks { service, .. } => {
                Reply::Tasks(self.tasks.iter().filter(|task| task.service.as_ref() == Some(service)).cloned().collect())
            }
            Read::Task { id, .. } => Reply::Tasks(self.tasks.iter().filter(|task| task.id == *id).cloned().collect()),
            Read::TaskDefinition { name } => {
                let found = self.definitions.iter().rfind(|definition| {
                    definition.name == *name
                        || definition.name.rsplit_once(':').is_some_and(|(family, _)| family == name)
                });
                Reply::TaskDefinition(Box::new(found.cloned().ok_or_else(missing)?))
            }
            Read::Scalable { resource } => {
                Reply::Scalable(self.scalable.iter().find(|target| target.resource == *resource).cloned())
            }
            Read::Image { reference, .. } => {
                let found =
                    self.images.iter().find(|image| image.tags.contains(reference) || image.digest == *reference);
                Reply::Image(Box::new(found.cloned().ok_or_else(missing)?))
            }
            Read::Images { .. } => Reply::Images(self.images.clone()),
            Read::Scan { .. } => Reply::Scan(None),
            Read::Targets { groups } => {
                Reply::Targets(groups.iter().map(|group| (group.clone(), self.targets.clone())).collect())
            }
            Read::TaskLog { .. } => Reply::Log(self.log.clone()),
            Read::Timers { .. } => Reply::Timers(self.timers.clone()),
            Read::Actions { .. } => Reply::Timers(Vec::new()),
            Read::Function { .. } => Reply::Done,
            Read::Databases { .. } => Reply::Databases(self.databases.clone()),
            Read::Rds(read) => Reply::Rds(self.read_database(read)),
            Read::Scaling(read) => Reply::Scaling(match read {
                ScalingRead::Policies { resource } => ScalingReply::Policies(
                    self.policies.iter().filter(|one| one.resource == *resource).cloned().collect(),
                ),
                ScalingRead::Actions { resource } => ScalingReply::Actions(
                    self.actions.iter().filter(|one| one.resource == *resource).cloned().collect(),
                ),
            }),
            Read::Reach(read) => Reply::Reach(match read {
                ReachRead::Balancers { .. } => ReachReply::Balancers(self.balancers.clone()),
                ReachRead::Rules { groups } => {
                    ReachReply::Rules(self.rules.iter().filter(|rule| groups.contains(&rule.group)).cloned().collect())
                }
            }),
            Read::Instance { id } => {
                Reply::Instance(self.machines.iter().find(|machine| machine.id == *id).cloned().map(Box::new))
            }
            Read::Cdn(CdnRead::Distributions) => Reply::Cdn(CdnReply::Distributions(self.distributions.clone())),
            Read::Cdn(CdnRead::Month { .. }) => Reply::Cdn(CdnReply::Month(Month::default())),
            Read::Cdn(CdnRead::Invalidation { .. } | CdnRead::Referenced { .. }) => {
                let done = Invalidation { id: "I1".into(), status: "Completed".into(), ..Invalidation::default() };
                Reply::Cdn(CdnReply::Invalidation(Some(done)))
            }
            Read::Parameter { name } => {
                let found = self.parameters.iter().find(|held| held.parameter.name == *name);
                Reply::Parameter(found.cloned().map(Box::new))
            }
            Read::Alarm { .. } => Reply::Alarm(None, Vec::new()),
            Read::Login { .. } => return Err(missing()),
        })
    }

    fn read_database(&self, read: &RdsRead) -> RdsReply {
        match read {
            RdsRead::Database { id, .. } => {
                RdsReply::Database(self.rds.iter().find(|known| known.id == *id).cloned().map(Box::new))
            }
            RdsRead::Events { .. } => RdsReply::Events(Vec::new()),
            RdsRead::Snapshots { .. } => RdsReply::Snapshots(self.snapshots.clone()),
            RdsRead::Figures { .. } => RdsReply::Figures(crate::model::failover::Figures::default()),
        }
    }

    fn write(&mut self, write: &Write) -> Reply {
        match write {
            Write::Register { base, images } => self.register(base, images),
            Write::Update { service, task_definition, desired, .. } => {
                self.update(service, task_definition.as_deref(), *desired)
            }
            Write::Scaling(write) => {
                match write {
                    ScalingWrite::Target { policy, target, .. } => {
                        for one in self.policies.iter_mut().filter(|one| one.name == *policy) {
                            one.target = Some(*target);
                        }
                    }
                    ScalingWrite::Put(action) => self.actions.push(action.clone()),
                    ScalingWrite::Remove { name, .. } => self.actions.retain(|one| one.name != *name),
                }
                Reply::Done
            }
            Write::Instance { id, turn } => {
                for machine in self.machines.iter_mut().filter(|machine| machine.id == *id) {
                    machine.state = if *turn == PowerAction::Stop { "stopping" } else { "pending" }.into();
                }
                Reply::Done
            }
            Write::Ingress(change) => {
                let opening = &change.opening;
                let same = |rule: &Rule| rule.group == opening.group && rule.cidr == opening.cidr;
                self.rules.retain(|rule| change.description.is_some() || !same(rule));
                let ports = opening.ports.iter().filter(|_| change.description.is_some());
                self.rules.extend(ports.map(|port| Rule {
                    group: opening.group.clone(),
                    from: Some(*port),
                    to: Some(*port),
                    cidr: opening.cidr.clone(),
                    description: change.description.clone(),
                }));
                Reply::Done
            }
            Write::Invalidate(batch) => Reply::Cdn(CdnReply::Invalidation(Some(Invalidation {
                id: "I1".into(),
                status: "InProgress".into(),
                paths: batch.paths.clone(),
                ..Invalidation::default()
            }))),
            Write::RollBack { arn } => {
                let entries = self.history.values_mut().flatten();
                for entry in entries.filter(|entry| entry.arn == *arn) {
                    entry.status = RolloutStatus::RollbackInProgress;
                }
                Reply::Done
            }
            Write::Invoke { .. } => {
                Reply::Invoked { answer: "{\"ok\":true}".into(), log: vec!["START".into()], failed: None }
            }
            _ => Reply::Done,
        }
    }

    /// Registers a copy of a task definition with other images as its next revision.
    fn register(&mut self, base: &str, images: &[(String, String)]) -> Reply {
        let mut copy = self.definitions.iter().find(|definition| definition.name == *base).cloned().unwrap_or_default();
        let (family, revision) = base.rsplit_once(':').unwrap_or((base, "1"));
        copy.name = format!("{family}:{}", revision.parse().unwrap_or(1) + 1);
        for (container, image) in images {
            if let Some(found) = copy.containers.iter_mut().find(|other| other.name == *container) {
                found.image.clone_from(image);
            }
        }
        let name = copy.name.clone();
        self.definitions.push(copy);
        Reply::Registered(name)
    }

    /// Sets a service's desired count, or starts a deployment.
    fn update(&mut self, service: &str, task_definition: Option<&str>, desired: Option<u32>) -> Reply {
        let (now, number) = (self.now, self.writes.len());
        let Some(found) = self.services.iter_mut().find(|other| other.name == *service) else {
            return Reply::Services(Vec::new());
        };
        if let Some(desired) = desired {
            found.desired = desired;
        } else {
            let to = task_definition.map_or_else(|| found.task_definition.clone(), str::to_owned);
            for other in &mut found.deployments {
                other.status = "ACTIVE".into();
            }
            found.deployments.insert(
                0,
                Deployment {
                    id: format!("ecs-svc/{number}"),
                    status: "PRIMARY".into(),
                    rollout: Some(RolloutState::InProgress),
                    desired: found.desired,
                    task_definition: to.clone(),
                    created_at: Some(now),
                    ..Deployment::default()
                },
            );
            found.task_definition.clone_from(&to);
            let entry = ServiceDeployment {
                id: format!("release-{number}"),
                arn: format!("arn:release-{number}"),
                status: RolloutStatus::InProgress,
                created_at: Some(now),
                started_at: Some(now),
                target: Some(to),
                ..ServiceDeployment::default()
            };
            self.history.entry(service.to_owned()).or_default().insert(0, entry);
        }
        Reply::Services(vec![found.clone()])
    }

    /// Sets the counts of a service's rollout: running and starting tasks of the new deployment, running tasks of the
    /// old one.
    pub(crate) fn rollout(&mut self, service: &str, fresh: u32, starting: u32, old: u32) {
        let Some(found) = self.services.iter_mut().find(|other| other.name == service) else { return };
        for (number, deployment) in found.deployments.iter_mut().enumerate() {
            (deployment.running, deployment.pending) =
                if deployment.status == "PRIMARY" { (fresh, starting) } else { (if number == 1 { old } else { 0 }, 0) };
        }
        found.running = fresh + old;
        found.pending = starting;
    }

    /// Ends the newest deployment in a service's history.
    pub(crate) fn finish(&mut self, service: &str, status: RolloutStatus, reason: &str) {
        let now = self.now;
        if let Some(entry) = self.history.get_mut(service).and_then(|entries| entries.first_mut()) {
            entry.status = status;
            entry.finished_at = Some(now);
            entry.rollback_reason = (!reason.is_empty()).then(|| reason.to_owned());
        }
    }
}
