//! The causes of an error, and what they mean for a connection: told by types and kinds, never by the words of a
//! message, which a library may change with any version.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{DispatchFailure, SdkError};
use aws_smithy_runtime_api::http::HttpError;
use std::error::Error;
use std::io;

/// The fate of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// The address is not a valid one.
    Address,
    /// TLS found fault with a certificate.
    Certificate,
    /// TLS came to nothing for another reason.
    Tls,
    /// It took longer than its limit.
    Slow,
    /// Nothing listens there.
    Refused,
    /// It ended in the middle.
    Cut,
    /// The connection could not be made.
    Unconnected,
    /// An answer came, and was not one of the protocol.
    NotUnderstood,
    /// The request could not be made at all.
    Unmade,
}

/// The fate of the connection of a request that has no answer, or none that was whole.
pub(super) fn broken<E>(error: &SdkError<E, HttpResponse>) -> Broken
where
    E: Error + 'static,
{
    if chain(error).any(<dyn Error>::is::<HttpError>) {
        return Broken::Address;
    }
    if let Some(tls) = chain(error).find_map(<dyn Error>::downcast_ref::<rustls::Error>) {
        use rustls::Error::{InvalidCertRevocationList, InvalidCertificate, NoCertificatesPresented};
        let certificate = matches!(tls, InvalidCertificate(_) | NoCertificatesPresented | InvalidCertRevocationList(_));
        return if certificate { Broken::Certificate } else { Broken::Tls };
    }
    let io = chain(error).filter_map(<dyn Error>::downcast_ref::<io::Error>).map(io::Error::kind);
    let kinds: Vec<io::ErrorKind> = io.collect();
    let dispatched = match error {
        SdkError::DispatchFailure(dispatched) => Some(dispatched),
        _ => None,
    };
    if dispatched.is_some_and(DispatchFailure::is_timeout) || kinds.contains(&io::ErrorKind::TimedOut) {
        return Broken::Slow;
    }
    if kinds.contains(&io::ErrorKind::ConnectionRefused) {
        return Broken::Refused;
    }
    if kinds.iter().any(|kind| ends(*kind)) || chain(error).any(of_hyper) {
        return Broken::Cut;
    }
    match error {
        SdkError::ResponseError(_) => Broken::NotUnderstood,
        SdkError::DispatchFailure(dispatched) if !dispatched.is_user() => Broken::Unconnected,
        _ => Broken::Unmade,
    }
}

/// Whether an error ends a connection that had been made.
fn ends(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof
    )
}

/// Whether the HTTP library says that a connection has ended.
fn of_hyper(cause: &(dyn Error + 'static)) -> bool {
    let http = cause.downcast_ref::<hyper::Error>();
    http.is_some_and(|http| http.is_incomplete_message() || http.is_closed() || http.is_canceled())
}

/// Whether the name of a host could not be found. The library that looks it up gives no type to ask for and the system
/// no kind: only these words tell it, and only the sentence depends on them.
pub(super) fn of_names<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    E: Error + 'static,
{
    chain(error).any(|cause| {
        let words = cause.to_string();
        words.contains("dns error") || words.contains("failed to lookup address")
    })
}

/// An error and all that caused it. What an [`io::Error`] carries is passed over by its `source`.
pub(super) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    fn below<'a>(cause: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        let cause: &'a (dyn Error + 'static) = *cause;
        match cause.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => cause.source(),
        }
    }
    std::iter::successors(Some(error), below)
}

/// The innermost cause: the one that says something.
pub(super) fn deepest(error: &(dyn Error + 'static)) -> String {
    let text = chain(error).map(ToString::to_string).filter(|text| !text.is_empty()).last().unwrap_or_default();
    // The XML parser goes on with the insides of its token.
    text.split(" got StartEl").next().unwrap_or_default().to_owned()
}
