//! The caller: account and identity of the credentials.

use super::endpoints::Endpoints;
use jiff::Timestamp;

/// The answer of STS `GetCallerIdentity`, with the expiry of the credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Identity {
    /// The account id: 12 digits.
    pub account: String,
    /// The ARN of the user or of the assumed role.
    pub arn: String,
    /// When the credentials expire; `None` for long-lived keys.
    pub expires: Option<Timestamp>,
    /// The region in use, from the configuration, a variable or the profile.
    pub region: Option<String>,
    /// The endpoints of the request.
    pub endpoints: Endpoints,
}

impl Identity {
    /// A short name for the top line: `admin@sso`, `deploy/ci`, `alice`.
    ///
    /// `arn:aws:sts::1:assumed-role/AWSReservedSSO_admin_0123456789abcdef/alice` is an IAM Identity Center role: the
    /// name of its permission set is between the prefix and the hash.
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
    fn short_name_shows_role_or_user() {
        assert_eq!(short("arn:aws:sts::1:assumed-role/AWSReservedSSO_admin_0123/alice"), "admin@sso");
        assert_eq!(short("arn:aws:sts::1:assumed-role/deploy/ci"), "deploy/ci");
        assert_eq!(short("arn:aws:iam::1:user/team/alice"), "alice");
        assert_eq!(short("arn:aws:iam::1:root"), "root");
    }
}
