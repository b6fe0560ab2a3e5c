//! Starts an apply run and follows it.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::apply_destroy::change;
use crate::model::infra::run_event::Goal;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    change(context, &arguments.change, Goal::Apply, out).await
}
