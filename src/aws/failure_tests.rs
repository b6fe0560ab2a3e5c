//! Tests of errors of every kind, none of which shows a secret.

use super::*;
use aws_sdk_ecs::operation::describe_services::DescribeServicesError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;

type Seen = SdkError<DescribeServicesError, HttpResponse>;

fn context() -> Context {
    Context {
        fixed: false,
        from_sign_in: false,
        profile: "profile `staging`".into(),
        renewal_hint: "run `aws sso login --profile staging`".into(),
        from_variables: false,
        endpoints: Endpoints::at("http://127.0.0.1:1"),
    }
}

fn answer(status: u16) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty())
}

fn service(code: &str, message: &str, status: u16) -> Failure {
    let meta = ErrorMetadata::builder().code(code).message(message).build();
    let error: Seen = SdkError::service_error(DescribeServicesError::generic(meta), answer(status));
    of_request("ecs:DescribeServices", &context(), &error)
}

fn dispatch(error: ConnectorError) -> Failure {
    let error: Seen = SdkError::dispatch_failure(error);
    of_request("ecs:DescribeServices", &context(), &error)
}

#[test]
fn error_codes_map_to_kinds() {
    for (code, status, kind) in [
        ("ThrottlingException", 400, FailureKind::Throttled),
        ("Throttling", 400, FailureKind::Throttled),
        ("LimitExceededException", 400, FailureKind::Throttled),
        ("RequestLimitExceeded", 503, FailureKind::Throttled),
        ("AccessDeniedException", 400, FailureKind::Denied),
        ("AccessDenied", 403, FailureKind::Denied),
        ("ExpiredTokenException", 400, FailureKind::Credentials),
        ("ExpiredToken", 403, FailureKind::Credentials),
        ("InvalidClientTokenId", 403, FailureKind::Credentials),
        ("UnrecognizedClientException", 400, FailureKind::Credentials),
        ("ClusterNotFoundException", 400, FailureKind::NotFound),
        ("DBInstanceNotFound", 404, FailureKind::NotFound),
        ("DBClusterNotFoundFault", 404, FailureKind::NotFound),
        ("TargetGroupNotFound", 400, FailureKind::NotFound),
        ("ServerException", 500, FailureKind::Service),
        ("InternalFailure", 500, FailureKind::Service),
        ("Anything", 503, FailureKind::Service),
        ("ValidationError", 400, FailureKind::Invalid),
        ("SomethingNew", 400, FailureKind::Other),
    ] {
        let failure = service(code, "said so", status);
        assert_eq!(failure.kind, kind, "{code}");
        assert!(failure.message.starts_with("ecs:DescribeServices: "), "{}", failure.message);
        assert!(failure.message.contains("said so"), "{}", failure.message);
    }
}

#[test]
fn refused_credentials_name_the_profile_and_a_command() {
    let failure = service("ExpiredTokenException", "The security token included in the request is expired", 400);
    assert!(failure.message.contains("profile `staging`"), "{}", failure.message);
    assert!(failure.hint().contains("aws sso login --profile staging"), "{}", failure.message);
    let error: Seen = SdkError::construction_failure(CredentialsError::not_loaded("nothing there"));
    let failure = of_request("sts:GetCallerIdentity", &context(), &error);
    assert_eq!(failure.kind, FailureKind::Credentials);
    assert!(failure.message.contains("no credentials for profile `staging`"), "{}", failure.message);
}

#[test]
fn connection_failures_have_specific_messages() {
    let refused = dispatch(ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionRefused).into()));
    assert_eq!(refused.kind, FailureKind::Unreachable);
    assert!(refused.message.contains("`http://127.0.0.1:1` refuses"), "{}", refused.message);
    let reset = dispatch(ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into()));
    assert!(reset.message.contains("broke"), "{}", reset.message);
    let dns = dispatch(ConnectorError::io(io::Error::other("failed to lookup address information").into()));
    assert!(dns.message.contains("DNS"), "{}", dns.message);
    let issuer = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
    let tls = dispatch(ConnectorError::io(io::Error::new(io::ErrorKind::InvalidData, issuer).into()));
    assert!(tls.message.contains("TLS") && tls.hint().contains("AWS_CA_BUNDLE"), "{tls:?}");
    let closed = rustls::Error::General("received fatal alert".into());
    let tls = dispatch(ConnectorError::io(io::Error::new(io::ErrorKind::InvalidData, closed).into()));
    assert!(tls.message.contains("TLS") && !tls.hint().contains("AWS_CA_BUNDLE"), "{tls:?}");
    let slow: Seen = SdkError::timeout_error("late");
    assert_eq!(of_request("a:B", &context(), &slow).kind, FailureKind::Timeout);
    let odd: Seen = SdkError::response_error("expected `{`", answer(200));
    assert_eq!(of_request("a:B", &context(), &odd).kind, FailureKind::Malformed);
}

/// Failures are distinguished by kinds: a library may change its messages in any version, and an attacker can choose them.
type Make = fn(Box<dyn Error + Send + Sync>) -> Seen;

#[test]
fn message_text_does_not_affect_classification() {
    const WORDS: [&str; 9] = [
        "dns error: failed to lookup address information",
        "invalid peer certificate: UnknownIssuer",
        "tls handshake",
        "timed out: timeout",
        "connection closed before message completed",
        "reset by peer",
        "unexpected end of file: body from connection",
        "endpoint is not a valid URI",
        "AccessDenied ExpiredToken Throttling",
    ];
    let kinds = [
        io::ErrorKind::ConnectionRefused,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::TimedOut,
        io::ErrorKind::UnexpectedEof,
        io::ErrorKind::Other,
    ];
    let ways: [Make; 6] = [
        |error| SdkError::dispatch_failure(ConnectorError::io(error)),
        |error| SdkError::dispatch_failure(ConnectorError::timeout(error)),
        |error| SdkError::dispatch_failure(ConnectorError::user(error)),
        |error| SdkError::dispatch_failure(ConnectorError::other(error, None)),
        |error| SdkError::response_error(error, answer(200)),
        |error| SdkError::construction_failure(error),
    ];
    for way in ways {
        let done = |error| {
            let failure = of_request("a:B", &context(), &way(error));
            (failure.kind, failure.unsent, failure.permanent, failure.hint)
        };
        let plain = done("x".into());
        for words in WORDS {
            assert_eq!(done(words.into()), plain, "{words}");
        }
        for kind in kinds {
            let plain = done(io::Error::new(kind, "x").into());
            for words in WORDS {
                assert_eq!(done(io::Error::new(kind, words).into()), plain, "{kind:?}: {words}");
            }
        }
    }
    for (code, status) in [("SomethingNew", 400), ("AccessDenied", 403), ("ExpiredToken", 400), ("Throttling", 400)] {
        let plain = service(code, "x", status);
        for words in WORDS {
            let failure = service(code, words, status);
            assert_eq!((failure.kind, failure.hint), (plain.kind, plain.hint.clone()), "{code}: {words}");
        }
    }
}

#[test]
fn answers_without_a_code_are_classified_by_status() {
    for (status, kind) in [
        (200, FailureKind::Malformed),
        (403, FailureKind::Denied),
        (404, FailureKind::Malformed),
        (429, FailureKind::Throttled),
        (502, FailureKind::Service),
        (418, FailureKind::Malformed),
    ] {
        let error: Seen = SdkError::service_error(DescribeServicesError::unhandled("no JSON"), answer(status));
        assert_eq!(of_request("a:B", &context(), &error).kind, kind, "{status}");
    }
}

#[test]
fn failure_contains_no_secret() {
    let token = "FwoGZXIvYXdzE".repeat(20);
    for message in [
        format!("not authorized. Encoded authorization failure message: {token}"),
        format!("bad header Authorization=AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/2026, Signature={token}"),
        format!("The request signature we calculated does not match. The Canonical String was {token}"),
        format!("the token {token} is not valid"),
        "the key AKIAIOSFODNN7EXAMPLE is not valid".to_owned(),
        "secret wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY=".to_owned(),
    ] {
        let shown = clean(&message);
        assert!(!shown.contains(&token), "{shown}");
        assert!(!shown.contains("AKIAIOSFODNN7EXAMPLE"), "{shown}");
        assert!(!shown.contains("bPxRfiCYEXAMPLEKEY"), "{shown}");
    }
    let arn = "User: arn:aws:iam::123456789012:user/日本/alice is not authorized";
    assert_eq!(clean(arn), arn);
    assert_eq!(clean("x".repeat(99).as_str()), "x".repeat(99));
    assert!(clean(&"word ".repeat(500)).chars().count() <= LONGEST + 1);
    assert_eq!(without_user("http://me:secret@host:1/p"), "http://host:1/p");
}

#[test]
fn only_certainly_unsent_requests_are_reported_unsent() {
    let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    assert!(dispatch(ConnectorError::io(refused.into())).unsent, "the connection was not accepted");
    let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    assert!(!dispatch(ConnectorError::io(reset.into())).unsent, "it may have been in flight");
    assert!(!dispatch(ConnectorError::timeout("HTTP read timeout".into())).unsent);
    assert!(!service("InternalFailure", "", 500).unsent && !service("ThrottlingException", "", 400).unsent);
    let error: Seen = SdkError::construction_failure("no endpoint");
    assert!(of_request("ecs:UpdateService", &context(), &error).unsent);
}

#[test]
fn only_refused_credentials_can_be_permanent() {
    let lasts = Context { fixed: true, ..context() };
    let of = |context: &Context, code: &str| {
        let meta = ErrorMetadata::builder().code(code).build();
        let error: Seen = SdkError::service_error(DescribeServicesError::generic(meta), answer(400));
        of_request("ecs:DescribeServices", context, &error).permanent
    };
    assert!(of(&lasts, "ExpiredToken") && !of(&lasts, "ThrottlingException") && !of(&context(), "ExpiredToken"));
}
