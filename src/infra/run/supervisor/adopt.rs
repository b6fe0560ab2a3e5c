//! Takes up a run whose supervisor was killed, or that has ended and is to go on.

use super::super::leaf;
use super::Supervisor;
use crate::model::infra::run::Phase;
use crate::model::infra::run_event::{Step, What};

impl Supervisor<'_> {
    /// Finds the steps that were under way: those that still live are read on from where the events end; of those that have
    /// ended the rest is read, and what they said is what they are judged by.
    pub(super) fn adopt(&mut self) {
        self.tell(What::TakenUp { pid: std::process::id() });
        let names: Vec<String> = self.state.units.keys().cloned().collect();
        for name in names {
            let Some(unit) = self.state.units.get(&name) else { continue };
            let under_way = unit.step.as_ref().filter(|step| step.end.is_none() && unit.phase != Phase::Ended);
            let Some((step, lines)) = under_way.map(|step| (step.step, step.lines)) else { continue };
            let place = self.place(&name, step);
            match step {
                // Nothing is left of it, and nothing was changed by it.
                Step::Show => self.again(&name, step, "the supervisor was killed while the plan was read"),
                // It was written down that it begins, and then it did not.
                Step::Apply if !place.began() => {
                    self.again(&name, step, "the supervisor was killed before the apply had begun");
                }
                Step::Init | Step::Plan | Step::Apply => {
                    if let Some(pid) = place.pid().filter(|_| place.lives()) {
                        let text = format!("{} goes on as process {pid}", super::super::folder::word(step));
                        self.note(Some(&name), text);
                    }
                    tokio::spawn(leaf::follow(place, None, lines, false, self.out.clone()));
                }
            }
        }
    }

    /// A step is done again from its beginning.
    fn again(&mut self, name: &str, step: Step, why: &str) {
        self.tell(What::StepEnded { unit: name.to_owned(), step, code: None, failed: Some(why.to_owned()) });
        self.tell(What::PlanStale { unit: name.to_owned(), why: why.to_owned() });
    }
}
