//! The state of a run, made of its events alone. The pane, the headless commands, a cockpit that is started later and a
//! replay know nothing else of a run.

use super::message::{Action, Message};
use super::run_event::{Goal, PlanRef, RunEnd, RunEvent, Started, Step, What, Who};
pub use super::run_unit::{LiftPhase, Phase, ResourcePhase, ResourceState, Stale, StepState, UnitState};
use super::unit::Graph;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The state of a run, made of its events alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunState {
    /// The order that it was started with; none before its first event.
    pub started: Option<Started>,
    pub began: Option<Timestamp>,
    /// Its units, by name.
    pub units: BTreeMap<String, UnitState>,
    /// Resources that may exist and be in no state: unit and address, and what was done to them. A retry alone does not
    /// change that.
    pub left: BTreeMap<(String, String), Action>,
    /// States that could not be written, by unit: where Terraform keeps them.
    pub kept: BTreeMap<String, PathBuf>,
    /// Units that were never initialised: planning them does it.
    pub fresh: BTreeSet<String>,
    /// Units whose plan may be begun while what they need is applied.
    pub ahead: BTreeSet<String>,
    /// Whether an `init` before its time has failed: nothing is applied yet of what others need either.
    pub early_failed: bool,
    /// The person who asked it to stop, and whether for the second time.
    pub cancel: Option<(Who, bool)>,
    /// How often it was asked to stop with a word.
    pub hard_cancels: u32,
    /// Notes for a person, in order: unit and sentence.
    pub notes: Vec<(Option<String>, String)>,
    /// The end, and when it was.
    pub end: Option<(Timestamp, RunEnd)>,
    /// The supervisor's process, of the one that took it up last.
    pub supervisor: Option<u32>,
    /// Up to which byte the requests of people were read.
    pub heard: u64,
    /// Events of a kind that this version does not know.
    pub unknown: u64,
}

impl RunState {
    /// The state of a run after these events.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a RunEvent>) -> Self {
        let mut state = Self::default();
        for event in events {
            state.fold(event);
        }
        state
    }

    /// Adds the next event to the state.
    pub fn fold(&mut self, event: &RunEvent) {
        let time = event.time;
        match &event.what {
            What::Started(started) => {
                self.units = started.units.iter().map(|unit| (unit.name.clone(), UnitState::default())).collect();
                self.supervisor = Some(started.pid);
                self.began = Some(time);
                self.started = Some((**started).clone());
            }
            What::TakenUp { pid } => self.supervisor = Some(*pid),
            What::Step { unit, step, pid, early } => self.unit(unit).begin(time, *step, *pid, *early),
            What::Said { unit, step, message } => {
                self.unit(unit).said(time, *step, message);
                self.is_in_a_state(unit, *step, message);
            }
            What::Prepared { fresh, ahead } => {
                self.fresh = fresh.iter().cloned().collect();
                self.ahead = ahead.iter().cloned().collect();
            }
            What::StepEnded { unit, step, failed, .. } => {
                let early = self.unit(unit).step.as_ref().is_some_and(|state| state.early);
                self.early_failed |= early && *step == Step::Init && failed.is_some();
                if *step == Step::Plan && !early {
                    // From then on it is initialised, or half so.
                    self.fresh.remove(unit);
                }
                self.unit(unit).step_ended(time, *step, failed.as_deref());
                self.leave(unit, *step);
            }
            What::PlanReady { unit, plan } => {
                // It is not planned before that is pushed.
                self.kept.remove(unit);
                let unit = self.unit(unit);
                unit.enter(time, Phase::Review);
                unit.plan = Some(plan.clone());
            }
            What::Approved { unit, sha256, by } => self.unit(unit).approve(time, sha256, by),
            What::PlanStale { unit, why } => {
                self.unit(unit).stale(time, why);
                self.notes.push((Some(unit.clone()), format!("the plan is stale: {why}")));
            }
            What::Counted { unit, losses } => self.unit(unit).losses.clone_from(losses),
            What::Guarded { unit, guards } => {
                let unit = self.unit(unit);
                (unit.guards, unit.lift) = (guards.clone(), LiftPhase::Wanted);
                unit.begin_again(time);
            }
            What::Left { unit, kept, unwritten } => {
                self.kept.extend(kept.iter().map(|file| (unit.clone(), file.clone())));
                let made = unwritten.iter().map(|address| ((unit.clone(), address.clone()), Action::Create));
                self.left.extend(made);
            }
            What::Lifted { unit } => {
                let unit = self.unit(unit);
                unit.lift = LiftPhase::Done;
                unit.begin_again(time);
            }
            What::UnitEnded { unit, end } => {
                let unit = self.unit(unit);
                unit.enter(time, Phase::Ended);
                unit.end = Some(end.clone());
            }
            What::Retried { units, .. } => {
                for name in units {
                    self.units.insert(name.clone(), UnitState { since: Some(time), ..UnitState::default() });
                }
                (self.end, self.cancel, self.hard_cancels) = (None, None, 0);
            }
            What::CancelAsked { by, hard } => {
                self.cancel = Some((by.clone(), *hard));
                self.hard_cancels += u32::from(*hard);
            }
            What::Interrupted { unit, step, times } => self.unit(unit).interrupted(*step, *times),
            What::Heard { next } => self.heard = *next,
            What::Note { unit, text } => self.notes.push((unit.clone(), text.clone())),
            What::Ended { end } => self.end = Some((time, *end)),
            What::Unknown => self.unknown += 1,
        }
    }

    /// The run's state in words; `live` is whether something drives it.
    pub fn word(&self, live: bool) -> &'static str {
        match (self.end, live) {
            (Some((_, RunEnd::Done)), _) => "done",
            (Some((_, RunEnd::Failed)), _) => "failed",
            (Some((_, RunEnd::Cancelled)), _) => "cancelled",
            (None, true) => "going on",
            (None, false) => "lost",
        }
    }

    /// Units that are over, of all.
    pub fn progress(&self) -> (usize, usize) {
        (self.units.values().filter(|unit| unit.phase == Phase::Ended).count(), self.units.len())
    }

    /// Names of its units in the order in which their turn comes, by name where that is the same.
    pub fn in_order(&self) -> Vec<&str> {
        let graph =
            self.started.as_ref().and_then(|started| Graph::new(started.units.clone()).ok()).unwrap_or_default();
        let mut waves = graph.waves();
        if self.started.as_ref().is_some_and(|started| started.goal == Goal::Destroy) {
            waves.reverse();
        }
        let wave = |name: &str| waves.iter().position(|wave| wave.iter().any(|unit| unit.name == name));
        let mut names: Vec<&str> = self.units.keys().map(String::as_str).collect();
        // Stable: by name within a wave.
        names.sort_by_key(|name| wave(name));
        names
    }

    /// Plans that wait for a yes: unit and plan.
    pub fn to_review(&self) -> impl Iterator<Item = (&str, &PlanRef)> {
        self.units.iter().filter_map(|(name, unit)| match (&unit.plan, unit.phase) {
            (Some(plan), Phase::Review) => Some((name.as_str(), plan)),
            _ => None,
        })
    }

    /// Notes the resources that were being changed when the process of an apply ended: they may be in no state.
    fn leave(&mut self, unit: &str, step: Step) {
        let resources = self.units.get(unit).filter(|_| step == Step::Apply).map(|unit| &unit.resources);
        let begun = resources
            .into_iter()
            .flatten()
            .filter(|(_, resource)| resource.phase == ResourcePhase::InFlight && may_be_orphan(resource.action));
        let left: Vec<_> =
            begun.map(|(address, resource)| ((unit.to_owned(), address.clone()), resource.action)).collect();
        self.left.extend(left);
    }

    /// Notes that a resource is in a state: a later plan reads it, or a later apply makes it.
    fn is_in_a_state(&mut self, unit: &str, step: Step, message: &Message) {
        if self.left.is_empty() {
            return;
        }
        let address = match (step, message) {
            (Step::Plan, Message::RefreshStarted { address } | Message::Refreshed { address })
            | (Step::Apply, Message::ApplyDone { address, .. }) => address,
            (Step::Plan, Message::Planned { address, action, .. }) if *action != Action::Create => address,
            _ => return,
        };
        self.left.remove(&(unit.to_owned(), address.clone()));
    }

    /// A unit; one that the beginning did not name is kept too, as nothing that was written may be lost.
    fn unit(&mut self, name: &str) -> &mut UnitState {
        self.units.entry(name.to_owned()).or_default()
    }
}

/// Whether what was begun may be in no state: what is changed or destroyed has been in one before.
fn may_be_orphan(action: Action) -> bool {
    matches!(action, Action::Create | Action::Replace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::testing::unit;

    #[test]
    fn turns_are_those_of_the_graph_and_of_a_destruction_the_other_way_round() {
        let time: Timestamp = "2026-11-28T05:00:00Z".parse().unwrap();
        let event = |what| RunEvent { time, what };
        let mut started = Started {
            run: "run".into(),
            environment: "staging".into(),
            goal: Goal::Apply,
            units: vec![unit("a", &["network", "b"]), unit("b", &["network"]), unit("network", &[])],
            targets: Vec::new(),
            replace: Vec::new(),
            by: Who { user: "me".into(), host: "here".into(), pid: 1 },
            account: None,
            revision: None,
            dropped: Vec::new(),
            parallelism: 2,
            guarded: false,
            serial_init: false,
            pid: 2,
        };
        let of = |started: &Started| RunState::of(&[event(What::Started(Box::new(started.clone())))]);
        assert_eq!(of(&started).in_order(), ["network", "b", "a"]);
        started.goal = Goal::Destroy;
        assert_eq!(of(&started).in_order(), ["a", "b", "network"]);
    }
}
