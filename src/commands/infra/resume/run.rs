//! Resumes a run and follows it.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_runs::{environment_runs, resume_unless_running, state};
use crate::commands::infra::follow_run::follow_run;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let runs = environment_runs(context)?;
    let listed = runs.find(arguments.of.run.as_deref())?;
    if state(listed)?.end.is_some() {
        let report = Report::usage(format!("{} has ended: there is nothing to resume", listed.run));
        return Err(report.hint("`cockpit infra retry` tries failed and blocked units again"));
    }
    resume_unless_running(context, &runs, listed).await?;
    follow_run(context, &listed.folder, arguments.json, true, out).await
}
