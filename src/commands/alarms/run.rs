//! Reads what `alarms` prints, and prints it.

use super::args::Arguments;
use super::report;
use crate::app::poll::Wants;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::printed::print;
use crate::model::Source;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let Some(history) = arguments.history else {
        let reading = context.collect(report::SOURCES, false).await?;
        let list = report::alarms(&reading.input(), arguments.all);
        return print(context, &reading, &list, list.head.exit_code(), out);
    };
    let (loaded, environment) = context.open()?;
    let sources = report::SOURCES.iter().copied().chain([Source::AlarmHistory]).collect();
    let wants = Wants { sources, service_metrics: false, history, once: true };
    let reading = Box::pin(context.read(loaded.config, environment, wants)).await;
    let input = reading.input();
    let since = input.now.checked_sub(history).unwrap_or(input.now);
    let list = report::with_history(&input, arguments.all, since);
    print(context, &reading, &list, list.head.exit_code(), out)
}
