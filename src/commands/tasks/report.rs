//! The report of `cockpit tasks`: tasks with their containers, and why they stopped.

use crate::cli::Report;
use crate::headless::Rows;
use crate::headless::convert::time;
use crate::headless::emit::Printable;
use crate::headless::input::{SnapshotInput, known};
use crate::headless::lists::Head;
use crate::headless::select;
use crate::headless::table::{Table, left_aligned, numbers, prose};
use crate::model::agent::Reporting;
use crate::model::agent_watch::agent_statuses;
use crate::model::names;
use crate::model::time::short;
use crate::model::{Estate, Source, Task};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Schema of `cockpit tasks`.
pub const SCHEMA: &str = "cockpit.tasks/1";
/// The sources that the list reads.
pub const SOURCES: &[Source] =
    &[Source::Identity, Source::Services, Source::Tasks, Source::TaskDefinitions, Source::Agents];

/// The list of tasks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TaskList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// By service, tasks that have not stopped first, newest first; `null` if they could not be read.
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
    /// When it was created.
    pub created_at: Option<String>,
    /// When it reached RUNNING.
    pub started_at: Option<String>,
    /// When it stopped.
    pub stopped_at: Option<String>,
    /// Seconds since it was created.
    pub age_seconds: Option<i64>,
    /// `family:revision`.
    pub task_definition: String,
    /// `EssentialContainerExited`, …
    pub stop_code: Option<String>,
    /// The reason that AWS gives for its stop.
    pub stopped_reason: Option<String>,
    /// A short reason for its end: `exit 137 OutOfMemoryError`.
    pub ended_because: Option<String>,
    /// Whether it ended by its own fault.
    pub failed: bool,
    /// Its containers.
    pub containers: Vec<ContainerDto>,
    /// Its private IP address.
    pub address: Option<String>,
    /// `FARGATE`, `EC2` or the capacity provider.
    pub launch: String,
    /// Its monitoring and logging agents.
    pub agents: Vec<AgentDto>,
}

/// A monitoring or logging agent beside the task's own containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AgentDto {
    /// The product: `datadog`, `newrelic`, `cloudwatch`, `opentelemetry`, `dynatrace`, `fluent bit`.
    pub kind: String,
    /// The name of its container.
    pub container: String,
    /// Its version, from the tag of its image.
    pub version: Option<String>,
    /// Whether its container is running.
    pub running: bool,
    /// Whether it reports, judged by its health check and the last lines of its log; `null` if not known.
    pub reporting: Option<bool>,
    /// When it last logged a line that shows that it reports, or the error that shows that it does not.
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
    /// The exit code; `null` until it has ended.
    pub exit_code: Option<i32>,
    /// The reason for its end.
    pub reason: Option<String>,
    /// The image with its tag.
    pub image: String,
    /// The digest of the running image.
    pub digest: Option<String>,
}

/// Builds the list of the tasks of these services, or of all.
pub fn tasks(input: &SnapshotInput<'_>, wanted: &[String]) -> Result<TaskList, Report> {
    let names = select::services(input, wanted)?;
    let list = if input.environment.cluster.is_none() {
        Some(Vec::new())
    } else {
        known(&input.estate.tasks, BTreeMap::is_empty).map(|all| {
            let is_wanted = |task: &&Task| {
                let service = task.service.as_deref();
                match &names {
                    Some(names) => service.is_some_and(|service| names.iter().any(|name| name == service)),
                    // Without a list of services, a typed name is matched against the end of each service's name.
                    None => {
                        wanted.is_empty()
                            || service
                                .is_some_and(|name| wanted.iter().any(|typed| names::is_name_or_words(typed, name)))
                    }
                }
            };
            let mut tasks: Vec<&Task> = all.values().filter(is_wanted).collect();
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
        ended_because: if task.stopped() { task.end_reason() } else { None },
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

/// Returns the agents of a task; empty for a stopped task.
fn agents(estate: &Estate, task: &Task, now: jiff::Timestamp) -> Vec<AgentDto> {
    let agents = if task.stopped() { Vec::new() } else { agent_statuses(estate, task, now) };
    let agent = |one: crate::model::agent_watch::AgentStatus| {
        let (reporting, at, why) = match one.reports {
            Reporting::Active(at) => (Some(true), at, None),
            Reporting::Failing { why, since } => (Some(false), since, Some(why)),
            Reporting::Unknown(why) => (None, None, Some(why)),
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
    agents.into_iter().map(agent).collect()
}

/// Formats an agent for a cell.
fn agent_cell(agent: &AgentDto, now: jiff::Timestamp) -> String {
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
            left_aligned("TASK"),
            left_aligned("SERVICE"),
            left_aligned("STATUS"),
            left_aligned("HEALTH").rank(1),
            left_aligned("AZ").rank(3),
            numbers("AGE"),
            left_aligned("TASK DEFINITION").rank(2),
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
                Some(
                    task.agents
                        .iter()
                        .map(|agent| agent_cell(agent, self.head.shown.now))
                        .collect::<Vec<_>>()
                        .join(", "),
                )
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
