//! `logs`: decides which groups are read and how: in order until the end, a condition, or forever.

use super::args::Arguments;
use super::reading::{Range, Run, form};
use super::report::{LineConditions, Printer};
use super::tail;
use super::writer::{TroubleReporter, Writer, tee_error};
use crate::app::logs::single_read::Rates;
use crate::app::logs::sources::{self, GroupSource};
use crate::app::logs::time_input;
use crate::aws::budget::Class;
use crate::cli::{Color, ExitCode, Report};
use crate::commands::context::{Context, Reading};
use crate::commands::filter_flags::{self, filter};
use crate::commands::log_groups::{self, GroupRequest, print_note};
use crate::model::names::list_names;
use crate::runtime::tee::Tee;
use jiff::tz::TimeZone;
use log_store::Filter;
use log_store::filter::is_service;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _};
use std::ops::ControlFlow;

/// The note on the price and the limits of a live tail (source: CloudWatch Logs pricing page and quotas).
const LIVE_TAIL_NOTE: &str = "a live tail costs $0.01 a minute beyond the 1,800 free minutes of the account's month; \
    the service shows at most 500 lines a second";

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let mut named_filters = crate::runtime::files::saved_filters();
    named_filters.extend(context.open()?.1.log_filters);
    let wanted = wanted(arguments, &named_filters)?;
    let exit_on = arguments.exit_on.as_deref().map(|text| filter("--exit-on", text, &named_filters)).transpose()?;
    let end = context.deadline();
    let request = group_request(arguments);
    let (reading, found) = Box::pin(log_groups::read(context, &request)).await?;
    let unsure = reading.identity_unknown().is_some();
    let (range, zone) = range(arguments, &reading)?;
    let app = &reading.collector.app;
    let account = app.environment.account.clone();
    let whose = app.estate.identity.value().map(|identity| identity.account.clone()).or_else(|| account.clone());
    let region = app.environment.region.clone();
    let again = app.environment.refresh.services.unsigned_abs() * 3;
    let configured = app.environment.logs.clone();
    let (_, mut event_loop) = reading.collector.into_parts();
    let found = log_groups::resolve(&request, found, &configured, &mut event_loop, end).await?;
    if found.groups.is_empty() {
        return Err(log_groups::no_groups(&found));
    }
    if request.follows_services() {
        log_groups::print_missing(&found);
    }
    for note in unknown_services(&wanted.filter, &found.groups) {
        print_note(&note);
    }
    let region = region.or_else(|| event_loop.executor.region());
    let arns = arguments.live.then(|| arns(&found.groups, region.as_deref(), whose.as_deref())).transpose()?;
    if arguments.live {
        print_note(LIVE_TAIL_NOTE);
    }
    crate::runtime::widen_output();
    crate::runtime::retain_freed_memory();
    let rates = rates(arguments, region.as_deref().unwrap_or_default());
    if arguments.follow {
        // Following may run for hours beside other programs: it no longer uses the rates of a short-lived read.
        event_loop.executor.set_exclusive(false);
    }
    event_loop.executor.set_logs_rates(rates.0, rates.1);
    let mut printer = printer(context, wanted, zone, &found.groups);
    let tee = arguments.tee.as_ref().map(|path| Tee::open(path).map_err(|error| tee_error(path, &error)));
    let mut writer = Writer {
        printer: &mut printer,
        exit_on,
        tee: tee.transpose()?,
        out,
        missing: false,
        text: String::new(),
        newest: None,
        failed: Vec::new(),
    };
    let missing = !found.missing.is_empty();
    let mut run = Run {
        context,
        arguments,
        request,
        end,
        range,
        rates: Rates { filter: rates.0, get: Some(rates.1) },
        account,
        region,
        lookup_interval: again,
        groups: found.groups,
        account_unknown: unsure,
        missing,
        trouble: TroubleReporter::new(missing),
    };
    if let Some(most) = arguments.tail {
        match Box::pin(run.newest(most, event_loop, &mut writer)).await? {
            ControlFlow::Break(code) => return Ok(code),
            ControlFlow::Continue(ring_again) => event_loop = ring_again,
        }
    }
    Box::pin(run.read(event_loop, arns, &mut writer)).await
}

fn group_request(arguments: &Arguments) -> GroupRequest<'_> {
    GroupRequest {
        services: &arguments.services,
        groups: &arguments.group,
        lambdas: &arguments.lambda,
        waits: arguments.follow,
    }
}

/// Returns the time range of the lines, and the time zone in which times are printed.
fn range(arguments: &Arguments, reading: &Reading) -> Result<(Range, TimeZone), Report> {
    let app = &reading.collector.app;
    let zone = if arguments.utc { TimeZone::UTC } else { app.zone() };
    let now = app.service_now();
    let bounded = arguments.since.is_some() || arguments.tail.is_none();
    // With `--tail` alone, the range is bounded only by its end and the maximum lookback.
    let since = arguments.since.as_deref().unwrap_or(if bounded { "10m" } else { "7300d" });
    let (since, until) = time_input::range(since, arguments.until.as_deref(), (now, reading.collector.latest()), &zone)
        .map_err(log_groups::invalid_time)?;
    let until = until.map(jiff::Timestamp::as_millisecond);
    let now = now.as_millisecond();
    let since = if bounded { since.as_millisecond() } else { until.unwrap_or(now) - tail::LOOK_BACK };
    Ok((Range { since, until, now }, zone))
}

/// Returns the allowed requests per second of `FilterLogEvents` and `GetLogEvents`.
fn rates(arguments: &Arguments, region: &str) -> (f64, f64) {
    match arguments.rate {
        Some(rate) => (f64::from(rate), f64::from(rate)),
        None => (Class::LogsFilter.limit(region).0, Class::LogsGet.limit(region).0),
    }
}

fn printer(context: &Context, wanted: LineConditions, zone: TimeZone, groups: &[GroupSource]) -> Printer {
    let form = form(context);
    let terminal = io::stdout().is_terminal();
    let colour = match context.global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && crate::runtime::is_drawable() && !anstyle_query::no_color(),
    };
    let services = groups.iter().flat_map(|group| group.writers.iter().map(|writer| writer.service.as_str()));
    Printer::new(form, wanted, zone, services, (colour, terminal))
}

/// Returns notes about services in the filter that write into none of the groups. This is no error: the service may
/// come later, or be excluded on purpose.
fn unknown_services(filter: &Filter, groups: &[GroupSource]) -> Vec<String> {
    let services_of = |group: &GroupSource| match group.writers.as_slice() {
        [] => vec![group.group.rsplit('/').next().unwrap_or_default().to_owned()],
        writers => writers.iter().map(|writer| writer.service.clone()).collect(),
    };
    let services: BTreeSet<String> = groups.iter().flat_map(services_of).collect();
    let named_services = filter.names().into_iter().filter(|(place, _)| *place == "service");
    let unknown =
        named_services.filter_map(|(_, name)| name).filter(|name| !services.iter().any(|one| is_service(one, name)));
    let names: Vec<&str> = services.iter().map(String::as_str).collect();
    let words =
        |name: &str| format!("no line that is read is of a service `{name}`; there are: {}", list_names(&names));
    unknown.map(words).collect()
}

/// Returns the group ARNs for a live tail.
fn arns(groups: &[GroupSource], region: Option<&str>, account: Option<&str>) -> Result<Vec<String>, Report> {
    let (Some(region), Some(account)) = (region, account) else {
        return Err(Report::new("config", "a live tail needs the region and the account", ExitCode::Usage)
            .hint("set `region` and `account` of the environment"));
    };
    Ok(sources::live_arns(groups, region, account).collect())
}

fn wanted(arguments: &Arguments, named: &[String]) -> Result<LineConditions, Report> {
    let filter = arguments.filter.as_deref().map(|text| filter("--filter", text, named)).transpose()?;
    Ok(LineConditions {
        filter: filter.unwrap_or_default(),
        level: filter_flags::level(arguments.level.as_deref())?,
        grep: arguments.grep.as_deref().map(filter_flags::grep).transpose()?,
    })
}
