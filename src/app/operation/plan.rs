//! The plan that a person confirms: the changes, the current values, how to undo them, and the calls.

use super::call::Write;
use crate::app::command::Risk;
use crate::model::deploy::{Change, Check, Level};
use crate::model::suggested_commands::{CommandScope, with_scope};

/// A plan, shown before anything is changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The title: `deploy web`.
    pub title: String,
    /// The steps, one sentence each.
    pub steps: Vec<String>,
    /// The values before and after.
    pub changes: Vec<Change>,
    /// The checks before the change.
    pub checks: Vec<Check>,
    /// How to undo it, and what cannot be undone, in a sentence.
    pub undo: String,
    /// The risk, before the environment's guard raises it.
    pub risk: Risk,
    /// The changes in AWS, in order.
    pub writes: Vec<Write>,
    /// Commands that will be run.
    pub programs: Vec<String>,
    /// The equivalent command line.
    pub command: String,
    /// The title of a wider plan worth offering.
    pub wider_plan_title: Option<String>,
}

impl Plan {
    /// Adds the environment to every command that the plan's texts suggest.
    #[must_use]
    pub(super) fn in_environment(mut self, named: CommandScope<'_>) -> Self {
        self.undo = with_scope(&self.undo, named);
        for check in &mut self.checks {
            check.hint = check.hint.take().map(|hint| with_scope(&hint, named));
        }
        self
    }

    /// The checks that prevent it.
    pub fn blockers(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.level == Level::Stop)
    }

    /// Whether no check prevents it.
    pub fn possible(&self) -> bool {
        self.blockers().next().is_none()
    }
}
