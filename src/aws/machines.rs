//! EC2 instances as displayed: states, status checks, agents, metrics.

use super::budget::Class;
use super::curves::LIST_METRICS;
use super::ec2::{DESCRIBE, INSTANCE_INFORMATION, parse_instances};
use super::metrics::{GET_METRIC_DATA, query_index, query_of};
use super::pages::AnswerSender;
use super::session::{Action, Caller, Session};
use super::time_limit::wait_until;
use crate::app::effect::Priority;
use crate::config::EnvironmentConfig;
use crate::feeds::aws::Fact;
use crate::model::Failure;
use crate::model::machine::{Agent, Ec2Instance, is_named, is_tagged};
use aws_sdk_cloudwatch::types::{Dimension, DimensionFilter, Metric, MetricDataQuery};
use aws_sdk_ssm::types::InstanceInformationStringFilter;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

pub(super) const STATUS: Action = Action { name: "ec2:DescribeInstanceStatus", class: Class::Ec2 };
/// Number of ids in one filter, and of queries in one request.
const AT_ONCE: usize = 50;
/// The time range in which the newest value is searched.
const LOOK_BACK: SignedDuration = SignedDuration::from_mins(15);
/// Seconds between values of processor use without detailed monitoring.
const PERIOD: i32 = 300;

/// The selection of an environment's instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceScope<'a> {
    /// Ids, or patterns of names.
    Named(&'a [String]),
    /// Instances with this tag `Project`, whose tag `Environment`, if present, is that of the environment.
    Tagged {
        project: &'a str,
        /// The environment's name.
        environment: &'a str,
    },
}

impl<'a> InstanceScope<'a> {
    /// Selects the instances named in the configuration, else those with the environment's tags.
    pub fn of(environment: &'a EnvironmentConfig) -> Self {
        if environment.instances.is_empty() {
            Self::Tagged { project: &environment.project, environment: &environment.name }
        } else {
            Self::Named(&environment.instances)
        }
    }
}

/// Sends the instances requested by a pane.
pub(super) async fn send_machines(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    (named, project, environment): (&[String], &str, &str),
    now: Timestamp,
) -> Result<(), Failure> {
    let which =
        if named.is_empty() { InstanceScope::Tagged { project, environment } } else { InstanceScope::Named(named) };
    let (found, missing) = caller.session.machines(&which, now, None).await?;
    answers.last(Fact::Machines(found, missing)).await;
    Ok(())
}

/// The failed reads; the other values are present.
pub type FailedReads = Vec<Failure>;

impl Session {
    /// Returns the instances of an environment, and the failed reads, within `limit`: an
    /// unanswered read is among the failures.
    ///
    /// # Errors
    /// They cannot be listed.
    /// They cannot be listed.
    pub async fn machines(
        &self,
        which: &InstanceScope<'_>,
        now: Timestamp,
        limit: Option<Duration>,
    ) -> Result<(Vec<Ec2Instance>, FailedReads), Failure> {
        let end = limit.and_then(|limit| Instant::now().checked_add(limit));
        let mut machines = wait_until(end, DESCRIBE.name, self.list_instances(which)).await?;
        machines.sort_by(|a, b| (a.title(), &a.id).cmp(&(b.title(), &b.id)));
        let ids: Vec<String> = machines.iter().map(|machine| machine.id.clone()).collect();
        let mut missing = Vec::new();
        if ids.is_empty() {
            return Ok((machines, missing));
        }
        // Each call is named if it is the one that hangs.
        let figures = async {
            let wanted = wait_until(end, LIST_METRICS.name, self.measured(&ids)).await?;
            wait_until(end, GET_METRIC_DATA.name, self.figures(&wanted, now)).await
        };
        let (statuses, agents, figures) = tokio::join!(
            wait_until(end, STATUS.name, self.statuses(&ids)),
            wait_until(end, INSTANCE_INFORMATION.name, self.agents(&ids)),
            figures
        );
        match statuses {
            Ok(found) => each(&mut machines, found, |machine, (system, own)| {
                (machine.system_check, machine.instance_check) = (Some(system), Some(own));
            }),
            Err(failure) => missing.push(failure),
        }
        match agents {
            Ok(found) => each(&mut machines, found, |machine, agent| machine.agent = Some(agent)),
            Err(failure) => missing.push(failure),
        }
        match figures {
            Ok(found) => each(&mut machines, found, |machine, figures: Figures| {
                (machine.cpu, machine.memory, machine.disk) = (figures.cpu, figures.memory, figures.disk);
            }),
            Err(failure) => missing.push(failure),
        }
        Ok((machines, missing))
    }

    /// Returns the instances of an environment, with only their states.
    ///
    /// # Errors
    /// They cannot be listed.
    pub async fn list_instances(&self, which: &InstanceScope<'_>) -> Result<Vec<Ec2Instance>, Failure> {
        let filters = match which {
            InstanceScope::Named(_) => Vec::new(),
            InstanceScope::Tagged { project, .. } => {
                vec![("Filter.1.Name", "tag:Project".to_owned()), ("Filter.1.Value.1", (*project).to_owned())]
            }
        };
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut parameters = filters.clone();
            parameters.extend(token.take().map(|token| ("NextToken", token)));
            let answer = Caller::new(self, Priority::Operator).ec2(DESCRIBE, &parameters).await?;
            found.extend(parse_instances(&answer));
            match answer.get_owned("nextToken") {
                Some(next) => token = Some(next),
                None => break,
            }
        }
        match which {
            InstanceScope::Named(patterns) => found.retain(|machine| is_named(machine, patterns)),
            InstanceScope::Tagged { project, environment } => {
                found.retain(|machine| is_tagged(machine, project, environment));
            }
        }
        Ok(found)
    }

    async fn statuses(&self, ids: &[String]) -> Result<BTreeMap<String, (String, String)>, Failure> {
        let mut found = BTreeMap::new();
        for some in ids.chunks(AT_ONCE) {
            let keys: Vec<String> = (1..=some.len()).map(|number| format!("InstanceId.{number}")).collect();
            let mut parameters: Vec<(&str, String)> =
                keys.iter().map(String::as_str).zip(some.iter().cloned()).collect();
            parameters.push(("IncludeAllInstances", "true".to_owned()));
            let answer = Caller::new(self, Priority::Operator).ec2(STATUS, &parameters).await?;
            found.extend(answer.children_at("instanceStatusSet").iter().filter_map(|item| {
                let status = (item.get_owned("systemStatus/status")?, item.get_owned("instanceStatus/status")?);
                Some((item.get_owned("instanceId")?, status))
            }));
        }
        Ok(found)
    }

    async fn agents(&self, ids: &[String]) -> Result<BTreeMap<String, Agent>, Failure> {
        let caller = Caller::new(self, Priority::Operator);
        let mut found = BTreeMap::new();
        for some in ids.chunks(AT_ONCE) {
            let filter = InstanceInformationStringFilter::builder().key("InstanceIds").set_values(Some(some.to_vec()));
            let Ok(filter) = filter.build() else { continue };
            let all = caller.all_pages(
                INSTANCE_INFORMATION,
                AT_ONCE,
                |clients, token| {
                    let request = clients.ssm().describe_instance_information().filters(filter.clone());
                    request.set_next_token(token).send()
                },
                |page| (page.instance_information_list.unwrap_or_default(), page.next_token),
            );
            found.extend(Box::pin(all).await?.iter().filter_map(|one| {
                let agent = Agent {
                    ping: one.ping_status().map(|status| status.as_str().to_owned())?,
                    version: one.agent_version().map(str::to_owned),
                };
                Some((one.instance_id()?.to_owned(), agent))
            }));
        }
        Ok(found)
    }

    /// Returns the newest metrics: processor use from EC2, memory and disk use if an agent reports them. The agent's metrics
    /// are listed first, as their dimensions differ between configurations.
    async fn measured(&self, ids: &[String]) -> Result<Vec<(String, Kind, Metric)>, Failure> {
        let caller = Caller::new(self, Priority::Operator);
        let mut wanted: Vec<(String, Kind, Metric)> =
            ids.iter().map(|id| (id.clone(), Kind::Cpu, metric("AWS/EC2", "CPUUtilization", id))).collect();
        for (kind, name) in [(Kind::Memory, "mem_used_percent"), (Kind::Disk, "disk_used_percent")] {
            for id in ids {
                let of = DimensionFilter::builder().name("InstanceId").value(id).build();
                let answer = caller
                    .call(LIST_METRICS, |clients| {
                        let request = clients.cloudwatch().list_metrics().namespace("CWAgent").metric_name(name);
                        request.dimensions(of.clone()).send()
                    })
                    .await?;
                wanted.extend(answer.metrics().iter().map(|metric| (id.clone(), kind, metric.clone())));
            }
        }
        Ok(wanted)
    }

    /// Reads the newest value of each figure of the instances.
    async fn figures(
        &self,
        wanted: &[(String, Kind, Metric)],
        now: Timestamp,
    ) -> Result<BTreeMap<String, Figures>, Failure> {
        let caller = Caller::new(self, Priority::Operator);
        let mut found: BTreeMap<String, Figures> = BTreeMap::new();
        for some in wanted.chunks(AT_ONCE) {
            let queries: Vec<MetricDataQuery> = some
                .iter()
                .enumerate()
                .map(|(place, (_, _, metric))| query_of(place, metric.clone(), PERIOD, "Average"))
                .collect();
            let from = super::convert::to_sdk_time(now - LOOK_BACK);
            let answer = caller
                .call(GET_METRIC_DATA, |clients| {
                    let request = clients
                        .cloudwatch()
                        .get_metric_data()
                        .start_time(from)
                        .end_time(super::convert::to_sdk_time(now));
                    request.set_metric_data_queries(Some(queries.clone())).send()
                })
                .await?;
            for result in answer.metric_data_results() {
                let of = query_index(result).and_then(|place| some.get(place));
                let (Some((id, kind, _)), Some(value)) = (of, result.values().first()) else {
                    continue;
                };
                found.entry(id.clone()).or_default().take(*kind, *value);
            }
        }
        Ok(found)
    }
}

/// The load of an instance, in percent.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    cpu: Option<f64>,
    memory: Option<f64>,
    disk: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Cpu,
    Memory,
    Disk,
}

impl Figures {
    /// Stores a value; of several file systems the fullest counts.
    fn take(&mut self, kind: Kind, value: f64) {
        let place = match kind {
            Kind::Cpu => &mut self.cpu,
            Kind::Memory => &mut self.memory,
            Kind::Disk => &mut self.disk,
        };
        *place = Some(place.map_or(value, |before| before.max(value)));
    }
}

fn metric(namespace: &str, name: &str, id: &str) -> Metric {
    let of = Dimension::builder().name("InstanceId").value(id).build();
    Metric::builder().namespace(namespace).metric_name(name).dimensions(of).build()
}

fn each<T>(machines: &mut [Ec2Instance], mut found: BTreeMap<String, T>, set: impl Fn(&mut Ec2Instance, T)) {
    for machine in machines {
        if let Some(one) = found.remove(&machine.id) {
            set(machine, one);
        }
    }
}
