//! Stops or starts a whole environment: the common part of `stop` and `start`.

use super::change::act;
use super::change_target::{open, service_names};
use super::context::Context;
use super::power_flags::Flags;
use crate::app::operation::steps::{self, StepChange};
use crate::cli::{ExitCode, Report};
use crate::model::timer::Power;
use std::io;

pub(super) async fn power(
    context: &Context,
    power: Power,
    flags: &Flags,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let services = if opened.environment.cluster.is_some() {
        service_names(context, &opened, &[]).await?.into_iter().map(|(name, _)| name).collect()
    } else {
        Vec::new()
    };
    let wanted = StepChange::Power { power, services, databases: flags.databases, direct: flags.direct };
    let short = opened.environment.name.clone();
    let operation = steps::Request { wanted, short }.into();
    Box::pin(act(context, &opened, vec![operation], flags.dry_run, out)).await
}
