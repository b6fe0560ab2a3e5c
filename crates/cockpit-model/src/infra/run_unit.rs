//! The state of a unit in a run and of its resources, derived from the unit's events.

use super::data_loss::Loss;
use super::guard::Guard;
use super::message::{Action, Diagnostic, Message, Summary};
use super::run_event::{Actor, PlanRef, Step, UnitEnd};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The message that Terraform prints after it received an interrupt.
const INTERRUPT_MESSAGE: &str = "Interrupt received";

/// The state of a unit in a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnitState {
    pub phase: Phase,
    /// When it entered this phase.
    pub since: Option<Timestamp>,
    /// The process id of Terraform, while it is running.
    pub pid: Option<u32>,
    /// Its current plan, if there is one.
    pub plan: Option<PlanRef>,
    /// The approved hash, and the person who approved it.
    pub approved: Option<(String, Actor)>,
    pub approved_at: Option<Timestamp>,
    /// The previous approved plan, which could no longer be applied; kept until another one is approved.
    pub stale: Option<Stale>,
    /// The guards of the resources that it would destroy.
    pub guards: Vec<Guard>,
    /// The data that its destroy would lose.
    pub losses: Vec<Loss>,
    /// The progress of lifting the guards.
    pub lift: LiftPhase,
    /// Its resources by address, if there were events for them.
    pub resources: BTreeMap<String, ResourceState>,
    /// Errors and warnings of its current step, in order.
    pub diagnostics: Vec<Diagnostic>,
    /// The current or last step; `None` before the first, and when it starts over.
    pub step: Option<StepState>,
    pub end: Option<UnitEnd>,
    /// The last message of Terraform that is not about the state of a resource.
    pub last_message: Option<String>,
}

/// An approved plan that could no longer be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The reason, in words.
    pub why: String,
    /// When it was approved.
    pub approved: Option<Timestamp>,
    /// The person who approved it.
    pub by: Actor,
}

/// The state of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepState {
    pub step: Step,
    /// Whether the unit's dependencies were not complete when it began.
    pub early: bool,
    /// Number of messages that Terraform printed in it.
    pub lines: u64,
    /// Number of interrupts that its process received.
    pub interrupts: u32,
    /// Whether Terraform confirmed the interrupt.
    pub stop_confirmed: bool,
    /// Its counts, once they are known.
    pub summary: Option<Summary>,
    /// Its result, once it has ended: the reason why it counts as failed, or `None` on success.
    pub end: Option<Option<String>>,
}

/// The progress of lifting the guards of a unit's resources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LiftPhase {
    /// There are no guards.
    #[default]
    None,
    /// Lifting them is planned, reviewed and applied before anything is destroyed.
    Planned,
    Done,
}

/// The phases of a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It is queued.
    #[default]
    Queued,
    /// It is being initialized: providers and modules are installed.
    Init,
    /// It is being planned.
    Planning,
    /// Its plan waits for review and approval.
    Review,
    /// It was approved, and is queued.
    Approved,
    /// It is being applied.
    Applying,
    /// It has ended; [`UnitState::end`] has the result.
    Ended,
}

/// The state of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceState {
    /// The action on the resource.
    pub action: Action,
    /// The progress of the action.
    pub phase: ResourcePhase,
    /// When it entered this phase.
    pub since: Timestamp,
    /// Whether it differs from its state.
    pub drifted: bool,
    /// Elapsed time of the change in seconds, so far or in total.
    pub elapsed: u64,
}

/// The progress of a resource's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourcePhase {
    /// Its state is being read.
    Refreshing,
    /// Its state was read.
    Refreshed,
    /// A change is planned.
    Planned,
    /// It is being changed.
    Applying,
    /// The change is complete.
    Done,
    /// The change failed.
    Failed,
    /// It was being changed when the process ended: it may exist without being in a state.
    InFlight,
}

impl UnitState {
    /// Returns a sentence if its plan only prepares the destroy, or if guards are left.
    pub fn destroy_note(&self) -> Option<String> {
        let plan = self.plan.as_ref()?;
        match self.lift {
            LiftPhase::Planned => {
                let guards: Vec<String> = self.guards.iter().map(Guard::describe).collect();
                Some(format!("this plan destroys nothing: it comes before. {}", guards.join("; ")))
            }
            LiftPhase::None | LiftPhase::Done if plan.guards.is_empty() => None,
            LiftPhase::None | LiftPhase::Done => {
                let guarded: Vec<&str> = plan.guards.iter().map(|guard| guard.address.as_str()).collect();
                Some(format!("still guarded, so that AWS may refuse it: {}", guarded.join(", ")))
            }
        }
    }

    /// Enters a phase.
    pub(super) fn enter(&mut self, time: Timestamp, phase: Phase) {
        (self.phase, self.since) = (phase, Some(time));
    }

    /// Starts over, to be planned again.
    pub(super) fn restart(&mut self, time: Timestamp) {
        (self.plan, self.approved, self.step) = (None, None, None);
        self.enter(time, Phase::Queued);
    }

    /// Records the approval of its plan.
    pub(super) fn approve(&mut self, time: Timestamp, sha256: &str, by: &Actor) {
        self.enter(time, Phase::Approved);
        (self.approved, self.approved_at, self.stale) = (Some((sha256.to_owned(), by.clone())), Some(time), None);
    }

    /// Records that its plan can no longer be applied, so that it is planned again.
    pub(super) fn mark_stale(&mut self, time: Timestamp, why: &str) {
        // A plan that was never approved needs no note.
        if let Some((_, by)) = self.approved.take() {
            self.stale = Some(Stale { why: why.to_owned(), approved: self.approved_at, by });
        }
        self.restart(time);
    }

    /// Records the start of a step.
    pub(super) fn begin(&mut self, time: Timestamp, step: Step, pid: Option<u32>, early: bool) {
        let phase = match step {
            Step::Init => Phase::Init,
            Step::Plan | Step::Show => Phase::Planning,
            Step::Apply => Phase::Applying,
        };
        // A plan that was begun early only waits.
        let only_waits = early && step == Step::Plan;
        if self.phase != phase && !only_waits {
            self.enter(time, phase);
        }
        if matches!(step, Step::Plan | Step::Apply) {
            self.diagnostics.clear();
        }
        if step == Step::Plan {
            self.resources.clear();
        }
        self.pid = pid;
        // The event is repeated when the process id is known, and when an early step becomes a regular one.
        if let Some(state) = self.step.as_mut().filter(|state| state.step == step && state.end.is_none()) {
            state.early = early;
        } else {
            self.step = Some(StepState {
                step,
                early,
                lines: 0,
                interrupts: 0,
                stop_confirmed: false,
                summary: None,
                end: None,
            });
        }
    }

    /// Records an interrupt of its process.
    pub(super) fn record_interrupt(&mut self, step: Step, times: u32) {
        if let Some(state) = self.step.as_mut().filter(|state| state.step == step) {
            state.interrupts = times;
        }
    }

    /// Records a message of Terraform.
    pub(super) fn record_message(&mut self, time: Timestamp, step: Step, message: &Message) {
        use ResourcePhase::{Applying, Done, Failed, Planned, Refreshed, Refreshing};
        if let Some(state) = self.step.as_mut().filter(|state| state.step == step) {
            state.lines += 1;
            if let Message::Summary(summary) = message {
                state.summary = Some(*summary);
            }
            if let Message::Log { text } = message {
                state.stop_confirmed |= text.contains(INTERRUPT_MESSAGE);
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
            // An apply refreshes its resources once more, which must not reset their phase.
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
                self.set_elapsed(address, *elapsed);
            }
            Message::ApplyFailed { address, action, elapsed } => {
                self.resource(time, address, *action, Failed);
                self.set_elapsed(address, *elapsed);
            }
            Message::Diagnostic(diagnostic) => self.diagnostics.push(diagnostic.clone()),
            Message::Log { text } => self.last_message = Some(text.clone()),
            Message::Version { .. }
            | Message::Summary(_)
            | Message::RefreshStarted { .. }
            | Message::Refreshed { .. } => {}
        }
    }

    fn resource(&mut self, time: Timestamp, address: &str, action: Action, phase: ResourcePhase) {
        let replaced = self.resources.get(address).is_some_and(|resource| resource.action == Action::Replace);
        let drifted = self.resources.get(address).is_some_and(|resource| resource.drifted);
        // The two halves of a replacement have separate events, but it remains a replacement.
        let action = if replaced && phase > ResourcePhase::Planned { Action::Replace } else { action };
        let state = ResourceState { action, phase, since: time, drifted, elapsed: 0 };
        self.resources.insert(address.to_owned(), state);
    }

    fn set_elapsed(&mut self, address: &str, elapsed: u64) {
        if let Some(resource) = self.resources.get_mut(address) {
            resource.elapsed = elapsed;
        }
    }

    /// Records the end of a step: nothing of it is in progress any more.
    pub(super) fn end_step(&mut self, time: Timestamp, step: Step, failed: Option<&str>) {
        self.pid = None;
        let mut early = false;
        if let Some(state) = self.step.as_mut().filter(|state| state.step == step) {
            state.end = Some(failed.map(str::to_owned));
            early = state.early;
        }
        if early && self.phase == Phase::Init {
            // An early step has ended: the unit waits again.
            self.enter(time, Phase::Queued);
        }
        if step == Step::Apply {
            for resource in self.resources.values_mut() {
                // A failed read of a data source has no end in the stream.
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
    use crate::infra::run_event::{RunEvent, RunEventKind};

    #[test]
    fn clock_jumping_back_does_not_change_the_order() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let event = |seconds, what| RunEvent { time: at(seconds), what };
        let step =
            |seconds, step| event(seconds, RunEventKind::Step { unit: "a".into(), step, pid: None, early: false });
        let ended = |seconds, step| {
            event(seconds, RunEventKind::StepEnded { unit: "a".into(), step, code: Some(0), failed: None })
        };
        let events =
            [step(0, Step::Plan), ended(-3600, Step::Plan), step(-7200, Step::Apply), ended(-7000, Step::Apply)];
        let state = RunState::of(&events);
        let unit = &state.units["a"];
        assert_eq!((unit.phase, unit.since), (Phase::Applying, Some(at(-7200))));
        assert_eq!(unit.step.as_ref().map(|step| (step.step, step.end.clone())), Some((Step::Apply, Some(None))));
    }

    #[test]
    fn unfinished_resource_is_in_flight_after_its_process_ended() {
        let time: Timestamp = "2026-11-28T05:00:00Z".parse().unwrap();
        let event = |what| RunEvent { time, what };
        let unit = || "network".to_owned();
        let said = |message| event(RunEventKind::Said { unit: unit(), step: Step::Apply, message });
        let address = |name: &str| format!("aws_vpc.{name}");
        let start = |name| said(Message::ApplyStarted { address: address(name), action: Action::Create });
        let done = Message::ApplyDone { address: address("a"), action: Action::Create, id: None, elapsed: 2 };
        let events = [
            event(RunEventKind::Step { unit: unit(), step: Step::Apply, pid: Some(7), early: false }),
            start("a"),
            start("b"),
            said(done),
            event(RunEventKind::StepEnded {
                unit: unit(),
                step: Step::Apply,
                code: None,
                failed: Some("killed".into()),
            }),
        ];
        let state = RunState::of(&events);
        let phase = |name| state.units["network"].resources[&address(name)].phase;
        assert_eq!((phase("a"), phase("b")), (ResourcePhase::Done, ResourcePhase::InFlight));
        assert_eq!(state.units["network"].pid, None);
        // Events round-trip through JSON, also one of a later version.
        for event in &events {
            let line = serde_json::to_string(event).unwrap();
            assert_eq!(&serde_json::from_str::<RunEvent>(&line).unwrap(), event, "{line}");
        }
        let later = r#"{"time":"2026-11-28T05:00:00Z","event":"paused","for":3}"#;
        assert_eq!(serde_json::from_str::<RunEvent>(later).unwrap().what, RunEventKind::Unknown);
    }
}
