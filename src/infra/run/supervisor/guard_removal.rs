//! Lifts the guards of resources before a destroy, by a separate plan over code with a temporary override.

use super::super::bound::OVERRIDE;
use super::super::folder;
use super::super::move_journal::remove_if_exists;
use super::super::shim;
use super::super::steps::Lifting;
use super::Supervisor;
use crate::model::infra::Unit;
use crate::model::infra::guard::{self, Guard, Lift};
use crate::model::infra::run::LiftPhase;
use crate::model::infra::run_event::Step;

impl Supervisor<'_> {
    /// Returns the guards to lift before a unit is destroyed; none if there are none, or lifting was tried before.
    pub(super) fn guards_to_lift(&mut self, unit: &str, guards: &[Guard]) -> Result<Vec<Guard>, String> {
        if guards.is_empty() || self.state.units.get(unit).is_none_or(|unit| unit.lift != LiftPhase::None) {
            return Ok(Vec::new());
        }
        let beyond = guard::unliftable(guards, self.has_switch(unit));
        let refused: Vec<&str> =
            beyond.iter().filter(|guard| guard.what == Lift::Protection).map(|guard| guard.address.as_str()).collect();
        if !refused.is_empty() {
            return Err(format!(
                "nothing of it is destroyed: {} cannot be destroyed while its deletion protection is on, and is in a module, \
                 out of reach from here. Switch it off in the code and apply, or give the root a variable `{}`",
                refused.join(", "),
                guard::VARIABLE
            ));
        }
        for guard in &beyond {
            self.note(
                Some(unit),
                format!("{}: that is left out, as it is in a module, out of reach", guard.describe()),
            );
        }
        Ok(guards.iter().filter(|guard| !beyond.contains(guard)).cloned().collect())
    }

    /// Returns the parameters of the plan that lifts guards, which is made instead of the destroy.
    pub(super) fn lifting(&self, unit: &Unit) -> Option<Lifting> {
        let state = self.state.units.get(&unit.name).filter(|unit| unit.lift == LiftPhase::Planned)?;
        let mut addresses: Vec<String> = state.guards.iter().map(|guard| guard.address.clone()).collect();
        addresses.sort();
        addresses.dedup();
        let in_modules = addresses.iter().any(|address| address.starts_with("module."));
        Some(Lifting { addresses, switch: in_modules && self.has_switch(&unit.name) })
    }

    /// Writes the override file that the plan of a unit needs; if it needs none, removes that of an earlier plan.
    pub(super) fn write_override(&self, unit: &Unit) -> Result<(), String> {
        let path = unit.dir.join(OVERRIDE);
        let text = self
            .state
            .units
            .get(&unit.name)
            .filter(|unit| unit.lift == LiftPhase::Planned)
            .and_then(|unit| guard::override_code(&unit.guards));
        let done = match text {
            Some(text) => std::fs::write(&path, text),
            None => remove_if_exists(&path),
        };
        done.map_err(|error| format!("{} cannot be written or removed: {error}", path.display()))
    }

    /// Removes the override file, whose content is part of the plan now.
    pub(super) fn remove_override(&mut self, unit: &str) {
        let Some(path) = self.unit(unit).map(|unit| unit.dir.join(OVERRIDE)) else { return };
        if let Err(error) = remove_if_exists(&path) {
            self.note(Some(unit), format!("{} cannot be removed: do it before anything else: {error}", path.display()));
        }
    }

    /// Whether the root module of a unit has the variable that allows its destruction.
    fn has_switch(&self, unit: &str) -> bool {
        let leaf = shim::leaf(&folder::leaf(&self.run, unit, Step::Plan)).map(|leaf| leaf.dir);
        let Some(dir) = leaf.or_else(|| self.unit(unit).map(|unit| unit.dir)) else { return false };
        let files = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
        let code = files.filter(|path| path.extension().is_some_and(|ending| ending == "tf"));
        code.filter_map(|path| std::fs::read_to_string(path).ok()).any(|text| {
            let names = text.lines().filter_map(|line| line.trim_start().strip_prefix("variable"));
            names
                .map(|rest| rest.trim().trim_end_matches('{').trim().trim_matches('"'))
                .any(|name| name == guard::VARIABLE)
        })
    }
}
