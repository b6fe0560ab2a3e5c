//! Lists the runs.

use super::args::Arguments;
use super::report;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::runs_kept::{kept, state};
use crate::commands::printed::printed;
use crate::headless;
use std::io;

#[allow(clippy::unused_async, reason = "a command is run as one that may wait")]
pub(super) async fn run(context: &Context, _: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let kept = kept(context)?;
    let mut runs = Vec::new();
    for listed in kept.listed {
        let state = state(&listed)?;
        runs.push((listed, state));
    }
    let report = report::runs(&kept.environment.name, &runs);
    printed(headless::print(out, &report, context.output, Context::width()).map(drop))
}
