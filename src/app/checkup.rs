//! What `cockpit doctor` finds: its checks, and how they came out.

use schemars::JsonSchema;
use serde::Serialize;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// Works, but not all of it.
    Warn,
    /// Does not work.
    Fail,
    /// Not known: it could not be looked at, or to try it would be to do it.
    Untried,
}

impl Outcome {
    /// In a word, as reports have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Untried => "untried",
        }
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    /// What was checked: `credentials`, `account`, `clock`, `ecs:DescribeServices`, a key of the configuration …
    pub name: String,
    /// How it came out.
    pub status: Outcome,
    /// Where the value stands that was checked: `config.toml:12`; `null` where it is none of the configuration.
    pub place: Option<String>,
    /// What was found, in a sentence.
    pub detail: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Check {
    /// All is well.
    pub fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), status: Outcome::Ok, place: None, detail: detail.into(), hint: None }
    }

    /// Works, but not all of it.
    pub fn warn(name: impl Into<String>, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: Outcome::Warn, hint: Some(hint.into()), ..Self::ok(name, detail) }
    }

    /// Not known: it could not be looked at, or to try it would be to do it.
    pub fn untried(name: impl Into<String>, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: Outcome::Untried, ..Self::warn(name, detail, hint) }
    }

    /// Does not work.
    pub fn fail(name: impl Into<String>, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: Outcome::Fail, ..Self::warn(name, detail, hint) }
    }

    /// The same of a value of the configuration, with where it stands.
    #[must_use]
    pub fn at(self, place: Option<String>) -> Self {
        Self { place, ..self }
    }

    /// What was found, with where it stands.
    pub fn words(&self) -> String {
        match &self.place {
            Some(place) => format!("{place}: {}", self.detail),
            None => self.detail.clone(),
        }
    }
}

/// How many came out how: `40 ok, 1 warning, 0 failed, 1 untried`.
pub fn counted(checks: &[Check]) -> String {
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let warned = count(Outcome::Warn);
    let warnings = if warned == 1 { "warning" } else { "warnings" };
    let untried = match count(Outcome::Untried) {
        0 => String::new(),
        several => format!(", {several} untried"),
    };
    format!("{} ok, {warned} {warnings}, {} failed{untried}", count(Outcome::Ok), count(Outcome::Fail))
}

/// A look at an environment, while it goes on and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkup {
    /// Of which one.
    pub environment: String,
    /// What was found; none while it is being looked at.
    pub checks: Option<Vec<Check>>,
}
