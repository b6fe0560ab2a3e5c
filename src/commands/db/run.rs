//! Reads and prints the databases.

use super::activity::activity;
use super::args::Arguments;
use super::change::change;
use super::report;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::report_output::print;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if arguments.asks_the_server() {
        return Box::pin(activity(context, arguments, out)).await;
    }
    if arguments.changes() {
        return Box::pin(change(context, arguments, out)).await;
    }
    if arguments.reader || arguments.through.is_some() {
        return Err(Report::usage("--reader and --through need something to ask the server")
            .hint("add --activity, --cancel or --terminate, or leave these out"));
    }
    if arguments.dry_run {
        return Err(
            Report::usage("--dry-run needs something to do").hint("add --snapshot, --reboot, --stop or --start")
        );
    }
    let reading = context.collect(report::SOURCES, false).await?;
    let list = report::databases(&reading.input(), &arguments.databases)?;
    print(context, &reading, &list, list.head.exit_code(), out)
}
