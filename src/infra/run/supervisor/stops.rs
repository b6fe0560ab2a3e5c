//! The effects of a cancel on the steps in progress. They are derived in every round from the requests and from what was done
//! about them. So nothing is sent twice, even after the run was resumed, and what cannot be sent yet is sent later.

use super::super::step_process::StepPlace;
use super::Supervisor;
use crate::model::infra::run_event::{RunEventKind, Step};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::time::{Duration, Instant};

/// Two pending signals merge into one, so another interrupt is sent only after Terraform has reported the previous one, or after
/// this time.
const ACKNOWLEDGE_LIMIT: Duration = Duration::from_secs(2);
/// The time between SIGTERM and SIGKILL.
const KILL_AFTER: Duration = Duration::from_secs(5);

impl Supervisor<'_> {
    /// Stops the steps in progress as requested.
    pub(super) async fn stop_steps(&mut self) {
        if self.state.cancel.is_none() || self.state.end.is_some() {
            return;
        }
        let steps = self.state.units.iter().filter_map(|(name, unit)| {
            let step = unit.step.as_ref().filter(|step| step.end.is_none())?;
            Some((name.clone(), step.step))
        });
        for (unit, step) in steps.collect::<Vec<_>>() {
            if self.abort_call(&unit, step) {
                continue;
            }
            let place = self.place(&unit, step);
            match place.pid().and_then(pid) {
                Some(leaf) => self.interrupt(&unit, step, leaf).await,
                None if self.state.hard_cancels > 0 => self.end_around(&unit, &place),
                None => {}
            }
        }
    }

    /// Aborts a read-only call of a step; returns whether there was one.
    fn abort_call(&mut self, unit: &str, step: Step) -> bool {
        let shown = self.showing.remove(unit).map(|task| task.abort());
        let listed = self.listing.remove(unit).map(|task| task.abort());
        if shown.or(listed).is_none() {
            return false;
        }
        let failed = Some("the run was cancelled".to_owned());
        self.emit(RunEventKind::StepEnded { unit: unit.to_owned(), step, code: None, failed });
        true
    }

    /// Interrupts Terraform's own process of a step: once, and once more for each confirmed hard cancel. Not Terragrunt, which
    /// would kill Terraform after a while, nor its group.
    async fn interrupt(&mut self, unit: &str, step: Step, leaf: Pid) {
        let Some(state) = self.state.units.get(unit).and_then(|unit| unit.step.as_ref()) else { return };
        let sent = state.interrupts;
        let acknowledged =
            state.stop_confirmed || self.interrupted.get(unit).is_none_or(|at| at.elapsed() >= ACKNOWLEDGE_LIMIT);
        if sent > self.state.hard_cancels || (sent > 0 && !acknowledged) {
            return;
        }
        // Recorded first: whoever resumes the run must not send it again, as a second interrupt ends Terraform at once.
        self.emit(RunEventKind::Interrupted { unit: unit.to_owned(), step, times: sent + 1 });
        self.flush_events().await;
        // A process that is gone has ended by itself.
        let _ = kill_process(leaf, Signal::INT);
        self.interrupted.insert(unit.to_owned(), Instant::now());
    }

    /// Ends the programs around Terraform while that is not running: a hook, or a waiting Terragrunt.
    fn end_around(&mut self, unit: &str, place: &StepPlace) {
        let Some(group) = place.group().and_then(pid) else { return };
        let signal = match self.terminated_at.get(unit) {
            None => Signal::TERM,
            Some(at) if at.elapsed() >= KILL_AFTER => Signal::KILL,
            Some(_) => return,
        };
        let _ = kill_process_group(group, signal);
        self.terminated_at.entry(unit.to_owned()).or_insert_with(Instant::now);
    }
}

fn pid(number: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(number).ok()?)
}
