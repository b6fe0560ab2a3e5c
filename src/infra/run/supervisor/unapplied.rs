//! Which unit a plan waits for that could not be made, as nothing of that one was applied yet.

use super::super::folder;
use super::super::words;
use super::Supervisor;
use crate::infra::terraform;
use crate::model::infra::message::Diagnostic;
use crate::model::infra::remote_state;
use crate::model::infra::run_event::{Goal, Step, UnitEnd, What};
use crate::model::infra::{Tool, Unit};
use crate::model::text::quoted;
use std::collections::BTreeSet;

/// Terraform's sentence for a state that is read and that nobody has written, whichever backend it is in. It has no code for it.
const NO_STATE: &str = "Unable to find remote state";

impl Supervisor<'_> {
    /// The unit that this one waits for, as nothing of it was applied and this one cannot be planned; none where that is not why. A
    /// destroy waits for nothing that it needs: there the unit has failed, and what to do is said.
    pub(super) fn unapplied(&mut self, name: &str, step: Step) -> Option<String> {
        let by = self.without_outputs(name, step)?;
        if self.order.goal != Goal::Destroy {
            return Some(by);
        }
        let why = format!(
            "it reads outputs of {by}, of which nothing is applied any more: apply {by} again with `cockpit infra apply --env {} --unit \
             {}`, then destroy",
            quoted(&self.order.environment),
            quoted(&by)
        );
        self.tell(What::UnitEnded { unit: name.to_owned(), end: UnitEnd::Failed { why } });
        None
    }

    /// The unit of which nothing was applied, so that this one cannot be planned.
    fn without_outputs(&self, name: &str, step: Step) -> Option<String> {
        let unit = self.unit(name)?;
        if unit.tool == Tool::Terragrunt {
            // It names the unit itself.
            let beside = std::fs::read_to_string(folder::stderr(&self.run, name, step)).unwrap_or_default();
            return words::unapplied(&beside);
        }
        let said = &self.state.units.get(name)?.diagnostics;
        let mut errors = said.iter().filter(|said| said.error).peekable();
        // What fails for another reason too, fails also when the other one is applied.
        errors.peek()?;
        if errors.clone().any(|error| error.summary != NO_STATE) {
            return None;
        }
        let units = || self.order.units.iter().chain(&self.order.reads);
        let codes: Vec<_> = units().map(|unit| (unit, terraform::states(unit))).collect();
        let named = |error: &Diagnostic| {
            let line = usize::try_from(error.line?).ok()?;
            Some(remote_state::read_at(&codes, name, error.file.as_deref()?, line)?.to_owned())
        };
        errors.find_map(named).or_else(|| self.only_need(&unit))
    }

    /// The one unit that could be meant where the code does not say it: the only one that is needed. Of several nobody knows which.
    fn only_need(&self, unit: &Unit) -> Option<String> {
        let alone = self.order.units.len() == 1;
        let outside = self.order.reads.iter().filter(|_| alone).map(|read| read.name.as_str());
        let needed: BTreeSet<&str> = unit.depends_on.iter().map(String::as_str).chain(outside).collect();
        needed.first().filter(|_| needed.len() == 1).map(|name| (*name).to_owned())
    }
}
