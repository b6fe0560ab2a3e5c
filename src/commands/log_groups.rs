//! Which log groups `logs` and `insights` read: those of services, or those that are named; and what could
//! not be read on the way to them. How lines are read and written does not live here.

use super::context::{Context, Reading};
use crate::app::logs::insights;
use crate::app::logs::sources::{self, GroupSource, Missing, Sources};
use crate::app::logs::when::Wrong;
use crate::cli::{ExitCode, Report};
use crate::config::EnvironmentConfig;
use crate::headless::select;
use crate::model::logs::{LogGroup, Ms};
use crate::model::names::{listed, nearest};
use crate::model::text::harmless;
use crate::model::{Failure, Source, kept};
use crate::runtime::logs::{groups, groups_if_soon};
use crate::runtime::{Collected, EventLoop};
use log_store::pattern;
use std::collections::HashMap;
use std::io::Write as _;
use std::time::Duration;
use tokio::time::Instant;

/// The sources that tell where the environment's logs are.
pub(super) const SOURCES: &[Source] = &[Source::Identity, Source::Services, Source::TaskDefinitions];

const DAY: Ms = 24 * 3_600_000;
/// The wait for sources that are only worth a note.
const WORTH_WAITING: Duration = Duration::from_secs(5);

/// A time that is none, as wrong usage.
pub(super) fn no_time(wrong: Wrong) -> Report {
    Report::usage(wrong.message).hint(wrong.hint)
}

/// The services whose lines a person asked for; nothing named is the whole environment.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) services: &'a [String],
    pub(super) groups: &'a [String],
    pub(super) lambdas: &'a [String],
    /// A group that is not there may come: it is followed.
    pub(super) waits: bool,
}

impl Asked<'_> {
    fn is_all(&self) -> bool {
        self.services.is_empty() && self.follows_services()
    }

    /// Whether the groups are those of services, so that they follow from what runs.
    pub(super) fn follows_services(&self) -> bool {
        self.groups.is_empty() && self.lambdas.is_empty()
    }
}

/// Reads the services and their task definitions, from which their groups follow.
///
/// # Errors
/// Where no credentials are valid, and where nothing is known of the services whose groups were asked for.
pub(super) async fn read(context: &Context, asked: &Asked<'_>) -> Result<(Reading, Sources), Report> {
    let mut reading = context.collect(SOURCES, false).await?;
    reading.check_credentials()?;
    if let Some(unsure) = reading.identity_unknown() {
        say(&unsure);
    }
    let found = of_services(&mut reading, asked, context.end()).await?;
    let late = reading.collected == Collected::TimedOut;
    match found.missing.first() {
        Some(first) if late && asked.follows_services() => Err(unknown(first, true)),
        _ => Ok((reading, found)),
    }
}

/// The groups of the services that were asked for, by what was read, and by the tasks where only these tell whose lines are whose.
///
/// # Errors
/// Where the services are not known, and where there is none of a name.
pub(super) async fn of_services(
    reading: &mut Reading,
    asked: &Asked<'_>,
    end: Option<Instant>,
) -> Result<Sources, Report> {
    let found = by_what_was_read(reading, asked)?;
    if !found.need_tasks() || reading.collector.app.poller.wants().sources.contains(&Source::Tasks) {
        return Ok(found);
    }
    let limit = end.map(|end| end.saturating_duration_since(Instant::now()));
    Box::pin(reading.collector.also(Source::Tasks, limit)).await;
    by_what_was_read(reading, asked)
}

fn by_what_was_read(reading: &Reading, asked: &Asked<'_>) -> Result<Sources, Report> {
    let estate = &reading.collector.app.estate;
    let all = || sources::of_services(estate, &[]);
    if !asked.follows_services() {
        // They only lend their names to the groups that were named.
        return Ok(all());
    }
    if reading.collector.app.environment.cluster.is_none() {
        return without_services(&reading.collector.app.environment, asked);
    }
    if estate.services.value().is_none() || estate.services.at().is_none() {
        let missing = all().missing;
        return match missing.first() {
            Some(first) => Err(unknown(first, reading.collected == Collected::TimedOut)),
            None => Ok(all()),
        };
    }
    match select::services(&reading.input(), asked.services) {
        Ok(named) => Ok(sources::of_services(estate, &named.unwrap_or_default())),
        // Of a name that is not among some of the services nothing can be said.
        Err(report) => match all().missing.iter().find(|missing| missing.services) {
            Some(missing) => Err(unknown(missing, false).cause(report.message)),
            None => Err(report),
        },
    }
}

/// The groups of an environment without a cluster are those that its configuration names.
fn without_services(environment: &EnvironmentConfig, asked: &Asked<'_>) -> Result<Sources, Report> {
    let name = &environment.name;
    let what = match asked.services {
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

/// The report that it is not known where the lines are.
fn unknown(missing: &Missing, late: bool) -> Report {
    let message = "it is not known which log groups there are";
    let report = match &missing.failure {
        Some(failure) => incomplete(message, failure),
        None => Report::new("timeout", message, ExitCode::Incomplete).hint("wait longer with --timeout"),
    };
    let causes = vec![missing.words()];
    let code = if late { ExitCode::TimedOut } else { report.code };
    Report { causes, code, ..report }
}

/// A failed read that leaves what was asked for without an answer.
fn incomplete(message: &str, failure: &Failure) -> Report {
    let report = Report::of_failure(message, failure);
    let code = if report.code == ExitCode::Failed { ExitCode::Incomplete } else { report.code };
    Report { code, ..report }
}

/// The groups that are meant: those of services, or by names and patterns.
///
/// # Errors
/// Where the groups that a pattern means cannot be listed, or there is none like it; where the time is up.
pub(super) async fn resolve(
    asked: &Asked<'_>,
    of_services: Sources,
    configured: &[String],
    ring: &mut EventLoop,
    end: Option<Instant>,
) -> Result<Sources, Report> {
    let resolving = async {
        if asked.is_all() {
            return Ok(with_configured(of_services, configured, ring).await);
        }
        if asked.follows_services() {
            return Ok(of_services);
        }
        let lambdas = asked.lambdas.iter().map(|name| format!("/aws/lambda/{name}"));
        let (mut found, mut sure) = (Sources::default(), true);
        for name in asked.groups.iter().cloned().chain(lambdas) {
            let fitting = fitting(&name, ring).await;
            let fitting = fitting.map_err(|failure| incomplete("the log groups cannot be listed", &failure))?;
            if fitting.is_empty() {
                return Err(Report::usage(format!("no log group matches `{name}`"))
                    .hint("write its whole name, `/aws/lambda/NAME`, or a pattern with * and ?, in quotation marks"));
            }
            let known = pattern::is_pattern(&name) || of_services.groups.iter().any(|group| group.group == name);
            let looked = if known || !sure { Looked::There } else { looked(&name, ring).await };
            match looked {
                Looked::There => {}
                Looked::Unsure => sure = false,
                Looked::Absent(report) if asked.waits => say(&format!("{}: it is waited for", report.message)),
                Looked::Absent(report) => return Err(report),
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

/// Adds the groups that the environment names beside its services. Its services' lines are read even where these cannot
/// be listed.
async fn with_configured(mut found: Sources, configured: &[String], ring: &mut EventLoop) -> Sources {
    for name in configured {
        match fitting(name, ring).await {
            Ok(fitting) if fitting.is_empty() => say(&format!("no log group matches `{name}` of the configuration")),
            Ok(fitting) => add(&mut found.groups, &Sources::default(), fitting),
            Err(failure) => {
                let what = format!("the log groups `{name}` of the configuration");
                found.missing.push(Missing { what, failure: Some(failure), services: false });
            }
        }
    }
    found
}

/// Adds groups by their names; who writes into one that a service has is known.
fn add(groups: &mut Vec<GroupSource>, of_services: &Sources, names: Vec<String>) {
    let known: HashMap<&str, &GroupSource> =
        of_services.groups.iter().map(|group| (group.group.as_str(), group)).collect();
    for name in names {
        if !groups.iter().any(|group| group.group == name) {
            let source = known.get(name.as_str()).map_or_else(|| GroupSource::named(&name), |group| (*group).clone());
            groups.push(source);
        }
    }
}

/// Names of the groups that a name or a pattern means.
async fn fitting(name: &str, ring: &mut EventLoop) -> Result<Vec<String>, Failure> {
    if !pattern::is_pattern(name) {
        return Ok(vec![name.to_owned()]);
    }
    let prefix = pattern::literal_prefix(name);
    let all = groups(ring, prefix).await?;
    Ok(all.into_iter().map(|group| group.name).filter(|group| pattern::matches(name, group)).collect())
}

/// Whether there is a group of a name.
enum Looked {
    There,
    /// That cannot be told soon; reading it will.
    Unsure,
    /// There is none: with those that may be meant.
    Absent(Report),
}

async fn looked(name: &str, ring: &mut EventLoop) -> Looked {
    let look = async {
        if groups_if_soon(ring, 0, name).await?.iter().any(|group| group.name == name) {
            return Ok::<_, Failure>(Looked::There);
        }
        // Which are like it is worth no failure.
        let all = groups_if_soon(ring, 1, "").await.unwrap_or_default();
        let all: Vec<&str> = all.iter().map(|group| group.name.as_str()).collect();
        let within = all.iter().copied().find(|other| other.contains(name.trim_matches('/')));
        let report = Report::usage(format!("there is no log group `{name}`"));
        Ok(Looked::Absent(match within.or_else(|| nearest(name, all.iter().copied())) {
            Some(near) => report.hint(format!("did you mean `{near}`?")),
            None if all.is_empty() => report.hint("`aws logs describe-log-groups` lists those of the region"),
            None => report.hint(format!("there are: {}", listed(&all))),
        }))
    };
    tokio::time::timeout(WORTH_WAITING, look).await.map_or(Looked::Unsure, |looked| looked.unwrap_or(Looked::Unsure))
}

/// The error where there is no group to read or to search.
pub(super) fn none(found: &Sources) -> Report {
    if let Some(missing) = found.missing.first() {
        let report = unknown(missing, false);
        return found.missing.iter().skip(1).fold(report, |report, missing| report.cause(missing.words()));
    }
    let report = Report::new("not_found", "there are no log groups to read", ExitCode::Failed);
    let report = found.elsewhere.iter().fold(report, |report, said| report.cause(said.clone()));
    report.hint("name a group with --group, or a function with --lambda")
}

/// Says what is not in what follows: lines that are kept elsewhere, and what could not be read.
pub(super) fn tell(found: &Sources) {
    for said in &found.elsewhere {
        say(said);
    }
    for missing in &found.missing {
        say(&format!("{}: what it writes may be missing here", missing.words()));
    }
}

/// Says of which groups lines are gone by now that were asked for: as if nothing had been written.
pub(super) fn tell_kept(all: &[LogGroup], names: &[String], since: Ms, now: Ms) {
    for said in kept::lines(all, names, since, now) {
        say(&said);
    }
}

/// Tells which lines groups no longer keep, where their retention is not known yet; it is no reason to wait long, nor
/// to fail.
pub(super) async fn tell_if_gone(ring: &mut EventLoop, names: &[String], since: Ms, now: Ms, end: Option<Instant>) {
    // No group keeps lines for less than a day.
    if now - since <= DAY || names.is_empty() {
        return;
    }
    let soon = Instant::now() + WORTH_WAITING;
    let until = end.map_or(soon, |end| end.min(soon));
    if let Ok(Ok(all)) = tokio::time::timeout_at(until, groups(ring, &insights::common(names))).await {
        tell_kept(&all, names, since, now);
    }
}

/// Writes a line to stderr, beside the data.
pub(super) fn say(text: &str) {
    let _ = writeln!(crate::runtime::Output::stderr(), "logs: {}", harmless(text));
}
