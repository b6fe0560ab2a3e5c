//! The secrets of a plan: values that Terraform marks as sensitive, and the same values where it does not.
//!
//! Terraform marks places, not values: the `output` of a `terraform_data` contains in plain text what was sensitive in
//! its `input`, and a check may print it. So values from sensitive places are masked everywhere else too.

use super::show::{Delta, Module, PlanError, Show};
use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::{Number, Value};
use std::collections::{BTreeSet, HashSet};

/// The replacement for a sensitive value, in Terraform's own words.
pub(super) const SENSITIVE: &str = "(sensitive value)";

/// Minimum length of secrets that are searched for within texts: shorter values (`true`, `80`, `prod`) occur in many
/// texts.
const MIN_WITHIN: usize = 6;
/// Minimum length of secrets that are recognized as complete values.
const MIN_ALONE: usize = 4;

/// Secret values, which are masked wherever they occur.
#[derive(Debug, Default)]
pub struct Secrets {
    /// The secrets that are searched for within texts.
    within: Option<AhoCorasick>,
    /// The secrets that are recognized as complete values: also short ones, numbers, and everything in a map that is
    /// sensitive as a whole. Such a map may contain a region, which would mask every ARN if it were searched for within
    /// texts.
    alone: HashSet<String>,
}

/// The secrets found so far.
#[derive(Debug, Default)]
struct Found<'a> {
    within: BTreeSet<&'a str>,
    alone: HashSet<String>,
}

impl Secrets {
    /// Collects the secrets from the output of `show -json` for a plan file.
    ///
    /// # Errors
    /// If it is not a plan.
    pub fn read(show_json: &[u8]) -> Result<Self, PlanError> {
        Ok(Self::of(&Show::read(show_json)?))
    }

    /// Collects the secrets of a plan.
    pub(super) fn of(show: &Show) -> Self {
        let mut found = Found::default();
        let root = &show.configuration.root_module;
        for (name, variable) in &show.variables {
            if root.variables.get(name).is_some_and(|declared| declared.sensitive) {
                found.every(&variable.value, true);
            }
        }
        found.defaults(root);
        let resources = show.resource_changes.iter().chain(&show.resource_drift).map(|resource| &resource.change);
        for delta in resources.chain(show.output_changes.values()) {
            found.marked(delta);
        }
        let within: Vec<&str> = found.within.into_iter().filter(|text| text.len() >= MIN_WITHIN).collect();
        let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&within);
        Self { within: search.ok().filter(|_| !within.is_empty()), alone: found.alone }
    }

    /// Whether a text is or contains a secret.
    pub(super) fn occurs_in(&self, text: &str) -> bool {
        self.alone.contains(text) || self.within.as_ref().is_some_and(|secrets| secrets.is_match(text))
    }

    /// Whether a number is a secret.
    pub(super) fn has(&self, number: &Number) -> bool {
        !self.alone.is_empty() && self.alone.contains(&number.to_string())
    }

    /// Returns the text, or the replacement if it is or contains a secret.
    pub(super) fn masked(&self, text: &str) -> String {
        if self.occurs_in(text) { SENSITIVE.to_owned() } else { text.to_owned() }
    }

    /// Returns the text with only its secrets replaced; `None` if it contains none.
    pub fn redact(&self, text: &str) -> Option<String> {
        if self.alone.contains(text) {
            return Some(SENSITIVE.to_owned());
        }
        let secrets = self.within.as_ref().filter(|secrets| secrets.is_match(text))?;
        let mut out = String::new();
        secrets.replace_all_with(text, &mut out, |_, _, out| {
            out.push_str(SENSITIVE);
            true
        });
        Some(out)
    }
}

impl<'a> Found<'a> {
    fn text(&mut self, text: &'a str, is_itself_marked: bool) {
        if is_itself_marked {
            self.within.insert(text);
        }
        if text.len() >= MIN_ALONE {
            self.alone.insert(text.to_owned());
        }
    }

    fn marked(&mut self, delta: &'a Delta) {
        self.leaves(&delta.before, &delta.before_sensitive);
        self.leaves(&delta.after, &delta.after_sensitive);
    }

    /// Collects values that are marked themselves, and those in a part that is marked as a whole.
    fn leaves(&mut self, value: &'a Value, mask: &Value) {
        match (value, mask) {
            (Value::String(text), Value::Bool(true)) => self.text(text, true),
            (_, Value::Bool(true)) => self.every(value, false),
            (Value::Object(parts), Value::Object(masks)) => {
                for (name, mask) in masks {
                    if let Some(part) = parts.get(name) {
                        self.leaves(part, mask);
                    }
                }
            }
            (Value::Array(parts), Value::Array(masks)) => {
                for (part, mask) in parts.iter().zip(masks) {
                    self.leaves(part, mask);
                }
            }
            _ => {}
        }
    }

    fn every(&mut self, value: &'a Value, is_itself_marked: bool) {
        match value {
            Value::String(text) => self.text(text, is_itself_marked),
            Value::Array(parts) => parts.iter().for_each(|part| self.every(part, is_itself_marked)),
            Value::Object(parts) => parts.values().for_each(|part| self.every(part, is_itself_marked)),
            Value::Number(number) => {
                let text = number.to_string();
                if text.len() >= MIN_ALONE {
                    self.alone.insert(text);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn defaults(&mut self, module: &'a Module) {
        for variable in module.variables.values().filter(|variable| variable.sensitive) {
            self.every(&variable.default, true);
        }
        for call in module.calls.values() {
            self.defaults(&call.module);
        }
    }
}
