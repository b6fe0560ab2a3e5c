//! The caller: the account and the identity behind the credentials.

use super::endpoints::Endpoints;
use jiff::Timestamp;

/// The answer of STS `GetCallerIdentity`, with what the credentials say of their own end.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Identity {
    /// The id of the account: 12 digits.
    pub account: String,
    /// The ARN of the user or of the assumed role.
    pub arn: String,
    /// When the credentials end; `None` for long-lived keys.
    pub expires: Option<Timestamp>,
    /// The region in use, from wherever it comes: the configuration, a variable, the profile.
    pub region: Option<String>,
    /// The endpoints that it was asked through.
    pub endpoints: Endpoints,
}

impl Identity {
    /// A short name for the top line: `admin@sso`, `deploy/ci`, `alice`.
    ///
    /// `arn:aws:sts::1:assumed-role/AWSReservedSSO_admin_0123456789abcdef/alice` is an IAM Identity
    /// Center role: its permission set's name stands between the prefix and the hash.
    pub fn short(&self) -> String {
        let resource = self.arn.rsplit(':').next().unwrap_or(&self.arn);
        let mut parts = resource.split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("assumed-role"), Some(role), session) => {
                if let Some(set) = role.strip_prefix("AWSReservedSSO_") {
                    let set = set.rsplit_once('_').map_or(set, |(set, _)| set);
                    format!("{set}@sso")
                } else {
                    session.map_or_else(|| role.to_owned(), |session| format!("{role}/{session}"))
                }
            }
            (Some("user"), Some(_), _) => resource.rsplit('/').next().unwrap_or(resource).to_owned(),
            _ => resource.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(arn: &str) -> String {
        Identity { account: "1".into(), arn: arn.into(), ..Identity::default() }.short()
    }

    #[test]
    fn names_are_short_and_telling() {
        assert_eq!(short("arn:aws:sts::1:assumed-role/AWSReservedSSO_admin_0123/alice"), "admin@sso");
        assert_eq!(short("arn:aws:sts::1:assumed-role/deploy/ci"), "deploy/ci");
        assert_eq!(short("arn:aws:iam::1:user/team/alice"), "alice");
        assert_eq!(short("arn:aws:iam::1:root"), "root");
    }
}
