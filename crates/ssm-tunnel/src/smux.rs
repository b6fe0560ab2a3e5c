//! smux, version 1: many connections over one stream of bytes. No flow control of a single connection; whoever reads
//! bounds the memory of all together.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use std::collections::{HashMap, VecDeque};
use thiserror::Error;

/// The number of one connection within a session.
pub type StreamId = u32;

const VERSION: u8 = 1;
const HEADER: usize = 8;
/// The first number that the reference client uses; the next are higher by two.
const FIRST: StreamId = 3;
/// The most data in one frame: with its header it fills one message of the channel, so that connections take turns by
/// the kilobyte.
pub const SLICE: usize = crate::channel::CHUNK - HEADER;
/// As many connections that ended here before a byte came are remembered until the other side has ended them too: far
/// more than are ended within one round, and little memory where that end never comes.
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
    /// The other side ended a connection too that this side had ended before a byte of it came.
    EndedToo(StreamId),
}

/// Bytes that are no smux: what follows them cannot be understood either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SmuxError {
    /// A frame of another version than 1.
    #[error("the agent speaks version {0} of smux, not 1")]
    Version(u8),
    /// A frame with an unknown command.
    #[error("the agent sent the smux command {0}, which does not exist")]
    Command(u8),
}

#[derive(Debug, Default)]
struct Stream {
    received: u64,
    /// The other side has ended it.
    ended: bool,
}

/// The connections of one session.
#[derive(Debug)]
pub struct Mux {
    next: StreamId,
    streams: HashMap<StreamId, Stream>,
    /// Those of [`Event::EndedToo`], the newest last; at most [`EMPTY`].
    empty: VecDeque<StreamId>,
    partial: BytesMut,
    accepts: bool,
}

impl Mux {
    /// The side that opens connections.
    pub fn client() -> Self {
        Self { next: FIRST, streams: HashMap::new(), empty: VecDeque::new(), partial: BytesMut::new(), accepts: false }
    }

    /// The side at which they are opened.
    pub fn server() -> Self {
        Self { accepts: true, ..Self::client() }
    }

    /// Opens a connection; the bytes are to be sent. None once all numbers are used up, after two billion.
    pub fn open(&mut self) -> Option<(StreamId, Bytes)> {
        let id = self.next;
        self.next = self.next.checked_add(2)?;
        self.streams.insert(id, Stream::default());
        Some((id, frame(SYN, id, &[])))
    }

    /// The frames that carry these bytes, each with at most [`SLICE`] of them.
    pub fn data(id: StreamId, bytes: &Bytes) -> impl Iterator<Item = Bytes> {
        bytes.chunks(SLICE).map(move |slice| frame(PSH, id, slice))
    }

    /// Ends a connection; the bytes are to be sent. None if it has ended.
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

    /// A frame that says nothing, for agents that expect one every now and then.
    pub fn keep_alive() -> Bytes {
        frame(NOP, 0, &[])
    }

    /// How many bytes came in on a connection.
    pub fn received(&self, id: StreamId) -> Option<u64> {
        self.streams.get(&id).map(|stream| stream.received)
    }

    /// How many connections are open.
    pub fn open_streams(&self) -> usize {
        self.streams.len()
    }

    /// Takes in bytes; frames may be cut anywhere.
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
                    // Of a connection that has ended on this side, more may be on its way.
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
                        events.push(Event::EndedToo(id));
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
    fn another_version_or_command_is_an_error_and_an_unknown_connection_is_not() {
        let mut mux = Mux::client();
        assert_eq!(mux.receive(&[2, 0, 0, 0, 3, 0, 0, 0]), Err(SmuxError::Version(2)));
        assert_eq!(Mux::client().receive(&[1, 9, 0, 0, 3, 0, 0, 0]), Err(SmuxError::Command(9)));
        for command in [SYN, FIN, PSH, NOP] {
            assert_eq!(Mux::client().receive(&frame(command, 99, b"lost")), Ok(Vec::new()));
        }
    }

    #[test]
    fn the_other_sides_end_is_told_of_a_connection_that_ended_here_before_a_byte_came_and_of_no_other() {
        let (mut client, mut server) = (Mux::client(), Mux::server());
        let ids: Vec<StreamId> = (0..3).map(|_| client.open().unwrap().0).collect();
        let ends = |mux: &mut Mux, id| mux.receive(&frame(FIN, id, &[])).unwrap();
        client.receive(&frame(PSH, ids[0], b"answer")).unwrap();
        // The second is ended by the other side first.
        assert_eq!(ends(&mut client, ids[1]), [Event::Ended(ids[1])]);
        for id in &ids {
            client.end(*id).unwrap();
        }
        assert_eq!(ends(&mut client, ids[0]), [], "a byte had come");
        assert_eq!(ends(&mut client, ids[1]), [], "it was over on both sides");
        assert_eq!(ends(&mut client, ids[2]), [Event::EndedToo(ids[2])]);
        assert_eq!(ends(&mut client, ids[2]), [], "once");
        // However many there are whose end never comes.
        for _ in 0..2 * EMPTY {
            let (id, syn) = client.open().unwrap();
            server.receive(&syn).unwrap();
            client.end(id).unwrap();
        }
        assert_eq!((client.empty.len(), client.open_streams(), server.open_streams()), (EMPTY, 0, 2 * EMPTY));
    }

    #[test]
    fn the_longest_frame_that_the_length_can_say_is_taken() {
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
