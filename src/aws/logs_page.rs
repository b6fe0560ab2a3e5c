//! Parses a page of `FilterLogEvents` or `GetLogEvents` on its way to the SDK.
//!
//! The SDK allocates three strings per event: for a page of ten thousand that is most of the work, and a read
//! of the past has hundreds of pages. So the body is parsed here, its events become slices of one
//! text, and the SDK receives the remainder, the token. An error answer, and one that cannot be parsed
//! here, is passed on unchanged: the SDK interprets it.

use crate::model::Piece;
use crate::model::logs::LogEvent;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use bytes::Bytes;
use http_body::{Body, Frame};
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// Maximum memory reserved for a body by its declared length, which may be wrong.
const EXPECTED: u64 = 8 << 20;

/// The events of one page, once they have arrived.
#[derive(Debug, Clone, Default)]
pub(super) struct Events(Arc<Mutex<Option<Vec<LogEvent>>>>);

impl Events {
    /// Takes the events of the answer; `None` if they were left to the SDK.
    pub(super) fn take(&self) -> Option<Vec<LogEvent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, events: Vec<LogEvent>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(events);
    }
}

#[dyn_dispatch_hint]
impl Intercept for Events {
    fn name(&self) -> &'static str {
        "events of a page of logs"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // The events of a previous attempt are void.
        self.take();
        if context.response().status().is_success() {
            let body = context.response_mut().body_mut();
            let inner = mem::replace(body, SdkBody::taken());
            *body = SdkBody::from_body_1_x(Reader::new(inner, self.clone()));
        }
        Ok(())
    }
}

/// A body that withholds the events of another one.
struct Reader {
    inner: SdkBody,
    events: Events,
    read: Vec<u8>,
    ended: bool,
}

impl Reader {
    fn new(inner: SdkBody, events: Events) -> Self {
        let expected = inner.content_length().unwrap_or_default().min(EXPECTED);
        let read = Vec::with_capacity(usize::try_from(expected).unwrap_or_default());
        Self { inner, events, read, ended: false }
    }

    /// The bytes for the SDK, now that the whole answer has arrived.
    fn rest(&mut self) -> Vec<u8> {
        let read = mem::take(&mut self.read);
        let Some((events, rest)) = apart(&read) else { return read };
        self.events.put(events);
        rest
    }
}

impl Body for Reader {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        while !self.ended {
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.read.extend_from_slice(&data);
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    self.ended = true;
                    let rest = self.rest();
                    return Poll::Ready(Some(Ok(Frame::data(rest.into()))));
                }
            }
        }
        Poll::Ready(None)
    }
}

/// The fields of the answer that are used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    #[serde(borrow, default)]
    events: Placed<'a>,
    next_token: Option<String>,
    next_forward_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow, rename = "logStreamName")]
    stream: Option<Text<'a>>,
    timestamp: Option<i64>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    ingestion_time: Option<i64>,
    #[serde(borrow, rename = "eventId")]
    id: Option<Text<'a>>,
}

/// A string that is borrowed if it has no escapes: serde does not borrow inside an option.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The remainder of the answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rest {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_forward_token: Option<String>,
}

/// Events as ranges of one text: each stream name is stored once.
#[derive(Default)]
struct Placed<'a> {
    whole: String,
    streams: HashMap<Cow<'a, str>, Range<usize>>,
    events: Vec<Place>,
}

struct Place {
    id: Range<usize>,
    stream: Range<usize>,
    message: Range<usize>,
    at: i64,
    ingested: i64,
}

impl<'a> Placed<'a> {
    fn text(&mut self, text: &str) -> Range<usize> {
        let from = self.whole.len();
        self.whole.push_str(text);
        from..self.whole.len()
    }

    fn add(&mut self, event: Event<'a>) {
        let text = |text: Option<Text<'a>>| text.map(|text| text.0).unwrap_or_default();
        let name = text(event.stream);
        let known = self.streams.get(&name).cloned();
        let stream = known.unwrap_or_else(|| {
            let place = self.text(&name);
            self.streams.insert(name, place.clone());
            place
        });
        let (id, message) = (self.text(&text(event.id)), self.text(&text(event.message)));
        let (at, ingested) = (event.timestamp.unwrap_or_default(), event.ingestion_time.unwrap_or_default());
        self.events.push(Place { id, stream, message, at, ingested });
    }

    fn into_events(mut self) -> Vec<LogEvent> {
        // It is kept as long as one of its lines is.
        self.whole.shrink_to_fit();
        let whole = Arc::new(self.whole);
        let events = self.events.into_iter().map(|event| LogEvent {
            id: Piece::of(&whole, event.id),
            stream: Piece::of(&whole, event.stream),
            at: event.at,
            ingested: event.ingested,
            message: Piece::of(&whole, event.message),
        });
        events.collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Placed<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(List(PhantomData))
    }
}

/// Consumes the events of a list one by one.
struct List<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for List<'a> {
    type Value = Placed<'a>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of events")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Placed<'a>, S::Error> {
        let mut placed = Placed::default();
        while let Some(event) = list.next_element()? {
            placed.add(event);
        }
        Ok(placed)
    }
}

/// Splits an answer into its events and the remainder; `None` if it cannot be parsed.
fn apart(answer: &[u8]) -> Option<(Vec<LogEvent>, Vec<u8>)> {
    let answer = std::str::from_utf8(answer).ok()?;
    let page: Page<'_> = serde_json::from_str(answer).ok()?;
    let rest =
        serde_json::to_vec(&Rest { next_token: page.next_token, next_forward_token: page.next_forward_token }).ok()?;
    Some((page.events.into_events(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> Option<(Vec<LogEvent>, String)> {
        apart(answer.as_bytes()).map(|(events, rest)| (events, String::from_utf8(rest).unwrap()))
    }

    #[test]
    fn events_are_parsed_unchanged() {
        let (events, rest) = read(
            r#"{"searchedLogStreams":[{"x":1}],"events":[
                {"logStreamName":"s/1","timestamp":5,"message":"plain 日本","ingestionTime":7,"eventId":"31"},
                {"eventId":"32","message":"\"q\" \u001b[31m \ud83d\ude80\n","timestamp":-6,"logStreamName":"s/1","new":null},
                {"message":null},{}],"nextToken":"t\"1"}"#,
        )
        .unwrap();
        assert_eq!(rest, r#"{"nextToken":"t\"1"}"#);
        let (first, second) = (&events[0], &events[1]);
        assert_eq!((&*first.id, &*first.stream, &*first.message), ("31", "s/1", "plain 日本"));
        assert_eq!((first.at, first.ingested), (5, 7));
        assert_eq!((&*second.id, &*second.stream, &*second.message), ("32", "s/1", "\"q\" \u{1b}[31m 🚀\n"));
        assert_eq!((second.at, second.ingested), (-6, 0));
        let (_, rest) = read(r#"{"events":[],"nextForwardToken":"f/1","nextBackwardToken":"b/1"}"#).unwrap();
        assert_eq!(rest, r#"{"nextForwardToken":"f/1"}"#);
        assert_eq!(events[2..], [LogEvent::default(), LogEvent::default()]);
        assert_eq!(read(r#"{"events":[]}"#), Some((Vec::new(), "{}".to_owned())));
        assert_eq!(read("{}"), Some((Vec::new(), "{}".to_owned())));
    }

    #[test]
    fn unparsed_bodies_are_left_to_the_sdk() {
        for answer in ["", "{\"events\":[{]}<html>", "[]", r#"{"events":[{"timestamp":"x"}]}"#, r#"{"events":null}"#] {
            assert_eq!(read(answer), None, "{answer}");
        }
        assert!(apart(b"{\"events\":[{\"message\":\"\xff\"}]}").is_none());
    }
}
