//! Resumes a run whose supervisor was killed, or that has ended and is to continue.

use super::super::step_process;
use super::Supervisor;
use crate::model::infra::run::Phase;
use crate::model::infra::run_event::{RunEventKind, Step};

impl Supervisor<'_> {
    /// Finds the steps that were in progress. For those that are alive, the output is read on from where the events end. For
    /// those that have ended, the rest of the output is read, and decides how they ended.
    pub(super) fn adopt(&mut self) {
        self.emit(RunEventKind::TakenUp { pid: std::process::id() });
        let names: Vec<String> = self.state.units.keys().cloned().collect();
        for name in names {
            let Some(unit) = self.state.units.get(&name) else { continue };
            let in_progress = unit.step.as_ref().filter(|step| step.end.is_none() && unit.phase != Phase::Ended);
            let Some((step, lines)) = in_progress.map(|step| (step.step, step.lines)) else { continue };
            let place = self.place(&name, step);
            match step {
                // Nothing is left of it, and it changed nothing.
                Step::Show => self.repeat(&name, step, "the supervisor was killed while the plan was read"),
                // Its event was written, and then it did not start.
                Step::Apply if !place.has_started() => {
                    self.repeat(&name, step, "the supervisor was killed before the apply had begun");
                }
                Step::Init | Step::Plan | Step::Apply => {
                    if let Some(pid) = place.pid().filter(|_| place.is_alive()) {
                        let text = format!("{} continues as process {pid}", super::super::folder::step_name(step));
                        self.note(Some(&name), text);
                    }
                    tokio::spawn(step_process::follow(place, None, lines, false, self.out.clone()));
                }
            }
        }
    }

    /// Marks a step to be repeated from its beginning.
    fn repeat(&mut self, name: &str, step: Step, why: &str) {
        self.emit(RunEventKind::StepEnded { unit: name.to_owned(), step, code: None, failed: Some(why.to_owned()) });
        self.emit(RunEventKind::PlanStale { unit: name.to_owned(), why: why.to_owned() });
    }
}
