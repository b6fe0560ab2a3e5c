//! Collects the findings on each name in an environment's configuration.

use crate::app::doctor::Check;
use crate::config::{EnvironmentConfig, Places};
use crate::model::{Failure, Observed};

/// The findings so far.
pub(super) struct Checklist<'a> {
    environment: &'a EnvironmentConfig,
    places: &'a Places,
    checks: Vec<Check>,
    /// Whether it is unknown for at least one name if its target exists.
    unread: bool,
}

/// Why it is unknown whether something exists.
#[derive(Debug, Clone)]
pub(super) struct Unread {
    why: String,
    hint: String,
    failure: Option<Failure>,
}

impl From<Failure> for Unread {
    fn from(failure: Failure) -> Self {
        Self { why: failure.message.clone(), hint: failure.hint().to_owned(), failure: Some(failure) }
    }
}

/// A configured name that nothing has, and the name that may have been meant.
pub(super) struct Missing {
    problem: String,
    hint: String,
}

impl Missing {
    /// Nothing has this name; `near` may have been meant.
    pub(super) fn name(name: &str, near: Option<&str>) -> Self {
        Self { problem: format!("nothing matches `{name}`"), hint: hint(near) }
    }

    /// As [`Missing::name`], with a message of its own.
    pub(super) fn with_message(problem: impl Into<String>, near: Option<&str>) -> Self {
        Self { problem: problem.into(), hint: hint(near) }
    }

    /// Returns the hint.
    #[cfg(test)]
    pub(super) fn hint(&self) -> &str {
        &self.hint
    }

    /// As [`Missing::because`], with a hint of its own.
    pub(super) fn with_hint(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { problem: problem.into(), hint: hint.into() }
    }
}

fn hint(near: Option<&str>) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`? correct it in the configuration"),
        None => "correct it in the configuration, or leave it out until there is one".to_owned(),
    }
}

impl<'a> Checklist<'a> {
    /// Creates an empty collection for an environment whose configuration is written in these places.
    pub(super) fn new(environment: &'a EnvironmentConfig, places: &'a Places) -> Self {
        Self { environment, places, checks: Vec::new(), unread: false }
    }

    /// Returns all findings, and whether one of the checks could not be made.
    pub(super) fn into_checks(self) -> (Vec<Check>, bool) {
        (self.checks, self.unread)
    }

    /// Checks a key: one finding for each name that nothing has, or one for all. `read` is an error if that cannot be known.
    pub(super) fn key<'w>(
        &mut self,
        key: &str,
        written: impl IntoIterator<Item = &'w String>,
        read: Result<(), Unread>,
        missing: impl Fn(&str) -> Option<Missing>,
    ) {
        let written: Vec<&str> = written.into_iter().map(String::as_str).collect();
        let Some(first) = written.first() else { return };
        let place = |name: Option<&str>| self.places.of(&self.environment.name, key, name);
        if let Err(Unread { why, hint, failure }) = read {
            self.unread = true;
            let detail = format!("whether `{first}` is there is not known: {why}");
            return self.checks.push(Check { failure, ..Check::untried(key, detail, hint).at(place(None)) });
        }
        let wrong: Vec<Check> = written
            .iter()
            .filter_map(|name| {
                let Missing { problem, hint } = missing(name)?;
                Some(Check::fail(key, problem, hint).at(place(Some(*name))))
            })
            .collect();
        if wrong.is_empty() {
            let detail = crate::model::names::list_names(&written);
            self.checks.push(Check::ok(key, detail).at(place(None)));
        }
        self.checks.extend(wrong);
    }

    /// Adds a key whose value cannot be checked, with the reason.
    pub(super) fn add_unchecked(&mut self, key: &str, name: &str, why: String, hint: &str) {
        let place = self.places.of(&self.environment.name, key, Some(name));
        self.checks.push(Check::untried(key, why, hint).at(place));
    }

    /// Adds a finding on a value outside the environment's own table, by its full path.
    pub(super) fn add_global_value(&mut self, path: &str, found: Result<String, Missing>) {
        let place = self.places.at(path, None);
        self.checks.push(match found {
            Ok(detail) => Check::ok(path, detail).at(place),
            Err(Missing { problem, hint }) => Check::fail(path, problem, hint).at(place),
        });
    }
}

/// Returns an error unless a list was read completely.
pub(super) fn require_complete<T>(observed: &Observed<T>) -> Result<(), Unread> {
    match (observed.failure(), observed.partial(), observed.at()) {
        (Some(failure), ..) => Err(failure.clone().into()),
        (None, Some(missing), _) => {
            Err(Unread { why: missing.to_owned(), hint: "run `cockpit doctor` again".to_owned(), failure: None })
        }
        (None, None, None) => {
            let (why, hint) = ("it was not read".to_owned(), "run `cockpit doctor` again".to_owned());
            Err(Unread { why, hint, failure: None })
        }
        (None, None, Some(_)) => Ok(()),
    }
}
