//! Rolls back to the version that ran before.

use super::args::Arguments;
use crate::app::operation::deploy::{self, Source};
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
    let to = arguments.to.as_deref().map(|to| opened.revision(to)).transpose()?;
    let source = Source::RollBack(to);
    let request = deploy::Request::new(service, short, source, opened.config.hooks.clone());
    act(context, &opened, vec![request.into()], arguments.dry_run, out).await
}
