//! Initialises units, one after the other: they share a cache of providers.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::failed::{FailedUnit, judged};
use crate::commands::infra::opened::{self, Opened, limited};
use crate::commands::infra::written_down::Writer;
use crate::commands::say::say;
use crate::infra::Access;
use crate::model::infra::Trouble;
use crate::model::text::quoted;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    if arguments.new_workspace && context.global.read_only {
        return Err(Report::new("refused", "nothing was changed: --read-only refuses every change", ExitCode::Refused));
    }
    let opened = opened::open_without_workspaces(context, &arguments.target).await?;
    let writer = if arguments.new_workspace { Some(Writer::of(context, &opened).await?) } else { None };
    let mut failed = Vec::new();
    let units = opened.found.graph.units();
    for unit in units {
        let access = Access::new(&opened.found, unit);
        match limited(context, one(access, &opened, writer.as_ref())).await? {
            Ok(()) => say(&format!("{} is ready", unit.name)),
            Err(trouble) => {
                let unit = FailedUnit::new(&unit.name, trouble);
                say(&unit.sentence());
                failed.push(unit);
            }
        }
    }
    let code = judged("no unit can be initialised", &failed, units.len())?;
    Ok(if code == ExitCode::Done { code } else { ExitCode::Failed })
}

async fn one(access: Access<'_>, opened: &Opened, writer: Option<&Writer>) -> Result<(), Trouble> {
    let Some(writer) = writer else { return access.init().await.map(drop) };
    let (name, unit) = (&opened.environment.name, &access.unit.name);
    let tell = |workspace: &str, why: Option<&Trouble>| {
        let command = format!("cockpit infra init {name} --unit {} --new-workspace", quoted(unit));
        let after = serde_json::json!({ "unit": unit, "workspace": workspace });
        writer.tell(opened, &command, after, why.map(|trouble| trouble.message.as_str()));
    };
    if let Some(made) = access.init_with_workspace(&tell).await? {
        say(&format!("workspace {made} of {unit} is made"));
    }
    Ok(())
}
