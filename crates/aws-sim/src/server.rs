//! HTTP/1.1 on a loopback socket, with or without TLS: connections, bodies, shutdown. The answers come from
//! `dispatch` and `control`.

use crate::reply::{Dropped, Payload, Reply, answer};
use crate::shared::{OVER_TLS, Shared};
use crate::{control, dispatch, gateway, tls};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{DATE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The largest accepted request body: the largest part of an image layer, in Base64.
const MAX_BODY: usize = 28 << 20;

/// Accepts connections until stopped, then drops all of them.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => break,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, _)) = accepted else { continue };
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        connections.spawn(connection(shared, stream));
    }
}

/// Serves one connection; its first byte shows whether it uses TLS.
async fn connection(shared: Arc<Shared>, stream: TcpStream) {
    let mut first = [0];
    if !matches!(stream.peek(&mut first).await, Ok(1)) {
        return;
    }
    if first[0] != tls::HANDSHAKE {
        return OVER_TLS.scope(false, requests(shared, stream)).await;
    }
    let Some(acceptor) = shared.tls().map(|tls| tls.acceptor.clone()) else { return };
    // A client that does not trust the certificate closes the connection.
    if let Ok(stream) = acceptor.accept(stream).await {
        OVER_TLS.scope(true, requests(shared, stream)).await;
    }
}

async fn requests(shared: Arc<Shared>, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
    let service = service_fn(move |request| handle(Arc::clone(&shared), request));
    // An error here means that the client disconnected, or that a fault was requested.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}

async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Payload>, Dropped> {
    if request.uri().path().starts_with(gateway::PATH) {
        return carried_out(gateway::link::upgrade(&shared, request).await).await;
    }
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        return Ok(answer(413, "text/plain", b"the body is too large or broke off".to_vec()));
    };
    let body = body.to_bytes();
    let reply = if head.uri.path().starts_with("/_sim/") {
        Reply::Send(control::handle(&shared, &head, &body))
    } else if let Some(digest) = head.uri.path().strip_prefix("/_ecr/blob/") {
        // Answered without credentials, like a presigned address.
        let blob = shared.world().registry.blobs.get(digest).cloned();
        let (status, blob) = blob.map_or((404, Vec::new()), |blob| (200, blob));
        Reply::Send(answer(status, "application/octet-stream", blob))
    } else {
        dispatch::handle(&shared, &head, &body).await
    };
    let mut response = carried_out(reply).await?;
    // AWS also sends the date of its own clock.
    let date = shared.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(DATE, date);
    }
    Ok(response)
}

async fn carried_out(reply: Reply) -> Result<Response<Payload>, Dropped> {
    match reply {
        Reply::Send(response) => Ok(response),
        Reply::Reset => Err(Dropped),
        Reply::Hang => {
            let never: Infallible = std::future::pending().await;
            match never {}
        }
    }
}
