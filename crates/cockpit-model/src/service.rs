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

/// An ECS service as `DescribeServices` gives it.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Service {
    /// Its name, unique in the cluster.
    pub name: String,
    pub arn: String,
    /// The name of its cluster.
    pub cluster: String,
    /// `ACTIVE`, `DRAINING` or `INACTIVE`.
    pub status: String,
    /// How many tasks are wanted.
    pub desired: u32,
    /// Tasks in RUNNING.
    pub running: u32,
    /// Tasks in PENDING.
    pub pending: u32,
    /// `family:revision`; empty where another controller deploys it in task sets.
    pub task_definition: String,
    /// The revisions of its task sets, where it has any: `family:revision` of each.
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
    /// Whether the circuit breaker is on, and whether it rolls back.
    pub breaker: Option<Breaker>,
    /// Health check grace period in seconds.
    pub grace_seconds: Option<u32>,
    /// Whether ECS Exec is on.
    pub exec: bool,
    /// When the service was created.
    pub created_at: Option<Timestamp>,
    /// Newest first; the first with status `PRIMARY` is what should run.
    pub deployments: Vec<Deployment>,
    /// Newest first, at most 100.
    pub events: Vec<ServiceEvent>,
    /// ARNs of the target groups behind it.
    pub target_groups: Vec<String>,
    /// Names of the containers that load balancers reach, each once.
    pub balanced: Vec<String>,
    /// `REPLICA` or `DAEMON`; empty where it is not known.
    pub scheduling: String,
    /// `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`; empty where it is not known.
    pub strategy: String,
    /// Alarms that end a deployment, where they are switched on.
    pub deployment_alarms: Vec<String>,
    /// The count that is remembered in its tag while it is stopped; only where tags were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remembered: Option<u32>,
    /// The scaling that was suspended before the service was stopped; only where tags were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remembered_scaling: Option<Suspended>,
}

/// The deployment circuit breaker's settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Breaker {
    /// Whether the circuit breaker is on.
    pub enabled: bool,
    /// Rolls back by itself.
    pub rollback: bool,
}

/// One deployment in a service's list.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Deployment {
    /// `ecs-svc/<19 digits>`; a task's `startedBy`.
    pub id: String,
    /// `PRIMARY`, `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// The rollout's state, where the controller is ECS.
    pub rollout: Option<RolloutState>,
    /// Why it is in that state.
    pub rollout_reason: String,
    /// Desired count of this deployment.
    pub desired: u32,
    pub running: u32,
    pub pending: u32,
    /// Tasks that failed to start since one last reached RUNNING: ECS resets it, so a later crash
    /// loop does not show in it.
    pub failed: u32,
    /// `family:revision`.
    pub task_definition: String,
    /// When the deployment was created.
    pub created_at: Option<Timestamp>,
    /// When the deployment changed last.
    pub updated_at: Option<Timestamp>,
}

/// `rolloutState` of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum RolloutState {
    /// It is not steady yet.
    InProgress,
    /// Reached a steady state.
    Completed,
    /// Given up by the circuit breaker.
    Failed,
}

impl RolloutState {
    /// The word of the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

/// One line of a service's event list.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ServiceEvent {
    pub id: String,
    pub at: Option<Timestamp>,
    /// The message as ECS wrote it.
    pub message: String,
}

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// An event of normal work: tasks that start and stop, targets that come and go, a rollout that is complete, a
    /// steady state.
    Routine,
    /// There is no room for a task.
    Unplaced,
    /// Tasks fail again and again.
    CannotStart,
    /// Something else that ECS is unable to do.
    Unable,
    /// Anything else, also what ECS may say one day and does not yet: it is worth a look.
    News,
}

impl ServiceEvent {
    /// Its kind. An event has no other mark than its sentence ("Service event messages" in ECS's documentation):
    /// here alone they are read.
    pub fn kind(&self) -> EventKind {
        let rest = self.rest();
        let rest = rest.strip_prefix("(deployment ").and_then(|rest| rest.split_once(") ")).map_or(rest, |(_, r)| r);
        let begins = |begin: &[&str]| begin.iter().any(|begin| rest.starts_with(begin));
        if begins(&["was unable to place a task"]) {
            EventKind::Unplaced
        } else if begins(&["is unable to consistently start tasks"]) {
            EventKind::CannotStart
        } else if begins(&["was unable to ", "is unable to "]) {
            EventKind::Unable
        } else if begins(&["has started ", "has stopped ", "registered ", "deregistered ", "has begun draining "])
            || ["has reached a steady state", "deployment completed"].contains(&rest.trim_end_matches('.'))
        {
            EventKind::Routine
        } else {
            EventKind::News
        }
    }

    /// The text behind `(service web) `, or with a task set behind `(service web, taskSet ecs-svc/1) `: perhaps
    /// `(deployment …) ` first.
    fn rest(&self) -> &str {
        let rest = self.message.strip_prefix("(service ").and_then(|rest| rest.split_once(") "));
        rest.map_or(self.message.as_str(), |(_, rest)| rest)
    }

    /// The deployment that it is about, `ecs-svc/…`, where it is about one.
    pub fn deployment(&self) -> Option<&str> {
        self.rest().strip_prefix("(deployment ")?.split_once(") ").map(|(id, _)| id)
    }

    /// One that is not routine, of the form `(service web) was unable to …`, as a sentence, and what to do about it.
    pub fn told(&self, service: &Service) -> (String, &'static str) {
        let message = self.message.as_str();
        let text = match message.strip_prefix(&format!("(service {}) ", service.name)) {
            // Who it is about stands beside it; who is unable is ECS.
            Some(rest) => match rest.strip_prefix("(deployment ").and_then(|rest| rest.split_once(") deployment ")) {
                Some((id, rest)) => format!("{} {rest}", service.deployment_named(id)),
                None => service.without_numbers(&format!("ECS {rest}")),
            },
            None => message.to_owned(),
        };
        // Where to read about it in general says nothing about this service.
        let text = text.split(" For more information, see").next().unwrap_or_default().trim_end_matches('.').to_owned();
        let hint = match self.kind() {
            EventKind::Unplaced => {
                "there is no room for a task: its reason says what is missing (capacity, CPU, memory, a port)"
            }
            EventKind::CannotStart => "open the service and look at its stopped tasks",
            EventKind::Routine | EventKind::Unable | EventKind::News => {
                "open the service: its events and stopped tasks say more"
            }
        };
        (text, hint)
    }
}

impl Service {
    /// Whether it runs one task on each container instance: it has no count that could be set.
    pub fn daemon(&self) -> bool {
        self.scheduling == "DAEMON"
    }

    /// Whether it was deleted, or is being: it takes no change any more, and is known for a while.
    pub fn deleted(&self) -> bool {
        !self.status.is_empty() && self.status != "ACTIVE"
    }

    /// The task definition that it is to run, or those of its task sets where it has none of its own.
    pub fn current_definitions(&self) -> Vec<&str> {
        if self.task_definition.is_empty() {
            self.task_sets.iter().map(String::as_str).collect()
        } else {
            vec![self.task_definition.as_str()]
        }
    }

    /// All task definitions of which tasks of it may run, some more than once: what it is to run, and what its deployments
    /// still do.
    pub fn definitions(&self) -> impl Iterator<Item = &str> {
        let deployments = self.deployments.iter().map(|deployment| deployment.task_definition.as_str());
        self.current_definitions().into_iter().chain(deployments).filter(|name| !name.is_empty())
    }

    /// Whether a name is the service's, or a run of whole words of it: `web` of `shop-prod-web`.
    pub fn is_named_like(&self, name: &str) -> bool {
        let words = |text: &str| -> Vec<String> {
            let words = text.split(['-', '_', '.']).filter(|word| !word.is_empty());
            words.map(str::to_ascii_lowercase).collect()
        };
        let (mine, wanted) = (words(&self.name), words(name));
        !wanted.is_empty() && mine.windows(wanted.len()).any(|run| run == wanted)
    }

    /// A deployment by what it runs, as ECS's number of it says nothing to anybody; one that is gone has no name.
    fn deployment_named(&self, id: &str) -> String {
        match self.deployments.iter().find(|deployment| deployment.id == id) {
            Some(deployment) => format!("deployment of {}", deployment.task_definition),
            None => "an earlier deployment".to_owned(),
        }
    }

    /// A sentence that names a deployment in its middle: `rolling back to deployment ecs-svc/1.`
    fn without_numbers(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("deployment ecs-svc/") else { return text.to_owned() };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        format!("{before}{}{after}", self.deployment_named(&format!("ecs-svc/{number}")))
    }

    /// The deployment that should run.
    pub fn primary(&self) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.status == "PRIMARY")
    }

    /// Whether a deployment is under way.
    pub fn rolling_out(&self) -> bool {
        self.primary().is_some_and(|primary| primary.rollout == Some(RolloutState::InProgress))
    }

    /// The id that autoscaling and its scheduled actions use: `service/CLUSTER/NAME`.
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
    fn only_what_goes_as_planned_is_routine_and_what_nobody_knows_is_news() {
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
            assert_eq!(kind(news), EventKind::News, "{news}");
        }
        let full = "(service web) was unable to place a task. Reason: Capacity is unavailable at this time.";
        assert_eq!(kind(full), EventKind::Unplaced);
        assert_eq!(kind("(service web) is unable to consistently start tasks successfully."), EventKind::CannotStart);
    }

    #[test]
    fn a_deployment_is_named_by_what_it_runs_and_not_by_its_number() {
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
            ServiceEvent { message: message.to_owned(), ..ServiceEvent::default() }.told(&service).0
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
