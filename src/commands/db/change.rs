//! Changes one database.

use super::args::Arguments;
use crate::app::operation::database::{Connected, Request, Wanted};
use crate::cli::{ExitCode, Report};
use crate::commands::act::act;
use crate::commands::connected::connected;
use crate::commands::context::Context;
use crate::commands::database::one;
use crate::commands::opened::open;
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
    let found = Box::pin(one(context, arguments.databases.first().map(String::as_str))).await?;
    let change = &arguments.change;
    let wanted = match (&change.snapshot, change.reboot, change.stop) {
        (Some(name), ..) => Wanted::Snapshot { name: name.clone() },
        (None, true, _) => {
            let instance = match (&arguments.member, found.cluster) {
                (Some(member), _) => found.member(member)?,
                (None, false) => found.id.clone(),
                (None, true) => {
                    return Err(Report::usage("a cluster is not restarted, only one of its instances")
                        .hint(format!("name it with --member: {}", found.members.join(", "))));
                }
            };
            Wanted::Reboot { instance }
        }
        (None, false, true) => Wanted::Power(Power::Stop),
        (None, false, false) => Wanted::Power(Power::Start),
    };
    let (database, cluster) = (found.id.clone(), found.cluster);
    let mut what = Request { database, cluster, wanted, connected: Connected::Unasked };
    if what.cuts() {
        what.connected = connected(context, &found).await;
    }
    Box::pin(act(context, &opened, vec![what.into()], arguments.dry_run, out)).await
}
