//! The settings of Terragrunt around its units. It is asked of those whose code may say something of it, as text: each
//! question is a process.

use super::ask::Question;
use super::surroundings::ChildEnvironment;
use super::texts::Texts;
use super::tools::Tools;
use crate::model::infra::path::plain;
use crate::model::infra::{Around, Unit};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sha1::{Digest as _, Sha1};
use std::path::{Path, PathBuf};

/// Units that are asked about at the same time: each is a process of 75 MB.
const AT_A_TIME: usize = 4;
/// Words of code that say something of how a unit is asked for its state.
const OF_STATES: [&str; 4] = ["iam_role", "iam_web_identity", "env_vars", DOWNLOADS];
/// Words of code that say something of how a unit is planned and applied.
const OF_RUNS: [&str; 5] = ["_hook", "extra_arguments", "mock_outputs_merge", "skip_outputs", "prevent_destroy"];
/// Says where the cache of a unit is.
const DOWNLOADS: &str = "download_dir";
/// Commands that read or change a state.
const STATE: [&str; 3] = ["output", "state", "force-unlock"];
/// Beginnings of arguments that do nothing where a plan is applied, or that each step has from here.
const IDLE: [&str; 7] = ["-var", "-lock-timeout", "-input", "-no-color", "-compact-warnings", "-auto-approve", "-json"];

/// Asks what is around these units. What only a run need know is asked for where one is meant.
pub(super) async fn ask(
    units: &mut [Unit],
    texts: &Texts,
    tools: &Tools,
    surroundings: &ChildEnvironment,
    for_a_run: bool,
    warnings: &mut Vec<String>,
) {
    let own = surroundings.of_terragrunt(&tools.terraform);
    let words: Vec<&str> = OF_STATES.iter().chain(OF_RUNS.iter().filter(|_| for_a_run)).copied().collect();
    // What no file names is around none.
    let may_have = |unit: &&mut Unit| words.iter().any(|word| texts.may_say(&unit.name, word));
    let mut asked: Vec<&mut Unit> = units.iter_mut().filter(may_have).collect();
    for some in asked.chunks_mut(AT_A_TIME) {
        let asked =
            some.iter().map(|unit| async {
                let said = |words: &'static [&'static str]| {
                    let question = Question::new(tools.terragrunt(), &unit.dir).arguments(words);
                    let own = &own;
                    async move {
                        question.ask_well(own, "").await.ok().and_then(|said| serde_json::from_slice(&said.out).ok())
                    }
                };
                let rendered: Option<Value> = said(&["render", "--json", "--no-color"]).await;
                let elsewhere = texts.may_say(&unit.name, DOWNLOADS);
                let info: Option<Value> = if elsewhere { said(&["info", "print", "--no-color"]).await } else { None };
                let own = if elsewhere { cache(info.as_ref(), rendered.as_ref(), &unit.dir) } else { None };
                (rendered, own)
            });
        let answers = futures_util::future::join_all(asked).await;
        for (unit, (rendered, cache)) in some.iter_mut().zip(answers) {
            let name = &unit.name;
            if rendered.is_none() && for_a_run {
                warnings
                    .push(format!("{name}: what Terragrunt does around it is not known, so it is applied through it"));
            }
            let unknown = || Around { unknown: true, role: texts.may_say(name, "iam_role"), ..Around::default() };
            let uses = |dependency: &str| texts.may_say(name, &format!("dependency.{dependency}"));
            unit.around = rendered.map_or_else(unknown, |rendered| of(&rendered, &uses));
            unit.around.cache = cache;
        }
    }
}

/// The settings around a unit whose code is rendered as this. Outputs of a dependency count where they are used.
fn of(rendered: &Value, uses: &dyn Fn(&str) -> bool) -> Around {
    let terraform = &rendered["terraform"];
    let is_set = |name: &str| rendered[name].as_str().is_some_and(|text| !text.is_empty());
    let mut around = Around {
        role: is_set("iam_role") || is_set("iam_web_identity_token"),
        prevented: rendered["prevent_destroy"] == true,
        ..Around::default()
    };
    for hook in ["before_hook", "after_hook", "error_hook"].iter().flat_map(|kind| all(&terraform[*kind])) {
        // `true` is how a hook says that it has nothing to do.
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
        let gives = words(extra, "arguments").iter().any(|word| !IDLE.iter().any(|idle| word.starts_with(idle)));
        around.variables |= sets && has(extra, "apply");
        around.state_variables |= sets && STATE.iter().any(|command| has(extra, command));
        around.arguments |= gives && has(extra, "apply");
    }
    let dependencies = rendered["dependency"].as_object().into_iter().flatten();
    let made_up = dependencies.filter(|(name, dependency)| makes_up(dependency) && uses(name));
    around.made_up = made_up.map(|(name, _)| name.clone()).collect();
    around
}

/// Whether a plan may have made up outputs of a dependency though that was applied, of which Terragrunt says nothing.
pub(super) fn makes_up(dependency: &Value) -> bool {
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

/// The folder of a unit in a cache that is elsewhere. Where outputs that it needs are not there yet, Terragrunt does not say it
/// (`info`), but how its code is rendered: the folder in the cache is called by that of the unit.
fn cache(info: Option<&Value>, rendered: Option<&Value>, unit: &Path) -> Option<PathBuf> {
    let path = |said: &Value, name: &str| said[name].as_str().map(|path| plain(&unit.join(path)));
    let said = info.and_then(|info| {
        let (all, works) = (path(info, "download_dir")?, path(info, "working_dir")?);
        let first = works.strip_prefix(&all).ok()?.components().next()?;
        Some(all.join(first))
    });
    let own = said.or_else(|| Some(path(rendered?, "download_dir")?.join(called(unit))))?;
    (!own.starts_with(unit)).then_some(own)
}

/// The name of a unit's folder in a cache, as Terragrunt makes it.
fn called(unit: &Path) -> String {
    URL_SAFE_NO_PAD.encode(Sha1::digest(unit.as_os_str().as_encoded_bytes()))
}

/// The blocks of a kind.
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
    fn hooks_are_told_apart_by_the_commands_that_they_run_around() {
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
    fn a_unit_that_terragrunt_may_not_destroy_is_known() {
        let of = |value: Value| of(&json!({ "prevent_destroy": value, "terraform": null }), &|_| true);
        assert_eq!(of(json!(true)), Around { prevented: true, ..Around::default() });
        assert!(of(json!(false)).is_nothing() && of(Value::Null).is_nothing());
    }

    #[test]
    fn a_role_and_what_extra_arguments_do_at_apply_are_known() {
        for name in ["iam_role", "iam_web_identity_token"] {
            let around = of(&json!({ name: "arn:aws:iam::111111111111:role/x" }), &|_| true);
            assert!(around.role && around.has_state(), "{name}");
        }
        let extra = |extra: Value| rendered(&json!({"extra_arguments": {"one": extra}}));
        let variables =
            extra(json!({"commands": ["plan", "apply"], "env_vars": {"AWS_PROFILE": "a"}, "arguments": null}));
        assert_eq!(variables, Around { variables: true, ..Around::default() });
        assert!(extra(json!({"commands": ["state"], "env_vars": {"AWS_PROFILE": "a"}})).has_state());
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
    fn outputs_that_may_be_made_up_beside_real_ones_are_known_by_their_dependency() {
        let of = |more: Value| {
            let mut dependency = json!({"config_path": "../net", "mock_outputs": {"id": "made-up"}});
            dependency.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            of(&json!({"dependency": {"net": dependency}}), &|name| name == "net").made_up
        };
        assert_eq!(of(json!({"mock_outputs_merge_strategy_with_state": "shallow"})), ["net"]);
        assert_eq!(of(json!({"mock_outputs_merge_with_state": true})), ["net"]);
        assert_eq!(of(json!({"skip": true})), ["net"], "its outputs are never asked for");
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
    fn a_cache_that_is_elsewhere_is_known_by_the_folder_of_the_unit_in_it() {
        let unit = Path::new("/envs/a");
        let of = |all: &str, works: &str| cache(Some(&json!({"download_dir": all, "working_dir": works})), None, unit);
        assert_eq!(of("/cache", "/cache/one/two/module"), Some("/cache/one".into()));
        assert_eq!(of("/envs/a/.terragrunt-cache", "/envs/a/.terragrunt-cache/one/two"), None);
        assert_eq!(of("/cache", "/cache"), None, "that is every unit's");
        assert_eq!(of("/cache", "/envs/a"), None);
        assert_eq!(
            of("/envs/a/../../cache", "/cache/one/two"),
            Some("/cache/one".into()),
            "as `get_terragrunt_dir()` is used"
        );
    }

    #[test]
    fn a_cache_that_is_elsewhere_is_known_before_there_are_the_outputs_that_a_unit_needs() {
        // As Terragrunt 1.1.0 says it then, and as it calls the folder later.
        let unit = Path::new("/repo/tg/units/net work");
        let info = json!({"download_dir": unit.join(".terragrunt-cache"), "working_dir": unit});
        let of = |rendered: &Value| cache(Some(&info), Some(rendered), unit);
        let elsewhere = json!({"download_dir": "/repo/tg/units/net work/../../cache"});
        assert_eq!(of(&elsewhere), Some("/repo/tg/cache/lcyXZia3xsdp0_-54guW6VbLjJM".into()));
        assert_eq!(of(&json!({"download_dir": ""})), None, "it is in its own folder");
        assert_eq!(cache(None, None, unit), None);
    }
}
