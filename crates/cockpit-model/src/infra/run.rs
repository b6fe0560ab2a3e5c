//! The state of a run, derived from its events alone. The pane, the headless commands, a cockpit started later and a
//! replay use no other source.

use super::message::{Action, Message};
use super::run_event::{Actor, Goal, PlanRef, RunEnd, RunEvent, RunEventKind, Started, Step};
pub use super::run_unit::{LiftPhase, Phase, ResourcePhase, ResourceState, Stale, StepState, UnitState};
use super::unit::Graph;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The state of a run, derived from its events alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunState {
    /// The order of the run; `None` before its first event.
    pub started: Option<Started>,
    pub began: Option<Timestamp>,
    /// Its units, by name.
    pub units: BTreeMap<String, UnitState>,
    /// Resources that may exist without being in a state: unit and address, with the action on them. A retry alone does
    /// not remove them.
    pub leftovers: BTreeMap<(String, String), Action>,
    /// States that could not be written: the file with each unit's state.
    pub unwritten_states: BTreeMap<String, PathBuf>,
    /// Units that were never initialized; planning initializes them.
    pub uninitialized: BTreeSet<String>,
    /// Units whose planning may begin while their dependencies are being applied.
    pub early_units: BTreeSet<String>,
    /// Whether an early `init` has failed: the dependencies of other units are probably not applied yet either.
    pub early_failed: bool,
    /// The person who cancelled it, and whether it was a confirmed second request.
    pub cancel: Option<(Actor, bool)>,
    /// Number of confirmed hard cancel requests.
    pub hard_cancels: u32,
    /// Notes in order: unit and sentence.
    pub notes: Vec<(Option<String>, String)>,
    /// When and how it ended.
    pub end: Option<(Timestamp, RunEnd)>,
    /// The process id of the latest supervisor.
    pub supervisor: Option<u32>,
    /// The position in the request file up to which requests were read, in bytes.
    pub requests_read: u64,
    /// Number of events of a kind unknown to this version.
    pub unknown: u64,
}

impl RunState {
    /// Derives the state from events.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a RunEvent>) -> Self {
        let mut state = Self::default();
        for event in events {
            state.apply(event);
        }
        state
    }

    /// Applies the next event.
    pub fn apply(&mut self, event: &RunEvent) {
        let time = event.time;
        match &event.what {
            RunEventKind::Started(started) => {
                self.units = started.units.iter().map(|unit| (unit.name.clone(), UnitState::default())).collect();
                self.supervisor = Some(started.pid);
                self.began = Some(time);
                self.started = Some((**started).clone());
            }
            RunEventKind::TakenUp { pid } => self.supervisor = Some(*pid),
            RunEventKind::Step { unit, step, pid, early } => self.unit(unit).begin(time, *step, *pid, *early),
            RunEventKind::Said { unit, step, message } => {
                self.unit(unit).record_message(time, *step, message);
                self.is_in_a_state(unit, *step, message);
            }
            RunEventKind::Prepared { fresh, ahead } => {
                self.uninitialized = fresh.iter().cloned().collect();
                self.early_units = ahead.iter().cloned().collect();
            }
            RunEventKind::StepEnded { unit, step, failed, .. } => {
                let early = self.unit(unit).step.as_ref().is_some_and(|state| state.early);
                self.early_failed |= early && *step == Step::Init && failed.is_some();
                if *step == Step::Plan && !early {
                    // From then on it is initialized, at least partly.
                    self.uninitialized.remove(unit);
                }
                self.unit(unit).end_step(time, *step, failed.as_deref());
                self.leave(unit, *step);
            }
            RunEventKind::PlanReady { unit, plan } => {
                // A unit is not planned before its kept state was pushed.
                self.unwritten_states.remove(unit);
                let unit = self.unit(unit);
                unit.enter(time, Phase::Review);
                unit.plan = Some(plan.clone());
            }
            RunEventKind::Approved { unit, sha256, by } => self.unit(unit).approve(time, sha256, by),
            RunEventKind::PlanStale { unit, why } => {
                self.unit(unit).mark_stale(time, why);
                self.notes.push((Some(unit.clone()), format!("the plan is stale: {why}")));
            }
            RunEventKind::Counted { unit, losses } => self.unit(unit).losses.clone_from(losses),
            RunEventKind::Guarded { unit, guards } => {
                let unit = self.unit(unit);
                (unit.guards, unit.lift) = (guards.clone(), LiftPhase::Planned);
                unit.restart(time);
            }
            RunEventKind::Left { unit, kept, unwritten } => {
                self.unwritten_states.extend(kept.iter().map(|file| (unit.clone(), file.clone())));
                let created = unwritten.iter().map(|address| ((unit.clone(), address.clone()), Action::Create));
                self.leftovers.extend(created);
            }
            RunEventKind::Lifted { unit } => {
                let unit = self.unit(unit);
                unit.lift = LiftPhase::Done;
                unit.restart(time);
            }
            RunEventKind::UnitEnded { unit, end } => {
                let unit = self.unit(unit);
                unit.enter(time, Phase::Ended);
                unit.end = Some(end.clone());
            }
            RunEventKind::Retried { units, .. } => {
                for name in units {
                    self.units.insert(name.clone(), UnitState { since: Some(time), ..UnitState::default() });
                }
                (self.end, self.cancel, self.hard_cancels) = (None, None, 0);
            }
            RunEventKind::CancelAsked { by, hard } => {
                self.cancel = Some((by.clone(), *hard));
                self.hard_cancels += u32::from(*hard);
            }
            RunEventKind::Interrupted { unit, step, times } => self.unit(unit).record_interrupt(*step, *times),
            RunEventKind::Heard { next } => self.requests_read = *next,
            RunEventKind::Note { unit, text } => self.notes.push((unit.clone(), text.clone())),
            RunEventKind::Ended { end } => self.end = Some((time, *end)),
            RunEventKind::Unknown => self.unknown += 1,
        }
    }

    /// Returns the run's state in words; `live` is whether a supervisor is running it.
    pub fn status_name(&self, live: bool) -> &'static str {
        match (self.end, live) {
            (Some((_, RunEnd::Done)), _) => "done",
            (Some((_, RunEnd::Failed)), _) => "failed",
            (Some((_, RunEnd::Cancelled)), _) => "cancelled",
            (None, true) => "going on",
            (None, false) => "lost",
        }
    }

    /// Returns the number of ended units and of all units.
    pub fn progress(&self) -> (usize, usize) {
        (self.units.values().filter(|unit| unit.phase == Phase::Ended).count(), self.units.len())
    }

    /// Returns the names of its units in execution order, then by name.
    pub fn in_order(&self) -> Vec<&str> {
        let graph =
            self.started.as_ref().and_then(|started| Graph::new(started.units.clone()).ok()).unwrap_or_default();
        let mut waves = graph.waves();
        if self.started.as_ref().is_some_and(|started| started.goal == Goal::Destroy) {
            waves.reverse();
        }
        let wave = |name: &str| waves.iter().position(|wave| wave.iter().any(|unit| unit.name == name));
        let mut names: Vec<&str> = self.units.keys().map(String::as_str).collect();
        // A stable sort: by name within a wave.
        names.sort_by_key(|name| wave(name));
        names
    }

    /// Returns the plans that wait for approval, by unit.
    pub fn to_review(&self) -> impl Iterator<Item = (&str, &PlanRef)> {
        self.units.iter().filter_map(|(name, unit)| match (&unit.plan, unit.phase) {
            (Some(plan), Phase::Review) => Some((name.as_str(), plan)),
            _ => None,
        })
    }

    /// Records the resources that were being changed when the process of an apply ended: they may be in no state.
    fn leave(&mut self, unit: &str, step: Step) {
        let resources = self.units.get(unit).filter(|_| step == Step::Apply).map(|unit| &unit.resources);
        let in_progress = resources
            .into_iter()
            .flatten()
            .filter(|(_, resource)| resource.phase == ResourcePhase::InFlight && may_be_orphan(resource.action));
        let left: Vec<_> =
            in_progress.map(|(address, resource)| ((unit.to_owned(), address.clone()), resource.action)).collect();
        self.leftovers.extend(left);
    }

    /// Records that a resource is in a state: a later plan reads it, or a later apply completes it.
    fn is_in_a_state(&mut self, unit: &str, step: Step, message: &Message) {
        if self.leftovers.is_empty() {
            return;
        }
        let address = match (step, message) {
            (Step::Plan, Message::RefreshStarted { address } | Message::Refreshed { address })
            | (Step::Apply, Message::ApplyDone { address, .. }) => address,
            (Step::Plan, Message::Planned { address, action, .. }) if *action != Action::Create => address,
            _ => return,
        };
        self.leftovers.remove(&(unit.to_owned(), address.clone()));
    }

    /// Returns a unit. A unit that is missing in the first event is added, so that no event is lost.
    fn unit(&mut self, name: &str) -> &mut UnitState {
        self.units.entry(name.to_owned()).or_default()
    }
}

/// Whether an unfinished action may leave a resource in no state: updated and destroyed ones were in a state before.
fn may_be_orphan(action: Action) -> bool {
    matches!(action, Action::Create | Action::Replace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::testing::unit;

    #[test]
    fn order_follows_the_graph_and_is_reversed_for_a_destroy() {
        let time: Timestamp = "2026-11-28T05:00:00Z".parse().unwrap();
        let event = |what| RunEvent { time, what };
        let mut started = Started {
            run: "run".into(),
            environment: "staging".into(),
            goal: Goal::Apply,
            units: vec![unit("a", &["network", "b"]), unit("b", &["network"]), unit("network", &[])],
            targets: Vec::new(),
            replace: Vec::new(),
            by: Actor { user: "me".into(), host: "here".into(), pid: 1 },
            account: None,
            revision: None,
            dropped: Vec::new(),
            parallelism: 2,
            guarded: false,
            serial_init: false,
            pid: 2,
        };
        let of = |started: &Started| RunState::of(&[event(RunEventKind::Started(Box::new(started.clone())))]);
        assert_eq!(of(&started).in_order(), ["network", "b", "a"]);
        started.goal = Goal::Destroy;
        assert_eq!(of(&started).in_order(), ["a", "b", "network"]);
    }
}
