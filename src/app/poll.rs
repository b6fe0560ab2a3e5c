//! The scheduler: which requests are sent to AWS, and when. Pure: it receives the time and the answers, and returns
//! fetches.
//!
//! Each source of the whole environment has a timer (`Job`). Facts of one service, one task definition or one target
//! group are fetched by key, a few at a time, those on the screen first. Services and tasks are read in sweeps: names
//! or ids by pages, then their descriptions in batches. `absorb` enters facts into the estate; `src/aws` limits the
//! rate of requests.

mod batches;
mod curves;
mod in_flight;
mod job;
mod keyed_facts;
mod keys;
mod needed_sources;
mod round;
mod sweep;
mod timer;
mod timers;

pub(super) use in_flight::InFlight;
pub(super) use job::Job;
pub use keyed_facts::HISTORIES_FOR_ALL;
pub(super) use keyed_facts::has_news;
pub use needed_sources::{HISTORY, Wants};
pub(super) use sweep::Sweep;
pub use sweep::{SERVICES_PER_CALL, TASKS_PER_CALL};

use super::effect::{Effect, Priority};
use super::ticket::{Owner, Ticket};
use crate::config::EnvironmentConfig;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::{Estate, Failure, FailureKind, Service, Source, agent_watch};
use jiff::{SignedDuration, Timestamp};
use keyed_facts::Keyed;
use round::Round;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use timer::{Timer, unfocused_delay};

/// The scheduler of one open environment.
#[derive(Debug, Clone)]
pub struct Poller {
    generation: u32,
    serial: u64,
    /// How far AWS's clock is ahead of the local one: metric windows are in AWS's time.
    pub(super) ahead: SignedDuration,
    pub(super) wants: Wants,
    pub(super) in_flight_fetches: HashMap<Ticket, InFlight>,
    /// How far back alarm and database events are read while the person looks at a longer time range.
    looked_back: SignedDuration,
    /// Sources read only while the shown view uses them.
    pub(super) view_sources: BTreeSet<Source>,
    timers: BTreeMap<Job, Timer>,
    keyed: Keyed,
    /// Services with signs of a deployment whose history is worth a request.
    pub(super) news: BTreeSet<String>,
    pub(super) services: Option<Sweep>,
    pub(super) tasks: Option<Sweep>,
    pub(super) described: HashMap<String, Timestamp>,
    /// The primary deployment at the time a service's history was last read.
    pub(super) history_of: HashMap<String, String>,
    pub(super) metric_failures: BTreeMap<Job, Failure>,
    /// Answers held back until the account is known to be the right one.
    pub(super) held_answers: Option<Vec<super::event::Answer<Fact>>>,
    /// Whether the credentials belong to another account: then only the identity is requested.
    pub(super) wrong_account: bool,
    /// Number of metrics that each job's last read requested.
    metrics: BTreeMap<Job, usize>,
    requests: BTreeMap<Source, u32>,
    recent: VecDeque<(Timestamp, u32)>,
}

impl Poller {
    /// A scheduler for a generation; everything is due at once.
    pub fn new(generation: u32, wants: Wants, environment: &EnvironmentConfig) -> Self {
        Self {
            generation,
            serial: 0,
            ahead: SignedDuration::ZERO,
            wants,
            in_flight_fetches: HashMap::new(),
            looked_back: SignedDuration::ZERO,
            view_sources: BTreeSet::new(),
            timers: BTreeMap::new(),
            keyed: Keyed::default(),
            news: BTreeSet::new(),
            services: None,
            tasks: None,
            described: HashMap::new(),
            history_of: HashMap::new(),
            metric_failures: BTreeMap::new(),
            // Without a configured account there is nothing to compare.
            held_answers: environment.account.as_ref().map(|_| Vec::new()),
            wrong_account: false,
            metrics: BTreeMap::new(),
            requests: BTreeMap::new(),
            recent: VecDeque::new(),
        }
    }

    /// Claims the fetch of an answer; `None` for a stale answer. The only place that drops answers.
    pub(super) fn claim(&mut self, answer: &super::event::Answer<Fact>, now: Timestamp) -> Option<InFlight> {
        if answer.ticket.generation != self.generation {
            return None;
        }
        let source = self.in_flight_fetches.get(&answer.ticket)?.query.source();
        *self.requests.entry(source).or_default() += answer.requests;
        self.recent.push_back((now, answer.requests));
        while self.recent.front().is_some_and(|(at, _)| now.duration_since(*at) > SignedDuration::from_mins(1)) {
            self.recent.pop_front();
        }
        let Part::Page(page) = &answer.part else { return self.in_flight_fetches.remove(&answer.ticket) };
        let flight = self.in_flight_fetches.get_mut(&answer.ticket)?;
        if flight.collects_pages() {
            flight.pages.push(page.clone());
            return None;
        }
        Some(InFlight { query: flight.query.clone(), job: flight.job, priority: flight.priority, pages: Vec::new() })
    }

    /// Number of requests sent, by source.
    pub fn requests(&self) -> &BTreeMap<Source, u32> {
        &self.requests
    }

    /// Number of metrics that one round of reads requests; each costs money.
    pub fn metrics(&self) -> usize {
        self.metrics.values().sum()
    }

    /// Counts requests sent outside the scheduler, which belong to the same account.
    pub(super) fn count(&mut self, requests: u32, now: Timestamp) {
        self.recent.push_back((now, requests));
        while self.recent.front().is_some_and(|(at, _)| now.duration_since(*at) > SignedDuration::from_mins(1)) {
            self.recent.pop_front();
        }
    }

    /// Requests per second over the last minute.
    pub fn rate(&self, now: Timestamp) -> f64 {
        let recent = self.recent.iter().filter(|(at, _)| now.duration_since(*at) <= SignedDuration::from_mins(1));
        recent.map(|(_, count)| f64::from(*count)).sum::<f64>() / 60.0
    }

    /// Whether fetches of this source are in flight.
    pub fn is_reading(&self, source: Source) -> bool {
        self.in_flight_fetches.values().any(|flight| flight.query.source() == source)
    }

    /// When a failed source is tried again.
    pub fn next_try(&self, source: Source) -> Option<Timestamp> {
        self.timers
            .iter()
            .filter(|(job, timer)| job.source() == source && timer.in_flight == 0)
            .filter_map(|(_, timer)| timer.due)
            .min()
    }

    /// Whether every wanted source has been read at least once, successfully or not.
    pub fn all_read(&self, estate: &Estate, environment: &EnvironmentConfig) -> bool {
        let no_credentials = estate.identity.failure().is_some_and(|failure| failure.kind == FailureKind::Credentials);
        let identity_tried = self.timers.get(&Job::Identity).is_some_and(|timer| timer.tried && timer.in_flight == 0);
        if self.wrong_account || (no_credentials && self.wants.once) {
            return identity_tried;
        }
        self.in_flight_fetches.is_empty()
            && self.held_answers.is_none()
            && Job::ALL
                .iter()
                .filter(|job| self.wanted(**job, environment))
                .all(|job| self.timers.get(job).is_some_and(|timer| timer.tried))
            && self
                .keys(estate, environment, &[])
                .iter()
                .all(|(source, key)| self.keyed.get(*source, key).is_some_and(|timer| timer.tried))
    }

    fn wanted(&self, job: Job, environment: &EnvironmentConfig) -> bool {
        let is_configured = match job {
            Job::Identity | Job::Trail => !environment.is_only_infra(),
            Job::Cluster
            | Job::Services
            | Job::Tasks
            | Job::ScalableTargets
            | Job::ScalingPolicies
            | Job::ScheduledActions
            | Job::ScalingActivities => environment.cluster.is_some(),
            Job::DbClusters | Job::DbInstances | Job::DbSnapshots | Job::RdsEvents => !environment.databases.is_empty(),
            // The charts that exist follow from the instances.
            Job::DbMetrics => !environment.databases.is_empty() && self.wants.sources.contains(&Source::DbInstances),
            Job::Schedules => environment.schedules.is_some(),
            Job::Alarms | Job::AlarmMutes | Job::AlarmHistory => !environment.alarms.is_empty(),
            Job::TargetGroups => !environment.target_groups.is_empty(),
            Job::LogGroups => !environment.logs.is_empty(),
            Job::Function => environment.scheduler.is_some(),
            Job::ServiceMetrics => {
                environment.cluster.is_some()
                    && self.wants.service_metrics
                    && self.wants.sources.contains(&Source::Services)
            }
        };
        // The identity is always requested: nothing is shown before the account is known.
        let source = job.source();
        is_configured
            && (job == Job::Identity || self.wants.sources.contains(&source) || self.view_sources.contains(&source))
    }

    /// The wanted sources that apply to this environment.
    pub fn sources(&self, environment: &EnvironmentConfig) -> BTreeSet<Source> {
        let mut sources: BTreeSet<Source> =
            Job::ALL.iter().filter(|job| self.wanted(**job, environment)).map(|job| job.source()).collect();
        for keyed in [Source::TaskDefinitions, Source::Rollouts, Source::Targets, Source::Agents] {
            let exists =
                environment.cluster.is_some() || (keyed == Source::Targets && !environment.target_groups.is_empty());
            if exists && self.wants.sources.contains(&keyed) {
                sources.insert(keyed);
            }
        }
        sources
    }

    /// Issues a ticket for a new fetch, and returns the effect that carries it.
    pub(super) fn fetch(&mut self, query: Query, job: Option<Job>, priority: Priority) -> Effect {
        self.serial += 1;
        let ticket = Ticket { generation: self.generation, owner: Owner::Poll, serial: self.serial };
        self.in_flight_fetches.insert(ticket, InFlight { query: query.clone(), job, priority, pages: Vec::new() });
        if let Some(job) = job {
            self.timers.entry(job).or_default().in_flight += 1;
        }
        Effect::Fetch { ticket, priority, ask: query.into() }
    }

    /// Returns the fetches that are due now. `visible` are the services on the screen; `slow` is the factor by which
    /// intervals are stretched (2 without the focus).
    pub fn plan(
        &mut self,
        estate: &Estate,
        environment: &EnvironmentConfig,
        visible: &[String],
        slow: i32,
        now: Timestamp,
    ) -> Vec<Effect> {
        let round = Round { estate, environment, visible, slow, now };
        let mut effects = Vec::new();
        let identity_tried = self.timers.get(&Job::Identity).is_some_and(|timer| timer.tried);
        // Requests for a time range wait for the first answer, which brings AWS's time.
        for job in Job::ALL.into_iter().filter(|job| identity_tried || !job.has_time_range()) {
            // Held-back facts need the identity, even in a one-time read.
            let is_awaited = job == Job::Identity && self.held_answers.is_some();
            let timer = self.timers.entry(job).or_default();
            let due = timer.in_flight == 0
                && !(self.wants.once && timer.tried && !is_awaited)
                && timer.due.is_none_or(|due| {
                    due + (unfocused_delay(timer, slow, environment.refresh.of(job.source()))) <= now
                });
            if due && self.wanted(job, environment) && !(self.wrong_account && job != Job::Identity) {
                let priority =
                    self.timers.get_mut(&job).and_then(|timer| timer.priority.take()).unwrap_or(Priority::Background);
                effects.extend(self.start(job, priority, round));
            }
        }
        if !self.wrong_account {
            self.plan_keyed(round, &mut effects);
        }
        effects
    }

    fn start(&mut self, job: Job, priority: Priority, round: Round<'_>) -> Vec<Effect> {
        let Round { environment, now, .. } = round;
        let mut effects = Vec::new();
        let cluster = environment.cluster.clone().unwrap_or_default();
        let query = match job {
            Job::Identity => Query::Identity,
            Job::Cluster => Query::Cluster { cluster },
            Job::ScalableTargets => Query::ScalableTargets { cluster },
            Job::ScalingPolicies => Query::ScalingPolicies { cluster },
            Job::ScheduledActions => Query::ScheduledActions { cluster },
            Job::Schedules => Query::Schedules { prefix: environment.schedules.clone().unwrap_or_default() },
            Job::ScalingActivities => Query::ScalingActivities { cluster },
            Job::DbClusters => Query::DbClusters,
            Job::DbInstances => Query::DbInstances,
            Job::DbSnapshots => Query::DbSnapshots,
            Job::TargetGroups => Query::TargetGroups,
            Job::Alarms => Query::Alarms { prefixes: environment.alarms.clone() },
            Job::AlarmMutes => Query::AlarmMutes,
            Job::LogGroups => Query::ConfiguredGroups { patterns: environment.logs.clone() },
            Job::Function => Query::Function { name: environment.scheduler.clone().unwrap_or_default() },
            Job::AlarmHistory => {
                let (since, until) = self.history(Source::AlarmHistory, now, self.looked_back);
                let mut prefixes = environment.alarms.clone();
                // The alarms created by target tracking have generated names.
                prefixes.push(format!("TargetTracking-service/{cluster}/"));
                Query::AlarmHistory { prefixes, since, until }
            }
            Job::RdsEvents => {
                let (since, until) = self.history(Source::RdsEvents, now, self.looked_back);
                Query::RdsEvents { since, until }
            }
            Job::Trail => {
                let (since, until) = self.history(Source::Trail, now, SignedDuration::ZERO);
                Query::Trail { since, until }
            }
            Job::Services => {
                let mut sweep = Sweep::default();
                if let Some(names) = environment.exact_services() {
                    sweep.listed = names.iter().cloned().collect();
                    sweep.waiting = names.to_vec();
                } else {
                    sweep.lists = 1;
                    effects.push(self.fetch(Query::ServiceNames { cluster: cluster.clone() }, Some(job), priority));
                }
                self.services = Some(sweep);
                self.send_services(&cluster, priority, &mut effects);
                return effects;
            }
            Job::Tasks => {
                self.tasks = Some(Sweep { lists: 2, ..Sweep::default() });
                for stopped in [false, true] {
                    effects.push(self.fetch(Query::TaskIds { cluster: cluster.clone(), stopped }, Some(job), priority));
                }
                return effects;
            }
            Job::ServiceMetrics | Job::DbMetrics => {
                return self.start_metrics(job, priority, round);
            }
        };
        vec![self.fetch(query, Some(job), priority)]
    }

    /// Drops an answer that must not be taken: its fetch ends and is due again. Everything else of the same read is
    /// dropped too, because the rest of a list would look like a complete one.
    pub(super) fn drop_answer(&mut self, answer: &super::event::Answer<Fact>) {
        let Some(flight) = self.in_flight_fetches.remove(&answer.ticket) else { return };
        if let Some(job) = flight.job {
            self.in_flight_fetches.retain(|_, other| other.job != Some(job));
            self.timers.entry(job).or_default().in_flight = 0;
            match job {
                Job::Services => self.services = None,
                Job::Tasks => self.tasks = None,
                _ => {}
            }
            return;
        }
        let key = match &flight.query {
            Query::TaskDefinition { name } | Query::Targets { group: name } | Query::Rollouts { service: name, .. } => {
                name
            }
            Query::TaskLog { stream, .. } => agent_watch::task_of(stream),
            _ => return,
        };
        if let Some(timer) = self.keyed.get_mut(flight.query.source(), key) {
            timer.in_flight = 0;
        }
    }

    /// Holds facts back from now on, until the account is known to be the configured one.
    pub(super) fn hold(&mut self, environment: &EnvironmentConfig) {
        if environment.account.is_some() {
            self.held_answers.get_or_insert_default();
        }
    }

    /// Handles a change of credentials: the identity is requested again, and facts are held back until it is known.
    pub(super) fn renewed(&mut self, ticket: Ticket, environment: &EnvironmentConfig, now: Timestamp) {
        if ticket.generation != self.generation {
            return;
        }
        self.hold(environment);
        // An answer in flight is still about the previous credentials.
        self.in_flight_fetches.retain(|_, flight| !matches!(flight.query, Query::Identity));
        let timer = self.timers.entry(Job::Identity).or_default();
        *timer = Timer { due: Some(now), priority: Some(Priority::Operator), ..Timer::default() };
    }

    /// Adds a source that the reader of the estate needs.
    pub(super) fn want(&mut self, source: Source) {
        self.wants.sources.insert(source);
    }

    /// What the reader of the estate needs.
    pub fn wants(&self) -> &Wants {
        &self.wants
    }

    /// Forgets everything that was read and all fetches in flight: none of it may come back, and all of it is read
    /// again once the account is right.
    pub(super) fn reset(&mut self) {
        self.keyed = Keyed::default();
        self.news.clear();
        self.described.clear();
        self.history_of.clear();
        self.metric_failures.clear();
        self.timers.retain(|job, _| *job == Job::Identity);
        self.drop_flights();
    }

    /// Forgets keyed facts of services that no longer exist, so that their failures do not stay.
    pub(super) fn prune(&mut self, estate: &mut Estate) {
        let Some(services) = estate.services.value() else { return };
        let definitions: BTreeSet<String> =
            services.values().flat_map(Service::definitions).map(str::to_owned).collect();
        let groups: BTreeSet<String> = services
            .values()
            .flat_map(|service| &service.target_groups)
            .chain(estate.target_groups.value().into_iter().flatten())
            .cloned()
            .collect();
        let names: BTreeSet<String> = services.keys().cloned().collect();
        let wanted = [(Source::Rollouts, &names), (Source::TaskDefinitions, &definitions), (Source::Targets, &groups)];
        for (source, wanted) in wanted {
            if let Some(timers) = self.keyed.0.get_mut(&source) {
                timers.retain(|key, timer| timer.in_flight > 0 || wanted.contains(key));
            }
        }
        estate.rollouts.retain(|key, _| names.contains(key));
        estate.task_definitions.retain(|key, _| definitions.contains(key));
        estate.targets.retain(|key, _| groups.contains(key));
        let Estate { tasks, task_logs, .. } = estate;
        if let Some(tasks) = tasks.value().filter(|_| !task_logs.is_empty()) {
            let is_running = |id: &str| tasks.get(id).is_some_and(|task| !task.stopped());
            task_logs.retain(|(_, stream), _| is_running(agent_watch::task_of(stream)));
            if let Some(timers) = self.keyed.0.get_mut(&Source::Agents) {
                timers.retain(|key, timer| timer.in_flight > 0 || is_running(key));
            }
        }
    }

    /// Whether the credentials belong to another account.
    pub fn wrong_account(&self) -> bool {
        self.wrong_account
    }

    /// Forgets all fetches in flight: their answers will be stale.
    fn drop_flights(&mut self) {
        self.in_flight_fetches.clear();
        self.services = None;
        self.tasks = None;
        for timer in self.timers.values_mut().chain(self.keyed.values_mut()) {
            timer.in_flight = 0;
        }
    }
}

#[cfg(test)]
mod once_tests;
#[cfg(test)]
#[path = "poll_tests.rs"]
mod tests;
