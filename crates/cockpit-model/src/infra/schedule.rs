//! The decisions on a run: what begins, and what is over. They follow from the run's state, and from nothing else. So
//! it is the same for a supervisor that began the run and for one that took it up.

use super::message::Summary;
use super::run::ResourcePhase;
use super::run::{LiftPhase, Phase, RunState, StepState, UnitState};
use super::run_event::{Goal, RunEnd, Started, Step, UnitEnd};
use super::unit::{Tool, Unit};
use std::collections::BTreeMap;

/// A decision on the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A step of a unit begins.
    Begin {
        unit: String,
        step: Step,
        /// Whether units that it needs are not done yet.
        early: bool,
    },
    /// A unit is over.
    End {
        unit: String,
        /// How.
        end: UnitEnd,
    },
    /// The guards of a unit's resources are lifted, so that it can be planned to be destroyed.
    Lifted { unit: String },
    /// The run is over.
    EndRun(RunEnd),
}

/// The decisions that follow from the state. Ends of units come alone: what follows from them is decided when they are
/// part of the state.
pub fn decide(state: &RunState) -> Vec<Decision> {
    let Some(started) = state.started.as_ref().filter(|_| state.end.is_none()) else { return Vec::new() };
    let needs = needs(started);
    let over = |(name, unit): (&String, &UnitState)| {
        if let Some(end) = end(state, started, &needs, name, unit) {
            return Some(Decision::End { unit: name.clone(), end });
        }
        lifted(unit).then(|| Decision::Lifted { unit: name.clone() })
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

/// Why an approval of a plan is not taken; none where it is.
pub fn refused(state: &RunState, name: &str, sha256: &str) -> Option<String> {
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

/// Units that a retry tries again: those that failed, and those that were blocked or cancelled.
///
/// # Errors
/// Why nothing is tried again: nothing has failed, or the run is being cancelled. What Terraform was told to end may fail for
/// that, and would be no part of the retry.
pub fn to_retry(state: &RunState) -> Result<Vec<String>, &'static str> {
    let again = |unit: &UnitState| {
        matches!(unit.end, Some(UnitEnd::Failed { .. } | UnitEnd::Blocked { .. } | UnitEnd::Cancelled { .. }))
    };
    if state.cancel.is_some() && state.end.is_none() {
        return Err(
            "it is being cancelled, and Terraform ends what it is at: it can be tried again when the run has ended",
        );
    }
    let units: Vec<String> = state.units.iter().filter(|(_, unit)| again(unit)).map(|(name, _)| name.clone()).collect();
    if units.is_empty() { Err("nothing has failed or was blocked: there is nothing to try again") } else { Ok(units) }
}

/// Addresses that were being changed when the unit's process ended.
pub fn in_flight(unit: &UnitState) -> Vec<String> {
    let under_way = |phase| matches!(phase, ResourcePhase::Applying | ResourcePhase::InFlight);
    unit.resources
        .iter()
        .filter(|(_, resource)| under_way(resource.phase))
        .map(|(address, _)| address.clone())
        .collect()
}

/// The units that each unit waits for: a destroy goes the other way, and a run that changes nothing waits for nobody.
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

/// Whether what a unit needs is done.
fn ready(state: &RunState, needs: &BTreeMap<&str, Vec<&str>>, name: &str) -> bool {
    let done = |need: &&str| state.units.get(*need).is_some_and(well);
    needs.get(name).is_none_or(|needs| needs.iter().all(done))
}

/// The unit that another one needs and that was not done, and will not be unless it is tried again.
fn blocker<'a>(state: &RunState, needs: &BTreeMap<&str, Vec<&'a str>>, name: &str) -> Option<&'a str> {
    let over = |need: &&&str| {
        let unit = state.units.get(**need);
        unit.is_some_and(|unit| {
            matches!(unit.end, Some(UnitEnd::Failed { .. } | UnitEnd::Blocked { .. } | UnitEnd::Cancelled { .. }))
        })
    };
    needs.get(name)?.iter().find(over).copied()
}

/// Whether a step is under way.
fn works(unit: &UnitState) -> bool {
    unit.step.as_ref().is_some_and(|step| step.end.is_none())
}

/// Whether its plan was begun while what it needs was applied, and waits for that.
pub fn waits(unit: &UnitState) -> bool {
    unit.step.as_ref().is_some_and(|step| step.step == Step::Plan && step.early && step.end.is_none())
}

/// Units whose plan was begun ahead, and waits for what will not be: what they need has failed, or the run is cancelled.
pub fn wait_in_vain(state: &RunState) -> Vec<&str> {
    let Some(started) = state.started.as_ref() else { return Vec::new() };
    if !state.units.values().any(waits) {
        return Vec::new();
    }
    let needs = needs(started);
    let in_vain = |name: &str| state.cancel.is_some() || blocker(state, &needs, name).is_some();
    let waiting = state.units.iter().filter(|(_, unit)| waits(unit)).map(|(name, _)| name.as_str());
    waiting.filter(|name| in_vain(name)).collect()
}

/// Units whose plan goes on after it was begun ahead, as far as the state tells: one that was not, of a unit that may
/// be, is among them too. They are told so for as long as Terraform's process is not known.
pub fn have_waited(state: &RunState) -> Vec<&str> {
    let plans = |unit: &UnitState| {
        unit.step.as_ref().is_some_and(|step| step.step == Step::Plan && !step.early && step.end.is_none())
    };
    let planned = state.units.iter().filter(|(name, unit)| plans(unit) && state.ahead.contains(*name));
    planned.map(|(name, _)| name.as_str()).collect()
}

/// Whether its last step made it ready to be planned.
pub fn is_initialised(unit: &UnitState) -> bool {
    done(unit) == Some(Step::Init)
}

/// The step that was done last; none before the first, and where an early one failed.
fn done(unit: &UnitState) -> Option<Step> {
    let step = unit.step.as_ref()?;
    matches!(step.end, Some(None)).then_some(step.step)
}

/// Whether what guards a unit was lifted just now, or need not be.
fn lifted(unit: &UnitState) -> bool {
    let nothing_to_do = unit.phase == Phase::Review && unit.plan.as_ref().is_some_and(|plan| plan.empty);
    let open = unit.phase != Phase::Ended && unit.lift == LiftPhase::Wanted && !works(unit);
    open && (done(unit) == Some(Step::Apply) || nothing_to_do)
}

/// How a unit is over, if it is.
fn end(
    state: &RunState,
    started: &Started,
    needs: &BTreeMap<&str, Vec<&str>>,
    name: &str,
    unit: &UnitState,
) -> Option<UnitEnd> {
    if unit.phase == Phase::Ended || works(unit) {
        return None;
    }
    let step = unit.step.as_ref();
    let lifts = unit.lift == LiftPhase::Wanted;
    if done(unit) == Some(Step::Apply) && !lifts {
        // Also where it was cancelled: it was whole before it heard of that.
        return Some(UnitEnd::Done);
    }
    if state.cancel.is_some() {
        // Terraform says its version before it changes anything.
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

/// The steps that begin: applies before plans before inits, of each first the unit that most others wait for, as many
/// as there is room for.
fn begin(state: &RunState, started: &Started, needs: &BTreeMap<&str, Vec<&str>>) -> Vec<Decision> {
    let height = heights(needs);
    let mut wanted: Vec<(bool, u8, usize, &str, Step)> = Vec::new();
    for (name, unit) in state.units.iter().filter(|(_, unit)| unit.phase != Phase::Ended) {
        let ready = ready(state, needs, name);
        if works(unit) && !(waits(unit) && ready) {
            continue;
        }
        let tried = unit.step.as_ref().filter(|step| step.early && matches!(step.end, Some(Some(_))));
        let fresh = state.fresh.contains(name) && !started.serial_init;
        let step = match (done(unit), unit.phase) {
            (None, _) if works(unit) => Step::Plan,
            (Some(Step::Init), _) if ready => Step::Plan,
            (None, _) if ready && fresh => Step::Plan,
            (None | Some(Step::Init), _)
                if !ready
                    && (fresh || done(unit).is_some())
                    && state.ahead.contains(name)
                    && tried.is_none_or(|step| step.step != Step::Plan)
                    && almost_ready(state, needs, name) =>
            {
                Step::Plan
            }
            (Some(Step::Plan), _) => Step::Show,
            (Some(Step::Show), Phase::Approved) => Step::Apply,
            // Modules and providers are the same whatever the other units do: it need not wait for them.
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
    let mut waiting = state.units.values().filter(|unit| waits(unit)).count();
    let busy: Vec<Step> = state
        .units
        .values()
        .filter(|unit| works(unit) && !waits(unit))
        .filter_map(|unit| Some(unit.step.as_ref()?.step))
        .collect();
    let mut room = (started.parallelism.max(1) as usize).saturating_sub(busy.len());
    let mut inits = busy.iter().filter(|step| **step == Step::Init).count();
    let mut decisions = Vec::new();
    for (early, _, _, name, step) in wanted {
        if early && step == Step::Plan {
            // It takes nobody's place, as all that it does is wait; it takes memory.
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

/// Lines that Terraform says in an apply before it begins to work: its version.
const BEFORE_WORK: u64 = 1;

/// Whether all that a unit needs is done, or is being applied. What only begins to be applied needs the machine itself: a plan that
/// is begun at that moment would take it away from what it waits for.
fn almost_ready(state: &RunState, needs: &BTreeMap<&str, Vec<&str>>, name: &str) -> bool {
    let almost = |need: &&str| {
        state.units.get(*need).is_some_and(|unit| {
            let works = |step: &StepState| step.step == Step::Apply && step.end.is_none() && step.lines > BEFORE_WORK;
            let applied = unit.step.as_ref().is_some_and(works);
            well(unit) || (unit.end.is_none() && applied)
        })
    };
    needs.get(name).is_none_or(|needs| needs.iter().all(almost))
}

/// Whether a unit may be initialised before its time. Terragrunt looks for outputs in the folders of all that it needs, and
/// would initialise those while they are planned; where they have none, it fails.
fn may_be_early(state: &RunState, started: &Started, needs: &BTreeMap<&str, Vec<&str>>, name: &str) -> bool {
    let of_terragrunt = started.units.iter().any(|unit| unit.name == name && unit.tool == Tool::Terragrunt);
    if !of_terragrunt {
        return true;
    }
    // A unit that was never initialised is so by its plan, which wants the outputs of what it needs.
    let fresh = state.fresh.contains(name);
    let planned = |need: &str| {
        let unit = state.units.get(need);
        unit.is_some_and(|unit| well(unit) || (unit.phase >= Phase::Review && !(fresh && adds_alone(unit))))
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

/// How many units wait for each, one behind the other.
fn heights<'a>(needs: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeMap<&'a str, usize> {
    let mut heights: BTreeMap<&str, usize> = needs.keys().map(|name| (*name, 0)).collect();
    // There is no cycle, so no way is longer than there are units.
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

/// Whether a unit is over, as asked.
fn well(unit: &UnitState) -> bool {
    matches!(unit.end, Some(UnitEnd::Done | UnitEnd::Unchanged))
}

/// Whether the plan of a unit only adds: it has most likely no outputs before it is applied.
fn adds_alone(unit: &UnitState) -> bool {
    let only = |counts: Summary| counts.add > 0 && counts.change == 0 && counts.remove == 0;
    unit.plan.as_ref().is_some_and(|plan| only(plan.summary))
}

/// How the run ended, all its units being over.
fn run_end(state: &RunState) -> RunEnd {
    if state.units.values().all(well) {
        RunEnd::Done
    } else if state.cancel.is_some() {
        RunEnd::Cancelled
    } else {
        RunEnd::Failed
    }
}
