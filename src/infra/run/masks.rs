//! Masks secrets of a plan in the output of its apply: Terraform masks them in values, but not in error messages.

use crate::model::infra::message::{Diagnostic, Message};
use crate::model::infra::plan::Secrets;
use std::collections::{BTreeMap, BTreeSet};

/// Terraform's text in place of the output of a provisioner.
const SUPPRESSED: &str = "(output suppressed due to sensitive value in config)";
/// The text after a command in the error of a provisioner.
const STATUS: &str = "': exit status ";

/// The secret values to mask, by unit.
#[derive(Debug, Default)]
pub(super) struct Masks {
    secrets: BTreeMap<String, Secrets>,
    /// Resources with a provisioner whose command contains a sensitive value, as pairs of unit and address.
    silent: BTreeSet<(String, String)>,
}

impl Masks {
    /// Whether the secrets of a unit's plan are known.
    pub fn contains(&self, unit: &str) -> bool {
        self.secrets.contains_key(unit)
    }

    /// Adds the secrets of a unit's plan.
    pub fn add(&mut self, unit: &str, secrets: Secrets) {
        self.secrets.insert(unit.to_owned(), secrets);
    }

    /// Returns a message of an apply without secrets.
    pub fn mask_message(&mut self, unit: &str, message: Message) -> Message {
        match message {
            Message::Diagnostic(diagnostic) => Message::Diagnostic(self.mask_diagnostic(unit, diagnostic)),
            Message::Log { text } => {
                if let Some((address, _)) = text.split_once(": (").filter(|_| text.ends_with(SUPPRESSED)) {
                    self.silent.insert((unit.to_owned(), address.to_owned()));
                }
                Message::Log { text: self.hidden(unit, text) }
            }
            Message::ApplyDone { address, action, id, elapsed } => {
                let id = id.map(|id| self.hidden(unit, id));
                Message::ApplyDone { address, action, id, elapsed }
            }
            other => other,
        }
    }

    /// Returns an error or a warning without secrets.
    pub fn mask_diagnostic(&self, unit: &str, diagnostic: Diagnostic) -> Diagnostic {
        let address = diagnostic.address.clone().unwrap_or_default();
        let is_silent = self.silent.contains(&(unit.to_owned(), address));
        let detail = if is_silent { without_command(&diagnostic.detail) } else { diagnostic.detail };
        Diagnostic {
            summary: self.hidden(unit, diagnostic.summary),
            detail: self.hidden(unit, detail),
            code: diagnostic.code.map(|code| self.hidden(unit, code)),
            ..diagnostic
        }
    }

    fn hidden(&self, unit: &str, text: String) -> String {
        self.secrets.get(unit).and_then(|secrets| secrets.redact(&text)).unwrap_or(text)
    }
}

/// Returns the error of a provisioner without its command and the command's output.
fn without_command(detail: &str) -> String {
    let status = detail.rsplit_once(STATUS).map(|(_, rest)| rest);
    let status: String = status.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    let ended = if status.is_empty() { String::new() } else { format!(" with exit status {status}") };
    format!("its command failed{ended}. It has a sensitive value, and is not shown, nor is what it printed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error(detail: &str) -> Diagnostic {
        Diagnostic {
            error: true,
            summary: "local-exec provisioner error".into(),
            detail: detail.into(),
            address: Some("terraform_data.it".into()),
            file: None,
            line: None,
            code: None,
        }
    }

    #[test]
    fn secret_of_the_plan_is_masked_in_errors_of_its_apply() {
        let plan = json!({"format_version": "1.2", "resource_changes": [{"address": "terraform_data.it", "change": {
            "actions": ["create"], "after": {"input": "pass-word"}, "after_sensitive": {"input": true}}}]});
        let mut masks = Masks::default();
        assert!(!masks.contains("a"));
        masks.add("a", Secrets::read(plan.to_string().as_bytes()).unwrap());
        let diagnostic = masks.mask_diagnostic("a", error("cannot log in with pass-word: refused"));
        assert_eq!(diagnostic.detail, "cannot log in with (sensitive value): refused");
        let log = |text: &str| Message::Log { text: text.into() };
        assert_eq!(masks.mask_message("a", log("is pass-word it?")), log("is (sensitive value) it?"));
        assert_eq!(
            masks.mask_message("b", log("is pass-word it?")),
            log("is pass-word it?"),
            "values of another unit are not masked"
        );
    }

    #[test]
    fn suppressed_command_is_removed_from_its_error() {
        let mut masks = Masks::default();
        let detail = "Error running command 'echo pass; exit 3': exit status 3. Output: pass\n";
        assert_eq!(masks.mask_diagnostic("a", error(detail)).detail, detail);
        masks.mask_message("a", Message::Log { text: format!("terraform_data.it: (local-exec): {SUPPRESSED}") });
        let diagnostic = masks.mask_diagnostic("a", error(detail)).detail;
        assert!(
            diagnostic.contains("exit status 3") && !diagnostic.contains("pass;") && !diagnostic.contains("Output"),
            "{diagnostic}"
        );
        assert_eq!(masks.mask_diagnostic("b", error(detail)).detail, detail);
    }
}
