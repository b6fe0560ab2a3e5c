//! Whatever went wrong with a request, as a [`Failure`]: a kind for machines and a sentence for people.
//!
//! A sentence begins with the action as IAM names it (`ecs:DescribeServices`), so that a policy can be
//! corrected from it. No secret is in one: see [`clean`].

pub(super) use super::causes::deepest;
use super::causes::{Broken, broken, chain, of_names};
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

/// Longer than this no message of a service is shown.
const LONGEST: usize = 500;

/// The words that messages name beside the action.
#[derive(Debug, Clone)]
pub(super) struct Context {
    /// The profile, in words.
    pub who: String,
    /// The hint where its credentials are refused.
    pub renew: String,
    /// Whether the credentials cannot become others as long as this process runs.
    pub lasting: bool,
    /// Whether they stand in variables of the environment.
    pub variables: bool,
    /// Whether they come from a sign-in, which leaves a file.
    pub signs_in: bool,
    /// The endpoints that requests go to, for messages.
    pub endpoints: Endpoints,
}

/// The failure of one request.
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
        _ => (FailureKind::Other, deepest(error)),
    };
    let failure = Failure::new(kind, format!("{action}: {}", clean(&what)));
    let failure = if never_left(error) { failure.unsent() } else { failure };
    if broken(error) == Broken::Certificate {
        return failure.hinted(
            "where a proxy looks into TLS, name its certificates with AWS_CA_BUNDLE, as for the AWS CLI; else check the \
             clock of this machine and --endpoint-url",
        );
    }
    // A signature is refused for this machine's clock, too, and that can be set.
    let clock = matches!(error, SdkError::ServiceError(service) if service.err().code().is_some_and(of_clock));
    renewed(failure, context, clock)
}

/// The failure of a request that was answered with an error of this code; empty where it has none.
pub(super) fn of_answer(action: &str, context: &Context, status: u16, code: &str, message: &str) -> Failure {
    let known = Some(code).filter(|code| !code.is_empty());
    let (kind, what) = of_service(context, status, known, Some(message), &std::fmt::Error);
    renewed(Failure::new(kind, format!("{action}: {}", clean(&what))), context, of_clock(code))
}

/// Adds the hint on credentials that are refused.
fn renewed(failure: Failure, context: &Context, clock: bool) -> Failure {
    if failure.kind != FailureKind::Credentials {
        return failure;
    }
    let hint = if clock {
        format!("set this machine's clock (`cockpit doctor` compares it); if that is right, {}", context.renew)
    } else {
        context.renew.clone()
    };
    failure.hinted(hint).lasting(context.lasting && !clock)
}

/// Whether the request was certainly not sent: it could not be made, or nothing took the connection. A time limit
/// or a broken connection leaves that open.
fn never_left<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    E: Error + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => true,
        SdkError::DispatchFailure(_) => chain(error).any(|cause| {
            cause.downcast_ref::<CredentialsError>().is_some()
                || cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused)
        }),
        _ => false,
    }
}

/// Whether AWS refuses with this code a request whose time or signature is off.
fn of_clock(code: &str) -> bool {
    code.contains("Signature") || code.contains("RequestExpired") || code.contains("RequestTimeTooSkewed")
}

/// An answer that the service itself gave.
fn of_service(
    context: &Context,
    status: u16,
    code: Option<&str>,
    message: Option<&str>,
    error: &(dyn Error + 'static),
) -> (FailureKind, String) {
    let Some(code) = code else {
        return match status {
            200..=299 => (FailureKind::Malformed, format!("the answer was not understood: {}", deepest(error))),
            401 | 403 => (FailureKind::Denied, format!("not allowed (HTTP {status})")),
            // A thing that is missing has a code: this is an endpoint that is not all of AWS.
            404 => (FailureKind::Malformed, "the endpoint does not know this API (HTTP 404)".to_owned()),
            429 => (FailureKind::Throttled, "the service asks to slow down (HTTP 429)".to_owned()),
            500.. => (FailureKind::Service, format!("the service failed (HTTP {status})")),
            _ => (FailureKind::Malformed, format!("an error (HTTP {status}) that was not understood")),
        };
    };
    let said = match message {
        Some(message) if !message.is_empty() => format!("{message} ({code})"),
        _ => code.to_owned(),
    };
    match kind_of(code, status) {
        FailureKind::Throttled => (FailureKind::Throttled, format!("the service asks to slow down: {said}")),
        FailureKind::Denied => (FailureKind::Denied, format!("not allowed: {said}")),
        FailureKind::Credentials => {
            let why = if code.contains("Signature") { "; the secret or this machine's clock is wrong" } else { "" };
            let what = format!("AWS refuses the credentials of {}: {said}{why}", context.who);
            (FailureKind::Credentials, what)
        }
        FailureKind::Service => (FailureKind::Service, format!("the service failed: {said}")),
        kind => (kind, said),
    }
}

/// The kind that an error code stands for. AWS writes the same code with and without `Exception`.
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
        // Of sessions: the agent may be back in a moment.
        | "TargetNotConnected"
        | "Server"
        | "InternalServer" => FailureKind::Service,
        // A service that was deleted, or is being; a session that timed out; Cost Explorer in its first day.
        "ServiceNotActive" | "DoesNotExist" | "DataUnavailable" => FailureKind::NotFound,
        // Services in XML call it so: `NoSuchDistribution`.
        _ if bare.contains("NotFound") || bare.starts_with("NoSuch") => FailureKind::NotFound,
        _ if status == 429 => FailureKind::Throttled,
        _ if status >= 500 => FailureKind::Service,
        _ => FailureKind::Other,
    }
}

/// No answer, or none that was whole.
fn of_connection<E>(action: &str, context: &Context, error: &SdkError<E, HttpResponse>) -> (FailureKind, String)
where
    E: Error + 'static,
{
    if let Some(credentials) = chain(error).find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
        return of_credentials(context, credentials);
    }
    let named = context.endpoints.of_action(action);
    let there = named.map_or_else(|| "AWS".to_owned(), |endpoint| format!("`{endpoint}`"));
    let proxy = proxy_of(named, variable);
    // What is connected with first.
    let nearest = proxy.clone().unwrap_or_else(|| there.clone());
    let there = proxy.map_or_else(|| there.clone(), |proxy| format!("{there} through {proxy}"));
    let why = || deepest(error);
    // The SDK says this by a text alone.
    let url = named.is_none_or(is_url);
    match if url { broken(error) } else { Broken::Address } {
        Broken::Address => (FailureKind::Other, format!("the endpoint {there} is not a URL")),
        Broken::Certificate | Broken::Tls => {
            (FailureKind::Unreachable, format!("no safe connection to {there} (TLS): {}", why()))
        }
        Broken::Slow => (FailureKind::Unreachable, format!("no connection to {there} within the time limit")),
        Broken::Refused => {
            (FailureKind::Unreachable, format!("{nearest} refuses the connection: nothing listens there"))
        }
        Broken::Cut => {
            (FailureKind::Unreachable, format!("the connection to {there} broke before the answer was whole"))
        }
        Broken::NotUnderstood => (FailureKind::Malformed, format!("the answer was not understood: {}", why())),
        Broken::Unconnected if of_names(error) => {
            (FailureKind::Unreachable, format!("the name of {nearest} cannot be resolved (DNS): {}", why()))
        }
        Broken::Unconnected => (FailureKind::Unreachable, format!("no connection to {there}: {}", why())),
        Broken::Unmade => (FailureKind::Other, format!("the request could not be made: {}", why())),
    }
}

/// Credentials that could not be had at all.
pub(super) fn of_credentials(context: &Context, error: &CredentialsError) -> (FailureKind, String) {
    let Context { who, .. } = context;
    let why = deepest(error);
    let gone = |cause: &(dyn Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
    };
    if context.signs_in && chain(error).any(gone) {
        return (FailureKind::Credentials, format!("{who} is not signed in"));
    }
    let what = match error {
        CredentialsError::CredentialsNotLoaded(_) => format!("no credentials for {who} ({why})"),
        CredentialsError::ProviderTimedOut(_) => format!("credentials for {who} did not come in time ({why})"),
        CredentialsError::InvalidConfiguration(_) => format!("the settings of {who} are not usable: {why}"),
        _ => format!("no valid credentials for {who} ({why})"),
    };
    (FailureKind::Credentials, what)
}

/// A message without secrets, of bearable length: what follows `Authorization`, a security token, a
/// canonical request or an encoded authorization message is cut, access key ids and long runs as
/// tokens are shown by their ends only.
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

/// A run of characters that a token could have.
fn push_run(shown: &mut String, run: &str) {
    let key = ["AKIA", "ASIA"].iter().any(|start| run.starts_with(start)) && (16..=128).contains(&run.len());
    if key || run.len() >= 100 || (run.len() >= 40 && run.contains(['+', '=']) && !run.contains("//")) {
        // Runs are ASCII, so any place is a character's edge.
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
