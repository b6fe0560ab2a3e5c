//! The timeline of an environment: what AWS reports, combined with this machine's own records, and the filters over it.

use super::App;
use super::data_status::{failure_lines, note};
use super::owners::owners;
use super::pane::DataStatus;
use super::parameters::named_by_services;
use super::subject::{Fact, Subject, fact};
use crate::model::audit::Record;
use crate::model::names::{list_names, nearest};
use crate::model::timeline::local::{self, Local};
use crate::model::timeline::merge::merge;
use crate::model::timeline::owners::Owners;
use crate::model::timeline::{About, Kind as Of, TimelineEvent, collect};
use crate::model::{Estate, Failure, FailureKind, Health, Source as From, time};
use jiff::{SignedDuration, Timestamp};
use log_store::{Filter, Kind, Level, Line, Search, Source, StreamId, pattern};

/// Returns everything that has happened since a time, without duplicates and in order; events of other environments are
/// included and marked as such.
pub fn events_since(app: &App, local: &Local, since: Timestamp) -> Vec<TimelineEvent> {
    let writes = app.estate.trail.value().into_iter().flatten();
    // The parameters read here tell which environment a parameter write belongs to; they are needed only if there was
    // such a write.
    let parameters = writes.into_iter().any(|event| event.source.starts_with("ssm."));
    let named = if parameters { named_by_services(&app.estate).0 } else { Vec::new() };
    let owners = owners(&app.config, &app.environment, &named);
    assemble(&app.estate, &owners, local, since, app.service_now(), app.ahead)
}

/// `ahead` is how far AWS's clock is ahead.
fn assemble(
    estate: &Estate,
    owners: &Owners<'_>,
    local: &Local,
    since: Timestamp,
    now: Timestamp,
    ahead: SignedDuration,
) -> Vec<TimelineEvent> {
    let environment = &owners.own.environment;
    let ours = |record: &&Record| record.environment == *environment && estate.endpoints.matches_key(&record.endpoint);
    let records: Vec<Record> = local.records.iter().filter(ours).cloned().collect();
    let services: Vec<(String, String)> =
        estate.derived.services.iter().map(|row| (row.name.clone(), row.short.clone())).collect();
    let changes = local::changes(&records, ahead, &services, &collect::databases(estate));
    let mut events = collect::gather(estate, &changes, Some(owners), since, now);
    events.extend(changes);
    events.extend(local::runs(&local.runs, ahead));
    events.retain(|event| event.at >= since);
    merge(events)
}

/// Logs are shown from this long before an event.
const BEFORE: SignedDuration = SignedDuration::from_mins(2);

/// The thing that `Enter` opens for an event: the logs from two minutes before it, of its service or of all; or a
/// database or an alarm, if it still exists.
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

/// All details of an event, because the columns of its row may be cut.
pub fn facts(app: &App, event: &TimelineEvent) -> Vec<Fact> {
    let mut facts = vec![
        fact("time", time::date_clock_with_zone(event.at, &app.zone())),
        fact("kind", event.kind.name()),
        fact("what", event.what.clone()),
    ];
    if !event.about.name().is_empty() {
        facts.insert(2, fact("name", event.about.name()));
    }
    facts.extend(event.who.as_ref().map(|who| fact("who", who.clone())));
    facts
}

/// The state of a block with the timeline; `made` tells whether it has been assembled. Sources that could not be read
/// are named; `nothing` is the text if all was read and nothing has happened.
pub fn data_status(app: &App, local: &Local, made: bool, nothing: &str) -> DataStatus {
    let mut status = DataStatus { trouble: trouble(app, local), ..DataStatus::default() };
    // Without credentials of this account nothing else is requested.
    let refused = |kind| matches!(kind, FailureKind::Credentials | FailureKind::WrongAccount);
    if let Some(failure) = app.estate.identity.failure().filter(|failure| refused(failure.kind)) {
        status.trouble.get_or_insert_with(|| (Health::Down, failure.message.clone()));
        status.empty = failure_lines(app, From::Identity, failure);
        return status;
    }
    let polled_sources = app.poller.sources(&app.environment);
    let unread = |source: &From| {
        let status = app.estate.status(*source);
        polled_sources.contains(source) && status.at.is_none() && status.failure.is_none()
    };
    // Deployments are requested per service: without services they are never read.
    status.loading = !made || From::TIMELINE.iter().filter(|source| **source != From::Rollouts).any(unread);
    status.empty = note(match (status.loading, &status.trouble) {
        (true, _) => "reading what happened …",
        (false, Some(_)) => "nothing in what could be read",
        (false, None) => nothing,
    });
    status
}

/// The failures of the timeline's sources; those with the same cause are joined.
fn trouble(app: &App, local: &Local) -> Option<(Health, String)> {
    let mut failures: Vec<(Vec<Failure>, Vec<&str>)> = Vec::new();
    let mut incomplete = Vec::new();
    for source in From::TIMELINE.into_iter().filter(|source| *source != From::Identity) {
        let status = app.estate.status(source);
        match (status.failure, status.partial) {
            (_, Some(partial)) => incomplete.push(source.incomplete(&partial)),
            (Some(failure), None) => Failure::add_to_group(&mut failures, failure, source.label()),
            (None, None) => {}
        }
    }
    let without = |(why, sources): (Vec<Failure>, Vec<&str>)| {
        format!("without {}: {}", sources.join(", "), Failure::describe_group(&why))
    };
    let mut parts: Vec<String> = failures.into_iter().map(without).chain(incomplete).collect();
    parts.extend(local.missing.iter().map(|missing| missing.trim_start_matches("! ").to_owned()));
    (!parts.is_empty()).then(|| (Health::Degraded, parts.join("; ")))
}

/// Rejects a filter that nothing can pass, because it names a field that events do not have or a kind that does not
/// exist.
///
/// # Errors
/// The error and a hint, as sentences.
pub fn check(filter: &Filter) -> Result<(), (String, String)> {
    for (name, value) in filter.names() {
        let fields: Vec<&str> = TimelineEvent::FIELDS.into_iter().chain(["service", "level"]).collect();
        if !fields.contains(&name) {
            let near = nearest(name, fields.iter().copied()).map(|near| format!("did you mean `{near}`? "));
            let hint = format!(
                "{}there are: {}; put text with a colon in quotation marks",
                near.unwrap_or_default(),
                list_names(&fields)
            );
            return Err((format!("events have no field `{name}`"), hint));
        }
        let Some(value) = value else {
            return Err((format!("`{name}` is a word"), format!("compare it with `:` or `!=`: `{name}:…`")));
        };
        let value = value.to_lowercase();
        let kinds: Vec<&str> = Of::ALL.map(Of::name).to_vec();
        let matches_value =
            |word: &&str| **word == value || (pattern::is_pattern(&value) && pattern::matches(&value, word));
        if name == "kind" && !kinds.iter().any(matches_value) {
            let near = nearest(&value, kinds.iter().copied()).map(|near| format!("did you mean `{near}`? "));
            let hint = format!("{}there are: {}", near.unwrap_or_default(), list_names(&kinds));
            return Err((format!("nothing is of the kind `{value}`"), hint));
        }
    }
    Ok(())
}

/// A filter of the timeline, written as for log lines.
#[derive(Debug, Clone, Default)]
pub struct TimelineFilter {
    pub filter: Filter,
    /// Only lines at this level or above.
    pub level: Level,
    pub grep: Option<Search>,
    /// Whether routine events and those of other environments are shown.
    pub routine: bool,
}

/// The level of an equivalent log line.
pub fn level(health: Health) -> Level {
    match health {
        Health::Down => Level::Error,
        Health::Degraded => Level::Warn,
        Health::Healthy | Health::Changing | Health::Stopped | Health::Unknown => Level::Info,
    }
}

impl TimelineFilter {
    /// Whether an event passes; routine events pass only if requested.
    pub fn passes(&self, event: &TimelineEvent) -> bool {
        if !event.is_notable() && !self.routine {
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
            .with_health(health)
            .with_actor(Some("anna".into()))
    }

    #[test]
    fn log_filter_syntax_works_on_timeline_events() {
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
        let routine = event(Of::Service, Health::Healthy).mark_routine(true);
        let another = TimelineEvent { other_environment: Some("prod".into()), ..event(Of::Write, Health::Changing) };
        for quiet in [routine, another] {
            assert!(!TimelineFilter::default().passes(&quiet));
            assert!(TimelineFilter { routine: true, ..TimelineFilter::default() }.passes(&quiet));
        }
    }

    #[test]
    fn filter_that_nothing_can_pass_is_refused_with_the_nearest_name() {
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
    fn changes_of_other_environments_or_endpoints_are_excluded() {
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
        let events = assemble(&estate, &owners(&config, &environment, &[]), &local, epoch, epoch, SignedDuration::ZERO);
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].key, "audit/a/began");
    }
}
