//! The client's side of a session: the handshake, then connections (multiplexed, or one at a time with an old agent)
//! or a terminal. A session continues over any number of links; data queued while there is no link waits for the next
//! one.

use crate::channel::{CHUNK, Channel, Inbound, Role, random};
use crate::frame::{FrameError, flag, payload};
use crate::message::{CLIENT_VERSION, HandshakeRequest, HandshakeResponse, ProcessedAction, Size, open_data_channel};
use crate::outbox::Outbox;
use crate::purpose::{Event, Purpose, SendRate};
use crate::smux::{self, Mux, StreamId};
use crate::time::Time;
use crate::version::is_newer;
use bytes::Bytes;
use secrecy::SecretString;
use serde_json::Value;
use std::collections::VecDeque;
use std::time::Duration;
use uuid::Uuid;

/// Agents newer than this version multiplex connections over one session.
const MULTIPLEXING: &str = "3.0.196.0";
/// Agents newer than this version need no keep-alive within smux.
const NO_KEEP_ALIVE: &str = "3.1.1511.0";
/// The keep-alive interval for older agents, which give up after 30 s.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// The quiet time required between two connections to an agent without multiplexing. Such an agent does not label
/// bytes with their connection, so late bytes of an ended connection must not reach the next one.
const QUIET: Duration = Duration::from_millis(500);
/// The id of the single connection of a session without multiplexing.
const ONLY: StreamId = 1;

enum Phase {
    Waiting,
    Ready,
    Over,
}

enum Carrier {
    None,
    Mux(Mux, Option<Time>),
    Basic { open: bool, quiet_until: Time },
}

/// A session with an agent over a sequence of WebSockets: handshake, ordered messages, connections or a terminal.
pub struct Session {
    client: Uuid,
    purpose: Purpose,
    channel: Channel,
    phase: Phase,
    carrier: Carrier,
    agent_version: String,
    /// The number of "cannot connect" flags from the agent that are not matched to an ended connection yet.
    refusals: u32,
    outbox: Outbox,
    events: VecDeque<Event>,
    damaged: u64,
}

impl Session {
    /// Creates a session before its first link. `epoch_ms` is the wall-clock time at the time origin. All ids follow
    /// from `seed`, which must be random for sessions with AWS. Nothing else is random, so the same seed produces the
    /// same messages.
    pub fn new(purpose: Purpose, pace: SendRate, epoch_ms: u64, seed: u128) -> Self {
        Self {
            client: random(seed),
            purpose,
            // A different seed for the channel, so that its ids differ from the client's.
            channel: Channel::new(Role::Client, epoch_ms, !seed),
            phase: Phase::Waiting,
            carrier: Carrier::None,
            agent_version: String::new(),
            refusals: 0,
            outbox: Outbox::new(pace),
            events: VecDeque::new(),
            damaged: 0,
        }
    }

    /// The first message on each link, as text. It contains the token.
    pub fn greeting(&mut self, token: &SecretString) -> String {
        open_data_channel(token, self.channel.next_id(), self.client)
    }

    /// Processes one binary message. A damaged one is counted and otherwise ignored.
    pub fn receive(&mut self, bytes: &Bytes, now: Time) -> Result<(), FrameError> {
        if let Err(error) = self.channel.receive(bytes, now) {
            self.damaged += 1;
            return Err(error);
        }
        while let Some(inbound) = self.channel.take() {
            match inbound {
                Inbound::Data(payload_type, payload) => self.data(payload_type, payload, now),
                Inbound::Closed(output) => {
                    self.phase = Phase::Over;
                    self.events.push_back(Event::Closed(output));
                }
            }
        }
        self.flush(now);
        Ok(())
    }

    fn data(&mut self, payload_type: u32, payload: Bytes, now: Time) {
        match payload_type {
            payload::HANDSHAKE_REQUEST => self.handshake(&payload, now),
            payload::HANDSHAKE_COMPLETE => self.ready(now),
            payload::FLAG => self.flag(&payload, now),
            payload::OUTPUT if self.purpose == Purpose::Shell => self.events.push_back(Event::Output(payload)),
            payload::OUTPUT => self.carried(payload, now),
            payload::STDERR | payload::ERROR if self.purpose == Purpose::Shell => {
                self.events.push_back(Event::Stderr(payload));
            }
            payload::EXIT_CODE => {
                if let Some(code) = std::str::from_utf8(&payload).ok().and_then(|text| text.trim().parse().ok()) {
                    self.events.push_back(Event::Exit(code));
                }
            }
            // Acknowledged in order, otherwise ignored.
            _ => {}
        }
    }

    fn handshake(&mut self, body: &[u8], now: Time) {
        let Ok(request) = serde_json::from_slice::<HandshakeRequest>(body) else {
            return self.broken("the agent's handshake cannot be read");
        };
        self.agent_version = request.agent_version;
        let mut errors = Vec::new();
        let mut encrypted = false;
        let processed = request
            .requested_client_actions
            .unwrap_or_default()
            .into_iter()
            .map(|action| {
                let known = action.action_type == "SessionType";
                encrypted |= action.action_type == "KMSEncryption";
                let error = if known { String::new() } else { format!("Unsupported action {}", action.action_type) };
                if !known {
                    errors.push(error.clone());
                }
                ProcessedAction {
                    action_type: action.action_type,
                    action_status: if known { 1 } else { 3 },
                    action_result: Value::Null,
                    error,
                }
            })
            .collect();
        let response = HandshakeResponse {
            client_version: CLIENT_VERSION.to_owned(),
            processed_client_actions: processed,
            errors: (!errors.is_empty()).then_some(errors),
        };
        let body = serde_json::to_vec(&response).unwrap_or_default();
        self.channel.send(payload::HANDSHAKE_RESPONSE, body.into(), now);
        if encrypted {
            self.broken("the session must be encrypted with a KMS key, which only AWS's own plugin supports");
        }
    }

    fn ready(&mut self, now: Time) {
        if !matches!(self.phase, Phase::Waiting) {
            return;
        }
        self.phase = Phase::Ready;
        let multiplexed = self.purpose == Purpose::Port && is_newer(&self.agent_version, MULTIPLEXING);
        self.carrier = match self.purpose {
            Purpose::Shell => Carrier::None,
            Purpose::Port if multiplexed => {
                let keep_alive = !is_newer(&self.agent_version, NO_KEEP_ALIVE);
                Carrier::Mux(Mux::client(), keep_alive.then_some(now + KEEP_ALIVE))
            }
            Purpose::Port => Carrier::Basic { open: false, quiet_until: now },
        };
        self.events.push_back(Event::Ready { agent_version: self.agent_version.clone(), multiplexed });
    }

    fn flag(&mut self, body: &[u8], now: Time) {
        let Some(value) = body.get(..4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes) else { return };
        match value {
            flag::CONNECT_TO_PORT_ERROR => match &mut self.carrier {
                Carrier::Basic { open, quiet_until } => {
                    // Waiting data, and any further flags from the agent, belong to this connection and not to the next.
                    self.outbox.clear();
                    *quiet_until = now + QUIET;
                    if std::mem::take(open) {
                        self.events.push_back(Event::Ended { stream: ONLY, refused: true });
                    }
                }
                _ => self.refusals = self.refusals.saturating_add(1),
            },
            flag::TERMINATE_SESSION => {
                self.phase = Phase::Over;
                self.events.push_back(Event::Closed("the agent ended the session".into()));
            }
            _ => {}
        }
    }

    fn carried(&mut self, bytes: Bytes, now: Time) {
        match &mut self.carrier {
            Carrier::Mux(mux, _) => match mux.receive(&bytes) {
                Ok(events) => {
                    for event in events {
                        self.muxed(event, now);
                    }
                }
                Err(error) => self.broken(&error.to_string()),
            },
            Carrier::Basic { open: true, .. } => self.events.push_back(Event::Data(ONLY, bytes)),
            // Late bytes of a connection that has ended.
            Carrier::Basic { quiet_until, .. } => *quiet_until = now + QUIET,
            Carrier::None => {}
        }
    }

    fn muxed(&mut self, event: smux::Event, now: Time) {
        match event {
            smux::Event::Opened(_) => {}
            smux::Event::Data(stream, bytes) => self.events.push_back(Event::Data(stream, bytes)),
            smux::Event::Ended(stream) => {
                let Carrier::Mux(mux, _) = &mut self.carrier else { return };
                // The agent's "cannot connect" does not identify a connection; it refers to the next one that ends
                // without data.
                let refused = self.refusals > 0 && mux.received(stream) == Some(0);
                if refused {
                    self.refusals -= 1;
                }
                let fin = mux.end(stream);
                self.put(fin, now);
                self.events.push_back(Event::Ended { stream, refused });
            }
            // The local program closed first: the agent's "cannot connect" may refer to this connection.
            smux::Event::EndedOnBothSides(_) => self.refusals = self.refusals.saturating_sub(1),
        }
    }

    fn broken(&mut self, why: &str) {
        if !matches!(self.phase, Phase::Over) {
            self.phase = Phase::Over;
            self.events.push_back(Event::Broken(why.to_owned()));
        }
    }

    /// Whether a local connection can be opened now.
    pub fn can_open(&self, now: Time) -> bool {
        matches!(self.phase, Phase::Ready)
            && match &self.carrier {
                Carrier::Mux(..) => true,
                Carrier::Basic { open, quiet_until } => !open && now >= *quiet_until,
                Carrier::None => false,
            }
    }

    /// Opens a connection. None before the handshake is complete, and none while an old agent already has one.
    pub fn open(&mut self, now: Time) -> Option<StreamId> {
        if !self.can_open(now) {
            return None;
        }
        match &mut self.carrier {
            Carrier::Mux(mux, _) => {
                let (id, syn) = mux.open()?;
                self.put([syn], now);
                Some(id)
            }
            Carrier::Basic { open, .. } => {
                *open = true;
                Some(ONLY)
            }
            Carrier::None => None,
        }
    }

    /// Sends bytes from a local connection.
    pub fn send(&mut self, stream: StreamId, bytes: &Bytes, now: Time) {
        match &self.carrier {
            Carrier::Mux(mux, _) => {
                if mux.received(stream).is_none() {
                    return;
                }
                self.put(Mux::data(stream, bytes), now);
            }
            Carrier::Basic { open: true, .. } => self.chunks(bytes, now),
            Carrier::Basic { .. } | Carrier::None => {}
        }
    }

    /// Ends a local connection. The far side closes its socket completely: there is no half-closed state.
    pub fn end(&mut self, stream: StreamId, now: Time) {
        match &mut self.carrier {
            Carrier::Mux(mux, _) => {
                let fin = mux.end(stream);
                self.put(fin, now);
            }
            Carrier::Basic { open, quiet_until } => {
                if std::mem::take(open) {
                    *quiet_until = now + QUIET;
                    self.drain(now);
                    self.channel.send(payload::FLAG, flag::DISCONNECT_TO_PORT.to_be_bytes().to_vec().into(), now);
                }
            }
            Carrier::None => {}
        }
    }

    /// Sends typed bytes.
    pub fn input(&mut self, bytes: &Bytes, now: Time) {
        if self.purpose == Purpose::Shell && matches!(self.phase, Phase::Ready) {
            self.chunks(bytes, now);
        }
    }

    /// Reports the current size of the terminal.
    pub fn resize(&mut self, size: Size, now: Time) {
        if matches!(self.phase, Phase::Ready) {
            let body = serde_json::to_vec(&size).unwrap_or_default();
            self.channel.send(payload::SIZE, body.into(), now);
        }
    }

    /// Asks the agent to end the session, after all queued data.
    pub fn terminate(&mut self, now: Time) {
        if matches!(self.phase, Phase::Ready) {
            self.drain(now);
            self.channel.send(payload::FLAG, flag::TERMINATE_SESSION.to_be_bytes().to_vec().into(), now);
        }
    }

    fn chunks(&mut self, bytes: &Bytes, now: Time) {
        let chunk = |at: usize| bytes.slice(at..bytes.len().min(at + CHUNK));
        self.put((0..bytes.len()).step_by(CHUNK).map(chunk), now);
    }

    fn put(&mut self, pieces: impl IntoIterator<Item = Bytes>, now: Time) {
        for piece in pieces {
            self.outbox.put(piece);
        }
        self.flush(now);
    }

    /// Sends the queued data that the pace and the window allow.
    fn flush(&mut self, now: Time) {
        while self.channel.has_room()
            && let Some(message) = self.outbox.next(now)
        {
            self.channel.send(payload::OUTPUT, message, now);
        }
    }

    /// Sends all queued data regardless of the pace, because the next message must not overtake it.
    fn drain(&mut self, now: Time) {
        while let Some(message) = self.outbox.message() {
            self.channel.send(payload::OUTPUT, message, now);
        }
    }

    /// Whether more bytes may be passed in now. If not, ask again at the time returned by [`Session::wake`].
    pub fn can_send(&self) -> bool {
        matches!(self.phase, Phase::Ready) && self.channel.has_room() && self.outbox.has_room()
    }

    /// While connections are open, sends a message that a live agent acknowledges and otherwise ignores. A missing
    /// acknowledgement means that the agent is gone. Agents without multiplexing have no such message.
    pub fn probe(&mut self, now: Time) {
        if let Carrier::Mux(mux, _) = &self.carrier
            && mux.open_streams() > 0
        {
            self.put([Mux::keep_alive()], now);
        }
    }

    /// Sends everything due at this time: retransmissions, keep-alives, paced data.
    pub fn tick(&mut self, now: Time) {
        self.channel.tick(now);
        self.flush(now);
        if let Carrier::Mux(_, Some(due)) = &mut self.carrier
            && *due <= now
        {
            *due = now + KEEP_ALIVE;
            self.put([Mux::keep_alive()], now);
        }
    }

    /// The time of the next work, if any is scheduled.
    pub fn wake(&self, now: Time) -> Option<Time> {
        let keep_alive = match &self.carrier {
            Carrier::Mux(_, due) => *due,
            Carrier::Basic { open: false, quiet_until } if *quiet_until > now => Some(*quiet_until),
            Carrier::Basic { .. } | Carrier::None => None,
        };
        // Without room in the window, sending continues with the next acknowledgement, not at a fixed time.
        let paced = self.outbox.wake(now).filter(|_| self.channel.has_room());
        [self.channel.wake(), keep_alive, paced].into_iter().flatten().min()
    }

    /// The WebSocket is lost: sent messages are kept until they are acknowledged.
    pub fn lost(&mut self) {
        self.channel.lost();
    }

    /// There is a new WebSocket: sends all unacknowledged messages again.
    pub fn resumed(&mut self, now: Time) {
        self.channel.resumed(now);
    }

    /// The next message for the WebSocket.
    pub fn transmit(&mut self) -> Option<Bytes> {
        self.channel.transmit()
    }

    /// The next event, if there is one.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The underlying channel, read-only.
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Whether an open connection makes others wait, because the agent does not multiplex.
    pub fn is_one_at_a_time(&self) -> bool {
        matches!(self.carrier, Carrier::Basic { .. })
    }

    /// Whether the handshake is complete and the session has not ended.
    pub fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready)
    }

    /// The number of damaged messages received.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
