//! Requests to services whose crates would be larger than their use justifies: signed and sent here, over the HTTP client of
//! the session, within the budgets shared by all requests. Their formats are in `protocols`.

use super::failure::{self, Context};
use super::session::{Action, Caller, Inner};
use super::wire::NoAnswer;
use super::writer::Writer;
use crate::app::effect::Priority;
use crate::model::{Failure, FailureKind, partition};
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_async::time::TimeSource as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use std::fmt::Display;
use std::time::Duration;
use tokio::time::Instant;

/// Services whose host names contain no region.
const WITHOUT_REGION: &[&str] = &["route53", "cloudfront", "budgets"];
/// Exceptions to the host name of IAM, by the prefix of the current region. Source: the endpoints of IAM in the
/// General Reference.
const HOSTS_OF_IAM: &[(&str, &str)] =
    &[("cn-", "iam.cn-north-1.amazonaws.com.cn"), ("us-gov-", "iam.us-gov.amazonaws.com"), ("", "iam.amazonaws.com")];
/// Total number of attempts for a throttled read.
const TRIES: u32 = 4;

/// The first pause before a retry.
const PAUSE: Duration = Duration::from_millis(250);

/// A service: its name in signatures and hosts, and its region if it differs from the environment's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service(pub(super) &'static str, pub(super) Option<&'static str>);

/// A request to sign and send.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) action: Action,
    pub(super) service: Service,
    pub(super) method: &'static str,
    /// The path, including the query.
    pub(super) path: String,
    /// The content type; empty for no content.
    pub(super) content_type: &'static str,
    /// The header `X-Amz-Target`.
    pub(super) target: Option<String>,
    pub(super) body: String,
}

/// An answer with any status.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) text: String,
    /// AWS's id of the request.
    pub(super) id: Option<String>,
}

/// A parser of an answer: returns its value, or the failure that it reports.
pub(super) type AnswerParser<T> = fn(Action, &Context, &Answer) -> Result<T, Failure>;

impl Caller<'_> {
    /// Executes one read: within its budget, retried after throttling, and once more with reloaded credentials if AWS refuses
    /// the current ones. A read that belongs to a change keeps the change's credentials.
    ///
    /// # Errors
    /// The request is refused or unanswered, or the answer cannot be read.
    pub(super) async fn send_signed<T>(&self, request: &Request, read: AnswerParser<T>) -> Result<T, Failure> {
        let inner = &self.session.0;
        let tries = inner.connection.attempts.unwrap_or(TRIES).max(1);
        let (mut sent, mut again) = (1, true);
        loop {
            inner.take(request.action.class, self.priority()).await;
            let generation = self.session.current();
            let outcome = match (self.pinned_clients(), generation.load(inner).await) {
                (Some(pinned), _) => {
                    let answer = inner.sign(request, &pinned.config, pinned.credentials.clone()).await;
                    answer.and_then(|answer| read(request.action, &pinned.context, &answer))
                }
                (None, Err(failure)) => {
                    Err(failure.clone().with_message(format!("{}: {failure}", request.action.name)))
                }
                (None, Ok(loaded)) => match loaded.credentials.in_use().await {
                    Ok(credentials) => {
                        let answer = inner.sign(request, &loaded.config, credentials).await;
                        answer.and_then(|answer| read(request.action, &loaded.context, &answer))
                    }
                    Err(failure) => {
                        let message = format!("{}: {failure}", request.action.name);
                        Err(failure.with_message(message).mark_unsent())
                    }
                },
            };
            let failed = match outcome {
                Ok(read) => return Ok(read),
                Err(failed) => failed,
            };
            tracing::warn!(kind = failed.kind.name(), "{failed}");
            match failed.kind {
                FailureKind::Throttled => {
                    inner.slow_down(request.action.class);
                    if sent >= tries {
                        return Err(failed);
                    }
                    // AWS keeps throttling as long as requests continue: each pause is twice as long.
                    tokio::time::sleep(PAUSE * 2_u32.pow(sent - 1)).await;
                    sent += 1;
                }
                FailureKind::Credentials if self.pinned_clients().is_none() => {
                    if again && self.session.renew(&generation) {
                        again = false;
                        continue;
                    }
                    return Err(super::credentials::load::explain(&inner.connection, failed).await);
                }
                _ => return Err(failed),
            }
        }
    }
}

impl Writer<'_> {
    /// Sends a change at most once, whatever the outcome.
    ///
    /// # Errors
    /// The request is refused or unanswered, or the answer cannot be read.
    pub(super) async fn send_signed_once<T>(&self, request: &Request, read: AnswerParser<T>) -> Result<T, Failure> {
        let (inner, pinned) = self.parts();
        inner.take(request.action.class, Priority::Operator).await;
        let answer = inner.sign(request, &pinned.config, pinned.credentials.clone()).await?;
        self.record_request_id(answer.id.as_deref());
        let outcome = read(request.action, &pinned.context, &answer);
        if outcome.as_ref().is_err_and(|failure| failure.kind == FailureKind::Throttled) {
            inner.slow_down(request.action.class);
        }
        outcome
    }
}

impl Inner {
    /// Signs a request now and sends it. A service with a single region for all has the host `SERVICE.amazonaws.com`, whatever
    /// the region of its signature.
    async fn sign(&self, wanted: &Request, config: &SdkConfig, credentials: Credentials) -> Result<Answer, Failure> {
        let (action, Service(service, region)) = (wanted.action.name, wanted.service);
        let failed = |error: &dyn Display| Failure::new(FailureKind::Other, format!("{action}: {error}")).mark_unsent();
        let own = config.region().map(ToString::to_string).unwrap_or_default();
        let region = region.map(|region| of_partition(region, &own));
        let host = host(service, &own, region);
        let region = region.map_or(own, str::to_owned);
        let base = match super::endpoints::of_config(config, service) {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None => format!("https://{host}"),
        };
        let url = format!("{base}{}", wanted.path);
        let host = base.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default().to_owned();
        let mut headers = vec![("host", host.as_str())];
        if !wanted.content_type.is_empty() {
            headers.push(("content-type", wanted.content_type));
        }
        if let Some(target) = &wanted.target {
            headers.push(("x-amz-target", target));
        }
        let identity = credentials.into();
        let signing = v4::SigningParams::builder()
            .identity(&identity)
            .region(&region)
            .name(service)
            .time(self.wire.clock().now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| failed(&error))?;
        let body = SignableBody::Bytes(wanted.body.as_bytes());
        let signable = SignableRequest::new(wanted.method, &url, headers.iter().copied(), body);
        let signable = signable.map_err(|error| failed(&error))?;
        let (signed, _) = sign(signable, &signing.into()).map_err(|error| failed(&error))?.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(wanted.body.as_str()));
        request.set_uri(url.as_str()).map_err(|error| failed(&error))?;
        request.set_method(wanted.method).map_err(|error| failed(&error))?;
        for (name, value) in headers.iter().copied().chain(signed.headers()) {
            request.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        let failure_of = |kind, what: &str| Failure::new(kind, format!("{action}: {host} {what}"));
        let answered = self.wire.send_request(request, self.connection.operation_timeout).await;
        self.budget.answered(wanted.action.class, Instant::now());
        match answered {
            Ok((status, id, text)) => Ok(Answer { status, text, id: id.map(|id| failure::clean(&id)) }),
            Err(NoAnswer::TimedOut) => Err(failure_of(FailureKind::Timeout, "gives no answer within the time limit")),
            Err(NoAnswer::Refused) => Err(failure_of(FailureKind::Unreachable, "refuses the connection").mark_unsent()),
            Err(NoAnswer::Interrupted) => Err(failure_of(FailureKind::Unreachable, "gives no complete answer")),
        }
    }
}

/// The single region of a service in the partition of a region: it differs in China. Source: the endpoints of each service in
/// the General Reference.
fn of_partition<'a>(region: &'a str, own: &str) -> &'a str {
    if region == "us-east-1" && own.starts_with("cn-") { "cn-northwest-1" } else { region }
}

/// The host of a service for users of the region `own`; `other` is the service's own region, if it differs.
fn host(service: &str, own: &str, other: Option<&str>) -> String {
    let domain = partition::domain(own);
    match HOSTS_OF_IAM.iter().find(|(begins, _)| service == "iam" && own.starts_with(begins)) {
        Some((_, host)) => (*host).to_owned(),
        // CloudFront in China has a region in its host name.
        None if WITHOUT_REGION.contains(&service) && !(service == "cloudfront" && own.starts_with("cn-")) => {
            format!("{service}.{domain}")
        }
        None => format!("{service}.{}.{domain}", other.unwrap_or(own)),
    }
}

#[cfg(test)]
mod tests {
    use super::{host, of_partition};

    #[test]
    fn service_host_depends_on_the_partition() {
        assert_eq!(host("ec2", "eu-west-1", None), "ec2.eu-west-1.amazonaws.com");
        assert_eq!(host("ce", "eu-west-1", Some("us-east-1")), "ce.us-east-1.amazonaws.com");
        assert_eq!(host("route53", "cn-north-1", Some("us-east-1")), "route53.amazonaws.com.cn");
        assert_eq!(host("iam", "eu-west-1", Some("us-east-1")), "iam.amazonaws.com");
        assert_eq!(host("iam", "cn-northwest-1", Some("cn-north-1")), "iam.cn-north-1.amazonaws.com.cn");
        assert_eq!(host("iam", "us-gov-east-1", Some("us-gov-west-1")), "iam.us-gov.amazonaws.com");
    }

    #[test]
    fn single_region_service_has_another_region_in_china() {
        let of = |service: &str, own: &str| host(service, own, Some(of_partition("us-east-1", own)));
        assert_eq!(of("ce", "cn-north-1"), "ce.cn-northwest-1.amazonaws.com.cn");
        assert_eq!(of("budgets", "cn-north-1"), "budgets.amazonaws.com.cn");
        assert_eq!(of("cloudfront", "cn-north-1"), "cloudfront.cn-northwest-1.amazonaws.com.cn");
        assert_eq!(of("cloudfront", "eu-west-1"), "cloudfront.amazonaws.com");
        assert_eq!(of_partition("cn-north-1", "cn-northwest-1"), "cn-north-1", "IAM of China");
    }
}
