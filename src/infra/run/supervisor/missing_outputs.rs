//! Finds the unit whose missing outputs kept a plan from being made, because nothing of it was applied yet.

use super::super::folder;
use super::super::tool_messages;
use super::Supervisor;
use crate::infra::terraform;
use crate::model::infra::message::Diagnostic;
use crate::model::infra::remote_state;
use crate::model::infra::run_event::{Goal, RunEventKind, Step, UnitEnd};
use crate::model::infra::{Tool, Unit};
use crate::model::text::shell_quote;
use std::collections::BTreeSet;

/// Terraform's message for reading a state that nobody has written, in any backend. It has no error code.
const NO_STATE: &str = "Unable to find remote state";

impl Supervisor<'_> {
    /// Returns the unit that this one must wait for, if it cannot be planned because nothing of that one was applied. A
    /// destroy never waits for a dependency; the unit then fails with a hint.
    pub(super) fn unapplied_dependency(&mut self, name: &str, step: Step) -> Option<String> {
        let by = self.without_outputs(name, step)?;
        if self.order.goal != Goal::Destroy {
            return Some(by);
        }
        let why = format!(
            "it reads outputs of {by}, of which nothing is applied any more: apply {by} again with `cockpit infra apply --env {} --unit \
             {}`, then destroy",
            shell_quote(&self.order.environment),
            shell_quote(&by)
        );
        self.emit(RunEventKind::UnitEnded { unit: name.to_owned(), end: UnitEnd::Failed { why } });
        None
    }

    /// Returns the unit of which nothing was applied, so that this one cannot be planned.
    fn without_outputs(&self, name: &str, step: Step) -> Option<String> {
        let unit = self.unit(name)?;
        if unit.tool == Tool::Terragrunt {
            // Its message names the unit.
            let log = std::fs::read_to_string(folder::stderr(&self.run, name, step)).unwrap_or_default();
            return tool_messages::unapplied_dependency(&log);
        }
        let diagnostics = &self.state.units.get(name)?.diagnostics;
        let mut errors = diagnostics.iter().filter(|one| one.error).peekable();
        // A unit that fails for another reason too would also fail after the other one is applied.
        errors.peek()?;
        if errors.clone().any(|error| error.summary != NO_STATE) {
            return None;
        }
        let units = || self.order.units.iter().chain(&self.order.reads);
        let codes: Vec<_> = units().map(|unit| (unit, terraform::referenced_states(unit))).collect();
        let named = |error: &Diagnostic| {
            let line = usize::try_from(error.line?).ok()?;
            Some(remote_state::unit_read_at(&codes, name, error.file.as_deref()?, line)?.to_owned())
        };
        errors.find_map(named).or_else(|| self.only_need(&unit))
    }

    /// Returns the only dependency, for errors whose code does not name one. With several it is unknown which is meant.
    fn only_need(&self, unit: &Unit) -> Option<String> {
        let alone = self.order.units.len() == 1;
        let outside = self.order.reads.iter().filter(|_| alone).map(|read| read.name.as_str());
        let needed: BTreeSet<&str> = unit.depends_on.iter().map(String::as_str).chain(outside).collect();
        needed.first().filter(|_| needed.len() == 1).map(|name| (*name).to_owned())
    }
}
