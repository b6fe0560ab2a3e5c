//! Decides whether plans that were started ahead continue. The decision is recorded again in every round until Terraform
//! works: an earlier record may be missing, for example because the disk was full or the supervisor was killed.

use super::super::ahead;
use super::super::folder;
use super::Supervisor;
use crate::model::infra::Unit;
use crate::model::infra::run_event::{RunEventKind, Step};
use crate::model::infra::schedule::{self, Decision};

impl Supervisor<'_> {
    /// Lets a plan that was started ahead continue, now that its dependencies are done. The checks before any plan are made
    /// now, since the earlier result was before the dependencies were applied. If one fails, this plan is given up like one
    /// with unmet dependencies, and the plan that replaces it reports why.
    pub(super) async fn continue_plan(&mut self, unit: &Unit) {
        let name = unit.name.as_str();
        let mut obstacle = self.other_world(unit, Step::Plan);
        if obstacle.is_none() {
            obstacle = self.wrong_account(Step::Plan).await;
        }
        if let Some(why) = obstacle {
            self.held_back.insert(name.to_owned(), why);
            // If that cannot be written, it is repeated in the next round.
            let _ = ahead::write_go(&self.run, name, false);
            return;
        }
        // Recorded first: a plan without this event has certainly not continued.
        self.emit(RunEventKind::Step { unit: name.to_owned(), step: Step::Plan, pid: None, early: false });
        self.flush_events().await;
        if let Err(error) = ahead::write_go(&self.run, name, true) {
            self.note(Some(name), format!("its plan could not be released and is retried: {error}"));
        }
    }

    /// Whether this decision would continue a plan that must not; that plan has to end first.
    pub(super) fn is_held_back(&self, decision: &Decision) -> bool {
        matches!(decision, Decision::Begin { unit, .. } if self.held_back.contains_key(unit))
    }

    /// Records for each plan that was started ahead whether it continues, as far as that is known. A failure to write is
    /// repeated in the next round.
    pub(super) fn release_plans(&self) {
        let hopeless = schedule::waiting_in_vain(&self.state).into_iter();
        for unit in hopeless.chain(self.held_back.keys().map(String::as_str)) {
            let _ = ahead::write_go(&self.run, unit, false);
        }
        // A cancel interrupts Terraform's own process; before that exists, it is kept from starting.
        let continues = self.state.cancel.is_none();
        for unit in schedule::ready_early_units(&self.state) {
            if !folder::leaf(&self.run, unit, Step::Plan).exists() {
                let _ = ahead::write_go(&self.run, unit, continues);
            }
        }
    }
}
