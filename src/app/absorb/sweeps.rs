//! Answers that come in parts: services and tasks, which are listed and then described, and metrics.

use crate::app::effect::Effect;
use crate::app::poll::{InFlight, Job, Poller, Sweep};
use crate::app::unmatched_names::has_wrong_name;
use crate::config::EnvironmentConfig;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::{Estate, Failure, Series, Source};
use jiff::Timestamp;

impl Poller {
    pub(super) fn sweep_services(
        &mut self,
        estate: &mut Estate,
        environment: &EnvironmentConfig,
        flight: &InFlight,
        part: Part,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let last = !matches!(part, Part::Page(_));
        let Some(sweep) = self.services.as_mut() else { return };
        let listing = matches!(flight.query, Query::ServiceNames { .. });
        match part {
            Part::Page(Fact::ServiceNames(names)) | Part::Last(Fact::ServiceNames(names)) => {
                for name in names {
                    if sweep.only_for_suggestions || !environment.has_service(&name) {
                        sweep.foreign_names.push(name);
                    } else if sweep.listed.insert(name.clone()) {
                        sweep.waiting.push(name);
                    }
                }
            }
            Part::Page(Fact::Services(found, missing)) | Part::Last(Fact::Services(found, missing)) => {
                let services = estate.services.value_or_default();
                for service in found {
                    if crate::app::poll::has_news(&service) {
                        self.news.insert(service.name.clone());
                    } else {
                        self.news.remove(&service.name);
                    }
                    services.insert(service.name.clone(), service);
                }
                sweep.missing.extend(missing);
            }
            // The names of other services would only have improved a suggestion.
            Part::Failed(_) if listing && sweep.only_for_suggestions => {}
            Part::Failed(failure) => sweep.record_failure(&flight.query, failure),
            Part::Page(_) | Part::Last(_) => sweep.record_failure(&flight.query, Failure::mismatched_answer()),
        }
        if last {
            sweep.record_answer(listing);
            self.record_answer(Job::Services);
        }
        let cluster = environment.cluster.clone().unwrap_or_default();
        if let Some(sweep) = self.services.as_mut()
            && sweep.is_finished()
            && !sweep.only_for_suggestions
            && environment.exact_services().is_some()
            && has_wrong_name(environment, &sweep.missing)
        {
            (sweep.only_for_suggestions, sweep.lists) = (true, 1);
            effects.push(self.fetch(
                Query::ServiceNames { cluster: cluster.clone() },
                Some(Job::Services),
                flight.priority,
            ));
        }
        self.send_services(&cluster, flight.priority, effects);
        let Some(sweep) = self.services.take_if(|sweep| sweep.is_finished()) else { return };
        let outcome = sweep.outcome();
        if sweep.list_failure.is_none() && sweep.unread < sweep.listed.len().max(1) {
            remove_missing_services(estate, &sweep);
        }
        sweep.store_result(&mut estate.services, "services", now);
        if outcome.is_ok() {
            self.prune(estate);
        }
        estate.foreign_names.insert(Source::Services, sweep.foreign_names);
        estate.lists_changed = true;
        self.finish(Job::Services, outcome, environment, now);
    }

    pub(super) fn sweep_tasks(
        &mut self,
        estate: &mut Estate,
        environment: &EnvironmentConfig,
        flight: &InFlight,
        part: Part,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let last = !matches!(part, Part::Page(_));
        let listing = matches!(flight.query, Query::TaskIds { .. });
        let Some(mut sweep) = self.tasks.take() else { return };
        match part {
            Part::Page(Fact::TaskIds(ids)) | Part::Last(Fact::TaskIds(ids)) => {
                let stopped = matches!(flight.query, Query::TaskIds { stopped: true, .. });
                for id in ids {
                    if sweep.listed.insert(id.clone()) && self.needs_description(estate, &id, stopped, now) {
                        sweep.waiting.push(id);
                    }
                }
            }
            Part::Page(Fact::Tasks(found)) | Part::Last(Fact::Tasks(found)) => {
                let tasks = estate.tasks.value_or_default();
                for task in found {
                    // Tasks of services outside the environment are ignored.
                    if task.service.as_deref().is_none_or(|service| environment.has_service(service)) {
                        self.described.insert(task.id.clone(), now);
                        tasks.insert(task.id.clone(), task);
                    }
                }
            }
            Part::Failed(failure) => sweep.record_failure(&flight.query, failure),
            Part::Page(_) | Part::Last(_) => sweep.record_failure(&flight.query, Failure::mismatched_answer()),
        }
        if last {
            sweep.record_answer(listing);
            self.record_answer(Job::Tasks);
        }
        self.tasks = Some(sweep);
        let cluster = environment.cluster.clone().unwrap_or_default();
        self.send_tasks(&cluster, flight.priority, effects);
        let Some(sweep) = self.tasks.take_if(|sweep| sweep.is_finished()) else { return };
        let outcome = sweep.outcome();
        if sweep.list_failure.is_none() {
            let unjudged = &mut estate.dirty;
            if let Some(tasks) = estate.tasks.value_mut() {
                tasks.retain(|id, task| {
                    let is_listed = sweep.listed.contains(id);
                    if !is_listed && let Some(service) = &task.service {
                        unjudged.mark(service);
                    }
                    is_listed
                });
            }
            self.described.retain(|id, _| sweep.listed.contains(id));
        }
        sweep.store_result(&mut estate.tasks, "tasks", now);
        self.finish(Job::Tasks, outcome, environment, now);
    }

    pub(super) fn take_metrics(
        &mut self,
        estate: &mut Estate,
        environment: &EnvironmentConfig,
        flight: &InFlight,
        part: Part,
        now: Timestamp,
    ) {
        let Some(job) = flight.job else { return };
        let last = !matches!(part, Part::Page(_));
        match part {
            Part::Page(Fact::Metrics(found)) | Part::Last(Fact::Metrics(found)) => {
                for (key, points) in found {
                    estate.series.entry(key).or_insert_with(|| Series::new(Vec::new())).merge(points);
                }
                if last {
                    self.metric_failures.remove(&job);
                }
            }
            Part::Failed(failure) => {
                self.metric_failures.insert(job, failure);
            }
            Part::Page(_) | Part::Last(_) => {
                self.metric_failures.insert(job, Failure::mismatched_answer());
            }
        }
        if last && self.record_answer(job) {
            let outcome = self.metric_failures.get(&job).map_or(Ok(()), |failure| Err(failure.kind));
            match self.metric_failures.values().next() {
                Some(failure) => estate.metrics.record_failure(failure.clone()),
                None => estate.metrics.record((), now),
            }
            self.finish(job, outcome, environment, now);
        }
    }
}

/// Removes services that are no longer listed, or do not exist.
fn remove_missing_services(estate: &mut Estate, sweep: &Sweep) {
    let unjudged = &mut estate.dirty;
    if let Some(services) = estate.services.value_mut() {
        services.retain(|name, _| {
            let exists = sweep.listed.contains(name) && !sweep.missing.contains(name);
            if !exists {
                unjudged.mark(name);
            }
            exists
        });
    }
}
