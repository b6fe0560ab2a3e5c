//! Begins the run and follows it.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::changing::change;
use crate::model::infra::run_event::Goal;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let mut asked = arguments.change.clone();
    asked.of.skip_snapshots = arguments.skip_final_snapshot;
    change(context, &asked, Goal::Destroy, out).await
}
