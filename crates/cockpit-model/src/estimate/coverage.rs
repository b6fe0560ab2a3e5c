//! The coverage of an estimate: which units of an environment are included in the sum, wholly or partly, and which are
//! not.

use crate::infra::RunState;
use crate::infra::plan::Plan;
use crate::infra::run_event::{Goal, UnitEnd};

/// A unit and its coverage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cover {
    /// The unit's name.
    pub unit: String,
    /// Whether its plan was made with mock outputs.
    pub on_mocks: bool,
    /// The reason why there is no plan with costs; `None` if there is one.
    pub missing: Option<String>,
    /// The reason why its plan is incomplete; `None` if it is complete.
    pub partial: Option<String>,
}

impl Cover {
    /// Creates the coverage of a unit whose resources are all included.
    pub fn complete(unit: impl Into<String>) -> Self {
        Self { unit: unit.into(), ..Self::default() }
    }

    /// Returns the notes on missing parts.
    pub fn notes(&self) -> impl Iterator<Item = String> + '_ {
        let missing = self.missing.iter().map(|why| format!("{} is in no sum: {why}", self.unit));
        let partial = self
            .partial
            .iter()
            .map(|why| format!("more may belong in the sum than the plan of {} has: {why}", self.unit));
        missing.chain(partial)
    }
}

/// Returns a note on units whose plans were made with mock outputs; `None` if there are none.
pub fn mock_output_note(units: &[&str]) -> Option<String> {
    (!units.is_empty())
        .then(|| format!("made with made-up outputs of units that are not applied yet: {}", units.join(", ")))
}

/// Whether plans of this goal describe the intended resources; those of a destroy or a drift check do not.
pub fn describes_intended_resources(goal: Goal) -> bool {
    matches!(goal, Goal::Plan | Goal::Apply)
}

/// Returns why a plan is incomplete; `None` if it is complete. `targets`: it is limited to some resources.
pub fn partial(targets: bool, plan: &Plan) -> Option<String> {
    let reasons = [
        targets.then_some("its plan is of some resources alone (--target)"),
        plan.errored.then_some("its plan was made with errors"),
    ];
    let reasons: Vec<&str> = reasons.into_iter().flatten().collect();
    (!reasons.is_empty()).then(|| reasons.join(", and "))
}

/// Returns why a plan has no costs; `None` if it has.
pub fn missing_costs_reason(plan: &Plan) -> Option<String> {
    let why = "its plan was kept by an earlier version, which did not keep what it costs: plan it again";
    plan.bill.is_none().then(|| why.to_owned())
}

/// Returns the coverage of the units of a run, in their order. `plan_of` returns the plan of a unit, if it was read.
pub fn of_run<'a>(state: &RunState, plan_of: impl Fn(&str) -> Option<&'a Plan>) -> Vec<Cover> {
    let targets = state.started.as_ref().is_some_and(|started| !started.targets.is_empty());
    let units = state.in_order().into_iter().map(|name| {
        let unit = &state.units[name];
        let mut cover =
            Cover { on_mocks: unit.plan.as_ref().is_some_and(|plan| plan.on_mocks), ..Cover::complete(name) };
        match (unit.plan.is_some(), plan_of(name)) {
            (true, Some(plan)) => {
                cover.partial = partial(targets, plan);
                cover.missing = missing_costs_reason(plan);
            }
            (true, None) => cover.missing = Some("its plan was not read yet".to_owned()),
            (false, _) => cover.missing = Some(why(unit.end.as_ref())),
        }
        cover
    });
    units.collect()
}

/// Adds the units of an environment that are not in a run. If the units are unknown, no plan of the run is known to be
/// complete.
pub fn add_missing_units(covers: &mut Vec<Cover>, units: Result<Vec<String>, String>) {
    match units {
        Ok(units) => {
            for unit in units {
                if covers.iter().all(|cover| cover.unit != unit) {
                    let why = "the run is one over other units: plan all of them".to_owned();
                    covers.push(Cover { missing: Some(why), ..Cover::complete(unit) });
                }
            }
        }
        Err(why) => {
            for cover in covers.iter_mut().filter(|cover| cover.missing.is_none() && cover.partial.is_none()) {
                cover.partial = Some(format!("whether the environment has other units is not known: {why}"));
            }
        }
    }
}

/// Returns why a unit has no plan.
fn why(end: Option<&UnitEnd>) -> String {
    match end {
        Some(UnitEnd::Failed { why }) => format!("it could not be planned: {why}"),
        Some(UnitEnd::Blocked { by }) => format!("it was not planned, as {by} was not"),
        Some(UnitEnd::Cancelled { .. }) => "its plan was cancelled".to_owned(),
        Some(UnitEnd::Done | UnitEnd::Unchanged) | None => "it was not planned".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_outside_the_run_is_missing() {
        let mut all = vec![Cover::complete("app"), Cover::complete("net")];
        add_missing_units(&mut all, Ok(vec!["app".to_owned(), "net".to_owned()]));
        assert!(all.len() == 2 && all.iter().all(|cover| cover.notes().next().is_none()));
        let mut some = vec![Cover::complete("app")];
        add_missing_units(&mut some, Ok(vec!["app".to_owned(), "net".to_owned()]));
        assert_eq!(some[0], Cover::complete("app"));
        let notes: Vec<String> = some[1].notes().collect();
        assert_eq!(notes, ["net is in no sum: the run is one over other units: plan all of them"]);
        let mut unknown = vec![Cover::complete("app")];
        add_missing_units(&mut unknown, Err("terraform is not there".to_owned()));
        assert!(unknown[0].partial.as_deref().unwrap().contains("terraform is not there"));
    }

    #[test]
    fn destroy_plan_does_not_describe_intended_resources() {
        let stand = [Goal::Plan, Goal::Apply, Goal::Drift, Goal::Destroy].map(describes_intended_resources);
        assert_eq!(stand, [true, true, false, false]);
    }
}
