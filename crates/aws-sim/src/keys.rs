//! Access keys and their expiry.

use crate::clock::Ms;
use crate::scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet};

/// Access keys: the first one that was used, and those that have expired. Secrets are not stored.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    first: Option<(String, Ms)>,
    expired: BTreeSet<String>,
    /// Keys that expire in the future, with the time.
    dying: BTreeMap<String, Ms>,
}

/// How long the first key lives in the scenario `expired`, in milliseconds.
const FIRST_KEY_LIFE: Ms = 30_000;

impl Keys {
    /// Refuses requests signed with this key from now on.
    pub(crate) fn expire(&mut self, key: &str) {
        self.expired.insert(key.to_owned());
    }

    /// Refuses requests signed with this key from the given time on.
    pub(crate) fn expire_at(&mut self, key: &str, at: Ms) {
        self.dying.insert(key.to_owned(), at);
    }

    /// Accepts the key again.
    pub(crate) fn revive(&mut self, key: &str) {
        self.expired.remove(key);
        self.dying.remove(key);
    }

    /// Whether a key is refused at a time.
    pub(crate) fn is_expired(&mut self, key: &str, now: Ms, scenario: Scenario) -> bool {
        let first = self.first.get_or_insert_with(|| (key.to_owned(), now));
        self.expired.contains(key)
            || self.dying.get(key).is_some_and(|at| now >= *at)
            || (scenario == Scenario::Expired && first.0 == key && now - first.1 >= FIRST_KEY_LIFE)
    }
}
