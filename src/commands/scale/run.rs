//! Sets the desired count of a service.

use super::args::Arguments;
use crate::app::operation::steps::{self, StepChange};
use crate::cli::{ExitCode, Report};
use crate::commands::change::act;
use crate::commands::change_target::{open, service_names, single_service};
use crate::commands::context::Context;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    opened.require_cluster()?;
    let (service, short) =
        single_service(service_names(context, &opened, std::slice::from_ref(&arguments.service)).await?)?;
    let wanted = StepChange::Scale {
        service,
        desired: arguments.desired,
        min: arguments.min,
        max: arguments.max,
        move_limits: arguments.move_limits,
    };
    let operation = steps::Request { wanted, short }.into();
    act(context, &opened, vec![operation], arguments.dry_run, out).await
}
