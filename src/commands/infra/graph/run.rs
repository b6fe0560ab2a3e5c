//! Finds the units and prints them.

use super::args::Arguments;
use super::report;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::opened::open;
use crate::commands::printed::printed;
use crate::headless;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context, &arguments.target).await?;
    let report = report::graph(&opened.environment.name, &opened.found.graph, &opened.found.warnings);
    printed(headless::print(out, &report, context.output, Context::width()).map(drop))
}
