//! The checks of `cockpit doctor` and their results.

use crate::model::names::list_names;
use crate::model::{Failure, FailureKind};
use schemars::JsonSchema;
use serde::Serialize;

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// Works, but not completely.
    Warn,
    /// Does not work.
    Fail,
    /// Not known: it could not be examined, or the only way to test it is to do it.
    Untried,
}

impl Outcome {
    /// The word that reports use.
    pub fn name(self) -> &'static str {
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
    /// The check's name: `credentials`, `account`, `clock`, `ecs:DescribeServices`, a key of the configuration …
    pub name: String,
    /// The check's result.
    pub status: Outcome,
    /// Where the checked value is configured: `config.toml:12`; `null` if it is not part of the configuration.
    pub place: Option<String>,
    /// The finding, in a sentence.
    pub detail: String,
    /// What to do about it, if anything.
    pub hint: Option<String>,
    /// The failure that prevented the check or made it fail: checks with the same cause are reported together.
    #[serde(skip)]
    pub failure: Option<Failure>,
}

impl Check {
    /// A check that passed.
    pub fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), status: Outcome::Ok, place: None, detail: detail.into(), hint: None, failure: None }
    }

    /// A check of something that works, but not completely.
    pub fn warn(name: impl Into<String>, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: Outcome::Warn, hint: Some(hint.into()), ..Self::ok(name, detail) }
    }

    /// A check that could not be made: the thing could not be examined, or the only way to test it is to do it.
    pub fn untried(name: impl Into<String>, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: Outcome::Untried, ..Self::warn(name, detail, hint) }
    }

    /// A check that failed.
    pub fn fail(name: impl Into<String>, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: Outcome::Fail, ..Self::warn(name, detail, hint) }
    }

    /// Adds the place of the configured value that was checked.
    #[must_use]
    pub fn at(self, place: Option<String>) -> Self {
        Self { place, ..self }
    }

    /// Adds the failure that caused the result.
    #[must_use]
    pub fn of(self, failure: &Failure) -> Self {
        Self { failure: Some(failure.clone()), ..self }
    }

    /// The finding, preceded by the value's place in the configuration.
    pub fn describe(&self) -> String {
        match &self.place {
            Some(place) => format!("{place}: {}", self.detail),
            None => self.detail.clone(),
        }
    }
}

/// Returns the checks for people to read: those that failed for the same cause become one, which names everything it
/// affects.
pub fn merge_by_cause(checks: &[Check]) -> Vec<Check> {
    let mut causes: Vec<(Vec<Failure>, Vec<usize>)> = Vec::new();
    for (at, check) in checks.iter().enumerate() {
        let Some(failure) = &check.failure else { continue };
        // A missing permission that is optional is a different cause from one that is required.
        let same = |(known, indices): &&mut (Vec<Failure>, Vec<usize>)| {
            known[0].is_like(failure)
                && (failure.kind != FailureKind::Denied || checks[indices[0]].status == check.status)
        };
        match causes.iter_mut().find(same) {
            Some((known, indices)) => {
                known.push(failure.clone());
                indices.push(at);
            }
            None => causes.push((vec![failure.clone()], vec![at])),
        }
    }
    let row = |(at, check): (usize, &Check)| match causes.iter().find(|(_, indices)| indices.contains(&at)) {
        Some((failures, indices)) if indices.len() > 1 => (indices[0] == at).then(|| merged(checks, failures, indices)),
        Some(_) | None => Some(check.clone()),
    };
    checks.iter().enumerate().filter_map(row).collect()
}

/// Joins several checks with the same cause into one, with the worst status.
fn merged(checks: &[Check], failures: &[Failure], indices: &[usize]) -> Check {
    let why = Failure::describe_group(failures);
    let is_named = |name: &str| why.split([' ', ',']).any(|word| word == name);
    let unnamed: Vec<&str> =
        indices.iter().map(|at| checks[*at].name.as_str()).filter(|name| !is_named(name)).collect();
    let first = &checks[indices[0]];
    let status = [Outcome::Fail, Outcome::Warn, Outcome::Untried, Outcome::Ok]
        .into_iter()
        .find(|status| indices.iter().any(|at| checks[*at].status == *status));
    let detail = if unnamed.is_empty() { why.clone() } else { format!("{why}; affected: {}", list_names(&unnamed)) };
    Check { status: status.unwrap_or(first.status), detail, place: None, ..first.clone() }
}

/// Counts the results: `40 ok, 1 warning, 0 failed, 1 untried`.
pub fn summary(checks: &[Check]) -> String {
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let warned = count(Outcome::Warn);
    let warnings = if warned == 1 { "warning" } else { "warnings" };
    let untried = match count(Outcome::Untried) {
        0 => String::new(),
        several => format!(", {several} untried"),
    };
    format!("{} ok, {warned} {warnings}, {} failed{untried}", count(Outcome::Ok), count(Outcome::Fail))
}

/// The check of an environment, in progress or finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkup {
    /// The environment that is checked.
    pub environment: String,
    /// The checks; `None` while they run.
    pub checks: Option<Vec<Check>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(action: &str, kind: FailureKind, why: &str) -> Failure {
        Failure::new(kind, format!("{action}: {why}"))
    }

    #[test]
    fn checks_with_one_cause_become_one_row_that_names_all_of_them() {
        let expired = |action: &str| refused(action, FailureKind::Credentials, "the key has expired");
        let of = |name: &str, make: fn(String, String, String) -> Check| {
            let failure = expired(name);
            make(name.to_owned(), failure.message.clone(), "renew it".to_owned()).of(&failure)
        };
        let checks = [
            of("sts:GetCallerIdentity", Check::fail),
            Check::ok("region", "eu-west-1"),
            of("ecs:ListServices", Check::fail),
            of("wafv2:GetWebACL", Check::warn),
            Check::untried("services", "not known", "renew it").at(Some("config.toml:7".into())).of(&expired("ecs:A")),
        ];
        let rows = merge_by_cause(&checks);
        assert_eq!(rows.len(), 2, "{rows:#?}");
        assert_eq!((rows[0].status, rows[0].name.as_str()), (Outcome::Fail, "sts:GetCallerIdentity"));
        assert_eq!(
            rows[0].describe(),
            "the key has expired; affected: sts:GetCallerIdentity, ecs:ListServices, wafv2:GetWebACL, services"
        );
        assert_eq!(rows[1], checks[1]);
    }

    #[test]
    fn missing_permission_fails_only_if_it_is_required() {
        let denied = |action: &str, make: fn(String, String, String) -> Check| {
            let failure = refused(action, FailureKind::Denied, "not allowed");
            make(action.to_owned(), failure.message.clone(), "allow it".to_owned()).of(&failure)
        };
        let checks = [
            denied("ecs:ListServices", Check::fail),
            denied("ecs:ListTasks", Check::fail),
            denied("wafv2:GetWebACL", Check::warn),
        ];
        let words: Vec<String> = merge_by_cause(&checks).iter().map(Check::describe).collect();
        assert_eq!(words, ["not allowed: ecs:ListServices, ecs:ListTasks", "wafv2:GetWebACL: not allowed"]);
    }
}
