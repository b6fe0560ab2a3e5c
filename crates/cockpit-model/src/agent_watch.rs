//! The monitoring agents of an environment's tasks, with their status and their entries in the needs-attention list.

use super::agent::{self, Agent, Log, Reporting};
use super::attention_entry::{Attention, AttentionSubject};
use super::estate::Estate;
use super::health::Severity;
use super::observed::Observed;
use super::source::{Intervals, Source};
use super::task::Task;
use jiff::Timestamp;

/// The location of an agent's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLocation {
    pub group: String,
    /// `None` means the environment's region.
    pub region: Option<String>,
    /// `prefix/container/task-id`.
    pub stream: String,
}

/// An agent and whether it reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentStatus {
    pub agent: Agent,
    pub reports: Reporting,
}

/// Returns the location of an agent's log.
///
/// # Errors
/// The reason why the log cannot be read from CloudWatch, as a sentence.
fn stream(estate: &Estate, task: &Task, container: &str) -> Result<LogLocation, String> {
    let definition = estate.task_definitions.get(&task.task_definition);
    let Some(definition) = definition.and_then(Observed::value) else {
        return Err("its task definition was not read".to_owned());
    };
    let log = definition.container(container).and_then(|container| container.log.as_ref());
    match log.map(|log| (log, log.driver.as_str(), &log.group, &log.prefix)) {
        Some((log, "awslogs", Some(group), Some(prefix))) => Ok(LogLocation {
            group: group.clone(),
            region: log.region.clone(),
            stream: format!("{prefix}/{container}/{}", task.id),
        }),
        Some((_, "awslogs", ..)) => Err("its log has no stream prefix: which stream is its cannot be told".to_owned()),
        Some((_, driver, ..)) => Err(format!("its log goes to {driver}, and not to CloudWatch")),
        None => Err("it writes no log".to_owned()),
    }
}

/// Returns the log location of the first running agent of a task whose log is in CloudWatch.
pub fn log_to_read(estate: &Estate, task: &Task) -> Option<LogLocation> {
    let mut running = agent::agents(task).into_iter().filter(|agent| agent.running);
    running.find_map(|agent| stream(estate, task, &agent.container).ok())
}

/// Returns the task id of an `awslogs` stream name: `prefix/container/task-id`.
pub fn task_of(stream: &str) -> &str {
    stream.rsplit('/').next().unwrap_or(stream)
}

/// Returns the log of an agent's container, or why it was not read.
fn log_of(estate: &Estate, task: &Task, container: &str, now: Timestamp) -> Log {
    let unread = || Log::Unread("its log was not read".to_owned());
    let at = match stream(estate, task, container) {
        Ok(at) => at,
        Err(why) => return Log::Unread(why),
    };
    let Some(read) = estate.task_logs.get(&(at.group, at.stream)) else { return unread() };
    // After one failed read the known lines are still used; later they are too old to judge by.
    let old = || read.age(now).is_none_or(|age| age > Intervals::default().of(Source::Agents) * 2);
    match (read.value(), read.failure()) {
        (Some(_), Some(failure)) if old() => Log::Unread(failure.to_string()),
        (Some(heard), _) => Log::Read(heard.clone()),
        (None, Some(failure)) => Log::Unread(failure.to_string()),
        (None, None) => unread(),
    }
}

/// Returns the agents of a running task with their current status.
pub fn agent_statuses(estate: &Estate, task: &Task, now: Timestamp) -> Vec<AgentStatus> {
    let judge = |agent: Agent| {
        let log = log_of(estate, task, &agent.container, now);
        let reports = agent::reports(&agent, &log, task.started_at, now);
        AgentStatus { agent, reports }
    };
    agent::agents(task).into_iter().map(judge).collect()
}

/// Adds an entry for each service and kind of agent that does not report.
pub(super) fn attention(estate: &Estate, now: Timestamp, list: &mut Vec<Attention>) {
    for row in &estate.derived.services {
        let Some(tasks) = estate.derived.tasks.get(&row.name).filter(|tasks| tasks.has_agents) else { continue };
        let tasks = tasks.ids.iter().filter_map(|id| estate.task(id));
        let running: Vec<&Task> =
            tasks.filter(|task| task.last_status == "RUNNING" && task.desired_status == "RUNNING").collect();
        let mut silent: Vec<(&'static str, usize, String, Option<Timestamp>)> = Vec::new();
        for standing in running.iter().flat_map(|task| agent_statuses(estate, task, now)) {
            let Reporting::Failing { why, since } = standing.reports else { continue };
            match silent.iter_mut().find(|(kind, ..)| *kind == standing.agent.kind) {
                Some((_, count, _, from)) => {
                    *count += 1;
                    *from = [*from, since].into_iter().flatten().min();
                }
                None => silent.push((standing.agent.kind, 1, why, since)),
            }
        }
        for (kind, count, why, since) in silent {
            list.push(Attention {
                severity: Severity::Warning,
                subject: AttentionSubject::Service(row.name.clone()),
                name: row.short.clone(),
                what: format!("{kind} does not report in {count} of {} tasks: {why}", running.len()),
                since,
                hint: Some(format!(
                    "look at its log (`cockpit logs {}`): its key, its site, and whether it reaches them; a new deployment restarts it",
                    row.short
                )),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Failure, FailureKind};
    use crate::logs::LogEvent;
    use crate::service::Service;
    use crate::task::Container;
    use crate::task_definition::{ContainerDefinition, LogConfiguration, TaskDefinition};
    use std::collections::BTreeMap;

    fn estate(agent: &str) -> Estate {
        let mut estate = Estate::default();
        let now = Timestamp::from_second(1_000_000).unwrap();
        let container = |name: &str, image: &str, status: &str| Container {
            name: name.into(),
            image: image.into(),
            status: status.into(),
            health: "UNKNOWN".into(),
            ..Container::default()
        };
        let task = Task {
            id: "t1".into(),
            service: Some("shop-web".into()),
            task_definition: "web:1".into(),
            last_status: "RUNNING".into(),
            desired_status: "RUNNING".into(),
            started_at: Timestamp::from_second(0).ok(),
            containers: vec![
                container("web", "web:1", "RUNNING"),
                container("datadog-agent", "datadog/agent:7", agent),
            ],
            ..Task::default()
        };
        let service = Service { name: "shop-web".into(), desired: 1, running: 1, ..Service::default() };
        estate.services.record(BTreeMap::from([("shop-web".to_owned(), service)]), now);
        estate.tasks.record(BTreeMap::from([("t1".to_owned(), task)]), now);
        let log = LogConfiguration {
            driver: "awslogs".into(),
            group: Some("/ecs/web".into()),
            prefix: Some("datadog".into()),
            region: None,
        };
        let container = ContainerDefinition { name: "datadog-agent".into(), log: Some(log), ..Default::default() };
        let definition = TaskDefinition { name: "web:1".into(), containers: vec![container], ..Default::default() };
        estate.task_definitions.entry("web:1".to_owned()).or_default().record(definition, now);
        estate.settle(now);
        estate
    }

    fn needs_attention(estate: &mut Estate) -> Vec<String> {
        estate.settle(Timestamp::from_second(1_000_000).unwrap());
        let rows = estate.derived.attention.iter().filter(|row| row.what.contains("datadog"));
        rows.map(|row| format!("{}: {}", row.name, row.what)).collect()
    }

    #[test]
    fn stopped_or_failing_agent_needs_attention() {
        assert_eq!(
            needs_attention(&mut estate("STOPPED")),
            ["shop-web: datadog does not report in 1 of 1 tasks: its container does not run"]
        );
        let mut failing = estate("RUNNING");
        assert_eq!(needs_attention(&mut failing), Vec::<String>::new(), "its log was not read: unknown");
        let wanted = log_to_read(&failing, failing.task("t1").unwrap()).unwrap();
        assert_eq!((wanted.group.as_str(), wanted.stream.as_str()), ("/ecs/web", "datadog/datadog-agent/t1"));
        let line = |at, message: &str| LogEvent { at, message: message.into(), ..LogEvent::default() };
        let (good, bad) = (line(1, "x | CORE | INFO | ok"), line(2, "x | CORE | ERROR | 403 Forbidden"));
        let slot = failing.task_logs.entry((wanted.group, wanted.stream)).or_default();
        slot.record(agent::log_status(&[good.clone(), bad.clone()]), Timestamp::from_second(1_000_000).unwrap());
        assert_eq!(
            needs_attention(&mut failing),
            [
                "shop-web: datadog does not report in 1 of 1 tasks: its last log line is an error: x | CORE | ERROR | 403 Forbidden"
            ]
        );
        let slot = failing.task_logs.values_mut().next().unwrap();
        slot.record(agent::log_status(&[bad, LogEvent { at: 3, ..good }]), Timestamp::from_second(1_000_000).unwrap());
        assert_eq!(needs_attention(&mut failing), Vec::<String>::new());
    }

    #[test]
    fn old_lines_are_ignored_once_the_log_cannot_be_read() {
        let mut estate = estate("RUNNING");
        let at = |second: i64| Timestamp::from_second(1_000_000 + second).unwrap();
        let good = LogEvent { at: 999_990_000, message: "x | CORE | INFO | ok".into(), ..LogEvent::default() };
        let slot = estate.task_logs.entry(("/ecs/web".into(), "datadog/datadog-agent/t1".into())).or_default();
        slot.record(agent::log_status(&[good]), at(0));
        let judged = |estate: &Estate, now| agent_statuses(estate, estate.task("t1").unwrap(), now)[0].reports.clone();
        assert!(matches!(judged(&estate, at(361)), Reporting::Active(Some(_))), "nothing failed");
        let failure = Failure::new(FailureKind::Denied, "logs:GetLogEvents: not allowed");
        estate.task_logs.values_mut().next().unwrap().record_failure(failure);
        assert!(matches!(judged(&estate, at(360)), Reporting::Active(Some(_))), "two intervals");
        let old = judged(&estate, at(361));
        assert!(matches!(&old, Reporting::Unknown(why) if why.contains("logs:GetLogEvents")), "{old:?}");
    }

    #[test]
    fn denied_log_access_is_reported_without_blaming_the_agent() {
        let mut estate = estate("RUNNING");
        let failure = Failure::new(FailureKind::Denied, "logs:GetLogEvents: not allowed");
        estate
            .task_logs
            .entry(("/ecs/web".into(), "datadog/datadog-agent/t1".into()))
            .or_default()
            .record_failure(failure);
        assert_eq!(needs_attention(&mut estate), Vec::<String>::new());
        let now = Timestamp::from_second(1_000_000).unwrap();
        let standing = agent_statuses(&estate, estate.task("t1").unwrap(), now);
        assert!(standing[0].reports.describe(now).contains("logs:GetLogEvents"), "{standing:?}");
    }
}
