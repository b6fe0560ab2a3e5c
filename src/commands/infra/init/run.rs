//! Initialises units one after the other, because they share a provider cache.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::audited_change::AuditedWriter;
use crate::commands::infra::environment_units::{self, Opened, with_timeout};
use crate::commands::infra::failed_units::{FailedUnit, exit_code_for};
use crate::commands::progress::print_note;
use crate::infra::Access;
use crate::model::infra::InfraError;
use crate::model::text::shell_quote;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    if arguments.new_workspace && context.global.read_only {
        return Err(Report::new("refused", "nothing was changed: --read-only refuses every change", ExitCode::Refused));
    }
    let opened = environment_units::open_without_workspaces(context, &arguments.target).await?;
    let writer = if arguments.new_workspace { Some(AuditedWriter::of(context, &opened).await?) } else { None };
    let mut failed = Vec::new();
    let units = opened.found.graph.units();
    for unit in units {
        let access = Access::new(&opened.found, unit);
        match with_timeout(context, init_unit(access, &opened, writer.as_ref())).await? {
            Ok(()) => print_note(&format!("{} is ready", unit.name)),
            Err(trouble) => {
                let unit = FailedUnit::new(&unit.name, trouble);
                print_note(&unit.sentence());
                failed.push(unit);
            }
        }
    }
    let code = exit_code_for("no unit can be initialised", &failed, units.len())?;
    Ok(if code == ExitCode::Done { code } else { ExitCode::Failed })
}

async fn init_unit(access: Access<'_>, opened: &Opened, writer: Option<&AuditedWriter>) -> Result<(), InfraError> {
    let Some(writer) = writer else { return access.init().await.map(drop) };
    let (name, unit) = (&opened.environment.name, &access.unit.name);
    let tell = |workspace: &str, why: Option<&InfraError>| {
        let command = format!("cockpit infra init {name} --unit {} --new-workspace", shell_quote(unit));
        let after = serde_json::json!({ "unit": unit, "workspace": workspace });
        writer.record(opened, &command, after, why.map(|trouble| trouble.message.as_str()));
    };
    if let Some(made) = access.init_with_workspace(&tell).await? {
        print_note(&format!("workspace {made} of {unit} is made"));
    }
    Ok(())
}
