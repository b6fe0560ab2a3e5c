//! Looks for what a run may have left.

use super::args::Arguments;
use super::report::{OrphanDto, Orphans, SCHEMA};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::opened::{limited, report as told};
use crate::commands::infra::runs_kept::{kept, may_change, state};
use crate::commands::printed::printed;
use crate::commands::say::say;
use crate::headless;
use crate::infra::imports;
use crate::infra::run::left;
use crate::model::infra::orphan::{Found, Orphan};
use crate::runtime::orphans;
use std::io;
use std::path::Path;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    if arguments.write {
        may_change(context)?;
    }
    let kept = kept(context)?;
    let listed = kept.one(arguments.of.run.as_deref())?;
    let state = state(listed)?;
    let session = context.aws(&kept.environment);
    let account = kept.environment.account.as_deref();
    let looked = limited(context, orphans::look(&session, account, &listed.folder, &state)).await?;
    let looked = looked.map_err(|error| unwritten(&listed.folder, &error))?;
    if arguments.write {
        for (orphan, found) in &looked.orphans {
            write(&state, orphan, found)?;
        }
    }
    let units = state.started.iter().flat_map(|started| &started.units);
    let kept_states = units.flat_map(left::errored).map(|file| file.display().to_string()).collect();
    let unknown = looked.orphans.iter().any(|(_, found)| matches!(found, Found::Unknown(_)));
    let report = Orphans {
        schema: SCHEMA.to_owned(),
        environment: kept.environment.name.clone(),
        run: listed.run.clone(),
        orphans: looked.orphans.iter().map(|(orphan, found)| OrphanDto::new(orphan, found)).collect(),
        imports: looked.imports.map(|file| file.display().to_string()),
        kept_states,
    };
    printed(headless::print(out, &report, context.output, Context::width()).map(drop))?;
    Ok(if unknown { ExitCode::Incomplete } else { ExitCode::Done })
}

fn unwritten(path: &Path, error: &io::Error) -> Report {
    Report::new("output", format!("{} cannot be written", path.display()), ExitCode::Failed).caused_by(error)
}

/// Writes the block of what was found into its unit, unless it has one.
fn write(state: &crate::model::infra::RunState, orphan: &Orphan, found: &Found) -> Result<(), Report> {
    let units = state.started.iter().flat_map(|started| &started.units);
    let (Found::There(id), Some(unit)) = (found, units.into_iter().find(|unit| unit.name == orphan.unit)) else {
        return Ok(());
    };
    if let Some(path) = imports::add_made(unit, &orphan.address, id).map_err(told)? {
        say(&format!("{} imports {} as {id}", path.display(), orphan.address));
    }
    Ok(())
}
