//! What is asked, and when. Pure: it is told the time and the answers, and says what to fetch.
//!
//! Whole-environment sources have a timer each ([`Job`]). What belongs to one service, one task
//! definition or one target group is fetched by key, a few at a time, those on the screen first.
//! Services and tasks are read in sweeps: names or ids by pages, then their descriptions in batches.
//! How facts enter the estate is in `absorb`; how fast requests may go out is for `src/aws`.

use super::effect::{Effect, Lane, Query};
use super::event::Part;
use super::ticket::Ticket;
use crate::config::EnvironmentConfig;
use crate::model::{Estate, Failure, FailureKind, MetricKey, Service, Source};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

/// Services per `DescribeServices` call. Source: its API reference.
pub const SERVICES_PER_CALL: usize = 10;
/// Tasks per `DescribeTasks` call. Source: its API reference.
pub const TASKS_PER_CALL: usize = 100;
/// Metrics per `GetMetricData` call. Source: its API reference.
const METRICS_PER_CALL: usize = 500;
/// Keyed fetches under way at once while polling.
const KEYED_AT_ONCE: usize = 8;
/// More services than this, and curves are read only for those on the screen: each metric costs.
const METRICS_FOR_ALL: usize = 100;
/// More services than this, and histories are read only where something points to news.
pub const HISTORIES_FOR_ALL: usize = 50;
/// A settled task is described again after this long: its health may have changed.
const SETTLED_TASK: SignedDuration = SignedDuration::from_secs(60);
/// How much of a curve is read first.
const FIRST_CURVE: SignedDuration = SignedDuration::from_hours(3);
/// How much of a curve is read later: late points replace earlier ones.
const LATER_CURVE: SignedDuration = SignedDuration::from_mins(10);
/// A failed read is tried again after this, then after twice, four times … as long.
const RETRY: SignedDuration = SignedDuration::from_secs(5);
/// … but at least this often.
const RETRY_LIMIT: SignedDuration = SignedDuration::from_secs(60);

/// What a reader of the estate needs; the rest is not asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wants {
    /// Sources.
    pub sources: BTreeSet<Source>,
    /// Curves of services, not only of databases.
    pub service_metrics: bool,
    /// Everything once, rather than again and again.
    pub once: bool,
}

impl Default for Wants {
    fn default() -> Self {
        Self { sources: Source::ALL.into(), service_metrics: true, once: false }
    }
}

/// A timer's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Job {
    Identity,
    Cluster,
    Services,
    Tasks,
    ScalableTargets,
    ScalingPolicies,
    ScheduledActions,
    ScalingActivities,
    DbClusters,
    DbInstances,
    Alarms,
    TargetGroups,
    ServiceMetrics,
    DbMetrics,
}

impl Job {
    const ALL: [Self; 14] = [
        Self::Identity,
        Self::Services,
        Self::Cluster,
        Self::Tasks,
        Self::DbClusters,
        Self::DbInstances,
        Self::ScalableTargets,
        Self::ScheduledActions,
        Self::ScalingActivities,
        Self::ScalingPolicies,
        Self::Alarms,
        Self::TargetGroups,
        Self::ServiceMetrics,
        Self::DbMetrics,
    ];

    pub(super) fn source(self) -> Source {
        match self {
            Self::Identity => Source::Identity,
            Self::Cluster => Source::Cluster,
            Self::Services => Source::Services,
            Self::Tasks => Source::Tasks,
            Self::ScalableTargets => Source::ScalableTargets,
            Self::ScalingPolicies => Source::ScalingPolicies,
            Self::ScheduledActions => Source::ScheduledActions,
            Self::ScalingActivities => Source::ScalingActivities,
            Self::DbClusters => Source::DbClusters,
            Self::DbInstances => Source::DbInstances,
            Self::Alarms => Source::Alarms,
            Self::TargetGroups => Source::Targets,
            Self::ServiceMetrics | Self::DbMetrics => Source::Metrics,
        }
    }
}

/// When something is next read, and how it went so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Timer {
    /// Next read; `None`: now.
    pub(super) due: Option<Timestamp>,
    /// Reads that failed in a row.
    pub(super) failures: u32,
    /// Fetches under way.
    pub(super) flying: usize,
    /// Has been read, well or not.
    pub(super) tried: bool,
    /// For whom.
    pub(super) lane: Option<Lane>,
}

/// A fetch under way.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) query: Query,
    pub(super) job: Option<Job>,
    pub(super) lane: Lane,
    /// Pages that came before the last, for values that are replaced whole.
    pub(super) pages: Vec<super::event::Fact>,
}

impl Flight {
    /// Whether its pages wait for the last one: a list that is replaced whole.
    fn gathers(&self) -> bool {
        matches!(
            self.query,
            Query::ScalableTargets { .. }
                | Query::ScalingPolicies { .. }
                | Query::ScheduledActions { .. }
                | Query::ScalingActivities { .. }
                | Query::TargetGroups { .. }
                | Query::DbClusters { .. }
                | Query::DbInstances { .. }
                | Query::Alarms { .. }
        )
    }
}

/// A sweep over services or tasks.
#[derive(Debug, Clone, Default)]
pub(super) struct Sweep {
    /// Lists under way.
    pub(super) lists: usize,
    /// Names or ids that the lists gave.
    pub(super) listed: BTreeSet<String>,
    /// Of these, to be described with the next batch.
    pub(super) waiting: Vec<String>,
    /// Batches under way.
    pub(super) batches: usize,
    /// Things whose batch failed.
    pub(super) unread: usize,
    /// Why a list ended early.
    pub(super) list_failure: Option<Failure>,
    /// Why a batch failed.
    pub(super) failure: Option<Failure>,
    /// Names that AWS does not know.
    pub(super) missing: Vec<String>,
}

impl Sweep {
    pub(super) fn over(&self) -> bool {
        self.lists == 0 && self.batches == 0 && self.waiting.is_empty()
    }
}

/// Timers of what is fetched by key.
#[derive(Debug, Clone, Default)]
struct Keyed(BTreeMap<Source, HashMap<String, Timer>>);

impl Keyed {
    fn get(&self, source: Source, key: &str) -> Option<&Timer> {
        self.0.get(&source)?.get(key)
    }

    fn get_mut(&mut self, source: Source, key: &str) -> Option<&mut Timer> {
        self.0.get_mut(&source)?.get_mut(key)
    }

    /// The timer of a key, made where there is none: a new key is due.
    fn entry(&mut self, source: Source, key: &str) -> &mut Timer {
        self.0.entry(source).or_default().entry(key.to_owned()).or_default()
    }

    fn values(&self) -> impl Iterator<Item = &Timer> {
        self.0.values().flat_map(HashMap::values)
    }

    fn values_mut(&mut self) -> impl Iterator<Item = &mut Timer> {
        self.0.values_mut().flat_map(HashMap::values_mut)
    }
}

/// The scheduler of one opened environment.
#[derive(Debug, Clone)]
pub struct Poller {
    generation: u32,
    serial: u64,
    pub(super) wants: Wants,
    pub(super) flights: HashMap<Ticket, Flight>,
    timers: BTreeMap<Job, Timer>,
    keyed: Keyed,
    /// Services of which something points to a deployment whose history is worth a request.
    pub(super) news: BTreeSet<String>,
    pub(super) services: Option<Sweep>,
    pub(super) tasks: Option<Sweep>,
    pub(super) described: HashMap<String, Timestamp>,
    /// The primary deployment for which a service's history was last read.
    pub(super) history_of: HashMap<String, String>,
    pub(super) metric_failures: BTreeMap<Job, Failure>,
    /// Answers that wait until the account is known to be the right one.
    pub(super) held: Option<Vec<super::event::Answer>>,
    /// The credentials belong to another account: nothing else is asked.
    pub(super) wrong_account: bool,
    requests: BTreeMap<Source, u32>,
    recent: VecDeque<(Timestamp, u32)>,
}

impl Poller {
    /// A scheduler for a generation; everything is due.
    pub fn new(generation: u32, wants: Wants, environment: &EnvironmentConfig) -> Self {
        Self {
            generation,
            serial: 0,
            wants,
            flights: HashMap::new(),
            timers: BTreeMap::new(),
            keyed: Keyed::default(),
            news: BTreeSet::new(),
            services: None,
            tasks: None,
            described: HashMap::new(),
            history_of: HashMap::new(),
            metric_failures: BTreeMap::new(),
            // Without a configured account there is nothing to compare with.
            held: environment.account.as_ref().map(|_| Vec::new()),
            wrong_account: false,
            requests: BTreeMap::new(),
            recent: VecDeque::new(),
        }
    }

    /// The flight of an answer, or `None` for one that is stale. The only place that drops answers.
    pub(super) fn claim(&mut self, answer: &super::event::Answer, now: Timestamp) -> Option<Flight> {
        if answer.ticket.generation != self.generation {
            return None;
        }
        let source = self.flights.get(&answer.ticket)?.query.source();
        *self.requests.entry(source).or_default() += answer.requests;
        self.recent.push_back((now, answer.requests));
        while self.recent.front().is_some_and(|(at, _)| now.duration_since(*at) > SignedDuration::from_mins(1)) {
            self.recent.pop_front();
        }
        let Part::Page(page) = &answer.part else { return self.flights.remove(&answer.ticket) };
        let flight = self.flights.get_mut(&answer.ticket)?;
        if flight.gathers() {
            flight.pages.push(page.clone());
            return None;
        }
        Some(Flight { query: flight.query.clone(), job: flight.job, lane: flight.lane, pages: Vec::new() })
    }

    /// Requests sent, by source.
    pub fn requests(&self) -> &BTreeMap<Source, u32> {
        &self.requests
    }

    /// Requests a second over the last minute.
    pub fn rate(&self, now: Timestamp) -> f64 {
        let recent = self.recent.iter().filter(|(at, _)| now.duration_since(*at) <= SignedDuration::from_mins(1));
        recent.map(|(_, count)| f64::from(*count)).sum::<f64>() / 60.0
    }

    /// Whether fetches of this source are under way.
    pub fn reading(&self, source: Source) -> bool {
        self.flights.values().any(|flight| flight.query.source() == source)
    }

    /// When a failed source is tried again.
    pub fn next_try(&self, source: Source) -> Option<Timestamp> {
        self.timers
            .iter()
            .filter(|(job, timer)| job.source() == source && timer.flying == 0)
            .filter_map(|(_, timer)| timer.due)
            .min()
    }

    /// Whether everything that is wanted was read once, well or not.
    pub fn settled(&self, estate: &Estate, environment: &EnvironmentConfig) -> bool {
        if self.wrong_account {
            return true;
        }
        self.flights.is_empty()
            && self.held.is_none()
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
        let there = match job {
            Job::Identity => true,
            Job::Cluster
            | Job::Services
            | Job::Tasks
            | Job::ScalableTargets
            | Job::ScalingPolicies
            | Job::ScheduledActions
            | Job::ScalingActivities => environment.cluster.is_some(),
            Job::DbClusters | Job::DbInstances => !environment.databases.is_empty(),
            // Without their instances nothing says which curves there are.
            Job::DbMetrics => !environment.databases.is_empty() && self.wants.sources.contains(&Source::DbInstances),
            Job::Alarms => !environment.alarms.is_empty(),
            Job::TargetGroups => !environment.target_groups.is_empty(),
            Job::ServiceMetrics => {
                environment.cluster.is_some()
                    && self.wants.service_metrics
                    && self.wants.sources.contains(&Source::Services)
            }
        };
        // Who we are is always asked: nothing is shown before the account is known.
        there && (job == Job::Identity || self.wants.sources.contains(&job.source()))
    }

    /// Sources that this environment has, of those that are wanted.
    pub fn sources(&self, environment: &EnvironmentConfig) -> BTreeSet<Source> {
        let mut sources: BTreeSet<Source> =
            Job::ALL.iter().filter(|job| self.wanted(**job, environment)).map(|job| job.source()).collect();
        for keyed in [Source::TaskDefinitions, Source::Rollouts, Source::Targets] {
            let there =
                environment.cluster.is_some() || (keyed == Source::Targets && !environment.target_groups.is_empty());
            if there && self.wants.sources.contains(&keyed) {
                sources.insert(keyed);
            }
        }
        sources
    }

    /// A ticket for a new fetch, and the effect that carries it.
    pub(super) fn fetch(&mut self, query: Query, job: Option<Job>, lane: Lane) -> Effect {
        self.serial += 1;
        let ticket = Ticket { generation: self.generation, serial: self.serial };
        self.flights.insert(ticket, Flight { query: query.clone(), job, lane, pages: Vec::new() });
        if let Some(job) = job {
            self.timers.entry(job).or_default().flying += 1;
        }
        Effect::Fetch { ticket, lane, query }
    }

    /// What is due now. `visible` are the services on the screen; `slow` is how many times longer
    /// than configured the intervals are (2 without the focus).
    pub fn plan(
        &mut self,
        estate: &Estate,
        environment: &EnvironmentConfig,
        visible: &[String],
        slow: i32,
        now: Timestamp,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        for job in Job::ALL {
            let timer = self.timers.entry(job).or_default();
            let due = timer.flying == 0
                && !(self.wants.once && timer.tried)
                && timer
                    .due
                    .is_none_or(|due| due + (now_stretch(timer, slow, environment.refresh.of(job.source()))) <= now);
            if due && self.wanted(job, environment) && !(self.wrong_account && job != Job::Identity) {
                let lane = self.timers.get_mut(&job).and_then(|timer| timer.lane.take()).unwrap_or(Lane::Background);
                self.start(job, estate, environment, visible, lane, now, &mut effects);
            }
        }
        if !self.wrong_account {
            self.plan_keyed(estate, environment, visible, slow, now, &mut effects);
        }
        effects
    }

    fn start(
        &mut self,
        job: Job,
        estate: &Estate,
        environment: &EnvironmentConfig,
        visible: &[String],
        lane: Lane,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let cluster = environment.cluster.clone().unwrap_or_default();
        let patterns = environment.databases.clone();
        let query = match job {
            Job::Identity => Query::Identity,
            Job::Cluster => Query::Cluster { cluster },
            Job::ScalableTargets => Query::ScalableTargets { cluster },
            Job::ScalingPolicies => Query::ScalingPolicies { cluster },
            Job::ScheduledActions => Query::ScheduledActions { cluster },
            Job::ScalingActivities => Query::ScalingActivities { cluster },
            Job::DbClusters => Query::DbClusters { patterns },
            Job::DbInstances => Query::DbInstances { patterns },
            Job::TargetGroups => Query::TargetGroups { patterns: environment.target_groups.clone() },
            Job::Alarms => Query::Alarms { prefixes: environment.alarms.clone() },
            Job::Services => {
                let mut sweep = Sweep::default();
                match environment.exact_services() {
                    Some(names) => {
                        sweep.listed = names.iter().cloned().collect();
                        sweep.waiting = names.to_vec();
                    }
                    None => {
                        sweep.lists = 1;
                        effects.push(self.fetch(Query::ServiceNames { cluster: cluster.clone() }, Some(job), lane));
                    }
                }
                self.services = Some(sweep);
                self.send_services(&cluster, lane, effects);
                return;
            }
            Job::Tasks => {
                self.tasks = Some(Sweep { lists: 2, ..Sweep::default() });
                for stopped in [false, true] {
                    effects.push(self.fetch(Query::TaskIds { cluster: cluster.clone(), stopped }, Some(job), lane));
                }
                return;
            }
            Job::ServiceMetrics | Job::DbMetrics => {
                self.start_metrics(job, estate, environment, visible, lane, now, effects);
                return;
            }
        };
        effects.push(self.fetch(query, Some(job), lane));
    }

    /// Sends the services that wait, in batches; an incomplete batch only when no list is under way.
    pub(super) fn send_services(&mut self, cluster: &str, lane: Lane, effects: &mut Vec<Effect>) {
        let Some(mut sweep) = self.services.take() else { return };
        while sweep.waiting.len() >= SERVICES_PER_CALL || (sweep.lists == 0 && !sweep.waiting.is_empty()) {
            let names = sweep.waiting.drain(..sweep.waiting.len().min(SERVICES_PER_CALL)).collect();
            sweep.batches += 1;
            effects.push(self.fetch(Query::Services { cluster: cluster.to_owned(), names }, Some(Job::Services), lane));
        }
        self.services = Some(sweep);
    }

    /// The same for tasks.
    pub(super) fn send_tasks(&mut self, cluster: &str, lane: Lane, effects: &mut Vec<Effect>) {
        let Some(mut sweep) = self.tasks.take() else { return };
        while sweep.waiting.len() >= TASKS_PER_CALL || (sweep.lists == 0 && !sweep.waiting.is_empty()) {
            let ids = sweep.waiting.drain(..sweep.waiting.len().min(TASKS_PER_CALL)).collect();
            sweep.batches += 1;
            effects.push(self.fetch(Query::Tasks { cluster: cluster.to_owned(), ids }, Some(Job::Tasks), lane));
        }
        self.tasks = Some(sweep);
    }

    /// Whether a listed task must be described.
    pub(super) fn needs_description(&self, estate: &Estate, id: &str, in_stopped: bool, now: Timestamp) -> bool {
        let Some(task) = estate.task(id) else { return true };
        if task.stopped() {
            return false;
        }
        let old = self.described.get(id).is_none_or(|at| now.duration_since(*at) >= SETTLED_TASK);
        in_stopped || !task.settled() || old
    }

    fn start_metrics(
        &mut self,
        job: Job,
        estate: &Estate,
        environment: &EnvironmentConfig,
        visible: &[String],
        lane: Lane,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let keys = match job {
            Job::ServiceMetrics => service_metric_keys(estate, environment, visible),
            _ => db_metric_keys(estate),
        };
        let Some(keys) = keys else { return };
        let many = estate.services.value().is_some_and(|services| services.len() > METRICS_FOR_ALL);
        if job == Job::ServiceMetrics && keys.is_empty() && many && !self.wants.once {
            // Of many services none is on the screen yet: as soon as some are, they are asked for.
            return;
        }
        if keys.is_empty() {
            self.finish(job, Ok(()), environment, now);
            return;
        }
        // Curves that are new are read whole, the others only at their end.
        let (known, new): (Vec<MetricKey>, Vec<MetricKey>) =
            keys.into_iter().partition(|key| estate.series.contains_key(key));
        // The minute is rounded down, as CloudWatch aligns its periods.
        let until = Timestamp::from_second(now.as_second() / 60 * 60).unwrap_or(now) + SignedDuration::from_secs(60);
        for (keys, span) in [(new, FIRST_CURVE), (known, LATER_CURVE)] {
            for chunk in keys.chunks(METRICS_PER_CALL) {
                let query = Query::Metrics {
                    cluster: environment.cluster.clone().unwrap_or_default(),
                    keys: chunk.to_vec(),
                    since: until - span,
                    until,
                };
                effects.push(self.fetch(query, Some(job), lane));
            }
        }
    }

    /// The keys that are wanted, those on the screen first.
    fn keys<'a>(
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
                let definitions = std::iter::once(&service.task_definition)
                    .chain(service.deployments.iter().map(|d| &d.task_definition));
                for definition in definitions.filter(|definition| !definition.is_empty()) {
                    keys.push((Source::TaskDefinitions, definition));
                }
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
        let mut told = HashSet::with_capacity(keys.len());
        keys.retain(|key| told.insert(*key));
        keys
    }

    fn plan_keyed(
        &mut self,
        estate: &Estate,
        environment: &EnvironmentConfig,
        visible: &[String],
        slow: i32,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let limit = if self.wants.once { 64 } else { KEYED_AT_ONCE };
        let mut flying = self.keyed.values().filter(|timer| timer.flying > 0).count();
        if flying >= limit {
            return;
        }
        for (source, name) in self.keys(estate, environment, visible) {
            if flying >= limit {
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
                timer.flying == 0
                    && !(self.wants.once && timer.tried)
                    && (timer.due.is_none_or(|due| due + stretch(timer) <= now) || moved())
            });
            if !ready {
                continue;
            }
            let timer = self.keyed.entry(source, name);
            timer.flying = 1;
            let lane = timer.lane.take().unwrap_or(Lane::Background);
            flying += 1;
            let cluster = environment.cluster.clone().unwrap_or_default();
            let name = name.to_owned();
            let query = match source {
                Source::TaskDefinitions => Query::TaskDefinition { name },
                Source::Targets => Query::Targets { group: name },
                _ => Query::Rollouts { cluster, service: name },
            };
            effects.push(self.fetch(query, None, lane));
        }
    }

    /// Ends a timer's read: arms it again.
    pub(super) fn finish(
        &mut self,
        job: Job,
        outcome: Result<(), FailureKind>,
        environment: &EnvironmentConfig,
        now: Timestamp,
    ) {
        let interval = environment.refresh.of(job.source());
        arm(self.timers.entry(job).or_default(), outcome, interval, now);
    }

    /// Brings a timer's next read forward.
    pub(super) fn due_within(&mut self, job: Job, wait: SignedDuration, now: Timestamp) {
        let timer = self.timers.entry(job).or_default();
        timer.due = Some(timer.due.map_or(now + wait, |due| due.min(now + wait)));
    }

    /// One fetch of a timer came back.
    pub(super) fn landed(&mut self, job: Job) -> bool {
        let timer = self.timers.entry(job).or_default();
        timer.flying = timer.flying.saturating_sub(1);
        timer.flying == 0
    }

    /// Ends a keyed read. `steady`: nothing is expected to change, so it is read again only when
    /// something points to news.
    pub(super) fn finish_keyed(
        &mut self,
        source: Source,
        key: &str,
        outcome: Result<(), FailureKind>,
        steady: bool,
        environment: &EnvironmentConfig,
        now: Timestamp,
    ) {
        let interval = if steady { SignedDuration::from_mins(10) } else { environment.refresh.of(source) };
        let timer = self.keyed.entry(source, key);
        timer.flying = 0;
        arm(timer, outcome, interval, now);
    }

    /// Makes sources due now, for a person who waits.
    pub fn hurry(&mut self, sources: &[Source], now: Timestamp) {
        for (job, timer) in &mut self.timers {
            if sources.contains(&job.source()) {
                timer.due = Some(now);
                timer.lane = Some(Lane::Operator);
                timer.failures = 0;
            }
        }
    }

    /// Makes the history, the targets and the definition of one service due now.
    pub fn hurry_keys(&mut self, keys: &[(Source, String)], now: Timestamp) {
        for (source, key) in keys {
            // What never changes need not be read twice.
            if *source == Source::TaskDefinitions
                && self.keyed.get(*source, key).is_some_and(|timer| timer.tried && timer.failures == 0)
            {
                continue;
            }
            let timer = self.keyed.entry(*source, key);
            timer.due = Some(now);
            timer.lane = Some(Lane::Operator);
            timer.failures = 0;
        }
    }

    /// An answer that may not be taken in: its fetch is over, and is due again.
    pub(super) fn forget(&mut self, answer: &super::event::Answer) {
        if matches!(answer.part, Part::Page(_)) {
            return;
        }
        let Some(flight) = self.flights.remove(&answer.ticket) else { return };
        match (flight.job, &flight.query) {
            (Some(job), _) => {
                self.landed(job);
                // A sweep that lost a part starts anew.
                match job {
                    Job::Services => self.services = None,
                    Job::Tasks => self.tasks = None,
                    _ => {}
                }
            }
            (
                None,
                Query::TaskDefinition { name: key }
                | Query::Targets { group: key }
                | Query::Rollouts { service: key, .. },
            ) => {
                if let Some(timer) = self.keyed.get_mut(flight.query.source(), key) {
                    timer.flying = 0;
                }
            }
            (None, _) => {}
        }
    }

    /// Everything is to be read once more.
    pub fn again(&mut self) {
        for timer in self.timers.values_mut().chain(self.keyed.values_mut()) {
            timer.tried = false;
            timer.due = None;
        }
        // A task definition never changes.
        for timer in self.keyed.0.get_mut(&Source::TaskDefinitions).into_iter().flat_map(HashMap::values_mut) {
            timer.tried = timer.failures == 0;
        }
    }

    /// What the reader of the estate needs.
    pub fn wants(&self) -> &Wants {
        &self.wants
    }

    /// Forgets all fetches under way: their answers will be stale.
    pub(super) fn drop_flights(&mut self) {
        self.flights.clear();
        self.services = None;
        self.tasks = None;
        for timer in self.timers.values_mut().chain(self.keyed.values_mut()) {
            timer.flying = 0;
        }
    }

    /// Everything that failed is due now: credentials came back.
    pub(super) fn retry_failed(&mut self, now: Timestamp) {
        for timer in self.timers.values_mut().chain(self.keyed.values_mut()).filter(|timer| timer.failures > 0) {
            timer.due = Some(now);
            timer.failures = 0;
        }
    }
}

/// How much longer than armed a timer waits: without the focus, as long again as its interval.
fn now_stretch(timer: &Timer, slow: i32, interval: SignedDuration) -> SignedDuration {
    if timer.failures > 0 { SignedDuration::ZERO } else { interval * (slow - 1).max(0) }
}

fn arm(timer: &mut Timer, outcome: Result<(), FailureKind>, interval: SignedDuration, now: Timestamp) {
    timer.tried = true;
    let wait = match outcome {
        Ok(()) => {
            timer.failures = 0;
            interval
        }
        Err(kind) => {
            let doubled = 1 << timer.failures.min(6);
            timer.failures = timer.failures.saturating_add(1);
            match kind {
                // Slower than usual, and slower each time.
                FailureKind::Throttled => (interval * doubled * 2).min(RETRY_LIMIT.max(interval * 8)),
                FailureKind::Denied => RETRY_LIMIT,
                FailureKind::Credentials
                | FailureKind::Unreachable
                | FailureKind::Timeout
                | FailureKind::Malformed
                | FailureKind::NotFound
                | FailureKind::WrongAccount
                | FailureKind::Service
                | FailureKind::Other => (RETRY * doubled).min(RETRY_LIMIT),
            }
        }
    };
    timer.due = Some(now + wait);
}

/// Whether something points to a deployment whose history is worth a request.
pub(super) fn has_news(service: &crate::model::Service) -> bool {
    service.deployments.len() > 1
        || service.rolling_out()
        || service.running < service.desired
        || service
            .events
            .iter()
            .take(10)
            .any(|event| event.message.contains("roll") || event.message.contains("failed"))
}

fn service_metric_keys(estate: &Estate, environment: &EnvironmentConfig, visible: &[String]) -> Option<Vec<MetricKey>> {
    // The first batches of a sweep are not the services: most curves would wait for the next read.
    let whole = estate.services.value().filter(|_| estate.services.at().is_some());
    let names: Vec<String> = match (whole, environment.exact_services()) {
        (Some(services), _) if services.len() <= METRICS_FOR_ALL => services.keys().cloned().collect(),
        (Some(services), _) => visible.iter().filter(|name| services.contains_key(*name)).cloned().collect(),
        (None, Some(names)) => names.iter().take(METRICS_FOR_ALL).cloned().collect(),
        // Not known yet, or not to be known.
        (None, None) => return estate.services.failure().map(|_| Vec::new()),
    };
    Some(
        names
            .into_iter()
            .flat_map(|name| [MetricKey::ServiceCpu(name.clone()), MetricKey::ServiceMemory(name)])
            .collect(),
    )
}

fn db_metric_keys(estate: &Estate) -> Option<Vec<MetricKey>> {
    let Some(instances) = estate.db_instances.value() else {
        return estate.db_instances.failure().map(|_| Vec::new());
    };
    let mut keys = Vec::new();
    for instance in instances {
        let (id, aurora) = (instance.id.clone(), instance.cluster.is_some());
        keys.extend([
            MetricKey::DbCpu(id.clone()),
            MetricKey::DbConnections(id.clone()),
            MetricKey::DbMemory(id.clone()),
            MetricKey::DbStorage { id: id.clone(), aurora },
            MetricKey::DbLoad(id.clone()),
        ]);
        if aurora {
            keys.push(MetricKey::DbLag(id.clone()));
        }
        if instance.class == "db.serverless" {
            keys.push(MetricKey::DbAcu(id));
        }
    }
    Some(keys)
}

#[cfg(test)]
#[path = "poll_tests.rs"]
mod tests;
