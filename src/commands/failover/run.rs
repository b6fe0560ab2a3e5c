//! Fails a database over to another member.

use super::args::Arguments;
use crate::app::operation::database::{Request, StepChange};
use crate::cli::{ExitCode, Report};
use crate::commands::change::act;
use crate::commands::change_target::open;
use crate::commands::context::Context;
use crate::commands::database::find_database;
use crate::commands::open_sessions::list_connections;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    let found = Box::pin(find_database(context, arguments.database.as_deref())).await?;
    let to = arguments.to.as_deref().map(|to| found.member(to)).transpose()?;
    let wanted = StepChange::Failover { to };
    let connected = list_connections(context, &found).await;
    let operation = Request { database: found.id, cluster: found.cluster, wanted, connected };
    Box::pin(act(context, &opened, vec![operation.into()], arguments.dry_run, out)).await
}
