//! How answers enter the estate. Every fact passes here, and nowhere else.
//!
//! An answer whose account is not yet known to be right waits; one of a wrong account is never shown.

mod sweeps;
mod values;

use super::effect::Effect;
use super::event::Answer;
use super::poll::{InFlight, Job, Poller};
use super::unmatched::sift;
use crate::config::EnvironmentConfig;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::target::group_name;
use crate::model::{DbInstance, Estate, Failure, FailureKind, Source, agent, agent_watch};
use jiff::{SignedDuration, Timestamp};
use log_store::pattern::matches;
use values::{all, one};

/// Databases are read this often while one fails over. Source: the cadence advice for RDS, 2–3 s.
const FAILING_OVER: SignedDuration = SignedDuration::from_secs(3);

/// Extracts the payload if the fact has this variant.
macro_rules! picked {
    ($fact:expr, $kind:ident) => {
        if let Fact::$kind(found) = $fact { Some(found) } else { None }
    };
}

impl Poller {
    /// Absorbs an answer. Returns the effects that follow from it: the next batches of a sweep.
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

    /// The flight and the part to take in now; none for a stale answer or one that must wait.
    fn claim_or_hold(
        &mut self,
        answer: Answer<Fact>,
        now: Timestamp,
        estate: &mut Estate,
        environment: &EnvironmentConfig,
        effects: &mut Vec<Effect>,
    ) -> Option<(InFlight, Part)> {
        let identity =
            self.in_flight_asks.get(&answer.ticket).is_some_and(|flight| matches!(flight.query, Query::Identity));
        if !identity
            && self.in_flight_asks.contains_key(&answer.ticket)
            // A failure brings nothing of another account.
            && !matches!(answer.part, Part::Failed(_))
            && let Some(held) = &mut self.held
        {
            held.push(answer);
            if estate.identity.failure().is_some() {
                // These credentials work: ask for the identity now instead of waiting for its next retry.
                self.hurry(&[Source::Identity], now);
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
        self.landed(Job::Identity);
        self.apply_identity(estate, environment, answer.part, now);
        if environment.account.is_some()
            && estate.identity.failure().is_some_and(|failure| failure.kind == FailureKind::Credentials)
        {
            // These answers are dropped: their account is unknown, and they may be old once it is known.
            for waiting in self.held.take().unwrap_or_default() {
                self.forget(&waiting);
            }
            self.hold(environment);
            return None;
        }
        // The account is known to be right, or cannot be known: what waited may come in.
        for waiting in self.held.take().unwrap_or_default() {
            if let Some(flight) = self.claim(&waiting, now)
                && !self.wrong_account
            {
                self.take_in(estate, environment, flight, waiting.part, now, effects);
            }
        }
        None
    }

    /// Applies the caller identity.
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
                    // Nothing of another account may stand under this environment's name.
                    *estate = Estate { endpoints: identity.endpoints.clone(), ..Estate::default() };
                    estate.identity.learn(identity, now);
                    estate.identity.fail(Failure::new(FailureKind::WrongAccount, message));
                    self.start_anew();
                    self.wrong_account = true;
                    Err(FailureKind::WrongAccount)
                } else {
                    let back = estate.identity.failure().is_some() || self.wrong_account;
                    self.wrong_account = false;
                    estate.endpoints = identity.endpoints.clone();
                    estate.identity.learn(identity, now);
                    if back {
                        self.retry_failed(now);
                    }
                    Ok(())
                }
            }
            Part::Failed(failure) => {
                let kind = failure.kind;
                estate.identity.fail(failure);
                Err(kind)
            }
            Part::Page(_) | Part::Last(_) => {
                estate.identity.fail(Failure::other_answer());
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
            // Once it is known, the identity's own retries look for new credentials.
            && estate.identity.failure().is_none()
        {
            self.hold(environment);
            self.hurry(&[Source::Identity], now);
        }
        mark(estate, &flight.query, &part);
        match &flight.query {
            // Asked with tickets of panes, which take the answers themselves.
            Query::Identity
            | Query::Listed { .. }
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
                let outcome = one(slot, part, now, |fact| picked!(fact, TaskDefinition).map(|found| *found));
                self.finish_keyed(Source::TaskDefinitions, name, outcome, false, environment, now);
            }
            Query::Rollouts { service, .. } => self.take_rollouts(estate, environment, service, part, now),
            Query::Targets { group } => {
                let slot = estate.targets.entry(group.clone()).or_default();
                let outcome = one(slot, part, now, |fact| picked!(fact, Targets));
                self.finish_keyed(Source::Targets, group, outcome, false, environment, now);
            }
            Query::Metrics { .. } => self.take_metrics(estate, environment, &flight, part, now),
            Query::TaskLog { group, stream, .. } => {
                let slot = estate.task_logs.entry((group.clone(), stream.clone())).or_default();
                let outcome = one(slot, part, now, |fact| picked!(fact, TaskLog).map(|lines| agent::heard(&lines)));
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
            | Query::Function { .. } => self.whole(estate, environment, flight, part, now),
        }
    }

    /// The newest deployments of a service.
    fn take_rollouts(
        &mut self,
        estate: &mut Estate,
        environment: &EnvironmentConfig,
        service: &str,
        part: Part,
        now: Timestamp,
    ) {
        let slot = estate.rollouts.entry(service.to_owned()).or_default();
        let outcome = one(slot, part, now, |fact| picked!(fact, Rollouts));
        let steady =
            outcome.is_ok() && slot.value().and_then(|list| list.first()).is_none_or(|newest| newest.status.terminal());
        if outcome.is_ok()
            && let Some(primary) = estate.service(service).and_then(|service| service.primary())
        {
            self.history_of.insert(service.to_owned(), primary.id.clone());
        }
        self.finish_keyed(Source::Rollouts, service, outcome, steady, environment, now);
    }

    /// Sources that replace their value whole; pages are gathered until the last.
    fn whole(
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
            Job::ScalableTargets => all(&mut estate.scalable, pages, part, now, |fact| picked!(fact, ScalableTargets)),
            Job::ScalingPolicies => all(&mut estate.policies, pages, part, now, |fact| picked!(fact, ScalingPolicies)),
            Job::Schedules => all(&mut estate.schedules, pages, part, now, |fact| match fact {
                Fact::Schedules(found) => Some(found),
                fact => beside(fact, &mut others),
            }),
            Job::ScheduledActions => {
                all(&mut estate.scheduled, pages, part, now, |fact| picked!(fact, ScheduledActions))
            }
            Job::ScalingActivities => {
                all(&mut estate.activities, pages, part, now, |fact| picked!(fact, ScalingActivities))
            }
            Job::TargetGroups => all(&mut estate.target_groups, pages, part, now, |fact| {
                let ours = |pattern: &String, arn: &str| matches(pattern, arn) || matches(pattern, group_name(arn));
                let ours = |arn: &String| environment.target_groups.iter().any(|pattern| ours(pattern, arn));
                Some(sift(picked!(fact, TargetGroups)?, &mut others, |arn| arn, ours))
            }),
            Job::DbClusters => all(&mut estate.db_clusters, pages, part, now, |fact| {
                let found = picked!(fact, DbClusters)?;
                Some(sift(found, &mut others, |cluster| &cluster.id, |cluster| database(&cluster.id)))
            }),
            Job::DbInstances => all(&mut estate.db_instances, pages, part, now, |fact| {
                let ours = |one: &DbInstance| database(&one.id) || one.cluster.as_deref().is_some_and(database);
                Some(sift(picked!(fact, DbInstances)?, &mut others, |instance| &instance.id, ours))
            }),
            Job::DbSnapshots => all(&mut estate.db_snapshots, pages, part, now, |fact| {
                let found = picked!(fact, DbSnapshots)?;
                Some(found.into_iter().filter(|one| database(&one.database)).collect())
            }),
            Job::Alarms => all(&mut estate.alarms, pages, part, now, |fact| match fact {
                Fact::Alarms(found) => Some(found),
                fact => beside(fact, &mut others),
            }),
            Job::AlarmMutes => all(&mut estate.alarm_mutes, pages, part, now, |fact| picked!(fact, AlarmMutes)),
            Job::AlarmHistory => all(&mut estate.alarm_changes, pages, part, now, |fact| picked!(fact, AlarmHistory)),
            Job::RdsEvents => rds_events(estate, environment, pages, part, now),
            Job::Trail => values::trail(&mut estate.trail, pages, part, now),
            Job::LogGroups => all(&mut estate.log_groups, pages, part, now, |fact| match fact {
                Fact::LogGroups(found) => Some(found.into_iter().map(|group| group.name).collect()),
                fact => beside(fact, &mut others),
            }),
            Job::Function => one(&mut estate.function, part, now, |fact| picked!(fact, Function)),
            Job::Identity | Job::Services | Job::Tasks | Job::ServiceMetrics | Job::DbMetrics => return,
        };
        estate.others.insert(job.source(), others);
        estate.listed = true;
        self.landed(job);
        self.finish(job, outcome, environment, now);
        // A failover takes seconds: at the usual interval it would be over before it is seen.
        let databases = matches!(job, Job::DbClusters | Job::DbInstances);
        if databases
            && outcome.is_ok()
            && estate.db_clusters.value().into_iter().flatten().any(|cluster| cluster.status == "failing-over")
        {
            self.due_within(job, FAILING_OVER, now);
        }
    }
}

/// The cluster of the configured name.
fn cluster(
    estate: &mut Estate,
    environment: &EnvironmentConfig,
    part: Part,
    now: Timestamp,
) -> Result<(), FailureKind> {
    let outcome = one(&mut estate.cluster, part, now, |fact| match fact {
        Fact::Cluster(found) => Some(found.unwrap_or_default()),
        _ => None,
    });
    // No cluster of that name: an empty one was learned, which is not to be believed.
    if outcome.is_ok() && estate.cluster.value().is_some_and(|cluster| cluster.name.is_empty()) {
        let name = environment.cluster.as_deref().unwrap_or_default();
        estate.cluster = crate::model::Observed::default();
        estate.cluster.fail(Failure::new(FailureKind::NotFound, format!("there is no cluster {name}")));
        Err(FailureKind::NotFound)
    } else {
        outcome
    }
}

/// Events of the configured databases and of their instances.
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
    all(&mut estate.rds_events, pages, part, now, |fact| {
        let mut found = picked!(fact, RdsEvents)?;
        found.retain(|event| database(&event.source) || ours.contains(&event.source));
        Some(found)
    })
}

/// Names beside those that were asked for: no part of the value.
fn beside<T>(fact: Fact, others: &mut Vec<String>) -> Option<Vec<T>> {
    others.extend(picked!(fact, Others)?);
    None
}

/// Marks the services that an answer may change the judgement of.
fn mark(estate: &mut Estate, query: &Query, part: &Part) {
    use crate::model::MetricKey;
    let (Part::Page(fact) | Part::Last(fact)) = part else { return };
    let Estate { services, unjudged, .. } = estate;
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
            let behind = services().filter(|service| service.target_groups.contains(group));
            behind.for_each(|service| unjudged.mark(&service.name));
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
