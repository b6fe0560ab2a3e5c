//! Lists every value with its origin, and the errors, as plain rows.

use super::known::KNOWN;
use super::loaded::Loaded;
use super::own_commands::EACH_COMMAND;
use super::schema::{Place, bare};
use super::value::Value;

/// A key with its value and origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The path: `environments.staging.account`.
    pub key: String,
    /// The value, if there is one.
    pub value: Option<Value>,
    /// The behaviour without a value, in words.
    pub default: &'static str,
    /// The origin: `config.toml:12`, `default`, …
    pub from: String,
}

/// Returns every known key: top-level keys, then those of each environment, then key bindings.
pub fn rows(loaded: &Loaded) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |key: String, value, default| {
        let from = loaded.origin(&key).describe();
        rows.push(Row { key, value, default, from });
    };
    for known in KNOWN {
        if let Place::Top { get, .. } = known.place {
            add(known.path(None), get(&loaded.config), known.default);
        }
    }
    for environment in &loaded.config.environments {
        for known in KNOWN {
            if let Place::Environment { get, .. } = known.place {
                add(known.path(Some(&environment.name)), get(environment), known.default);
            }
        }
    }
    for (service, build) in &loaded.config.builds {
        for known in KNOWN {
            if let Place::Build { get, .. } = known.place {
                add(known.path(Some(service)), get(build), known.default);
            }
        }
    }
    for command in &loaded.config.commands {
        for known in EACH_COMMAND {
            add(format!("commands.{}.{}", bare(&command.name), known.key), (known.get)(command), known.default);
        }
    }
    for (command, keys) in &loaded.config.keys {
        add(format!("keys.{}", bare(command)), Some(Value::List(keys.clone())), "");
    }
    rows
}
