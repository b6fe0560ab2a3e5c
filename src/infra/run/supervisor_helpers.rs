//! Helpers of the supervisor: shortening messages, start errors, and detecting a shared provider cache.

use super::steps;
use crate::infra::environment::ChildEnvironment;
use crate::model::infra::message::Message;
use std::io;
use std::path::{Path, PathBuf};

/// Shortens a message that is not about a resource; the output file has it completely.
pub(super) fn shorten(message: Message) -> Message {
    const MAX_LENGTH: usize = 4096;
    match message {
        Message::Log { text } if text.len() > MAX_LENGTH => {
            Message::Log { text: crate::model::text::cut_end(&text, MAX_LENGTH).into_owned() }
        }
        other => other,
    }
}

/// Returns why a program was not started, and what to do.
pub(super) fn start_failure(call: &steps::Call, error: &io::Error) -> String {
    if !call.dir.is_dir() {
        return format!("there is no folder {} any more", call.dir.display());
    }
    format!("{} cannot be started: {error}", call.program.display())
}

/// Whether several units share a provider cache: two `init` at a time would write to it together.
pub(super) fn shares_plugins(around: &ChildEnvironment) -> bool {
    shares_cache(around, std::env::home_dir().as_deref())
}

fn shares_cache(around: &ChildEnvironment, home: Option<&Path>) -> bool {
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

/// Returns the files with Terraform's settings, if no file is configured.
fn settings(home: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(home.join(".terraform.d")).into_iter().flatten().flatten().map(|entry| entry.path());
    let own = files.filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        [".tfrc", ".tfrc.json"].iter().any(|ending| name.ends_with(ending))
    });
    std::iter::once(home.join(".terraformrc")).chain(own).collect()
}

/// Whether settings, in Terraform's language or in JSON, configure a provider cache.
fn names_a_cache(text: &str) -> bool {
    text.contains("\"plugin_cache_dir\"") || text.lines().any(|line| line.trim_start().starts_with("plugin_cache_dir"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EnvironmentConfig;

    #[test]
    fn provider_cache_is_detected_in_all_of_terraforms_settings() {
        let home = std::env::temp_dir().join(format!("cockpit-settings-{}", std::process::id()));
        let around = |variables: &[(&str, &str)]| {
            let inherited = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            ChildEnvironment::of(inherited, &EnvironmentConfig::default(), Path::is_file)
        };
        let folder = home.join(".terraform.d");
        std::fs::create_dir_all(&folder).unwrap();
        let own = |variables: &[(&str, &str)]| shares_cache(&around(variables), Some(&home));
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
                assert!(!own(&[(name, only)]), "Terraform then reads only this file: {}", file.display());
            }
            std::fs::remove_file(file).unwrap();
        }
        std::fs::remove_dir_all(home).unwrap();
    }
}
