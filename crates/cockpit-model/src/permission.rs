//! Permission checks with IAM's policy simulator: which principal's policies apply, and what the decisions mean.
//! Resource, endpoint and session policies are not covered.

/// The principal whose policies determine what a caller is allowed to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal<'a> {
    /// A user, by its ARN.
    User(&'a str),
    /// A role that was assumed.
    Role {
        name: &'a str,
        /// Its ARN if it has no path; the ARN of a session does not contain the path.
        arn: String,
        /// Whether it certainly has a path: roles of IAM Identity Center do.
        has_path: bool,
    },
    /// A caller whose policies IAM cannot simulate, in words.
    Other(&'static str),
}

impl<'a> Principal<'a> {
    /// Parses the ARN of a caller, as STS returns it.
    pub fn of(arn: &'a str) -> Self {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, partition, service, _, account, resource] = parts[..] else {
            return Self::Other("a caller of another kind");
        };
        match (service, resource.split('/').collect::<Vec<_>>().as_slice()) {
            ("sts", ["assumed-role", name, ..]) => Self::Role {
                name,
                arn: format!("arn:{partition}:iam::{account}:role/{name}"),
                has_path: name.starts_with("AWSReservedSSO_"),
            },
            ("iam", ["user", ..]) => Self::User(arn),
            ("iam", ["root"]) => Self::Other("the root user of the account"),
            ("sts", ["federated-user", ..]) => Self::Other("a federated user"),
            _ => Self::Other("a caller of another kind"),
        }
    }
}

/// The policies that cause a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeniedBy {
    /// No policy allows it.
    None,
    /// A policy denies it.
    Policy,
    /// The permissions boundary does not allow it.
    Boundary,
    /// A service control policy of the organization does not allow it.
    Organization,
}

impl DeniedBy {
    /// The reason in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::None => "no policy allows it",
            Self::Policy => "a policy denies it",
            Self::Boundary => "the permissions boundary does not allow it",
            Self::Organization => "a service control policy of the organization does not allow it",
        }
    }
}

/// IAM's decision on one action on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// `ssm:StartSession`.
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
    /// The policies that deny it; `None` if it is allowed.
    pub denied_by: Option<DeniedBy>,
    /// Condition keys without a value: only a real request has these values.
    pub missing: Vec<String>,
}

impl Decision {
    /// Returns the policies that deny it. A decision that depends on missing condition keys does not count as denied.
    pub fn denied(&self) -> Option<DeniedBy> {
        self.denied_by.filter(|_| self.missing.is_empty())
    }
}

/// The decision on an action over all resources that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionVerdict {
    /// It is allowed on all simulated resources.
    Allowed,
    /// Denied by these policies, on this resource.
    Denied(DeniedBy, String),
    /// It depends on these condition keys.
    Depends(Vec<String>),
    /// The response does not contain the action.
    Missing,
}

/// Returns the verdict on an action: a denial on one resource denies it.
pub fn verdict(action: &str, decisions: &[Decision]) -> ActionVerdict {
    let own: Vec<&Decision> =
        decisions.iter().filter(|decision| decision.action.eq_ignore_ascii_case(action)).collect();
    if own.is_empty() {
        return ActionVerdict::Missing;
    }
    let denied = own.iter().find_map(|one| Some(ActionVerdict::Denied(one.denied()?, one.resource.clone())));
    let mut keys: Vec<String> =
        own.iter().filter(|one| one.denied_by.is_some()).flat_map(|one| one.missing.iter().cloned()).collect();
    keys.sort();
    keys.dedup();
    match denied {
        Some(denied) => denied,
        None if keys.is_empty() => ActionVerdict::Allowed,
        None => ActionVerdict::Depends(keys),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_condition_key_does_not_count_as_denied() {
        let denied = |refused: Option<DeniedBy>, missing: &[&str]| {
            let missing = missing.iter().map(|key| (*key).to_owned()).collect();
            Decision { action: "ssm:GetParameters".into(), resource: "a".into(), denied_by: refused, missing }.denied()
        };
        assert_eq!(denied(None, &[]), None);
        assert_eq!(denied(Some(DeniedBy::Policy), &[]), Some(DeniedBy::Policy));
        assert_eq!(denied(Some(DeniedBy::None), &[]), Some(DeniedBy::None));
        assert_eq!(denied(Some(DeniedBy::None), &["aws:SourceVpc"]), None);
    }

    #[test]
    fn session_has_the_policies_of_its_role_without_a_guessed_path() {
        let admin = Principal::of("arn:aws-cn:sts::123456789012:assumed-role/admin/operator");
        let arn = "arn:aws-cn:iam::123456789012:role/admin".to_owned();
        assert_eq!(admin, Principal::Role { name: "admin", arn, has_path: false });
        let sso = Principal::of("arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_admin_0123/alice");
        assert!(matches!(sso, Principal::Role { name: "AWSReservedSSO_admin_0123", has_path: true, .. }));
        let alice = "arn:aws:iam::123456789012:user/team/alice";
        assert_eq!(Principal::of(alice), Principal::User(alice));
        for (other, words) in [
            ("arn:aws:iam::123456789012:root", "the root user"),
            ("arn:aws:sts::123456789012:federated-user/bob", "a federated user"),
            ("nobody", "another kind"),
        ] {
            assert!(matches!(Principal::of(other), Principal::Other(said) if said.contains(words)), "{other}");
        }
    }

    fn decided(resource: &str, refused: Option<DeniedBy>, missing: &[&str]) -> Decision {
        let missing = missing.iter().map(|key| (*key).to_owned()).collect();
        Decision { action: "ssm:StartSession".into(), resource: resource.into(), denied_by: refused, missing }
    }

    #[test]
    fn denial_on_one_resource_denies_the_action() {
        let (fine, tagged) =
            (decided("a", None, &["aws:SourceIp"]), decided("b", Some(DeniedBy::None), &["aws:ResourceTag/Team"]));
        let denied = decided("c", Some(DeniedBy::Boundary), &[]);
        let of = |all: &[Decision]| verdict("ssm:startsession", all);
        assert_eq!(of(std::slice::from_ref(&fine)), ActionVerdict::Allowed);
        assert_eq!(of(&[fine.clone(), tagged.clone()]), ActionVerdict::Depends(vec!["aws:ResourceTag/Team".into()]));
        assert_eq!(of(&[fine, tagged, denied]), ActionVerdict::Denied(DeniedBy::Boundary, "c".into()));
        assert_eq!(
            (of(&[]), verdict("ecs:ExecuteCommand", &[decided("a", None, &[])])),
            (ActionVerdict::Missing, ActionVerdict::Missing)
        );
    }
}
