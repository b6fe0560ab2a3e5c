//! HTTP/1.1 on a loopback socket: connections, bodies, shutdown. What is answered is decided in
//! `dispatch` and `control`.

use crate::reply::{Dropped, Payload, Reply, answer};
use crate::shared::Shared;
use crate::{control, dispatch, gateway};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{DATE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The largest request body that is read.
const MAX_BODY: usize = 4 << 20;

/// Accepts connections until told to stop; then drops them all.
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
        connections.spawn(async move {
            let service = service_fn(move |request| handle(Arc::clone(&shared), request));
            // An error here is a client that went away, or a fault that was asked for.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await;
        });
    }
}

async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Payload>, Dropped> {
    if request.uri().path().starts_with(gateway::PATH) {
        let response = gateway::link::upgrade(&shared, request).await;
        return Ok(response);
    }
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        return Ok(answer(413, "text/plain", b"the body is too large or broke off".to_vec()));
    };
    let body = body.to_bytes();
    let reply = if head.uri.path().starts_with("/_sim/") {
        Reply::Send(control::handle(&shared, &head, &body))
    } else if let Some(digest) = head.uri.path().strip_prefix("/_ecr/blob/") {
        // As a presigned address would: without credentials.
        let blob = shared.world().registry.blobs.get(digest).cloned();
        let (status, blob) = blob.map_or((404, String::new()), |blob| (200, blob));
        Reply::Send(answer(status, "application/octet-stream", blob.into_bytes()))
    } else {
        dispatch::handle(&shared, &head, &body).await
    };
    match reply {
        Reply::Send(mut response) => {
            // As AWS does, by its own clock.
            let date = shared.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            if let Ok(date) = HeaderValue::from_str(&date) {
                response.headers_mut().insert(DATE, date);
            }
            Ok(response)
        }
        Reply::Reset => Err(Dropped),
        Reply::Hang => {
            let never: Infallible = std::future::pending().await;
            match never {}
        }
    }
}
