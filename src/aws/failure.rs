//! Every failed request as a [`Failure`]: a kind for programs and a sentence for people.
//!
//! A sentence begins with the action as named in IAM (`ecs:DescribeServices`), so that a policy can be
//! corrected from it. It never contains a secret: see [`clean`].

pub(super) use super::causes::root_cause;
use super::causes::{ConnectionFailure, connection_failure, error_chain, is_name_resolution};
use super::environment::variable;
use super::proxied::proxy_of;
use crate::model::format::is_url;
use crate::model::{Endpoints, Failure, FailureKind};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;
use std::io;

/// Maximum length of a displayed service message, in bytes.
const LONGEST: usize = 500;

/// The names that messages contain besides the action.
#[derive(Debug, Clone)]
pub(super) struct Context {
    /// The profile, in words.
    pub profile: String,
    /// The hint for refused credentials.
    pub renewal_hint: String,
    /// Whether the credentials cannot change while this process runs.
    pub fixed: bool,
    /// Whether the credentials are in environment variables.
    pub from_variables: bool,
    /// Whether they come from a sign-in, which writes a file.
    pub from_sign_in: bool,
    /// The endpoints of the requests, for messages.
    pub endpoints: Endpoints,
}

/// Converts the error of one request.
pub(super) fn of_request<E>(action: &str, context: &Context, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let (kind, what) = match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            of_service(context, status, service.err().code(), service.err().message(), service.err())
        }
        SdkError::TimeoutError(_) => (FailureKind::Timeout, "no answer within the time limit".to_owned()),
        SdkError::DispatchFailure(_) | SdkError::ResponseError(_) | SdkError::ConstructionFailure(_) => {
            of_connection(action, context, error)
        }
        _ => (FailureKind::Other, root_cause(error)),
    };
    let failure = Failure::new(kind, format!("{action}: {}", clean(&what)));
    let failure = if was_certainly_not_sent(error) { failure.mark_unsent() } else { failure };
    if connection_failure(error) == ConnectionFailure::Certificate {
        return failure.with_hint(
            "if a proxy intercepts TLS, name its certificates with AWS_CA_BUNDLE, as for the AWS CLI; else check the \
             clock of this machine and --endpoint-url",
        );
    }
    // A wrong clock on this machine also invalidates signatures, and can be corrected.
    let clock = matches!(error, SdkError::ServiceError(service) if service.err().code().is_some_and(is_clock_error));
    with_renewal_hint(failure, context, clock)
}

/// Converts an error answer with this code, which may be empty.
pub(super) fn of_answer(action: &str, context: &Context, status: u16, code: &str, message: &str) -> Failure {
    let known = Some(code).filter(|code| !code.is_empty());
    let (kind, what) = of_service(context, status, known, Some(message), &std::fmt::Error);
    with_renewal_hint(Failure::new(kind, format!("{action}: {}", clean(&what))), context, is_clock_error(code))
}

/// Adds the hint about refused credentials.
fn with_renewal_hint(failure: Failure, context: &Context, clock: bool) -> Failure {
    if failure.kind != FailureKind::Credentials {
        return failure;
    }
    let hint = if clock {
        format!("set this machine's clock (`cockpit doctor` compares it); if that is right, {}", context.renewal_hint)
    } else {
        context.renewal_hint.clone()
    };
    failure.with_hint(hint).mark_permanent(context.fixed && !clock)
}

/// Whether the request was certainly not sent: it could not be built, or the connection was refused. A timeout
/// or a broken connection leaves that open.
fn was_certainly_not_sent<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    E: Error + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => true,
        SdkError::DispatchFailure(_) => error_chain(error).any(|cause| {
            cause.downcast_ref::<CredentialsError>().is_some()
                || cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused)
        }),
        _ => false,
    }
}

/// Whether this code refuses a request because of its time or signature.
fn is_clock_error(code: &str) -> bool {
    code.contains("Signature") || code.contains("RequestExpired") || code.contains("RequestTimeTooSkewed")
}

/// Converts an error that the service returned.
fn of_service(
    context: &Context,
    status: u16,
    code: Option<&str>,
    message: Option<&str>,
    error: &(dyn Error + 'static),
) -> (FailureKind, String) {
    let Some(code) = code else {
        return match status {
            200..=299 => (FailureKind::Malformed, format!("the answer was not understood: {}", root_cause(error))),
            401 | 403 => (FailureKind::Denied, format!("not allowed (HTTP {status})")),
            // A missing resource has an error code: this endpoint does not implement all of AWS.
            404 => (FailureKind::Malformed, "the endpoint does not know this API (HTTP 404)".to_owned()),
            429 => (FailureKind::Throttled, "the service asks to slow down (HTTP 429)".to_owned()),
            500.. => (FailureKind::Service, format!("the service failed (HTTP {status})")),
            _ => (FailureKind::Malformed, format!("an error (HTTP {status}) that was not understood")),
        };
    };
    let text = match message {
        Some(message) if !message.is_empty() => format!("{message} ({code})"),
        _ => code.to_owned(),
    };
    match kind_of(code, status) {
        FailureKind::Throttled => (FailureKind::Throttled, format!("the service asks to slow down: {text}")),
        FailureKind::Denied => (FailureKind::Denied, format!("not allowed: {text}")),
        FailureKind::Credentials => {
            let why = if code.contains("Signature") { "; the secret or this machine's clock is wrong" } else { "" };
            let what = format!("AWS refuses the credentials of {}: {text}{why}", context.profile);
            (FailureKind::Credentials, what)
        }
        FailureKind::Service => (FailureKind::Service, format!("the service failed: {text}")),
        kind => (kind, text),
    }
}

/// Maps an error code to its kind. AWS writes the same code with and without `Exception`.
fn kind_of(code: &str, status: u16) -> FailureKind {
    let bare = code.strip_suffix("Exception").or_else(|| code.strip_suffix("Fault")).unwrap_or(code);
    match bare {
        "Throttling"
        | "Throttled"
        | "ThrottlingError"
        | "RequestThrottled"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "LimitExceeded"
        | "ProvisionedThroughputExceeded"
        | "SlowDown"
        | "PriorRequestNotComplete"
        | "EC2Throttled" => FailureKind::Throttled,
        "AccessDenied"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "AuthorizationError"
        | "Unauthorized"
        | "OptInRequired"
        | "SubscriptionRequired"
        | "Forbidden" => FailureKind::Denied,
        "ExpiredToken"
        | "RequestExpired"
        | "InvalidClientTokenId"
        | "UnrecognizedClient"
        | "InvalidAccessKeyId"
        | "RequestTimeTooSkewed"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "SignatureDoesNotMatch"
        | "InvalidSignature"
        | "AuthFailure"
        | "InvalidToken"
        | "TokenRefreshRequired" => FailureKind::Credentials,
        "InvalidParameter"
        | "InvalidParameterValue"
        | "InvalidParameterCombination"
        | "Validation"
        | "ValidationError" => FailureKind::Invalid,
        "InternalFailure"
        | "InternalError"
        | "InternalServerError"
        | "InternalService"
        | "ServiceUnavailable"
        // Of sessions: the agent may be back shortly.
        | "TargetNotConnected"
        | "Server"
        | "InternalServer" => FailureKind::Service,
        // A deleted service, or one being deleted; a session that timed out; Cost Explorer on its first day.
        "ServiceNotActive" | "DoesNotExist" | "DataUnavailable" => FailureKind::NotFound,
        // Services with XML use this form: `NoSuchDistribution`.
        _ if bare.contains("NotFound") || bare.starts_with("NoSuch") => FailureKind::NotFound,
        _ if status == 429 => FailureKind::Throttled,
        _ if status >= 500 => FailureKind::Service,
        _ => FailureKind::Other,
    }
}

/// Converts a missing or incomplete answer.
fn of_connection<E>(action: &str, context: &Context, error: &SdkError<E, HttpResponse>) -> (FailureKind, String)
where
    E: Error + 'static,
{
    if let Some(credentials) = error_chain(error).find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
        return of_credentials(context, credentials);
    }
    let named = context.endpoints.of_action(action);
    let there = named.map_or_else(|| "AWS".to_owned(), |endpoint| format!("`{endpoint}`"));
    let proxy = proxy_of(named, variable);
    // The peer of the connection.
    let nearest = proxy.clone().unwrap_or_else(|| there.clone());
    let there = proxy.map_or_else(|| there.clone(), |proxy| format!("{there} through {proxy}"));
    let why = || root_cause(error);
    // The SDK reports this only by its text.
    let url = named.is_none_or(is_url);
    match if url { connection_failure(error) } else { ConnectionFailure::InvalidAddress } {
        ConnectionFailure::InvalidAddress => (FailureKind::Other, format!("the endpoint {there} is not a URL")),
        ConnectionFailure::Certificate | ConnectionFailure::Tls => {
            (FailureKind::Unreachable, format!("no safe connection to {there} (TLS): {}", why()))
        }
        ConnectionFailure::TimedOut => {
            (FailureKind::Unreachable, format!("no connection to {there} within the time limit"))
        }
        ConnectionFailure::Refused => {
            (FailureKind::Unreachable, format!("{nearest} refuses the connection: nothing listens there"))
        }
        ConnectionFailure::Interrupted => {
            (FailureKind::Unreachable, format!("the connection to {there} broke before the answer was complete"))
        }
        ConnectionFailure::MalformedAnswer => {
            (FailureKind::Malformed, format!("the answer was not understood: {}", why()))
        }
        ConnectionFailure::NotConnected if is_name_resolution(error) => {
            (FailureKind::Unreachable, format!("the name of {nearest} cannot be resolved (DNS): {}", why()))
        }
        ConnectionFailure::NotConnected => (FailureKind::Unreachable, format!("no connection to {there}: {}", why())),
        ConnectionFailure::NotBuilt => (FailureKind::Other, format!("the request could not be made: {}", why())),
    }
}

/// Converts a failure to get any credentials.
pub(super) fn of_credentials(context: &Context, error: &CredentialsError) -> (FailureKind, String) {
    let Context { profile: who, .. } = context;
    let why = root_cause(error);
    let gone = |cause: &(dyn Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
    };
    if context.from_sign_in && error_chain(error).any(gone) {
        return (FailureKind::Credentials, format!("{who} is not signed in"));
    }
    let what = match error {
        CredentialsError::CredentialsNotLoaded(_) => format!("no credentials for {who} ({why})"),
        CredentialsError::ProviderTimedOut(_) => format!("credentials for {who} did not arrive in time ({why})"),
        CredentialsError::InvalidConfiguration(_) => format!("the settings of {who} are not usable: {why}"),
        _ => format!("no valid credentials for {who} ({why})"),
    };
    (FailureKind::Credentials, what)
}

/// Removes secrets from a message and limits its length: the text after `Authorization`, a security token, a
/// canonical request or an encoded authorization message is cut, and access key ids and long runs such as
/// tokens keep only their ends.
pub fn clean(message: &str) -> String {
    let mut text = message;
    for sign in [
        "Encoded authorization failure message",
        "The Canonical String",
        "Authorization=",
        "Authorization:",
        "authorization:",
        "x-amz-security-token",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
    ] {
        if let Some(at) = text.find(sign) {
            text = &text[..at];
        }
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !token_char(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        push_run(&mut shown, run);
        let mut characters = after.chars();
        shown.extend(characters.next());
        rest = characters.as_str();
    }
    let shown = shown.trim().trim_end_matches([':', ',', ';']);
    if shown.chars().count() > LONGEST {
        return shown.chars().take(LONGEST).chain(['…']).collect();
    }
    shown.to_owned()
}

fn token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

/// Appends a run of characters that could be a token.
fn push_run(shown: &mut String, run: &str) {
    let key = ["AKIA", "ASIA"].iter().any(|start| run.starts_with(start)) && (16..=128).contains(&run.len());
    if key || run.len() >= 100 || (run.len() >= 40 && run.contains(['+', '=']) && !run.contains("//")) {
        // Runs are ASCII, so any index is a character boundary.
        shown.push_str(&run[..4]);
        shown.push('…');
        shown.push_str(&run[run.len() - 4..]);
    } else {
        shown.push_str(run);
    }
}

pub(super) use crate::model::format::without_user;

#[cfg(test)]
#[path = "failure_tests.rs"]
mod tests;
