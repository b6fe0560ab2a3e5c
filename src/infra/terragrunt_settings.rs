//! Reads the settings of Terragrunt around its units: hooks, extra arguments, roles. Terragrunt is called only for units whose
//! code, read as text, may contain such a setting, because each call is a process.

use super::code_search::Texts;
use super::environment::ChildEnvironment;
use super::short_calls::ToolCall;
use super::tools::Tools;
use crate::model::infra::path::plain;
use crate::model::infra::{Around, Unit};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sha1::{Digest as _, Sha1};
use std::path::{Path, PathBuf};

/// The number of units to query at a time: each is a process of 75 MB.
const CONCURRENT_QUERIES: usize = 4;
/// Words in code that may affect how a unit's state is read.
const STATE_WORDS: [&str; 4] = ["iam_role", "iam_web_identity", "env_vars", DOWNLOAD_DIR];
/// Words in code that may affect how a unit is planned and applied.
const RUN_WORDS: [&str; 5] = ["_hook", "extra_arguments", "mock_outputs_merge", "skip_outputs", "prevent_destroy"];
/// The setting that moves the cache of a unit.
const DOWNLOAD_DIR: &str = "download_dir";
/// Commands that read or change a state.
const STATE_COMMANDS: [&str; 3] = ["output", "state", "force-unlock"];
/// Prefixes of arguments that have no effect when a plan is applied, or that every step gets from the cockpit anyway.
const HARMLESS_ARGUMENTS: [&str; 7] =
    ["-var", "-lock-timeout", "-input", "-no-color", "-compact-warnings", "-auto-approve", "-json"];

/// Reads the settings around these units. Those that only a run needs are read only with `for_a_run`.
pub(super) async fn read(
    units: &mut [Unit],
    texts: &Texts,
    tools: &Tools,
    surroundings: &ChildEnvironment,
    for_a_run: bool,
    warnings: &mut Vec<String>,
) {
    let own = surroundings.of_terragrunt(&tools.terraform);
    let words: Vec<&str> = STATE_WORDS.iter().chain(RUN_WORDS.iter().filter(|_| for_a_run)).copied().collect();
    // A unit whose files contain none of the words has no such settings.
    let may_matter = |unit: &&mut Unit| words.iter().any(|word| texts.may_mention(&unit.name, word));
    let mut relevant: Vec<&mut Unit> = units.iter_mut().filter(may_matter).collect();
    for chunk in relevant.chunks_mut(CONCURRENT_QUERIES) {
        let queries = chunk.iter().map(|unit| async {
            let query = |words: &'static [&'static str]| {
                let question = ToolCall::new(tools.terragrunt(), &unit.dir).arguments(words);
                let own = &own;
                async move {
                    question
                        .run_checked(own, "")
                        .await
                        .ok()
                        .and_then(|reported| serde_json::from_slice(&reported.stdout).ok())
                }
            };
            let rendered: Option<Value> = query(&["render", "--json", "--no-color"]).await;
            let elsewhere = texts.may_mention(&unit.name, DOWNLOAD_DIR);
            let info: Option<Value> = if elsewhere { query(&["info", "print", "--no-color"]).await } else { None };
            let own = if elsewhere { cache(info.as_ref(), rendered.as_ref(), &unit.dir) } else { None };
            (rendered, own)
        });
        let answers = futures_util::future::join_all(queries).await;
        for (unit, (rendered, cache)) in chunk.iter_mut().zip(answers) {
            let name = &unit.name;
            if rendered.is_none() && for_a_run {
                warnings.push(format!(
                    "{name}: its Terragrunt settings are not known, so it is applied through Terragrunt"
                ));
            }
            let unknown = || Around { unknown: true, role: texts.may_mention(name, "iam_role"), ..Around::default() };
            let uses = |dependency: &str| texts.may_mention(name, &format!("dependency.{dependency}"));
            unit.around = rendered.map_or_else(unknown, |rendered| of(&rendered, &uses));
            unit.around.cache = cache;
        }
    }
}

/// Returns the settings in a unit's rendered code. Outputs of a dependency count only if the unit `uses` them.
fn of(rendered: &Value, uses: &dyn Fn(&str) -> bool) -> Around {
    let terraform = &rendered["terraform"];
    let is_set = |name: &str| rendered[name].as_str().is_some_and(|text| !text.is_empty());
    let mut around = Around {
        role: is_set("iam_role") || is_set("iam_web_identity_token"),
        prevented: rendered["prevent_destroy"] == true,
        ..Around::default()
    };
    for hook in ["before_hook", "after_hook", "error_hook"].iter().flat_map(|kind| all(&terraform[*kind])) {
        // The command `true` is the usual way to disable a hook.
        if matches!(words(hook, "execute")[..], ["true"]) || hook["if"] == false {
            continue;
        }
        match (has(hook, "apply"), has(hook, "destroy")) {
            (true, true) => around.hooks = true,
            (true, false) => around.apply_hooks = true,
            (false, true) => around.destroy_hooks = true,
            (false, false) => {}
        }
    }
    for extra in all(&terraform["extra_arguments"]) {
        let sets = extra["env_vars"].as_object().is_some_and(|set| !set.is_empty());
        let gives =
            words(extra, "arguments").iter().any(|word| !HARMLESS_ARGUMENTS.iter().any(|idle| word.starts_with(idle)));
        around.variables |= sets && has(extra, "apply");
        around.state_variables |= sets && STATE_COMMANDS.iter().any(|command| has(extra, command));
        around.arguments |= gives && has(extra, "apply");
    }
    let dependencies = rendered["dependency"].as_object().into_iter().flatten();
    let made_up = dependencies.filter(|(name, dependency)| may_use_mocks(dependency) && uses(name));
    around.made_up = made_up.map(|(name, _)| name.clone()).collect();
    around
}

/// Whether a plan may contain mock outputs of a dependency that was applied, which Terragrunt does not report.
pub(super) fn may_use_mocks(dependency: &Value) -> bool {
    let has_mocks = dependency["mock_outputs"].as_object().is_some_and(|mocks| !mocks.is_empty());
    let commands = words(dependency, "mock_outputs_allowed_terraform_commands");
    let strategy = dependency["mock_outputs_merge_strategy_with_state"].as_str();
    let merges = strategy.is_some_and(|strategy| strategy != "no_merge")
        || (strategy.is_none() && dependency["mock_outputs_merge_with_state"] == true);
    has_mocks
        && dependency["enabled"] != false
        && (commands.is_empty() || commands.contains(&"plan"))
        && (merges || dependency["skip"] == true)
}

/// Returns the folder of a unit in a cache outside of the unit. `info` lacks it while outputs that the unit needs are missing;
/// then it follows from the rendered code: the folder in the cache is named after a hash of the unit's folder.
fn cache(info: Option<&Value>, rendered: Option<&Value>, unit: &Path) -> Option<PathBuf> {
    let path = |reported: &Value, name: &str| reported[name].as_str().map(|path| plain(&unit.join(path)));
    let reported = info.and_then(|info| {
        let (all, works) = (path(info, "download_dir")?, path(info, "working_dir")?);
        let first = works.strip_prefix(&all).ok()?.components().next()?;
        Some(all.join(first))
    });
    let own = reported.or_else(|| Some(path(rendered?, "download_dir")?.join(cache_folder_name(unit))))?;
    (!own.starts_with(unit)).then_some(own)
}

/// Returns the name that Terragrunt gives to a unit's folder in a cache.
fn cache_folder_name(unit: &Path) -> String {
    URL_SAFE_NO_PAD.encode(Sha1::digest(unit.as_os_str().as_encoded_bytes()))
}

/// Returns the blocks of a kind.
fn all(blocks: &Value) -> impl Iterator<Item = &Value> {
    blocks.as_object().into_iter().flat_map(Map::values)
}

fn words<'a>(block: &'a Value, name: &str) -> Vec<&'a str> {
    block[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn has(block: &Value, command: &str) -> bool {
    words(block, "commands").contains(&command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rendered(terraform: &Value) -> Around {
        of(&json!({ "terraform": terraform, "iam_role": "" }), &|_| true)
    }

    #[test]
    fn hooks_are_distinguished_by_their_commands() {
        let hook = |hook: Value| rendered(&json!({"before_hook": {"one": hook}, "after_hook": {}, "error_hook": null}));
        assert!(hook(json!({"commands": ["plan", "apply"], "execute": ["sh", "-c", "x"], "if": null})).apply_hooks);
        assert!(hook(json!({"commands": ["destroy"], "execute": ["x"]})).destroy_hooks);
        let both = hook(json!({"commands": ["apply", "destroy"], "execute": ["x"]}));
        assert_eq!(both, Around { hooks: true, ..Around::default() });
        for nothing in [
            json!({"commands": ["plan"], "execute": ["x"]}),
            json!({"commands": ["apply"], "execute": ["x"], "if": false}),
            json!({"commands": ["apply"], "execute": ["true"], "if": null}),
        ] {
            assert!(hook(nothing).is_nothing());
        }
        assert!(rendered(&Value::Null).is_nothing());
    }

    #[test]
    fn prevent_destroy_is_read() {
        let of = |value: Value| of(&json!({ "prevent_destroy": value, "terraform": null }), &|_| true);
        assert_eq!(of(json!(true)), Around { prevented: true, ..Around::default() });
        assert!(of(json!(false)).is_nothing() && of(Value::Null).is_nothing());
    }

    #[test]
    fn role_and_extra_arguments_are_read() {
        for name in ["iam_role", "iam_web_identity_token"] {
            let around = of(&json!({ name: "arn:aws:iam::111111111111:role/x" }), &|_| true);
            assert!(around.role && around.state_needs_terragrunt(), "{name}");
        }
        let extra = |extra: Value| rendered(&json!({"extra_arguments": {"one": extra}}));
        let variables =
            extra(json!({"commands": ["plan", "apply"], "env_vars": {"AWS_PROFILE": "a"}, "arguments": null}));
        assert_eq!(variables, Around { variables: true, ..Around::default() });
        assert!(extra(json!({"commands": ["state"], "env_vars": {"AWS_PROFILE": "a"}})).state_needs_terragrunt());
        assert!(extra(json!({"commands": ["apply"], "arguments": ["-parallelism=1"]})).arguments);
        for nothing in [
            json!({"commands": ["plan"], "env_vars": {"A": "b"}, "arguments": ["-refresh=false"]}),
            json!({"commands": ["plan", "apply"], "arguments": ["-lock-timeout=20m", "-var-file=a.tfvars"], "env_vars": {}}),
            json!({"commands": ["apply"], "required_var_files": ["a.tfvars"], "arguments": null, "env_vars": null}),
        ] {
            assert!(extra(nothing).is_nothing());
        }
    }

    #[test]
    fn dependencies_with_mock_outputs_beside_real_ones_are_listed() {
        let of = |more: Value| {
            let mut dependency = json!({"config_path": "../net", "mock_outputs": {"id": "made-up"}});
            dependency.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            of(&json!({"dependency": {"net": dependency}}), &|name| name == "net").made_up
        };
        assert_eq!(of(json!({"mock_outputs_merge_strategy_with_state": "shallow"})), ["net"]);
        assert_eq!(of(json!({"mock_outputs_merge_with_state": true})), ["net"]);
        assert_eq!(of(json!({"skip": true})), ["net"], "outputs of a skipped dependency are never read");
        for nothing in [
            json!({}),
            json!({"mock_outputs_merge_strategy_with_state": "no_merge"}),
            json!({"skip": true, "mock_outputs": {}}),
            json!({"skip": true, "mock_outputs_allowed_terraform_commands": ["validate"]}),
        ] {
            assert!(of(nothing).is_empty());
        }
    }

    #[test]
    fn cache_outside_of_the_unit_is_found_from_its_working_folder() {
        let unit = Path::new("/envs/a");
        let of = |all: &str, works: &str| cache(Some(&json!({"download_dir": all, "working_dir": works})), None, unit);
        assert_eq!(of("/cache", "/cache/one/two/module"), Some("/cache/one".into()));
        assert_eq!(of("/envs/a/.terragrunt-cache", "/envs/a/.terragrunt-cache/one/two"), None);
        assert_eq!(of("/cache", "/cache"), None, "the cache is shared by all units");
        assert_eq!(of("/cache", "/envs/a"), None);
        assert_eq!(
            of("/envs/a/../../cache", "/cache/one/two"),
            Some("/cache/one".into()),
            "a path built with `get_terragrunt_dir()`"
        );
    }

    #[test]
    fn cache_outside_of_the_unit_is_found_while_outputs_are_missing() {
        // The output of Terragrunt 1.1.0 at that time, and the name that it later gives to the folder.
        let unit = Path::new("/repo/tg/units/net work");
        let info = json!({"download_dir": unit.join(".terragrunt-cache"), "working_dir": unit});
        let of = |rendered: &Value| cache(Some(&info), Some(rendered), unit);
        let elsewhere = json!({"download_dir": "/repo/tg/units/net work/../../cache"});
        assert_eq!(of(&elsewhere), Some("/repo/tg/cache/lcyXZia3xsdp0_-54guW6VbLjJM".into()));
        assert_eq!(of(&json!({"download_dir": ""})), None, "the default cache is inside the unit");
        assert_eq!(cache(None, None, unit), None);
    }
}
