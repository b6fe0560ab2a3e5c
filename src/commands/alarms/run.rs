//! Reads and prints the alarms, or mutes one.

use super::args::{Action, Arguments};
use super::report;
use crate::app::logs::time_input;
use crate::app::operation::single::mute::Request;
use crate::app::poll::Wants;
use crate::cli::{ExitCode, Report};
use crate::commands::change::act;
use crate::commands::change_target::open;
use crate::commands::completeness::complete_or_exact;
use crate::commands::context::Context;
use crate::commands::log_groups::invalid_time;
use crate::commands::report_output::print;
use crate::model::Source;
use crate::runtime::clock::Clock;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if let Some(action) = &arguments.action {
        return change(context, action, out).await;
    }
    let Some(history) = arguments.history else {
        let reading = context.collect(report::SOURCES, false).await?;
        let list = report::alarms(&reading.input(), arguments.all);
        return print(context, &reading, &list, list.head.exit_code(), out);
    };
    time_input::before(Clock::System.now(), history, "--history").map_err(invalid_time)?;
    let (loaded, environment) = context.open()?;
    let sources = report::SOURCES.iter().copied().chain([Source::AlarmHistory]).collect();
    let wants = Wants { sources, service_metrics: false, history, until: None, once: true };
    let reading = Box::pin(context.read(loaded.config, environment, wants)).await;
    let input = reading.input();
    let since = input.now.checked_sub(history).unwrap_or(input.now);
    let list = report::with_history(&input, arguments.all, since);
    print(context, &reading, &list, list.head.exit_code(), out)
}

async fn change(context: &Context, action: &Action, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let (typed, length, dry_run) = match action {
        Action::Mute(mute) => (&mute.name, Some(mute.length), mute.dry_run),
        Action::Unmute(unmute) => (&unmute.name, None, unmute.dry_run),
    };
    if length.is_some_and(|length| length.as_secs() % 60 != 0 || length.subsec_nanos() != 0) {
        return Err(Report::usage("an alarm is muted for whole minutes").hint("write `--for 90m` or `--for 4h`"));
    }
    let alarm = full_name(context, typed).await?;
    act(context, &opened, vec![Request { alarm, length }.into()], dry_run, out).await
}

/// Returns the full name of the alarm meant: by its exact name, or by a part of the name that no other alarm contains.
async fn full_name(context: &Context, typed: &str) -> Result<String, Report> {
    let reading = context.collect(report::SOURCES, false).await?;
    let known = reading.collector.app.estate.alarms.value().map_or(&[][..], Vec::as_slice);
    let names: Vec<&str> = known.iter().map(|alarm| alarm.name.as_str()).collect();
    complete_or_exact(&reading, &[Source::Alarms], "alarms", (&[typed], &names))?;
    if names.contains(&typed) {
        return Ok(typed.to_owned());
    }
    let mut found = known.iter().map(|alarm| &alarm.name).filter(|name| name.contains(typed));
    match (found.next(), found.next()) {
        (Some(name), None) => Ok(name.clone()),
        (None, _) => Err(Report::usage(format!("no alarm of this environment has `{typed}` in its name"))
            .hint("`cockpit alarms --all` lists them")),
        (Some(one), Some(other)) => {
            Err(Report::usage(format!("several alarms have `{typed}` in their names: {one}, {other}"))
                .hint("write more of it"))
        }
    }
}
