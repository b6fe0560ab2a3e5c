//! Changes one database.

use super::args::Arguments;
use crate::app::operation::database::{ConnectedSessions, Request, StepChange};
use crate::cli::{ExitCode, Report};
use crate::commands::change::act;
use crate::commands::change_target::open;
use crate::commands::context::Context;
use crate::commands::database::find_database;
use crate::commands::open_sessions::list_connections;
use crate::model::timer::Power;
use std::io;

pub(super) async fn change(
    context: &Context,
    arguments: &Arguments,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Report> {
    let opened = open(context)?;
    if arguments.databases.len() > 1 {
        return Err(Report::usage("one database is changed at a time").hint("name one database"));
    }
    let found = Box::pin(find_database(context, arguments.databases.first().map(String::as_str))).await?;
    let change = &arguments.change;
    let wanted = match (&change.snapshot, change.reboot, change.stop) {
        (Some(name), ..) => StepChange::Snapshot { name: name.clone() },
        (None, true, _) => {
            let instance = match (&arguments.member, found.cluster) {
                (Some(member), _) => found.member(member)?,
                (None, false) => found.id.clone(),
                (None, true) => {
                    return Err(Report::usage("a cluster is not restarted, only one of its instances")
                        .hint(format!("name it with --member: {}", found.members.join(", "))));
                }
            };
            StepChange::Reboot { instance }
        }
        (None, false, true) => StepChange::Power(Power::Stop),
        (None, false, false) => StepChange::Power(Power::Start),
    };
    let (database, cluster) = (found.id.clone(), found.cluster);
    let mut operation = Request { database, cluster, wanted, connected: ConnectedSessions::NotRequested };
    if operation.disconnects_sessions() {
        operation.connected = list_connections(context, &found).await;
    }
    Box::pin(act(context, &opened, vec![operation.into()], arguments.dry_run, out)).await
}
