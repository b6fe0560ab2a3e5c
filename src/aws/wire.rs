//! The HTTP client shared by every AWS client of a session: one connection pool, and one place
//! that counts requests and measures the servers' clock.
//!
//! Plain HTTP (a simulator on loopback) and TLS are two connectors, and the TLS one, which reads the
//! machine's root certificates, is created for the first `https` request.

use super::environment::variable;
use super::proxied::https_proxy;
use super::service_clock::ServiceClock;
use crate::model::{Failure, FailureKind};
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector, ConnectorBuilder, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::date_time::{DateTime, Format};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

tokio::task_local! {
    /// Number of requests sent for the query of this task.
    static SENT: Cell<u32>;
}

/// The time limit for a download.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(5);
/// Maximum size of a download, in bytes: image configurations have some kilobytes.
const MAX_DOWNLOAD: usize = 1024 * 1024;

/// An answer: its status, AWS's request id, its text.
pub(super) type FullAnswer = (u16, Option<String>, String);

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// It did not arrive within the time limit.
    TimedOut,
    /// The connection was refused: the request was not sent.
    Refused,
    /// The connection broke off.
    Interrupted,
}

/// The shared HTTP client. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Wire(Arc<Inner>);

/// The TLS client, created on first use.
#[derive(Debug, Default)]
struct Secure {
    /// Certificates to trust instead of the machine's: the file and its content.
    bundle: Option<(String, Vec<u8>)>,
    client: Option<SharedHttpClient>,
    /// For addresses that no AWS client uses.
    direct: Option<SharedHttpConnector>,
}

#[derive(Debug)]
struct Inner {
    plain: SharedHttpClient,
    secure: Mutex<Secure>,
    /// For addresses that no AWS client uses, without TLS.
    direct: OnceLock<SharedHttpConnector>,
    requests: AtomicU64,
    clock: ServiceClock,
}

impl Default for Wire {
    fn default() -> Self {
        Self::new(ServiceClock::default())
    }
}

impl Wire {
    /// Creates a client that measures the servers' clock with every answer.
    pub fn new(clock: ServiceClock) -> Self {
        Self(Arc::new(Inner {
            plain: Builder::new().build_http(),
            secure: Mutex::default(),
            direct: OnceLock::new(),
            requests: AtomicU64::new(0),
            clock,
        }))
    }
}

impl Wire {
    /// Returns the number of requests sent, including retries and those for credentials.
    pub fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// Trusts the certificates of this file instead of the machine's, as the AWS CLI does with `AWS_CA_BUNDLE` and
    /// `ca_bundle`.
    ///
    /// # Errors
    /// The file cannot be read, or has no certificate.
    pub(super) fn trust_bundle(&self, file: Option<&str>) -> Result<(), Failure> {
        let mut secure = self.0.secure.lock().unwrap_or_else(PoisonError::into_inner);
        let bundle = file.map(read_bundle).transpose()?;
        if secure.bundle != bundle {
            *secure = Secure { bundle, ..Secure::default() };
        }
        Ok(())
    }

    /// The certificates that are trusted instead of the machine's, in PEM.
    pub(super) fn trusted_bundle(&self) -> Option<Vec<u8>> {
        let secure = self.0.secure.lock().unwrap_or_else(PoisonError::into_inner);
        secure.bundle.as_ref().map(|(_, pem)| pem.clone())
    }

    /// Fetches a small file from an address that needs no signature; `None` on any failure:
    /// the address is a secret and must not appear in a message.
    pub(super) async fn download(&self, url: &str) -> Option<Vec<u8>> {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        let _ = SENT.try_with(|sent| sent.set(sent.get().saturating_add(1)));
        tokio::time::timeout(DOWNLOAD_LIMIT, self.0.download(url)).await.ok()?
    }

    /// Sends a signed request, and waits up to `limit` for its complete answer: the status, AWS's request id,
    /// and the text.
    pub(super) async fn send_request(&self, request: HttpRequest, limit: Duration) -> Result<FullAnswer, NoAnswer> {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        let _ = SENT.try_with(|sent| sent.set(sent.get().saturating_add(1)));
        let sent = Timestamp::now();
        let exchange = async {
            let connector = self.0.direct(&request);
            let answer = connector.call(request).await.map_err(|error| {
                let refused = super::causes::error_chain(&error)
                    .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
                    .any(|io| io.kind() == std::io::ErrorKind::ConnectionRefused);
                if refused { NoAnswer::Refused } else { NoAnswer::Interrupted }
            })?;
            self.0.see_clock(&answer, sent);
            let header = |name: &str| answer.headers().get(name).map(str::to_owned);
            let id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id"));
            let status = answer.status().as_u16();
            let body = read_body(answer).await.ok_or(NoAnswer::Interrupted)?;
            Ok((status, id, String::from_utf8_lossy(&body).into_owned()))
        };
        tokio::time::timeout(limit, exchange).await.unwrap_or(Err(NoAnswer::TimedOut))
    }

    /// Returns the servers' clock, as measured.
    pub fn clock(&self) -> &ServiceClock {
        &self.0.clock
    }
}

/// Runs a query with its own request count; [`sent`] reads it.
pub(super) async fn count_requests<F: Future>(question: F) -> F::Output {
    SENT.scope(Cell::new(0), question).await
}

/// Returns the number of requests sent for this query so far.
pub(super) fn requests_sent() -> u32 {
    SENT.try_with(Cell::get).unwrap_or(0)
}

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Switch {
            inner: Arc::clone(&self.0),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

#[derive(Debug)]
struct Switch {
    inner: Arc<Inner>,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for Switch {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.inner.requests.fetch_add(1, Ordering::Relaxed);
        // Outside of a query (credentials in the background) nothing is counted.
        let _ = SENT.try_with(|sent| sent.set(sent.get().saturating_add(1)));
        let connector = if request.uri().starts_with("https:") {
            self.inner.secure().http_connector(&self.settings, &self.components)
        } else {
            self.inner.plain.http_connector(&self.settings, &self.components)
        };
        let inner = Arc::clone(&self.inner);
        HttpConnectorFuture::new(async move {
            let sent = Timestamp::now();
            let answer = connector.call(request).await;
            if let Ok(answer) = &answer {
                inner.see_clock(answer, sent);
            }
            answer
        })
    }
}

impl Inner {
    async fn download(&self, url: &str) -> Option<Vec<u8>> {
        let request = HttpRequest::get(url).ok()?;
        let answer = self.direct(&request).call(request).await.ok()?;
        let found = answer.status().is_success();
        let body = read_body(answer).await?;
        found.then_some(body)
    }

    /// Returns the connector for addresses that no AWS client uses.
    fn direct(&self, request: &HttpRequest) -> SharedHttpConnector {
        if !request.uri().starts_with("https:") {
            return self.direct.get_or_init(|| SharedHttpConnector::new(Connector::builder().build_http())).clone();
        }
        let mut secure = self.secure.lock().unwrap_or_else(PoisonError::into_inner);
        let context = context(secure.bundle.as_ref());
        let connector = secure
            .direct
            .get_or_insert_with(|| SharedHttpConnector::new(secure_connector(Connector::builder(), context)));
        connector.clone()
    }

    fn secure(&self) -> SharedHttpClient {
        let mut secure = self.secure.lock().unwrap_or_else(PoisonError::into_inner);
        let context = context(secure.bundle.as_ref());
        secure.client.get_or_insert_with(|| secure_client(context)).clone()
    }

    fn see_clock(&self, answer: &HttpResponse, sent: Timestamp) {
        let date = answer.headers().get("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        if let Some(date) = date {
            self.clock.record(date.secs(), sent, Timestamp::now());
        }
    }
}

/// Reads the complete body of an answer; `None` if it is truncated or too large.
async fn read_body(answer: HttpResponse) -> Option<Vec<u8>> {
    let mut stream = ByteStream::new(answer.into_body());
    let mut body = Vec::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.ok()?;
        if body.len() + piece.len() > MAX_DOWNLOAD {
            return None;
        }
        body.extend_from_slice(&piece);
    }
    Some(body)
}

/// Reads the certificates of a file, in PEM.
fn read_bundle(file: &str) -> Result<(String, Vec<u8>), Failure> {
    let wrong = |why: String| {
        Failure::new(
            FailureKind::Other,
            format!("the certificates in `{file}` (AWS_CA_BUNDLE or `ca_bundle`) cannot be used: {why}"),
        )
        .with_hint("correct AWS_CA_BUNDLE, or `ca_bundle` of the profile: a file of certificates in PEM")
    };
    let path: std::path::PathBuf = match (file.strip_prefix("~/"), super::environment::variable("HOME")) {
        (Some(rest), Some(home)) => std::path::Path::new(&home).join(rest),
        _ => file.into(),
    };
    if crate::config::is_named_pipe(&path) {
        return Err(wrong("it is a pipe".to_owned()));
    }
    let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let mut found = 0;
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        certificate.map_err(|error| wrong(error.to_string()))?;
        found += 1;
    }
    if found == 0 {
        return Err(wrong("it has none".to_owned()));
    }
    Ok((file.to_owned(), bytes))
}

/// The trusted certificates of a connection.
fn context(bundle: Option<&(String, Vec<u8>)>) -> TlsContext {
    let store =
        bundle.map_or_else(TrustStore::default, |(_, pem)| TrustStore::empty().with_pem_certificate(pem.clone()));
    // Only server names can be invalid, and there are none here.
    TlsContext::builder().with_trust_store(store).build().unwrap_or_default()
}

/// TLS by rustls on aws-lc; `HTTPS_PROXY` and `NO_PROXY` are honoured.
fn secure_client(context: TlsContext) -> SharedHttpClient {
    // One connector for each set of time limits, cached by the returned client.
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder();
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        secure_connector(builder, context.clone())
    })
}

fn secure_connector(builder: ConnectorBuilder, context: TlsContext) -> Connector {
    let proxy = https_proxy(variable).map_or_else(ProxyConfig::disabled, |(url, except)| {
        let proxy = ProxyConfig::https(url.as_str()).unwrap_or_else(|_| ProxyConfig::from_env());
        proxy.no_proxy(except)
    });
    let builder = builder.proxy_config(proxy);
    let crypto = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    builder.tls_provider(crypto).tls_context(context).build()
}

/// Adds the requests counted by a part of this query to its count.
pub(super) fn add_requests(requests: u32) {
    let _ = SENT.try_with(|sent| sent.set(sent.get().saturating_add(requests)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundle_without_certificates_is_named() {
        let file = std::env::temp_dir().join(format!("cockpit-bundle-{}", std::process::id()));
        let path = file.to_str().unwrap().to_owned();
        assert!(read_bundle(&path).unwrap_err().message.contains(&path), "it does not exist");
        for (text, why) in [("", "it has none"), ("-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n", "")] {
            std::fs::write(&file, text).unwrap();
            let failure = read_bundle(&path).unwrap_err();
            assert!(failure.message.contains(&path) && failure.message.contains(why), "{failure}");
        }
        std::fs::remove_file(&file).unwrap();
    }
}
