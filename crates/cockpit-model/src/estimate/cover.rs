//! The part of an environment that the plans of a run cover: which units are in the sum, wholly or in part, and which
//! are not.

use crate::infra::RunState;
use crate::infra::plan::Plan;
use crate::infra::run_event::{Goal, UnitEnd};

/// A unit, and what its plan lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cover {
    /// The unit's name.
    pub unit: String,
    /// Values of dependencies were made up.
    pub on_mocks: bool,
    /// Why there is no plan that says what it costs; none where there is one.
    pub missing: Option<String>,
    /// Why the plan does not have all that it should; none where it has.
    pub partial: Option<String>,
}

impl Cover {
    /// A unit whose resources are all in the sum.
    pub fn whole(unit: impl Into<String>) -> Self {
        Self { unit: unit.into(), ..Self::default() }
    }

    /// The notes beside the sum; none where all of it is in it.
    pub fn notes(&self) -> impl Iterator<Item = String> + '_ {
        let missing = self.missing.iter().map(|why| format!("{} is in no sum: {why}", self.unit));
        let partial = self
            .partial
            .iter()
            .map(|why| format!("more may belong in the sum than the plan of {} has: {why}", self.unit));
        missing.chain(partial)
    }
}

/// That the plans of these units were made with made-up values; nothing where there is none.
pub fn mocked(units: &[&str]) -> Option<String> {
    (!units.is_empty())
        .then(|| format!("made with made-up outputs of units that are not applied yet: {}", units.join(", ")))
}

/// Whether what a run of this goal plans is what is to stand: what a destroy or a look for drift plans is not.
pub fn plans_what_is_to_stand(goal: Goal) -> bool {
    matches!(goal, Goal::Plan | Goal::Apply)
}

/// Why a plan does not have all of its unit; none where it has. `targets`: it is of some resources alone.
pub fn partial(targets: bool, plan: &Plan) -> Option<String> {
    let reasons = [
        targets.then_some("its plan is of some resources alone (--target)"),
        plan.errored.then_some("its plan was made with errors"),
    ];
    let reasons: Vec<&str> = reasons.into_iter().flatten().collect();
    (!reasons.is_empty()).then(|| reasons.join(", and "))
}

/// Why a plan says nothing of what its unit costs; none where it does.
pub fn without_bill(plan: &Plan) -> Option<String> {
    let why = "its plan was kept by an earlier version, which did not keep what it costs: plan it again";
    plan.bill.is_none().then(|| why.to_owned())
}

/// The units of a run in their order. `plan_of`: the plan of a unit that has one, as far as it was read.
pub fn of_run<'a>(state: &RunState, plan_of: impl Fn(&str) -> Option<&'a Plan>) -> Vec<Cover> {
    let targets = state.started.as_ref().is_some_and(|started| !started.targets.is_empty());
    let units = state.in_order().into_iter().map(|name| {
        let unit = &state.units[name];
        let mut cover = Cover { on_mocks: unit.plan.as_ref().is_some_and(|plan| plan.on_mocks), ..Cover::whole(name) };
        match (unit.plan.is_some(), plan_of(name)) {
            (true, Some(plan)) => {
                cover.partial = partial(targets, plan);
                cover.missing = without_bill(plan);
            }
            (true, None) => cover.missing = Some("its plan was not read yet".to_owned()),
            (false, _) => cover.missing = Some(why(unit.end.as_ref())),
        }
        cover
    });
    units.collect()
}

/// Adds the units that an environment has and a run does not. Where nobody knows which it has, no plan of the run is known
/// to be all of it.
pub fn lacking(covers: &mut Vec<Cover>, units: Result<Vec<String>, String>) {
    match units {
        Ok(units) => {
            for unit in units {
                if covers.iter().all(|cover| cover.unit != unit) {
                    let why = "the run is one over other units: plan all of them".to_owned();
                    covers.push(Cover { missing: Some(why), ..Cover::whole(unit) });
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

/// Why a unit has no plan.
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
    fn a_unit_that_the_run_does_not_have_is_missing_and_so_may_one_be_that_nobody_knows() {
        let mut all = vec![Cover::whole("app"), Cover::whole("net")];
        lacking(&mut all, Ok(vec!["app".to_owned(), "net".to_owned()]));
        assert!(all.len() == 2 && all.iter().all(|cover| cover.notes().next().is_none()));
        let mut some = vec![Cover::whole("app")];
        lacking(&mut some, Ok(vec!["app".to_owned(), "net".to_owned()]));
        assert_eq!(some[0], Cover::whole("app"));
        let told: Vec<String> = some[1].notes().collect();
        assert_eq!(told, ["net is in no sum: the run is one over other units: plan all of them"]);
        let mut unknown = vec![Cover::whole("app")];
        lacking(&mut unknown, Err("terraform is not there".to_owned()));
        assert!(unknown[0].partial.as_deref().unwrap().contains("terraform is not there"));
    }

    #[test]
    fn what_is_planned_for_a_destroy_is_not_what_is_to_stand() {
        let stand = [Goal::Plan, Goal::Apply, Goal::Drift, Goal::Destroy].map(plans_what_is_to_stand);
        assert_eq!(stand, [true, true, false, false]);
    }
}
