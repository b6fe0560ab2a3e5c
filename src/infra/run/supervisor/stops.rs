//! The effects of a cancel on the steps that are under way. It is worked out in every round from what was asked and
//! what was done about it: so nothing is sent twice, whoever drives the run by then, and what cannot be sent yet is
//! sent later.

use super::super::leaf::Place;
use super::Supervisor;
use crate::model::infra::run_event::{Step, What};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::time::{Duration, Instant};

/// Two signals that wait at a time are one: another interrupt is sent when Terraform has said that it heard of the one before,
/// or after this.
const HEARD: Duration = Duration::from_secs(2);
/// The limit for a process to end that was told to.
const ENDS: Duration = Duration::from_secs(5);

impl Supervisor<'_> {
    /// Stops the steps under way, as was asked.
    pub(super) async fn stop_steps(&mut self) {
        if self.state.cancel.is_none() || self.state.end.is_some() {
            return;
        }
        let steps = self.state.units.iter().filter_map(|(name, unit)| {
            let step = unit.step.as_ref().filter(|step| step.end.is_none())?;
            Some((name.clone(), step.step))
        });
        for (unit, step) in steps.collect::<Vec<_>>() {
            if self.give_up(&unit, step) {
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

    /// Questions that change nothing are not waited for. Whether it was one.
    fn give_up(&mut self, unit: &str, step: Step) -> bool {
        let shown = self.showing.remove(unit).map(|task| task.abort());
        let listed = self.listing.remove(unit).map(|task| task.abort());
        if shown.or(listed).is_none() {
            return false;
        }
        let failed = Some("the run was cancelled".to_owned());
        self.tell(What::StepEnded { unit: unit.to_owned(), step, code: None, failed });
        true
    }

    /// Interrupts Terraform's own process of a step, once and once more for each time that it was asked for with a word: not
    /// Terragrunt, which would kill it after a while, nor its group.
    async fn interrupt(&mut self, unit: &str, step: Step, leaf: Pid) {
        let Some(state) = self.state.units.get(unit).and_then(|unit| unit.step.as_ref()) else { return };
        let sent = state.interrupts;
        let heard = state.stops || self.interrupted.get(unit).is_none_or(|at| at.elapsed() >= HEARD);
        if sent > self.state.hard_cancels || (sent > 0 && !heard) {
            return;
        }
        // Written down first: whoever takes the run up must not send it again, as the second one ends Terraform where it is.
        self.tell(What::Interrupted { unit: unit.to_owned(), step, times: sent + 1 });
        self.written().await;
        // One that is gone by now has ended by itself.
        let _ = kill_process(leaf, Signal::INT);
        self.interrupted.insert(unit.to_owned(), Instant::now());
    }

    /// Ends what runs around Terraform while that itself is not there: a hook, or Terragrunt that waits for something.
    fn end_around(&mut self, unit: &str, place: &Place) {
        let Some(group) = place.group().and_then(pid) else { return };
        let signal = match self.told_to_end.get(unit) {
            None => Signal::TERM,
            Some(at) if at.elapsed() >= ENDS => Signal::KILL,
            Some(_) => return,
        };
        let _ = kill_process_group(group, signal);
        self.told_to_end.entry(unit.to_owned()).or_insert_with(Instant::now);
    }
}

fn pid(number: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(number).ok()?)
}
