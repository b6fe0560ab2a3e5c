//! Determines the metrics of an environment, reads them all at once, and prints them.

use super::args::Arguments;
use super::report::{self, Curve, MetricsRead, SOURCES, Span};
use crate::app::logs::time_input;
use crate::app::metric_list;
use crate::app::poll::Wants;
use crate::app::timeline::events_since;
use crate::cli::{ExitCode, Report};
use crate::commands::context::{Context, Reading};
use crate::commands::log_groups::invalid_time;
use crate::commands::report_output::print;
use crate::feeds::aws::{Fact, Query};
use crate::feeds::runs::Place;
use crate::headless::select;
use crate::model::telemetry::{self, Area, Figure, MetricIdentity};
use crate::model::{Failure, FailureKind, Point, Source, retention};
use crate::runtime::clock::{Clock, zone as clock_zone};
use crate::runtime::history;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::io;

/// The maximum difference of clocks: events are read from this much earlier.
const SLACK: SignedDuration = SignedDuration::from_mins(10);

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let (loaded, environment) = context.open()?;
    let zone = clock_zone(environment.timezone.as_deref());
    let local_now = Clock::System.now();
    let since = span(arguments, (local_now, local_now), &zone)?.since;
    let history = local_now.duration_since(since).max(SignedDuration::ZERO) + SLACK;
    let sources = SOURCES.iter().copied().collect();
    let wants = Wants { sources, service_metrics: false, history, until: None, once: true };
    let place = Place { audit_file: loaded.config.audit_file.clone(), simulated: false };
    let mut reading = Box::pin(context.read(loaded.config, environment, wants)).await;
    reading.check_credentials()?;
    let now = reading.collector.app.service_now();
    let span = span(arguments, (now, reading.collector.latest()), &zone)?;
    let since = span.since;
    let (names, areas) = wanted(&reading, &arguments.what)?;
    let reading_curves = Box::pin(curves(&mut reading, names.as_deref(), &areas, span, arguments));
    let curves = context.in_time(reading_curves).await;
    let over = curves.is_none();
    let late = || Err(Failure::new(FailureKind::Timeout, "the time was up before they were read"));
    let curves = curves.unwrap_or_else(late);
    let local = history::read(&place, &reading.collector.app.environment.name, since);
    let app = &reading.collector.app;
    let marks = events_since(app, &local, since);
    let marks: Vec<_> = marks
        .into_iter()
        .filter(|event| event.other_environment.is_none())
        .filter(|event| {
            names
                .as_ref()
                .is_none_or(|names| event.about.service().is_none_or(|name| names.iter().any(|one| one == name)))
        })
        .collect();
    let failed = !curves.as_ref().is_ok_and(|curves| curves.unlisted.is_none());
    let report = report::metrics(&reading.input(), curves.map_err(|failure| failure.to_string()), &marks, span);
    let code = report.head.exit_code();
    let code = match code {
        _ if over => ExitCode::TimedOut,
        ExitCode::Done if failed => ExitCode::Incomplete,
        code => code,
    };
    print(context, &reading, &report, code, out)
}

/// Returns the time range, limited to what AWS keeps of metrics.
///
/// # Errors
/// Fails for an invalid time, or for a range of which no metrics are kept any more.
fn span(arguments: &Arguments, now: (Timestamp, Timestamp), zone: &TimeZone) -> Result<Span, Report> {
    let (requested, until) =
        time_input::range(&arguments.since, arguments.until.as_deref(), now, zone).map_err(invalid_time)?;
    let until = until.unwrap_or(now.1);
    let oldest = retention::earliest_time(Source::Metrics, now.0).unwrap_or(Timestamp::UNIX_EPOCH);
    let too_old = |what: String| {
        let (who, days) = retention::retention_days(Source::Metrics).unwrap_or_default();
        Report::usage(format!("{what}, and {who} for {days} days"))
            .hint(format!("ask for a time after {}", time_input::display_time(oldest, zone)))
    };
    if until <= oldest {
        return Err(too_old(format!("that time ends {}", time_input::display_time(until, zone))));
    }
    let since = requested.max(oldest);
    let against = match arguments.against {
        None => None,
        Some(against) => {
            let ends = until.checked_sub(against).ok().filter(|ends| *ends > oldest);
            ends.ok_or_else(|| too_old("--against is for a time that is gone".to_owned()))?;
            since.checked_sub(against).ok()
        }
    };
    let age = now.0.duration_since(against.unwrap_or(since).max(oldest));
    Ok(Span { requested, since, until, period: telemetry::period(until.duration_since(since), age), against })
}

/// Returns the wanted services (`None` for all) and the wanted kinds of resources.
fn wanted(reading: &Reading, what: &[String]) -> Result<(Option<Vec<String>>, Vec<Area>), Report> {
    let area = |typed: &String| Area::ALL.into_iter().find(|area| area.name() == typed);
    let mut areas: Vec<Area> = what.iter().filter_map(area).collect();
    let typed: Vec<String> = what.iter().filter(|typed| area(typed).is_none()).cloned().collect();
    let names = select::services(&reading.input(), &typed)?;
    if what.is_empty() {
        return Ok((None, Area::ALL.to_vec()));
    }
    if !typed.is_empty() {
        areas.extend([Area::Service, Area::Alb]);
    }
    areas.sort_unstable();
    areas.dedup();
    Ok((names, areas))
}

/// Reads the curves: one request for all of them, and another for the comparison range. If load balancers, gateways and
/// firewalls cannot be listed, the other metrics are still returned.
async fn curves(
    reading: &mut Reading,
    names: Option<&[String]>,
    areas: &[Area],
    span: Span,
    arguments: &Arguments,
) -> Result<MetricsRead, Failure> {
    let namespaces: Vec<String> = telemetry::namespaces(areas).into_iter().map(str::to_owned).collect();
    let mut listed_metrics: Vec<MetricIdentity> = Vec::new();
    let mut unlisted = None;
    if !namespaces.is_empty() {
        match reading.collector.query(Query::MetricNames { namespaces }).await {
            Ok(facts) => {
                let listed = |fact| if let Fact::MetricNames(listed) = fact { Some(listed) } else { None };
                listed_metrics.extend(facts.into_iter().filter_map(listed).flatten());
            }
            Err(failure) if failure.kind == FailureKind::Credentials => return Err(failure),
            Err(failure) => unlisted = Some(failure.to_string()),
        }
    }
    let app = &reading.collector.app;
    let figures = metric_list::figures(&app.estate, names, None, &listed_metrics, areas);
    let (figures, others) =
        if arguments.all { (figures, BTreeSet::new()) } else { metric_list::split_foreign(&app.environment, figures) };
    let now = points(reading, &figures, span.period, (span.since, span.until)).await?;
    let before = match (span.against, arguments.against) {
        (Some(from), Some(against)) => {
            let until = span.until.checked_sub(against).unwrap_or(span.until);
            let oldest = retention::earliest_time(Source::Metrics, reading.collector.app.service_now()).unwrap_or(from);
            Some(points(reading, &figures, span.period, (from.max(oldest), until)).await?)
        }
        _ => None,
    };
    let mut before = before.map(Vec::into_iter);
    let curve = |(figure, points)| {
        let before = before.as_mut().and_then(Iterator::next);
        Curve { figure, points, comparison: before }
    };
    Ok(MetricsRead {
        curves: figures.into_iter().zip(now).map(curve).collect(),
        unlisted,
        others: others.into_iter().collect(),
    })
}

/// Reads the data points of all metrics, in their order and unit.
async fn points(
    reading: &mut Reading,
    figures: &[Figure],
    period: i32,
    (since, until): (Timestamp, Timestamp),
) -> Result<Vec<Vec<Point>>, Failure> {
    let mut found: Vec<Vec<Point>> = vec![Vec::new(); figures.len()];
    let statistics = figures.iter().map(|figure| figure.statistic.clone()).collect();
    for fact in reading.collector.query(Query::Curves { statistics, period, since, until }).await? {
        let Fact::Curves(curves) = fact else { continue };
        for (place, points) in curves {
            let Some(slot) = found.get_mut(place) else { continue };
            let scale = f64::from(figures[place].scale);
            slot.extend(points.into_iter().map(|point| Point { value: point.value * scale, ..point }));
        }
    }
    Ok(found)
}
