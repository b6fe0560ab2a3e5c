//! Looks for resources that a run may have left without a record.

use super::args::Arguments;
use super::report::{OrphanDto, Orphans, SCHEMA};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_runs::{check_writable, environment_runs, state};
use crate::commands::infra::environment_units::{report as error_report, with_timeout};
use crate::commands::progress::print_note;
use crate::commands::report_output::print_result;
use crate::headless;
use crate::infra::imports;
use crate::infra::run::unwritten_states;
use crate::model::infra::orphan::{Orphan, OrphanStatus};
use crate::runtime::orphans;
use std::io;
use std::path::Path;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if arguments.write {
        check_writable(context)?;
    }
    let runs = environment_runs(context)?;
    let listed = runs.find(arguments.of.run.as_deref())?;
    let state = state(listed)?;
    let session = context.aws(&runs.environment);
    let account = runs.environment.account.as_deref();
    let findings = with_timeout(context, orphans::find_orphans(&session, account, &listed.folder, &state)).await?;
    let findings = findings.map_err(|error| unwritten(&listed.folder, &error))?;
    if arguments.write {
        for (orphan, found) in &findings.orphans {
            write(&state, orphan, found)?;
        }
    }
    let units = state.started.iter().flat_map(|started| &started.units);
    let kept_states = units.flat_map(unwritten_states::errored_states).map(|file| file.display().to_string()).collect();
    let unknown = findings.orphans.iter().any(|(_, found)| matches!(found, OrphanStatus::Unknown(_)));
    let report = Orphans {
        schema: SCHEMA.to_owned(),
        environment: runs.environment.name.clone(),
        run: listed.run.clone(),
        orphans: findings.orphans.iter().map(|(orphan, found)| OrphanDto::new(orphan, found)).collect(),
        imports: findings.imports.map(|file| file.display().to_string()),
        kept_states,
    };
    print_result(headless::print(out, &report, context.output, Context::width()).map(drop))?;
    Ok(if unknown { ExitCode::Incomplete } else { ExitCode::Done })
}

fn unwritten(path: &Path, error: &io::Error) -> Report {
    Report::new("output", format!("{} cannot be written", path.display()), ExitCode::Failed).caused_by(error)
}

/// Writes the import block of a resource that was found into its unit, unless it has one.
fn write(state: &crate::model::infra::RunState, orphan: &Orphan, found: &OrphanStatus) -> Result<(), Report> {
    let units = state.started.iter().flat_map(|started| &started.units);
    let (OrphanStatus::Exists(id), Some(unit)) = (found, units.into_iter().find(|unit| unit.name == orphan.unit))
    else {
        return Ok(());
    };
    if let Some(path) = imports::add_created(unit, &orphan.address, id).map_err(error_report)? {
        print_note(&format!("{} imports {} as {id}", path.display(), orphan.address));
    }
    Ok(())
}
