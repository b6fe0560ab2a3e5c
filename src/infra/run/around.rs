//! Small judgements of the supervisor: what is kept of a message, why a program was not started, whether plugins are shared.

use super::steps;
use crate::infra::surroundings::ChildEnvironment;
use crate::model::infra::message::Message;
use std::io;
use std::path::PathBuf;

/// What Terraform says that is no event of a resource is kept short: the file has it whole.
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
    if around.get("TF_PLUGIN_CACHE_DIR").is_some_and(|dir| !dir.is_empty()) {
        return true;
    }
    let named = around.get("TF_CLI_CONFIG_FILE").map(PathBuf::from);
    let file = named.or_else(|| Some(std::env::home_dir()?.join(".terraformrc")));
    file.and_then(|file| std::fs::read_to_string(file).ok())
        .is_some_and(|text| text.lines().any(|line| line.trim_start().starts_with("plugin_cache_dir")))
}
