//! A run that waits for approval of its plans where no prompt is possible.

use crate::commands::progress::print_note;
use crate::model::infra::RunState;
use crate::model::infra::run::Phase;

/// Whether a unit is still working without needing approval.
pub(super) fn is_working(state: &RunState) -> bool {
    let working = |phase| matches!(phase, Phase::Planning | Phase::Approved | Phase::Applying);
    state.units.values().any(|unit| working(unit.phase))
}

/// Prints which units' plans wait for approval, and how to approve them.
pub(super) fn print_waiting(waiting: &[(String, String)], run: &str, environment: &str) {
    let units: Vec<&str> = waiting.iter().map(|(unit, _)| unit.as_str()).collect();
    let wait = if units.len() == 1 { "waits" } else { "wait" };
    print_note(&format!(
        "{} {wait} for a yes, and without a terminal nobody can be asked: `cockpit infra approve {run} --env {environment}` \
         shows the plans and applies them, --yes answers here, with --confirm {environment} where it is guarded or \
         something is destroyed",
        units.join(", ")
    ));
}
