//! The state of the sources: the rows of `sources`, whether the report is complete, and the exit code.

use super::dto::{SourceDto, SourceState, UnmatchedDto};
use crate::app::poll::HISTORIES_FOR_ALL as HISTORIES;
use crate::cli::ExitCode;
use crate::config::EnvironmentConfig;
use crate::model::{Estate, Failure, FailureKind, Observed, Service, Source};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The facts and requests from which rows of sources are made.
#[derive(Debug, Clone, Copy)]
pub struct SourceRequest<'a> {
    pub environment: &'a EnvironmentConfig,
    /// The facts, settled.
    pub estate: &'a Estate,
    /// The current time by this machine's clock.
    pub now: Timestamp,
    /// Number of requests sent for each source.
    pub requests: &'a BTreeMap<Source, u32>,
    /// Sources that were deliberately not read.
    pub skipped: &'a [Source],
    /// Whether the metrics of services were requested, too.
    pub service_metrics: bool,
}

impl SourceRequest<'_> {
    /// Returns a row for each of these sources.
    pub fn rows(&self, sources: &[Source]) -> Vec<SourceDto> {
        sources.iter().map(|source| self.row(*source)).collect()
    }

    /// Returns the configured names that match nothing in this source.
    fn unmatched(&self, source: Source) -> Vec<UnmatchedDto> {
        let unmatched = self.estate.unmatched.iter().filter(|one| one.source == source);
        unmatched
            .map(|one| UnmatchedDto {
                key: one.key.to_owned(),
                name: one.written.clone(),
                nearest: one.suggestion.clone(),
            })
            .collect()
    }

    fn row(&self, source: Source) -> SourceDto {
        let status = self.estate.status(source);
        let requests = self.requests.get(&source).copied().unwrap_or_default();
        let (state, error) = match (&status.failure, &status.partial) {
            _ if self.skipped.contains(&source) || (!status.used && !self.has(source)) => (SourceState::Skipped, None),
            (_, Some(partial)) => (SourceState::Partial, Some(partial.clone())),
            (Some(failure), None) => (SourceState::Failed, Some(failure.message.clone())),
            (None, None) if status.at.is_some() => match self.unanswered(source) {
                0 => (SourceState::Ok, None),
                missing => (SourceState::Partial, Some(format!("{missing} of them were not answered in time"))),
            },
            (None, None) if status.used => (SourceState::Partial, Some("the read had not ended".to_owned())),
            (None, None) => match self.absence(source) {
                Absence::Nothing => (SourceState::Skipped, None),
                Absence::Unanswered => (SourceState::Failed, Some("no answer came in time".to_owned())),
                Absence::Follows(parent) => {
                    (SourceState::Failed, Some(format!("not asked, as {} could not be read", parent.label())))
                }
            },
        };
        let follows = match self.absence(source) {
            Absence::Follows(parent) if state == SourceState::Failed => self.estate.status(parent).failure,
            Absence::Follows(_) | Absence::Nothing | Absence::Unanswered => None,
        };
        SourceDto {
            name: source.name().to_owned(),
            status: state,
            age_ms: status
                .at
                .map(|at| u64::try_from(self.now.duration_since(at).as_millis().max(0)).unwrap_or(u64::MAX)),
            requests,
            kind: status
                .failure
                .as_ref()
                .or(follows.as_ref())
                .filter(|_| state != SourceState::Skipped)
                .map(|failure| failure.kind.name().to_owned()),
            error,
            unmatched: self.unmatched(source),
            failure: status.failure.filter(|_| state == SourceState::Failed && status.partial.is_none()),
        }
    }
}

/// Why a source has returned nothing at all. Requests are counted with their answers, so the count cannot distinguish a
/// source that hangs from one with nothing to read; the facts can.
enum Absence {
    /// There is nothing to read: a service without target groups has no target health.
    Nothing,
    /// A request was sent and not answered.
    Unanswered,
    /// It depends on another source, which could not be read.
    Follows(Source),
}

impl SourceRequest<'_> {
    /// Returns the number of parts of a source (one for each service, target group or task definition) that were
    /// neither read nor failed.
    fn unanswered(&self, source: Source) -> usize {
        fn missing<'a, T: 'a>(wanted: impl Iterator<Item = &'a str>, parts: &BTreeMap<String, Observed<T>>) -> usize {
            let wanted: BTreeSet<&str> = wanted.collect();
            let answered =
                |key: &&str| parts.get(*key).is_some_and(|part| part.at().is_some() || part.failure().is_some());
            wanted.iter().filter(|key| !answered(key)).count()
        }
        let Some(services) = self.estate.services.value() else { return 0 };
        match source {
            Source::TaskDefinitions => {
                let wanted = services.values().flat_map(Service::current_definitions);
                missing(wanted, &self.estate.task_definitions)
            }
            Source::Targets => {
                let wanted = services.values().flat_map(|service| &service.target_groups).map(String::as_str);
                missing(wanted, &self.estate.targets)
            }
            Source::Rollouts if services.len() <= HISTORIES => {
                missing(services.keys().map(String::as_str), &self.estate.rollouts)
            }
            _ => 0,
        }
    }

    /// Whether the environment has resources of this source.
    fn has(&self, source: Source) -> bool {
        let environment = self.environment;
        match source {
            Source::Identity => true,
            Source::Cluster
            | Source::Services
            | Source::Tasks
            | Source::TaskDefinitions
            | Source::Rollouts
            | Source::ScalableTargets
            | Source::ScalingPolicies
            | Source::ScheduledActions
            | Source::ScalingActivities
            | Source::Agents => environment.cluster.is_some(),
            Source::Schedules => environment.schedules.is_some(),
            Source::Targets => environment.cluster.is_some() || !environment.target_groups.is_empty(),
            Source::DbClusters | Source::DbInstances | Source::DbSnapshots | Source::RdsEvents => {
                !environment.databases.is_empty()
            }
            Source::Trail => !environment.is_only_infra(),
            Source::Alarms | Source::AlarmMutes | Source::AlarmHistory => !environment.alarms.is_empty(),
            Source::LogGroups => !environment.logs.is_empty(),
            Source::Function => environment.scheduler.is_some(),
            Source::Metrics => environment.cluster.is_some() || !environment.databases.is_empty(),
            Source::Logs
            | Source::Parameters
            | Source::Certificates
            | Source::Costs
            | Source::Instances
            | Source::UserPool => false,
        }
    }

    fn absence(&self, source: Source) -> Absence {
        let estate = self.estate;
        let services = estate.services.value().filter(|_| estate.services.at().is_some());
        let of_services = |wanted: &dyn Fn(&Service) -> bool| match services {
            None => Absence::Follows(Source::Services),
            Some(all) if all.values().any(wanted) => Absence::Unanswered,
            Some(_) => Absence::Nothing,
        };
        match source {
            Source::TaskDefinitions => of_services(&|service| !service.current_definitions().is_empty()),
            // In a large cluster, histories are read only for services whose deployments are in progress.
            Source::Rollouts => {
                let few = services.is_some_and(|all| all.len() <= HISTORIES);
                of_services(&|service| few || service.is_rolling_out())
            }
            Source::Targets => of_services(&|service| !service.target_groups.is_empty()),
            Source::Identity
            | Source::Cluster
            | Source::Services
            | Source::Tasks
            | Source::ScalableTargets
            | Source::ScalingPolicies
            | Source::ScheduledActions
            | Source::ScalingActivities
            | Source::Schedules
            | Source::DbClusters
            | Source::DbInstances
            | Source::DbSnapshots
            | Source::Alarms
            | Source::AlarmMutes
            | Source::AlarmHistory
            | Source::RdsEvents
            | Source::Trail
            | Source::LogGroups
            | Source::Function => Absence::Unanswered,
            // If no task has an agent, nothing is requested.
            Source::Logs
            | Source::Agents
            | Source::Parameters
            | Source::Certificates
            | Source::Costs
            | Source::Instances
            | Source::UserPool => Absence::Nothing,
            Source::Metrics => {
                let databases = self.has(Source::DbInstances) && !self.skipped.contains(&Source::DbInstances);
                if !estate.derived.databases.is_empty() {
                    Absence::Unanswered
                } else if databases && estate.db_instances.at().is_none() {
                    Absence::Follows(Source::DbInstances)
                } else if self.service_metrics && self.has(Source::Services) {
                    of_services(&|_| true)
                } else {
                    Absence::Nothing
                }
            }
        }
    }
}

/// Whether no source failed and none is partial.
pub fn complete(rows: &[SourceDto]) -> bool {
    rows.iter().all(|row| matches!(row.status, SourceState::Ok | SourceState::Skipped))
}

/// Returns the exit code that follows from the sources.
pub fn exit_code(rows: &[SourceDto]) -> ExitCode {
    let kind = |row: &SourceDto, kind: FailureKind| row.kind.as_deref() == Some(kind.name());
    let requested: Vec<&SourceDto> = rows.iter().filter(|row| row.status != SourceState::Skipped).collect();
    let no_credentials = |row: &&SourceDto| kind(row, FailureKind::Credentials);
    if requested.iter().any(|row| kind(row, FailureKind::WrongAccount)) {
        return ExitCode::Refused;
    }
    let identity = Source::Identity.name();
    let mut facts = requested.iter().filter(|row| row.name != identity).peekable();
    // With the identity as the only source, the content of the report comes from elsewhere: its failure then means
    // incomplete, not failed.
    let no_facts = facts.peek().is_none();
    let facts_failed = facts.all(|row| row.status == SourceState::Failed);
    let all_failed = !no_facts && requested.iter().all(|row| row.status == SourceState::Failed);
    if requested.iter().any(|row| row.name == identity && no_credentials(row))
        || (facts_failed && requested.iter().any(no_credentials))
    {
        return ExitCode::Credentials;
    }
    match (complete(rows), all_failed) {
        (true, _) => ExitCode::Done,
        (false, true) => ExitCode::Failed,
        (false, false) => ExitCode::Incomplete,
    }
}

/// Returns lines for people about missing data.
pub fn notes(rows: &[SourceDto]) -> Vec<String> {
    let unmatched = rows.iter().flat_map(|row| {
        row.unmatched.iter().map(|one| {
            let near = one.nearest.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            format!("! {}: nothing matches `{}` (`{}` of the configuration){near}", row.name, one.name, one.key)
        })
    });
    unread(rows).iter().map(Unread::words).chain(unmatched).collect()
}

/// Returns the notes that are new since the previous call, for commands that poll. `reported` holds the previous notes per
/// source, so a note about one source is not repeated when another source fails with the same cause.
pub fn news(rows: &[SourceDto], reported: &mut BTreeSet<String>) -> Vec<String> {
    fn own(row: &SourceDto) -> Vec<String> {
        notes(std::slice::from_ref(row))
    }
    let new = |row: &&SourceDto| own(row).iter().any(|note| !reported.contains(note));
    let fresh: Vec<SourceDto> = rows.iter().filter(new).cloned().collect();
    *reported = rows.iter().flat_map(own).collect();
    notes(&fresh)
}

/// Sources that could not be read (completely) for one common cause.
struct Unread<'a> {
    /// The verb phrase for one source, and for several.
    words: (&'static str, &'static str),
    names: Vec<&'a str>,
    error: &'a str,
    failures: Vec<Failure>,
}

impl Unread<'_> {
    fn words(&self) -> String {
        let words = if self.names.len() == 1 { self.words.0 } else { self.words.1 };
        let why = if self.failures.len() > 1 { Failure::describe_group(&self.failures) } else { self.error.to_owned() };
        format!("! {} {words}: {why}", self.names.join(", "))
    }
}

/// Groups the missing parts by cause.
fn unread(rows: &[SourceDto]) -> Vec<Unread<'_>> {
    let mut causes: Vec<Unread<'_>> = Vec::new();
    for row in rows {
        // The reason for skipping a source on purpose is not reported as a problem.
        let Some(error) = row.error.as_deref().filter(|_| row.status != SourceState::Skipped) else { continue };
        let words = match row.status {
            SourceState::Failed if row.age_ms.is_some() => {
                ("is old, the last read failed", "are old, the last read failed")
            }
            SourceState::Failed => ("could not be read", "could not be read"),
            SourceState::Partial | SourceState::Ok | SourceState::Skipped => ("is incomplete", "are incomplete"),
        };
        let same = |known: &&mut Unread<'_>| {
            known.words == words
                && match (known.failures.first(), &row.failure) {
                    (Some(one), Some(other)) => one.is_like(other),
                    (None, None) => known.error == error,
                    (Some(_), None) | (None, Some(_)) => false,
                }
        };
        match causes.iter_mut().find(same) {
            Some(known) => {
                known.names.push(row.name.as_str());
                known.failures.extend(row.failure.clone());
            }
            None => causes.push(Unread {
                words,
                names: vec![row.name.as_str()],
                error,
                failures: row.failure.clone().into_iter().collect(),
            }),
        }
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, failure: Failure) -> SourceDto {
        SourceDto {
            name: name.into(),
            status: SourceState::Failed,
            age_ms: None,
            requests: 1,
            error: Some(failure.message.clone()),
            kind: Some(failure.kind.name().into()),
            unmatched: Vec::new(),
            failure: Some(failure),
        }
    }

    fn expired(action: &str) -> Failure {
        Failure::new(FailureKind::Credentials, format!("{action}: the key has expired"))
    }

    #[test]
    fn missing_source_is_reported_once_when_another_fails_later() {
        let (identity, services) =
            (row("sts.identity", expired("sts:GetCallerIdentity")), row("ecs.services", expired("ecs:ListServices")));
        let mut reported = BTreeSet::new();
        let first = news(std::slice::from_ref(&identity), &mut reported);
        assert_eq!(first, ["! sts.identity could not be read: sts:GetCallerIdentity: the key has expired"]);
        let both = [identity.clone(), services.clone()];
        let second = news(&both, &mut reported);
        assert_eq!(second, ["! ecs.services could not be read: ecs:ListServices: the key has expired"]);
        assert_eq!(news(&both, &mut reported), [""; 0]);
        assert_eq!(news(std::slice::from_ref(&services), &mut reported), [""; 0]);
        assert_eq!(news(&both, &mut reported), first, "it was read meanwhile");
        assert_eq!(news(&both, &mut BTreeSet::new()).len(), 1, "what comes at once is one");
    }

    #[test]
    fn sources_with_the_same_cause_share_one_note() {
        let denied = |action: &str| Failure::new(FailureKind::Denied, format!("{action}: not allowed"));
        let rows = [
            row("sts.identity", expired("sts:GetCallerIdentity")),
            row("ecs.services", expired("ecs:ListServices")),
            row("cloudwatch.alarms", denied("cloudwatch:DescribeAlarms")),
            SourceDto { age_ms: Some(5), ..row("rds.clusters", expired("rds:DescribeDBClusters")) },
        ];
        let notes = notes(&rows);
        assert_eq!(
            notes,
            [
                "! sts.identity, ecs.services could not be read: the key has expired",
                "! cloudwatch.alarms could not be read: cloudwatch:DescribeAlarms: not allowed",
                "! rds.clusters is old, the last read failed: rds:DescribeDBClusters: the key has expired",
            ]
        );
    }
}
