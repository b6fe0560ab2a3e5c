//! The findings of `cockpit doctor`: its checks, and their results.

use crate::model::names::listed;
use crate::model::{Failure, FailureKind};
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
    /// The check's name: `credentials`, `account`, `clock`, `ecs:DescribeServices`, a key of the configuration …
    pub name: String,
    /// The check's result.
    pub status: Outcome,
    /// Where the value stands that was checked: `config.toml:12`; `null` where it is none of the configuration.
    pub place: Option<String>,
    /// The finding, in a sentence.
    pub detail: String,
    /// The hint, where there is one.
    pub hint: Option<String>,
    /// Why it could not be looked at, or is refused: checks of one cause are told together.
    #[serde(skip)]
    pub failure: Option<Failure>,
}

impl Check {
    /// All is well.
    pub fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), status: Outcome::Ok, place: None, detail: detail.into(), hint: None, failure: None }
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

    /// The check of a value of the configuration, with the value's place.
    #[must_use]
    pub fn at(self, place: Option<String>) -> Self {
        Self { place, ..self }
    }

    /// The check that failed because of this failure.
    #[must_use]
    pub fn of(self, failure: &Failure) -> Self {
        Self { failure: Some(failure.clone()), ..self }
    }

    /// The finding, with the place of the value in the configuration.
    pub fn words(&self) -> String {
        match &self.place {
            Some(place) => format!("{place}: {}", self.detail),
            None => self.detail.clone(),
        }
    }
}

/// The checks as people read them: those that failed for one cause are one, which names what it affects.
pub fn joined(checks: &[Check]) -> Vec<Check> {
    let mut causes: Vec<(Vec<Failure>, Vec<usize>)> = Vec::new();
    for (at, check) in checks.iter().enumerate() {
        let Some(failure) = &check.failure else { continue };
        // What one may not do and need not is another thing than what one has to be allowed.
        let same = |(known, all): &&mut (Vec<Failure>, Vec<usize>)| {
            known[0].is_like(failure) && (failure.kind != FailureKind::Denied || checks[all[0]].status == check.status)
        };
        match causes.iter_mut().find(same) {
            Some((known, all)) => {
                known.push(failure.clone());
                all.push(at);
            }
            None => causes.push((vec![failure.clone()], vec![at])),
        }
    }
    let row = |(at, check): (usize, &Check)| match causes.iter().find(|(_, all)| all.contains(&at)) {
        Some((failures, all)) if all.len() > 1 => (all[0] == at).then(|| together(checks, failures, all)),
        Some(_) | None => Some(check.clone()),
    };
    checks.iter().enumerate().filter_map(row).collect()
}

/// Several checks with one cause, as the worst of them.
fn together(checks: &[Check], failures: &[Failure], all: &[usize]) -> Check {
    let why = Failure::together(failures);
    let told = |name: &str| why.split([' ', ',']).any(|word| word == name);
    let names: Vec<&str> = all.iter().map(|at| checks[*at].name.as_str()).filter(|name| !told(name)).collect();
    let first = &checks[all[0]];
    let status = [Outcome::Fail, Outcome::Warn, Outcome::Untried, Outcome::Ok]
        .into_iter()
        .find(|status| all.iter().any(|at| checks[*at].status == *status));
    let detail = if names.is_empty() { why.clone() } else { format!("{why}; affected: {}", listed(&names)) };
    Check { status: status.unwrap_or(first.status), detail, place: None, ..first.clone() }
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
    /// The environment that is checked.
    pub environment: String,
    /// The checks; none while they are being made.
    pub checks: Option<Vec<Check>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(action: &str, kind: FailureKind, why: &str) -> Failure {
        Failure::new(kind, format!("{action}: {why}"))
    }

    #[test]
    fn what_one_cause_refuses_is_one_row_that_names_what_it_affects() {
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
        let rows = joined(&checks);
        assert_eq!(rows.len(), 2, "{rows:#?}");
        assert_eq!((rows[0].status, rows[0].name.as_str()), (Outcome::Fail, "sts:GetCallerIdentity"));
        assert_eq!(
            rows[0].words(),
            "the key has expired; affected: sts:GetCallerIdentity, ecs:ListServices, wafv2:GetWebACL, services"
        );
        assert_eq!(rows[1], checks[1]);
    }

    #[test]
    fn a_missing_permission_fails_only_where_it_is_needed() {
        let denied = |action: &str, make: fn(String, String, String) -> Check| {
            let failure = refused(action, FailureKind::Denied, "not allowed");
            make(action.to_owned(), failure.message.clone(), "allow it".to_owned()).of(&failure)
        };
        let checks = [
            denied("ecs:ListServices", Check::fail),
            denied("ecs:ListTasks", Check::fail),
            denied("wafv2:GetWebACL", Check::warn),
        ];
        let words: Vec<String> = joined(&checks).iter().map(Check::words).collect();
        assert_eq!(words, ["not allowed: ecs:ListServices, ecs:ListTasks", "wafv2:GetWebACL: not allowed"]);
    }
}
