//! The causes of an error, and what they mean for a connection: determined by types and kinds, never by the text of a
//! message, which a library may change in any version.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{DispatchFailure, SdkError};
use aws_smithy_runtime_api::http::HttpError;
use std::error::Error;
use std::io;

/// The way in which a connection failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionFailure {
    /// The address is invalid.
    InvalidAddress,
    /// TLS rejected a certificate.
    Certificate,
    /// TLS failed for another reason.
    Tls,
    /// It exceeded its time limit.
    TimedOut,
    /// Nothing listens there.
    Refused,
    /// It ended midway.
    Interrupted,
    /// The connection could not be made.
    NotConnected,
    /// The answer violated the protocol.
    MalformedAnswer,
    /// The request could not be built.
    NotBuilt,
}

/// Returns how the connection failed for a request without a complete answer.
pub(super) fn connection_failure<E>(error: &SdkError<E, HttpResponse>) -> ConnectionFailure
where
    E: Error + 'static,
{
    if error_chain(error).any(<dyn Error>::is::<HttpError>) {
        return ConnectionFailure::InvalidAddress;
    }
    if let Some(tls) = error_chain(error).find_map(<dyn Error>::downcast_ref::<rustls::Error>) {
        use rustls::Error::{InvalidCertRevocationList, InvalidCertificate, NoCertificatesPresented};
        let certificate = matches!(tls, InvalidCertificate(_) | NoCertificatesPresented | InvalidCertRevocationList(_));
        return if certificate { ConnectionFailure::Certificate } else { ConnectionFailure::Tls };
    }
    let io = error_chain(error).filter_map(<dyn Error>::downcast_ref::<io::Error>).map(io::Error::kind);
    let kinds: Vec<io::ErrorKind> = io.collect();
    let dispatched = match error {
        SdkError::DispatchFailure(dispatched) => Some(dispatched),
        _ => None,
    };
    if dispatched.is_some_and(DispatchFailure::is_timeout) || kinds.contains(&io::ErrorKind::TimedOut) {
        return ConnectionFailure::TimedOut;
    }
    if kinds.contains(&io::ErrorKind::ConnectionRefused) {
        return ConnectionFailure::Refused;
    }
    if kinds.iter().any(|kind| ends_connection(*kind)) || error_chain(error).any(is_disconnect) {
        return ConnectionFailure::Interrupted;
    }
    match error {
        SdkError::ResponseError(_) => ConnectionFailure::MalformedAnswer,
        SdkError::DispatchFailure(dispatched) if !dispatched.is_user() => ConnectionFailure::NotConnected,
        _ => ConnectionFailure::NotBuilt,
    }
}

/// Whether an error ends an established connection.
fn ends_connection(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof
    )
}

/// Whether the HTTP library reports that a connection has ended.
fn is_disconnect(cause: &(dyn Error + 'static)) -> bool {
    let http = cause.downcast_ref::<hyper::Error>();
    http.is_some_and(|http| http.is_incomplete_message() || http.is_closed() || http.is_canceled())
}

/// Whether a host name could not be resolved. The resolver library has no public error type and the system no error kind: only
/// this text identifies it, and only the message depends on it.
pub(super) fn is_name_resolution<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    E: Error + 'static,
{
    error_chain(error).any(|cause| {
        let words = cause.to_string();
        words.contains("dns error") || words.contains("failed to lookup address")
    })
}

/// An error and all its causes. `source` skips the error inside an [`io::Error`]; this does not.
pub(super) fn error_chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    fn below<'a>(cause: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        let cause: &'a (dyn Error + 'static) = *cause;
        match cause.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => cause.source(),
        }
    }
    std::iter::successors(Some(error), below)
}

/// The text of the innermost cause, which is the specific one.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let text = error_chain(error).map(ToString::to_string).filter(|text| !text.is_empty()).last().unwrap_or_default();
    // The XML parser appends the debug output of its token.
    text.split(" got StartEl").next().unwrap_or_default().to_owned()
}
