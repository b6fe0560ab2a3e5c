//! Enters answers into the estate. Every fact passes here, and nowhere else.
//!
//! An answer waits until its account is known to be right; answers of a wrong account are never shown.

mod sweeps;
mod values;

use super::effect::Effect;
use super::event::Answer;
use super::poll::{InFlight, Job, Poller};
use super::unmatched_names::keep_own;
use crate::config::EnvironmentConfig;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::target::group_name;
use crate::model::{DbInstance, Estate, Failure, FailureKind, Source, agent, agent_watch};
use jiff::{SignedDuration, Timestamp};
use log_store::pattern::matches;
use values::{store_list, store_value};

/// How often databases are read during a failover. Source: the cadence advice for RDS, 2–3 s.
const FAILING_OVER: SignedDuration = SignedDuration::from_secs(3);

/// The payload of a fact, if it has this variant.
macro_rules! picked {
    ($fact:expr, $kind:ident) => {
        if let Fact::$kind(found) = $fact { Some(found) } else { None }
    };
}

impl Poller {
    /// Absorbs an answer. Returns the follow-up effects: the next batches of a sweep.
    pub fn absorb(
        &mut self,
        estate: &mut Estate,
        environment: &EnvironmentConfig,
        answer: Answer<Fact>,
        now: Timestamp,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Some(flight) = self.claim_or_hold(answer, now, estate, environment, &mut effects) else { return effects };
        let (flight, part) = flight;
        self.take_in(estate, environment, flight, part, now, &mut effects);
        effects
    }

    /// Returns the fetch and the part to take now; `None` for a stale answer or one that must wait.
    fn claim_or_hold(
        &mut self,
        answer: Answer<Fact>,
        now: Timestamp,
        estate: &mut Estate,
        environment: &EnvironmentConfig,
        effects: &mut Vec<Effect>,
    ) -> Option<(InFlight, Part)> {
        let identity =
            self.in_flight_fetches.get(&answer.ticket).is_some_and(|flight| matches!(flight.query, Query::Identity));
        if !identity
            && self.in_flight_fetches.contains_key(&answer.ticket)
            // A failure carries nothing of another account.
            && !matches!(answer.part, Part::Failed(_))
            && let Some(held) = &mut self.held_answers
        {
            held.push(answer);
            if estate.identity.failure().is_some() {
                // These credentials work: request the identity now instead of waiting for its next retry.
                self.make_due(&[Source::Identity], now);
            }
            return None;
        }
        let flight = self.claim(&answer, now)?;
        if let (true, Part::Page(Fact::Endpoints(endpoints))) = (identity, &answer.part) {
            estate.endpoints = endpoints.clone();
            return None;
        }
        if !identity {
            return (!self.wrong_account).then_some((flight, answer.part));
        }
        self.record_answer(Job::Identity);
        self.apply_identity(estate, environment, answer.part, now);
        if environment.account.is_some()
            && estate.identity.failure().is_some_and(|failure| failure.kind == FailureKind::Credentials)
        {
            // These answers are dropped: their account is unknown, and they may be outdated once it is known.
            for waiting in self.held_answers.take().unwrap_or_default() {
                self.drop_answer(&waiting);
            }
            self.hold(environment);
            return None;
        }
        // The account is right, or cannot be known: the answers held back are taken.
        for waiting in self.held_answers.take().unwrap_or_default() {
            if let Some(flight) = self.claim(&waiting, now)
                && !self.wrong_account
            {
                self.take_in(estate, environment, flight, waiting.part, now, effects);
            }
        }
        None
    }

    /// Takes the answer about the caller identity.
    fn apply_identity(&mut self, estate: &mut Estate, environment: &EnvironmentConfig, part: Part, now: Timestamp) {
        let outcome = match part {
            Part::Page(Fact::Identity(identity)) | Part::Last(Fact::Identity(identity)) => {
                let wrong = environment.account.as_ref().is_some_and(|account| *account != identity.account);
                if wrong {
                    let configured = environment.account.as_deref().unwrap_or_default();
                    let message = format!(
                        "these credentials are for account {}, but {} is {configured}",
                        identity.account, environment.name
                    );
                    // Nothing of another account may appear under this environment's name.
                    *estate = Estate { endpoints: identity.endpoints.clone(), ..Estate::default() };
                    estate.identity.record(identity, now);
                    estate.identity.record_failure(Failure::new(FailureKind::WrongAccount, message));
                    self.reset();
                    self.wrong_account = true;
                    Err(FailureKind::WrongAccount)
                } else {
                    let was_failing = estate.identity.failure().is_some() || self.wrong_account;
                    self.wrong_account = false;
                    estate.endpoints = identity.endpoints.clone();
                    estate.identity.record(identity, now);
                    if was_failing {
                        self.retry_failed(now);
                    }
                    Ok(())
                }
            }
            Part::Failed(failure) => {
                let kind = failure.kind;
                estate.identity.record_failure(failure);
                Err(kind)
            }
            Part::Page(_) | Part::Last(_) => {
                estate.identity.record_failure(Failure::mismatched_answer());
                Err(FailureKind::Malformed)
            }
        };
        self.finish(Job::Identity, outcome, environment, now);
    }

    fn take_in(
        &mut self,
        estate: &mut Estate,
        environment: &EnvironmentConfig,
        flight: InFlight,
        part: Part,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if let Part::Failed(failure) = &part
            && failure.kind == FailureKind::Credentials
            // After a failure of the identity, its own retries look for new credentials.
            && estate.identity.failure().is_none()
        {
            self.hold(environment);
            self.make_due(&[Source::Identity], now);
        }
        mark(estate, &flight.query, &part);
        match &flight.query {
            // Requested with tickets of panes, which take the answers themselves.
            Query::Identity
            | Query::MetricNames { .. }
            | Query::Costs(_)
            | Query::Certificates { .. }
            | Query::Curves { .. }
            | Query::LogPage(_)
            | Query::StreamPage(_)
            | Query::LogStreams { .. }
            | Query::LogGroups { .. }
            | Query::LiveTail { .. }
            | Query::Insights(_)
            | Query::Parameters { .. }
            | Query::ParameterValue { .. }
            | Query::ParameterHistory { .. }
            | Query::Machines { .. }
            | Query::UserPool { .. }
            | Query::Secrets => {}
            Query::ServiceNames { .. } | Query::Services { .. } => {
                self.sweep_services(estate, environment, &flight, part, now, effects);
            }
            Query::TaskIds { .. } | Query::Tasks { .. } => {
                self.sweep_tasks(estate, environment, &flight, part, now, effects);
            }
            Query::TaskDefinition { name } => {
                let slot = estate.task_definitions.entry(name.clone()).or_default();
                let outcome = store_value(slot, part, now, |fact| picked!(fact, TaskDefinition).map(|found| *found));
                self.finish_keyed(Source::TaskDefinitions, name, outcome, false, environment, now);
            }
            Query::Rollouts { service, .. } => self.take_rollouts(estate, environment, service, part, now),
            Query::Targets { group } => {
                let slot = estate.targets.entry(group.clone()).or_default();
                let outcome = store_value(slot, part, now, |fact| picked!(fact, Targets));
                self.finish_keyed(Source::Targets, group, outcome, false, environment, now);
            }
            Query::Metrics { .. } => self.take_metrics(estate, environment, &flight, part, now),
            Query::TaskLog { group, stream, .. } => {
                let slot = estate.task_logs.entry((group.clone(), stream.clone())).or_default();
                let outcome =
                    store_value(slot, part, now, |fact| picked!(fact, TaskLog).map(|lines| agent::log_status(&lines)));
                self.finish_keyed(Source::Agents, agent_watch::task_of(stream), outcome, false, environment, now);
            }
            Query::Cluster { .. }
            | Query::ScalableTargets { .. }
            | Query::ScalingPolicies { .. }
            | Query::ScheduledActions { .. }
            | Query::Schedules { .. }
            | Query::ScalingActivities { .. }
            | Query::TargetGroups
            | Query::DbClusters
            | Query::DbInstances
            | Query::DbSnapshots
            | Query::Alarms { .. }
            | Query::AlarmMutes
            | Query::AlarmHistory { .. }
            | Query::RdsEvents { .. }
            | Query::Trail { .. }
            | Query::ConfiguredGroups { .. }
            | Query::Function { .. } => self.replace_value(estate, environment, flight, part, now),
        }
    }

    /// Takes the newest deployments of a service.
    fn take_rollouts(
        &mut self,
        estate: &mut Estate,
        environment: &EnvironmentConfig,
        service: &str,
        part: Part,
        now: Timestamp,
    ) {
        let slot = estate.rollouts.entry(service.to_owned()).or_default();
        let outcome = store_value(slot, part, now, |fact| picked!(fact, Rollouts));
        let steady = outcome.is_ok()
            && slot.value().and_then(|list| list.first()).is_none_or(|newest| newest.status.has_ended());
        if outcome.is_ok()
            && let Some(primary) = estate.service(service).and_then(|service| service.primary())
        {
            self.history_of.insert(service.to_owned(), primary.id.clone());
        }
        self.finish_keyed(Source::Rollouts, service, outcome, steady, environment, now);
    }

    /// Takes sources that replace their value as a whole; pages are gathered until the last.
    fn replace_value(
        &mut self,
        estate: &mut Estate,
        environment: &EnvironmentConfig,
        flight: InFlight,
        part: Part,
        now: Timestamp,
    ) {
        let Some(job) = flight.job else { return };
        let pages = flight.pages;
        let mut others = Vec::new();
        let database = |id: &str| environment.databases.iter().any(|pattern| matches(pattern, id));
        let outcome = match job {
            Job::Cluster => cluster(estate, environment, part, now),
            Job::ScalableTargets => {
                store_list(&mut estate.scalable, pages, part, now, |fact| picked!(fact, ScalableTargets))
            }
            Job::ScalingPolicies => {
                store_list(&mut estate.policies, pages, part, now, |fact| picked!(fact, ScalingPolicies))
            }
            Job::Schedules => store_list(&mut estate.schedules, pages, part, now, |fact| match fact {
                Fact::Schedules(found) => Some(found),
                fact => record_others(fact, &mut others),
            }),
            Job::ScheduledActions => {
                store_list(&mut estate.scheduled, pages, part, now, |fact| picked!(fact, ScheduledActions))
            }
            Job::ScalingActivities => {
                store_list(&mut estate.activities, pages, part, now, |fact| picked!(fact, ScalingActivities))
            }
            Job::TargetGroups => store_list(&mut estate.target_groups, pages, part, now, |fact| {
                let ours = |pattern: &String, arn: &str| matches(pattern, arn) || matches(pattern, group_name(arn));
                let ours = |arn: &String| environment.target_groups.iter().any(|pattern| ours(pattern, arn));
                Some(keep_own(picked!(fact, TargetGroups)?, &mut others, |arn| arn, ours))
            }),
            Job::DbClusters => store_list(&mut estate.db_clusters, pages, part, now, |fact| {
                let found = picked!(fact, DbClusters)?;
                Some(keep_own(found, &mut others, |cluster| &cluster.id, |cluster| database(&cluster.id)))
            }),
            Job::DbInstances => store_list(&mut estate.db_instances, pages, part, now, |fact| {
                let ours = |one: &DbInstance| database(&one.id) || one.cluster.as_deref().is_some_and(database);
                Some(keep_own(picked!(fact, DbInstances)?, &mut others, |instance| &instance.id, ours))
            }),
            Job::DbSnapshots => store_list(&mut estate.db_snapshots, pages, part, now, |fact| {
                let found = picked!(fact, DbSnapshots)?;
                Some(found.into_iter().filter(|one| database(&one.database)).collect())
            }),
            Job::Alarms => store_list(&mut estate.alarms, pages, part, now, |fact| match fact {
                Fact::Alarms(found) => Some(found),
                fact => record_others(fact, &mut others),
            }),
            Job::AlarmMutes => store_list(&mut estate.alarm_mutes, pages, part, now, |fact| picked!(fact, AlarmMutes)),
            Job::AlarmHistory => {
                store_list(&mut estate.alarm_changes, pages, part, now, |fact| picked!(fact, AlarmHistory))
            }
            Job::RdsEvents => rds_events(estate, environment, pages, part, now),
            Job::Trail => values::trail(&mut estate.trail, pages, part, now),
            Job::LogGroups => store_list(&mut estate.log_groups, pages, part, now, |fact| match fact {
                Fact::LogGroups(found) => Some(found.into_iter().map(|group| group.name).collect()),
                fact => record_others(fact, &mut others),
            }),
            Job::Function => store_value(&mut estate.function, part, now, |fact| picked!(fact, Function)),
            Job::Identity | Job::Services | Job::Tasks | Job::ServiceMetrics | Job::DbMetrics => return,
        };
        estate.foreign_names.insert(job.source(), others);
        estate.lists_changed = true;
        self.record_answer(job);
        self.finish(job, outcome, environment, now);
        // A failover takes seconds: at the usual interval it would be over unseen.
        let databases = matches!(job, Job::DbClusters | Job::DbInstances);
        if databases
            && outcome.is_ok()
            && estate.db_clusters.value().into_iter().flatten().any(|cluster| cluster.status == "failing-over")
        {
            self.due_within(job, FAILING_OVER, now);
        }
    }
}

/// Takes the cluster with the configured name.
fn cluster(
    estate: &mut Estate,
    environment: &EnvironmentConfig,
    part: Part,
    now: Timestamp,
) -> Result<(), FailureKind> {
    let outcome = store_value(&mut estate.cluster, part, now, |fact| match fact {
        Fact::Cluster(found) => Some(found.unwrap_or_default()),
        _ => None,
    });
    // There is no cluster of that name: the empty value just learned must not be used.
    if outcome.is_ok() && estate.cluster.value().is_some_and(|cluster| cluster.name.is_empty()) {
        let name = environment.cluster.as_deref().unwrap_or_default();
        estate.cluster = crate::model::Observed::default();
        estate.cluster.record_failure(Failure::new(FailureKind::NotFound, format!("there is no cluster {name}")));
        Err(FailureKind::NotFound)
    } else {
        outcome
    }
}

/// Takes the events of the configured databases and their instances.
fn rds_events(
    estate: &mut Estate,
    environment: &EnvironmentConfig,
    pages: Vec<Fact>,
    part: Part,
    now: Timestamp,
) -> Result<(), FailureKind> {
    let database = |id: &str| environment.databases.iter().any(|pattern| matches(pattern, id));
    let of_cluster = |one: &&DbInstance| database(&one.id) || one.cluster.as_deref().is_some_and(database);
    let instances = estate.db_instances.value().into_iter().flatten().filter(of_cluster);
    let ours: Vec<String> = instances.map(|one| one.id.clone()).collect();
    store_list(&mut estate.rds_events, pages, part, now, |fact| {
        let mut found = picked!(fact, RdsEvents)?;
        found.retain(|event| database(&event.source) || ours.contains(&event.source));
        Some(found)
    })
}

/// Records names of things outside the environment, which are no part of the value.
fn record_others<T>(fact: Fact, others: &mut Vec<String>) -> Option<Vec<T>> {
    others.extend(picked!(fact, ExistingNames)?);
    None
}

/// Marks the services whose health an answer may change.
fn mark(estate: &mut Estate, query: &Query, part: &Part) {
    use crate::model::MetricKey;
    let (Part::Page(fact) | Part::Last(fact)) = part else { return };
    let Estate { services, dirty: unjudged, .. } = estate;
    let services = || services.value().into_iter().flat_map(|all| all.values());
    match (query, fact) {
        (_, Fact::Services(found, _)) => found.iter().for_each(|service| unjudged.mark(&service.name)),
        (_, Fact::Tasks(found)) => {
            found.iter().filter_map(|task| task.service.as_deref()).for_each(|service| unjudged.mark(service));
        }
        (Query::Rollouts { service, .. }, _) => unjudged.mark(service),
        (Query::TaskDefinition { name }, _) => {
            let using = services().filter(|service| service.task_definition == *name);
            using.for_each(|service| unjudged.mark(&service.name));
        }
        (Query::Targets { group }, _) => {
            let users = services().filter(|service| service.target_groups.contains(group));
            users.for_each(|service| unjudged.mark(&service.name));
        }
        (_, Fact::Metrics(found)) => {
            for (key, _) in found {
                if let MetricKey::ServiceCpu(service) | MetricKey::ServiceMemory(service) = key {
                    unjudged.mark(service);
                }
            }
        }
        (
            _,
            Fact::ScalableTargets(_)
            | Fact::ScalingPolicies(_)
            | Fact::ScheduledActions(_)
            | Fact::Schedules(_)
            | Fact::ScalingActivities(_),
        ) => unjudged.all = true,
        _ => {}
    }
}
