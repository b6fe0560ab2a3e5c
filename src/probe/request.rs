//! A request with its redirects: `GET` without a body, cookies or credentials.

use super::Probes;
use super::io::Io;
use crate::model::health_probe::results::{Firewall, Hop, MAX_REDIRECTS, ProbeError, Visit};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::Request;
use hyper::Uri;
use hyper::client::conn::http1;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

/// The most bytes of an answer that are read.
const MOST: usize = 64 * 1024;
/// The user agent, by which the requests can be found in the site's logs.
const AGENT: &str = concat!("cockpit-health/", env!("CARGO_PKG_VERSION"));
/// The request that a firewall's rule against SQL injection must refuse; it asks for nothing that an application does.
const INJECTION: &str = "/?cockpit-probe=1%27%20OR%20%271%27%3D%271%27%20UNION%20SELECT%20NULL--";
/// The request that a firewall's rule against scripts must refuse.
const SCRIPT: &str = "/?cockpit-probe=%3Cscript%3Ealert(1)%3C%2Fscript%3E";
/// The request that the firewall must let through.
const NORMAL: &str = "/?cockpit-probe=hello";

/// An HTTP answer: its status, headers and body.
struct Answer {
    status: u16,
    location: Option<String>,
    text: Vec<u8>,
}

impl Probes {
    /// Asks for a path of a host, and follows where it leads, five times at most.
    pub async fn visit(&self, host: &str, secure: bool, path: &str) -> Visit {
        let began = Instant::now();
        let mut visit =
            Visit { host: host.to_owned(), secure, path: path.to_owned(), hops: Vec::new(), error: None, took_ms: 0 };
        let mut url = visit.url();
        loop {
            let answer = match self.get(&url).await {
                Ok(answer) => answer,
                Err(trouble) => {
                    visit.error = Some(trouble);
                    break;
                }
            };
            let next = answer.location.as_deref().filter(|_| (300..400).contains(&answer.status));
            let location = next.map(|to| absolute(&url, to));
            visit.hops.push(Hop { url: url.clone(), status: answer.status, location: location.clone() });
            let Some(next) = location else { break };
            if !(next.starts_with("http://") || next.starts_with("https://")) {
                visit.error = Some(ProbeError::BadRedirect(next));
                break;
            }
            if visit.hops.len() > MAX_REDIRECTS {
                visit.error = Some(ProbeError::TooManyRedirects);
                break;
            }
            url = next;
        }
        visit.took_ms = began.elapsed().as_millis() as u64;
        visit
    }

    /// Three requests to a host: a normal one, one with an injection, one with a script.
    pub async fn firewall(&self, host: &str, secure: bool) -> Firewall {
        let base = format!("{}://{host}", if secure { "https" } else { "http" });
        let ask = |path: &str| {
            let url = format!("{base}{path}");
            async move { self.get(&url).await.map(|answer| answer.status) }
        };
        let (normal, injection, script) = tokio::join!(ask(NORMAL), ask(INJECTION), ask(SCRIPT));
        Firewall { url: format!("{base}/"), normal, injection, script }
    }

    /// The text at an address.
    pub(super) async fn fetch_text(&self, url: &str) -> Result<String, ProbeError> {
        let answer = self.get(url).await?;
        match answer.status {
            200..=299 => Ok(String::from_utf8_lossy(&answer.text).into_owned()),
            status => Err(ProbeError::Other(format!("{url} answers {status}"))),
        }
    }

    async fn get(&self, url: &str) -> Result<Answer, ProbeError> {
        timeout(self.limit, self.ask(url)).await.unwrap_or(Err(ProbeError::Timeout))
    }

    async fn ask(&self, url: &str) -> Result<Answer, ProbeError> {
        let uri: Uri = url.parse().map_err(|_| ProbeError::BadRedirect(url.to_owned()))?;
        let host = uri.host().ok_or_else(|| ProbeError::BadRedirect(url.to_owned()))?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if uri.scheme_str() == Some("https") {
            let versions = [&rustls::version::TLS12, &rustls::version::TLS13];
            // Whether the certificate is good is another check's: a site is looked at whatever it is.
            let (stream, _) = self.handshake(bare, uri.port_u16().unwrap_or(443), &versions).await?;
            exchange(stream, &uri).await
        } else {
            exchange(self.dial(bare, uri.port_u16().unwrap_or(80)).await?, &uri).await
        }
    }
}

/// Where a `Location` leads, seen from the address that was asked for.
fn absolute(from: &str, to: &str) -> String {
    let Some((scheme, rest)) = from.split_once("://") else { return to.to_owned() };
    let host = rest.split('/').next().unwrap_or_default();
    if to.contains("://") || to.split('/').next().is_some_and(|first| first.contains(':')) {
        to.to_owned()
    } else if let Some(other) = to.strip_prefix("//") {
        format!("{scheme}://{other}")
    } else if to.starts_with('/') {
        format!("{scheme}://{host}{to}")
    } else {
        let path = rest.strip_prefix(host).unwrap_or_default().split('?').next().unwrap_or_default();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{host}{folder}/{to}")
    }
}

/// One request over a connection, which is closed after it.
async fn exchange(stream: impl AsyncRead + AsyncWrite + Unpin + Send, uri: &Uri) -> Result<Answer, ProbeError> {
    let failed = |error: hyper::Error| {
        let why = if error.is_parse() { "the answer is no HTTP".to_owned() } else { error.to_string() };
        ProbeError::Other(why)
    };
    let (mut sender, connection) = http1::handshake(Io(stream)).await.map_err(failed)?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let request = Request::get(path)
        .header("host", host)
        .header("user-agent", AGENT)
        .header("accept", "*/*")
        .header("connection", "close")
        .body(Nothing)
        .map_err(|error| ProbeError::Other(error.to_string()))?;
    let ask = async {
        let answer = sender.send_request(request).await.map_err(failed)?;
        let location = answer.headers().get("location").and_then(|to| to.to_str().ok()).map(str::to_owned);
        let status = answer.status().as_u16();
        let mut body = answer.into_body();
        let mut text = Vec::new();
        // Its text is of use only where it is short; an answer that breaks off has a status all the same.
        while let Some(Ok(frame)) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            if let Ok(bytes) = frame.into_data() {
                text.extend_from_slice(&bytes);
            }
            if text.len() > MOST {
                break;
            }
        }
        Ok(Answer { status, location, text })
    };
    let (mut ask, mut connection) = (Box::pin(ask), Box::pin(connection));
    tokio::select! {
        biased;
        answer = &mut ask => answer,
        _ = &mut connection => ask.await,
    }
}

/// The body of a request: none.
struct Nothing;

impl Body for Nothing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(0)
    }
}

#[cfg(test)]
mod tests {
    use super::absolute;

    #[test]
    fn a_location_is_seen_from_the_address_that_was_asked_for() {
        let from = "http://a.example:8080/x/y?z=/1";
        for (to, seen) in [
            ("https://b.example/", "https://b.example/"),
            ("//b.example/q", "http://b.example/q"),
            ("/q", "http://a.example:8080/q"),
            ("q", "http://a.example:8080/x/q"),
            ("javascript:alert(1)", "javascript:alert(1)"),
        ] {
            assert_eq!(absolute(from, to), seen);
        }
        assert_eq!(absolute("http://a.example", "q"), "http://a.example/q");
    }
}
