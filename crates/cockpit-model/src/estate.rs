//! Everything observed of one environment, and everything derived from it.
//!
//! Facts enter only through the `Observed` fields; [`Estate::settle`] derives the rows that the screen and the reports
//! use. Requests and scheduling do not belong here.

use super::agent::LogStatus;
use super::alarm::{Alarm, Mute};
use super::attention_entry::Attention;
use super::database::{Database, DbCluster, DbInstance};
use super::database_history::DatabaseSnapshot;
use super::endpoints::Endpoints;
use super::failure::Failure;
use super::health::Assessment;
use super::health::Health;
use super::health_probe::declared::AcmCertificate;
use super::identity::Identity;
use super::metric::{MetricKey, Series};
use super::names;
use super::observed::Observed;
use super::parameters::{Parameter, Secret};
use super::rollout::ServiceDeployment;
use super::scaling::{ScalableTarget, ScalingActivity, ScalingPolicy, ScheduledAction};
use super::service::{Cluster, Service};
use super::source::Source;
use super::target::Target;
use super::task::Task;
use super::task_definition::TaskDefinition;
use super::timeline::facts::{AlarmChange, RdsEvent, TrailEvent};
use super::timer::Timer;
use super::unmatched::Unmatched;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The facts about one environment.
#[derive(Debug, Clone, Default)]
pub struct Estate {
    /// The identity of the credentials.
    pub identity: Observed<Identity>,
    /// The endpoints in use, known before the first answer.
    pub endpoints: Endpoints,
    pub cluster: Observed<Cluster>,
    /// Services by name.
    pub services: Observed<BTreeMap<String, Service>>,
    /// Names outside the environment, by the source that listed them.
    pub foreign_names: BTreeMap<Source, Vec<String>>,
    /// Whether a list was read since `unmatched` was computed.
    pub lists_changed: bool,
    /// Names in the configuration that match nothing in AWS.
    pub unmatched: Vec<Unmatched>,
    /// Tasks by id, including those stopped within the last hour.
    pub tasks: Observed<BTreeMap<String, Task>>,
    /// Task definitions by `family:revision`.
    pub task_definitions: BTreeMap<String, Observed<TaskDefinition>>,
    /// History of deployments by service.
    pub rollouts: BTreeMap<String, Observed<Vec<ServiceDeployment>>>,
    pub scalable: Observed<Vec<ScalableTarget>>,
    pub policies: Observed<Vec<ScalingPolicy>>,
    pub scheduled: Observed<Vec<ScheduledAction>>,
    /// Schedules that stop and start the environment.
    pub schedules: Observed<Vec<Timer>>,
    /// Scaling activities, newest first.
    pub activities: Observed<Vec<ScalingActivity>>,
    /// ARNs of the target groups that the configuration names in addition to those of the services.
    pub target_groups: Observed<Vec<String>>,
    /// Targets by the ARN of their group.
    pub targets: BTreeMap<String, Observed<Vec<Target>>>,
    /// Aurora clusters.
    pub db_clusters: Observed<Vec<DbCluster>>,
    /// Database instances.
    pub db_instances: Observed<Vec<DbInstance>>,
    /// Snapshots of the environment's databases.
    pub db_snapshots: Observed<Vec<DatabaseSnapshot>>,
    /// Certificates of the load balancers in front of its services; read only for the screen.
    pub certificates: Observed<Vec<AcmCertificate>>,
    pub alarms: Observed<Vec<Alarm>>,
    /// Mute rules of the alarms; read with the alarms.
    pub alarm_mutes: Observed<Vec<Mute>>,
    /// Log groups that match the prefixes or patterns of the configuration.
    pub log_groups: Observed<Vec<String>>,
    /// State changes of the alarms, newest first.
    pub alarm_changes: Observed<Vec<AlarmChange>>,
    /// Events of RDS, oldest first.
    pub rds_events: Observed<Vec<RdsEvent>>,
    /// Write events recorded by `CloudTrail`, newest first.
    pub trail: Observed<Vec<TrailEvent>>,
    /// Whether the function that stops and starts the environment exists.
    pub function: Observed<bool>,
    /// Parameters sorted by name; read once somebody opens them.
    pub parameters: Observed<Vec<Parameter>>,
    /// The names and paths under which parameters were requested.
    pub parameter_paths: Vec<String>,
    /// Secrets of the region; read with the parameters.
    pub secrets: Observed<Vec<Secret>>,
    /// When metrics were last read; the values are in `series`.
    pub metrics: Observed<()>,
    /// Metric series by key.
    pub series: BTreeMap<MetricKey, Series>,
    /// The agent state derived from the last lines of log streams, by group and stream; only for streams that were
    /// requested.
    pub task_logs: BTreeMap<(String, String), Observed<LogStatus>>,
    /// The part that changed since the last assessment.
    pub dirty: DirtyState,
    /// Rows, health and reasons derived from the above.
    pub derived: Derived,
}

/// The changes since the last assessment. In a large environment only these are assessed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirtyState {
    /// Everything, or something that affects many services.
    pub all: bool,
    /// Services that changed, or whose tasks or related resources did.
    pub services: BTreeSet<String>,
}

impl Default for DirtyState {
    fn default() -> Self {
        Self { all: true, services: BTreeSet::new() }
    }
}

impl DirtyState {
    /// Records that a service has changed.
    pub fn mark(&mut self, service: &str) {
        if !self.all && !self.services.contains(service) {
            self.services.insert(service.to_owned());
        }
    }
}

/// Rows, health and reasons that [`Estate::settle`] derives.
#[derive(Debug, Clone, Default)]
pub struct Derived {
    /// The prefix that all service names share.
    pub prefix: String,
    /// Services sorted by name.
    pub services: Vec<ServiceRow>,
    /// Databases sorted by identifier.
    pub databases: Vec<DatabaseRow>,
    /// The needs-attention list, ranked.
    pub attention: Vec<Attention>,
    /// Each service's tasks.
    pub tasks: HashMap<String, ServiceTasks>,
}

/// The tasks of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceTasks {
    /// The ids of its tasks: running before stopped, newest first.
    pub ids: Vec<String>,
    /// Whether all tasks are running and none has ended, so that no rule needs to examine them.
    pub(super) all_running: bool,
    /// Whether any task has an agent beside its own containers.
    pub has_agents: bool,
}

/// A service with the values that lists show.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceRow {
    /// The full name.
    pub name: String,
    /// The name without the shared prefix and without suffixes added by tools.
    pub short: String,
    /// Health and reasons.
    pub assessment: Assessment,
    /// Desired count.
    pub desired: u32,
    pub running: u32,
    pub pending: u32,
    /// Minimum and maximum of its autoscaling.
    pub limits: Option<(u32, u32)>,
    /// `completed`, `in progress`, `rolled back` …
    pub rollout: String,
    /// The health that the rollout corresponds to.
    pub rollout_health: Health,
    /// `family:revision`.
    pub task_definition: String,
    /// The version of its main container's image.
    pub image: Option<String>,
    /// The newest CPU value, in percent.
    pub cpu: Option<f64>,
    /// The newest memory value, in percent.
    pub memory: Option<f64>,
    /// When its primary deployment was created.
    pub deployed_at: Option<Timestamp>,
    /// Failed tasks of the primary deployment within the last hour.
    pub failed_tasks: usize,
}

/// A database with its assessment.
#[derive(Debug, Clone, PartialEq)]
pub struct DatabaseRow {
    pub database: Database,
    /// Health and reasons.
    pub assessment: Assessment,
}

/// The status of one source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceStatus {
    /// Time of the oldest successful read; `None` if any part was never read.
    pub at: Option<Timestamp>,
    /// Its failure, if the last read failed.
    pub failure: Option<Failure>,
    /// The missing part, as a sentence.
    pub partial: Option<String>,
    /// Whether there is anything to read at all.
    pub used: bool,
}

impl Estate {
    /// Returns the status of a source.
    pub fn status(&self, source: Source) -> SourceStatus {
        fn one<T>(observed: &Observed<T>) -> SourceStatus {
            SourceStatus {
                at: observed.at(),
                failure: observed.failure().cloned(),
                partial: observed.partial().map(str::to_owned),
                used: observed.at().is_some() || observed.failure().is_some() || observed.value().is_some(),
            }
        }
        fn many<'a, T: 'a>(parts: impl Iterator<Item = (&'a String, &'a Observed<T>)>) -> SourceStatus {
            let mut status = SourceStatus::default();
            let (mut count, mut failed) = (0usize, 0usize);
            for (_, observed) in parts {
                count += 1;
                status.used = true;
                if let Some(failure) = observed.failure() {
                    failed += 1;
                    status.failure.get_or_insert_with(|| failure.clone());
                }
                status.at = match (status.at, observed.at()) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
            if failed > 0 && failed < count {
                let why = status.failure.take().map(|failure| format!(": {failure}")).unwrap_or_default();
                status.partial = Some(format!("{failed} of {count} could not be read{why}"));
            }
            status
        }
        match source {
            Source::Identity => one(&self.identity),
            Source::Cluster => one(&self.cluster),
            Source::Services => one(&self.services),
            Source::Tasks => one(&self.tasks),
            Source::TaskDefinitions => many(self.task_definitions.iter()),
            Source::Rollouts => many(self.rollouts.iter()),
            Source::ScalableTargets => one(&self.scalable),
            Source::ScalingPolicies => one(&self.policies),
            Source::ScheduledActions => one(&self.scheduled),
            Source::Schedules => one(&self.schedules),
            Source::ScalingActivities => one(&self.activities),
            Source::Targets => {
                let mut status = many(self.targets.iter());
                // Without the list, it is unknown which groups are missing.
                if let Some(failure) = self.target_groups.failure() {
                    status.used = true;
                    status.failure.get_or_insert_with(|| failure.clone());
                }
                status
            }
            // Panes keep the data that they request for themselves.
            Source::Logs | Source::Costs | Source::Instances | Source::UserPool => SourceStatus::default(),
            Source::DbClusters => one(&self.db_clusters),
            Source::DbInstances => one(&self.db_instances),
            Source::DbSnapshots => one(&self.db_snapshots),
            Source::Certificates => one(&self.certificates),
            Source::Alarms => one(&self.alarms),
            Source::AlarmMutes => one(&self.alarm_mutes),
            Source::Metrics => one(&self.metrics),
            Source::LogGroups => one(&self.log_groups),
            Source::Function => one(&self.function),
            Source::Parameters => one(&self.parameters),
            Source::AlarmHistory => one(&self.alarm_changes),
            Source::RdsEvents => one(&self.rds_events),
            Source::Trail => one(&self.trail),
            Source::Agents => many(self.task_logs.iter().map(|((_, stream), lines)| (stream, lines))),
        }
    }

    /// Returns the image of a service's main container in one of its task definitions, once that was read; `None` if
    /// the main container cannot be determined.
    pub fn image_of(&self, service: &Service, task_definition: &str) -> Option<&str> {
        let definition = self.task_definitions.get(task_definition)?.value()?;
        definition.main_container(service).map(|container| container.image.as_str())
    }

    /// Returns a service by its full name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.value()?.get(name)
    }

    /// Returns a service's row by its full name.
    pub fn service_row(&self, name: &str) -> Option<&ServiceRow> {
        self.derived
            .services
            .binary_search_by(|row| row.name.as_str().cmp(name))
            .ok()
            .map(|at| &self.derived.services[at])
    }

    /// Resolves typed text to a full service name: the full name, the short name, or words that match only one.
    ///
    /// # Errors
    /// The candidate names: several, or none.
    pub fn resolve_service(&self, typed: &str) -> Result<&str, Vec<&str>> {
        names::find_with(typed, self.derived.services.iter().map(|row| (row.name.as_str(), row.short.as_str())))
    }

    /// Returns the task with this id.
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.value()?.get(id)
    }

    /// Returns the tasks of a service: running before stopped, newest first.
    pub fn tasks_of<'a>(&'a self, service: &str) -> impl Iterator<Item = &'a Task> {
        let ids = self.derived.tasks.get(service).map_or(&[][..], |tasks| tasks.ids.as_slice());
        ids.iter().filter_map(|id| self.task(id))
    }
}
