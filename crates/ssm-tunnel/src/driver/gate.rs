//! The driver's needs of its user: the requests to AWS, and how to reach the WebSocket.

use super::proxy::Proxy;
use crate::carried::SendRate;
use crate::supervisor::Failure;
use rustls::ClientConfig;
use secrecy::SecretString;
use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

/// The credentials that AWS grants a session with. It does not print.
pub type Token = SecretString;
/// Credentials of AWS: access key, secret key, session token.
pub type Credentials = aws_credential_types::Credentials;

/// A session that AWS has opened.
#[derive(Debug, Clone)]
pub struct Granted {
    /// The id of the session.
    pub session_id: String,
    /// The URL of its WebSocket.
    pub url: String,
    /// The token that opens the WebSocket.
    pub token: Token,
}

/// The requests to AWS, which the driver's user makes.
pub trait Gate: Send + Sync + 'static {
    /// The target of a session: an instance, a container of a task.
    type Target: Clone + Send + Sync + 'static;

    /// Looks for what the session is to be opened to, now.
    fn resolve(&self) -> impl Future<Output = Result<Self::Target, Failure>> + Send;
    /// The target in words, for people.
    fn describe(&self, target: &Self::Target) -> String;
    /// Opens a session (`StartSession`, `ExecuteCommand`).
    fn start(&self, target: &Self::Target) -> impl Future<Output = Result<Granted, Failure>> + Send;
    /// Lets a session go on after its link was lost. Without a token in the answer of AWS the session is
    /// [gone](crate::FailureKind::Gone). None instead of the address: the one before.
    fn resume(&self, session_id: &str) -> impl Future<Output = Result<(Option<String>, Token), Failure>> + Send;
    /// Ends a session (`TerminateSession`).
    fn terminate(&self, session_id: &str) -> impl Future<Output = Result<(), Failure>> + Send;
    /// Whether the target is still there; asked every half minute. Why not, in words.
    fn gone(&self, target: &Self::Target) -> impl Future<Output = Option<String>> + Send;
    /// Whether the target, of which [`Gate::gone`] has just said that it is there, is about to end. What goes through it goes on
    /// until it does; who connects from then on is led to another one.
    fn is_leaving(&self, _target: &Self::Target) -> bool {
        false
    }
    /// Fresh credentials, for the signature of the WebSocket's address.
    fn credentials(&self) -> impl Future<Output = Result<Credentials, Failure>> + Send;
    /// The service's time, which signatures carry: AWS refuses one that is five minutes off. This machine's clock, where
    /// nothing better is known.
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// How to reach the WebSocket.
#[derive(Clone)]
pub struct Options {
    /// The region that signatures are for.
    pub region: String,
    /// For `wss://`: whom to trust. None where there is no TLS (a simulator on this machine).
    pub tls: Option<Arc<ClientConfig>>,
    /// The proxy that `wss://` goes through.
    pub proxy: Option<Proxy>,
    /// How fast data is sent.
    pub pace: SendRate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_printed() {
        let granted =
            Granted { session_id: "s-1".into(), url: "wss://x".into(), token: "hush-token".to_owned().into() };
        assert!(!format!("{granted:?}").contains("hush"));
    }
}
