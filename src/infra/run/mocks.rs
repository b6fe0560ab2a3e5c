//! Detects mock outputs that Terragrunt uses although the dependency was applied. Terragrunt does not report them, so the mock
//! outputs are compared with the real ones.

use super::step_process::command;
use super::steps;
use crate::infra::environment::ChildEnvironment;
use crate::infra::short_calls::STATE;
use crate::infra::terragrunt_settings::may_use_mocks;
use crate::model::infra::path::plain;
use crate::model::infra::{RunOrder, Unit};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// The time limit for a call of Terragrunt.
const QUERY_LIMIT: Duration = Duration::from_mins(5);

/// A unit whose plan may use mock outputs.
pub(super) struct Mocks {
    order: RunOrder,
    around: ChildEnvironment,
    unit: Unit,
}

/// Returns the check for a unit; `None` if Terragrunt mocks no outputs of it.
pub(super) fn of(order: &RunOrder, around: &ChildEnvironment, unit: &Unit) -> Option<Mocks> {
    let may_mock = !unit.around.made_up.is_empty();
    may_mock.then(|| Mocks { order: order.clone(), around: around.clone(), unit: unit.clone() })
}

impl Mocks {
    /// Whether a plan that was just made uses mock outputs. True if that cannot be determined.
    pub async fn are_used(&self) -> bool {
        let Some(rendered) = self.query(&self.unit.dir, &["render", "--json", "--no-color"]).await else { return true };
        for name in &self.unit.around.made_up {
            let dependency = &rendered["dependency"][name];
            if may_use_mocks(dependency) && !self.has_all(dependency).await {
                return true;
            }
        }
        false
    }

    /// Whether a dependency has a real output for each mock output.
    async fn has_all(&self, dependency: &Value) -> bool {
        let path = dependency["config_path"].as_str().filter(|_| dependency["skip"] != true);
        let Some(path) = path.map(|path| plain(&self.unit.dir.join(path))) else { return false };
        let dir: &Path = if path.is_file() { path.parent().unwrap_or(&path) } else { &path };
        let words: Vec<&str> = STATE.into_iter().chain(["output", "-json"]).collect();
        let Some(outputs) = self.query(dir, &words).await else { return false };
        let outputs = outputs.as_object().into_iter().flatten();
        let real = outputs.map(|(name, output)| (name.clone(), output["value"].clone())).collect();
        let is_deep = dependency["mock_outputs_merge_strategy_with_state"] == "deep_map_only";
        !lacks(&Value::Object(real), &dependency["mock_outputs"], is_deep)
    }

    async fn query(&self, dir: &Path, words: &[&str]) -> Option<Value> {
        let call = steps::of_terragrunt(&self.order, &self.around, dir, words);
        let running = command(&call).kill_on_drop(true).output();
        let output = tokio::time::timeout(QUERY_LIMIT, running).await.ok()?.ok()?;
        output.status.success().then(|| serde_json::from_slice(&output.stdout).ok())?
    }
}

/// Whether the real outputs lack a key of the mock outputs; nested maps are compared only if they are merged too.
fn lacks(real: &Value, made_up: &Value, is_deep: bool) -> bool {
    let (Value::Object(real), Value::Object(made_up)) = (real, made_up) else { return false };
    made_up.iter().any(|(name, made_up)| match real.get(name) {
        None => true,
        Some(real) => is_deep && lacks(real, made_up, true),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn mock_outputs_are_used_where_real_ones_are_missing() {
        let made_up = json!({"id": "x", "subnets": {"a": "1", "b": "2"}});
        assert!(lacks(&json!({"id": "vpc-1"}), &made_up, false));
        let part = json!({"id": "vpc-1", "subnets": {"a": "subnet-1"}, "more": 1});
        assert!(!lacks(&part, &made_up, false), "a shallow merge takes a map as a whole");
        assert!(lacks(&part, &made_up, true), "a deep merge adds missing keys of a map");
        assert!(
            !lacks(&json!({"id": {}, "subnets": "none"}), &made_up, true),
            "a value that is not a map replaces the mock"
        );
    }
}
