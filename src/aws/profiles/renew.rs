//! Hints for when AWS refuses the credentials of a profile, or there are none.

use super::{Base, Sso};
use crate::aws::digest::sha1;
use crate::aws::kept;

impl Base {
    /// A hint for when AWS refuses its credentials, or it gave none.
    pub(super) fn renew(&self, profile: &str) -> String {
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
            Self::Machine => "look at the role of this machine or container and its trust policy".to_owned(),
            Self::Unknown => format!(
                "run `aws sso login --profile {profile}` or `aws login --profile {profile}`, or put a key into the profile"
            ),
        }
    }
}

impl Sso {
    /// The name of the file that keeps the token. Source: the AWS CLI and the SDKs, `SSOTokenProvider`.
    pub(in crate::aws) fn file(&self) -> String {
        format!("{}.json", sha1(self.session.as_deref().unwrap_or(&self.start_url)))
    }

    /// Whether nobody has ever signed in.
    pub(in crate::aws) fn is_new(&self) -> bool {
        kept::folder("sso/cache").is_some_and(|folder| !folder.join(self.file()).exists())
    }
}
