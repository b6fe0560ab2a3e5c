//! Connecting one WebSocket: its address, the route, TLS, the signed upgrade.

use super::gate::{Credentials, Options};
use super::sign;
use super::stream::{Stream, connected, secured};
use crate::supervisor::{Failure, FailureKind};
use http::{HeaderName, HeaderValue, Request, Uri};
use rustls::pki_types::ServerName;
use std::time::SystemTime;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

pub(super) type Link = WebSocketStream<Box<dyn Stream>>;

/// The largest accepted message; those of the service are far smaller.
const LARGEST: usize = 1 << 20;
/// The read buffer size: several messages of the service, which are at most 1 KiB plus their header.
const READ: usize = 16 << 10;
/// The hint shown if the service refuses the WebSocket of a session that it has just opened.
const REFUSED: &str = "revoked credentials, a wrong clock on this machine, or a proxy on the way can cause this";

pub(super) async fn dial(
    url: &str,
    credentials: Credentials,
    now: SystemTime,
    options: &Options,
) -> Result<Link, Failure> {
    let no_address =
        || Failure::new(FailureKind::Transient, "the address that AWS returned for the session is invalid");
    let uri: Uri = url.parse().map_err(|_| no_address())?;
    let secure = match uri.scheme_str() {
        Some("wss") => true,
        Some("ws") => false,
        _ => return Err(no_address()),
    };
    let authority = uri.authority().ok_or_else(no_address)?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let trusted = if secure { Some(options.tls.clone().ok_or_else(nobody_is_trusted)?) } else { None };
    let signed = sign::headers(url, authority.as_str(), &options.region, credentials, now)?;
    let request = request(url, signed)?;

    let mut stream = match (&options.proxy, &trusted) {
        (Some(proxy), Some(trusted)) if proxy.applies_to(host, port) => proxy.connect(host, port, trusted).await?,
        _ => direct(host, port).await?,
    };
    if let Some(trusted) = trusted {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| no_address())?;
        let failed = |error: std::io::Error| Failure::transient(format!("no TLS with {host}: {error}"));
        stream = secured(stream, name, trusted).await.map_err(failed)?;
    }
    let config = WebSocketConfig::default().read_buffer_size(READ).write_buffer_size(0);
    let config = config.max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
    match tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await {
        Ok((link, _)) => Ok(link),
        Err(Error::Http(answer)) if matches!(answer.status().as_u16(), 400 | 401 | 403 | 404 | 410) => {
            let refused =
                format!("{host} refused the connection of the session with status {}", answer.status().as_u16());
            Err(Failure { hint: Some(REFUSED.to_owned()), ..Failure::new(FailureKind::Refused, refused) })
        }
        Err(Error::Http(answer)) => {
            Err(Failure::transient(format!("{host} answered with status {}", answer.status().as_u16())))
        }
        // The error's text may repeat the request including the token, so only its kind is reported.
        Err(Error::Io(error)) => Err(Failure::transient(format!("the connection with {host} broke: {}", error.kind()))),
        Err(_) => Err(Failure::transient(format!("{host} does not answer as a WebSocket"))),
    }
}

async fn direct(host: &str, port: u16) -> Result<Box<dyn Stream>, Failure> {
    let failed = |error: std::io::Error| Failure::transient(format!("{host}:{port} cannot be reached: {error}"));
    Ok(Box::new(connected(host, port).await.map_err(failed)?))
}

fn nobody_is_trusted() -> Failure {
    let failure =
        Failure::new(FailureKind::Refused, "the session is reached over TLS, and no certificates to trust were given");
    Failure { hint: Some("set `Options::tls`".to_owned()), ..failure }
}

fn request(url: &str, signed: Vec<(String, String)>) -> Result<Request<()>, Failure> {
    let failed = || Failure::transient("the address that AWS returned for the session is invalid");
    let mut request = url.into_client_request().map_err(|_| failed())?;
    for (name, value) in signed {
        let name = HeaderName::try_from(name).map_err(|_| failed())?;
        let mut value = HeaderValue::try_from(value).map_err(|_| failed())?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::purpose::SendRate;

    async fn fails(url: &str, options: &Options) -> Option<Failure> {
        let credentials = Credentials::new("AKIDEXAMPLE", "k", None, None, "test");
        dial(url, credentials, SystemTime::now(), options).await.err()
    }

    #[tokio::test]
    async fn tls_without_trusted_certificates_is_refused_before_connecting() {
        let options = Options { region: "eu-west-1".into(), tls: None, proxy: None, pace: SendRate::default() };
        let failure = fails("wss://ssmmessages.invalid/v1/data-channel/s-1", &options).await.unwrap();
        assert_eq!(failure.kind, FailureKind::Refused, "it is not tried again");
        assert!(failure.message.contains("no certificates to trust"), "{failure}");
    }

    #[tokio::test]
    async fn invalid_address_fails_without_being_repeated_in_the_message() {
        let options = Options { region: "eu-west-1".into(), tls: None, proxy: None, pace: SendRate::default() };
        for url in ["", "secret", "http://secret/x", "wss://", "ws://[::1", "wss://127.0.0.1:1/secret"] {
            let failure = fails(url, &options).await.map(|failure| failure.message);
            assert!(failure.as_ref().is_some_and(|message| !message.contains("secret")), "{url}: {failure:?}");
        }
    }
}
