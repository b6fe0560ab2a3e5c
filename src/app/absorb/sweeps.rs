//! Answers that come in parts: services and tasks, which are listed and then described, and figures.

use crate::app::effect::Effect;
use crate::app::poll::{InFlight, Job, Poller, Sweep};
use crate::app::unmatched::named_wrong;
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
                    if sweep.naming || !environment.has_service(&name) {
                        sweep.others.push(name);
                    } else if sweep.listed.insert(name.clone()) {
                        sweep.waiting.push(name);
                    }
                }
            }
            Part::Page(Fact::Services(found, missing)) | Part::Last(Fact::Services(found, missing)) => {
                let services = estate.services.fill();
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
            // Which names there are beside would only have been a help.
            Part::Failed(_) if listing && sweep.naming => {}
            Part::Failed(failure) => sweep.broke(&flight.query, failure),
            Part::Page(_) | Part::Last(_) => sweep.broke(&flight.query, Failure::other_answer()),
        }
        if last {
            sweep.landed(listing);
            self.landed(Job::Services);
        }
        let cluster = environment.cluster.clone().unwrap_or_default();
        if let Some(sweep) = self.services.as_mut()
            && sweep.over()
            && !sweep.naming
            && environment.exact_services().is_some()
            && named_wrong(environment, &sweep.missing)
        {
            (sweep.naming, sweep.lists) = (true, 1);
            effects.push(self.fetch(
                Query::ServiceNames { cluster: cluster.clone() },
                Some(Job::Services),
                flight.lane,
            ));
        }
        self.send_services(&cluster, flight.lane, effects);
        let Some(sweep) = self.services.take_if(|sweep| sweep.over()) else { return };
        let outcome = sweep.outcome();
        if sweep.list_failure.is_none() && sweep.unread < sweep.listed.len().max(1) {
            forget_services(estate, &sweep);
        }
        sweep.close(&mut estate.services, "services", now);
        if outcome.is_ok() {
            self.prune(estate);
        }
        estate.others.insert(Source::Services, sweep.others);
        estate.listed = true;
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
                let tasks = estate.tasks.fill();
                for task in found {
                    // Tasks of services that are not the environment's are not its own.
                    if task.service.as_deref().is_none_or(|service| environment.has_service(service)) {
                        self.described.insert(task.id.clone(), now);
                        tasks.insert(task.id.clone(), task);
                    }
                }
            }
            Part::Failed(failure) => sweep.broke(&flight.query, failure),
            Part::Page(_) | Part::Last(_) => sweep.broke(&flight.query, Failure::other_answer()),
        }
        if last {
            sweep.landed(listing);
            self.landed(Job::Tasks);
        }
        self.tasks = Some(sweep);
        let cluster = environment.cluster.clone().unwrap_or_default();
        self.send_tasks(&cluster, flight.lane, effects);
        let Some(sweep) = self.tasks.take_if(|sweep| sweep.over()) else { return };
        let outcome = sweep.outcome();
        if sweep.list_failure.is_none() {
            let unjudged = &mut estate.unjudged;
            if let Some(tasks) = estate.tasks.value_mut() {
                tasks.retain(|id, task| {
                    let there = sweep.listed.contains(id);
                    if !there && let Some(service) = &task.service {
                        unjudged.mark(service);
                    }
                    there
                });
            }
            self.described.retain(|id, _| sweep.listed.contains(id));
        }
        sweep.close(&mut estate.tasks, "tasks", now);
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
                self.metric_failures.insert(job, Failure::other_answer());
            }
        }
        if last && self.landed(job) {
            let outcome = self.metric_failures.get(&job).map_or(Ok(()), |failure| Err(failure.kind));
            match self.metric_failures.values().next() {
                Some(failure) => estate.metrics.fail(failure.clone()),
                None => estate.metrics.learn((), now),
            }
            self.finish(job, outcome, environment, now);
        }
    }
}

/// Forgets services that are no longer listed, or were looked for and not found.
fn forget_services(estate: &mut Estate, sweep: &Sweep) {
    let unjudged = &mut estate.unjudged;
    if let Some(services) = estate.services.value_mut() {
        services.retain(|name, _| {
            let there = sweep.listed.contains(name) && !sweep.missing.contains(name);
            if !there {
                unjudged.mark(name);
            }
            there
        });
    }
}
