//! Terragrunt settings of a unit that are not in Terraform's code: hooks and arguments of an apply, because of which a
//! plan must be applied through Terragrunt; mock outputs; and the location of its cache.

use serde::{Deserialize, Deserializer, Serialize};
use std::path::PathBuf;

/// The Terragrunt settings of a unit; empty for a plain Terraform unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Around {
    /// Whether there are hooks for both `apply` and `destroy`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hooks: bool,
    /// Whether there are hooks for `apply` but not for `destroy`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub apply_hooks: bool,
    /// Whether there are hooks for `destroy` but not for `apply`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub destroy_hooks: bool,
    /// Whether Terragrunt assumes an IAM role for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub role: bool,
    /// Whether Terragrunt sets variables for `apply` (`extra_arguments`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub variables: bool,
    /// Whether Terragrunt sets variables for commands that access a state without a run: `output`, `state`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub state_variables: bool,
    /// Whether Terragrunt passes arguments to `apply` that have an effect when a plan is applied.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub arguments: bool,
    /// Whether its code forbids Terragrunt to destroy it (`prevent_destroy`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub prevented: bool,
    /// Whether its settings could not be read from Terragrunt.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// Names of dependencies whose mock outputs may be used even if the dependency was applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub made_up: Vec<String>,
    /// The absolute path of its own folder in a cache that is elsewhere (`download_dir`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<PathBuf>,
}

impl Around {
    /// Whether no setting is present.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Returns why a plan must be applied through Terragrunt; empty if Terraform can apply it directly. A plan that
    /// destroys is applied with the command `apply` too, so hooks of `apply` would run.
    pub fn terragrunt_reasons(&self, destroys: bool) -> Vec<&'static str> {
        let reasons = [
            (self.hooks || (self.apply_hooks && !destroys), "it has hooks around apply"),
            (self.role, "it works in a role"),
            (self.variables, "its code sets variables for apply"),
            (self.arguments && !destroys, "its code gives arguments to apply"),
            (self.unknown, "what is around its apply is not known"),
        ];
        reasons.into_iter().filter(|(applies, _)| *applies).map(|(_, why)| why).collect()
    }

    /// Returns why a run does not destroy it, with a hint; `None` if it can be destroyed.
    pub fn destroy_prevention(&self) -> Option<String> {
        if self.prevented {
            // Terragrunt reports this only when the unit's turn comes, after the units that depend on it were
            // destroyed.
            let text = "its code of Terragrunt has `prevent_destroy`: take that out, or name with --unit the units that are to be \
                        destroyed";
            return Some(text.to_owned());
        }
        let why = if self.unknown {
            "Terragrunt does not say which hooks it has, and those of `destroy` would not run"
        } else if self.destroy_hooks {
            "it has hooks of `destroy`, which run with that command of Terragrunt alone, and a plan is applied with `apply`"
        } else if self.apply_hooks && !self.terragrunt_reasons(true).is_empty() {
            "its plan has to be applied through Terragrunt, and its hooks of `apply`, which are none of `destroy`, would run"
        } else {
            return None;
        };
        Some(format!(
            "it is not destroyed from here: {why}. Run `terragrunt destroy` in its folder, or change `commands` of the hooks"
        ))
    }

    /// Whether its state must be accessed through Terragrunt, which uses other credentials or variables for it.
    pub fn state_needs_terragrunt(&self) -> bool {
        self.role || self.state_variables
    }
}

/// Deserializes the settings, also from runs of earlier versions that recorded only whether there are hooks.
///
/// # Errors
/// If the value has neither form.
pub(super) fn kept<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Around, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Recorded {
        Hooks(bool),
        Around(Around),
    }
    Ok(match Recorded::deserialize(deserializer)? {
        Recorded::Hooks(hooks) => Around { hooks, ..Around::default() },
        Recorded::Around(around) => around,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::{Tool, Unit};

    #[test]
    fn destroy_respects_hooks_of_apply_and_destroy() {
        let of = |change: fn(&mut Around)| {
            let mut around = Around::default();
            change(&mut around);
            around
        };
        let nothing = Around::default();
        assert!(nothing.terragrunt_reasons(false).is_empty() && nothing.destroy_prevention().is_none());
        let apply = of(|around| around.apply_hooks = true);
        assert_eq!(
            (apply.terragrunt_reasons(false).len(), apply.terragrunt_reasons(true).len(), apply.destroy_prevention()),
            (1, 0, None)
        );
        let both = of(|around| around.hooks = true);
        assert_eq!(
            (both.terragrunt_reasons(false).len(), both.terragrunt_reasons(true).len(), both.destroy_prevention()),
            (1, 1, None)
        );
        let destroy = of(|around| around.destroy_hooks = true);
        assert!(destroy.terragrunt_reasons(false).is_empty());
        assert!(destroy.destroy_prevention().is_some_and(|why| why.contains("`terragrunt destroy`")));
        let role = of(|around| (around.role, around.apply_hooks) = (true, true));
        assert!(role.destroy_prevention().is_some_and(|why| why.contains("would run")));
        assert_eq!(of(|around| around.role = true).destroy_prevention(), None);
        assert!(of(|around| around.unknown = true).destroy_prevention().is_some());
        let prevented = of(|around| around.prevented = true);
        assert!(prevented.terragrunt_reasons(false).is_empty() && prevented.terragrunt_reasons(true).is_empty());
        assert!(prevented.destroy_prevention().is_some_and(|why| why.contains("`prevent_destroy`")));
    }

    #[test]
    fn hooks_recorded_by_an_earlier_version_are_kept() {
        let text = r#"{"name":"a","tool":"terragrunt","dir":"/a","hooks":true}"#;
        let unit: Unit = serde_json::from_str(text).unwrap();
        assert!(unit.around.hooks);
        let round_trip: Unit = serde_json::from_str(&serde_json::to_string(&unit).unwrap()).unwrap();
        assert_eq!((round_trip.tool, round_trip), (Tool::Terragrunt, unit.clone()));
        let plain: Unit = serde_json::from_str(&text.replace(",\"hooks\":true", "")).unwrap();
        assert!(plain.around.is_nothing() && !serde_json::to_string(&plain).unwrap().contains("around"));
    }
}
