//! How to reach one environment's AWS: where, as whom, and for how long to wait.

use crate::config::EnvironmentConfig;
use std::path::PathBuf;
use std::time::Duration;

/// The limit for connecting: beyond it a packet is lost, not late.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The limit for one attempt: the slowest healthy answers (`DescribeServices` of ten large services,
/// metrics over three hours) take some seconds.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// The limit for a request with its retries.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(20);
/// Attempts in all.
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
    /// Attempts in all, at least 1.
    pub attempts: u32,
    /// Refused credentials are read again at most this often.
    pub reread_after: Duration,
    /// Keys to use instead of any others: a simulator takes any.
    pub keys: Option<Keys>,
    /// A credentials file to use instead of the usual files.
    pub credentials_file: Option<PathBuf>,
}

/// An access key.
#[derive(Debug, Clone)]
pub struct Keys {
    /// `AKIA…`.
    pub id: String,
    /// Its secret.
    pub secret: secrecy::SecretString,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            region: None,
            profile: None,
            endpoint_url: None,
            operation_timeout: OPERATION_TIMEOUT,
            attempts: ATTEMPTS,
            reread_after: REREAD_AFTER,
            keys: None,
            credentials_file: None,
        }
    }
}

impl Connection {
    /// To a simulator at this endpoint, with keys that mean nothing.
    pub fn simulated(endpoint_url: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            region: Some(region.into()),
            endpoint_url: Some(endpoint_url.into()),
            keys: Some(Keys { id: "AKIASIMULATED0000000".to_owned(), secret: "simulated".into() }),
            ..Self::default()
        }
    }

    /// Whether its credentials are keys that nothing can renew while this process runs: those that were given to it,
    /// or those in its environment. A profile may be written anew at any time.
    pub(super) fn lasts(&self) -> bool {
        self.keys.is_some() || self.key_in_environment()
    }

    /// Whether the key is that of the environment's variables, as in the AWS CLI.
    fn key_in_environment(&self) -> bool {
        let set = std::env::var("AWS_ACCESS_KEY_ID").is_ok_and(|value| !value.is_empty());
        set && self.profile.is_none() && self.credentials_file.is_none()
    }

    /// What to call the identity in messages, and what to run when its credentials are refused.
    pub(super) fn who(&self) -> (String, String) {
        let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        if self.keys.is_some() {
            return ("the given key".to_owned(), "it again with another key".to_owned());
        }
        let named = self.profile.clone();
        if self.key_in_environment() {
            return ("the key in AWS_ACCESS_KEY_ID".to_owned(), "cockpit again with a new key exported".to_owned());
        }
        named.or_else(|| set("AWS_PROFILE")).map_or_else(
            || ("the default profile".to_owned(), "`aws sso login` or `aws login`".to_owned()),
            |profile| {
                let renew = format!("`aws sso login --profile {profile}` or `aws login --profile {profile}`");
                (format!("profile `{profile}`"), renew)
            },
        )
    }
}

impl From<&EnvironmentConfig> for Connection {
    fn from(environment: &EnvironmentConfig) -> Self {
        Self {
            region: environment.region.clone(),
            profile: environment.profile.clone(),
            endpoint_url: environment.endpoint_url.clone(),
            attempts: attempts(std::env::var("AWS_MAX_ATTEMPTS").ok().as_deref()),
            ..Self::default()
        }
    }
}

/// As in the AWS CLI and its SDKs: a whole number from 1; anything else is not heard.
fn attempts(said: Option<&str>) -> u32 {
    said.and_then(|said| said.trim().parse().ok()).filter(|count| *count > 0).unwrap_or(ATTEMPTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_as_the_variable_says() {
        assert_eq!(attempts(Some("1")), 1);
        for odd in [None, Some("0"), Some("many"), Some("")] {
            assert_eq!(attempts(odd), ATTEMPTS);
        }
    }
}
