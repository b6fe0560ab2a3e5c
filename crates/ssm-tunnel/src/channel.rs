//! One direction each way over a link that may break: numbers, acknowledgements, order, sending again. The same for both
//! sides, which differ in the kind of message that they send.
//!
//! What does *not* live here: what the payloads mean, and sockets.

use crate::frame::{Frame, FrameError, Kind};
use crate::message::{Acknowledge, ChannelClosed};
use crate::rtt::Rtt;
use crate::time::Time;
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use uuid::{Builder, Uuid};

/// The largest payload of data; both official sides cut at it.
pub const CHUNK: usize = 1024;
/// As many messages may be on their way without an acknowledgement: with 1 KiB each enough for 50 MB/s over 40 ms.
pub const WINDOW: usize = 2048;
/// As many messages that came before their turn are kept. More are not acknowledged, so that they are sent again.
const EARLY: usize = 10_000;
/// As many are sent again at one time, unless the link was lost.
const AGAIN: usize = 64;
/// Queues that are empty keep room for so many.
const IDLE: usize = 64;
/// The part of an id that is counted: the others say of which kind it is.
const COUNTED: u128 = (1 << 62) - 1;

/// The side of the session that this end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Sends input, receives output.
    Client,
    /// Sends output, receives input.
    Agent,
}

/// An item that arrived, in order of sequence numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound {
    /// A payload with its type.
    Data(u32, Bytes),
    /// The session is over.
    Closed(String),
}

/// A message that waits for the WebSocket.
enum Waiting {
    Frame(Bytes),
    /// The message of this number, which is kept until it is acknowledged: made when the WebSocket takes it.
    Number(i64),
}

struct Sent {
    sequence: i64,
    id: Uuid,
    payload_type: u32,
    payload: Bytes,
    at: Time,
    times: u32,
}

/// The state of both directions.
pub struct Channel {
    role: Role,
    /// The wall-clock time of the moment zero, in milliseconds since 1970.
    epoch_ms: u64,
    /// The id before the next one.
    id: u128,
    next_out: i64,
    unacknowledged: VecDeque<Sent>,
    next_in: i64,
    early: BTreeMap<i64, (u32, Bytes)>,
    out: VecDeque<Waiting>,
    inbox: VecDeque<Inbound>,
    rtt: Rtt,
    heard: Time,
}

impl Channel {
    /// A fresh one. `epoch_ms` is the wall clock at the moment zero of the times that are handed in; the ids of its messages
    /// follow from `seed`.
    pub fn new(role: Role, epoch_ms: u64, seed: u128) -> Self {
        Self {
            role,
            epoch_ms,
            id: random(seed).as_u128(),
            next_out: 0,
            unacknowledged: VecDeque::new(),
            next_in: 0,
            early: BTreeMap::new(),
            out: VecDeque::new(),
            inbox: VecDeque::new(),
            rtt: Rtt::default(),
            heard: Time::ZERO,
        }
    }

    fn kinds(&self) -> (Kind, Kind) {
        match self.role {
            Role::Client => (Kind::Input, Kind::Output),
            Role::Agent => (Kind::Output, Kind::Input),
        }
    }

    /// A unique id: the numbers after a random one.
    pub(crate) fn next_id(&mut self) -> Uuid {
        self.id = (self.id & !COUNTED) | (self.id.wrapping_add(1) & COUNTED);
        Uuid::from_u128(self.id)
    }

    fn frame(&self, kind: Kind, id: Uuid, at: Time) -> Frame {
        Frame {
            kind,
            created_ms: self.epoch_ms + at.as_millis() as u64,
            sequence: 0,
            flags: 0,
            id,
            payload_type: 0,
            payload: Bytes::new(),
        }
    }

    /// Sends a payload; it is kept until the other side says that it has it.
    pub fn send(&mut self, payload_type: u32, payload: Bytes, now: Time) {
        let sent = Sent { sequence: self.next_out, id: self.next_id(), payload_type, payload, at: now, times: 1 };
        self.next_out += 1;
        self.out.push_back(Waiting::Number(sent.sequence));
        self.unacknowledged.push_back(sent);
    }

    /// The place of the message of this number among those without an acknowledgement.
    fn place(&self, number: i64) -> Option<usize> {
        self.unacknowledged.binary_search_by_key(&number, |sent| sent.sequence).ok()
    }

    /// The message of this number as it goes over the wire; none once it is acknowledged.
    fn encoded(&self, number: i64) -> Option<Bytes> {
        let sent = self.unacknowledged.get(self.place(number)?)?;
        let (kind, _) = self.kinds();
        let frame = Frame {
            sequence: sent.sequence,
            payload_type: sent.payload_type,
            payload: sent.payload.clone(),
            ..self.frame(kind, sent.id, sent.at)
        };
        Some(frame.encode())
    }

    /// Takes in one message of the WebSocket. A damaged one is an error and changes nothing: its sender sends it again.
    pub fn receive(&mut self, bytes: &Bytes, now: Time) -> Result<(), FrameError> {
        let frame = Frame::decode(bytes)?;
        let (_, expected) = self.kinds();
        match &frame.kind {
            kind if *kind == expected => self.receive_data(frame, now),
            Kind::Acknowledge => self.acknowledged(&frame, now),
            Kind::ChannelClosed => {
                let closed: ChannelClosed = serde_json::from_slice(&frame.payload).unwrap_or_default();
                self.inbox.push_back(Inbound::Closed(closed.reason()));
            }
            // Neither says anything about the agent; what is not known is left alone.
            Kind::StartPublication | Kind::PausePublication | Kind::Other(_) | Kind::Input | Kind::Output => {}
        }
        Ok(())
    }

    fn receive_data(&mut self, frame: Frame, now: Time) {
        self.heard = now;
        if frame.sequence > self.next_in
            && (self.early.len() >= EARLY || frame.sequence - self.next_in > 10 * EARLY as i64)
        {
            return;
        }
        // A duplicate too: the acknowledgement of the first may have been lost, and its sender waits.
        self.acknowledge(&frame, now);
        if frame.sequence < self.next_in {
            return;
        }
        if frame.sequence > self.next_in {
            self.early.insert(frame.sequence, (frame.payload_type, frame.payload));
            return;
        }
        self.inbox.push_back(Inbound::Data(frame.payload_type, frame.payload));
        self.next_in += 1;
        while let Some((payload_type, payload)) = self.early.remove(&self.next_in) {
            self.inbox.push_back(Inbound::Data(payload_type, payload));
            self.next_in += 1;
        }
    }

    fn acknowledge(&mut self, of: &Frame, now: Time) {
        let body = Acknowledge {
            kind: of.kind.name().to_owned(),
            id: of.id.to_string(),
            sequence: of.sequence,
            sequential: true,
        };
        let payload = serde_json::to_vec(&body).unwrap_or_default().into();
        let id = self.next_id();
        let frame = Frame { flags: 3, payload, ..self.frame(Kind::Acknowledge, id, now) };
        self.out.push_back(Waiting::Frame(frame.encode()));
    }

    fn acknowledged(&mut self, frame: &Frame, now: Time) {
        self.heard = now;
        let Ok(body) = serde_json::from_slice::<Acknowledge>(&frame.payload) else { return };
        let Some(at) = self.place(body.sequence) else { return };
        if let Some(sent) = self.unacknowledged.remove(at)
            && sent.times == 1
        {
            // Of one that was sent twice nobody knows which of the two was acknowledged.
            self.rtt.measure(now.saturating_sub(sent.at));
        }
    }

    /// The next item that arrived, in order of sequence numbers.
    pub fn take(&mut self) -> Option<Inbound> {
        self.inbox.pop_front()
    }

    /// The next message for the WebSocket.
    pub fn transmit(&mut self) -> Option<Bytes> {
        while let Some(waiting) = self.out.pop_front() {
            let made = match waiting {
                Waiting::Frame(frame) => Some(frame),
                Waiting::Number(number) => self.encoded(number),
            };
            if made.is_some() {
                return made;
            }
        }
        None
    }

    /// How many messages wait for the WebSocket.
    pub fn waiting(&self) -> usize {
        self.out.len()
    }

    /// Whether there is room for another message.
    pub fn has_room(&self) -> bool {
        self.unacknowledged.len() < WINDOW
    }

    /// How many messages have no acknowledgement yet.
    pub fn unacknowledged(&self) -> usize {
        self.unacknowledged.len()
    }

    /// Since when the oldest message without an acknowledgement waits for it, by its last sending.
    pub fn oldest(&self) -> Option<Time> {
        self.unacknowledged.front().map(|sent| sent.at)
    }

    /// When data or an acknowledgement last came from the other side.
    pub fn heard(&self) -> Time {
        self.heard
    }

    /// How long a round takes, once one was measured.
    pub fn round_trip(&self) -> Option<Time> {
        self.rtt.smoothed()
    }

    /// Sends again what is overdue.
    pub fn tick(&mut self, now: Time) {
        if self.out.is_empty() && self.unacknowledged.is_empty() {
            self.out.shrink_to(IDLE);
            self.unacknowledged.shrink_to(IDLE);
            self.inbox.shrink_to(IDLE);
        }
        // While the WebSocket takes nothing, another copy helps nobody.
        if self.out.len() >= AGAIN {
            return;
        }
        let mut again = Vec::new();
        for (at, sent) in self.unacknowledged.iter().take(AGAIN).enumerate() {
            if sent.at + self.rtt.timeout(sent.times) <= now {
                again.push(at);
            }
        }
        for at in again {
            self.again(at, now);
        }
    }

    fn again(&mut self, at: usize, now: Time) {
        let Some(sent) = self.unacknowledged.get_mut(at) else { return };
        sent.at = now;
        sent.times = sent.times.saturating_add(1);
        self.out.push_back(Waiting::Number(sent.sequence));
    }

    /// The link is lost: what waited for it is dropped, as all of it is sent again on the next one. An acknowledgement
    /// that is dropped here is sent when the other side sends its message again.
    pub fn lost(&mut self) {
        self.out.clear();
    }

    /// Takes a new link: everything without an acknowledgement is sent again at once.
    pub fn resumed(&mut self, now: Time) {
        self.out.clear();
        for at in 0..self.unacknowledged.len() {
            self.again(at, now);
        }
    }

    /// When [`Channel::tick`] has something to do; not while so much waits for the WebSocket that it has not.
    pub fn wake(&self) -> Option<Time> {
        if self.out.len() >= AGAIN {
            return None;
        }
        self.unacknowledged.iter().take(AGAIN).map(|sent| sent.at + self.rtt.timeout(sent.times)).min()
    }

    /// Puts a message on the wire that has no number: for simulators.
    pub fn raw(&mut self, kind: Kind, payload: Bytes, now: Time) {
        let id = self.next_id();
        let frame = Frame { payload, ..self.frame(kind, id, now) };
        self.out.push_back(Waiting::Frame(frame.encode()));
    }
}

/// A UUID as one of random bits is written.
pub(crate) fn random(bits: u128) -> Uuid {
    Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
}

#[cfg(test)]
#[path = "channel_tests.rs"]
mod tests;
