//! HTTP/1.1 on a loopback socket: connections, bodies, shutdown. What is answered is decided in
//! `dispatch` and `control`.

use crate::sim::Shared;
use crate::{control, dispatch};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// The largest request body that is read.
const MAX_BODY: usize = 4 << 20;

/// What a handler wants done with a request.
#[derive(Debug)]
pub(crate) enum Reply {
    /// Send this.
    Send(Response<Payload>),
    /// Close the connection without an answer.
    Reset,
    /// Keep the connection and never answer.
    Hang,
}

/// A body: whole, or one that breaks off.
#[derive(Debug)]
pub(crate) struct Payload {
    data: Option<Bytes>,
    /// Whether the connection breaks after the data.
    broken: bool,
    /// Whether the data has had a chance to be sent.
    flushed: bool,
    /// What comes after the data, piece by piece.
    rest: Option<mpsc::Receiver<Bytes>>,
}

impl Payload {
    /// A body that is sent whole.
    pub(crate) fn whole(data: impl Into<Bytes>) -> Payload {
        Payload { data: Some(data.into()), broken: false, flushed: false, rest: None }
    }

    /// The bytes, taken out.
    pub(crate) fn into_data(self) -> Bytes {
        self.data.unwrap_or_default()
    }

    /// A body after which the connection breaks.
    pub(crate) fn broken(data: impl Into<Bytes>) -> Payload {
        Payload { data: Some(data.into()), broken: true, flushed: false, rest: None }
    }

    /// A body that comes piece by piece; after the last one the connection may break.
    pub(crate) fn stream(rest: mpsc::Receiver<Bytes>, broken: bool) -> Payload {
        Payload { data: None, broken, flushed: false, rest: Some(rest) }
    }
}

/// The connection is to be dropped: no answer, or half of one.
#[derive(Debug, thiserror::Error)]
#[error("dropped on purpose")]
pub(crate) struct Dropped;

impl Body for Payload {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        if let Some(rest) = &mut self.rest {
            match rest.poll_recv(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Poll::Ready(None) => self.rest = None,
            }
        }
        match self.data.take() {
            Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
            None if !self.broken => Poll::Ready(None),
            None if self.flushed => Poll::Ready(Some(Err(Dropped))),
            None => {
                // An error right away would take the data along: let it be sent first.
                self.flushed = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.data {
            Some(data) if !self.broken && self.rest.is_none() => SizeHint::with_exact(data.len() as u64),
            _ => SizeHint::default(),
        }
    }
}

/// A complete answer with a content type.
pub(crate) fn answer(status: u16, content_type: &'static str, body: Vec<u8>) -> Response<Payload> {
    let length = body.len();
    let mut response = Response::new(Payload::whole(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(content_type));
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

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
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Payload>, Dropped> {
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
