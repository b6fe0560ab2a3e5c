//! Plans that were begun ahead: whether each of them goes on. That is said again in every round until Terraform works:
//! what was said once may not have come to stand there, as on a full disk, or where the supervisor was killed before.

use super::super::ahead;
use super::super::folder;
use super::Supervisor;
use crate::model::infra::Unit;
use crate::model::infra::run_event::{Step, What};
use crate::model::infra::schedule::{self, Decision};

impl Supervisor<'_> {
    /// The time of a plan that was begun ahead has come. What must hold before any plan must hold now: it was looked at
    /// before what the unit needs was applied. Where it does not hold, this plan comes to nothing, as one does whose
    /// needs are not met, and the one that is made in its place says why.
    pub(super) async fn go_on(&mut self, unit: &Unit) {
        let name = unit.name.as_str();
        let mut unfit = self.other_world(unit, Step::Plan);
        if unfit.is_none() {
            unfit = self.wrong_account(Step::Plan).await;
        }
        if let Some(why) = unfit {
            self.held_back.insert(name.to_owned(), why);
            // Where it cannot be said now, it is said in the next round.
            let _ = ahead::say(&self.run, name, false);
            return;
        }
        // Written down first: one that is not may not have gone on.
        self.tell(What::Step { unit: name.to_owned(), step: Step::Plan, pid: None, early: false });
        self.written().await;
        if let Err(error) = ahead::say(&self.run, name, true) {
            self.note(Some(name), format!("its plan cannot be told to go on, which is tried again: {error}"));
        }
    }

    /// Whether this would have a plan go on that was told that it does not: it has to end first.
    pub(super) fn is_held_back(&self, decision: &Decision) -> bool {
        matches!(decision, Decision::Begin { unit, .. } if self.held_back.contains_key(unit))
    }

    /// Says to each plan that was begun ahead whether it goes on, as far as that is known. Where that cannot be said
    /// now, it is said in the next round.
    pub(super) fn let_go(&self) {
        let in_vain = schedule::wait_in_vain(&self.state).into_iter();
        for unit in in_vain.chain(self.held_back.keys().map(String::as_str)) {
            let _ = ahead::say(&self.run, unit, false);
        }
        // Terraform's own process is interrupted at a cancel; before there is one, it is kept from coming to be.
        let goes_on = self.state.cancel.is_none();
        for unit in schedule::have_waited(&self.state) {
            if !folder::leaf(&self.run, unit, Step::Plan).exists() {
                let _ = ahead::say(&self.run, unit, goes_on);
            }
        }
    }
}
