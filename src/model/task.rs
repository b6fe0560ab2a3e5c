//! ECS tasks and their containers.

use super::stop::Fault;
use jiff::Timestamp;

/// One task as `DescribeTasks` gives it.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Task {
    /// The last part of its ARN.
    pub id: String,
    /// The service that started it (its `group` without `service:`), if one did.
    pub service: Option<String>,
    /// Who started it: a deployment's id for a service's tasks.
    pub started_by: String,
    /// `family:revision`.
    pub task_definition: String,
    /// `PROVISIONING` … `STOPPED`.
    pub last_status: String,
    /// `RUNNING` or `STOPPED`.
    pub desired_status: String,
    /// `HEALTHY`, `UNHEALTHY` or `UNKNOWN`.
    pub health: String,
    /// Availability zone.
    pub az: String,
    /// CPU units.
    pub cpu: String,
    /// MiB.
    pub memory: String,
    /// `FARGATE`, `EC2` or the capacity provider.
    pub launch: String,
    /// Its private IPv4 address.
    pub address: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it reached RUNNING.
    pub started_at: Option<Timestamp>,
    /// When it began to stop.
    pub stopping_at: Option<Timestamp>,
    /// When it had stopped.
    pub stopped_at: Option<Timestamp>,
    /// `EssentialContainerExited`, `TaskFailedToStart`, …
    pub stop_code: Option<String>,
    /// In a sentence.
    pub stopped_reason: Option<String>,
    /// Its containers.
    pub containers: Vec<Container>,
    /// Whether ECS Exec is on for it.
    pub exec: bool,
}

/// One container of a task.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Container {
    /// Its name in the task definition.
    pub name: String,
    /// `RUNNING`, `STOPPED`, …
    pub status: String,
    /// `HEALTHY`, `UNHEALTHY` or `UNKNOWN`.
    pub health: String,
    /// Exit code, once it has ended.
    pub exit_code: Option<i32>,
    /// `OutOfMemoryError: …`, `CannotPullContainerError: …`
    pub reason: Option<String>,
    /// Image with its tag.
    pub image: String,
    /// `sha256:…` of what really runs.
    pub digest: Option<String>,
    /// CPU units.
    pub cpu: String,
    /// MiB.
    pub memory: String,
}

impl Task {
    /// Has it ended.
    pub fn stopped(&self) -> bool {
        self.last_status == "STOPPED"
    }

    /// Is it steady, so that it need not be read again at once.
    pub fn settled(&self) -> bool {
        self.stopped()
            || (self.last_status == "RUNNING" && self.desired_status == "RUNNING" && self.health != "UNHEALTHY")
    }

    /// Did it end by a fault, rather than because a deployment, a scaling action or a person ended it, or because
    /// what it ran on was taken away.
    pub fn failed(&self) -> bool {
        let broke = matches!(self.stop_code.as_deref(), Some("EssentialContainerExited" | "TaskFailedToStart"));
        self.end(None).is_some_and(|end| match end.fault {
            Fault::Version => true,
            Fault::Platform | Fault::Unknown => broke,
            Fault::Person | Fault::Service => false,
        })
    }

    /// Why it ended, short: `exit 137 OutOfMemoryError`, `CannotPullContainerError`, the stop reason.
    pub fn ended_because(&self) -> Option<String> {
        let culprit = self
            .culprit(None)
            .filter(|container| container.reason.is_some() || container.exit_code.is_some_and(|code| code != 0));
        if let Some(container) = culprit {
            let reason = container.reason.as_deref().map(first_word);
            return Some(match (container.exit_code, reason) {
                (Some(code), Some(reason)) => format!("exit {code} {reason}"),
                (Some(code), None) => format!("exit {code}"),
                (None, Some(reason)) => reason.to_owned(),
                (None, None) => return self.stopped_reason.clone(),
            });
        }
        if let Some(code) = self.containers.iter().find_map(|container| container.exit_code)
            && self.stop_code.as_deref() == Some("EssentialContainerExited")
        {
            return Some(format!("exit {code}"));
        }
        self.stopped_reason.as_deref().map(|reason| reason.split(':').next().unwrap_or(reason).trim().to_owned())
    }
}

/// `OutOfMemoryError: Container killed …` is known by what stands before the colon.
fn first_word(reason: &str) -> &str {
    reason.split(':').next().unwrap_or(reason).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_out_of_memory_end_is_named() {
        let task = Task {
            last_status: "STOPPED".into(),
            stop_code: Some("EssentialContainerExited".into()),
            containers: vec![Container {
                exit_code: Some(137),
                reason: Some("OutOfMemoryError: Container killed due to memory usage".into()),
                ..Container::default()
            }],
            ..Task::default()
        };
        assert!(task.failed());
        assert_eq!(task.ended_because().as_deref(), Some("exit 137 OutOfMemoryError"));
    }

    #[test]
    fn a_task_ended_by_scaling_has_not_failed() {
        let task = Task {
            last_status: "STOPPED".into(),
            stop_code: Some("ServiceSchedulerInitiated".into()),
            stopped_reason: Some("Scaling activity initiated by (deployment ecs-svc/1)".into()),
            ..Task::default()
        };
        assert!(!task.failed());
    }
}
