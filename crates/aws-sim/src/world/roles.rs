//! Roles that are assumed: each session has a key of its own and ends. Which roles exist is not simulated:
//! any may be assumed that was not refused. How it is asked is in `services::sts`.

use crate::clock::Ms;
use std::collections::{BTreeMap, BTreeSet};

/// A role that was assumed.
#[derive(Debug, Clone)]
pub(crate) struct RoleSession {
    pub(crate) account: String,
    /// Empty: a session of a user without a role.
    pub(crate) role: String,
    pub(crate) name: String,
    /// From then on its key is expired.
    pub(crate) until: Ms,
}

impl RoleSession {
    pub(crate) fn arn(&self) -> String {
        if self.role.is_empty() {
            return format!("arn:aws:iam::{}:user/{}", self.account, self.name);
        }
        format!("arn:aws:sts::{}:assumed-role/{}/{}", self.account, self.role, self.name)
    }

    /// The id of the role, and of the session in it.
    pub(crate) fn id(&self) -> String {
        format!("AROA{:016X}:{}", crate::rng::hash(31, &self.role), self.name)
    }
}

/// What was said about roles.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    refused: BTreeSet<String>,
    /// The longest that a session lasts, in seconds, whatever was asked for.
    pub(crate) longest: Option<i64>,
    /// The code of a second factor without which no role is assumed.
    pub(crate) code: Option<String>,
    /// What roles may not read: the role's name, and how the ARN ends.
    denied: Vec<(String, String)>,
}

impl Trust {
    /// Nobody may assume the role of this ARN or name any more.
    pub(crate) fn refuse(&mut self, role: &str) {
        self.refused.insert(name(role).to_owned());
    }

    /// It may be assumed again.
    pub(crate) fn allow(&mut self, role: &str) {
        self.refused.remove(name(role));
    }

    /// The role may no longer read what has an ARN that ends so.
    pub(crate) fn deny(&mut self, role: &str, end: &str) {
        self.denied.push((name(role).to_owned(), end.to_owned()));
    }

    /// Whether a role may read something.
    pub(crate) fn may(&self, role: &str, arn: &str) -> bool {
        !self.denied.iter().any(|(known, end)| known == name(role) && arn.ends_with(end.as_str()))
    }

    pub(crate) fn refuses(&self, role: &str) -> bool {
        self.refused.contains(name(role))
    }
}

/// A device that signs in, and the tokens that were given.
#[derive(Debug, Default)]
pub(crate) struct SignIn {
    /// The device's code that waits for a person, and until when.
    pub(crate) code: Option<(String, Ms)>,
    /// A person has confirmed it.
    pub(crate) approved: bool,
    /// Tokens, and until when each is good.
    pub(crate) tokens: BTreeMap<String, Ms>,
    /// What a token is renewed with, without a person.
    pub(crate) refresh: BTreeSet<String>,
}

/// The name of a role that is given as an ARN or a name.
pub(crate) fn name(role: &str) -> &str {
    role.rsplit('/').next().unwrap_or(role)
}
