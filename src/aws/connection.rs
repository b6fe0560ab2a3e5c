//! How to reach one environment's AWS: the endpoint, the credentials, and the time limits.

use super::environment::variable;
use crate::config::{AwsFiles, EnvironmentConfig};
use std::path::PathBuf;
use std::time::Duration;

/// The limit for connecting: after this a packet is lost, not late.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The limit for one attempt: the slowest healthy answers (`DescribeServices` of ten large services,
/// metrics over three hours) take some seconds.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// The limit for a request including its retries.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(20);
/// The default limit for a credential helper: a person answers a dialog within it.
pub const CREDENTIAL_TIMEOUT: Duration = Duration::from_mins(1);
/// The pause before a failed helper is started again: each start may open a dialog.
pub const HELPER_RETRY_DELAY: Duration = Duration::from_mins(1);
/// Number of attempts for a request, including the first.
pub const MAX_ATTEMPTS: u32 = 3;
/// The minimum interval between reloads of credentials that AWS refused.
pub const REREAD_INTERVAL: Duration = Duration::from_secs(2);

/// Where to connect, and as whom. A value that is `None` comes from the AWS variables and files, as in the AWS CLI.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The region, such as `ap-northeast-1`.
    pub region: Option<String>,
    /// A profile of the AWS files; it takes precedence over keys in the environment, like `--profile`.
    pub profile: Option<String>,
    /// A custom endpoint for every service.
    pub endpoint_url: Option<String>,
    /// The limit for a request including its retries; one attempt has [`ATTEMPT_TIMEOUT`] at most.
    pub operation_timeout: Duration,
    /// Total number of attempts, at least 1; `None`: as in the profile, usually [`MAX_ATTEMPTS`].
    pub attempts: Option<u32>,
    /// The limit for a credential helper, which may prompt its user.
    pub credential_timeout: Duration,
    /// Whether the screen is in use: a credential helper then gets no terminal.
    pub screen: bool,
    /// Whether MFA prompts are suppressed: for a background request, a prompt would appear out of context.
    pub without_prompt: bool,
    /// The minimum interval between reloads of refused credentials.
    pub reread_interval: Duration,
    /// Keys to use instead of any others: a simulator accepts any.
    pub keys: Option<Keys>,
    /// A credentials file to use instead of the usual files.
    pub credentials_file: Option<PathBuf>,
}

/// An access key of IAM.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The access key id, `AKIA…`.
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
            without_prompt: false,
            reread_interval: REREAD_INTERVAL,
            keys: None,
            credentials_file: None,
        }
    }
}

impl Connection {
    /// Connects to a simulator at this endpoint, with dummy keys.
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

/// The AWS files of a connection, used to locate a setting in them.
pub(super) fn aws_files(connection: &Connection) -> AwsFiles {
    match &connection.credentials_file {
        // A connection with its own keys reads no files.
        _ if connection.keys.is_some() => AwsFiles::default(),
        Some(file) => AwsFiles::credentials_only(file),
        None => AwsFiles::from_environment(|name| std::env::var_os(name)),
    }
}

/// The time limits for every request of a connection.
pub(super) fn timeouts(connection: &Connection) -> aws_smithy_types::timeout::TimeoutConfig {
    // By default the SDK limits only connecting: a hanging server would hang this program.
    aws_smithy_types::timeout::TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT.min(connection.operation_timeout))
        .operation_attempt_timeout(ATTEMPT_TIMEOUT.min(connection.operation_timeout))
        .operation_timeout(connection.operation_timeout)
        .build()
}

/// Parses the number of attempts as the AWS CLI and SDKs do: an integer of at least 1; other values are ignored.
fn attempts(value: Option<&str>) -> Option<u32> {
    value.and_then(|value| value.trim().parse().ok()).filter(|count| *count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_follow_the_variable() {
        assert_eq!(attempts(Some("1")), Some(1));
        for odd in [None, Some("0"), Some("many"), Some("")] {
            assert_eq!(attempts(odd), None);
        }
    }
}
