//! Reliable delivery in both directions over a link that may break: sequence numbers, acknowledgements, ordering,
//! retransmission. Both sides use the same code; they differ in the type of message that they send.
//!
//! Not part of this module: the meaning of payloads, and sockets.

use crate::frame::{Frame, FrameError, Kind};
use crate::message::{Acknowledge, ChannelClosed};
use crate::rtt::Rtt;
use crate::time::Time;
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use uuid::{Builder, Uuid};

/// The largest data payload; the official client and agent both split at this size.
pub const CHUNK: usize = 1024;
/// The number of messages that may be in flight without an acknowledgement: at 1 KiB each, enough for 50 MB/s over 40 ms.
pub const WINDOW: usize = 2048;
/// The number of early messages to buffer. Messages beyond that are not acknowledged, so that they are sent again.
const EARLY: usize = 10_000;
/// The number of messages to send again at one time, unless the link was lost.
const AGAIN: usize = 64;
/// The capacity that empty queues keep.
const IDLE: usize = 64;
/// The bits of an id that count up; the other bits hold the UUID version and variant.
const COUNTED: u128 = (1 << 62) - 1;

/// The side of the session that this channel represents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Sends input, receives output.
    Client,
    /// Sends output, receives input.
    Agent,
}

/// A received item, in order of sequence numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound {
    /// A payload with its type.
    Data(u32, Bytes),
    /// The session is over.
    Closed(String),
}

/// A message waiting for the WebSocket.
enum Waiting {
    Frame(Bytes),
    /// The unacknowledged message with this sequence number. It is encoded when the WebSocket accepts it.
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
    /// The wall-clock time at the time origin, in milliseconds since 1970.
    epoch_ms: u64,
    /// The last id that was used.
    id: u128,
    next_out: i64,
    unacknowledged: VecDeque<Sent>,
    next_in: i64,
    early: BTreeMap<i64, (u32, Bytes)>,
    out: VecDeque<Waiting>,
    inbox: VecDeque<Inbound>,
    rtt: Rtt,
    last_received: Time,
}

impl Channel {
    /// Creates a channel. `epoch_ms` is the wall-clock time at the origin of the passed times; the ids of its
    /// messages follow from `seed`.
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
            last_received: Time::ZERO,
        }
    }

    fn sent_and_received_kinds(&self) -> (Kind, Kind) {
        match self.role {
            Role::Client => (Kind::Input, Kind::Output),
            Role::Agent => (Kind::Output, Kind::Input),
        }
    }

    /// Returns a unique id by counting up from a random one.
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

    /// Sends a payload and keeps it until the other side acknowledges it.
    pub fn send(&mut self, payload_type: u32, payload: Bytes, now: Time) {
        let sent = Sent { sequence: self.next_out, id: self.next_id(), payload_type, payload, at: now, times: 1 };
        self.next_out += 1;
        self.out.push_back(Waiting::Number(sent.sequence));
        self.unacknowledged.push_back(sent);
    }

    /// The index of the message with this sequence number among the unacknowledged ones.
    fn position_of(&self, number: i64) -> Option<usize> {
        self.unacknowledged.binary_search_by_key(&number, |sent| sent.sequence).ok()
    }

    /// Encodes the message with this sequence number; none if it was acknowledged in the meantime.
    fn encoded(&self, number: i64) -> Option<Bytes> {
        let sent = self.unacknowledged.get(self.position_of(number)?)?;
        let (kind, _) = self.sent_and_received_kinds();
        let frame = Frame {
            sequence: sent.sequence,
            payload_type: sent.payload_type,
            payload: sent.payload.clone(),
            ..self.frame(kind, sent.id, sent.at)
        };
        Some(frame.encode())
    }

    /// Processes one WebSocket message. A damaged one returns an error and changes nothing: its sender sends it again.
    pub fn receive(&mut self, bytes: &Bytes, now: Time) -> Result<(), FrameError> {
        let frame = Frame::decode(bytes)?;
        let (_, expected) = self.sent_and_received_kinds();
        match &frame.kind {
            kind if *kind == expected => self.receive_data(frame, now),
            Kind::Acknowledge => self.acknowledged(&frame, now),
            Kind::ChannelClosed => {
                let closed: ChannelClosed = serde_json::from_slice(&frame.payload).unwrap_or_default();
                self.inbox.push_back(Inbound::Closed(closed.reason()));
            }
            // The publication messages tell nothing about the agent; unknown types are ignored.
            Kind::StartPublication | Kind::PausePublication | Kind::Other(_) | Kind::Input | Kind::Output => {}
        }
        Ok(())
    }

    fn receive_data(&mut self, frame: Frame, now: Time) {
        self.last_received = now;
        if frame.sequence > self.next_in
            && (self.early.len() >= EARLY || frame.sequence - self.next_in > 10 * EARLY as i64)
        {
            return;
        }
        // Duplicates are acknowledged too: the first acknowledgement may have been lost, and the sender still waits for one.
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
        self.last_received = now;
        let Ok(body) = serde_json::from_slice::<Acknowledge>(&frame.payload) else { return };
        let Some(at) = self.position_of(body.sequence) else { return };
        if let Some(sent) = self.unacknowledged.remove(at)
            && sent.times == 1
        {
            // After a retransmission it is unknown which copy was acknowledged, so only messages sent once are measured.
            self.rtt.measure(now.saturating_sub(sent.at));
        }
    }

    /// The next received item, in order of sequence numbers.
    pub fn take(&mut self) -> Option<Inbound> {
        self.inbox.pop_front()
    }

    /// The next message for the WebSocket.
    pub fn transmit(&mut self) -> Option<Bytes> {
        while let Some(waiting) = self.out.pop_front() {
            let encoded_message = match waiting {
                Waiting::Frame(frame) => Some(frame),
                Waiting::Number(number) => self.encoded(number),
            };
            if encoded_message.is_some() {
                return encoded_message;
            }
        }
        None
    }

    /// The number of messages that wait for the WebSocket.
    pub fn waiting(&self) -> usize {
        self.out.len()
    }

    /// Whether another message may be sent without exceeding the window.
    pub fn has_room(&self) -> bool {
        self.unacknowledged.len() < WINDOW
    }

    /// The number of messages without an acknowledgement.
    pub fn unacknowledged(&self) -> usize {
        self.unacknowledged.len()
    }

    /// The time at which data or an acknowledgement last arrived from the other side.
    pub fn last_received(&self) -> Time {
        self.last_received
    }

    /// The round-trip time; none before the first measurement.
    pub fn round_trip(&self) -> Option<Time> {
        self.rtt.smoothed()
    }

    /// Sends overdue messages again.
    pub fn tick(&mut self, now: Time) {
        if self.out.is_empty() && self.unacknowledged.is_empty() {
            self.out.shrink_to(IDLE);
            self.unacknowledged.shrink_to(IDLE);
            self.inbox.shrink_to(IDLE);
        }
        // While the WebSocket does not accept messages, another copy would not help.
        if self.out.len() >= AGAIN {
            return;
        }
        let mut overdue = Vec::new();
        for (at, sent) in self.unacknowledged.iter().take(AGAIN).enumerate() {
            if sent.at + self.rtt.timeout(sent.times) <= now {
                overdue.push(at);
            }
        }
        for at in overdue {
            self.repeat(at, now);
        }
    }

    fn repeat(&mut self, at: usize, now: Time) {
        let Some(sent) = self.unacknowledged.get_mut(at) else { return };
        sent.at = now;
        sent.times = sent.times.saturating_add(1);
        self.out.push_back(Waiting::Number(sent.sequence));
    }

    /// Drops everything queued for the lost link: unacknowledged messages are sent again on the next one. A dropped
    /// acknowledgement is sent once the other side repeats its message.
    pub fn lost(&mut self) {
        self.out.clear();
    }

    /// Starts using a new link: sends all unacknowledged messages again at once.
    pub fn resumed(&mut self, now: Time) {
        self.out.clear();
        for at in 0..self.unacknowledged.len() {
            self.repeat(at, now);
        }
    }

    /// The time of the next work for [`Channel::tick`]; none while so much waits for the WebSocket that it has nothing to do.
    pub fn wake(&self) -> Option<Time> {
        if self.out.len() >= AGAIN {
            return None;
        }
        self.unacknowledged.iter().take(AGAIN).map(|sent| sent.at + self.rtt.timeout(sent.times)).min()
    }

    /// Sends a message without a sequence number: for simulators.
    pub fn raw(&mut self, kind: Kind, payload: Bytes, now: Time) {
        let id = self.next_id();
        let frame = Frame { payload, ..self.frame(kind, id, now) };
        self.out.push_back(Waiting::Frame(frame.encode()));
    }
}

/// Formats random bits as a version 4 UUID.
pub(crate) fn random(bits: u128) -> Uuid {
    Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
}

#[cfg(test)]
#[path = "channel_tests.rs"]
mod tests;
