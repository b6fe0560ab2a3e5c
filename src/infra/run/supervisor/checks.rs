//! Checks right before a step: the credentials' account, where the states are of, and that what was approved is what
//! would be applied.

use super::super::ahead;
use super::super::bound;
use super::super::folder;
use super::super::left;
use super::super::show;
use super::super::steps;
use super::super::world;
use super::Supervisor;
use crate::model::infra::run_event::{Goal, Step, What};
use crate::model::infra::{Tool, Unit};
use crate::model::text::quoted;
use std::path::{Path, PathBuf};
use tokio::task::JoinHandle;

impl Supervisor<'_> {
    /// Prepares shorter ways for this run than one step after the other, and begins to ask what each of Terragrunt's
    /// calls would ask.
    pub(super) fn prepare(&mut self) {
        let of_terragrunt = self.order.units.iter().filter(|unit| unit.tool == Tool::Terragrunt);
        let is_fresh = |unit: &&Unit| {
            // Terragrunt initialises what has neither; what has one it takes for initialised, also where its code is another now.
            let made = |data: &Path| ["providers", "modules"].iter().any(|name| data.join(name).exists());
            !world::working_dirs(unit).iter().any(|(_, data)| made(data))
        };
        let names = |units: Vec<&Unit>| units.into_iter().map(|unit| unit.name.clone()).collect::<Vec<_>>();
        let fresh = names(of_terragrunt.filter(is_fresh).collect());
        let ahead = if self.order.goal == Goal::Apply { self.order.ahead.clone() } else { Vec::new() };
        if let Some(unit) = self.order.units.iter().find(|unit| unit.tool == Tool::Terragrunt)
            && ahead::is_itself(&self.order.terraform)
        {
            let said = &self.order.terraform_said;
            // Asked a moment ago: this first supervisor of the run need not, and the first unit's Terragrunt need not either.
            if said.is_empty() || folder::replace_for_now(&self.run.join(ahead::VERSION), said.as_bytes()).is_err() {
                let call = steps::ask(&self.order, &self.around, unit, None, vec!["version".into()]);
                tokio::spawn(learn_version(self.run.clone(), call));
            }
        }
        if !fresh.is_empty() || !ahead.is_empty() {
            self.tell(What::Prepared { fresh, ahead });
        }
    }

    /// Why a unit is neither planned nor applied: its state is of another AWS than this run. Before an apply it is written
    /// down where its state is of.
    pub(super) fn other_world(&self, unit: &Unit, step: Step) -> Option<String> {
        if !matches!(step, Step::Plan | Step::Apply) {
            return None;
        }
        if let Some(why) = world::other_of(&self.runs, &self.order, unit) {
            return Some(why);
        }
        let written = if step == Step::Apply { world::remember(&self.runs, &self.order, unit) } else { Ok(()) };
        written.err().map(|error| format!("where its state is of cannot be written down: {error}"))
    }

    /// Why a unit is not planned in a run that applies: a state that an apply could not write is not pushed yet, and what it has
    /// would be made once more.
    pub(super) fn unpushed(&self, unit: &Unit, step: Step) -> Option<String> {
        if step != Step::Plan || !self.order.goal.applies() {
            return None;
        }
        let file = left::errored(unit).into_iter().next()?;
        Some(format!(
            "a state that could not be written is kept in {}, and what it has would be made once more: push it first with \
             `cockpit infra state push {} --unit {}`, or remove it where that was done",
            file.display(),
            quoted(&self.order.environment),
            quoted(&unit.name)
        ))
    }

    /// Why a plan does not count that has initialised its unit: only after that it is known where the state of the unit
    /// is, and it is of another AWS than this run. Asked before it is written down that the plan has ended.
    pub(super) fn leads_elsewhere(&self, name: &str, step: Step) -> Option<String> {
        if step != Step::Plan || !self.state.fresh.contains(name) {
            return None;
        }
        world::other_of(&self.runs, &self.order, &self.unit(name)?)
    }

    /// Why nothing is planned or applied with these credentials; none where they are of the account that the run was begun
    /// with. Whoever takes a run up may have others, and a profile may have changed.
    pub(super) async fn wrong_account(&mut self, step: Step) -> Option<String> {
        let expected = self.order.account.clone().filter(|_| matches!(step, Step::Plan | Step::Apply))?;
        let asked = if let Some(known) = self.whose.take() {
            known
        } else {
            let account = self.account;
            let asked = account(self.order.clone());
            match self.unless_cancelled(asked).await {
                Some(asked) => asked,
                None => return Some("the run was cancelled".into()),
            }
        };
        let wrong = match &asked {
            Ok(account) if *account == expected => None,
            Ok(account) => {
                Some(format!("the credentials are of account {account}, and the run was begun in {expected}"))
            }
            Err(why) => Some(format!("AWS cannot be asked whose account this is: {why}")),
        };
        self.whose = Some(asked);
        wrong
    }

    /// Why what was approved is not what would be applied now, with the code as it is now; none where it is.
    pub(super) async fn not_as_approved(&self, unit: &Unit, code: JoinHandle<bound::Code>) -> Option<String> {
        let state = self.state.units.get(&unit.name)?;
        let plan = state.plan.as_ref()?;
        let approved = state.approved.as_ref().map(|(hash, _)| hash.as_str());
        match bound::sha256(&folder::plan_file(&self.run, &unit.name)) {
            Ok(hash) if Some(hash.as_str()) == approved => {}
            Ok(_) => return Some("the plan file is not the one that was approved".into()),
            Err(error) => return Some(format!("the plan file cannot be read: {error}")),
        }
        match code.await {
            Ok(code) if plan.code.is_empty() || plan.code == code.hash() => None,
            Ok(_) => Some("the code has changed since it was planned".into()),
            Err(error) => Some(format!("whether the code has changed cannot be looked at: {error}")),
        }
    }
}

/// Asks Terraform for its version, and keeps what it says for as long as the run goes on.
async fn learn_version(run: PathBuf, call: steps::Call) {
    // Where it does not come to that, each asks by itself.
    if let Ok(said) = show::output(&call).await {
        let _ = folder::replace_for_now(&run.join(ahead::VERSION), &said);
    }
}
