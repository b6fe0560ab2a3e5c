//! The keys that are due: a few at a time, those on the screen first.

use super::Poller;
use super::keyed_facts::HISTORIES_FOR_ALL;
use super::round::Round;
use super::timer::{Timer, unfocused_delay};
use crate::app::effect::{Effect, Priority};
use crate::config::EnvironmentConfig;
use crate::feeds::aws::Query;
use crate::model::{Estate, Service, Source, Task, agent_watch};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Maximum number of keyed fetches in flight while polling.
pub(super) const KEYED_AT_ONCE: usize = 8;
/// Number of tasks per service whose agent logs are read while polling, newest first.
const AGENTS: usize = 3;
/// Number of lines read from the end of an agent's log.
const AGENT_LINES: u16 = 50;

impl Poller {
    /// The wanted keys, those on the screen first.
    pub(super) fn keys<'a>(
        &self,
        estate: &'a Estate,
        environment: &'a EnvironmentConfig,
        visible: &[String],
    ) -> Vec<(Source, &'a str)> {
        let mut keys = Vec::new();
        let wants = |source| self.wants.sources.contains(&source);
        if wants(Source::Targets) {
            let groups = estate.target_groups.value().into_iter().flatten();
            keys.extend(groups.map(|arn| (Source::Targets, arn.as_str())));
        }
        // A history can be read before the service itself, if the service is configured by name.
        if estate.services.value().is_none() && wants(Source::Rollouts) {
            let names = environment.exact_services().unwrap_or_default();
            keys.extend(names.iter().take(HISTORIES_FOR_ALL).map(|name| (Source::Rollouts, name.as_str())));
        }
        let Some(services) = estate.services.value() else { return keys };
        // During the first sweep, the number of services is not known.
        let few = estate.services.at().is_some() && services.len() <= HISTORIES_FOR_ALL;
        let first: Vec<&Service> = visible.iter().filter_map(|name| services.get(name)).collect();
        let shown: BTreeSet<&str> = first.iter().map(|service| service.name.as_str()).collect();
        let others = services.values().filter(|service| !shown.contains(service.name.as_str()));
        for service in first.iter().copied().chain(others) {
            if wants(Source::TaskDefinitions) {
                keys.extend(service.definitions().map(|definition| (Source::TaskDefinitions, definition)));
            }
            if wants(Source::Targets) {
                keys.extend(service.target_groups.iter().map(|arn| (Source::Targets, arn.as_str())));
            }
            if wants(Source::Rollouts)
                && (few || shown.contains(service.name.as_str()) || self.news.contains(&service.name))
            {
                keys.push((Source::Rollouts, &service.name));
            }
        }
        if wants(Source::Agents) {
            self.agent_keys(estate, &shown, &mut keys);
        }
        let mut seen = HashSet::with_capacity(keys.len());
        keys.retain(|key| seen.insert(*key));
        keys
    }

    /// Adds the tasks whose agent logs are read: all in a one-time read, the newest of each service while polling.
    fn agent_keys<'a>(&self, estate: &'a Estate, shown: &BTreeSet<&'a str>, keys: &mut Vec<(Source, &'a str)>) {
        let has_agent_log =
            |task: &&'a Task| task.last_status == "RUNNING" && agent_watch::log_to_read(estate, task).is_some();
        if self.wants.once {
            // In a one-time read, tasks are assigned to services only at the end.
            let tasks = estate.tasks.value().into_iter().flat_map(BTreeMap::values);
            keys.extend(tasks.filter(has_agent_log).map(|task| (Source::Agents, task.id.as_str())));
            return;
        }
        let services = estate.services.value().into_iter().flat_map(BTreeMap::keys).map(String::as_str);
        let names = shown.iter().copied().chain(services);
        for tasks in names.filter_map(|name| estate.derived.tasks.get(name)).filter(|tasks| tasks.has_agents) {
            let running = tasks.ids.iter().filter_map(|id| estate.task(id)).filter(has_agent_log);
            keys.extend(running.take(AGENTS).map(|task| (Source::Agents, task.id.as_str())));
        }
    }

    pub(super) fn plan_keyed(&mut self, round: Round<'_>, effects: &mut Vec<Effect>) {
        let Round { estate, environment, visible, slow, now } = round;
        let limit = if self.wants.once { 64 } else { KEYED_AT_ONCE };
        let mut in_flight = self.keyed.values().filter(|timer| timer.in_flight > 0).count();
        if in_flight >= limit {
            return;
        }
        for (source, name) in self.keys(estate, environment, visible) {
            if in_flight >= limit {
                return;
            }
            let stretch = |timer: &Timer| unfocused_delay(timer, slow, environment.refresh.of(source));
            let ready = self.keyed.get(source, name).is_none_or(|timer| {
                let primary_changed = || {
                    let primary = estate.service(name).and_then(|service| service.primary());
                    let known = self.history_of.get(name);
                    source == Source::Rollouts
                        && primary.is_some_and(|primary| known.is_some_and(|known| *known != primary.id))
                };
                timer.in_flight == 0
                    && !(self.wants.once && timer.tried)
                    && (timer.due.is_none_or(|due| due + stretch(timer) <= now)
                        || (timer.failures == 0 && primary_changed()))
            });
            if !ready {
                continue;
            }
            // The query is built before the timer is set: a timer without a query would wait forever.
            let cluster = environment.cluster.clone().unwrap_or_default();
            let query = match source {
                Source::TaskDefinitions => Query::TaskDefinition { name: name.to_owned() },
                Source::Targets => Query::Targets { group: name.to_owned() },
                Source::Agents => {
                    let at = estate.task(name).and_then(|task| agent_watch::log_to_read(estate, task));
                    let Some(agent_watch::LogLocation { group, region, stream }) = at else { continue };
                    Query::TaskLog { group, region, stream, limit: AGENT_LINES }
                }
                _ => {
                    // A one-time read for the timeline names what was deployed; the screen gets it with the second
                    // answer.
                    let named = self.wants.once && self.wants.sources.contains(&Source::AlarmHistory);
                    Query::Rollouts { cluster, service: name.to_owned(), with_details: named }
                }
            };
            let timer = self.keyed.entry(source, name);
            timer.in_flight = 1;
            let priority = timer.priority.take().unwrap_or(Priority::Background);
            in_flight += 1;
            effects.push(self.fetch(query, None, priority));
        }
    }
}
