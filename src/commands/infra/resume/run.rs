//! Takes the run up and follows it.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::driving::followed;
use crate::commands::infra::runs_kept::{kept, state, take_up};
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let kept = kept(context)?;
    let listed = kept.one(arguments.of.run.as_deref())?;
    if state(listed)?.end.is_some() {
        let report = Report::usage(format!("{} has ended: there is nothing to resume", listed.run));
        return Err(report.hint("`cockpit infra retry` tries failed and blocked units again"));
    }
    take_up(context, &kept, listed).await?;
    followed(context, &listed.folder, arguments.json, true, out).await
}
