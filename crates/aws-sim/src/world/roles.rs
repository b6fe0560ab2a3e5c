//! Assumed roles: each session has its own key and expires. The existence of roles is not simulated: any role may be
//! assumed unless it was refused. Requests are in `services::sts`; changed permissions of roles in `services::iam`.

use crate::clock::Ms;
use std::collections::{BTreeMap, BTreeSet};

/// A session of an assumed role.
#[derive(Debug, Clone)]
pub(crate) struct RoleSession {
    pub(crate) account: String,
    /// Empty for a session of a user without a role.
    pub(crate) role: String,
    pub(crate) name: String,
    /// The time at which its key expires.
    pub(crate) until: Ms,
}

impl RoleSession {
    pub(crate) fn arn(&self) -> String {
        if self.role.is_empty() {
            return format!("arn:aws:iam::{}:user/{}", self.account, self.name);
        }
        format!("arn:aws:sts::{}:assumed-role/{}/{}", self.account, self.role, self.name)
    }

    /// The id of the role and the session.
    pub(crate) fn id(&self) -> String {
        format!("{}:{}", role_id(&self.role), self.name)
    }
}

/// Restrictions on who may assume roles.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    refused: BTreeSet<String>,
    /// The longest duration of a session in seconds, overriding the requested one.
    pub(crate) longest: Option<i64>,
    /// The MFA code required to assume a role.
    pub(crate) code: Option<String>,
}

impl Trust {
    /// Forbids assuming the role with this ARN or name.
    pub(crate) fn refuse(&mut self, role: &str) {
        self.refused.insert(name(role).to_owned());
    }

    /// Allows assuming it again.
    pub(crate) fn allow(&mut self, role: &str) {
        self.refused.remove(name(role));
    }

    pub(crate) fn refuses(&self, role: &str) -> bool {
        self.refused.contains(name(role))
    }
}

/// The id of a role.
pub(crate) fn role_id(name: &str) -> String {
    format!("AROA{:016X}", crate::rng::hash(31, name))
}

/// The path of a role: those of IAM Identity Center have their own.
pub(crate) fn path_of(name: &str) -> &'static str {
    if name.starts_with("AWSReservedSSO_") { "/aws-reserved/sso.amazonaws.com/" } else { "/" }
}

/// The reason why IAM does not allow an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No policy allows it.
    Implicit,
    /// A policy denies it.
    Explicit,
    /// The permissions boundary does not allow it.
    Boundary,
    /// The organization does not allow it.
    Organization,
    /// It is allowed under a condition on this key, which was not provided.
    Condition(String),
}

impl Refusal {
    fn parse(by: &str, key: Option<&str>) -> Result<Self, String> {
        match (by, key) {
            ("implicit", _) => Ok(Self::Implicit),
            ("explicit", _) => Ok(Self::Explicit),
            ("boundary", _) => Ok(Self::Boundary),
            ("organization", _) => Ok(Self::Organization),
            ("condition", Some(key)) => Ok(Self::Condition(key.to_owned())),
            _ => Err(format!(
                "by {by:?} is none of implicit, explicit, boundary, organization, condition (with its key)"
            )),
        }
    }

    /// The key of a condition that was not provided.
    pub(crate) fn missing(&self) -> Option<&str> {
        match self {
            Self::Condition(key) => Some(key),
            Self::Implicit | Self::Explicit | Self::Boundary | Self::Organization => None,
        }
    }

    /// The decision in the wording of IAM: `allowed`, `implicitDeny` or `explicitDeny`.
    pub(crate) fn decision(refusal: Option<&Self>) -> &'static str {
        match refusal {
            None => "allowed",
            Some(Self::Explicit) => "explicitDeny",
            Some(_) => "implicitDeny",
        }
    }
}

/// Actions denied to roles and users.
#[derive(Debug, Default)]
pub(crate) struct Grants(Vec<Refused>);

#[derive(Debug)]
struct Refused {
    /// The name of a role or a user.
    who: String,
    action: String,
    /// A part of the resource's ARN; empty for every resource.
    resource: String,
    by: Refusal,
}

impl Grants {
    /// Denies an `action` to a `role` (the ARN or name of a role or user), optionally only on resources whose ARN
    /// contains `resource`; `by` is the kind of denial. `"allow": true` allows the action again.
    pub(crate) fn control(&mut self, request: &serde_json::Value) -> Result<(), String> {
        let text = |key: &str| request[key].as_str().ok_or_else(|| format!("{key} is missing or not a text"));
        let (who, action) = (name(text("role")?).to_owned(), text("action")?.to_owned());
        self.0.retain(|one| one.who != who || one.action != action);
        if request["allow"] != true {
            let by = Refusal::parse(request["by"].as_str().unwrap_or("implicit"), request["key"].as_str())?;
            let resource = request["resource"].as_str().unwrap_or_default().to_owned();
            self.0.push(Refused { who, action, resource, by });
        }
        Ok(())
    }

    /// The reason why an action on a resource is denied, if it is.
    pub(crate) fn refused(&self, who: &str, action: &str, resource: &str) -> Option<Refusal> {
        let is = |one: &&Refused| {
            one.who == who && one.action.eq_ignore_ascii_case(action) && resource.contains(one.resource.as_str())
        };
        self.0.iter().find(is).map(|one| one.by.clone())
    }
}

/// A device that is signing in, and the issued tokens.
#[derive(Debug, Default)]
pub(crate) struct SignIn {
    /// The device code that waits for confirmation, and its expiry.
    pub(crate) code: Option<(String, Ms)>,
    /// Whether a person has confirmed it.
    pub(crate) approved: bool,
    /// The tokens and their expiry.
    pub(crate) tokens: BTreeMap<String, Ms>,
    /// Refresh tokens: each renews a token without confirmation.
    pub(crate) refresh: BTreeSet<String>,
}

/// The name in a role's ARN or name.
pub(crate) fn name(role: &str) -> &str {
    role.rsplit('/').next().unwrap_or(role)
}
