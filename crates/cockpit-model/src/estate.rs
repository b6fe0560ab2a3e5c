//! Everything observed of one environment, and what follows from it.
//!
//! Facts enter through the `Observed` fields only; [`Estate::settle`] derives the rows that the
//! screen and the reports read. No requests and no scheduling live here.

use super::agent::Heard;
use super::alarm::{Alarm, Mute};
use super::attention_entry::Attention;
use super::database::{Database, DbCluster, DbInstance};
use super::database_history::DatabaseSnapshot;
use super::endpoints::Endpoints;
use super::failure::Failure;
use super::health::Assessment;
use super::health::Health;
use super::health_probe::declared::Issued;
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
    /// Where it is asked: known before anybody answers.
    pub endpoints: Endpoints,
    pub cluster: Observed<Cluster>,
    /// Services by name.
    pub services: Observed<BTreeMap<String, Service>>,
    /// Names that were seen beside those of the environment, by the list that had them.
    pub others: BTreeMap<Source, Vec<String>>,
    /// Whether a list was read since `unmatched` was made.
    pub listed: bool,
    /// Names of the configuration that nothing in AWS has.
    pub unmatched: Vec<Unmatched>,
    /// Tasks by id, those stopped within the last hour too.
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
    /// ARNs of the target groups that the configuration names beside those of the services.
    pub target_groups: Observed<Vec<String>>,
    /// Targets by the ARN of their group.
    pub targets: BTreeMap<String, Observed<Vec<Target>>>,
    /// Aurora clusters.
    pub db_clusters: Observed<Vec<DbCluster>>,
    /// Database instances.
    pub db_instances: Observed<Vec<DbInstance>>,
    /// Snapshots of the environment's databases.
    pub db_snapshots: Observed<Vec<DatabaseSnapshot>>,
    /// Certificates of the load balancers in front of its services; read for the screen.
    pub certificates: Observed<Vec<Issued>>,
    pub alarms: Observed<Vec<Alarm>>,
    /// Rules by which some of them notify nobody now; read with the alarms.
    pub alarm_mutes: Observed<Vec<Mute>>,
    /// Log groups whose names begin as the configuration names some, or as its patterns do.
    pub log_groups: Observed<Vec<String>>,
    /// Changes of the alarms, newest first.
    pub alarm_changes: Observed<Vec<AlarmChange>>,
    /// Events of RDS, oldest first.
    pub rds_events: Observed<Vec<RdsEvent>>,
    /// Writes that `CloudTrail` has recorded, newest first.
    pub trail: Observed<Vec<TrailEvent>>,
    /// Whether the function that stops and starts the environment is there.
    pub function: Observed<bool>,
    /// Parameters, in the order of their names; read once somebody looks at them.
    pub parameters: Observed<Vec<Parameter>>,
    /// The names and folders that parameters were asked for under.
    pub parameters_under: Vec<String>,
    /// Secrets of the region; read with the parameters.
    pub secrets: Observed<Vec<Secret>>,
    /// When metrics were last read; the curves are in `series`.
    pub metrics: Observed<()>,
    /// Curves by their key.
    pub series: BTreeMap<MetricKey, Series>,
    /// The state that the last lines of streams tell, by group and stream, where they were asked for.
    pub task_logs: BTreeMap<(String, String), Observed<Heard>>,
    /// The part of it that has changed since it was last judged.
    pub unjudged: Unjudged,
    /// Rows, health and reasons that follow from the above.
    pub derived: Derived,
}

/// The changes since the last judgement: of a large environment only these are judged again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unjudged {
    /// Everything, or something that concerns many services.
    pub all: bool,
    /// These services, their tasks, or what belongs to them.
    pub services: BTreeSet<String>,
}

impl Default for Unjudged {
    fn default() -> Self {
        Self { all: true, services: BTreeSet::new() }
    }
}

impl Unjudged {
    /// A service has changed.
    pub fn mark(&mut self, service: &str) {
        if !self.all && !self.services.contains(service) {
            self.services.insert(service.to_owned());
        }
    }
}

/// Rows, health and reasons that [`Estate::settle`] derives.
#[derive(Debug, Clone, Default)]
pub struct Derived {
    /// The beginning that all services' names share.
    pub prefix: String,
    /// Services in the order of their names.
    pub services: Vec<ServiceRow>,
    /// Databases in the order of their identifiers.
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
    /// Whether all run and none has ended: no judgement needs to look at them, now or later.
    pub(super) all_running: bool,
    /// Whether some have an agent beside their own containers.
    pub has_agents: bool,
}

/// A service with what lists show of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceRow {
    /// Whole name.
    pub name: String,
    /// Name without what all share and without what a tool has added.
    pub short: String,
    /// Health and reasons.
    pub assessment: Assessment,
    /// Desired count.
    pub desired: u32,
    pub running: u32,
    pub pending: u32,
    /// Limits of its autoscaling.
    pub limits: Option<(u32, u32)>,
    /// `completed`, `in progress`, `rolled back` …
    pub rollout: String,
    /// The health that the rollout stands for.
    pub rollout_health: Health,
    /// `family:revision`.
    pub task_definition: String,
    /// The version of its main container's image.
    pub image: Option<String>,
    /// CPU of the newest point, in percent.
    pub cpu: Option<f64>,
    /// Newest memory percent.
    pub memory: Option<f64>,
    /// When its primary deployment was made.
    pub deployed_at: Option<Timestamp>,
    /// Tasks of the primary deployment that failed, within an hour.
    pub failed_tasks: usize,
}

/// A database with its judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct DatabaseRow {
    pub database: Database,
    /// Health and reasons.
    pub assessment: Assessment,
}

/// How one source stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceStatus {
    /// The oldest of its good reads; `None` if any part was never read.
    pub at: Option<Timestamp>,
    /// Its failure, if the last read failed.
    pub failure: Option<Failure>,
    /// The missing part, in a sentence.
    pub partial: Option<String>,
    /// Whether there is anything to read at all.
    pub used: bool,
}

impl Estate {
    /// How a source stands, whichever field holds it.
    pub fn status(&self, source: Source) -> SourceStatus {
        fn one<T>(observed: &Observed<T>) -> SourceStatus {
            SourceStatus {
                at: observed.at(),
                failure: observed.failure().cloned(),
                partial: observed.partial().map(str::to_owned),
                used: observed.at().is_some() || observed.failure().is_some() || observed.value().is_some(),
            }
        }
        fn many<'a, T: 'a>(all: impl Iterator<Item = (&'a String, &'a Observed<T>)>) -> SourceStatus {
            let mut status = SourceStatus::default();
            let (mut count, mut failed) = (0usize, 0usize);
            for (_, observed) in all {
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
                // Without its list, nobody knows which groups are missing.
                if let Some(failure) = self.target_groups.failure() {
                    status.used = true;
                    status.failure.get_or_insert_with(|| failure.clone());
                }
                status
            }
            // Panes keep what they ask for themselves.
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

    /// The image of the container that a service is about, in one of its task definitions, once that was read; none
    /// where that container cannot be told.
    pub fn image_of(&self, service: &Service, task_definition: &str) -> Option<&str> {
        let definition = self.task_definitions.get(task_definition)?.value()?;
        definition.main_container(service).map(|container| container.image.as_str())
    }

    /// A service by its whole name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.value()?.get(name)
    }

    /// A service's row by its whole name.
    pub fn service_row(&self, name: &str) -> Option<&ServiceRow> {
        self.derived
            .services
            .binary_search_by(|row| row.name.as_str().cmp(name))
            .ok()
            .map(|at| &self.derived.services[at])
    }

    /// The whole name for what a person typed: the whole name, the short one, or words that only it has.
    ///
    /// # Errors
    /// The names that it could be: several, or none.
    pub fn resolve_service(&self, typed: &str) -> Result<&str, Vec<&str>> {
        names::find_with(typed, self.derived.services.iter().map(|row| (row.name.as_str(), row.short.as_str())))
    }

    /// The task with this id.
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.value()?.get(id)
    }

    /// Tasks of a service, those not stopped first, newest first.
    pub fn tasks_of<'a>(&'a self, service: &str) -> impl Iterator<Item = &'a Task> {
        let ids = self.derived.tasks.get(service).map_or(&[][..], |tasks| tasks.ids.as_slice());
        ids.iter().filter_map(|id| self.task(id))
    }
}
