//! The WebSocket of a session: its upgrade, signature and opening message.

use super::state::{AgentCommand, Link};
use crate::faults::Kind;
use crate::reply::{Payload, Reply, answer};
use crate::shared::Shared;
use futures_util::{Stream, StreamExt};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// The time limit for the opening message.
const GREETING: Duration = Duration::from_secs(10);
/// How far the time of a signature may be off in either direction, in milliseconds.
const SKEWED: i64 = 5 * 60 * 1000;

/// Answers the request for a WebSocket, which must be signed for `ssmmessages`.
pub(crate) async fn upgrade(shared: &Arc<Shared>, request: Request<Incoming>) -> Reply {
    let verdict = {
        shared.meter().request("gateway:connect", std::time::Instant::now());
        shared.faults().take("gateway:connect", shared.clock.now_ms())
    };
    tokio::time::sleep(Duration::from_millis(verdict.delay_ms)).await;
    match verdict.kind {
        Some(Kind::Hang) => Reply::Hang,
        Some(Kind::Reset) => Reply::Reset,
        kind => Reply::Send(upgraded(shared, request, kind)),
    }
}

fn upgraded(shared: &Arc<Shared>, mut request: Request<Incoming>, fault: Option<Kind>) -> Response<Payload> {
    let forbidden = || answer(403, "application/json", b"{\"message\":\"Forbidden\"}".to_vec());
    let signed = request.headers().get("authorization").and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.starts_with("AWS4-HMAC-SHA256 ")
            && value.contains("/ssmmessages/aws4_request")
            && value.contains("SignedHeaders=host;x-amz-date")
    });
    if signed && request.headers().get("x-amz-date").and_then(time).is_none_or(|at| skewed(shared, at)) {
        // AWS refuses such a signature. Here it is only counted, because clients continue while a test sets the clock.
        shared.meter().error("gateway:connect:skewed");
    }
    if fault == Some(Kind::Signature) {
        let body = b"{\"message\":\"The request signature we calculated does not match the signature you provided.\"}";
        return answer(403, "application/json", body.to_vec());
    }
    if !signed || fault == Some(Kind::Denied) {
        return forbidden();
    }
    let id = request.uri().path().trim_start_matches(super::PATH).to_owned();
    if !shared.gateway().sessions.contains_key(&id) {
        return answer(404, "application/json", b"{\"message\":\"no such session\"}".to_vec());
    }
    let Some(key) = request.headers().get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes())) else {
        return answer(400, "text/plain", b"not a WebSocket".to_vec());
    };
    let upgraded = hyper::upgrade::on(&mut request);
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let config = WebSocketConfig::default().write_buffer_size(0);
        let link = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        greet(&shared, &id, link).await;
    });
    let mut response = Response::new(Payload::complete(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    if let Ok(key) = HeaderValue::from_str(&key) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, key);
    }
    response
}

/// The time of a signature.
fn time(value: &HeaderValue) -> Option<Timestamp> {
    let at = DateTime::strptime("%Y%m%dT%H%M%SZ", value.to_str().ok()?).ok()?;
    Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn skewed(shared: &Shared, at: Timestamp) -> bool {
    (shared.clock.now_ms() - at.as_millisecond()).abs() > SKEWED
}

/// Reads the opening message, which must contain the session's token; otherwise the link is closed.
async fn greet(shared: &Shared, id: &str, mut link: Link) {
    let Ok(Some(text)) = tokio::time::timeout(GREETING, first(&mut link)).await else { return };
    let greeting: Value = serde_json::from_str(&text).unwrap_or_default();
    let known = ["ClientId", "ClientVersion", "RequestId"].iter().all(|key| greeting[*key].is_string());
    let agent = {
        let gateway = shared.gateway();
        let session = gateway.sessions.get(id).filter(|session| known && greeting["TokenValue"] == session.token);
        session.map(|session| session.agent.clone())
    };
    match agent {
        Some(agent) => drop(agent.send(AgentCommand::Link(Box::new(link))).await),
        None => drop(link.close(None).await),
    }
}

/// The first message, if it is a text message. Pings are skipped: AWS's own client starts with a ping or with the
/// token, depending on its thread scheduling.
async fn first<E>(link: &mut (impl Stream<Item = Result<Message, E>> + Unpin)) -> Option<String> {
    loop {
        match link.next().await?.ok()? {
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Text(text) => return Some(text.as_str().to_owned()),
            Message::Binary(_) | Message::Close(_) | Message::Frame(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use std::convert::Infallible;

    #[tokio::test]
    async fn ping_before_the_token_is_skipped() {
        let came = |messages: Vec<Message>| async move {
            first(&mut stream::iter(messages.into_iter().map(Ok::<_, Infallible>))).await
        };
        let (ping, token) = (Message::Ping(Vec::new().into()), Message::text("token"));
        assert_eq!(came(vec![ping.clone(), token.clone()]).await.as_deref(), Some("token"));
        assert_eq!(came(vec![ping.clone(), Message::binary(vec![1]), token]).await, None);
        assert_eq!(came(vec![ping]).await, None);
    }
}
