//! Starts all services of the environment.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::power::power;
use crate::model::timer::Power;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    power(context, Power::Start, &arguments.flags, out).await
}
