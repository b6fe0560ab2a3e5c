//! The reply to a request: a complete response, half of one, or none.

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// A handler's reply to a request.
#[derive(Debug)]
pub(crate) enum Reply {
    Send(Response<Payload>),
    /// Close the connection without an answer.
    Reset,
    /// Keep the connection and never answer.
    Hang,
}

/// A body: complete, or one that breaks off.
#[derive(Debug)]
pub(crate) struct Payload {
    data: Option<Bytes>,
    /// Whether the connection breaks after the data.
    broken: bool,
    /// Whether the data has had a chance to be sent.
    flushed: bool,
    /// The data that follows in pieces.
    rest: Option<mpsc::Receiver<Bytes>>,
}

impl Payload {
    /// Creates a body that is sent completely.
    pub(crate) fn complete(data: impl Into<Bytes>) -> Payload {
        Payload { data: Some(data.into()), broken: false, flushed: false, rest: None }
    }

    /// Takes out the bytes.
    pub(crate) fn into_data(self) -> Bytes {
        self.data.unwrap_or_default()
    }

    /// Creates a body after which the connection breaks.
    pub(crate) fn broken(data: impl Into<Bytes>) -> Payload {
        Payload { data: Some(data.into()), broken: true, flushed: false, rest: None }
    }

    /// Creates a body that is sent in pieces; the connection may break after the last one.
    pub(crate) fn stream(rest: mpsc::Receiver<Bytes>, broken: bool) -> Payload {
        Payload { data: None, broken, flushed: false, rest: Some(rest) }
    }
}

/// The connection must be dropped, without an answer or in the middle of one.
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
                // An error right away would discard the data, so it is sent first.
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

/// Creates a complete answer with a content type.
pub(crate) fn answer(status: u16, content_type: &'static str, body: Vec<u8>) -> Response<Payload> {
    let length = body.len();
    let mut response = Response::new(Payload::complete(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}
