//! A run that waits for approval of its plans where nobody can be asked.

use crate::commands::say::say;
use crate::model::infra::RunState;
use crate::model::infra::run::Phase;

/// Whether something goes on that needs no yes any more.
pub(super) fn works(state: &RunState) -> bool {
    let works = |phase| matches!(phase, Phase::Planning | Phase::Approved | Phase::Applying);
    state.units.values().any(|unit| works(unit.phase))
}

/// Says which plans wait, each by its unit, and what gives the yes.
pub(super) fn tell(waiting: &[(String, String)], run: &str, environment: &str) {
    let units: Vec<&str> = waiting.iter().map(|(unit, _)| unit.as_str()).collect();
    let wait = if units.len() == 1 { "waits" } else { "wait" };
    say(&format!(
        "{} {wait} for a yes, and without a terminal nobody can be asked: `cockpit infra approve {run} --env {environment}` \
         shows the plans and applies them, --yes answers here, with --confirm {environment} where it is guarded or \
         something is destroyed",
        units.join(", ")
    ));
}
