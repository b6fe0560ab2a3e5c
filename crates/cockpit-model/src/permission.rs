//! Whether somebody may do something, as IAM's simulation of their policies says: whose policies these are, and what follows from
//! its decisions. Policies of resources, of endpoints and of sessions are not in it.

/// The user or role whose policies decide what a caller may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal<'a> {
    /// A user, by its ARN.
    User(&'a str),
    /// A role that was assumed.
    Role {
        name: &'a str,
        /// Its ARN where it has no path, which the ARN of a session does not tell.
        arn: String,
        /// Whether it has one for certain: roles of IAM Identity Center do.
        has_path: bool,
    },
    /// One whose policies IAM does not simulate, in words.
    Other(&'static str),
}

impl<'a> Principal<'a> {
    /// Reads the ARN of a caller, as STS gives it.
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

/// The policies that a decision comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// No policy allows it.
    None,
    /// A policy denies it.
    Policy,
    /// The permissions boundary does not allow it.
    Boundary,
    /// A service control policy of the organization does not allow it.
    Organization,
}

impl By {
    /// The reason in words.
    pub fn words(self) -> &'static str {
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
    /// The ARN that it is about, or `*`.
    pub resource: String,
    /// The policy that refuses it; none where it is allowed.
    pub refused: Option<By>,
    /// Keys of conditions that were not given: a request has them, and this is none.
    pub missing: Vec<String>,
}

impl Decision {
    /// The policy that denies it. Where that depends on what only a real request has, it does not count as denied.
    pub fn denied(&self) -> Option<By> {
        self.refused.filter(|_| self.missing.is_empty())
    }
}

/// The decision on an action over all resources that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is allowed on every resource that was asked about.
    Allowed,
    /// Denied by this, on this resource.
    Denied(By, String),
    /// It depends on conditions on these keys.
    Depends(Vec<String>),
    /// The answer does not name it.
    Unanswered,
}

/// The verdict on an action: one resource on which it is denied denies it.
pub fn verdict(action: &str, decisions: &[Decision]) -> Verdict {
    let own: Vec<&Decision> =
        decisions.iter().filter(|decision| decision.action.eq_ignore_ascii_case(action)).collect();
    if own.is_empty() {
        return Verdict::Unanswered;
    }
    let denied = own.iter().find_map(|one| Some(Verdict::Denied(one.denied()?, one.resource.clone())));
    let mut keys: Vec<String> =
        own.iter().filter(|one| one.refused.is_some()).flat_map(|one| one.missing.iter().cloned()).collect();
    keys.sort();
    keys.dedup();
    match denied {
        Some(denied) => denied,
        None if keys.is_empty() => Verdict::Allowed,
        None => Verdict::Depends(keys),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_on_the_request_is_not_known_to_refuse() {
        let denied = |refused: Option<By>, missing: &[&str]| {
            let missing = missing.iter().map(|key| (*key).to_owned()).collect();
            Decision { action: "ssm:GetParameters".into(), resource: "a".into(), refused, missing }.denied()
        };
        assert_eq!(denied(None, &[]), None);
        assert_eq!(denied(Some(By::Policy), &[]), Some(By::Policy));
        assert_eq!(denied(Some(By::None), &[]), Some(By::None));
        assert_eq!(denied(Some(By::None), &["aws:SourceVpc"]), None);
    }

    #[test]
    fn the_policies_of_a_session_are_those_of_its_role_and_a_path_is_not_guessed() {
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

    fn decided(resource: &str, refused: Option<By>, missing: &[&str]) -> Decision {
        let missing = missing.iter().map(|key| (*key).to_owned()).collect();
        Decision { action: "ssm:StartSession".into(), resource: resource.into(), refused, missing }
    }

    #[test]
    fn one_resource_on_which_it_is_denied_denies_it_and_a_condition_that_was_not_given_decides_nothing() {
        let (fine, tagged) =
            (decided("a", None, &["aws:SourceIp"]), decided("b", Some(By::None), &["aws:ResourceTag/Team"]));
        let denied = decided("c", Some(By::Boundary), &[]);
        let of = |all: &[Decision]| verdict("ssm:startsession", all);
        assert_eq!(of(std::slice::from_ref(&fine)), Verdict::Allowed);
        assert_eq!(of(&[fine.clone(), tagged.clone()]), Verdict::Depends(vec!["aws:ResourceTag/Team".into()]));
        assert_eq!(of(&[fine, tagged, denied]), Verdict::Denied(By::Boundary, "c".into()));
        assert_eq!(
            (of(&[]), verdict("ecs:ExecuteCommand", &[decided("a", None, &[])])),
            (Verdict::Unanswered, Verdict::Unanswered)
        );
    }
}
