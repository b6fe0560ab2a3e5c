//! smux, version 1: many connections over one byte stream. Version 1 has no flow control per connection; the reader
//! has to bound the memory of all connections together.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use std::collections::{HashMap, VecDeque};
use thiserror::Error;

/// The id of a connection within a session.
pub type StreamId = u32;

const VERSION: u8 = 1;
const HEADER: usize = 8;
/// The first id that the reference client uses; each following id is higher by two.
const FIRST: StreamId = 3;
/// The largest payload of a frame: with its header it fills one message of the channel, so that connections take
/// turns by the kilobyte.
pub const SLICE: usize = crate::channel::CHUNK - HEADER;
/// The number of connections to remember that were closed here before any byte arrived and that the other side has
/// not closed yet. It is far more than are closed within one round trip, and bounds the memory if the other side
/// never closes them.
const EMPTY: usize = 1024;

const SYN: u8 = 0;
const FIN: u8 = 1;
const PSH: u8 = 2;
const NOP: u8 = 3;

/// An event of the multiplexed connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The other side opened a connection.
    Opened(StreamId),
    /// Bytes of a connection.
    Data(StreamId, Bytes),
    /// The other side ended a connection.
    Ended(StreamId),
    /// The other side ended a connection that this side had already ended before any byte of it arrived.
    EndedOnBothSides(StreamId),
}

/// The bytes are not valid smux; nothing after them can be decoded either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SmuxError {
    /// A frame with a version other than 1.
    #[error("the agent speaks version {0} of smux, not 1")]
    Version(u8),
    /// A frame with an unknown command.
    #[error("the agent sent the smux command {0}, which does not exist")]
    Command(u8),
}

#[derive(Debug, Default)]
struct Stream {
    received: u64,
    /// Whether the other side has ended it.
    ended: bool,
}

/// The connections of one session.
#[derive(Debug)]
pub struct Mux {
    next: StreamId,
    streams: HashMap<StreamId, Stream>,
    /// The connections that [`Event::EndedOnBothSides`] is reported for, the newest last; at most [`EMPTY`].
    empty: VecDeque<StreamId>,
    partial: BytesMut,
    accepts: bool,
}

impl Mux {
    /// Creates the side that opens connections.
    pub fn client() -> Self {
        Self { next: FIRST, streams: HashMap::new(), empty: VecDeque::new(), partial: BytesMut::new(), accepts: false }
    }

    /// Creates the side that accepts connections.
    pub fn server() -> Self {
        Self { accepts: true, ..Self::client() }
    }

    /// Opens a connection and returns the bytes to send. None once all ids are used up, after two billion.
    pub fn open(&mut self) -> Option<(StreamId, Bytes)> {
        let id = self.next;
        self.next = self.next.checked_add(2)?;
        self.streams.insert(id, Stream::default());
        Some((id, frame(SYN, id, &[])))
    }

    /// Returns the frames that carry these bytes, each with at most [`SLICE`] of them.
    pub fn data(id: StreamId, bytes: &Bytes) -> impl Iterator<Item = Bytes> {
        bytes.chunks(SLICE).map(move |slice| frame(PSH, id, slice))
    }

    /// Ends a connection and returns the bytes to send. None if it has already ended.
    pub fn end(&mut self, id: StreamId) -> Option<Bytes> {
        let stream = self.streams.remove(&id)?;
        if stream.received == 0 && !stream.ended {
            self.empty.push_back(id);
            if self.empty.len() > EMPTY {
                self.empty.pop_front();
            }
        }
        Some(frame(FIN, id, &[]))
    }

    /// An empty frame, for agents that expect traffic every now and then.
    pub fn keep_alive() -> Bytes {
        frame(NOP, 0, &[])
    }

    /// The number of bytes received on a connection.
    pub fn received(&self, id: StreamId) -> Option<u64> {
        self.streams.get(&id).map(|stream| stream.received)
    }

    /// The number of open connections.
    pub fn open_streams(&self) -> usize {
        self.streams.len()
    }

    /// Decodes received bytes; frames may be split anywhere.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Vec<Event>, SmuxError> {
        self.partial.extend_from_slice(bytes);
        let mut events = Vec::new();
        while self.partial.len() >= HEADER {
            let version = self.partial[0];
            if version != VERSION {
                return Err(SmuxError::Version(version));
            }
            let command = self.partial[1];
            if command > NOP {
                return Err(SmuxError::Command(command));
            }
            let length = usize::from(u16::from_le_bytes([self.partial[2], self.partial[3]]));
            if self.partial.len() < HEADER + length {
                break;
            }
            let mut frame = self.partial.split_to(HEADER + length);
            frame.advance(4);
            let id = frame.get_u32_le();
            let data = frame.freeze();
            match command {
                SYN if self.accepts && !self.streams.contains_key(&id) => {
                    self.streams.insert(id, Stream::default());
                    events.push(Event::Opened(id));
                }
                PSH if !data.is_empty() => {
                    // More data may still arrive for a connection that has already ended on this side.
                    if let Some(stream) = self.streams.get_mut(&id) {
                        stream.received += data.len() as u64;
                        events.push(Event::Data(id, data));
                    }
                }
                FIN => {
                    if let Some(stream) = self.streams.get_mut(&id) {
                        stream.ended = true;
                        events.push(Event::Ended(id));
                    } else if let Some(at) = self.empty.iter().position(|empty| *empty == id) {
                        self.empty.remove(at);
                        events.push(Event::EndedOnBothSides(id));
                    }
                }
                _ => {}
            }
        }
        Ok(events)
    }
}

fn frame(command: u8, id: StreamId, data: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(HEADER + data.len());
    out.put_u8(VERSION);
    out.put_u8(command);
    out.put_u16_le(data.len() as u16);
    out.put_u32_le(id);
    out.put_slice(data);
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_connection_is_opened_used_and_ended() {
        let (mut client, mut server) = (Mux::client(), Mux::server());
        let (id, syn) = client.open().unwrap();
        assert_eq!(id, 3);
        assert_eq!(server.receive(&syn).unwrap(), [Event::Opened(3)]);
        for part in Mux::data(id, &Bytes::from(vec![7; 3000])) {
            assert!(part.len() <= crate::channel::CHUNK);
            server.receive(&part).unwrap();
        }
        assert_eq!(server.received(3), Some(3000));
        let fin = client.end(id).unwrap();
        assert_eq!(server.receive(&fin).unwrap(), [Event::Ended(3)]);
        assert_eq!(client.end(id), None);
        assert_eq!(client.open().unwrap().0, 5);
    }

    #[test]
    fn unknown_version_or_command_is_an_error_but_unknown_connection_is_ignored() {
        let mut mux = Mux::client();
        assert_eq!(mux.receive(&[2, 0, 0, 0, 3, 0, 0, 0]), Err(SmuxError::Version(2)));
        assert_eq!(Mux::client().receive(&[1, 9, 0, 0, 3, 0, 0, 0]), Err(SmuxError::Command(9)));
        for command in [SYN, FIN, PSH, NOP] {
            assert_eq!(Mux::client().receive(&frame(command, 99, b"lost")), Ok(Vec::new()));
        }
    }

    #[test]
    fn remote_end_after_local_end_is_reported_only_for_empty_connections() {
        let (mut client, mut server) = (Mux::client(), Mux::server());
        let ids: Vec<StreamId> = (0..3).map(|_| client.open().unwrap().0).collect();
        let ends = |mux: &mut Mux, id| mux.receive(&frame(FIN, id, &[])).unwrap();
        client.receive(&frame(PSH, ids[0], b"answer")).unwrap();
        // The other side ends the second one first.
        assert_eq!(ends(&mut client, ids[1]), [Event::Ended(ids[1])]);
        for id in &ids {
            client.end(*id).unwrap();
        }
        assert_eq!(ends(&mut client, ids[0]), [], "a byte had come");
        assert_eq!(ends(&mut client, ids[1]), [], "it was over on both sides");
        assert_eq!(ends(&mut client, ids[2]), [Event::EndedOnBothSides(ids[2])]);
        assert_eq!(ends(&mut client, ids[2]), [], "once");
        // The list stays bounded when the other side never closes its connections.
        for _ in 0..2 * EMPTY {
            let (id, syn) = client.open().unwrap();
            server.receive(&syn).unwrap();
            client.end(id).unwrap();
        }
        assert_eq!((client.empty.len(), client.open_streams(), server.open_streams()), (EMPTY, 0, 2 * EMPTY));
    }

    #[test]
    fn frame_of_maximum_length_is_accepted() {
        let mut mux = Mux::client();
        let (id, _) = mux.open().unwrap();
        let long = vec![1; usize::from(u16::MAX)];
        assert_eq!(mux.receive(&frame(PSH, id, &long)).unwrap(), [Event::Data(id, long.into())]);
    }

    proptest! {
        #[test]
        fn frames_may_be_cut_anywhere(parts in prop::collection::vec(1usize..40, 1..40), texts in prop::collection::vec(".{0,30}", 1..9)) {
            let mut mux = Mux::client();
            let (id, _) = mux.open().unwrap();
            let mut wire = Vec::new();
            for text in &texts {
                for part in Mux::data(id, &Bytes::from(text.clone())) { wire.extend_from_slice(&part); }
            }
            let (mut got, mut at, mut cuts) = (Vec::new(), 0, parts.iter().cycle());
            while at < wire.len() {
                let end = (at + cuts.next().unwrap()).min(wire.len());
                for event in mux.receive(&wire[at..end]).unwrap() {
                    if let Event::Data(_, bytes) = event { got.extend_from_slice(&bytes); }
                }
                at = end;
            }
            prop_assert_eq!(got, texts.concat().into_bytes());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let mut mux = Mux::server();
            let _ = mux.receive(&bytes);
        }
    }
}
