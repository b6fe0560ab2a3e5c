//! `cockpit autoscaling SERVICE --watch`: prints what a service's autoscaling does as it happens, and a summary at the
//! end.

use super::args::Arguments;
use super::report::{self, SOURCES};
use crate::app::scaling::sample;
use crate::cli::{ExitCode, Output, Report};
use crate::commands::change_target::time_is_up;
use crate::commands::context::{Context, Reading};
use crate::commands::progress::print_note;
use crate::commands::refused_source::RefusedPolls;
use crate::commands::report_output::print_result;
use crate::headless::{json_line, sources};
use crate::model::scaling_watch::{Observation, Watch};
use crate::model::text::sanitize;
use crate::model::{Source, time};
use crate::runtime::Collected;
use crate::runtime::output::reader_is_gone;
use crate::runtime::stop::next_stop_signal;
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

/// The polling interval: metrics have one data point per minute, so faster polling gains nothing.
const INTERVAL: Duration = Duration::from_secs(10);

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
        return Err(Report::from_failure("the services could not be listed", failure));
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
    let (mut refused_polls, needed) = (RefusedPolls::default(), BTreeSet::from([Source::Identity, Source::Services]));
    loop {
        if let Some(sample) = sample(&reading.collector.app, &name) {
            for observation in watch.add_sample(sample) {
                if let Err(error) = line(context, &reading, &observation, out) {
                    return print_result(Err(error));
                }
            }
        }
        for note in sources::news(&reading.input().source_request().rows(&wanted), &mut failed) {
            print_note(&note);
        }
        refused_polls.record(&reading, &needed, &format!("{name} cannot be watched"))?;
        if watch.is_done() {
            break;
        }
        let left = context.time_left();
        if left.is_some_and(|left| left <= INTERVAL) {
            tokio::time::sleep(left.unwrap_or_default()).await;
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            signal = next_stop_signal() => {
                stopped_by = Some(signal);
                break;
            }
        }
        if reader_is_gone() {
            return Ok(ExitCode::Done);
        }
        reading.collector.read_again(context.time_left()).await;
    }
    let ended = watch.summary();
    let written = if context.output == Output::Json {
        json_line(&report::Line::of_end(&ended)).and_then(|text| out.write_all(text.as_bytes()))
    } else {
        ended.lines().iter().try_for_each(|line| writeln!(out, "{}", sanitize(line)))
    };
    print_result(written)?;
    match stopped_by {
        Some(signal) => signal.command_result(),
        None if failed.is_empty() => Ok(ExitCode::Done),
        None => Ok(ExitCode::Incomplete),
    }
}

/// Prints an observation: as text with its time, or as a JSON object.
fn line(context: &Context, reading: &Reading, observation: &Observation, out: &mut dyn io::Write) -> io::Result<()> {
    let text = if context.output == Output::Json {
        json_line(&report::Line::of(observation))?
    } else {
        sanitize(&format!("{}  {}", time::clock(observation.at, &reading.zone), observation.what)).into_owned() + "\n"
    };
    out.write_all(text.as_bytes())?;
    out.flush()
}
