//! Small judgements of the supervisor: what is kept of a message, why a program was not started, whether plugins are shared.

use super::steps;
use crate::infra::surroundings::ChildEnvironment;
use crate::model::infra::message::Message;
use std::io;
use std::path::{Path, PathBuf};

/// Shortens a message that is no event of a resource: the file has it whole.
pub(super) fn shortened(message: Message) -> Message {
    const LONGEST: usize = 4096;
    match message {
        Message::Log { text } if text.len() > LONGEST => {
            Message::Log { text: crate::model::text::cut_end(&text, LONGEST).into_owned() }
        }
        other => other,
    }
}

/// Why a program was not started, and what to do.
pub(super) fn not_started(call: &steps::Call, error: &io::Error) -> String {
    if !call.dir.is_dir() {
        return format!("there is no folder {} any more", call.dir.display());
    }
    format!("{} cannot be started: {error}", call.program.display())
}

/// Whether providers of several units go into one folder: `init` of two at a time would write there together.
pub(super) fn shares_plugins(around: &ChildEnvironment) -> bool {
    shares(around, std::env::home_dir().as_deref())
}

fn shares(around: &ChildEnvironment, home: Option<&Path>) -> bool {
    if around.get("TF_PLUGIN_CACHE_DIR").is_some_and(|dir| !dir.is_empty()) {
        return true;
    }
    let named = ["TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"].iter().find_map(|name| around.get(name));
    let files = match named.filter(|file| !file.is_empty()) {
        Some(named) => vec![PathBuf::from(named)],
        None => home.map(settings).unwrap_or_default(),
    };
    files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).any(|text| names_a_cache(&text))
}

/// The files that have Terraform's own settings, where none is named.
fn settings(home: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(home.join(".terraform.d")).into_iter().flatten().flatten().map(|entry| entry.path());
    let own = all.filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        [".tfrc", ".tfrc.json"].iter().any(|ending| name.ends_with(ending))
    });
    std::iter::once(home.join(".terraformrc")).chain(own).collect()
}

/// Whether settings, in Terraform's language or in JSON, name a cache of providers.
fn names_a_cache(text: &str) -> bool {
    text.contains("\"plugin_cache_dir\"") || text.lines().any(|line| line.trim_start().starts_with("plugin_cache_dir"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EnvironmentConfig;

    #[test]
    fn a_cache_of_providers_is_known_wherever_terraforms_settings_name_it() {
        let home = std::env::temp_dir().join(format!("cockpit-settings-{}", std::process::id()));
        let around = |variables: &[(&str, &str)]| {
            let inherited = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            ChildEnvironment::of(inherited, &EnvironmentConfig::default(), Path::is_file)
        };
        let folder = home.join(".terraform.d");
        std::fs::create_dir_all(&folder).unwrap();
        let own = |variables: &[(&str, &str)]| shares(&around(variables), Some(&home));
        let named = home.join("named.tfrc");
        std::fs::write(&named, "# plugin_cache_dir = \"/nowhere\"\ndisable_checkpoint = true\n").unwrap();
        assert!(!own(&[]) && own(&[("TF_PLUGIN_CACHE_DIR", "/cache")]));
        for (file, text) in [
            (home.join(".terraformrc"), "plugin_cache_dir = \"/cache\"\n"),
            (folder.join("cache.tfrc"), "  plugin_cache_dir = \"/cache\"\n"),
            (folder.join("cache.tfrc.json"), "{\"disable_checkpoint\": true, \"plugin_cache_dir\": \"/cache\"}"),
        ] {
            std::fs::write(&file, text).unwrap();
            assert!(own(&[]), "{}", file.display());
            let only = named.to_str().unwrap();
            for name in ["TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG"] {
                assert!(!own(&[(name, only)]), "that one alone is read: {}", file.display());
            }
            std::fs::remove_file(file).unwrap();
        }
        std::fs::remove_dir_all(home).unwrap();
    }
}
