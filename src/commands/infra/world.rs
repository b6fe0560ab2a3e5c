//! Before a state is changed without a run: checks which AWS it belongs to, as a run does.

use super::opened::Opened;
use super::runs_kept::{not_started, of_another_aws};
use crate::cli::Report;
use crate::infra::run::start::NotStarted;
use crate::infra::run::{moving, world};
use crate::model::infra::Unit;
use std::path::Path;

/// Refuses where a unit's state is of another AWS than the one that would be asked.
pub(super) fn check(runs: &Path, opened: &Opened, units: &[&Unit]) -> Result<(), Report> {
    let environment = &opened.environment;
    let declared = environment.endpoint_url.is_some() && !environment.endpoint_typed;
    let asked = world::of(&opened.found.surroundings);
    if let Some(unit) = moving::between(units.iter().copied()) {
        return Err(not_started(&environment.name, &NotStarted::Moving(unit.to_owned(), environment.name.clone())));
    }
    for unit in units {
        if let Some(why) = world::other_without_run(runs, &asked, declared, unit) {
            return Err(of_another_aws(&format!("nothing of {} is changed: its state", unit.name), why));
        }
    }
    Ok(())
}
