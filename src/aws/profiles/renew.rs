//! Hints for when AWS refuses the credentials of a profile, or there are none.

use super::{CredentialSource, Sso};
use crate::aws::cli_cache;
use crate::aws::digest::sha1;

impl CredentialSource {
    /// The hint for refused credentials, or for a source that returned none.
    pub(super) fn renewal_hint(&self, profile: &str) -> String {
        match self {
            Self::Helper(helper, _) => {
                format!(
                    "run `{}` alone and check that it prints credentials; they are read again automatically",
                    helper.program()
                )
            }
            Self::Sso => format!(
                "run `cockpit --profile {profile} login`, `aws sso login --profile {profile}`, or `sign-in` on the screen; they are read \
                 again by themselves"
            ),
            Self::Login => format!("run `aws login --profile {profile}`; they are read again automatically"),
            Self::Keys => format!(
                "put a valid key into the file (`aws configure --profile {profile}`); it is read again automatically"
            ),
            Self::Machine => "check the role of this machine or container and its trust policy".to_owned(),
            Self::Unknown => format!(
                "run `aws sso login --profile {profile}` or `aws login --profile {profile}`, or put a key into the profile"
            ),
        }
    }
}

impl Sso {
    /// The name of the token's cache file. Source: the AWS CLI and the SDKs, `SSOTokenProvider`.
    pub(in crate::aws) fn file(&self) -> String {
        format!("{}.json", sha1(self.session.as_deref().unwrap_or(&self.start_url)))
    }

    /// Whether there was never a sign-in.
    pub(in crate::aws) fn is_new(&self) -> bool {
        cli_cache::folder("sso/cache").is_some_and(|folder| !folder.join(self.file()).exists())
    }
}
