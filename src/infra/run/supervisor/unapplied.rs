//! Which unit a plan waits for that could not be made, as nothing of that one was applied yet.

use super::super::folder;
use super::super::words;
use super::Supervisor;
use crate::infra::terraform;
use crate::model::infra::message::Diagnostic;
use crate::model::infra::remote_state;
use crate::model::infra::run_event::Step;
use crate::model::infra::{Tool, Unit};
use std::collections::BTreeSet;

/// Terraform's sentence for a state that is read and that nobody has written, whichever backend it is in. It has no code for it.
const NO_STATE: &str = "Unable to find remote state";

impl Supervisor<'_> {
    /// The unit of which nothing was applied, so that this one cannot be planned; none where that is not why.
    pub(super) fn unapplied(&self, name: &str, step: Step) -> Option<String> {
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
