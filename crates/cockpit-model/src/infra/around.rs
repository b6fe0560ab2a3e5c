//! Terragrunt's settings of a unit beside the code that Terraform reads: what it does around an apply, so that a plan
//! must be applied through it, which outputs it makes up, and where its cache is.

use serde::{Deserialize, Deserializer, Serialize};
use std::path::PathBuf;

/// The settings of Terragrunt around a unit; empty for a unit of Terraform.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Around {
    /// Hooks that run around `apply` and around `destroy`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hooks: bool,
    /// Hooks that run around `apply` and not around `destroy`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub apply_hooks: bool,
    /// Hooks that run around `destroy` and not around `apply`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub destroy_hooks: bool,
    /// Whether it works in a role of AWS, which Terragrunt takes for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub role: bool,
    /// Variables that Terragrunt sets for `apply` (`extra_arguments`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub variables: bool,
    /// Variables that it sets for what reads or changes a state without a run: `output`, `state`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub state_variables: bool,
    /// Arguments that it gives to `apply`, and that do something where a plan is applied.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub arguments: bool,
    /// Whether its code forbids Terragrunt to destroy it (`prevent_destroy`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub prevented: bool,
    /// Terragrunt does not say what is around it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// Names of dependencies with outputs that may be made up where the dependency was applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub made_up: Vec<String>,
    /// Its own folder in a cache that is elsewhere (`download_dir`), absolute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<PathBuf>,
}

impl Around {
    /// Whether there is nothing around it.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Why a plan is applied through Terragrunt, in words; empty where Terraform applies it itself. A plan that destroys is
    /// applied with the command `apply` too, so that hooks of that would run.
    pub fn why(&self, destroys: bool) -> Vec<&'static str> {
        let all = [
            (self.hooks || (self.apply_hooks && !destroys), "it has hooks around apply"),
            (self.role, "it works in a role"),
            (self.variables, "its code sets variables for apply"),
            (self.arguments && !destroys, "its code gives arguments to apply"),
            (self.unknown, "what is around its apply is not known"),
        ];
        all.into_iter().filter(|(so, _)| *so).map(|(_, why)| why).collect()
    }

    /// Why it is not destroyed by a run, in words, with what to do; none where it can be.
    pub fn not_destroyed(&self) -> Option<String> {
        if self.prevented {
            // Terragrunt says so only when its turn has come, and what needs it is gone by then.
            let text = "its code of Terragrunt has `prevent_destroy`: take that out, or name with --unit the units that are to be \
                        destroyed";
            return Some(text.to_owned());
        }
        let why = if self.unknown {
            "Terragrunt does not say which hooks it has, and those of `destroy` would not run"
        } else if self.destroy_hooks {
            "it has hooks of `destroy`, which run with that command of Terragrunt alone, and a plan is applied with `apply`"
        } else if self.apply_hooks && !self.why(true).is_empty() {
            "its plan has to be applied through Terragrunt, and its hooks of `apply`, which are none of `destroy`, would run"
        } else {
            return None;
        };
        Some(format!(
            "it is not destroyed from here: {why}. Run `terragrunt destroy` in its folder, or change `commands` of the hooks"
        ))
    }

    /// Whether its state is read and changed through Terragrunt, which has other credentials for that.
    pub fn has_state(&self) -> bool {
        self.role || self.state_variables
    }
}

/// Reads what is around a unit, also of a run that was begun by a version which knew hooks alone.
///
/// # Errors
/// It is neither.
pub(super) fn kept<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Around, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Kept {
        Hooks(bool),
        Around(Around),
    }
    Ok(match Kept::deserialize(deserializer)? {
        Kept::Hooks(hooks) => Around { hooks, ..Around::default() },
        Kept::Around(around) => around,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::{Tool, Unit};

    #[test]
    fn a_destroy_runs_no_hooks_of_apply_alone_and_is_refused_where_those_of_destroy_would_not_run() {
        let of = |change: fn(&mut Around)| {
            let mut around = Around::default();
            change(&mut around);
            around
        };
        let nothing = Around::default();
        assert!(nothing.why(false).is_empty() && nothing.not_destroyed().is_none());
        let apply = of(|around| around.apply_hooks = true);
        assert_eq!((apply.why(false).len(), apply.why(true).len(), apply.not_destroyed()), (1, 0, None));
        let both = of(|around| around.hooks = true);
        assert_eq!((both.why(false).len(), both.why(true).len(), both.not_destroyed()), (1, 1, None));
        let destroy = of(|around| around.destroy_hooks = true);
        assert!(destroy.why(false).is_empty());
        assert!(destroy.not_destroyed().is_some_and(|why| why.contains("`terragrunt destroy`")));
        let role = of(|around| (around.role, around.apply_hooks) = (true, true));
        assert!(role.not_destroyed().is_some_and(|why| why.contains("would run")));
        assert_eq!(of(|around| around.role = true).not_destroyed(), None);
        assert!(of(|around| around.unknown = true).not_destroyed().is_some());
        let prevented = of(|around| around.prevented = true);
        assert!(prevented.why(false).is_empty() && prevented.why(true).is_empty());
        assert!(prevented.not_destroyed().is_some_and(|why| why.contains("`prevent_destroy`")));
    }

    #[test]
    fn a_unit_that_an_earlier_version_wrote_down_keeps_its_hooks() {
        let text = r#"{"name":"a","tool":"terragrunt","dir":"/a","hooks":true}"#;
        let unit: Unit = serde_json::from_str(text).unwrap();
        assert!(unit.around.hooks);
        let again: Unit = serde_json::from_str(&serde_json::to_string(&unit).unwrap()).unwrap();
        assert_eq!((again.tool, again), (Tool::Terragrunt, unit.clone()));
        let plain: Unit = serde_json::from_str(&text.replace(",\"hooks\":true", "")).unwrap();
        assert!(plain.around.is_nothing() && !serde_json::to_string(&plain).unwrap().contains("around"));
    }
}
