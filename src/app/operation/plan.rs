//! The plan that a person confirms: what changes and how it stands now, what can be undone, and the calls.

use super::call::Write;
use crate::app::command::Risk;
use crate::model::deploy::{Change, Check, Level};
use crate::model::offered::{CommandScope, in_environment};

/// A plan, shown before anything is changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// `deploy web`.
    pub title: String,
    /// The steps, a sentence each.
    pub steps: Vec<String>,
    /// The values before and after.
    pub changes: Vec<Change>,
    /// The checks before the change.
    pub checks: Vec<Check>,
    /// The sentence on what can be undone, and how.
    pub undo: String,
    /// The risk, before a guarded environment raises it.
    pub risk: Risk,
    /// The changes of AWS, in order.
    pub writes: Vec<Write>,
    /// Commands that will be run.
    pub programs: Vec<String>,
    /// The command, as it would be typed.
    pub command: String,
    /// A wider plan that is worth offering: its title, which says what it does.
    pub offer: Option<String>,
}

impl Plan {
    /// Names this environment in every command that the plan's texts offer.
    #[must_use]
    pub(super) fn in_environment(mut self, named: CommandScope<'_>) -> Self {
        self.undo = in_environment(&self.undo, named);
        for check in &mut self.checks {
            check.hint = check.hint.take().map(|hint| in_environment(&hint, named));
        }
        self
    }

    /// The checks that keep it from being done.
    pub fn stops(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.level == Level::Stop)
    }

    /// Whether nothing keeps it from being done.
    pub fn possible(&self) -> bool {
        self.stops().next().is_none()
    }
}
