//! Fails a database over to another member.

use super::args::Arguments;
use crate::app::operation::database::{Request, Wanted};
use crate::cli::{ExitCode, Report};
use crate::commands::act::act;
use crate::commands::connected::connected;
use crate::commands::context::Context;
use crate::commands::database::one;
use crate::commands::opened::open;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let found = Box::pin(one(context, arguments.database.as_deref())).await?;
    let to = arguments.to.as_deref().map(|to| found.member(to)).transpose()?;
    let wanted = Wanted::Failover { to };
    let connected = connected(context, &found).await;
    let what = Request { database: found.id, cluster: found.cluster, wanted, connected };
    Box::pin(act(context, &opened, vec![what.into()], arguments.dry_run, out)).await
}
