//! Tries failed and blocked units again.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::driving::{ask, followed_from};
use crate::commands::infra::runs_kept::{kept, may_change, state, take_up};
use crate::model::infra::run_event::RequestKind;
use crate::model::infra::schedule::to_retry;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let kept = kept(context)?;
    let listed = kept.one(arguments.of.run.as_deref())?;
    to_retry(&state(listed)?).map_err(|why| Report::usage(format!("{} is not tried again", listed.run)).cause(why))?;
    may_change(context)?;
    let asked = ask(&listed.folder, RequestKind::Retry)?;
    take_up(context, &kept, listed).await?;
    followed_from(context, &listed.folder, arguments.json, true, asked, out).await
}
