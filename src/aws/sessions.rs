//! Sessions of STS: the request to assume a role, and the credentials of its answer, with or without MFA.

use super::profiles::Role;
use crate::model::{Failure, FailureKind};
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::Client;
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use jiff::Timestamp;

/// Creates a client with these credentials.
pub(super) fn client(sts: &SdkConfig, with: SharedCredentialsProvider) -> Client {
    Client::new(&sts.to_builder().credentials_provider(with).build())
}

/// Builds the request to assume a role; a session without a name gets one.
pub(super) fn role(client: &Client, role: &Role) -> AssumeRoleFluentBuilder {
    let name = role.session_name.clone().unwrap_or_else(|| format!("cockpit-{}", Timestamp::now().as_second()));
    client
        .assume_role()
        .role_arn(&role.arn)
        .role_session_name(name)
        .set_external_id(role.external_id.clone())
        .set_duration_seconds(role.duration)
}

/// Returns the credentials of an answer.
///
/// # Errors
/// The answer has none; `action` is the request.
pub(super) fn credentials_from(
    action: &str,
    found: Option<aws_sdk_sts::types::Credentials>,
) -> Result<Credentials, Failure> {
    let found = found
        .ok_or_else(|| Failure::new(FailureKind::Malformed, format!("{action}: the answer has no credentials")))?;
    let mut built = Credentials::builder()
        .access_key_id(found.access_key_id)
        .secret_access_key(found.secret_access_key)
        .session_token(found.session_token)
        .provider_name("AssumeRole");
    built.set_expiry(found.expiration.try_into().ok());
    Ok(built.build())
}
