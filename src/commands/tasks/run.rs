//! Reads and prints the tasks.

use super::args::Arguments;
use super::report;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::report_output::print;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let reading = context.collect(report::SOURCES, false).await?;
    let list = report::tasks(&reading.input(), &arguments.services)?;
    print(context, &reading, &list, list.head.exit_code(), out)
}
