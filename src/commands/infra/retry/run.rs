//! Retries the failed and blocked units of a run.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_runs::{check_writable, environment_runs, resume_unless_running, state};
use crate::commands::infra::follow_run::{follow_run_from, send_request};
use crate::model::infra::run_event::RequestKind;
use crate::model::infra::schedule::units_to_retry;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let runs = environment_runs(context)?;
    let listed = runs.find(arguments.of.run.as_deref())?;
    units_to_retry(&state(listed)?)
        .map_err(|why| Report::usage(format!("{} is not tried again", listed.run)).cause(why))?;
    check_writable(context)?;
    let request_end = send_request(&listed.folder, RequestKind::Retry)?;
    resume_unless_running(context, &runs, listed).await?;
    follow_run_from(context, &listed.folder, arguments.json, true, request_end, out).await
}
