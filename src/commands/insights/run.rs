//! Runs a query over log groups, and prints its price before and after it, and its result.

use super::args::Arguments;
use super::report::InsightsDto;
use crate::app::logs::insights::{self, Estimate};
use crate::app::logs::sources::{GroupSource, Missing};
use crate::app::logs::time_input;
use crate::aws::Session;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::Context;
use crate::commands::log_groups::{self, GroupRequest};
use crate::commands::report_output::print_result;
use crate::headless;
use crate::model::logs::InsightsQuery;
use crate::model::text::sanitize;
use crate::runtime::logs::{groups, insights as ask};
use crate::runtime::stop::next_stop_signal;
use std::cell::OnceCell;
use std::io::{self, Write as _};

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let session = OnceCell::new();
    let code = tokio::select! {
        code = search(context, arguments, out, &session) => code,
        signal = next_stop_signal() => signal.command_result(),
    };
    // A query that still runs is stopped, because it costs what it scans.
    if let Some(session) = session.get() {
        session.finish_cleanup().await;
    }
    code
}

async fn search(
    context: &Context,
    arguments: &Arguments,
    out: &mut dyn io::Write,
    session: &OnceCell<Session>,
) -> Result<ExitCode, Report> {
    let output = context.output;
    let text = query(&arguments.query, &context.open()?.1.log_queries)?;
    let end = context.deadline();
    let request = GroupRequest { services: &arguments.services, groups: &arguments.group, lambdas: &[], waits: false };
    let (reading, found) = Box::pin(log_groups::read(context, &request)).await?;
    let unsure = reading.identity_unknown();
    let app = &reading.collector.app;
    let (zone, now) = (app.zone(), (app.service_now(), reading.collector.latest()));
    let range = time_input::range(&arguments.since, arguments.until.as_deref(), now, &zone);
    let (from, to) = range.map_err(log_groups::invalid_time)?;
    let to = to.unwrap_or(now.1);
    // Every group adds to the price: configured groups are searched only if there are no services.
    let configured = if app.environment.cluster.is_none() { app.environment.logs.clone() } else { Vec::new() };
    let (_, mut event_loop) = reading.collector.into_parts();
    let found = log_groups::resolve(&request, found, &configured, &mut event_loop, end).await?;
    if found.groups.is_empty() {
        return Err(log_groups::no_groups(&found));
    }
    if request.follows_services() {
        log_groups::print_missing(&found);
        for note in found.groups.iter().filter_map(GroupSource::other_services_note) {
            let _ = writeln!(crate::runtime::Output::stderr(), "insights: {}", sanitize(&note));
        }
    }
    searchable(&found.groups, event_loop.executor.region().as_deref())?;
    let names: Vec<String> = found.groups.iter().map(|group| group.group.clone()).collect();
    let common = insights::common_prefix(&names);
    let sizes = groups(&mut event_loop, &common);
    let sizes = match end {
        Some(end) => tokio::time::timeout_at(end, sizes).await.map_err(|_| late())?,
        None => sizes.await,
    };
    let estimate = match sizes {
        Ok(all) => {
            log_groups::print_expired(&all, &names, from.as_millisecond(), now.0.as_millisecond());
            insights::estimate(&all, &names, to.duration_since(from), to.as_millisecond())
        }
        // Without an estimate the query still runs.
        Err(_) => Estimate::default(),
    };
    if arguments.price {
        return print_result(writeln!(out, "{}: {}", text.lines().next().unwrap_or_default(), estimate.describe()));
    }
    if estimate.needs_warning() {
        let _ = writeln!(crate::runtime::Output::stderr(), "insights: {}", estimate.describe());
    }
    let query = InsightsQuery {
        groups: names,
        text,
        from: from.as_millisecond(),
        to: to.as_millisecond(),
        limit: arguments.limit,
    };
    if let Some(open) = event_loop.executor.session() {
        let _ = session.set(open);
    }
    let asking = ask(&mut event_loop, query);
    let result = match end {
        Some(end) => tokio::time::timeout_at(end, asking).await.map_err(|_| late())?,
        None => asking.await,
    };
    let result = result.map_err(|failure| Report::from_failure("the query failed", &failure))?;
    let _ = writeln!(crate::runtime::Output::stderr(), "insights: {}", sanitize(&insights::scanned_summary(&result)));
    let unread = found.missing.iter().filter(|_| request.follows_services()).map(Missing::describe);
    let missing: Vec<String> = unsure.into_iter().chain(unread).collect();
    let complete = missing.is_empty();
    let report = InsightsDto::new(&result, missing, zone);
    let width = if output == Output::Table { Context::width() } else { None };
    let code = print_result(headless::print(out, &report, output, width).map(drop))?;
    Ok(if complete { code } else { ExitCode::Incomplete })
}

/// Checks the limits of a query: one region, at most 50 groups.
fn searchable(groups: &[GroupSource], region: Option<&str>) -> Result<(), Report> {
    if let Some(there) = groups.iter().find(|group| group.region.is_some() && group.region.as_deref() != region) {
        let (group, there) = (&there.group, there.region.as_deref().unwrap_or_default());
        return Err(Report::usage(format!("{group} is in {there}, and a query searches one region")).hint(format!(
            "search it with --region {there} --group {group}, the others with --group or by their service"
        )));
    }
    if groups.len() > 50 {
        return Err(Report::usage(format!("{} groups are more than the 50 of a query", groups.len()))
            .hint("name fewer of them: services, or --group with a pattern"));
    }
    Ok(())
}

fn late() -> Report {
    Report::new("timeout", "the query did not end in time", ExitCode::TimedOut)
        .hint("ask for a shorter time, or wait longer with --timeout")
}

/// Returns the text of a query, or of a named query. A single word is a name: no query is that short.
///
/// # Errors
/// Fails if there is no query of that name.
fn query(typed: &str, saved: &[String]) -> Result<String, Report> {
    let found = insights::find_query(typed, saved).unwrap_or(typed);
    if found != typed || typed.trim().contains(char::is_whitespace) {
        return Ok(found.to_owned());
    }
    let presets = insights::PRESETS.iter().map(|preset| preset.name);
    let names: Vec<&str> =
        saved.iter().filter_map(|query| Some(query.split_once(':')?.0.trim())).chain(presets).collect();
    Err(Report::usage(format!("there is no query of the name `{}`", sanitize(typed.trim()))).hint(format!(
        "there are: {}; a query of your own is written whole: 'fields @timestamp, @message | limit 20'",
        names.join(", ")
    )))
}
