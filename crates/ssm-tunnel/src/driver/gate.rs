//! The interface that the driver's user implements: the requests to AWS, and how to reach the WebSocket.

use super::proxy::Proxy;
use crate::purpose::SendRate;
use crate::supervisor::Failure;
use rustls::ClientConfig;
use secrecy::SecretString;
use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

/// The token that AWS grants a session with. Its value is not printed.
pub type Token = SecretString;
/// AWS credentials: access key, secret key, session token.
pub type Credentials = aws_credential_types::Credentials;

/// A session opened by AWS.
#[derive(Debug, Clone)]
pub struct OpenSession {
    /// The id of the session.
    pub session_id: String,
    /// The URL of its WebSocket.
    pub url: String,
    /// The token for the WebSocket.
    pub token: Token,
}

/// The requests to AWS, implemented by the driver's user.
pub trait Gate: Send + Sync + 'static {
    /// The target of a session: an instance, or a container of a task.
    type Target: Clone + Send + Sync + 'static;

    /// Looks up the current target for the session.
    fn resolve(&self) -> impl Future<Output = Result<Self::Target, Failure>> + Send;
    /// Describes the target for people.
    fn describe(&self, target: &Self::Target) -> String;
    /// Opens a session (`StartSession`, `ExecuteCommand`).
    fn start(&self, target: &Self::Target) -> impl Future<Output = Result<OpenSession, Failure>> + Send;
    /// Resumes a session after its link was lost. Without a token in the answer of AWS the session is
    /// [gone](crate::FailureKind::Gone). If the returned URL is none, the previous one is used.
    fn resume(&self, session_id: &str) -> impl Future<Output = Result<(Option<String>, Token), Failure>> + Send;
    /// Ends a session (`TerminateSession`).
    fn terminate(&self, session_id: &str) -> impl Future<Output = Result<(), Failure>> + Send;
    /// Checks every half minute whether the target still exists; returns the reason, in words, if it does not.
    fn find_gone_reason(&self, target: &Self::Target) -> impl Future<Output = Option<String>> + Send;
    /// Whether the target, which still exists according to the latest [`Gate::find_gone_reason`], is about to end. Existing
    /// connections continue until then; new ones go to another target.
    fn is_leaving(&self, _target: &Self::Target) -> bool {
        false
    }
    /// Returns fresh credentials for signing the WebSocket's address.
    fn credentials(&self) -> impl Future<Output = Result<Credentials, Failure>> + Send;
    /// The service's time, used in signatures: AWS refuses a time that is five minutes off. Defaults to this machine's clock.
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Options for reaching the WebSocket.
#[derive(Clone)]
pub struct Options {
    /// The region that signatures are for.
    pub region: String,
    /// The trusted certificates for `wss://`. None without TLS (a simulator on this machine).
    pub tls: Option<Arc<ClientConfig>>,
    /// The proxy for `wss://` connections.
    pub proxy: Option<Proxy>,
    /// The rate at which data is sent.
    pub pace: SendRate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_printed() {
        let granted =
            OpenSession { session_id: "s-1".into(), url: "wss://x".into(), token: "hush-token".to_owned().into() };
        assert!(!format!("{granted:?}").contains("hush"));
    }
}
