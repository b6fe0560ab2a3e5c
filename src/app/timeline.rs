//! The time line of an environment: what is known, with what this machine has of its own, and what of it is wanted.

use super::App;
use super::data_status::{failure_lines, note};
use super::owners::owners;
use super::pane::DataStatus;
use super::parameters::named_by_services;
use super::subject::{Fact, Subject, fact};
use crate::model::audit::Record;
use crate::model::names::{listed, nearest};
use crate::model::timeline::local::{self, Local};
use crate::model::timeline::merge::merge;
use crate::model::timeline::owners::Owners;
use crate::model::timeline::{About, Kind as Of, TimelineEvent, gather};
use crate::model::{Estate, Failure, FailureKind, Health, Source as From, time};
use jiff::{SignedDuration, Timestamp};
use log_store::{Filter, Kind, Level, Line, Search, Source, StreamId, pattern};

/// Everything that has happened since a moment, once and in order; of other environments too, which it is said of.
pub fn happened(app: &App, local: &Local, since: Timestamp) -> Vec<TimelineEvent> {
    let writes = app.estate.trail.value().into_iter().flatten();
    // Which parameters are read here tells whose they are: looked for only where one was written.
    let parameters = writes.into_iter().any(|event| event.source.starts_with("ssm."));
    let named = if parameters { named_by_services(&app.estate).0 } else { Vec::new() };
    let owners = owners(&app.config, &app.environment, &named);
    told(&app.estate, &owners, local, since, app.service_now(), app.ahead)
}

/// `ahead` is how far the service's clock is ahead.
fn told(
    estate: &Estate,
    owners: &Owners<'_>,
    local: &Local,
    since: Timestamp,
    now: Timestamp,
    ahead: SignedDuration,
) -> Vec<TimelineEvent> {
    let environment = &owners.own.environment;
    let ours = |record: &&Record| record.environment == *environment && estate.endpoints.has(&record.endpoint);
    let records: Vec<Record> = local.records.iter().filter(ours).cloned().collect();
    let services: Vec<(String, String)> =
        estate.derived.services.iter().map(|row| (row.name.clone(), row.short.clone())).collect();
    let changes = local::changes(&records, ahead, &services, &gather::databases(estate));
    let mut all = gather::gather(estate, &changes, Some(owners), since, now);
    all.extend(changes);
    all.extend(local::runs(&local.runs, ahead));
    all.retain(|event| event.at >= since);
    merge(all)
}

/// Logs are shown from so long before a thing on.
const BEFORE: SignedDuration = SignedDuration::from_mins(2);

/// The thing that `Enter` opens for an event: the logs from two minutes before it, of its service or of all; a database
/// or an alarm where it is still known.
pub fn subject(app: &App, event: &TimelineEvent) -> Subject {
    let from = event.at.checked_sub(BEFORE).unwrap_or(event.at);
    match &event.about {
        About::Service(name) => Subject::Logs(Some(name.clone()), from),
        About::Database(id) if app.estate.derived.databases.iter().any(|row| row.database.id == *id) => {
            Subject::Database(id.clone())
        }
        About::Alarm(name) if app.estate.alarms.value().is_some_and(|all| all.iter().any(|one| one.name == *name)) => {
            Subject::Alarm(name.clone())
        }
        _ => Subject::Logs(None, from),
    }
}

/// All that is told of a thing: the columns of its row may be cut.
pub fn facts(app: &App, event: &TimelineEvent) -> Vec<Fact> {
    let mut facts = vec![
        fact("time", time::date_clock_with_zone(event.at, &app.zone())),
        fact("kind", event.kind.word()),
        fact("what", event.what.clone()),
    ];
    if !event.about.name().is_empty() {
        facts.insert(2, fact("name", event.about.name()));
    }
    facts.extend(event.who.as_ref().map(|who| fact("who", who.clone())));
    facts
}

/// The state of a block that shows it; `made` is whether it was put together. What could not be read is told, the rest stands;
/// `nothing` is said where all was read and nothing has happened.
pub fn data_status(app: &App, local: &Local, made: bool, nothing: &str) -> DataStatus {
    let mut status = DataStatus { trouble: trouble(app, local), ..DataStatus::default() };
    // Without credentials of this account nothing else is asked.
    let refused = |kind| matches!(kind, FailureKind::Credentials | FailureKind::WrongAccount);
    if let Some(failure) = app.estate.identity.failure().filter(|failure| refused(failure.kind)) {
        status.trouble.get_or_insert_with(|| (Health::Down, failure.message.clone()));
        status.empty = failure_lines(app, From::Identity, failure);
        return status;
    }
    let asked = app.poller.sources(&app.environment);
    let unread = |source: &From| {
        let stands = app.estate.status(*source);
        asked.contains(source) && stands.at.is_none() && stands.failure.is_none()
    };
    // Deployments are asked for by service: where there is none, they are never read.
    status.loading = !made || From::TELLING.iter().filter(|source| **source != From::Rollouts).any(unread);
    status.empty = note(match (status.loading, &status.trouble) {
        (true, _) => "reading what happened …",
        (false, Some(_)) => "nothing in what could be read",
        (false, None) => nothing,
    });
    status
}

/// The failures of the time line's sources: those with one cause are told together.
fn trouble(app: &App, local: &Local) -> Option<(Health, String)> {
    let mut failures: Vec<(Vec<Failure>, Vec<&str>)> = Vec::new();
    let mut told = Vec::new();
    for source in From::TELLING.into_iter().filter(|source| *source != From::Identity) {
        let status = app.estate.status(source);
        match (status.failure, status.partial) {
            (_, Some(partial)) => told.push(source.incomplete(&partial)),
            (Some(failure), None) => Failure::join(&mut failures, failure, source.words()),
            (None, None) => {}
        }
    }
    let without = |(why, sources): (Vec<Failure>, Vec<&str>)| {
        format!("without {}: {}", sources.join(", "), Failure::together(&why))
    };
    let mut all: Vec<String> = failures.into_iter().map(without).chain(told).collect();
    all.extend(local.missing.iter().map(|missing| missing.trim_start_matches("! ").to_owned()));
    (!all.is_empty()).then(|| (Health::Degraded, all.join("; ")))
}

/// Refuses a filter that nothing can pass: with a field that things do not have, or a kind that there is none of. What is
/// wrong, and what would be right.
///
/// # Errors
/// Both, as sentences.
pub fn check(filter: &Filter) -> Result<(), (String, String)> {
    for (name, value) in filter.names() {
        let fields: Vec<&str> = TimelineEvent::FIELDS.into_iter().chain(["service", "level"]).collect();
        if !fields.contains(&name) {
            let near = nearest(name, fields.iter().copied()).map(|near| format!("did you mean `{near}`? "));
            let hint = format!(
                "{}there are: {}; put text with a colon in quotation marks",
                near.unwrap_or_default(),
                listed(&fields)
            );
            return Err((format!("events have no field `{name}`"), hint));
        }
        let Some(value) = value else {
            return Err((format!("`{name}` is a word"), format!("compare it with `:` or `!=`: `{name}:…`")));
        };
        let value = value.to_lowercase();
        let kinds: Vec<&str> = Of::ALL.map(Of::word).to_vec();
        let is = |word: &&str| **word == value || (pattern::is_pattern(&value) && pattern::matches(&value, word));
        if name == "kind" && !kinds.iter().any(is) {
            let near = nearest(&value, kinds.iter().copied()).map(|near| format!("did you mean `{near}`? "));
            let hint = format!("{}there are: {}", near.unwrap_or_default(), listed(&kinds));
            return Err((format!("nothing is of the kind `{value}`"), hint));
        }
    }
    Ok(())
}

/// A filter of the time line, written as for log lines.
#[derive(Debug, Clone, Default)]
pub struct TimelineFilter {
    pub filter: Filter,
    /// Only lines at this level or above.
    pub level: Level,
    pub grep: Option<Search>,
    /// Whether routine events and those of other environments are shown.
    pub routine: bool,
}

/// The level of a log line that would say the same.
pub fn level(health: Health) -> Level {
    match health {
        Health::Down => Level::Error,
        Health::Degraded => Level::Warn,
        Health::Healthy | Health::Changing | Health::Stopped | Health::Unknown => Level::Info,
    }
}

impl TimelineFilter {
    /// Whether a thing passes; one that is routine only where that is wanted.
    pub fn passes(&self, event: &TimelineEvent) -> bool {
        if !event.is_news() && !self.routine {
            return false;
        }
        let text = event.text();
        let source = Source {
            group: String::new(),
            stream: String::new(),
            service: event.about.service().unwrap_or_default().to_owned(),
            container: String::new(),
            task: String::new(),
        };
        let line = Line {
            at: event.at.as_millisecond(),
            id: 0,
            stream: StreamId(0),
            source: &source,
            level: level(event.health),
            kind: Kind::Logfmt,
            marks: 0,
            text: &text,
        };
        line.level >= self.level
            && self.filter.matches(&line)
            && self.grep.as_ref().is_none_or(|grep| grep.matches(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, EnvironmentConfig};

    fn event(kind: Of, health: Health) -> TimelineEvent {
        let about = About::Service("shop-web".into());
        TimelineEvent::new(Timestamp::UNIX_EPOCH, kind, about, "deployment of web:2 failed", "k")
            .stands(health)
            .by(Some("anna".into()))
    }

    #[test]
    fn filters_of_log_lines_look_into_things_too() {
        let passes = |text: &str, event: &TimelineEvent| {
            TimelineFilter { filter: Filter::parse(text).unwrap(), ..TimelineFilter::default() }.passes(event)
        };
        let failed = event(Of::Rollback, Health::Down);
        for filter in
            ["level>=warn", "service:web", "kind:rollback", "who:anna", "\"web:2\"", "-noise", "kind:alarm or who:anna"]
        {
            assert!(passes(filter, &failed), "{filter}");
        }
        for filter in ["level:fatal", "service:api", "kind:alarm", "-failed"] {
            assert!(!passes(filter, &failed), "{filter}");
        }
        let routine = event(Of::Service, Health::Healthy).routine(true);
        let another = TimelineEvent { of_another: Some("prod".into()), ..event(Of::Write, Health::Changing) };
        for quiet in [routine, another] {
            assert!(!TimelineFilter::default().passes(&quiet));
            assert!(TimelineFilter { routine: true, ..TimelineFilter::default() }.passes(&quiet));
        }
    }

    #[test]
    fn a_filter_that_nothing_can_pass_is_refused_with_the_nearest_name() {
        let check = |text: &str| check(&Filter::parse(text).unwrap());
        for text in
            ["kind:rollback", "kind:Dep*", "-kind!=alarm", "who:x or name:y", "level>=warn", "noise", "\"web:2\""]
        {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, hint) in [
            ("kind:nope", "there are: change"),
            ("kind:deploy", "did you mean `deployment`?"),
            ("noise or (warm -kind!=alarms)", "did you mean `alarm`?"),
            ("knid:alarm", "did you mean `kind`?"),
            ("container:web", "there are: kind"),
            ("web:2", "quotation marks"),
            ("kind>5", "`kind:…`"),
        ] {
            let wrong = check(text).unwrap_err();
            assert!(wrong.1.contains(hint), "{text}: {wrong:?}");
        }
    }

    #[test]
    fn changes_of_another_environment_or_another_endpoint_are_no_part_of_it() {
        let record = |environment: &str, endpoint: &str| Record {
            environment: environment.into(),
            endpoint: endpoint.into(),
            operation: format!("{environment}{endpoint}"),
            outcome: "started".into(),
            command: "cockpit stop".into(),
            ..Record::default()
        };
        let records = vec![record("a", ""), record("b", ""), record("a", "http://127.0.0.1:1")];
        let local = Local { records, ..Local::default() };
        let estate = Estate::default();
        let epoch = Timestamp::UNIX_EPOCH;
        let environment = EnvironmentConfig { name: "a".into(), ..EnvironmentConfig::default() };
        let config = Config::default();
        let told = told(&estate, &owners(&config, &environment, &[]), &local, epoch, epoch, SignedDuration::ZERO);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].key, "audit/a/began");
    }
}
