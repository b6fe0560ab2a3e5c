//! The needs-attention list: what a person should look at first. One rule set, shared by the
//! Overview and the snapshot.
//!
//! Ranking: by severity (critical, warning, note); then by what it concerns (identity, services,
//! databases, alarms, sources that cannot be read); then the newest first; then sources in their order; then by name.
//!
//! What enters:
//! - the credentials: wrong account or unreadable (critical), ending within 15 minutes (warning);
//! - every reason of a service or database, but not the notes of one that is merely changing;
//! - unhealthy targets of configured target groups that no service is behind;
//! - alarms in ALARM (warning), save those that autoscaling owns;
//! - certificates of the load balancers that have expired (critical), or should have been renewed (warning), once they were read;
//! - parameters that a service's task definition names and that do not exist, once parameters were read (critical);
//! - agents beside a service's container that do not run, or whose log's last word is an error (warning);
//! - sources that fail (warning; throttling is a note) or are partial (note);
//! - names and patterns of the configuration that nothing has (warning).
//!
//! The same sentence on more than three services becomes one entry.

use super::agent_watch;
use super::attention_entry::{Attention, Place};
use super::certificates;
use super::estate::{Estate, ServiceRow};
use super::failure::{Failure, FailureKind};
use super::health::{Health, Reason, Severity};
use super::parameters::{belongs, named};
use super::source::Source;
use super::time::spoken;
use jiff::{SignedDuration, Timestamp};

/// Credentials that end within this time are announced.
const EXPIRING: SignedDuration = SignedDuration::from_mins(15);
/// How many of them are named.
const NAMED: usize = 4;
/// More services than this with the same sentence are told together.
const TOGETHER: usize = 3;

/// The list for an estate whose rows are already judged (see [`Estate::settle`]).
pub fn rank(estate: &Estate, now: Timestamp) -> Vec<Attention> {
    let mut list = Vec::new();
    identity(estate, now, &mut list);
    services(estate, &mut list);
    for row in &estate.derived.databases {
        for reason in noteworthy(row.assessment.health, &row.assessment.reasons) {
            list.push(entry(Place::Database(row.database.id.clone()), row.database.id.clone(), reason));
        }
    }
    for alarm in estate.alarms.value().into_iter().flatten() {
        if alarm.state == super::alarm::AlarmState::Alarm && !alarm.of_autoscaling() {
            list.push(Attention {
                severity: Severity::Warning,
                place: Place::Alarm(alarm.name.clone()),
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
            |entry: &Attention| (entry.severity, entry.place.rank(), std::cmp::Reverse(entry.since), source(entry));
        key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
    });
    list
}

/// Sources in their own order, services before the figures of a limit.
fn source(entry: &Attention) -> Option<Source> {
    if let Place::Source(source) = entry.place { Some(source) } else { None }
}

fn noteworthy(health: Health, reasons: &[Reason]) -> impl Iterator<Item = &Reason> {
    reasons.iter().filter(move |reason| reason.severity != Severity::Note || health != Health::Changing)
}

fn entry(place: Place, name: String, reason: &Reason) -> Attention {
    Attention {
        severity: reason.severity,
        place,
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
            place: Place::Identity,
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
            add(Severity::Warning, format!("the credentials end in {}", spoken(left)), Some("renew them now"));
        }
    }
}

/// Entries for parameters that a task definition names and that are not there. A list that was read before the task
/// definition was registered says nothing of it.
fn parameters(estate: &Estate, list: &mut Vec<Attention>) {
    let (Some(known), Some(at)) = (estate.parameters.value(), estate.parameters.at()) else { return };
    let known: std::collections::BTreeSet<&str> = known.iter().map(|one| named::key(&one.name)).collect();
    for service in estate.services.value().into_iter().flat_map(std::collections::BTreeMap::values) {
        let read =
            service.current_definitions().into_iter().filter_map(|name| estate.task_definitions.get(name)?.value());
        let definitions = read.filter(|definition| definition.registered_at.is_none_or(|made| made <= at));
        let short = estate.service_row(&service.name).map_or(service.name.as_str(), |row| row.short.as_str());
        for one in definitions.flat_map(|definition| named::of(&service.name, short, definition)) {
            let named::From::Parameter { name, region: None, .. } = &one.from.here(&service.arn) else { continue };
            if known.contains(named::key(name)) || !belongs(name, &estate.parameters_under) {
                continue;
            }
            list.push(Attention {
                severity: Severity::Critical,
                place: Place::Service(service.name.clone()),
                name: short.to_owned(),
                what: format!("{} comes from the parameter {name}, which does not exist", one.variable),
                since: None,
                hint: Some("make it (pane 7, or `cockpit params put`): without it no new task starts".to_owned()),
            });
        }
    }
}

fn services(estate: &Estate, list: &mut Vec<Attention>) {
    let mut told: std::collections::HashMap<(Severity, &str), usize> = std::collections::HashMap::new();
    let rows = &estate.derived.services;
    for row in rows {
        for reason in noteworthy(row.assessment.health, &row.assessment.reasons) {
            *told.entry((reason.severity, reason.text.as_str())).or_default() += 1;
        }
    }
    for row in rows {
        for reason in noteworthy(row.assessment.health, &row.assessment.reasons) {
            match told.get_mut(&(reason.severity, reason.text.as_str())) {
                Some(count) if *count > TOGETHER => {
                    let mut together = entry(Place::Services, format!("{count} services"), reason);
                    together.since = None;
                    // What is to be done names one of them.
                    together.hint = together.hint.map(|hint| hint.replace(&row.name, "SERVICE"));
                    let same = |row: &&ServiceRow| {
                        let mut all = noteworthy(row.assessment.health, &row.assessment.reasons);
                        all.any(|other| (other.severity, &other.text) == (reason.severity, &reason.text))
                    };
                    let names: Vec<&str> = rows.iter().filter(same).take(NAMED).map(|row| row.short.as_str()).collect();
                    let more = *count - names.len();
                    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                    together.what = format!("{}: {}{more}", reason.text, names.join(", "));
                    list.push(together);
                    // Told once: later rows with this sentence find 0.
                    *count = 0;
                }
                Some(0) => {}
                Some(_) | None => {
                    let mut own = entry(Place::Service(row.name.clone()), row.short.clone(), reason);
                    // As people call it: the row has little room.
                    own.hint = own.hint.map(|hint| hint.replace(&row.name, &row.short));
                    list.push(own);
                }
            }
        }
    }
}

/// Unhealthy targets of groups that no service is behind; a service tells of its own.
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
            place: Place::TargetGroup(super::target::group_name(arn).to_owned()),
            name: super::target::group_name(arn).to_owned(),
            what: format!("{count} of {} targets unhealthy: {}", counted.len(), why.unwrap_or("no reason given")),
            since: None,
            hint: Some("look at the health check's path and at what the targets log".into()),
        });
    }
}

/// Names of the configuration that nothing has: what is not watched by mistake looks as if all were well.
fn unmatched(estate: &Estate, list: &mut Vec<Attention>) {
    list.extend(estate.unmatched.iter().map(|one| Attention {
        severity: Severity::Warning,
        place: Place::Source(one.source),
        name: "configuration".into(),
        what: one.words(),
        since: None,
        hint: Some(one.hint()),
    }));
}

fn sources(estate: &Estate, list: &mut Vec<Attention>) {
    let refused = |kind| matches!(kind, FailureKind::Credentials | FailureKind::WrongAccount);
    // Told by the identity: with no connection at all every source would say the same.
    let told = |failure: &Failure| {
        estate.identity.failure().is_some_and(|identity| {
            (refused(identity.kind) && refused(failure.kind))
                || (identity.kind == failure.kind && identity.reason() == failure.reason())
        })
    };
    let mut unread: Vec<(Vec<Failure>, Vec<Source>)> = Vec::new();
    let row = |severity, source: Source, what, hint: &str| Attention {
        severity,
        place: Place::Source(source),
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
            (Some(failure), _) if told(&failure) => {}
            (Some(failure), _) => Failure::join(&mut unread, failure, source),
            (None, Some(partial)) => {
                let what = source.incomplete(&partial);
                let hint = "what is missing is read again; until then this list may lack something";
                list.push(row(Severity::Note, source, what, hint));
            }
            (None, None) => {}
        }
    }
    for (failures, sources) in unread {
        let words: Vec<&str> = sources.iter().map(|source| source.words()).collect();
        let (words, why, hint) = (words.join(", "), Failure::together(&failures), failures[0].hint());
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
            estate.identity.fail(failure);
        }
        for (source, failure) in sources {
            match source {
                Source::Services => estate.services.fail(failure.clone()),
                Source::Tasks => estate.tasks.fail(failure.clone()),
                _ => estate.alarms.fail(failure.clone()),
            }
        }
        rank(&estate, Timestamp::UNIX_EPOCH)
    }

    fn unreachable(action: &str) -> Failure {
        Failure::new(FailureKind::Unreachable, format!("{action}: no connection to AWS"))
    }

    #[test]
    fn no_connection_at_all_is_one_row() {
        let sources =
            [(Source::Services, unreachable("ecs:ListServices")), (Source::Alarms, unreachable("cloudwatch:X"))];
        assert_eq!(failing(Some(unreachable("sts:GetCallerIdentity")), &sources).len(), 1);
        // With an identity that is known, the sources say it, once.
        let rows = failing(None, &sources);
        assert_eq!(rows.len(), 1, "{rows:#?}");
        assert_eq!(rows[0].what, "cannot read services, alarms: no connection to AWS");
    }

    #[test]
    fn one_cause_is_one_row_whatever_was_asked_for() {
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
        // Of several causes the services' comes first, not the one whose name does.
        let broken = Failure::new(FailureKind::Malformed, "cloudwatch:DescribeAlarms: not understood");
        let rows = failing(None, &[(Source::Alarms, broken), (Source::Services, denied("ecs:ListServices"))]);
        assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["ecs.services", "cloudwatch.alarms"]);
    }

    #[test]
    fn different_reasons_are_rows_of_their_own() {
        let denied = Failure::new(FailureKind::Denied, "cloudwatch:DescribeAlarms: not allowed");
        let rows = failing(
            Some(unreachable("sts:GetCallerIdentity")),
            &[(Source::Services, unreachable("ecs:ListServices")), (Source::Alarms, denied)],
        );
        assert_eq!(rows.len(), 2, "{rows:#?}");
        assert!(rows.iter().any(|row| row.what.contains("cloudwatch:DescribeAlarms: not allowed")));
    }

    #[test]
    fn a_source_refused_for_its_credentials_is_told_unless_the_identity_tells_it() {
        let refused = |action: &str| Failure::new(FailureKind::Credentials, format!("{action}: expired"));
        let sources = [(Source::Tasks, refused("ecs:DescribeTasks"))];
        let rows = failing(None, &sources);
        assert!(rows.iter().any(|row| row.place == Place::Source(Source::Tasks)), "{rows:#?}");
        let rows = failing(Some(refused("sts:GetCallerIdentity")), &sources);
        assert!(rows.iter().all(|row| row.place == Place::Identity), "{rows:#?}");
    }
}
