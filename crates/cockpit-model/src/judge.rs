//! Derived data: rows, assessments and the needs-attention list, computed from the facts.

use super::agent::agents;
use super::attention;
use super::database;
use super::database_health;
use super::estate::{DatabaseRow, DirtyState, Estate, ServiceRow, ServiceTasks};
use super::health::{self, Evidence};
use super::metric::MetricKey;
use super::names::Shortening;
use super::observed::Observed;
use super::rollout_words;
use super::scaling::{ScalableTarget, ScalingActivity, ScheduledAction};
use super::service::Service;
use super::target::Target;
use super::task::Task;
use super::task_definition::image_version;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

impl ServiceTasks {
    /// Creates the summary of a service's tasks; `None` if there are none.
    fn of(mut tasks: Vec<&Task>) -> Option<Self> {
        if tasks.is_empty() {
            return None;
        }
        tasks.sort_by_key(|task| {
            (task.stopped(), std::cmp::Reverse(task.stopped_at.or(task.created_at)), task.id.as_str())
        });
        let all_running = tasks.iter().all(|task| task.last_status == "RUNNING");
        let has_agents = tasks.iter().any(|task| !task.stopped() && !agents(task).is_empty());
        Some(Self { ids: tasks.iter().map(|task| task.id.clone()).collect(), all_running, has_agents })
    }
}

impl Estate {
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
        self.settle_keeping_tasks(now);
    }

    /// Does the same for changed services only and returns their names. Must only be called while [`DirtyState::all`] is
    /// not set; then the rows are the same as after [`Self::settle`].
    pub fn settle_dirty(&mut self, now: Timestamp) -> BTreeSet<String> {
        let changed = std::mem::take(&mut self.dirty.services);
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
        let mut names_changed = false;
        for (name, row) in fresh {
            match (rows.binary_search_by(|row| row.name.as_str().cmp(name)), row) {
                (Ok(at), Some(row)) => rows[at] = row,
                (Ok(at), None) => {
                    rows.remove(at);
                    names_changed = true;
                }
                (Err(at), Some(row)) => {
                    rows.insert(at, row);
                    names_changed = true;
                }
                (Err(_), None) => {}
            }
        }
        if names_changed {
            // The short names depend on the set of all names.
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

    /// Does the same after changes that do not concern tasks: the assignment of tasks to services is kept.
    pub fn settle_keeping_tasks(&mut self, now: Timestamp) {
        let scaling = Scaling::index(self);
        let empty = BTreeMap::new();
        let services = self.services.value().unwrap_or(&empty);
        let shortening = Shortening::of(services.keys().map(String::as_str));
        let prefix = shortening.prefix().to_owned();
        let short = |service: &'_ Service| shortening.short(&service.name).to_owned();
        let rows = services.values().map(|service| self.row(service, &scaling, &short(service), now)).collect();
        self.derived.prefix = prefix;
        self.derived.services = rows;
        self.dirty = DirtyState { all: false, services: BTreeSet::new() };
        self.rank(now);
    }

    /// Does the same when only time has passed: rows that do not depend on time are kept.
    pub fn settle_elapsed_time(&mut self, now: Timestamp) {
        let mut rows = std::mem::take(&mut self.derived.services);
        let scaling = Scaling::index(self);
        for row in &mut rows {
            // A service without reasons can get one only from its tasks, its schedule or new facts.
            let timeless = row.assessment.reasons.is_empty()
                && scaling.scheduled.is_empty()
                && self.schedules.value().is_none_or(Vec::is_empty)
                && self.derived.tasks.get(&row.name).is_none_or(|tasks| tasks.all_running);
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
        let all_running = self.derived.tasks.get(&service.name).is_none_or(|tasks| tasks.all_running);
        let tasks: Vec<&Task> = if all_running { Vec::new() } else { self.tasks_of(&service.name).collect() };
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
        /// Assessing only the changed services must give the same rows as assessing all.
        #[test]
        fn settle_changed_gives_the_same_rows_as_settle(
            changes in prop::collection::vec((0_u8..5, 0_u8..12, any::<u8>()), 1..40),
        ) {
            let mut estate = Estate::default();
            estate.services.record(BTreeMap::new(), at(0));
            estate.tasks.record(BTreeMap::new(), at(0));
            estate.settle(at(0));
            for (kind, number, value) in changes {
                let name = format!("app-{}{number:02}{}", if number % 3 == 0 { "x-" } else { "" }, if number % 4 == 0 { "-1A2B3C4D5E6F" } else { "" });
                estate.dirty.mark(&name);
                let id = format!("{name}/{}", value % 4);
                match kind {
                    0 => {
                        let service = Service {
                            name: name.clone(),
                            desired: u32::from(value % 3),
                            running: u32::from(value % 2),
                            ..Service::default()
                        };
                        estate.services.value_or_default().insert(name, service);
                    }
                    1 => drop(estate.services.value_or_default().remove(&name)),
                    2 | 3 => {
                        let task = Task {
                            id: id.clone(),
                            service: Some(name),
                            last_status: if value % 2 == 0 { "RUNNING" } else { "STOPPED" }.into(),
                            stop_code: Some("EssentialContainerExited".into()),
                            stopped_at: Some(at(i64::from(value))),
                            ..Task::default()
                        };
                        estate.tasks.value_or_default().insert(id, task);
                    }
                    _ => drop(estate.tasks.value_or_default().remove(&id)),
                }
                let mut fully_settled = estate.clone();
                fully_settled.settle(at(300));
                estate.settle_dirty(at(300));
                prop_assert_eq!(&fully_settled.derived.services, &estate.derived.services);
                prop_assert_eq!(&fully_settled.derived.prefix, &estate.derived.prefix);
                prop_assert_eq!(&fully_settled.derived.tasks, &estate.derived.tasks);
                prop_assert_eq!(&fully_settled.derived.attention, &estate.derived.attention);
            }
        }
    }
}
