//! `insights`: a query over groups, its cost before and after, its result in every format.

use super::args::Arguments;
use super::report::InsightsDto;
use crate::app::logs::insights::{self, Estimate};
use crate::app::logs::sources::{GroupSource, Missing};
use crate::app::logs::when;
use crate::aws::Session;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::Context;
use crate::commands::log_groups::{self, Asked};
use crate::commands::printed::printed;
use crate::headless;
use crate::model::logs::InsightsQuery;
use crate::model::text::harmless;
use crate::runtime::logs::{groups, insights as ask};
use crate::runtime::stop::stopped;
use std::cell::OnceCell;
use std::io::{self, Write as _};

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let session = OnceCell::new();
    let code = tokio::select! {
        code = search(context, arguments, out, &session) => code,
        signal = stopped() => signal.ended(),
    };
    // Nobody waits any more for a query that still runs: it is stopped, as it costs what it scans.
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
    let end = context.end();
    let asked = Asked { services: &arguments.services, groups: &arguments.group, lambdas: &[], waits: false };
    let (reading, found) = Box::pin(log_groups::read(context, &asked)).await?;
    let unsure = reading.identity_unknown();
    let app = &reading.collector.app;
    let (zone, now) = (app.zone(), (app.service_now(), reading.collector.latest()));
    let range = when::range(&arguments.since, arguments.until.as_deref(), now, &zone);
    let (from, to) = range.map_err(log_groups::no_time)?;
    let to = to.unwrap_or(now.1);
    // A query scans what it costs: groups beside those of services only where there is nothing else.
    let configured = if app.environment.cluster.is_none() { app.environment.logs.clone() } else { Vec::new() };
    let (_, mut ring) = reading.collector.into_parts();
    let found = log_groups::resolve(&asked, found, &configured, &mut ring, end).await?;
    if found.groups.is_empty() {
        return Err(log_groups::none(&found));
    }
    if asked.follows_services() {
        log_groups::tell(&found);
        for said in found.groups.iter().filter_map(GroupSource::also_searched) {
            let _ = writeln!(crate::runtime::Output::stderr(), "insights: {}", harmless(&said));
        }
    }
    searchable(&found.groups, ring.executor.region().as_deref())?;
    let names: Vec<String> = found.groups.iter().map(|group| group.group.clone()).collect();
    let common = insights::common(&names);
    let sizes = groups(&mut ring, &common);
    let sizes = match end {
        Some(end) => tokio::time::timeout_at(end, sizes).await.map_err(|_| late())?,
        None => sizes.await,
    };
    let estimate = match sizes {
        Ok(all) => {
            log_groups::tell_kept(&all, &names, from.as_millisecond(), now.0.as_millisecond());
            insights::estimate(&all, &names, to.duration_since(from), to.as_millisecond())
        }
        // An unknown price is no reason not to run the query.
        Err(_) => Estimate::default(),
    };
    if arguments.price {
        return printed(writeln!(out, "{}: {}", text.lines().next().unwrap_or_default(), estimate.words()));
    }
    if estimate.worth_saying() {
        let _ = writeln!(crate::runtime::Output::stderr(), "insights: {}", estimate.words());
    }
    let query = InsightsQuery {
        groups: names,
        text,
        from: from.as_millisecond(),
        to: to.as_millisecond(),
        limit: arguments.limit,
    };
    if let Some(open) = ring.executor.session() {
        let _ = session.set(open);
    }
    let asking = ask(&mut ring, query);
    let result = match end {
        Some(end) => tokio::time::timeout_at(end, asking).await.map_err(|_| late())?,
        None => asking.await,
    };
    let result = result.map_err(|failure| Report::of_failure("the query failed", &failure))?;
    let _ = writeln!(crate::runtime::Output::stderr(), "insights: {}", harmless(&insights::after(&result)));
    let unread = found.missing.iter().filter(|_| asked.follows_services()).map(Missing::words);
    let missing: Vec<String> = unsure.into_iter().chain(unread).collect();
    let whole = missing.is_empty();
    let report = InsightsDto::new(&result, missing, zone);
    let width = if output == Output::Table { Context::width() } else { None };
    let code = printed(headless::print(out, &report, output, width).map(drop))?;
    Ok(if whole { code } else { ExitCode::Incomplete })
}

/// A query searches one region, and no more than 50 groups.
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

/// The query itself, or that of a name. A single word is a name: no query is so short.
///
/// # Errors
/// There is none of that name.
fn query(typed: &str, saved: &[String]) -> Result<String, Report> {
    let found = insights::named(typed, saved).unwrap_or(typed);
    if found != typed || typed.trim().contains(char::is_whitespace) {
        return Ok(found.to_owned());
    }
    let presets = insights::PRESETS.iter().map(|preset| preset.name);
    let names: Vec<&str> =
        saved.iter().filter_map(|query| Some(query.split_once(':')?.0.trim())).chain(presets).collect();
    Err(Report::usage(format!("there is no query of the name `{}`", harmless(typed.trim()))).hint(format!(
        "there are: {}; a query of your own is written whole: 'fields @timestamp, @message | limit 20'",
        names.join(", ")
    )))
}
