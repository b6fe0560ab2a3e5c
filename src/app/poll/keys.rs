//! The keys that are due: those on the screen first, a few at a time.

use super::Poller;
use super::keyed::HISTORIES_FOR_ALL;
use super::round::Round;
use super::timer::{Timer, now_stretch};
use crate::app::effect::{Effect, Priority};
use crate::config::EnvironmentConfig;
use crate::feeds::aws::Query;
use crate::model::{Estate, Service, Source, Task, agent_watch};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Keyed fetches under way at once while polling.
pub(super) const KEYED_AT_ONCE: usize = 8;
/// While polling the logs of the agents of so many tasks of a service are read, the newest.
const AGENTS: usize = 3;
/// The last lines of an agent that are read.
const AGENT_LINES: u16 = 50;

impl Poller {
    /// The keys that are wanted, those on the screen first.
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
        // A history can be read before the service itself, where its name is configured.
        if estate.services.value().is_none() && wants(Source::Rollouts) {
            let names = environment.exact_services().unwrap_or_default();
            keys.extend(names.iter().take(HISTORIES_FOR_ALL).map(|name| (Source::Rollouts, name.as_str())));
        }
        let Some(services) = estate.services.value() else { return keys };
        // While the first sweep goes on, how many there will be is not known.
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

    /// Tasks of which the log of an agent is read: all for a read that is done once, the newest of each service while
    /// polling.
    fn agent_keys<'a>(&self, estate: &'a Estate, shown: &BTreeSet<&'a str>, keys: &mut Vec<(Source, &'a str)>) {
        let read = |task: &&'a Task| task.last_status == "RUNNING" && agent_watch::to_read(estate, task).is_some();
        if self.wants.once {
            // Which task is whose is only derived at the end of such a read.
            let all = estate.tasks.value().into_iter().flat_map(BTreeMap::values);
            keys.extend(all.filter(read).map(|task| (Source::Agents, task.id.as_str())));
            return;
        }
        let services = estate.services.value().into_iter().flat_map(BTreeMap::keys).map(String::as_str);
        let names = shown.iter().copied().chain(services);
        for tasks in names.filter_map(|name| estate.derived.tasks.get(name)).filter(|tasks| tasks.has_agents) {
            let running = tasks.ids.iter().filter_map(|id| estate.task(id)).filter(read);
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
            let stretch = |timer: &Timer| now_stretch(timer, slow, environment.refresh.of(source));
            let ready = self.keyed.get(source, name).is_none_or(|timer| {
                let moved = || {
                    let primary = estate.service(name).and_then(|service| service.primary());
                    let known = self.history_of.get(name);
                    source == Source::Rollouts
                        && primary.is_some_and(|primary| known.is_some_and(|known| *known != primary.id))
                };
                timer.in_flight == 0
                    && !(self.wants.once && timer.tried)
                    && (timer.due.is_none_or(|due| due + stretch(timer) <= now) || (timer.failures == 0 && moved()))
            });
            if !ready {
                continue;
            }
            // What it is made of is looked up before its timer stands: a key without a question would wait for ever.
            let cluster = environment.cluster.clone().unwrap_or_default();
            let query = match source {
                Source::TaskDefinitions => Query::TaskDefinition { name: name.to_owned() },
                Source::Targets => Query::Targets { group: name.to_owned() },
                Source::Agents => {
                    let at = estate.task(name).and_then(|task| agent_watch::to_read(estate, task));
                    let Some(agent_watch::Stream { group, region, stream }) = at else { continue };
                    Query::TaskLog { group, region, stream, limit: AGENT_LINES }
                }
                _ => {
                    // What is read once to tell what happened names what was deployed; the screen has it with the second answer.
                    let named = self.wants.once && self.wants.sources.contains(&Source::AlarmHistory);
                    Query::Rollouts { cluster, service: name.to_owned(), named }
                }
            };
            let timer = self.keyed.entry(source, name);
            timer.in_flight = 1;
            let lane = timer.lane.take().unwrap_or(Priority::Background);
            in_flight += 1;
            effects.push(self.fetch(query, None, lane));
        }
    }
}
