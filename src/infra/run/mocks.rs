//! Outputs that Terragrunt makes up though their dependency was applied. It says nothing of them, so that the outputs that are made
//! up are held against those that there are.

use super::leaf::command;
use super::steps;
use crate::infra::around::makes_up;
use crate::infra::ask::STATE;
use crate::infra::surroundings::ChildEnvironment;
use crate::model::infra::path::plain;
use crate::model::infra::{Order, Unit};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// The limit for a question to Terragrunt.
const ANSWERS: Duration = Duration::from_mins(5);

/// A unit whose plan may have some.
pub(super) struct Mocks {
    order: Order,
    around: ChildEnvironment,
    unit: Unit,
}

/// The question about a unit; none where Terragrunt mocks no outputs of it.
pub(super) fn of(order: &Order, around: &ChildEnvironment, unit: &Unit) -> Option<Mocks> {
    let may_be = !unit.around.made_up.is_empty();
    may_be.then(|| Mocks { order: order.clone(), around: around.clone(), unit: unit.clone() })
}

impl Mocks {
    /// Whether a plan that was just made has some. What cannot be looked at may be made up.
    pub async fn are_used(&self) -> bool {
        let Some(rendered) = self.said(&self.unit.dir, &["render", "--json", "--no-color"]).await else { return true };
        for name in &self.unit.around.made_up {
            let dependency = &rendered["dependency"][name];
            if makes_up(dependency) && !self.has_all(dependency).await {
                return true;
            }
        }
        false
    }

    /// Whether a dependency has every output that would be made up else.
    async fn has_all(&self, dependency: &Value) -> bool {
        let path = dependency["config_path"].as_str().filter(|_| dependency["skip"] != true);
        let Some(path) = path.map(|path| plain(&self.unit.dir.join(path))) else { return false };
        let dir: &Path = if path.is_file() { path.parent().unwrap_or(&path) } else { &path };
        let words: Vec<&str> = STATE.into_iter().chain(["output", "-json"]).collect();
        let Some(outputs) = self.said(dir, &words).await else { return false };
        let outputs = outputs.as_object().into_iter().flatten();
        let real = outputs.map(|(name, output)| (name.clone(), output["value"].clone())).collect();
        let is_deep = dependency["mock_outputs_merge_strategy_with_state"] == "deep_map_only";
        !lacks(&Value::Object(real), &dependency["mock_outputs"], is_deep)
    }

    async fn said(&self, dir: &Path, words: &[&str]) -> Option<Value> {
        let call = steps::of_terragrunt(&self.order, &self.around, dir, words);
        let asked = command(&call).kill_on_drop(true).output();
        let said = tokio::time::timeout(ANSWERS, asked).await.ok()?.ok()?;
        said.status.success().then(|| serde_json::from_slice(&said.stdout).ok())?
    }
}

/// Whether what there is lacks a key of what is made up; in maps of it only where these are merged too.
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
    fn what_is_made_up_is_used_where_the_real_outputs_lack_it() {
        let made_up = json!({"id": "x", "subnets": {"a": "1", "b": "2"}});
        assert!(lacks(&json!({"id": "vpc-1"}), &made_up, false));
        let part = json!({"id": "vpc-1", "subnets": {"a": "subnet-1"}, "more": 1});
        assert!(!lacks(&part, &made_up, false), "a map is taken whole");
        assert!(lacks(&part, &made_up, true), "a map is merged");
        assert!(!lacks(&json!({"id": {}, "subnets": "none"}), &made_up, true), "it is no map");
    }
}
