//! The scheduling decisions of a run: what begins, and what has ended. They depend on the run's state alone, so a
//! supervisor that takes over a run decides as the first one would.

use super::message::Summary;
use super::run::ResourcePhase;
use super::run::{LiftPhase, Phase, RunState, StepState, UnitState};
use super::run_event::{Goal, RunEnd, Started, Step, UnitEnd};
use super::unit::{Tool, Unit};
use std::collections::BTreeMap;

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Begin a step of a unit.
    Begin {
        unit: String,
        step: Step,
        /// Whether the unit's dependencies are not complete yet.
        early: bool,
    },
    /// End a unit.
    End {
        unit: String,
        /// The result.
        end: UnitEnd,
    },
    /// Record that a unit's guards were lifted, so that its destruction can be planned.
    Lifted { unit: String },
    /// End the run.
    EndRun(RunEnd),
}

/// Returns the decisions for a state. Ends of units are returned alone: decisions that follow from them are made once
/// they are part of the state.
pub fn decide(state: &RunState) -> Vec<Decision> {
    let Some(started) = state.started.as_ref().filter(|_| state.end.is_none()) else { return Vec::new() };
    let needs = needs(started);
    let over = |(name, unit): (&String, &UnitState)| {
        if let Some(end) = end(state, started, &needs, name, unit) {
            return Some(Decision::End { unit: name.clone(), end });
        }
        guards_lifted(unit).then(|| Decision::Lifted { unit: name.clone() })
    };
    let ends: Vec<Decision> = state.units.iter().filter_map(over).collect();
    if !ends.is_empty() {
        return ends;
    }
    if state.units.values().all(|unit| unit.phase == Phase::Ended) {
        return vec![Decision::EndRun(run_end(state))];
    }
    if state.cancel.is_some() {
        return Vec::new();
    }
    begin(state, started, &needs)
}

/// Returns why an approval of a plan is rejected; `None` if it is accepted.
pub fn rejection_reason(state: &RunState, name: &str, sha256: &str) -> Option<String> {
    let Some(unit) = state.units.get(name) else { return Some(format!("there is no unit {name} in this run")) };
    let plan = unit.plan.as_ref();
    match (unit.phase, plan) {
        _ if !state.started.as_ref().is_some_and(|started| started.goal.applies()) => {
            Some("this run applies nothing".into())
        }
        _ if state.cancel.is_some() => Some("the run was cancelled".into()),
        (Phase::Review, Some(plan)) if plan.on_mocks => Some("it was made on mocked outputs".into()),
        (Phase::Review, Some(plan)) if plan.empty => Some("there is nothing to do".into()),
        (Phase::Review, Some(plan)) if plan.sha256 == sha256 => None,
        (Phase::Review, Some(_)) => Some(format!("{name} has another plan by now: read that one")),
        (Phase::Approved | Phase::Applying, Some(plan)) if plan.sha256 == sha256 => {
            Some("it was approved before".into())
        }
        _ => Some(format!("{name} has no plan that waits for it")),
    }
}

/// Returns the units that a retry runs again: those that failed, were blocked or were cancelled.
///
/// # Errors
/// The reason why there is nothing to retry: nothing has failed, or the run is still being cancelled. A step that is
/// being interrupted may yet fail, and the retry would miss it.
pub fn units_to_retry(state: &RunState) -> Result<Vec<String>, &'static str> {
    let can_retry = |unit: &UnitState| {
        matches!(unit.end, Some(UnitEnd::Failed { .. } | UnitEnd::Blocked { .. } | UnitEnd::Cancelled { .. }))
    };
    if state.cancel.is_some() && state.end.is_none() {
        return Err(
            "it is being cancelled, and Terraform ends what it is at: it can be tried again when the run has ended",
        );
    }
    let units: Vec<String> =
        state.units.iter().filter(|(_, unit)| can_retry(unit)).map(|(name, _)| name.clone()).collect();
    if units.is_empty() { Err("nothing has failed or was blocked: there is nothing to try again") } else { Ok(units) }
}

/// Returns the addresses that were being changed when the unit's process ended.
pub fn in_flight(unit: &UnitState) -> Vec<String> {
    let under_way = |phase| matches!(phase, ResourcePhase::Applying | ResourcePhase::InFlight);
    unit.resources
        .iter()
        .filter(|(_, resource)| under_way(resource.phase))
        .map(|(address, _)| address.clone())
        .collect()
}

/// Returns the units that each unit waits for. A destroy reverses the dependencies; a run that changes nothing has
/// none.
fn needs(started: &Started) -> BTreeMap<&str, Vec<&str>> {
    let units = || started.units.iter();
    let of = |unit: &Unit| -> Vec<String> {
        match started.goal {
            Goal::Plan | Goal::Drift => Vec::new(),
            Goal::Apply => unit.depends_on.clone(),
            Goal::Destroy => {
                units().filter(|other| other.depends_on.contains(&unit.name)).map(|other| other.name.clone()).collect()
            }
        }
    };
    let named = |name: &String| units().find(|unit| unit.name == *name).map(|unit| unit.name.as_str());
    units().map(|unit| (unit.name.as_str(), of(unit).iter().filter_map(named).collect())).collect()
}

/// Whether the dependencies of a unit are complete.
fn ready(state: &RunState, needs: &BTreeMap<&str, Vec<&str>>, name: &str) -> bool {
    let done = |need: &&str| state.units.get(*need).is_some_and(succeeded);
    needs.get(name).is_none_or(|needs| needs.iter().all(done))
}

/// Returns a dependency that is not complete and will not be without a retry.
fn blocker<'a>(state: &RunState, needs: &BTreeMap<&str, Vec<&'a str>>, name: &str) -> Option<&'a str> {
    let over = |need: &&&str| {
        let unit = state.units.get(**need);
        unit.is_some_and(|unit| {
            matches!(unit.end, Some(UnitEnd::Failed { .. } | UnitEnd::Blocked { .. } | UnitEnd::Cancelled { .. }))
        })
    };
    needs.get(name)?.iter().find(over).copied()
}

/// Whether a step is in progress.
fn is_working(unit: &UnitState) -> bool {
    unit.step.as_ref().is_some_and(|step| step.end.is_none())
}

/// Whether its plan was begun early and waits for dependencies that are being applied.
pub fn is_waiting_early(unit: &UnitState) -> bool {
    unit.step.as_ref().is_some_and(|step| step.step == Step::Plan && step.early && step.end.is_none())
}

/// Returns units whose early plan waits for dependencies that will not complete, because they failed or the run is
/// cancelled.
pub fn waiting_in_vain(state: &RunState) -> Vec<&str> {
    let Some(started) = state.started.as_ref() else { return Vec::new() };
    if !state.units.values().any(is_waiting_early) {
        return Vec::new();
    }
    let needs = needs(started);
    let has_no_chance = |name: &str| state.cancel.is_some() || blocker(state, &needs, name).is_some();
    let waiting = state.units.iter().filter(|(_, unit)| is_waiting_early(unit)).map(|(name, _)| name.as_str());
    waiting.filter(|name| has_no_chance(name)).collect()
}

/// Returns units whose plan may proceed: it was begun early, and its dependencies are complete now. A regular plan of a
/// unit in `ahead` is included, because the state does not distinguish the two. They are only signalled until the
/// process of Terraform is known.
pub fn ready_early_units(state: &RunState) -> Vec<&str> {
    let is_planning = |unit: &UnitState| {
        unit.step.as_ref().is_some_and(|step| step.step == Step::Plan && !step.early && step.end.is_none())
    };
    let planned = state.units.iter().filter(|(name, unit)| is_planning(unit) && state.early_units.contains(*name));
    planned.map(|(name, _)| name.as_str()).collect()
}

/// Whether its last step initialized it.
pub fn is_initialised(unit: &UnitState) -> bool {
    done(unit) == Some(Step::Init)
}

/// Returns the last successful step; `None` before the first, and if an early one failed.
fn done(unit: &UnitState) -> Option<Step> {
    let step = unit.step.as_ref()?;
    matches!(step.end, Some(None)).then_some(step.step)
}

/// Whether a unit's guards were just lifted, or need not be.
fn guards_lifted(unit: &UnitState) -> bool {
    let nothing_to_do = unit.phase == Phase::Review && unit.plan.as_ref().is_some_and(|plan| plan.empty);
    let open = unit.phase != Phase::Ended && unit.lift == LiftPhase::Planned && !is_working(unit);
    open && (done(unit) == Some(Step::Apply) || nothing_to_do)
}

/// Returns how a unit has ended, if it has.
fn end(
    state: &RunState,
    started: &Started,
    needs: &BTreeMap<&str, Vec<&str>>,
    name: &str,
    unit: &UnitState,
) -> Option<UnitEnd> {
    if unit.phase == Phase::Ended || is_working(unit) {
        return None;
    }
    let step = unit.step.as_ref();
    let lifts = unit.lift == LiftPhase::Planned;
    if done(unit) == Some(Step::Apply) && !lifts {
        // Also if it was cancelled: the apply was complete before the interrupt.
        return Some(UnitEnd::Done);
    }
    if state.cancel.is_some() {
        // Terraform prints its version before it changes anything.
        let applied = step.is_some_and(|step| step.step == Step::Apply && step.lines > 0);
        return Some(UnitEnd::Cancelled { in_flight: in_flight(unit), applied });
    }
    if let Some(why) = step.and_then(|step| step.end.as_ref()?.clone()).filter(|_| !step.is_some_and(|step| step.early))
    {
        return Some(UnitEnd::Failed { why });
    }
    if let Some(by) = blocker(state, needs, name) {
        return Some(UnitEnd::Blocked { by: by.to_owned() });
    }
    let plan = unit.plan.as_ref().filter(|_| unit.phase == Phase::Review)?;
    if plan.empty {
        (!lifts).then_some(UnitEnd::Unchanged)
    } else if !started.goal.applies() {
        Some(UnitEnd::Done)
    } else if plan.on_mocks {
        Some(UnitEnd::Failed { why: "its plan was made on mocked outputs, and is never applied".into() })
    } else {
        None
    }
}

/// Returns the steps to begin: applies before plans before inits, and within each the unit that most others wait for,
/// limited by the parallelism.
fn begin(state: &RunState, started: &Started, needs: &BTreeMap<&str, Vec<&str>>) -> Vec<Decision> {
    let height = heights(needs);
    let mut wanted: Vec<(bool, u8, usize, &str, Step)> = Vec::new();
    for (name, unit) in state.units.iter().filter(|(_, unit)| unit.phase != Phase::Ended) {
        let ready = ready(state, needs, name);
        if is_working(unit) && !(is_waiting_early(unit) && ready) {
            continue;
        }
        let tried = unit.step.as_ref().filter(|step| step.early && matches!(step.end, Some(Some(_))));
        let fresh = state.uninitialized.contains(name) && !started.serial_init;
        let step = match (done(unit), unit.phase) {
            (None, _) if is_working(unit) => Step::Plan,
            (Some(Step::Init), _) if ready => Step::Plan,
            (None, _) if ready && fresh => Step::Plan,
            (None | Some(Step::Init), _)
                if !ready
                    && (fresh || done(unit).is_some())
                    && state.early_units.contains(name)
                    && tried.is_none_or(|step| step.step != Step::Plan)
                    && almost_ready(state, needs, name) =>
            {
                Step::Plan
            }
            (Some(Step::Plan), _) => Step::Show,
            (Some(Step::Show), Phase::Approved) => Step::Apply,
            // Modules and providers do not depend on the other units, so initialization need not wait for them.
            (None, _) if ready || (tried.is_none() && may_be_early(state, started, needs, name)) => Step::Init,
            _ => continue,
        };
        let urgency = match step {
            Step::Apply => 0,
            Step::Show => 1,
            Step::Plan => 2,
            Step::Init => 3,
        };
        let rest = usize::MAX - height.get(name.as_str()).copied().unwrap_or(0);
        wanted.push((!ready, urgency, rest, name, step));
    }
    wanted.sort_unstable();
    let mut waiting = state.units.values().filter(|unit| is_waiting_early(unit)).count();
    let busy: Vec<Step> = state
        .units
        .values()
        .filter(|unit| is_working(unit) && !is_waiting_early(unit))
        .filter_map(|unit| Some(unit.step.as_ref()?.step))
        .collect();
    let mut room = (started.parallelism.max(1) as usize).saturating_sub(busy.len());
    let mut inits = busy.iter().filter(|step| **step == Step::Init).count();
    let mut decisions = Vec::new();
    for (early, _, _, name, step) in wanted {
        if early && step == Step::Plan {
            // An early plan only waits, so it does not count for the parallelism; but it takes memory.
            if waiting < started.parallelism.max(1) as usize {
                waiting += 1;
                decisions.push(Decision::Begin { unit: name.to_owned(), step, early });
            }
            continue;
        }
        if room == 0 {
            continue;
        }
        if step == Step::Init {
            if started.serial_init && inits > 0 {
                continue;
            }
            inits += 1;
        }
        room -= 1;
        decisions.push(Decision::Begin { unit: name.to_owned(), step, early });
    }
    decisions
}

/// Number of messages that Terraform prints in an apply before it begins to work: its version.
const BEFORE_WORK: u64 = 1;

/// Whether all dependencies of a unit are complete or being applied. A starting apply needs the machine's full speed,
/// so no early plan begins until it has started to work.
fn almost_ready(state: &RunState, needs: &BTreeMap<&str, Vec<&str>>, name: &str) -> bool {
    let complete_or_applying = |need: &&str| {
        state.units.get(*need).is_some_and(|unit| {
            let works = |step: &StepState| step.step == Step::Apply && step.end.is_none() && step.lines > BEFORE_WORK;
            let applied = unit.step.as_ref().is_some_and(works);
            succeeded(unit) || (unit.end.is_none() && applied)
        })
    };
    needs.get(name).is_none_or(|needs| needs.iter().all(complete_or_applying))
}

/// Whether a unit may be initialized early. Terragrunt reads outputs in the folders of all dependencies and would
/// initialize those while they are planned; if they have no outputs yet, it fails.
fn may_be_early(state: &RunState, started: &Started, needs: &BTreeMap<&str, Vec<&str>>, name: &str) -> bool {
    let of_terragrunt = started.units.iter().any(|unit| unit.name == name && unit.tool == Tool::Terragrunt);
    if !of_terragrunt {
        return true;
    }
    // A unit that was never initialized is initialized by its plan, which needs the outputs of its dependencies.
    let fresh = state.uninitialized.contains(name);
    let planned = |need: &str| {
        let unit = state.units.get(need);
        unit.is_some_and(|unit| succeeded(unit) || (unit.phase >= Phase::Review && !(fresh && only_adds(unit))))
    };
    let (mut seen, mut open) = (Vec::new(), vec![name]);
    while let Some(one) = open.pop() {
        for need in needs.get(one).into_iter().flatten() {
            if !seen.contains(need) {
                seen.push(need);
                open.push(need);
            }
        }
    }
    !state.early_failed && seen.into_iter().all(planned)
}

/// Returns the length of the longest chain of units that wait for each unit.
fn heights<'a>(needs: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeMap<&'a str, usize> {
    let mut heights: BTreeMap<&str, usize> = needs.keys().map(|name| (*name, 0)).collect();
    // There are no cycles, so no path is longer than the number of units.
    for _ in 0..needs.len() {
        let mut changed = false;
        for (name, below) in needs {
            let height = heights[name] + 1;
            for need in below {
                if let Some(known) = heights.get_mut(need).filter(|known| **known < height) {
                    *known = height;
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    heights
}

/// Whether a unit has ended successfully.
fn succeeded(unit: &UnitState) -> bool {
    matches!(unit.end, Some(UnitEnd::Done | UnitEnd::Unchanged))
}

/// Whether a unit's plan only adds resources: then it most likely has no outputs before it is applied.
fn only_adds(unit: &UnitState) -> bool {
    let only = |counts: Summary| counts.add > 0 && counts.change == 0 && counts.remove == 0;
    unit.plan.as_ref().is_some_and(|plan| only(plan.summary))
}

/// Returns how the run ended, once all its units have.
fn run_end(state: &RunState) -> RunEnd {
    if state.units.values().all(succeeded) {
        RunEnd::Done
    } else if state.cancel.is_some() {
        RunEnd::Cancelled
    } else {
        RunEnd::Failed
    }
}
