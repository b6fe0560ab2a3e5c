//! Invalidates paths in the cache of a distribution.

use super::args::Arguments;
use crate::app::operation::single::invalidation::Request;
use crate::cli::{ExitCode, Report};
use crate::commands::change::act;
use crate::commands::change_target::open;
use crate::commands::context::Context;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let what =
        Request::parse(&arguments.words).map_err(|why| Report::usage(why).hint("as `cockpit invalidate '/*'`"))?;
    act(context, &opened, vec![what.into()], arguments.dry_run, out).await
}
