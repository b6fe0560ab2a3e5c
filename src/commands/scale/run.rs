//! Sets how many tasks of a service run.

use super::args::Arguments;
use crate::app::operation::steps::{self, Wanted};
use crate::cli::{ExitCode, Report};
use crate::commands::act::act;
use crate::commands::context::Context;
use crate::commands::opened::{names, one, open};
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    opened.needs_cluster()?;
    let (service, short) = one(names(context, &opened, std::slice::from_ref(&arguments.service)).await?)?;
    let wanted = Wanted::Scale {
        service,
        desired: arguments.desired,
        min: arguments.min,
        max: arguments.max,
        move_limits: arguments.move_limits,
    };
    let what = steps::Request { wanted, short }.into();
    act(context, &opened, vec![what], arguments.dry_run, out).await
}
