//! `cockpit tasks`: tasks with their containers and why they stopped.

use crate::cli::Report;
use crate::headless::Rows;
use crate::headless::convert::time;
use crate::headless::emit::Printable;
use crate::headless::input::{SnapshotInput, known};
use crate::headless::lists::Head;
use crate::headless::select;
use crate::headless::table::{Table, numbers, prose, words};
use crate::model::agent::Reports;
use crate::model::agent_watch::standing;
use crate::model::names;
use crate::model::time::short;
use crate::model::{Estate, Source, Task};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Schema of `cockpit tasks`.
pub const SCHEMA: &str = "cockpit.tasks/1";
/// Its sources.
pub const SOURCES: &[Source] =
    &[Source::Identity, Source::Services, Source::Tasks, Source::TaskDefinitions, Source::Agents];

/// `cockpit tasks`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TaskList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// By service, those not stopped first, newest first; `null` if they could not be read.
    pub tasks: Option<Vec<TaskDto>>,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaskDto {
    /// The last part of its ARN.
    pub id: String,
    /// The service that started it.
    pub service: Option<String>,
    /// `PROVISIONING` … `STOPPED`.
    pub status: String,
    /// `RUNNING` or `STOPPED`.
    pub desired_status: String,
    /// `HEALTHY`, `UNHEALTHY` or `UNKNOWN`.
    pub health: String,
    /// Availability zone.
    pub az: String,
    /// When it was made.
    pub created_at: Option<String>,
    /// When it reached RUNNING.
    pub started_at: Option<String>,
    /// When it had stopped.
    pub stopped_at: Option<String>,
    /// Seconds since it was made.
    pub age_seconds: Option<i64>,
    /// `family:revision`.
    pub task_definition: String,
    /// `EssentialContainerExited`, …
    pub stop_code: Option<String>,
    /// The reason as AWS gives it.
    pub stopped_reason: Option<String>,
    /// Why it ended, short: `exit 137 OutOfMemoryError`.
    pub ended_because: Option<String>,
    /// Whether it ended by a fault of its own.
    pub failed: bool,
    /// Its containers.
    pub containers: Vec<ContainerDto>,
    /// Private address.
    pub address: Option<String>,
    /// `FARGATE`, `EC2` or the capacity provider.
    pub launch: String,
    /// Its agents: of monitoring, and of logs.
    pub agents: Vec<AgentDto>,
}

/// An agent beside the task's own containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AgentDto {
    /// Whose: `datadog`, `newrelic`, `cloudwatch`, `opentelemetry`, `dynatrace`, `fluent bit`.
    pub kind: String,
    /// Its container.
    pub container: String,
    /// Its version, as its image's tag says.
    pub version: Option<String>,
    /// Whether its container runs.
    pub running: bool,
    /// Whether it reports, by its health check and the last lines of its log; `null` where that is not known.
    pub reporting: Option<bool>,
    /// When it last wrote a line that says so, or the error that says that it does not.
    pub at: Option<String>,
    /// Why it does not report, or why that is not known.
    pub why: Option<String>,
}

/// A container of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ContainerDto {
    /// Its name.
    pub name: String,
    /// `RUNNING`, `STOPPED`, …
    pub status: String,
    /// `HEALTHY`, `UNHEALTHY` or `UNKNOWN`.
    pub health: String,
    /// Exit code; `null` until it has ended.
    pub exit_code: Option<i32>,
    /// The reason of its end.
    pub reason: Option<String>,
    /// Image with its tag.
    pub image: String,
    /// The digest of the image that really runs.
    pub digest: Option<String>,
}

/// `cockpit tasks [SERVICE…]`.
pub fn tasks(input: &SnapshotInput<'_>, wanted: &[String]) -> Result<TaskList, Report> {
    let names = select::services(input, wanted)?;
    let list = if input.environment.cluster.is_none() {
        Some(Vec::new())
    } else {
        known(&input.estate.tasks, BTreeMap::is_empty).map(|all| {
            let of = |task: &&Task| {
                let service = task.service.as_deref();
                match &names {
                    Some(names) => service.is_some_and(|service| names.iter().any(|name| name == service)),
                    // Services that could not be read cannot be told apart: then the typed end decides.
                    None => {
                        wanted.is_empty()
                            || service.is_some_and(|name| wanted.iter().any(|typed| names::fits(typed, name)))
                    }
                }
            };
            let mut tasks: Vec<&Task> = all.values().filter(of).collect();
            tasks.sort_by_key(|task| {
                let newest = std::cmp::Reverse(task.stopped_at.or(task.created_at));
                (task.service.as_deref(), task.stopped(), newest, task.id.as_str())
            });
            tasks.into_iter().map(|task| dto(input.estate, task, input.now)).collect()
        })
    };
    Ok(TaskList { head: Head::new(SCHEMA, input, SOURCES), tasks: list })
}

fn dto(estate: &Estate, task: &Task, now: jiff::Timestamp) -> TaskDto {
    TaskDto {
        id: task.id.clone(),
        service: task.service.clone(),
        status: task.last_status.clone(),
        desired_status: task.desired_status.clone(),
        health: task.health.clone(),
        az: task.az.clone(),
        created_at: time(task.created_at),
        started_at: time(task.started_at),
        stopped_at: time(task.stopped_at),
        age_seconds: task.created_at.map(|at| now.duration_since(at).as_secs().max(0)),
        task_definition: task.task_definition.clone(),
        stop_code: task.stop_code.clone(),
        stopped_reason: task.stopped_reason.clone(),
        ended_because: if task.stopped() { task.ended_because() } else { None },
        failed: task.failed(),
        containers: task
            .containers
            .iter()
            .map(|container| ContainerDto {
                name: container.name.clone(),
                status: container.status.clone(),
                health: container.health.clone(),
                exit_code: container.exit_code,
                reason: container.reason.clone(),
                image: container.image.clone(),
                digest: container.digest.clone(),
            })
            .collect(),
        address: task.address.clone(),
        launch: task.launch.clone(),
        agents: agents(estate, task, now),
    }
}

/// The agents of a task; of one that has stopped nothing is told.
fn agents(estate: &Estate, task: &Task, now: jiff::Timestamp) -> Vec<AgentDto> {
    let all = if task.stopped() { Vec::new() } else { standing(estate, task, now) };
    let agent = |one: crate::model::agent_watch::AgentStatus| {
        let (reporting, at, why) = match one.reports {
            Reports::Yes(at) => (Some(true), at, None),
            Reports::No { why, since } => (Some(false), since, Some(why)),
            Reports::Unknown(why) => (None, None, Some(why)),
        };
        AgentDto {
            kind: one.agent.kind.to_owned(),
            container: one.agent.container,
            version: one.agent.version,
            running: one.agent.running,
            reporting,
            at: time(at),
            why,
        }
    };
    all.into_iter().map(agent).collect()
}

/// An agent as it stands in a cell.
fn told(agent: &AgentDto, now: jiff::Timestamp) -> String {
    let version = agent.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    let at = agent.at.as_deref().and_then(|at| at.parse().ok());
    let ago = at.map(|at: jiff::Timestamp| format!(" {} ago", short(now.duration_since(at)))).unwrap_or_default();
    let why = agent.why.as_deref().unwrap_or_default();
    match agent.reporting {
        Some(true) => format!("{}{version} reports{ago}", agent.kind),
        Some(false) => format!("{}{version} does not report: {why}{ago}", agent.kind),
        None => format!("{}{version} ?: {why}", agent.kind),
    }
}

impl Printable for TaskList {
    fn tables(&self) -> Vec<Table> {
        let empty = if self.tasks.is_some() { "no tasks" } else { "tasks are not known" };
        let columns = [
            words("TASK"),
            words("SERVICE"),
            words("STATUS"),
            words("HEALTH").rank(1),
            words("AZ").rank(3),
            numbers("AGE"),
            words("TASK DEFINITION").rank(2),
            prose("CONTAINERS").rank(1),
            prose("AGENTS").rank(1),
            prose("WHY IT STOPPED"),
        ];
        let mut table = Table::new(&columns, empty);
        for task in self.tasks.iter().flatten() {
            let containers: Vec<String> = task
                .containers
                .iter()
                .map(|container| match container.exit_code {
                    Some(code) => format!("{} exit {code}", container.name),
                    None => format!("{} {}", container.name, container.status),
                })
                .collect();
            table.row([
                Some(task.id.clone()),
                task.service.clone(),
                Some(task.status.clone()),
                Some(task.health.clone()),
                Some(task.az.clone()),
                task.age_seconds.map(|seconds| short(jiff::SignedDuration::from_secs(seconds))),
                Some(task.task_definition.clone()),
                Some(containers.join(", ")),
                Some(task.agents.iter().map(|agent| told(agent, self.head.shown.now)).collect::<Vec<_>>().join(", "))
                    .filter(|text| !text.is_empty()),
                task.ended_because.clone().or_else(|| task.stopped_reason.clone()),
            ]);
        }
        vec![table]
    }
    fn rows(&self) -> Option<Rows> {
        let fields = [
            "id",
            "service",
            "status",
            "health",
            "az",
            "age_seconds",
            "task_definition",
            "containers",
            "ended_because",
            "desired_status",
            "created_at",
            "started_at",
            "stopped_at",
            "stop_code",
            "stopped_reason",
            "failed",
            "address",
            "launch",
            "agents",
        ];
        Some(Rows::new("tasks", &fields))
    }
    fn notes(&self) -> Vec<String> {
        self.head.notes()
    }
}
