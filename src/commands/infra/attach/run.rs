//! Follows a run.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_runs::environment_runs;
use crate::commands::infra::follow_run::follow_run;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let run = environment_runs(context)?.find(arguments.of.run.as_deref())?.folder.clone();
    follow_run(context, &run, arguments.json, !arguments.watch, out).await
}
