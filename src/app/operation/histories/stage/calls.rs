//! The answers of the stage: reads return the current state, changes are carried out, and with noise some fail.

use super::{Release, Stage, Whose, Work};
use crate::app::operation::call::{Call, CallResult, Read, Reply, Write};
use crate::app::operation::histories::{NAME, at};
use crate::model::image::Image;
use crate::model::rollout::RolloutStatus;
use crate::model::task::{Container, Task};
use crate::model::task_definition::ContainerDefinition;
use crate::model::{Failure, FailureKind, Identity, TaskDefinition};

impl Stage {
    /// Whether this call fails, and how.
    fn fails(&mut self) -> Option<Failure> {
        let byte = *self.noise.get(self.calls.checked_rem(self.noise.len()).unwrap_or(0))?;
        self.calls += 1;
        let kind = match byte {
            0..=9 => FailureKind::Throttled,
            10..=19 => FailureKind::Timeout,
            20..=24 => FailureKind::Service,
            25..=29 => FailureKind::Credentials,
            _ => return None,
        };
        Some(Failure::new(kind, "as it likes"))
    }

    pub(in crate::app::operation::histories) fn answer(&mut self, call: Call) -> CallResult {
        let failure = self.fails().filter(|_| self.second > 2);
        let outcome = match (call, failure) {
            (Call::Audit(_), _) => Ok(Reply::Done),
            (Call::Run(_), _) => Ok(Reply::Ended { code: Some(0), output: String::new(), left_out: 0 }),
            (Call::Read(_), Some(failure)) => Err(failure),
            (Call::Read(read), None) => Ok(self.read(read)),
            (Call::Write { write, .. }, Some(failure)) => {
                if crate::app::operation::call::may_have_been_made(&failure) {
                    self.lost = true;
                    if self.calls.is_multiple_of(2) {
                        let _ = self.write(write);
                    }
                }
                Err(failure)
            }
            (Call::Write { write, .. }, None) => self.write(write),
        };
        CallResult::new(outcome)
    }

    fn read(&self, read: Read) -> Reply {
        match read {
            Read::Identity => Reply::Identity(Identity { account: "1".into(), ..Identity::default() }),
            Read::Services { .. } => Reply::Services(vec![self.service.clone()]),
            Read::History { .. } => Reply::Releases(self.releases.iter().map(|one| one.entry.clone()).collect()),
            Read::Releases { arns } => {
                let found = self.releases.iter().filter(|release| arns.contains(&release.entry.arn));
                Reply::Releases(found.map(|release| release.entry.clone()).collect())
            }
            Read::Tasks { .. } | Read::Task { .. } => Reply::Tasks(self.described()),
            Read::TaskDefinition { name } => {
                let name = if name.contains(':') { name } else { format!("{name}:{}", self.revision) };
                let newest = name == format!("web:{}", self.revision) && !self.writes.is_empty();
                let version = if newest { "@sha256:new" } else { ":old" };
                let container = ContainerDefinition {
                    name: "web".into(),
                    image: format!("1.dkr.ecr.x.amazonaws.com/web{version}"),
                    essential: true,
                    ..ContainerDefinition::default()
                };
                let containers = vec![container];
                Reply::TaskDefinition(Box::new(TaskDefinition { name, containers, ..TaskDefinition::default() }))
            }
            Read::Scalable { .. } => Reply::Scalable(None),
            Read::Image { .. } => Reply::Image(Box::new(Image { digest: "sha256:new".into(), ..Image::default() })),
            Read::Targets { .. } => Reply::Targets(Vec::new()),
            Read::TaskLog { .. } => Reply::Log(Vec::new()),
            Read::Timers { .. } => Reply::Timers(Vec::new()),
            _ => Reply::Done,
        }
    }

    fn described(&self) -> Vec<Task> {
        let of = |task: &Work| {
            let has_ended = self.over(task);
            let ends = task.ends.filter(|_| has_ended);
            let ran = task.runs <= self.second && ends.is_none_or(|(end, ..)| task.runs <= end);
            let status = if has_ended {
                "STOPPED"
            } else if ran {
                "RUNNING"
            } else {
                "PENDING"
            };
            let exit = ends.map(|(_, code, _)| if code == "EssentialContainerExited" { 1 } else { 137 });
            Task {
                id: task.id.clone(),
                service: Some(NAME.into()),
                started_by: task.deployment.clone(),
                last_status: status.into(),
                desired_status: if has_ended { "STOPPED" } else { "RUNNING" }.into(),
                health: "UNKNOWN".into(),
                started_at: ran.then(|| at(task.runs)),
                stopped_at: ends.map(|(end, ..)| at(end)),
                stop_code: ends.map(|(_, code, _)| code.to_owned()),
                stopped_reason: ends.map(|(_, _, reason)| reason.to_owned()),
                containers: vec![Container { name: "web".into(), exit_code: exit, ..Container::default() }],
                ..Task::default()
            }
        };
        self.tasks.iter().map(of).collect()
    }

    fn write(&mut self, write: Write) -> Result<Reply, Failure> {
        self.writes.push(write.clone());
        if self.service.status != "ACTIVE" {
            return Err(Failure::new(FailureKind::Other, "the service is INACTIVE"));
        }
        match write {
            Write::Register { .. } => {
                self.revision += 1;
                return Ok(Reply::Registered(format!("web:{}", self.revision)));
            }
            Write::Update { desired: Some(desired), .. } => self.service.desired = desired,
            Write::Update { task_definition, .. } => {
                let first = !self.releases.iter().any(Release::ours);
                let revision = task_definition.unwrap_or_else(|| self.service.task_definition.clone());
                self.begin(&revision, if first { Whose::Ours } else { Whose::Back });
            }
            Write::RollBack { arn } => {
                let found = self.releases.iter().position(|release| release.entry.arn == arn);
                match found {
                    Some(index) if self.releases[index].entry.status == RolloutStatus::InProgress => {
                        self.go_back(index);
                        self.changed.get_or_insert(self.second);
                        return Ok(Reply::Done);
                    }
                    _ => return Err(Failure::new(FailureKind::Other, "it has ended")),
                }
            }
            Write::Remember { desired, .. } => {
                self.service.remembered = desired;
                return Ok(Reply::Done);
            }
            _ => return Ok(Reply::Done),
        }
        self.changed.get_or_insert(self.second);
        self.count();
        Ok(Reply::Services(vec![self.service.clone()]))
    }
}
