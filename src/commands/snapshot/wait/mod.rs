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
//! A path begins with a field of the snapshot. An element of a list is found by its name, its short
//! name, its id, words that only its name has, or its number. `.count` is always a list's length: an element of that name
//! is written in quotation marks (`alarms."count"`), which no field is. What is not known makes a comparison unknown,
//! never true: `not` of it is unknown too.

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

/// A condition of `--wait`, parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    root: Node,
}

/// Why a condition cannot be understood, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The condition as it was typed.
    pub text: String,
    /// Character at which it is wrong, from 0.
    pub at: usize,
    /// The fault, in a sentence.
    pub message: String,
    /// The right form.
    pub hint: Option<String>,
}

impl ParseError {
    /// The condition with a caret under the place.
    pub fn snippet(&self) -> String {
        let shown: String = self.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let before: String = shown.chars().take(self.at).collect();
        format!("{shown}\n{}^", " ".repeat(crate::model::text::width(&before)))
    }

    /// The report of wrong usage.
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

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds for what a snapshot, as JSON, knows for certain: see `known`.
    pub fn holds_now(&self, mut snapshot: Value) -> Verdict {
        known::keep(&mut snapshot);
        self.evaluate(&snapshot)
    }

    /// Those of these sources for want of which it cannot come true, whatever the others tell; none where it can.
    pub fn waits_for(&self, refused: &BTreeSet<Source>) -> BTreeSet<Source> {
        let unknown = |path: &Path| !known::sources(path).is_disjoint(refused);
        if evaluate::can_come(&self.root, true, &unknown) {
            return BTreeSet::new();
        }
        evaluate::paths(&self.root).into_iter().flat_map(known::sources).filter(|one| refused.contains(one)).collect()
    }

    /// Whether it holds for a snapshot as JSON, and what its paths were.
    pub fn evaluate(&self, snapshot: &Value) -> Verdict {
        evaluate::evaluate(&self.root, snapshot)
    }
}

#[cfg(test)]
mod tests;
