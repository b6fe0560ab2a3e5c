//! Checks which AWS a state belongs to before it is changed without a run, as runs do.

use super::environment_runs::{other_aws_error, start_error};
use super::environment_units::Opened;
use crate::cli::Report;
use crate::infra::run::start::NotStarted;
use crate::infra::run::{move_journal, state_endpoints};
use crate::model::infra::Unit;
use std::path::Path;

/// Refuses the change if a unit's state belongs to another AWS than the one in use.
pub(super) fn check(runs: &Path, opened: &Opened, units: &[&Unit]) -> Result<(), Report> {
    let environment = &opened.environment;
    let declared = environment.endpoint_url.is_some() && !environment.endpoint_typed;
    let current_world = state_endpoints::from_environment(&opened.found.child_environment);
    if let Some(unit) = move_journal::interrupted_unit(units.iter().copied()) {
        return Err(start_error(
            &environment.name,
            &NotStarted::InterruptedMove(unit.to_owned(), environment.name.clone()),
        ));
    }
    for unit in units {
        if let Some(why) = state_endpoints::other_world_without_run(runs, &current_world, declared, unit) {
            return Err(other_aws_error(&format!("nothing of {} is changed: its state", unit.name), why));
        }
    }
    Ok(())
}
