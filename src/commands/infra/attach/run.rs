//! Follows the run.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::driving::followed;
use crate::commands::infra::runs_kept::kept;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let run = kept(context)?.one(arguments.of.run.as_deref())?.folder.clone();
    followed(context, &run, arguments.json, !arguments.watch, out).await
}
