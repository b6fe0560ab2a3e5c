//! The state of a unit in a run, and of its resources, made of the events that name it.

use super::guard::Guard;
use super::loss::Loss;
use super::message::{Action, Diagnostic, Message, Summary};
use super::run_event::{PlanRef, Step, UnitEnd, Who};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The message of Terraform once it has heard of an interrupt.
const INTERRUPTED: &str = "Interrupt received";

/// The state of a unit in a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnitState {
    pub phase: Phase,
    /// When it reached this phase.
    pub since: Option<Timestamp>,
    /// Terraform's process, while there is one.
    pub pid: Option<u32>,
    /// Its plan, once there is one that stands.
    pub plan: Option<PlanRef>,
    /// The hash that was approved, and by whom.
    pub approved: Option<(String, Who)>,
    pub approved_at: Option<Timestamp>,
    /// The approved plan before it, which could not be applied any more; until another one is approved.
    pub stale: Option<Stale>,
    /// The guards of the resources that it would destroy, as they were found.
    pub guards: Vec<Guard>,
    /// The data that its destroy loses, counted.
    pub losses: Vec<Loss>,
    /// How far that is lifted.
    pub lift: LiftPhase,
    /// Its resources, by address, as far as anything was said of them.
    pub resources: BTreeMap<String, ResourceState>,
    /// Errors and warnings of its current step, in order.
    pub diagnostics: Vec<Diagnostic>,
    /// Its step, the one under way or the last one; none before the first, and where all begins again.
    pub step: Option<StepState>,
    pub end: Option<UnitEnd>,
    /// The last message of Terraform that is not about the state of a resource.
    pub last_said: Option<String>,
}

/// An approved plan that could not be applied any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Why, in words.
    pub why: String,
    /// When it was approved.
    pub approved: Option<Timestamp>,
    /// The person who decided it.
    pub by: Who,
}

/// How a step of a unit stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepState {
    pub step: Step,
    /// Whether what the unit needs was not done when it began.
    pub early: bool,
    /// Lines that Terraform said in it.
    pub lines: u64,
    /// Interrupts that its process got.
    pub interrupts: u32,
    /// Whether it has said that it was interrupted.
    pub stops: bool,
    /// Its counts, once they were said.
    pub summary: Option<Summary>,
    /// Its end, once it has ended: why it counts as failed, none where it did what it should.
    pub end: Option<Option<String>>,
}

/// How far it is lifted what guards the resources of a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LiftPhase {
    /// Nothing was found.
    #[default]
    None,
    /// It is planned, reviewed and applied before anything is destroyed.
    Wanted,
    Done,
}

/// The phases of a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It waits for its turn.
    #[default]
    Queued,
    /// Providers and modules are made ready.
    Init,
    /// It is being planned.
    Planning,
    /// Its plan waits to be read and approved.
    Review,
    /// It was approved, and waits for its turn.
    Approved,
    /// It is being applied.
    Applying,
    /// It is over: [`UnitState::end`] says how.
    Ended,
}

/// The state of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceState {
    /// The action on the resource.
    pub action: Action,
    /// How far that is.
    pub phase: ResourcePhase,
    /// When it reached this phase.
    pub since: Timestamp,
    /// Whether it is not as the state has it.
    pub drifted: bool,
    /// For how long it was changed, in seconds: by now, or in all.
    pub elapsed: u64,
}

/// How far the change of a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourcePhase {
    /// Its state is being read.
    Refreshing,
    /// Its state was read.
    Refreshed,
    /// It will be changed.
    Planned,
    /// It is being changed.
    Applying,
    /// It was changed.
    Done,
    /// It could not be changed.
    Failed,
    /// It was being changed when the process ended: it may exist and be in no state.
    InFlight,
}

impl UnitState {
    /// A sentence on the purpose of its plan where it is not the destruction itself, or on the guards that are left.
    pub fn before_destroy(&self) -> Option<String> {
        let plan = self.plan.as_ref()?;
        match self.lift {
            LiftPhase::Wanted => {
                let guards: Vec<String> = self.guards.iter().map(Guard::words).collect();
                Some(format!("this plan destroys nothing: it comes before. {}", guards.join("; ")))
            }
            LiftPhase::None | LiftPhase::Done if plan.guards.is_empty() => None,
            LiftPhase::None | LiftPhase::Done => {
                let still: Vec<&str> = plan.guards.iter().map(|guard| guard.address.as_str()).collect();
                Some(format!("still guarded, so that AWS may refuse it: {}", still.join(", ")))
            }
        }
    }

    /// Enters another phase.
    pub(super) fn enter(&mut self, time: Timestamp, phase: Phase) {
        (self.phase, self.since) = (phase, Some(time));
    }

    /// Begins again, to be planned.
    pub(super) fn begin_again(&mut self, time: Timestamp) {
        (self.plan, self.approved, self.step) = (None, None, None);
        self.enter(time, Phase::Queued);
    }

    /// A plan of it is approved.
    pub(super) fn approve(&mut self, time: Timestamp, sha256: &str, by: &Who) {
        self.enter(time, Phase::Approved);
        (self.approved, self.approved_at, self.stale) = (Some((sha256.to_owned(), by.clone())), Some(time), None);
    }

    /// Its plan cannot be applied any more, and it is planned once more.
    pub(super) fn stale(&mut self, time: Timestamp, why: &str) {
        // Of one that nobody has approved nobody need be told.
        if let Some((_, by)) = self.approved.take() {
            self.stale = Some(Stale { why: why.to_owned(), approved: self.approved_at, by });
        }
        self.begin_again(time);
    }

    /// A step of it begins.
    pub(super) fn begin(&mut self, time: Timestamp, step: Step, pid: Option<u32>, early: bool) {
        let phase = match step {
            Step::Init => Phase::Init,
            Step::Plan | Step::Show => Phase::Planning,
            Step::Apply => Phase::Applying,
        };
        // A plan that was begun before its time only waits.
        let waits = early && step == Step::Plan;
        if self.phase != phase && !waits {
            self.enter(time, phase);
        }
        if matches!(step, Step::Plan | Step::Apply) {
            self.diagnostics.clear();
        }
        if step == Step::Plan {
            self.resources.clear();
        }
        self.pid = pid;
        // It is told once more when its process is known, and when its time has come.
        if let Some(state) = self.step.as_mut().filter(|state| state.step == step && state.end.is_none()) {
            state.early = early;
        } else {
            self.step =
                Some(StepState { step, early, lines: 0, interrupts: 0, stops: false, summary: None, end: None });
        }
    }

    /// Its process gets an interrupt.
    pub(super) fn interrupted(&mut self, step: Step, times: u32) {
        if let Some(state) = self.step.as_mut().filter(|state| state.step == step) {
            state.interrupts = times;
        }
    }

    /// Terraform said this in a step.
    pub(super) fn said(&mut self, time: Timestamp, step: Step, message: &Message) {
        use ResourcePhase::{Applying, Done, Failed, Planned, Refreshed, Refreshing};
        if let Some(state) = self.step.as_mut().filter(|state| state.step == step) {
            state.lines += 1;
            if let Message::Summary(summary) = message {
                state.summary = Some(*summary);
            }
            if let Message::Log { text } = message {
                state.stops |= text.contains(INTERRUPTED);
            }
        }
        match message {
            Message::Planned { address, action, .. } => self.resource(time, address, *action, Planned),
            Message::Drift { address, .. } => {
                self.resource(time, address, Action::NoOp, Refreshed);
                if let Some(resource) = self.resources.get_mut(address) {
                    resource.drifted = true;
                }
            }
            // While a plan is applied its resources are read once more: that is no step back.
            Message::RefreshStarted { address } if step == Step::Plan => {
                self.resource(time, address, Action::NoOp, Refreshing);
            }
            Message::Refreshed { address } if step == Step::Plan => {
                self.resource(time, address, Action::NoOp, Refreshed);
            }
            Message::ApplyStarted { address, action } => self.resource(time, address, *action, Applying),
            Message::ApplyProgress { address, elapsed } => {
                if let Some(resource) = self.resources.get_mut(address) {
                    resource.elapsed = *elapsed;
                }
            }
            Message::ApplyDone { address, action, elapsed, .. } => {
                self.resource(time, address, *action, Done);
                self.took(address, *elapsed);
            }
            Message::ApplyFailed { address, action, elapsed } => {
                self.resource(time, address, *action, Failed);
                self.took(address, *elapsed);
            }
            Message::Diagnostic(diagnostic) => self.diagnostics.push(diagnostic.clone()),
            Message::Log { text } => self.last_said = Some(text.clone()),
            Message::Version { .. }
            | Message::Summary(_)
            | Message::RefreshStarted { .. }
            | Message::Refreshed { .. } => {}
        }
    }

    fn resource(&mut self, time: Timestamp, address: &str, action: Action, phase: ResourcePhase) {
        let replaced = self.resources.get(address).is_some_and(|resource| resource.action == Action::Replace);
        let drifted = self.resources.get(address).is_some_and(|resource| resource.drifted);
        // The two halves of a replacement are told one by one, and it stays a replacement.
        let action = if replaced && phase > ResourcePhase::Planned { Action::Replace } else { action };
        let state = ResourceState { action, phase, since: time, drifted, elapsed: 0 };
        self.resources.insert(address.to_owned(), state);
    }

    fn took(&mut self, address: &str, elapsed: u64) {
        if let Some(resource) = self.resources.get_mut(address) {
            resource.elapsed = elapsed;
        }
    }

    /// A process that is gone has nothing under way any more.
    pub(super) fn step_ended(&mut self, time: Timestamp, step: Step, failed: Option<&str>) {
        self.pid = None;
        let mut early = false;
        if let Some(state) = self.step.as_mut().filter(|state| state.step == step) {
            state.end = Some(failed.map(str::to_owned));
            early = state.early;
        }
        if early && self.phase == Phase::Init {
            // What came before its time is over: it waits again.
            self.enter(time, Phase::Queued);
        }
        if step == Step::Apply {
            for resource in self.resources.values_mut() {
                // A read of data has no end in the stream when it fails.
                if resource.phase == ResourcePhase::Applying {
                    let phase =
                        if resource.action == Action::Read { ResourcePhase::Failed } else { ResourcePhase::InFlight };
                    (resource.phase, resource.since) = (phase, time);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::RunState;
    use crate::infra::run_event::{RunEvent, What};

    #[test]
    fn a_clock_that_jumps_back_changes_no_order() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let event = |seconds, what| RunEvent { time: at(seconds), what };
        let step = |seconds, step| event(seconds, What::Step { unit: "a".into(), step, pid: None, early: false });
        let ended =
            |seconds, step| event(seconds, What::StepEnded { unit: "a".into(), step, code: Some(0), failed: None });
        let events =
            [step(0, Step::Plan), ended(-3600, Step::Plan), step(-7200, Step::Apply), ended(-7000, Step::Apply)];
        let state = RunState::of(&events);
        let unit = &state.units["a"];
        assert_eq!((unit.phase, unit.since), (Phase::Applying, Some(at(-7200))));
        assert_eq!(unit.step.as_ref().map(|step| (step.step, step.end.clone())), Some((Step::Apply, Some(None))));
    }

    #[test]
    fn a_resource_without_an_end_is_in_flight_when_its_process_is_gone() {
        let time: Timestamp = "2026-11-28T05:00:00Z".parse().unwrap();
        let event = |what| RunEvent { time, what };
        let unit = || "network".to_owned();
        let said = |message| event(What::Said { unit: unit(), step: Step::Apply, message });
        let address = |name: &str| format!("aws_vpc.{name}");
        let start = |name| said(Message::ApplyStarted { address: address(name), action: Action::Create });
        let done = Message::ApplyDone { address: address("a"), action: Action::Create, id: None, elapsed: 2 };
        let events = [
            event(What::Step { unit: unit(), step: Step::Apply, pid: Some(7), early: false }),
            start("a"),
            start("b"),
            said(done),
            event(What::StepEnded { unit: unit(), step: Step::Apply, code: None, failed: Some("killed".into()) }),
        ];
        let state = RunState::of(&events);
        let phase = |name| state.units["network"].resources[&address(name)].phase;
        assert_eq!((phase("a"), phase("b")), (ResourcePhase::Done, ResourcePhase::InFlight));
        assert_eq!(state.units["network"].pid, None);
        // What is written is read back, an event of a later version too.
        for event in &events {
            let line = serde_json::to_string(event).unwrap();
            assert_eq!(&serde_json::from_str::<RunEvent>(&line).unwrap(), event, "{line}");
        }
        let later = r#"{"time":"2026-11-28T05:00:00Z","event":"paused","for":3}"#;
        assert_eq!(serde_json::from_str::<RunEvent>(later).unwrap().what, What::Unknown);
    }
}
