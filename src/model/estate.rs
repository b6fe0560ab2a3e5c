//! Everything observed of one environment, and what follows from it.
//!
//! Facts enter through the `Observed` fields only; [`Estate::settle`] derives the rows that the
//! screen and the reports read. No requests and no scheduling live here.

use super::alarm::Alarm;
use super::attention::{self, Attention};
use super::database::{self, Database, DbCluster, DbInstance};
use super::database_health;
use super::failure::Failure;
use super::health::Health;
use super::health::{self, Assessment, Evidence};
use super::identity::Identity;
use super::logs::LogEvent;
use super::metric::{MetricKey, Series};
use super::names::{self, Shortening};
use super::observed::Observed;
use super::rollout::ServiceDeployment;
use super::rollout_words;
use super::scaling::{ScalableTarget, ScalingActivity, ScalingPolicy, ScheduledAction};
use super::service::{Cluster, Service};
use super::source::Source;
use super::target::Target;
use super::task::Task;
use super::task_definition::{TaskDefinition, image_version};
use super::timer::Timer;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The facts about one environment.
#[derive(Debug, Clone, Default)]
pub struct Estate {
    /// Who asks.
    pub identity: Observed<Identity>,
    /// The cluster.
    pub cluster: Observed<Cluster>,
    /// Services by name.
    pub services: Observed<BTreeMap<String, Service>>,
    /// Services that the configuration names and AWS does not know.
    pub missing_services: Vec<String>,
    /// Tasks by id, those stopped within the last hour too.
    pub tasks: Observed<BTreeMap<String, Task>>,
    /// Task definitions by `family:revision`.
    pub task_definitions: BTreeMap<String, Observed<TaskDefinition>>,
    /// History of deployments by service.
    pub rollouts: BTreeMap<String, Observed<Vec<ServiceDeployment>>>,
    /// Scalable targets.
    pub scalable: Observed<Vec<ScalableTarget>>,
    /// Scaling policies.
    pub policies: Observed<Vec<ScalingPolicy>>,
    /// Scheduled actions.
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
    /// Alarms.
    pub alarms: Observed<Vec<Alarm>>,
    /// When metrics were last read; the curves are in `series`.
    pub metrics: Observed<()>,
    /// Curves.
    pub series: BTreeMap<MetricKey, Series>,
    /// The last lines of streams that were asked for, by group and stream.
    pub task_logs: BTreeMap<(String, String), Observed<Vec<LogEvent>>>,
    /// What of it has changed since it was last judged.
    pub unjudged: Unjudged,
    /// What follows from the above.
    pub derived: Derived,
}

/// What has changed since the last judgement: of a large environment only that is judged again.
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

/// What [`Estate::settle`] derives.
#[derive(Debug, Clone, Default)]
pub struct Derived {
    /// The beginning that all services' names share.
    pub prefix: String,
    /// Services in the order of their names.
    pub services: Vec<ServiceRow>,
    /// Databases in the order of their identifiers.
    pub databases: Vec<DatabaseRow>,
    /// What needs attention, ranked.
    pub attention: Vec<Attention>,
    /// Each service's tasks.
    pub tasks: HashMap<String, ServiceTasks>,
}

/// The tasks of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceTasks {
    /// Those not stopped first, newest first.
    pub ids: Vec<String>,
    /// All run and none has ended: no judgement needs to look at them, now or later.
    calm: bool,
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
    /// Running.
    pub running: u32,
    /// Pending.
    pub pending: u32,
    /// Limits of its autoscaling.
    pub limits: Option<(u32, u32)>,
    /// `completed`, `in progress`, `rolled back` …
    pub rollout: String,
    /// How that stands.
    pub rollout_health: Health,
    /// `family:revision`.
    pub task_definition: String,
    /// The version of its main container's image.
    pub image: Option<String>,
    /// Newest CPU percent.
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
    /// The database.
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
    /// What is missing.
    pub partial: Option<String>,
    /// Whether there is anything to read at all.
    pub used: bool,
}

impl ServiceTasks {
    /// Of these tasks of one service; none for none.
    fn of(mut tasks: Vec<&Task>) -> Option<Self> {
        if tasks.is_empty() {
            return None;
        }
        tasks.sort_by_key(|task| {
            (task.stopped(), std::cmp::Reverse(task.stopped_at.or(task.created_at)), task.id.as_str())
        });
        let calm = tasks.iter().all(|task| task.last_status == "RUNNING");
        Some(Self { ids: tasks.iter().map(|task| task.id.clone()).collect(), calm })
    }
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
            Source::Logs => SourceStatus::default(),
            Source::DbClusters => one(&self.db_clusters),
            Source::DbInstances => one(&self.db_instances),
            Source::Alarms => one(&self.alarms),
            Source::Metrics => one(&self.metrics),
        }
    }

    /// Derives rows, judgements and the needs-attention list from the facts at `now`.
    pub fn settle(&mut self, now: Timestamp) {
        let mut by_service: HashMap<&str, Vec<&Task>> = HashMap::new();
        for task in self.tasks.value().into_iter().flat_map(BTreeMap::values) {
            if let Some(service) = task.service.as_deref() {
                by_service.entry(service).or_default().push(task);
            }
        }
        let tasks =
            by_service.into_iter().filter_map(|(service, tasks)| Some((service.to_owned(), ServiceTasks::of(tasks)?)));
        self.derived.tasks = tasks.collect();
        self.judge(now);
    }

    /// The same for the services that have changed alone; gives back their names. To be called where
    /// [`Unjudged::all`] is not said: then it leaves the same rows as [`Self::settle`].
    pub fn settle_changed(&mut self, now: Timestamp) -> BTreeSet<String> {
        let changed = std::mem::take(&mut self.unjudged.services);
        let mut tasks: HashMap<&str, Vec<&Task>> = changed.iter().map(|name| (name.as_str(), Vec::new())).collect();
        for task in self.tasks.value().into_iter().flat_map(BTreeMap::values) {
            if let Some(known) = task.service.as_deref().and_then(|service| tasks.get_mut(service)) {
                known.push(task);
            }
        }
        let tasks: Vec<(String, Option<ServiceTasks>)> =
            tasks.into_iter().map(|(name, tasks)| (name.to_owned(), ServiceTasks::of(tasks))).collect();
        for (name, tasks) in tasks {
            match tasks {
                Some(tasks) => self.derived.tasks.insert(name, tasks),
                None => self.derived.tasks.remove(&name),
            };
        }
        let empty = BTreeMap::new();
        let services = self.services.value().unwrap_or(&empty);
        let shortening = Shortening::of(services.keys().map(String::as_str));
        let prefix = shortening.prefix().to_owned();
        let scaling = Scaling::index(self);
        let fresh: Vec<(&String, Option<ServiceRow>)> = changed
            .iter()
            .map(|name| {
                (
                    name,
                    services.get(name).map(|service| self.row(service, &scaling, shortening.short(&service.name), now)),
                )
            })
            .collect();
        let mut rows = std::mem::take(&mut self.derived.services);
        let mut others = false;
        for (name, row) in fresh {
            match (rows.binary_search_by(|row| row.name.as_str().cmp(name)), row) {
                (Ok(at), Some(row)) => rows[at] = row,
                (Ok(at), None) => {
                    rows.remove(at);
                    others = true;
                }
                (Err(at), Some(row)) => {
                    rows.insert(at, row);
                    others = true;
                }
                (Err(_), None) => {}
            }
        }
        if others {
            // Which names there are decides how each is shortened.
            for row in &mut rows {
                let short = shortening.short(&row.name);
                if row.short != short {
                    row.short = short.to_owned();
                }
            }
        }
        self.derived.prefix = prefix;
        self.derived.services = rows;
        self.rank(now);
        changed
    }

    /// The same after news that is not about tasks: which task is whose is still known.
    pub fn judge(&mut self, now: Timestamp) {
        let scaling = Scaling::index(self);
        let empty = BTreeMap::new();
        let services = self.services.value().unwrap_or(&empty);
        let shortening = Shortening::of(services.keys().map(String::as_str));
        let prefix = shortening.prefix().to_owned();
        let short = |service: &'_ Service| shortening.short(&service.name).to_owned();
        let rows = services.values().map(|service| self.row(service, &scaling, &short(service), now)).collect();
        self.derived.prefix = prefix;
        self.derived.services = rows;
        self.unjudged = Unjudged { all: false, services: BTreeSet::new() };
        self.rank(now);
    }

    /// The same when nothing is new and only time has passed: what does not depend on it stays.
    pub fn pass(&mut self, now: Timestamp) {
        let mut rows = std::mem::take(&mut self.derived.services);
        let scaling = Scaling::index(self);
        for row in &mut rows {
            // A service without a reason gets one from its tasks or from its schedule, or from news.
            let timeless = row.assessment.reasons.is_empty()
                && scaling.scheduled.is_empty()
                && self.schedules.value().is_none_or(Vec::is_empty)
                && self.derived.tasks.get(&row.name).is_none_or(|tasks| tasks.calm);
            if !timeless && let Some(service) = self.service(&row.name) {
                *row = self.row(service, &scaling, &row.short, now);
            }
        }
        self.derived.services = rows;
        self.rank(now);
    }

    fn rank(&mut self, now: Timestamp) {
        self.derived.databases = database::join(
            self.db_clusters.value().map_or(&[][..], Vec::as_slice),
            self.db_instances.value().map(Vec::as_slice),
        )
        .into_iter()
        .map(|database| DatabaseRow { assessment: database_health::assess(&database, &self.series, now), database })
        .collect();
        self.derived.attention = attention::rank(self, now);
    }

    fn row(&self, service: &Service, scaling: &Scaling<'_>, short: &str, now: Timestamp) -> ServiceRow {
        let calm = self.derived.tasks.get(&service.name).is_none_or(|tasks| tasks.calm);
        let tasks: Vec<&Task> = if calm { Vec::new() } else { self.tasks_of(&service.name).collect() };
        let resource = service.scaling_id();
        let rollouts = self.rollouts.get(&service.name).and_then(Observed::value).map_or(&[][..], Vec::as_slice);
        let targets: Vec<(&str, &[Target])> = service
            .target_groups
            .iter()
            .filter_map(|arn| Some((arn.as_str(), self.targets.get(arn)?.value()?.as_slice())))
            .collect();
        let scalable = scaling.targets.get(resource.as_str()).copied();
        let evidence = Evidence {
            service,
            tasks: &tasks,
            rollouts,
            scaling: scalable,
            activities: scaling.activities.get(resource.as_str()).map_or(&[][..], Vec::as_slice),
            scheduled: scaling.scheduled.get(resource.as_str()).map_or(&[][..], Vec::as_slice),
            timers: self.schedules.value().map_or(&[][..], Vec::as_slice),
            targets: &targets,
            now,
        };
        let newest =
            |key: MetricKey| self.series.get(&key).and_then(|series| series.recent(now)).map(|point| point.value);
        let primary = service.primary();
        let (rollout, rollout_health) = rollout_words::of(service, rollouts);
        ServiceRow {
            name: service.name.clone(),
            short: short.to_owned(),
            assessment: health::assess(&evidence),
            desired: service.desired,
            running: service.running,
            pending: service.pending,
            limits: scalable.map(|target| (target.min, target.max)),
            rollout,
            rollout_health,
            task_definition: service.task_definition.clone(),
            image: self.image_of(service, &service.task_definition).map(|image| image_version(image).to_owned()),
            cpu: newest(MetricKey::ServiceCpu(service.name.clone())),
            memory: newest(MetricKey::ServiceMemory(service.name.clone())),
            deployed_at: primary.and_then(|primary| primary.created_at),
            failed_tasks: tasks
                .iter()
                .filter(|task| task.failed() && primary.is_none_or(|primary| task.started_by == primary.id))
                .count(),
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

    /// A task by its id.
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.value()?.get(id)
    }

    /// Tasks of a service, those not stopped first, newest first.
    pub fn tasks_of<'a>(&'a self, service: &str) -> impl Iterator<Item = &'a Task> {
        let ids = self.derived.tasks.get(service).map_or(&[][..], |tasks| tasks.ids.as_slice());
        ids.iter().filter_map(|id| self.task(id))
    }
}

/// Autoscaling facts by resource id.
struct Scaling<'a> {
    targets: HashMap<&'a str, &'a ScalableTarget>,
    activities: HashMap<&'a str, Vec<&'a ScalingActivity>>,
    scheduled: HashMap<&'a str, Vec<&'a ScheduledAction>>,
}

impl<'a> Scaling<'a> {
    fn index(estate: &'a Estate) -> Self {
        let mut activities: HashMap<&str, Vec<&ScalingActivity>> = HashMap::new();
        for activity in estate.activities.value().into_iter().flatten() {
            activities.entry(&activity.resource).or_default().push(activity);
        }
        let mut scheduled: HashMap<&str, Vec<&ScheduledAction>> = HashMap::new();
        for action in estate.scheduled.value().into_iter().flatten() {
            scheduled.entry(&action.resource).or_default().push(action);
        }
        let targets = estate.scalable.value().into_iter().flatten();
        Self { targets: targets.map(|target| (target.resource.as_str(), target)).collect(), activities, scheduled }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("valid")
    }

    proptest! {
        /// Judging what has changed leaves what judging everything leaves.
        #[test]
        fn what_changed_alone_is_as_good_as_everything(
            changes in prop::collection::vec((0_u8..5, 0_u8..12, any::<u8>()), 1..40),
        ) {
            let mut estate = Estate::default();
            estate.services.learn(BTreeMap::new(), at(0));
            estate.tasks.learn(BTreeMap::new(), at(0));
            estate.settle(at(0));
            for (kind, number, value) in changes {
                let name = format!("app-{}{number:02}{}", if number % 3 == 0 { "x-" } else { "" }, if number % 4 == 0 { "-1A2B3C4D5E6F" } else { "" });
                estate.unjudged.mark(&name);
                let id = format!("{name}/{}", value % 4);
                match kind {
                    0 => {
                        let service = Service {
                            name: name.clone(),
                            desired: u32::from(value % 3),
                            running: u32::from(value % 2),
                            ..Service::default()
                        };
                        estate.services.fill().insert(name, service);
                    }
                    1 => drop(estate.services.fill().remove(&name)),
                    2 | 3 => {
                        let task = Task {
                            id: id.clone(),
                            service: Some(name),
                            last_status: if value % 2 == 0 { "RUNNING" } else { "STOPPED" }.into(),
                            stop_code: Some("EssentialContainerExited".into()),
                            stopped_at: Some(at(i64::from(value))),
                            ..Task::default()
                        };
                        estate.tasks.fill().insert(id, task);
                    }
                    _ => drop(estate.tasks.fill().remove(&id)),
                }
                let mut whole = estate.clone();
                whole.settle(at(300));
                estate.settle_changed(at(300));
                prop_assert_eq!(&whole.derived.services, &estate.derived.services);
                prop_assert_eq!(&whole.derived.prefix, &estate.derived.prefix);
                prop_assert_eq!(&whole.derived.tasks, &estate.derived.tasks);
                prop_assert_eq!(&whole.derived.attention, &estate.derived.attention);
            }
        }
    }
}
