//! `cockpit autoscaling SERVICE --watch`: how a service scales as it does, and a report at the end.

use super::args::Arguments;
use super::report::{self, SOURCES};
use crate::app::scaling::sample;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::context::{Context, Reading};
use crate::commands::opened::time_is_up;
use crate::commands::printed::printed;
use crate::commands::refused::RefusedPolls;
use crate::commands::say::say;
use crate::headless::{json_line, sources};
use crate::model::scaling_watch::{Told, Watch};
use crate::model::text::harmless;
use crate::model::{Source, time};
use crate::runtime::Collected;
use crate::runtime::output::reader_is_gone;
use crate::runtime::stop::stopped;
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

/// How often it is looked: metrics have a point a minute, activities none for longer.
const EVERY: Duration = Duration::from_secs(10);

pub(super) async fn watch(
    context: &Context,
    arguments: &Arguments,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let wanted: Vec<Source> = SOURCES.iter().copied().chain([Source::Metrics, Source::AlarmHistory]).collect();
    let mut reading = context.collect(&wanted, true).await?;
    reading.check_credentials()?;
    let services = &reading.collector.app.estate.services;
    if let Some(failure) = services.failure().filter(|_| services.value().is_none()) {
        return Err(Report::of_failure("the services could not be listed", failure));
    }
    if services.value().is_none() && reading.collected == Collected::TimedOut {
        return Err(time_is_up("the services were not listed"));
    }
    let names = crate::headless::select::services(&reading.input(), &arguments.services)?.unwrap_or_default();
    let [name] = names.as_slice() else {
        return Err(Report::usage("one service is watched").hint("name it, as `cockpit services` lists it"));
    };
    let name = name.clone();
    let mut watch = Watch::default();
    let mut failed: BTreeSet<String> = BTreeSet::new();
    let mut stopped_by = None;
    let (mut looks, needed) = (RefusedPolls::default(), BTreeSet::from([Source::Identity, Source::Services]));
    loop {
        if let Some(sample) = sample(&reading.collector.app, &name) {
            for told in watch.take(sample) {
                if let Err(error) = line(context, &reading, &told, out) {
                    return printed(Err(error));
                }
            }
        }
        for note in sources::news(&reading.input().asked().rows(&wanted), &mut failed) {
            say(&note);
        }
        looks.take(&reading, &needed, &format!("{name} cannot be watched"))?;
        if watch.done() {
            break;
        }
        let left = context.limit();
        if left.is_some_and(|left| left <= EVERY) {
            tokio::time::sleep(left.unwrap_or_default()).await;
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            signal = stopped() => {
                stopped_by = Some(signal);
                break;
            }
        }
        if reader_is_gone() {
            return Ok(ExitCode::Done);
        }
        reading.collector.again(context.limit()).await;
    }
    let ended = watch.ended();
    let written = if context.output == Output::Json {
        json_line(&report::Line::of_end(&ended)).and_then(|text| out.write_all(text.as_bytes()))
    } else {
        ended.lines().iter().try_for_each(|line| writeln!(out, "{}", harmless(line)))
    };
    printed(written)?;
    match stopped_by {
        Some(signal) => signal.ended(),
        None if failed.is_empty() => Ok(ExitCode::Done),
        None => Ok(ExitCode::Incomplete),
    }
}

/// A line as it is told: with its time, or an object.
fn line(context: &Context, reading: &Reading, told: &Told, out: &mut dyn io::Write) -> io::Result<()> {
    let text = if context.output == Output::Json {
        json_line(&report::Line::of(told))?
    } else {
        harmless(&format!("{}  {}", time::clock(told.at, &reading.zone), told.what)).into_owned() + "\n"
    };
    out.write_all(text.as_bytes())?;
    out.flush()
}
