//! How to reach one environment's AWS: where, as whom, and for how long to wait.

use super::environment::variable;
use crate::config::{AwsFiles, EnvironmentConfig};
use std::path::PathBuf;
use std::time::Duration;

/// The limit for connecting: beyond it a packet is lost, not late.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The limit for one attempt: the slowest healthy answers (`DescribeServices` of ten large services,
/// metrics over three hours) take some seconds.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// The limit for a request with its retries.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(20);
/// The limit for a credential helper where nothing else is configured: a person answers a dialog within it.
pub const CREDENTIAL_TIMEOUT: Duration = Duration::from_mins(1);
/// A helper that failed is started again after this: each start may be a dialog.
pub const HELPER_AGAIN: Duration = Duration::from_mins(1);
/// How often a request is tried, the first time included.
pub const ATTEMPTS: u32 = 3;
/// Credentials that AWS refused are read again at most this often.
pub const REREAD_AFTER: Duration = Duration::from_secs(2);

/// Where and as whom. What is `None` comes from the AWS variables and files, as in the AWS CLI.
#[derive(Debug, Clone)]
pub struct Connection {
    /// `ap-northeast-1`.
    pub region: Option<String>,
    /// A profile of the AWS files; it goes before keys in the environment, as `--profile` does.
    pub profile: Option<String>,
    /// Another endpoint for every service.
    pub endpoint_url: Option<String>,
    /// The limit for a request with its retries; one attempt has [`ATTEMPT_TIMEOUT`] at most.
    pub operation_timeout: Duration,
    /// Attempts in all, at least 1; `None`: as the profile says, usually [`ATTEMPTS`].
    pub attempts: Option<u32>,
    /// The limit for a credential helper, which may ask its user.
    pub credential_timeout: Duration,
    /// Whether the screen is taken: a credential helper gets no terminal.
    pub screen: bool,
    /// Whether nobody is asked for an MFA code: it is looked at in passing, and a window would be about something else.
    pub quiet: bool,
    /// Refused credentials are read again at most this often.
    pub reread_after: Duration,
    /// Keys to use instead of any others: a simulator takes any.
    pub keys: Option<Keys>,
    /// A credentials file to use instead of the usual files.
    pub credentials_file: Option<PathBuf>,
}

/// An access key of IAM.
#[derive(Debug, Clone)]
pub struct Keys {
    /// `AKIA…`.
    pub id: String,
    pub secret: secrecy::SecretString,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            region: None,
            profile: None,
            endpoint_url: None,
            operation_timeout: OPERATION_TIMEOUT,
            attempts: None,
            credential_timeout: CREDENTIAL_TIMEOUT,
            screen: false,
            quiet: false,
            reread_after: REREAD_AFTER,
            keys: None,
            credentials_file: None,
        }
    }
}

impl Connection {
    /// Connects to a simulator at this endpoint, with keys that mean nothing.
    pub fn simulated(endpoint_url: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            region: Some(region.into()),
            endpoint_url: Some(endpoint_url.into()),
            keys: Some(Keys { id: "AKIASIMULATED0000000".to_owned(), secret: "simulated".into() }),
            ..Self::default()
        }
    }
}

impl From<&EnvironmentConfig> for Connection {
    fn from(environment: &EnvironmentConfig) -> Self {
        Self {
            region: environment.region.clone(),
            profile: environment.profile.clone(),
            endpoint_url: environment.endpoint_url.clone(),
            attempts: attempts(variable("AWS_MAX_ATTEMPTS").as_deref()),
            credential_timeout: environment
                .credential_timeout
                .and_then(|limit| Duration::try_from(limit).ok())
                .unwrap_or(CREDENTIAL_TIMEOUT),
            ..Self::default()
        }
    }
}

/// The AWS files of a connection, to tell where in them something stands.
pub(super) fn texts(connection: &Connection) -> AwsFiles {
    match &connection.credentials_file {
        // With keys of its own it depends on no file of anybody.
        _ if connection.keys.is_some() => AwsFiles::default(),
        Some(file) => AwsFiles::only(file),
        None => AwsFiles::usual(|name| std::env::var_os(name)),
    }
}

/// The limits of time for every request of a connection.
pub(super) fn timeouts(connection: &Connection) -> aws_smithy_types::timeout::TimeoutConfig {
    // The SDK's own default limits only the connecting: a server that hangs would hang us.
    aws_smithy_types::timeout::TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT.min(connection.operation_timeout))
        .operation_attempt_timeout(ATTEMPT_TIMEOUT.min(connection.operation_timeout))
        .operation_timeout(connection.operation_timeout)
        .build()
}

/// As in the AWS CLI and its SDKs: a whole number from 1; anything else is not heard.
fn attempts(said: Option<&str>) -> Option<u32> {
    said.and_then(|said| said.trim().parse().ok()).filter(|count| *count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_as_the_variable_says() {
        assert_eq!(attempts(Some("1")), Some(1));
        for odd in [None, Some("0"), Some("many"), Some("")] {
            assert_eq!(attempts(odd), None);
        }
    }
}
