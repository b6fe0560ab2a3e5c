//! Stopping and starting a whole environment: what `stop` and `start` do alike.

use super::act::act;
use super::context::Context;
use super::opened::{names, open};
use super::power_flags::Flags;
use crate::app::operation::steps::{self, Wanted};
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
        names(context, &opened, &[]).await?.into_iter().map(|(name, _)| name).collect()
    } else {
        Vec::new()
    };
    let wanted = Wanted::Power { power, services, databases: flags.databases, direct: flags.direct };
    let short = opened.environment.name.clone();
    let what = steps::Request { wanted, short }.into();
    Box::pin(act(context, &opened, vec![what], flags.dry_run, out)).await
}
