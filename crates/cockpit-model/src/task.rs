//! ECS tasks and their containers.

use jiff::Timestamp;

/// One task as `DescribeTasks` returns it.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Task {
    /// The last part of its ARN.
    pub id: String,
    /// The service that started it (its `group` without `service:`), if any.
    pub service: Option<String>,
    /// The `startedBy` value: for a service's tasks, a deployment id.
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
    /// When the task was created.
    pub created_at: Option<Timestamp>,
    /// When it reached RUNNING.
    pub started_at: Option<Timestamp>,
    /// When it began to stop.
    pub stopping_at: Option<Timestamp>,
    /// When the task had stopped.
    pub stopped_at: Option<Timestamp>,
    /// `EssentialContainerExited`, `TaskFailedToStart`, …
    pub stop_code: Option<String>,
    /// The stop reason, as a sentence.
    pub stopped_reason: Option<String>,
    pub containers: Vec<Container>,
    /// Whether ECS Exec is enabled.
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
    /// The exit code, once it has exited.
    pub exit_code: Option<i32>,
    /// `OutOfMemoryError: …`, `CannotPullContainerError: …`
    pub reason: Option<String>,
    /// Image with its tag.
    pub image: String,
    /// `sha256:…` of the image that is running.
    pub digest: Option<String>,
    /// CPU units.
    pub cpu: String,
    /// MiB.
    pub memory: String,
}

impl Task {
    /// Whether the task has ended.
    pub fn stopped(&self) -> bool {
        self.last_status == "STOPPED"
    }

    /// Whether it is in a steady state, so that it need not be read again soon.
    pub fn is_settled(&self) -> bool {
        self.stopped()
            || (self.last_status == "RUNNING" && self.desired_status == "RUNNING" && self.health != "UNHEALTHY")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_memory_exit_is_named() {
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
        assert_eq!(task.end_reason().as_deref(), Some("exit 137 OutOfMemoryError"));
    }

    #[test]
    fn task_stopped_by_scaling_has_not_failed() {
        let task = Task {
            last_status: "STOPPED".into(),
            stop_code: Some("ServiceSchedulerInitiated".into()),
            stopped_reason: Some("Scaling activity initiated by (deployment ecs-svc/1)".into()),
            ..Task::default()
        };
        assert!(!task.failed());
    }
}
