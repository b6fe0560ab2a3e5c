//! Starts a drift run and follows it.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::planning::plan;
use crate::model::infra::run_event::Goal;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    plan(context, &arguments.of, Goal::Drift, arguments.detailed_exitcode, out).await
}
