//! Requests of services whose crates would be larger than what is asked of them: signed and sent here, over the HTTP client of
//! the session.

use super::budget::Class;
use super::failure::kind_of;
use super::session::Session;
use crate::app::effect::Lane;
use crate::model::{Failure, FailureKind};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_async::time::TimeSource as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;
use std::fmt::Display;

/// The content of the query protocol.
pub(super) const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// The content of JSON 1.1.
const JSON: &str = "application/x-amz-json-1.1";
/// Longer than this no message of the service is shown.
const LONGEST: usize = 500;
/// Services whose host names no region.
const WITHOUT_REGION: &[&str] = &["route53", "cloudfront", "budgets"];
/// A request that is refused because of its rate is sent so often in all.
const TRIES: u32 = 4;

/// A request that is to be signed and sent.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    /// As IAM names it.
    pub(super) action: &'static str,
    /// The name in the credential's scope and in the host: `ec2`.
    pub(super) service: &'static str,
    /// Where the service has one region for all; none for the session's.
    pub(super) region: Option<&'static str>,
    /// The content's type.
    pub(super) content: &'static str,
    /// `X-Amz-Target`.
    pub(super) target: Option<String>,
    pub(super) body: String,
}

/// An operation of JSON 1.1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    /// As IAM names it; its last part is the operation's name.
    pub(super) action: &'static str,
    /// The name in the credential's scope and in the host.
    pub(super) service: &'static str,
    /// Where the service has one region for all.
    pub(super) region: Option<&'static str>,
    /// What stands before the name in `X-Amz-Target`.
    pub(super) target: &'static str,
    pub(super) class: Class,
}

impl Session {
    /// One request as it is signed now: the status and the text of its answer.
    ///
    /// # Errors
    /// There are no credentials, or nobody answers.
    pub(super) async fn signed(&self, wanted: Signed) -> Result<(u16, String), Failure> {
        self.signed_at(wanted, "POST", "/").await
    }

    /// The same with another method, at a path with its query: of a service with paths. One that has one region for all is at
    /// `SERVICE.amazonaws.com`, whatever the region of its signature.
    ///
    /// # Errors
    /// There are no credentials, or nobody answers.
    pub(super) async fn signed_at(&self, wanted: Signed, method: &str, path: &str) -> Result<(u16, String), Failure> {
        let Signed { action, service, region, content, target, body } = wanted;
        let failed = |error: &dyn Display| Failure::new(FailureKind::Other, format!("{action}: {error}"));
        let generation = self.current();
        let loaded = generation.load(&self.0).await.as_ref().map_err(Clone::clone)?;
        let own = loaded.config.region().map(ToString::to_string).unwrap_or_default();
        let domain = if own.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let region = region.map_or(own, str::to_owned);
        let base = match loaded.config.endpoint_url() {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None if WITHOUT_REGION.contains(&service) => format!("https://{service}.{domain}"),
            None => format!("https://{service}.{region}.{domain}"),
        };
        let url = format!("{base}{path}");
        let host = base.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default().to_owned();
        let mut headers = vec![("host", host.as_str())];
        if !content.is_empty() {
            headers.push(("content-type", content));
        }
        if let Some(target) = &target {
            headers.push(("x-amz-target", target));
        }
        let identity = self.credentials().await?.into();
        let signing = v4::SigningParams::builder()
            .identity(&identity)
            .region(&region)
            .name(service)
            .time(self.service_clock().now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| failed(&error))?;
        let signable =
            SignableRequest::new(method, &url, headers.iter().copied(), SignableBody::Bytes(body.as_bytes()))
                .map_err(|error| failed(&error))?;
        let (signed, _) = sign(signable, &signing.into()).map_err(|error| failed(&error))?.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_uri(url.as_str()).map_err(|error| failed(&error))?;
        request.set_method(method).map_err(|error| failed(&error))?;
        for (name, value) in headers.iter().copied().chain(signed.headers()) {
            request.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        let answer = self.0.wire.ask(request).await;
        answer.ok_or_else(|| Failure::new(FailureKind::Unreachable, format!("{action}: {host} does not answer")))
    }

    /// One request of a JSON service within its budget; sent again where it was throttled.
    ///
    /// # Errors
    /// It is refused, nobody answers, or the answer is not JSON.
    pub(super) async fn json(&self, operation: Operation, lane: Lane, body: &Value) -> Result<Value, Failure> {
        let action = operation.action;
        let name = action.rsplit(':').next().unwrap_or_default();
        let mut tries = 1;
        loop {
            self.0.take(operation.class, lane).await;
            let request = Signed {
                action,
                service: operation.service,
                region: operation.region,
                content: JSON,
                target: Some(format!("{}.{name}", operation.target)),
                body: body.to_string(),
            };
            let (status, answer) = self.signed(request).await?;
            if (200..300).contains(&status) {
                return serde_json::from_str(&answer)
                    .map_err(|_| Failure::new(FailureKind::Malformed, format!("{action}: the answer is not JSON")));
            }
            let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
            let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let code = text("__type");
            let code = code.rsplit('#').next().unwrap_or_default();
            let message = Some(text("message")).filter(|text| !text.is_empty()).unwrap_or_else(|| text("Message"));
            let failure = refused(action, status, code, &message);
            if failure.kind != FailureKind::Throttled || tries >= TRIES {
                return Err(failure);
            }
            self.0.slow_down(operation.class);
            tries += 1;
        }
    }
}

/// The failure of a request that was answered with an error.
pub(super) fn refused(action: &str, status: u16, code: &str, message: &str) -> Failure {
    let short: String = message.chars().take(LONGEST).collect();
    Failure::new(kind_of(code, status), format!("{action}: {short} ({code})"))
}
