//! The agents of an environment's tasks with what is known of each, and what of that needs attention.

use super::agent::{self, Agent, Log, Reports};
use super::attention_entry::{Attention, Place};
use super::estate::Estate;
use super::health::Severity;
use super::observed::Observed;
use super::source::{Intervals, Source};
use super::task::Task;
use jiff::Timestamp;

/// Where the log of an agent is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    pub group: String,
    /// None: the environment's region.
    pub region: Option<String>,
    /// `prefix/container/task-id`.
    pub stream: String,
}

/// An agent with whether it reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentStatus {
    pub agent: Agent,
    pub reports: Reports,
}

/// Where an agent's log is.
///
/// # Errors
/// Why it cannot be read in CloudWatch, in a sentence.
fn stream(estate: &Estate, task: &Task, container: &str) -> Result<Stream, String> {
    let definition = estate.task_definitions.get(&task.task_definition);
    let Some(definition) = definition.and_then(Observed::value) else {
        return Err("its task definition was not read".to_owned());
    };
    let log = definition.container(container).and_then(|container| container.log.as_ref());
    match log.map(|log| (log, log.driver.as_str(), &log.group, &log.prefix)) {
        Some((log, "awslogs", Some(group), Some(prefix))) => Ok(Stream {
            group: group.clone(),
            region: log.region.clone(),
            stream: format!("{prefix}/{container}/{}", task.id),
        }),
        Some((_, "awslogs", ..)) => Err("its log has no stream prefix: which stream is its cannot be told".to_owned()),
        Some((_, driver, ..)) => Err(format!("its log goes to {driver}, and not to CloudWatch")),
        None => Err("it writes no log".to_owned()),
    }
}

/// Where the log of a task's first agent is, which is read; none where it has none in CloudWatch.
pub fn to_read(estate: &Estate, task: &Task) -> Option<Stream> {
    let mut running = agent::agents(task).into_iter().filter(|agent| agent.running);
    running.find_map(|agent| stream(estate, task, &agent.container).ok())
}

/// The task of a stream of `awslogs`: `prefix/container/task-id`.
pub fn task_of(stream: &str) -> &str {
    stream.rsplit('/').next().unwrap_or(stream)
}

/// The log of an agent's container, as far as it was read.
fn log_of(estate: &Estate, task: &Task, container: &str, now: Timestamp) -> Log {
    let unread = || Log::Unread("its log was not read".to_owned());
    let at = match stream(estate, task, container) {
        Ok(at) => at,
        Err(why) => return Log::Unread(why),
    };
    let Some(read) = estate.task_logs.get(&(at.group, at.stream)) else { return unread() };
    // One that failed once is read again; after that its lines are too old to judge by.
    let old = || read.age(now).is_none_or(|age| age > Intervals::default().of(Source::Agents) * 2);
    match (read.value(), read.failure()) {
        (Some(_), Some(failure)) if old() => Log::Unread(failure.to_string()),
        (Some(heard), _) => Log::Read(heard.clone()),
        (None, Some(failure)) => Log::Unread(failure.to_string()),
        (None, None) => unread(),
    }
}

/// The agents of a task that runs, as they stand.
pub fn standing(estate: &Estate, task: &Task, now: Timestamp) -> Vec<AgentStatus> {
    let judge = |agent: Agent| {
        let log = log_of(estate, task, &agent.container, now);
        let reports = agent::reports(&agent, &log, task.started_at, now);
        AgentStatus { agent, reports }
    };
    agent::agents(task).into_iter().map(judge).collect()
}

/// Agents that do not report, a row for each service and kind of agent.
pub(super) fn attention(estate: &Estate, now: Timestamp, list: &mut Vec<Attention>) {
    for row in &estate.derived.services {
        let Some(tasks) = estate.derived.tasks.get(&row.name).filter(|tasks| tasks.has_agents) else { continue };
        let tasks = tasks.ids.iter().filter_map(|id| estate.task(id));
        let running: Vec<&Task> =
            tasks.filter(|task| task.last_status == "RUNNING" && task.desired_status == "RUNNING").collect();
        let mut silent: Vec<(&'static str, usize, String, Option<Timestamp>)> = Vec::new();
        for standing in running.iter().flat_map(|task| standing(estate, task, now)) {
            let Reports::No { why, since } = standing.reports else { continue };
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
                place: Place::Service(row.name.clone()),
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
        estate.services.learn(BTreeMap::from([("shop-web".to_owned(), service)]), now);
        estate.tasks.learn(BTreeMap::from([("t1".to_owned(), task)]), now);
        let log = LogConfiguration {
            driver: "awslogs".into(),
            group: Some("/ecs/web".into()),
            prefix: Some("datadog".into()),
            region: None,
        };
        let container = ContainerDefinition { name: "datadog-agent".into(), log: Some(log), ..Default::default() };
        let definition = TaskDefinition { name: "web:1".into(), containers: vec![container], ..Default::default() };
        estate.task_definitions.entry("web:1".to_owned()).or_default().learn(definition, now);
        estate.settle(now);
        estate
    }

    fn told(estate: &mut Estate) -> Vec<String> {
        estate.settle(Timestamp::from_second(1_000_000).unwrap());
        let rows = estate.derived.attention.iter().filter(|row| row.what.contains("datadog"));
        rows.map(|row| format!("{}: {}", row.name, row.what)).collect()
    }

    #[test]
    fn an_agent_that_does_not_run_or_whose_last_word_is_an_error_needs_attention() {
        assert_eq!(
            told(&mut estate("STOPPED")),
            ["shop-web: datadog does not report in 1 of 1 tasks: its container does not run"]
        );
        let mut failing = estate("RUNNING");
        assert_eq!(told(&mut failing), Vec::<String>::new(), "its log was not read: nobody knows");
        let wanted = to_read(&failing, failing.task("t1").unwrap()).unwrap();
        assert_eq!((wanted.group.as_str(), wanted.stream.as_str()), ("/ecs/web", "datadog/datadog-agent/t1"));
        let line = |at, message: &str| LogEvent { at, message: message.into(), ..LogEvent::default() };
        let (good, bad) = (line(1, "x | CORE | INFO | ok"), line(2, "x | CORE | ERROR | 403 Forbidden"));
        let slot = failing.task_logs.entry((wanted.group, wanted.stream)).or_default();
        slot.learn(agent::heard(&[good.clone(), bad.clone()]), Timestamp::from_second(1_000_000).unwrap());
        assert_eq!(
            told(&mut failing),
            [
                "shop-web: datadog does not report in 1 of 1 tasks: its last word is an error: x | CORE | ERROR | 403 Forbidden"
            ]
        );
        let slot = failing.task_logs.values_mut().next().unwrap();
        slot.learn(agent::heard(&[bad, LogEvent { at: 3, ..good }]), Timestamp::from_second(1_000_000).unwrap());
        assert_eq!(told(&mut failing), Vec::<String>::new());
    }

    #[test]
    fn lines_of_long_ago_say_nothing_where_the_log_cannot_be_read_any_more() {
        let mut estate = estate("RUNNING");
        let at = |second: i64| Timestamp::from_second(1_000_000 + second).unwrap();
        let good = LogEvent { at: 999_990_000, message: "x | CORE | INFO | ok".into(), ..LogEvent::default() };
        let slot = estate.task_logs.entry(("/ecs/web".into(), "datadog/datadog-agent/t1".into())).or_default();
        slot.learn(agent::heard(&[good]), at(0));
        let judged = |estate: &Estate, now| standing(estate, estate.task("t1").unwrap(), now)[0].reports.clone();
        assert!(matches!(judged(&estate, at(361)), Reports::Yes(Some(_))), "nothing failed");
        let failure = Failure::new(FailureKind::Denied, "logs:GetLogEvents: not allowed");
        estate.task_logs.values_mut().next().unwrap().fail(failure);
        assert!(matches!(judged(&estate, at(360)), Reports::Yes(Some(_))), "two intervals");
        let old = judged(&estate, at(361));
        assert!(matches!(&old, Reports::Unknown(why) if why.contains("logs:GetLogEvents")), "{old:?}");
    }

    #[test]
    fn a_log_that_may_not_be_read_is_reported_and_not_blamed_on_the_agent() {
        let mut estate = estate("RUNNING");
        let failure = Failure::new(FailureKind::Denied, "logs:GetLogEvents: not allowed");
        estate.task_logs.entry(("/ecs/web".into(), "datadog/datadog-agent/t1".into())).or_default().fail(failure);
        assert_eq!(told(&mut estate), Vec::<String>::new());
        let now = Timestamp::from_second(1_000_000).unwrap();
        let standing = standing(&estate, estate.task("t1").unwrap(), now);
        assert!(standing[0].reports.words(now).contains("logs:GetLogEvents"), "{standing:?}");
    }
}
