//! Checks right before a step: the account of the credentials, the AWS that states belong to, and that the approved plan is what
//! would be applied.

use super::super::ahead;
use super::super::bound;
use super::super::folder;
use super::super::show;
use super::super::state_endpoints;
use super::super::steps;
use super::super::unwritten_states;
use super::Supervisor;
use crate::model::infra::run_event::{Goal, RunEventKind, Step};
use crate::model::infra::{Tool, Unit};
use crate::model::text::shell_quote;
use crate::private_files;
use std::path::{Path, PathBuf};
use tokio::task::JoinHandle;

impl Supervisor<'_> {
    /// Prepares shortcuts for the steps of this run, and starts to request what each call of Terragrunt would
    /// request.
    pub(super) fn prepare(&mut self) {
        let of_terragrunt = self.order.units.iter().filter(|unit| unit.tool == Tool::Terragrunt);
        let is_fresh = |unit: &&Unit| {
            // Terragrunt initialises a unit that has neither. A unit that has one counts as initialised, even if its code has
            // changed.
            let made = |data: &Path| ["providers", "modules"].iter().any(|name| data.join(name).exists());
            !state_endpoints::working_dirs(unit).iter().any(|(_, data)| made(data))
        };
        let names = |units: Vec<&Unit>| units.into_iter().map(|unit| unit.name.clone()).collect::<Vec<_>>();
        let fresh = names(of_terragrunt.filter(is_fresh).collect());
        let ahead = if self.order.goal == Goal::Apply { self.order.ahead.clone() } else { Vec::new() };
        if let Some(unit) = self.order.units.iter().find(|unit| unit.tool == Tool::Terragrunt)
            && ahead::is_real_terraform(&self.order.terraform)
        {
            let output = &self.order.terraform_said;
            // The version was requested a moment ago, so the first supervisor of the run and the first unit's Terragrunt need
            // not repeat it.
            if output.is_empty()
                || private_files::replace_for_now(&self.run.join(ahead::VERSION), output.as_bytes()).is_err()
            {
                let call = steps::query_call(&self.order, &self.around, unit, None, vec!["version".into()]);
                tokio::spawn(store_version(self.run.clone(), call));
            }
        }
        if !fresh.is_empty() || !ahead.is_empty() {
            self.emit(RunEventKind::Prepared { fresh, ahead });
        }
    }

    /// Returns why a unit must not be planned or applied: its state belongs to another AWS than this run. Before an apply,
    /// records which AWS the state belongs to.
    pub(super) fn other_world(&self, unit: &Unit, step: Step) -> Option<String> {
        if !matches!(step, Step::Plan | Step::Apply) {
            return None;
        }
        if let Some(why) = state_endpoints::other_world_of_unit(&self.runs, &self.order, unit) {
            return Some(why);
        }
        let written =
            if step == Step::Apply { state_endpoints::record_world(&self.runs, &self.order, unit) } else { Ok(()) };
        written.err().map(|error| format!("the AWS of its state cannot be recorded: {error}"))
    }

    /// Returns why a unit must not be planned in a run that applies: a state that an apply could not write was not pushed yet,
    /// and its resources would be created again.
    pub(super) fn unpushed_state_reason(&self, unit: &Unit, step: Step) -> Option<String> {
        if step != Step::Plan || !self.order.goal.applies() {
            return None;
        }
        let file = unwritten_states::errored_states(unit).into_iter().next()?;
        Some(format!(
            "a state that could not be written is kept in {}, and what it has would be made once more: push it first with \
             `cockpit infra state push {} --unit {}`, or remove it where that was done",
            file.display(),
            shell_quote(&self.order.environment),
            shell_quote(&unit.name)
        ))
    }

    /// Returns why a plan that has initialised its unit does not count: only then is the location of the state known, and it
    /// belongs to another AWS than this run. Call it before the end of the plan is recorded.
    pub(super) fn belongs_elsewhere(&self, name: &str, step: Step) -> Option<String> {
        if step != Step::Plan || !self.state.uninitialized.contains(name) {
            return None;
        }
        state_endpoints::other_world_of_unit(&self.runs, &self.order, &self.unit(name)?)
    }

    /// Returns why nothing may be planned or applied with these credentials; `None` if they belong to the account that the run
    /// was started with. Whoever resumes a run may have others, and a profile may have changed.
    pub(super) async fn wrong_account(&mut self, step: Step) -> Option<String> {
        let expected = self.order.account.clone().filter(|_| matches!(step, Step::Plan | Step::Apply))?;
        let found = if let Some(known) = self.known_account.take() {
            known
        } else {
            let request = self.account;
            let answer = request(self.order.clone());
            match self.unless_cancelled(answer).await {
                Some(found) => found,
                None => return Some("the run was cancelled".into()),
            }
        };
        let wrong = match &found {
            Ok(account) if *account == expected => None,
            Ok(account) => {
                Some(format!("the credentials are of account {account}, and the run was begun in {expected}"))
            }
            Err(why) => Some(format!("AWS did not return the account of the credentials: {why}")),
        };
        self.known_account = Some(found);
        wrong
    }

    /// Returns why the current code and plan file differ from the approved plan; `None` if they do not.
    pub(super) async fn differs_from_approved(
        &self,
        unit: &Unit,
        code: JoinHandle<bound::CodeHashes>,
    ) -> Option<String> {
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
            Err(error) => Some(format!("it is not known whether the code has changed: {error}")),
        }
    }
}

/// Requests Terraform's version, and stores the output for the rest of the run.
async fn store_version(run: PathBuf, call: steps::Call) {
    // If this fails, each caller requests it itself.
    if let Ok(output) = show::program_output(&call).await {
        let _ = private_files::replace_for_now(&run.join(ahead::VERSION), &output);
    }
}
