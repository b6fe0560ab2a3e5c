//! ECS clusters, services, their deployments and events.

use super::scaling::Suspended;
use jiff::Timestamp;

/// An ECS cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Cluster {
    pub name: String,
    /// `ACTIVE`, `INACTIVE`, …
    pub status: String,
    /// Active services in it.
    pub services: u32,
    /// Tasks in RUNNING.
    pub running: u32,
    /// Tasks in PENDING.
    pub pending: u32,
}

/// An ECS service as `DescribeServices` returns it.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Service {
    /// Its name, unique in the cluster.
    pub name: String,
    pub arn: String,
    /// The name of its cluster.
    pub cluster: String,
    /// `ACTIVE`, `DRAINING` or `INACTIVE`.
    pub status: String,
    /// The desired count.
    pub desired: u32,
    /// Tasks in RUNNING.
    pub running: u32,
    /// Tasks in PENDING.
    pub pending: u32,
    /// `family:revision`; empty if another controller deploys it in task sets.
    pub task_definition: String,
    /// The `family:revision` of each of its task sets, if it has any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub task_sets: Vec<String>,
    /// `FARGATE`, `EC2`, or capacity providers joined by `+`.
    pub launch: String,
    /// `ECS`, `CODE_DEPLOY` or `EXTERNAL`.
    pub controller: String,
    /// Minimum healthy percent.
    pub min_percent: Option<u32>,
    /// `maximumPercent` of its deployments.
    pub max_percent: Option<u32>,
    /// The settings of the deployment circuit breaker.
    pub breaker: Option<Breaker>,
    /// Health check grace period in seconds.
    pub grace_seconds: Option<u32>,
    /// Whether ECS Exec is on.
    pub exec: bool,
    /// When the service was created.
    pub created_at: Option<Timestamp>,
    /// Newest first; the one with status `PRIMARY` is the current target state.
    pub deployments: Vec<Deployment>,
    /// Newest first, at most 100.
    pub events: Vec<ServiceEvent>,
    /// ARNs of its target groups.
    pub target_groups: Vec<String>,
    /// Names of the containers that load balancers route to, each once.
    pub balanced: Vec<String>,
    /// `REPLICA` or `DAEMON`; empty if unknown.
    pub scheduling: String,
    /// `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`; empty if unknown.
    pub strategy: String,
    /// Alarms that end a deployment, if enabled.
    pub deployment_alarms: Vec<String>,
    /// The desired count saved in its tag while it is stopped; only if tags were requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remembered: Option<u32>,
    /// The scaling that was suspended before the service was stopped; only if tags were requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remembered_scaling: Option<Suspended>,
}

/// The deployment circuit breaker's settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Breaker {
    /// Whether the circuit breaker is on.
    pub enabled: bool,
    /// Whether it rolls back automatically.
    pub rollback: bool,
}

/// One deployment of a service.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Deployment {
    /// `ecs-svc/<19 digits>`; a task's `startedBy`.
    pub id: String,
    /// `PRIMARY`, `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// The rollout state, if the controller is ECS.
    pub rollout: Option<RolloutState>,
    /// The reason for the rollout state.
    pub rollout_reason: String,
    /// The desired count of this deployment.
    pub desired: u32,
    pub running: u32,
    pub pending: u32,
    /// Tasks that failed to start since the last one that reached RUNNING. ECS resets it then, so a later crash loop is
    /// not counted.
    pub failed: u32,
    /// `family:revision`.
    pub task_definition: String,
    /// When the deployment was created.
    pub created_at: Option<Timestamp>,
    /// When the deployment was last updated.
    pub updated_at: Option<Timestamp>,
}

/// The `rolloutState` of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum RolloutState {
    /// Not in a steady state yet.
    InProgress,
    /// It reached a steady state.
    Completed,
    /// Ended by the circuit breaker.
    Failed,
}

impl RolloutState {
    /// Returns the API's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

/// One event of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ServiceEvent {
    pub id: String,
    pub at: Option<Timestamp>,
    /// The unchanged message of ECS.
    pub message: String,
}

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// Normal operation: tasks start and stop, targets are registered and deregistered, a rollout completes, a steady
    /// state is reached.
    Routine,
    /// There is no capacity for a task.
    Unplaced,
    /// Tasks fail repeatedly.
    CannotStart,
    /// Some other "unable to" message.
    OtherFailure,
    /// Anything else, including messages unknown to this version, which deserve attention.
    Notable,
}

impl ServiceEvent {
    /// Classifies the event. Events have no field for this, only their message ("Service event messages" in ECS's
    /// documentation); messages are parsed only here.
    pub fn kind(&self) -> EventKind {
        let rest = self.without_prefix();
        let rest = rest.strip_prefix("(deployment ").and_then(|rest| rest.split_once(") ")).map_or(rest, |(_, r)| r);
        let begins = |begin: &[&str]| begin.iter().any(|begin| rest.starts_with(begin));
        if begins(&["was unable to place a task"]) {
            EventKind::Unplaced
        } else if begins(&["is unable to consistently start tasks"]) {
            EventKind::CannotStart
        } else if begins(&["was unable to ", "is unable to "]) {
            EventKind::OtherFailure
        } else if begins(&["has started ", "has stopped ", "registered ", "deregistered ", "has begun draining "])
            || ["has reached a steady state", "deployment completed"].contains(&rest.trim_end_matches('.'))
        {
            EventKind::Routine
        } else {
            EventKind::Notable
        }
    }

    /// Returns the text after `(service web) ` or, with a task set, after `(service web, taskSet ecs-svc/1) `; it may
    /// start with `(deployment …) `.
    fn without_prefix(&self) -> &str {
        let rest = self.message.strip_prefix("(service ").and_then(|rest| rest.split_once(") "));
        rest.map_or(self.message.as_str(), |(_, rest)| rest)
    }

    /// Returns the id of the deployment that it concerns, `ecs-svc/…`, if any.
    pub fn deployment(&self) -> Option<&str> {
        self.without_prefix().strip_prefix("(deployment ")?.split_once(") ").map(|(id, _)| id)
    }

    /// Returns an event that is not routine, of the form `(service web) was unable to …`, as a sentence and a hint.
    pub fn describe(&self, service: &Service) -> (String, &'static str) {
        let message = self.message.as_str();
        let text = match message.strip_prefix(&format!("(service {}) ", service.name)) {
            // The service's name is shown beside the text; the subject of the sentence is ECS.
            Some(rest) => match rest.strip_prefix("(deployment ").and_then(|rest| rest.split_once(") deployment ")) {
                Some((id, rest)) => format!("{} {rest}", service.deployment_named(id)),
                None => service.without_numbers(&format!("ECS {rest}")),
            },
            None => message.to_owned(),
        };
        // Drop the link to the general documentation.
        let text = text.split(" For more information, see").next().unwrap_or_default().trim_end_matches('.').to_owned();
        let hint = match self.kind() {
            EventKind::Unplaced => {
                "there is no room for a task: its reason says what is missing (capacity, CPU, memory, a port)"
            }
            EventKind::CannotStart => "open the service and look at its stopped tasks",
            EventKind::Routine | EventKind::OtherFailure | EventKind::Notable => {
                "open the service: its events and stopped tasks say more"
            }
        };
        (text, hint)
    }
}

impl Service {
    /// Whether it runs one task on each container instance, and so has no desired count to set.
    pub fn is_daemon(&self) -> bool {
        self.scheduling == "DAEMON"
    }

    /// Whether it was deleted or is being deleted. It cannot be changed any more, but is still listed for a while.
    pub fn is_deleted(&self) -> bool {
        !self.status.is_empty() && self.status != "ACTIVE"
    }

    /// Returns its task definition, or those of its task sets if it has none of its own.
    pub fn current_definitions(&self) -> Vec<&str> {
        if self.task_definition.is_empty() {
            self.task_sets.iter().map(String::as_str).collect()
        } else {
            vec![self.task_definition.as_str()]
        }
    }

    /// Returns all task definitions that its tasks may run, with duplicates: the current ones, and those of its
    /// deployments.
    pub fn definitions(&self) -> impl Iterator<Item = &str> {
        let deployments = self.deployments.iter().map(|deployment| deployment.task_definition.as_str());
        self.current_definitions().into_iter().chain(deployments).filter(|name| !name.is_empty())
    }

    /// Whether a name is the service's name, or a run of whole words of it: `web` of `shop-prod-web`.
    pub fn is_named_like(&self, name: &str) -> bool {
        let words = |text: &str| -> Vec<String> {
            let words = text.split(['-', '_', '.']).filter(|word| !word.is_empty());
            words.map(str::to_ascii_lowercase).collect()
        };
        let (own, wanted) = (words(&self.name), words(name));
        !wanted.is_empty() && own.windows(wanted.len()).any(|run| run == wanted)
    }

    /// Returns a deployment's name for messages: its task definition, because its id means nothing to a reader.
    fn deployment_named(&self, id: &str) -> String {
        match self.deployments.iter().find(|deployment| deployment.id == id) {
            Some(deployment) => format!("deployment of {}", deployment.task_definition),
            None => "an earlier deployment".to_owned(),
        }
    }

    /// Replaces the deployment id in a sentence: `rolling back to deployment ecs-svc/1.`
    fn without_numbers(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("deployment ecs-svc/") else { return text.to_owned() };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        format!("{before}{}{after}", self.deployment_named(&format!("ecs-svc/{number}")))
    }

    /// Returns the primary deployment.
    pub fn primary(&self) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.status == "PRIMARY")
    }

    /// Whether a deployment is in progress.
    pub fn is_rolling_out(&self) -> bool {
        self.primary().is_some_and(|primary| primary.rollout == Some(RolloutState::InProgress))
    }

    /// Returns the resource id in Application Auto Scaling: `service/CLUSTER/NAME`.
    pub fn scaling_id(&self) -> String {
        format!("service/{}/{}", self.cluster, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(message: &str) -> EventKind {
        ServiceEvent { message: message.to_owned(), ..ServiceEvent::default() }.kind()
    }

    #[test]
    fn unknown_event_is_news_and_normal_operation_is_routine() {
        for calm in [
            "(service web) has reached a steady state.",
            "(service web) has started 2 tasks: (task 0123).",
            "(service web) (deployment ecs-svc/1) deployment completed.",
            "(service web, taskSet ecs-svc/1) has begun draining connections on 1 tasks.",
            "(service web) registered 1 targets in (target-group arn)",
            "(service web) has stopped 1 running tasks: (task 0123).",
        ] {
            assert_eq!(kind(calm), EventKind::Routine, "{calm}");
        }
        for news in [
            "(service web) rolling back to deployment ecs-svc/1.",
            "(service web) (deployment ecs-svc/1) deployment failed: tasks failed to start.",
            "(service web) (task 0123) failed container health checks.",
            "(service web) does something that nobody has heard of",
            "",
        ] {
            assert_eq!(kind(news), EventKind::Notable, "{news}");
        }
        let full = "(service web) was unable to place a task. Reason: Capacity is unavailable at this time.";
        assert_eq!(kind(full), EventKind::Unplaced);
        assert_eq!(kind("(service web) is unable to consistently start tasks successfully."), EventKind::CannotStart);
    }

    #[test]
    fn deployment_is_named_by_its_task_definition() {
        let told = |message: &str| {
            let service = Service {
                name: "web".into(),
                deployments: vec![Deployment {
                    id: "ecs-svc/1".into(),
                    task_definition: "web:43".into(),
                    ..Deployment::default()
                }],
                ..Service::default()
            };
            ServiceEvent { message: message.to_owned(), ..ServiceEvent::default() }.describe(&service).0
        };
        for (message, words) in [
            (
                "(service web) (deployment ecs-svc/1) deployment failed: tasks failed to start.",
                "deployment of web:43 failed: tasks failed to start",
            ),
            ("(service web) (deployment ecs-svc/2) deployment stopped.", "an earlier deployment stopped"),
            ("(service web) rolling back to deployment ecs-svc/1.", "ECS rolling back to deployment of web:43"),
            ("(service web) rolling back to deployment ecs-svc/2.", "ECS rolling back to an earlier deployment"),
            ("(service web) has reached a steady state.", "ECS has reached a steady state"),
        ] {
            assert_eq!(told(message), words);
        }
    }
}
