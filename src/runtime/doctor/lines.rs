//! The findings on each line of an environment's configuration that names something.

use crate::app::checkup::Check;
use crate::config::{EnvironmentConfig, Places};
use crate::model::{Failure, Observed};

/// Lines that were looked at.
pub(super) struct Lines<'a> {
    environment: &'a EnvironmentConfig,
    places: &'a Places,
    checks: Vec<Check>,
    /// Of one it is not known whether what it names is there.
    unread: bool,
}

/// Why it is not known whether something is there.
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

/// A name of the configuration that nothing has, and the name that may be meant.
pub(super) struct Missing {
    what: String,
    hint: String,
}

impl Missing {
    /// Nothing has the name; perhaps this one is meant.
    pub(super) fn name(name: &str, near: Option<&str>) -> Self {
        Self { what: format!("nothing matches `{name}`"), hint: hint(near) }
    }

    /// A missing name in other words.
    pub(super) fn because(what: impl Into<String>, near: Option<&str>) -> Self {
        Self { what: what.into(), hint: hint(near) }
    }

    /// A hint for a person, in a sentence.
    #[cfg(test)]
    pub(super) fn hint(&self) -> &str {
        &self.hint
    }

    /// A check that could not be made, with a hint.
    pub(super) fn hinted(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

fn hint(near: Option<&str>) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`? correct it in the configuration"),
        None => "correct it in the configuration, or leave it out until there is one".to_owned(),
    }
}

impl<'a> Lines<'a> {
    /// None yet, of an environment whose lines lie at these places.
    pub(super) fn new(environment: &'a EnvironmentConfig, places: &'a Places) -> Self {
        Self { environment, places, checks: Vec::new(), unread: false }
    }

    /// All that was found, and whether one of them could not be looked at.
    pub(super) fn found(self) -> (Vec<Check>, bool) {
        (self.checks, self.unread)
    }

    /// A key: a check for each name that nothing has, else one for all. `read` says whether that can be known.
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
                let Missing { what, hint } = missing(name)?;
                Some(Check::fail(key, what, hint).at(place(Some(*name))))
            })
            .collect();
        if wrong.is_empty() {
            let detail = crate::model::names::listed(&written);
            self.checks.push(Check::ok(key, detail).at(place(None)));
        }
        self.checks.extend(wrong);
    }

    /// A key whose value cannot be looked for, and why.
    pub(super) fn untried(&mut self, key: &str, name: &str, why: String, hint: &str) {
        let place = self.places.of(&self.environment.name, key, Some(name));
        self.checks.push(Check::untried(key, why, hint).at(place));
    }

    /// A value beside the environment's own table, by its whole path.
    pub(super) fn beside(&mut self, path: &str, found: Result<String, Missing>) {
        let place = self.places.at(path, None);
        self.checks.push(match found {
            Ok(detail) => Check::ok(path, detail).at(place),
            Err(Missing { what, hint }) => Check::fail(path, what, hint).at(place),
        });
    }
}

/// Whether a list was read whole.
pub(super) fn whole<T>(observed: &Observed<T>) -> Result<(), Unread> {
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
