//! Decides which log groups `logs` and `insights` read: those of services, or named ones; and what could not be read
//! for that. Reading and printing lines is done elsewhere.

use super::context::{Context, Reading};
use crate::app::logs::insights;
use crate::app::logs::sources::{self, GroupSource, Missing, Sources};
use crate::app::logs::time_input::InvalidTime;
use crate::cli::{ExitCode, Report};
use crate::config::EnvironmentConfig;
use crate::headless::select;
use crate::model::logs::{LogGroup, Ms};
use crate::model::names::{list_names, nearest};
use crate::model::text::sanitize;
use crate::model::{Failure, Source, retention};
use crate::runtime::logs::{groups, groups_if_soon};
use crate::runtime::{Collected, EventLoop};
use log_store::pattern;
use std::collections::HashMap;
use std::io::Write as _;
use std::time::Duration;
use tokio::time::Instant;

/// The sources that determine the environment's log groups.
pub(super) const SOURCES: &[Source] = &[Source::Identity, Source::Services, Source::TaskDefinitions];

const DAY: Ms = 24 * 3_600_000;
/// How long to wait for reads that only add a note.
const SHORT_WAIT: Duration = Duration::from_secs(5);

/// Converts an invalid time to a usage error.
pub(super) fn invalid_time(wrong: InvalidTime) -> Report {
    Report::usage(wrong.message).hint(wrong.hint)
}

/// The requested services or log groups; if all are empty, the whole environment.
#[derive(Clone, Copy)]
pub(super) struct GroupRequest<'a> {
    pub(super) services: &'a [String],
    pub(super) groups: &'a [String],
    pub(super) lambdas: &'a [String],
    /// Whether to wait for a group that does not exist yet, when following.
    pub(super) waits: bool,
}

impl GroupRequest<'_> {
    fn is_all(&self) -> bool {
        self.services.is_empty() && self.follows_services()
    }

    /// Whether the groups are those of services, which follow from their task definitions.
    pub(super) fn follows_services(&self) -> bool {
        self.groups.is_empty() && self.lambdas.is_empty()
    }
}

/// Reads the services and their task definitions, which determine their groups.
///
/// # Errors
/// Fails without valid credentials, or if the requested services are unknown.
pub(super) async fn read(context: &Context, request: &GroupRequest<'_>) -> Result<(Reading, Sources), Report> {
    let mut reading = context.collect(SOURCES, false).await?;
    reading.check_credentials()?;
    if let Some(unsure) = reading.identity_unknown() {
        print_note(&unsure);
    }
    let found = of_services(&mut reading, request, context.deadline()).await?;
    let late = reading.collected == Collected::TimedOut;
    match found.missing.first() {
        Some(first) if late && request.follows_services() => Err(unknown(first, true)),
        _ => Ok((reading, found)),
    }
}

/// Returns the groups of the requested services. Tasks are read, too, if only they tell which service a line belongs
/// to.
///
/// # Errors
/// Fails if the services are unknown, or one does not exist.
pub(super) async fn of_services(
    reading: &mut Reading,
    request: &GroupRequest<'_>,
    end: Option<Instant>,
) -> Result<Sources, Report> {
    let found = from_what_was_read(reading, request)?;
    if !found.need_tasks() || reading.collector.app.poller.wants().sources.contains(&Source::Tasks) {
        return Ok(found);
    }
    let limit = end.map(|end| end.saturating_duration_since(Instant::now()));
    Box::pin(reading.collector.read_also(Source::Tasks, limit)).await;
    from_what_was_read(reading, request)
}

fn from_what_was_read(reading: &Reading, request: &GroupRequest<'_>) -> Result<Sources, Report> {
    let estate = &reading.collector.app.estate;
    let all = || sources::service_sources(estate, &[]);
    if !request.follows_services() {
        // Services only label the named groups here.
        return Ok(all());
    }
    if reading.collector.app.environment.cluster.is_none() {
        return without_services(&reading.collector.app.environment, request);
    }
    if estate.services.value().is_none() || estate.services.at().is_none() {
        let missing = all().missing;
        return match missing.first() {
            Some(first) => Err(unknown(first, reading.collected == Collected::TimedOut)),
            None => Ok(all()),
        };
    }
    match select::services(&reading.input(), request.services) {
        Ok(named) => Ok(sources::service_sources(estate, &named.unwrap_or_default())),
        // With an incomplete list of services, a missing name may still exist.
        Err(report) => match all().missing.iter().find(|missing| missing.services) {
            Some(missing) => Err(unknown(missing, false).cause(report.message)),
            None => Err(report),
        },
    }
}

/// Without a cluster, the environment's groups are those of its configuration.
fn without_services(environment: &EnvironmentConfig, request: &GroupRequest<'_>) -> Result<Sources, Report> {
    let name = &environment.name;
    let what = match request.services {
        [] if !environment.logs.is_empty() => return Ok(Sources::default()),
        [] => {
            format!(
                "it is not clear which log groups to read: {name} has no cluster, and no `logs` in the configuration"
            )
        }
        _ => format!("{name} has no services"),
    };
    Err(Report::usage(what).hint(
        "name a group with --group, or a function with --lambda; `logs` of the environment names those that are read by default",
    ))
}

/// Returns the error for unknown log groups.
fn unknown(missing: &Missing, late: bool) -> Report {
    let message = "it is not known which log groups there are";
    let report = match &missing.failure {
        Some(failure) => incomplete(message, failure),
        None => Report::new("timeout", message, ExitCode::Incomplete).hint("wait longer with --timeout"),
    };
    let causes = vec![missing.describe()];
    let code = if late { ExitCode::TimedOut } else { report.code };
    Report { causes, code, ..report }
}

/// Returns the error for a failed read without which the request cannot be answered.
fn incomplete(message: &str, failure: &Failure) -> Report {
    let report = Report::from_failure(message, failure);
    let code = if report.code == ExitCode::Failed { ExitCode::Incomplete } else { report.code };
    Report { code, ..report }
}

/// Resolves the requested groups: those of services, or by name and pattern.
///
/// # Errors
/// Fails if groups cannot be listed for a pattern, if nothing matches, or if the time is up.
pub(super) async fn resolve(
    request: &GroupRequest<'_>,
    of_services: Sources,
    configured: &[String],
    event_loop: &mut EventLoop,
    end: Option<Instant>,
) -> Result<Sources, Report> {
    let resolving = async {
        if request.is_all() {
            return Ok(with_configured(of_services, configured, event_loop).await);
        }
        if request.follows_services() {
            return Ok(of_services);
        }
        let lambdas = request.lambdas.iter().map(|name| format!("/aws/lambda/{name}"));
        let (mut found, mut sure) = (Sources::default(), true);
        for name in request.groups.iter().cloned().chain(lambdas) {
            let fitting = matching_groups(&name, event_loop).await;
            let fitting = fitting.map_err(|failure| incomplete("the log groups cannot be listed", &failure))?;
            if fitting.is_empty() {
                return Err(Report::usage(format!("no log group matches `{name}`"))
                    .hint("write its whole name, `/aws/lambda/NAME`, or a pattern with * and ?, in quotation marks"));
            }
            let known = pattern::is_pattern(&name) || of_services.groups.iter().any(|group| group.group == name);
            let looked = if known || !sure { GroupLookup::There } else { look_up(&name, event_loop).await };
            match looked {
                GroupLookup::There => {}
                GroupLookup::Unsure => sure = false,
                GroupLookup::Absent(report) if request.waits => {
                    print_note(&format!("{}: it is waited for", report.message));
                }
                GroupLookup::Absent(report) => return Err(report),
            }
            add(&mut found.groups, &of_services, fitting);
        }
        Ok(found)
    };
    match end {
        None => resolving.await,
        Some(end) => tokio::time::timeout_at(end, resolving).await.unwrap_or_else(|_| {
            let message = "the log groups were not listed in time";
            Err(Report::new("timeout", message, ExitCode::TimedOut).hint("wait longer with --timeout"))
        }),
    }
}

/// Adds the configured groups beside those of services. The services' lines are read even if these cannot be listed.
async fn with_configured(mut found: Sources, configured: &[String], event_loop: &mut EventLoop) -> Sources {
    for name in configured {
        match matching_groups(name, event_loop).await {
            Ok(fitting) if fitting.is_empty() => {
                print_note(&format!("no log group matches `{name}` of the configuration"));
            }
            Ok(fitting) => add(&mut found.groups, &Sources::default(), fitting),
            Err(failure) => {
                let what = format!("the log groups `{name}` of the configuration");
                found.missing.push(Missing { what, failure: Some(failure), services: false });
            }
        }
    }
    found
}

/// Adds groups by name. If a service writes into a group, its source is used.
fn add(groups: &mut Vec<GroupSource>, of_services: &Sources, names: Vec<String>) {
    let known: HashMap<&str, &GroupSource> =
        of_services.groups.iter().map(|group| (group.group.as_str(), group)).collect();
    for name in names {
        if !groups.iter().any(|group| group.group == name) {
            let source = known.get(name.as_str()).map_or_else(|| GroupSource::by_name(&name), |group| (*group).clone());
            groups.push(source);
        }
    }
}

/// Returns the names of the groups that match a name or a pattern.
async fn matching_groups(name: &str, event_loop: &mut EventLoop) -> Result<Vec<String>, Failure> {
    if !pattern::is_pattern(name) {
        return Ok(vec![name.to_owned()]);
    }
    let prefix = pattern::literal_prefix(name);
    let listed_groups = groups(event_loop, prefix).await?;
    Ok(listed_groups.into_iter().map(|group| group.name).filter(|group| pattern::matches(name, group)).collect())
}

/// Whether a group of a name exists.
enum GroupLookup {
    There,
    /// Unknown within a short time; reading the group will tell.
    Unsure,
    /// It does not exist; the error suggests similar names.
    Absent(Report),
}

async fn look_up(name: &str, event_loop: &mut EventLoop) -> GroupLookup {
    let look = async {
        if groups_if_soon(event_loop, 0, name).await?.iter().any(|group| group.name == name) {
            return Ok::<_, Failure>(GroupLookup::There);
        }
        // A failed listing only costs the suggestions.
        let listed_groups = groups_if_soon(event_loop, 1, "").await.unwrap_or_default();
        let names: Vec<&str> = listed_groups.iter().map(|group| group.name.as_str()).collect();
        let within = names.iter().copied().find(|other| other.contains(name.trim_matches('/')));
        let report = Report::usage(format!("there is no log group `{name}`"));
        Ok(GroupLookup::Absent(match within.or_else(|| nearest(name, names.iter().copied())) {
            Some(near) => report.hint(format!("did you mean `{near}`?")),
            None if names.is_empty() => report.hint("`aws logs describe-log-groups` lists those of the region"),
            None => report.hint(format!("there are: {}", list_names(&names))),
        }))
    };
    tokio::time::timeout(SHORT_WAIT, look)
        .await
        .map_or(GroupLookup::Unsure, |looked| looked.unwrap_or(GroupLookup::Unsure))
}

/// Returns the error if there is no group to read or to search.
pub(super) fn no_groups(found: &Sources) -> Report {
    if let Some(missing) = found.missing.first() {
        let report = unknown(missing, false);
        return found.missing.iter().skip(1).fold(report, |report, missing| report.cause(missing.describe()));
    }
    let report = Report::new("not_found", "there are no log groups to read", ExitCode::Failed);
    let report = found.elsewhere_notes.iter().fold(report, |report, reason| report.cause(reason.clone()));
    report.hint("name a group with --group, or a function with --lambda")
}

/// Prints what the output will not contain: lines that are stored elsewhere, and groups that could not be read.
pub(super) fn print_missing(found: &Sources) {
    for note in &found.elsewhere_notes {
        print_note(note);
    }
    for missing in &found.missing {
        print_note(&format!("{}: what it writes may be missing here", missing.describe()));
    }
}

/// Prints which groups no longer keep the requested lines; the output would look as if nothing had been logged.
pub(super) fn print_expired(all: &[LogGroup], names: &[String], since: Ms, now: Ms) {
    for line in retention::log_retention_notes(all, names, since, now) {
        print_note(&line);
    }
}

/// Prints which groups no longer keep the requested lines, if their retention is not known yet. Waits only briefly, and
/// never fails.
pub(super) async fn print_expired_if_known(
    event_loop: &mut EventLoop,
    names: &[String],
    since: Ms,
    now: Ms,
    end: Option<Instant>,
) {
    // No group keeps lines for less than a day.
    if now - since <= DAY || names.is_empty() {
        return;
    }
    let soon = Instant::now() + SHORT_WAIT;
    let until = end.map_or(soon, |end| end.min(soon));
    if let Ok(Ok(all)) = tokio::time::timeout_at(until, groups(event_loop, &insights::common_prefix(names))).await {
        print_expired(&all, names, since, now);
    }
}

/// Prints a line on stderr, beside the data.
pub(super) fn print_note(text: &str) {
    let _ = writeln!(crate::runtime::Output::stderr(), "logs: {}", sanitize(text));
}
