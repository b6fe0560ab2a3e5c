//! The needs-attention list: the problems that an operator should look at first. The Overview and the snapshot share
//! this one set of rules.
//!
//! Ranking: by severity (critical, warning, note); then by subject (identity, services, databases, alarms, unreadable
//! sources); then newest first; then by source order; then by name.
//!
//! Contents:
//! - credentials: wrong account or unreadable (critical), expiring within 15 minutes (warning);
//! - every reason of a service or database, except notes on one that is merely changing;
//! - unhealthy targets of configured target groups that belong to no service;
//! - alarms in ALARM (warning), except autoscaling alarms;
//! - load balancer certificates, once read: expired (critical) or overdue for renewal (warning);
//! - parameters that a service's task definition references but that do not exist, once parameters were read
//!   (critical);
//! - agents beside a service's container that are not running, or whose last log lines are errors (warning);
//! - sources that fail (warning; throttling is a note) or are partial (note);
//! - names and patterns in the configuration that match nothing (warning).
//!
//! The same sentence on more than three services becomes one entry.

use super::agent_watch;
use super::attention_entry::{Attention, AttentionSubject};
use super::certificates;
use super::estate::{Estate, ServiceRow};
use super::failure::{Failure, FailureKind};
use super::health::{Health, Reason, Severity};
use super::parameters::{is_under_path, references};
use super::source::Source;
use super::time::sentence_duration;
use jiff::{SignedDuration, Timestamp};

/// Credentials that expire within this time get an entry.
const EXPIRING: SignedDuration = SignedDuration::from_mins(15);
/// Number of services that a combined entry names.
const MAX_NAMED: usize = 4;
/// Entries with the same sentence on more services than this are combined.
const COMBINE_ABOVE: usize = 3;

/// Returns the list for an estate whose rows are already judged (see [`Estate::settle`]).
pub fn rank(estate: &Estate, now: Timestamp) -> Vec<Attention> {
    let mut list = Vec::new();
    identity(estate, now, &mut list);
    services(estate, &mut list);
    for row in &estate.derived.databases {
        for reason in noteworthy(row.assessment.health, &row.assessment.reasons) {
            list.push(entry(AttentionSubject::Database(row.database.id.clone()), row.database.id.clone(), reason));
        }
    }
    for alarm in estate.alarms.value().into_iter().flatten() {
        if alarm.state == super::alarm::AlarmState::Alarm && !alarm.is_for_autoscaling() {
            list.push(Attention {
                severity: Severity::Warning,
                subject: AttentionSubject::Alarm(alarm.name.clone()),
                name: alarm.name.clone(),
                what: format!("alarm: {}", alarm.reason),
                since: alarm.since,
                hint: Some(alarm.description.clone().filter(|text| !text.trim().is_empty()).unwrap_or_else(|| {
                    "open the alarm in the AWS console: its graph shows since when and by how much".to_owned()
                })),
            });
        }
    }
    target_groups(estate, &mut list);
    certificates::attention(estate, now, &mut list);
    parameters(estate, &mut list);
    agent_watch::attention(estate, now, &mut list);
    unmatched(estate, &mut list);
    sources(estate, &mut list);
    list.sort_by(|a, b| {
        let key =
            |entry: &Attention| (entry.severity, entry.subject.rank(), std::cmp::Reverse(entry.since), source(entry));
        key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
    });
    list
}

/// Returns the source of an entry, so that entries sort in the order of [`Source::ALL`].
fn source(entry: &Attention) -> Option<Source> {
    if let AttentionSubject::Source(source) = entry.subject { Some(source) } else { None }
}

fn noteworthy(health: Health, reasons: &[Reason]) -> impl Iterator<Item = &Reason> {
    reasons.iter().filter(move |reason| reason.severity != Severity::Note || health != Health::Changing)
}

fn entry(place: AttentionSubject, name: String, reason: &Reason) -> Attention {
    Attention {
        severity: reason.severity,
        subject: place,
        name,
        what: reason.text.clone(),
        since: reason.since,
        hint: reason.hint.clone(),
    }
}

fn identity(estate: &Estate, now: Timestamp, list: &mut Vec<Attention>) {
    let mut add = |severity, what: String, hint: Option<&str>| {
        list.push(Attention {
            severity,
            subject: AttentionSubject::Identity,
            name: "credentials".into(),
            what,
            since: None,
            hint: hint.map(str::to_owned),
        });
    };
    if let Some(failure) = estate.identity.failure() {
        let severity = match failure.kind {
            FailureKind::Credentials | FailureKind::WrongAccount => Severity::Critical,
            FailureKind::Throttled => Severity::Note,
            FailureKind::Denied
            | FailureKind::Unreachable
            | FailureKind::Timeout
            | FailureKind::Malformed
            | FailureKind::Invalid
            | FailureKind::NotFound
            | FailureKind::Service
            | FailureKind::Other => Severity::Warning,
        };
        add(severity, failure.message.clone(), Some(failure.hint()));
    } else if let Some(expires) = estate.identity.value().and_then(|identity| identity.expires) {
        let left = expires.duration_since(now);
        if left <= SignedDuration::ZERO {
            add(Severity::Critical, "the credentials have expired".into(), Some(FailureKind::Credentials.hint()));
        } else if left <= EXPIRING {
            add(
                Severity::Warning,
                format!("the credentials end in {}", sentence_duration(left)),
                Some("renew them now"),
            );
        }
    }
}

/// Adds an entry for each parameter that a task definition references but that does not exist. A list that was read
/// before the task definition was registered is no evidence, and is ignored.
fn parameters(estate: &Estate, list: &mut Vec<Attention>) {
    let (Some(known), Some(at)) = (estate.parameters.value(), estate.parameters.at()) else { return };
    let known: std::collections::BTreeSet<&str> = known.iter().map(|one| references::normalize(&one.name)).collect();
    for service in estate.services.value().into_iter().flat_map(std::collections::BTreeMap::values) {
        let read =
            service.current_definitions().into_iter().filter_map(|name| estate.task_definitions.get(name)?.value());
        let definitions = read.filter(|definition| definition.registered_at.is_none_or(|registered| registered <= at));
        let short = estate.service_row(&service.name).map_or(service.name.as_str(), |row| row.short.as_str());
        for reference in definitions.flat_map(|definition| references::references(&service.name, short, definition)) {
            let references::ValueSource::Parameter { name, region: None, .. } =
                &reference.from.without_local_region(&service.arn)
            else {
                continue;
            };
            if known.contains(references::normalize(name)) || !is_under_path(name, &estate.parameter_paths) {
                continue;
            }
            list.push(Attention {
                severity: Severity::Critical,
                subject: AttentionSubject::Service(service.name.clone()),
                name: short.to_owned(),
                what: format!("{} comes from the parameter {name}, which does not exist", reference.variable),
                since: None,
                hint: Some("make it (pane 7, or `cockpit params put`): without it no new task starts".to_owned()),
            });
        }
    }
}

fn services(estate: &Estate, list: &mut Vec<Attention>) {
    let mut counts: std::collections::HashMap<(Severity, &str), usize> = std::collections::HashMap::new();
    let rows = &estate.derived.services;
    for row in rows {
        for reason in noteworthy(row.assessment.health, &row.assessment.reasons) {
            *counts.entry((reason.severity, reason.text.as_str())).or_default() += 1;
        }
    }
    for row in rows {
        for reason in noteworthy(row.assessment.health, &row.assessment.reasons) {
            match counts.get_mut(&(reason.severity, reason.text.as_str())) {
                Some(count) if *count > COMBINE_ABOVE => {
                    let mut together = entry(AttentionSubject::Services, format!("{count} services"), reason);
                    together.since = None;
                    // The hint names one of the services.
                    together.hint = together.hint.map(|hint| hint.replace(&row.name, "SERVICE"));
                    let same = |row: &&ServiceRow| {
                        let mut all = noteworthy(row.assessment.health, &row.assessment.reasons);
                        all.any(|other| (other.severity, &other.text) == (reason.severity, &reason.text))
                    };
                    let names: Vec<&str> =
                        rows.iter().filter(same).take(MAX_NAMED).map(|row| row.short.as_str()).collect();
                    let more = *count - names.len();
                    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                    together.what = format!("{}: {}{more}", reason.text, names.join(", "));
                    list.push(together);
                    // Combined already: later rows with this sentence find 0.
                    *count = 0;
                }
                Some(0) => {}
                Some(_) | None => {
                    let mut own = entry(AttentionSubject::Service(row.name.clone()), row.short.clone(), reason);
                    // The short name: the row has little room.
                    own.hint = own.hint.map(|hint| hint.replace(&row.name, &row.short));
                    list.push(own);
                }
            }
        }
    }
}

/// Adds unhealthy targets of groups that no service uses; a service reports its own.
fn target_groups(estate: &Estate, list: &mut Vec<Attention>) {
    for arn in estate.target_groups.value().into_iter().flatten() {
        let services = estate.services.value();
        if services.is_some_and(|services| services.values().any(|service| service.target_groups.contains(arn))) {
            continue;
        }
        let targets = estate.targets.get(arn).and_then(super::observed::Observed::value);
        let counted: Vec<_> = targets.into_iter().flatten().filter(|target| target.state != "draining").collect();
        let bad = counted.iter().filter(|target| target.state == "unhealthy");
        let Some(why) = bad.clone().next().map(|target| target.description.as_deref().or(target.reason.as_deref()))
        else {
            continue;
        };
        let count = bad.count();
        list.push(Attention {
            severity: if count == counted.len() { Severity::Critical } else { Severity::Warning },
            subject: AttentionSubject::TargetGroup(super::target::group_name(arn).to_owned()),
            name: super::target::group_name(arn).to_owned(),
            what: format!("{count} of {} targets unhealthy: {}", counted.len(), why.unwrap_or("no reason given")),
            since: None,
            hint: Some("look at the health check's path and at what the targets log".into()),
        });
    }
}

/// Adds names in the configuration that match nothing: otherwise, a mistyped name would look healthy.
fn unmatched(estate: &Estate, list: &mut Vec<Attention>) {
    list.extend(estate.unmatched.iter().map(|one| Attention {
        severity: Severity::Warning,
        subject: AttentionSubject::Source(one.source),
        name: "configuration".into(),
        what: one.problem(),
        since: None,
        hint: Some(one.hint()),
    }));
}

fn sources(estate: &Estate, list: &mut Vec<Attention>) {
    let refused = |kind| matches!(kind, FailureKind::Credentials | FailureKind::WrongAccount);
    // Covered by the identity entry: without a connection every source fails the same way.
    let covered_by_identity = |failure: &Failure| {
        estate.identity.failure().is_some_and(|identity| {
            (refused(identity.kind) && refused(failure.kind))
                || (identity.kind == failure.kind && identity.reason() == failure.reason())
        })
    };
    let mut unread: Vec<(Vec<Failure>, Vec<Source>)> = Vec::new();
    let row = |severity, source: Source, what, hint: &str| Attention {
        severity,
        subject: AttentionSubject::Source(source),
        name: source.name().into(),
        what,
        since: None,
        hint: Some(hint.to_owned()),
    };
    for source in Source::ALL {
        if source == Source::Identity {
            continue;
        }
        let status = estate.status(source);
        match (status.failure, status.partial) {
            (Some(failure), _) if covered_by_identity(&failure) => {}
            (Some(failure), _) => Failure::add_to_group(&mut unread, failure, source),
            (None, Some(partial)) => {
                let what = source.incomplete(&partial);
                let hint = "what is missing is read again; until then this list may lack something";
                list.push(row(Severity::Note, source, what, hint));
            }
            (None, None) => {}
        }
    }
    for (failures, sources) in unread {
        let words: Vec<&str> = sources.iter().map(|source| source.label()).collect();
        let (words, why, hint) = (words.join(", "), Failure::describe_group(&failures), failures[0].hint());
        list.push(match failures[0].kind {
            FailureKind::Throttled => row(Severity::Note, sources[0], format!("{words} are read late: {why}"), hint),
            _ => row(Severity::Warning, sources[0], format!("cannot read {words}: {why}"), hint),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(identity: Option<Failure>, sources: &[(Source, Failure)]) -> Vec<Attention> {
        let mut estate = Estate::default();
        if let Some(failure) = identity {
            estate.identity.record_failure(failure);
        }
        for (source, failure) in sources {
            match source {
                Source::Services => estate.services.record_failure(failure.clone()),
                Source::Tasks => estate.tasks.record_failure(failure.clone()),
                _ => estate.alarms.record_failure(failure.clone()),
            }
        }
        rank(&estate, Timestamp::UNIX_EPOCH)
    }

    fn unreachable(action: &str) -> Failure {
        Failure::new(FailureKind::Unreachable, format!("{action}: no connection to AWS"))
    }

    #[test]
    fn missing_connection_is_one_row() {
        let sources =
            [(Source::Services, unreachable("ecs:ListServices")), (Source::Alarms, unreachable("cloudwatch:X"))];
        assert_eq!(failing(Some(unreachable("sts:GetCallerIdentity")), &sources).len(), 1);
        // With a known identity, the sources report it, once.
        let rows = failing(None, &sources);
        assert_eq!(rows.len(), 1, "{rows:#?}");
        assert_eq!(rows[0].what, "cannot read services, alarms: no connection to AWS");
    }

    #[test]
    fn one_cause_is_one_row_for_all_sources() {
        let denied = |action: &str| {
            let why = format!("{action}: not allowed: User: u is not authorized to perform: {action} (AccessDenied)");
            Failure::new(FailureKind::Denied, why)
        };
        let all = [
            (Source::Services, denied("ecs:ListServices")),
            (Source::Tasks, denied("ecs:ListTasks")),
            (Source::Alarms, denied("cloudwatch:DescribeAlarms")),
        ];
        let rows = failing(None, &all);
        assert_eq!(rows.len(), 1, "{rows:#?}");
        let what = "cannot read services, tasks, alarms: \
                    not allowed: ecs:ListServices, ecs:ListTasks, cloudwatch:DescribeAlarms";
        assert_eq!(rows[0].what, what);
        let late = |action: &str| Failure::new(FailureKind::Throttled, format!("{action}: Rate exceeded"));
        let rows = failing(None, &[(Source::Services, late("ecs:A")), (Source::Alarms, late("cloudwatch:B"))]);
        assert_eq!(rows.len(), 1, "{rows:#?}");
        assert_eq!(rows[0].what, "services, alarms are read late: Rate exceeded");
        // Of several causes, the one of services comes first, not the first by name.
        let broken = Failure::new(FailureKind::Malformed, "cloudwatch:DescribeAlarms: not understood");
        let rows = failing(None, &[(Source::Alarms, broken), (Source::Services, denied("ecs:ListServices"))]);
        assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["ecs.services", "cloudwatch.alarms"]);
    }

    #[test]
    fn different_reasons_are_separate_rows() {
        let denied = Failure::new(FailureKind::Denied, "cloudwatch:DescribeAlarms: not allowed");
        let rows = failing(
            Some(unreachable("sts:GetCallerIdentity")),
            &[(Source::Services, unreachable("ecs:ListServices")), (Source::Alarms, denied)],
        );
        assert_eq!(rows.len(), 2, "{rows:#?}");
        assert!(rows.iter().any(|row| row.what.contains("cloudwatch:DescribeAlarms: not allowed")));
    }

    #[test]
    fn rejected_credentials_are_reported_once() {
        let refused = |action: &str| Failure::new(FailureKind::Credentials, format!("{action}: expired"));
        let sources = [(Source::Tasks, refused("ecs:DescribeTasks"))];
        let rows = failing(None, &sources);
        assert!(rows.iter().any(|row| row.subject == AttentionSubject::Source(Source::Tasks)), "{rows:#?}");
        let rows = failing(Some(refused("sts:GetCallerIdentity")), &sources);
        assert!(rows.iter().all(|row| row.subject == AttentionSubject::Identity), "{rows:#?}");
    }
}
