//! Starts a destroy run and follows it.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::apply_destroy::change;
use crate::model::infra::run_event::Goal;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let mut change_args = arguments.change.clone();
    change_args.of.skip_snapshots = arguments.skip_final_snapshot;
    change(context, &change_args, Goal::Destroy, out).await
}
