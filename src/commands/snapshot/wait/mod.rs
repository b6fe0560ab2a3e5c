//! The language of `--wait`: a condition over the snapshot's JSON.
//!
//! ```text
//! condition  = and { ("or" | "||") and }
//! and        = not { ("and" | "&&") not }
//! not        = ("not" | "!") not | "(" condition ")" | comparison
//! comparison = operand [ ("==" | "!=" | "<" | "<=" | ">" | ">=") operand ]
//! operand    = path | number | 'text' | "text" | true | false | null | word
//! path       = field { "." (name | "quoted name") | "[" (number | "quoted name") "]" }
//! ```
//!
//! A path starts with a field of the snapshot. An element of a list is found by its name, its short name, its id, an
//! unambiguous part of its name, or its index. `.count` is always the length of a list: an element of that name is
//! quoted (`alarms."count"`), as a quoted name is never a field. A comparison with an unknown value is unknown, never
//! true, and so is its negation.

mod evaluate;
mod expression;
mod fields;
mod known;
mod parse;

pub use evaluate::Verdict;

use crate::cli::Report;
use crate::model::Source;
use expression::{Node, Path};
use serde_json::Value;
use std::collections::BTreeSet;

/// A parsed condition of `--wait`.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    root: Node,
}

/// A syntax error in a condition, with its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The condition as it was typed.
    pub text: String,
    /// The position of the error in characters, from 0.
    pub at: usize,
    /// The error in a sentence.
    pub message: String,
    /// How to correct it.
    pub hint: Option<String>,
}

impl ParseError {
    /// Returns the condition with a caret below the error.
    pub fn snippet(&self) -> String {
        let shown: String = self.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let before: String = shown.chars().take(self.at).collect();
        format!("{shown}\n{}^", " ".repeat(crate::model::text::width(&before)))
    }

    /// Converts the error to a usage error.
    pub fn report(&self) -> Report {
        let report = Report::usage(format!("--wait: {}\n{}", self.message, self.snippet()));
        match &self.hint {
            Some(hint) => report.hint(hint.clone()),
            None => report.hint("write it as 'services.web.running == services.web.desired'"),
        }
    }
}

impl Condition {
    /// Parses a condition.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse::parse(text).map(|root| Self { text: text.to_owned(), root })
    }

    /// Returns the condition as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Evaluates the condition on the known values of a snapshot (see `known`).
    pub fn holds_now(&self, mut snapshot: Value) -> Verdict {
        known::remove_unknown(&mut snapshot);
        self.evaluate(&snapshot)
    }

    /// Returns those of the refused sources without which the condition cannot come true, whatever the other sources
    /// return; empty if it can.
    pub fn waits_for(&self, refused: &BTreeSet<Source>) -> BTreeSet<Source> {
        let unknown = |path: &Path| !known::sources(path).is_disjoint(refused);
        if evaluate::can_become(&self.root, true, &unknown) {
            return BTreeSet::new();
        }
        evaluate::paths(&self.root).into_iter().flat_map(known::sources).filter(|one| refused.contains(one)).collect()
    }

    /// Evaluates the condition on a snapshot as JSON.
    pub fn evaluate(&self, snapshot: &Value) -> Verdict {
        evaluate::evaluate(&self.root, snapshot)
    }
}

#[cfg(test)]
mod tests;
