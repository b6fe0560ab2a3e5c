//! The HTTP client that every AWS client of a session shares: one pool of connections, one place
//! where requests are counted and the servers' clock is seen.
//!
//! Plain HTTP (a simulator on loopback) and TLS are two connectors, and the TLS one, which reads the
//! machine's root certificates, is made when the first `https` request comes.

use super::service_clock::ServiceClock;
use aws_smithy_http_client::{Builder, Connector, ConnectorBuilder, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::date_time::{DateTime, Format};
use jiff::Timestamp;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

tokio::task_local! {
    /// Requests sent by the question that this task answers.
    static SENT: Cell<u32>;
}

/// A download takes no longer than this.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(5);
/// A download is no larger than this: configurations of images have some kilobytes.
const DOWNLOAD_MOST: usize = 1024 * 1024;

/// The shared HTTP client. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Wire(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    plain: SharedHttpClient,
    secure: Mutex<Option<SharedHttpClient>>,
    /// For addresses that no AWS client asks: plain and TLS.
    direct: (OnceLock<Connector>, OnceLock<Connector>),
    requests: AtomicU64,
    clock: ServiceClock,
}

impl Default for Wire {
    fn default() -> Self {
        Self::new(ServiceClock::default())
    }
}

impl Wire {
    /// A client that measures the servers' clock with every answer.
    pub fn new(clock: ServiceClock) -> Self {
        Self(Arc::new(Inner {
            plain: Builder::new().build_http(),
            secure: Mutex::new(None),
            direct: Default::default(),
            requests: AtomicU64::new(0),
            clock,
        }))
    }
}

impl Wire {
    /// Requests sent in all, retries and those for credentials too.
    pub fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// Fetches a small file from an address that needs no signature; none where that fails, for whatever
    /// reason: the address is a secret, and so is not said.
    pub(super) async fn download(&self, url: &str) -> Option<Vec<u8>> {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        let _ = SENT.try_with(|sent| sent.set(sent.get().saturating_add(1)));
        tokio::time::timeout(DOWNLOAD_LIMIT, self.0.download(url)).await.ok()?
    }

    /// The servers' clock, as measured.
    pub fn clock(&self) -> &ServiceClock {
        &self.0.clock
    }
}

/// Runs a question with a count of its own; [`sent`] reads it.
pub(super) async fn counted<F: Future>(question: F) -> F::Output {
    SENT.scope(Cell::new(0), question).await
}

/// Requests that this question has sent so far.
pub(super) fn sent() -> u32 {
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
        // Outside a question (credentials in the background) nobody counts.
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
        let connector = if url.starts_with("https:") {
            self.direct.1.get_or_init(|| secure_connector(Connector::builder()))
        } else {
            self.direct.0.get_or_init(|| Connector::builder().build_http())
        };
        let answer = connector.call(HttpRequest::get(url).ok()?).await.ok()?;
        if !answer.status().is_success() {
            return None;
        }
        let mut body = ByteStream::new(answer.into_body());
        let mut whole = Vec::new();
        while let Some(piece) = body.next().await {
            let piece = piece.ok()?;
            if whole.len() + piece.len() > DOWNLOAD_MOST {
                return None;
            }
            whole.extend_from_slice(&piece);
        }
        Some(whole)
    }

    fn secure(&self) -> SharedHttpClient {
        let mut secure = self.secure.lock().unwrap_or_else(PoisonError::into_inner);
        secure.get_or_insert_with(secure_client).clone()
    }

    fn see_clock(&self, answer: &HttpResponse, sent: Timestamp) {
        let date = answer.headers().get("date").and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        if let Some(date) = date {
            self.clock.see(date.secs(), sent, Timestamp::now());
        }
    }
}

/// TLS by rustls on aws-lc; `HTTPS_PROXY` and `NO_PROXY` are honoured as the AWS CLI does.
fn secure_client() -> SharedHttpClient {
    // One connector for each set of time limits, kept by the client that this makes.
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut builder = Connector::builder();
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        secure_connector(builder)
    })
}

fn secure_connector(builder: ConnectorBuilder) -> Connector {
    let builder = builder.proxy_config(ProxyConfig::from_env());
    builder.tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc)).build()
}

/// Adds to this question's count what a part of it counted by itself.
pub(super) fn add(requests: u32) {
    let _ = SENT.try_with(|sent| sent.set(sent.get().saturating_add(requests)));
}
