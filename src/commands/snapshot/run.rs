//! `snapshot`: prints once, prints changes repeatedly, or waits for a condition.

use super::all;
use super::args::Arguments;
use super::local_facts::local_facts;
use super::report;
use super::wait::Condition;
use super::watch;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::{Context, Reading};
use crate::commands::refused_source::{RefusedPolls, refused_sources};
use crate::commands::report_output::{emit, print, verdict_code as ended, write_error};
use crate::headless::user_pool::PoolDto;
use crate::headless::{self, Written};
use crate::model::cdn::belongs;
use crate::model::{Failure, FailureKind, Source};
use crate::runtime::Collected;
use crate::runtime::clock::{Clock, system_zone};
use crate::runtime::output::reader_is_gone;
use serde_json::Value;
use std::io;
use std::time::Duration;
use tokio::time::Instant;

/// The polling interval of `--wait` without `--watch`.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if arguments.all {
        return Box::pin(all_environments(context, out)).await;
    }
    if let Some(condition) = &arguments.wait {
        let condition = Condition::parse(condition).map_err(|error| error.report())?;
        return Box::pin(wait(context, arguments, &condition, out)).await;
    }
    if let Some(interval) = arguments.watch {
        return Box::pin(watch(context, Duration::try_from(interval).unwrap_or(DEFAULT_INTERVAL), out)).await;
    }
    let reading = context.collect(&Source::ALL, false).await?;
    let mut snapshot = report::snapshot(&reading.input(), &local_facts(&reading.collector.app));
    if let Some(read) = Box::pin(user_pool(context, &reading)).await {
        snapshot = snapshot.with_pool(read);
    }
    let code = snapshot.exit_code();
    print(context, &reading, &snapshot, code, out)
}

/// Returns the configured user pool, without its users. Reads nothing if none is configured, or if the account is not
/// confirmed.
async fn user_pool(context: &Context, reading: &Reading) -> Option<Result<(Option<PoolDto>, Vec<Failure>), Failure>> {
    let app = &reading.collector.app;
    let environment = &app.environment;
    if environment.user_pools.is_empty() || app.estate.identity.value().is_none() || app.poller.wrong_account() {
        return None;
    }
    let session = context.aws(environment);
    let asking = async {
        let mut matching = session.user_pools().await?;
        matching.retain(|pool| belongs(&[&pool.id, &pool.name], &environment.user_pools, &[]));
        let [pool] = &matching[..] else {
            let text = match matching.len() {
                0 => "cognito-idp:ListUserPools: no pool has a name of `user_pools`".to_owned(),
                many => format!("{many} pools have names of `user_pools`: the snapshot has one"),
            };
            return Err(Failure::new(FailureKind::NotFound, text));
        };
        let (pool, missing) = session.user_pool(pool.clone()).await;
        Ok((Some(PoolDto::from(&pool)), missing))
    };
    let late = || Err(Failure::new(FailureKind::Timeout, "the user pool: no answer came in time"));
    Some(context.in_time(asking).await.unwrap_or_else(late))
}

/// Prints every environment, read one after the other; a failure is shown in its row.
async fn all_environments(context: &Context, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let loaded = context.load();
    let names: Vec<String> = loaded.config.environments.iter().map(|environment| environment.name.clone()).collect();
    if names.is_empty() {
        // Returns the configuration's own error, if it has one.
        context.open()?;
    }
    let mut rows = Vec::new();
    for name in &names {
        rows.push(match context.open_named(name) {
            Ok((loaded, environment)) => {
                let reading = Box::pin(context.collect_in(loaded.config, environment, &Source::ALL, false)).await;
                all::row(&reading.input())
            }
            Err(report) => all::failed_row(name, report.to_string()),
        });
    }
    let report = all::environments(rows, Clock::System.now(), system_zone());
    let code = if report.complete { ExitCode::Done } else { ExitCode::Incomplete };
    ended(emit(context, &report, out), code)
}

fn value(reading: &Reading) -> Result<Value, Report> {
    let snapshot = report::snapshot(&reading.input(), &local_facts(&reading.collector.app));
    serde_json::to_value(snapshot).map_err(|error| {
        Report::new("output", "the snapshot cannot be written as JSON", ExitCode::Failed).caused_by(&error)
    })
}

/// Prints a line for each change, until interrupted, the reader is gone, or the time is up.
async fn watch(context: &Context, interval: Duration, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let text = context.output == Output::Table;
    let end = context.deadline();
    let mut reading = context.collect(&Source::ALL, false).await?;
    reading.check_credentials()?;
    let mut before = value(&reading)?;
    // Later changes are printed as lines, but what failed from the start would never be mentioned.
    let unread = notes(&reading);
    for note in &unread {
        context.print_note(note);
    }
    let mut code = match (reading.collected, unread.is_empty()) {
        (Collected::TimedOut, _) => ExitCode::TimedOut,
        (_, false) => ExitCode::Incomplete,
        (_, true) => ExitCode::Done,
    };
    loop {
        let next = Instant::now() + interval;
        if end.is_some_and(|end| next > end) {
            return Ok(code);
        }
        tokio::time::sleep_until(next).await;
        if reader_is_gone() {
            return Ok(ExitCode::Done);
        }
        reading.collected = reading.collector.read_again(left(end)).await;
        reading.check_credentials()?;
        let after = value(&reading)?;
        for change in watch::changes(&before, &after, reading.collector.app.now) {
            let line = if text {
                change.text(&reading.zone) + "\n"
            } else {
                change.json().map_err(|error| write_error(&error))? + "\n"
            };
            match headless::write(out, &line) {
                Ok(Written::Complete) => {}
                Ok(Written::Closed) => return Ok(ExitCode::Done),
                Err(error) => return Err(write_error(&error)),
            }
        }
        before = after;
        // An incomplete read because of the timeout does not change the exit code.
        if reading.collected != Collected::TimedOut {
            code = if notes(&reading).is_empty() { ExitCode::Done } else { ExitCode::Incomplete };
        }
    }
}

/// Returns sentences about failed reads.
fn notes(reading: &Reading) -> Vec<String> {
    headless::sources::notes(&report::snapshot(&reading.input(), &local_facts(&reading.collector.app)).sources)
}

/// Reads until the condition holds (exit code 0), or fails with code 7 and the last values when the time is up.
async fn wait(
    context: &Context,
    arguments: &Arguments,
    condition: &Condition,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let interval = arguments.watch.and_then(|interval| Duration::try_from(interval).ok()).unwrap_or(DEFAULT_INTERVAL);
    let end = context.deadline();
    let mut reading = context.collect(&Source::ALL, false).await?;
    reading.check_credentials()?;
    let mut refused_polls = RefusedPolls::default();
    loop {
        // Only known values count: an unread source yields an empty list, which would look as if all were well.
        let verdict = condition.holds_now(value(&reading)?);
        if verdict.holds() {
            let line = format!("{}\n", verdict.describe_values());
            return ended(headless::write(out, &line).map(drop), ExitCode::Done);
        }
        let waits_for = condition.waits_for(&refused_sources(&reading));
        refused_polls.record(&reading, &waits_for, &format!("`{}` cannot come true", condition.text()))?;
        let next = Instant::now() + interval;
        if end.is_some_and(|end| next > end) {
            let message = format!("`{}` did not come true in time", condition.text());
            let report = Report::new("timeout", message, ExitCode::TimedOut).cause(verdict.describe_values());
            let snapshot = report::snapshot(&reading.input(), &local_facts(&reading.collector.app));
            let missing = headless::sources::notes(&snapshot.sources);
            let report = missing.iter().fold(report, |report, note| report.cause(note.trim_start_matches("! ")));
            return Err(
                report.hint("it may still come true: wait longer with --timeout, or look with `cockpit snapshot`")
            );
        }
        tokio::time::sleep_until(next).await;
        reading.collected = reading.collector.read_again(left(end)).await;
        reading.check_credentials()?;
    }
}

fn left(end: Option<Instant>) -> Option<Duration> {
    end.map(|end| end.saturating_duration_since(Instant::now()))
}
