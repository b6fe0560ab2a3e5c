//! The agent's side of a session, for simulators and tests: the behaviour of the SSM agent on the data channel.

use crate::channel::{CHUNK, Channel, Inbound, Role};
use crate::frame::{FrameError, Kind, flag, payload};
use crate::message::{HandshakeRequest, HandshakeResponse, RequestedAction, Size};
use crate::outbox::Outbox;
use crate::purpose::{Purpose, SendRate};
use crate::smux::{self, Mux, StreamId};
use crate::time::Time;
use crate::version::is_newer;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// An event on the agent's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The handshake is complete.
    Ready,
    /// The client opens a connection.
    Opened(StreamId),
    /// Bytes for a connection.
    Data(StreamId, Bytes),
    /// A connection ended.
    Ended(StreamId),
    /// Bytes for the terminal.
    Input(Bytes),
    /// The terminal's size.
    Size(Size),
    /// The client ends the session.
    Terminate,
    /// The received bytes are not valid smux.
    Broken(String),
}

/// The agent's side of one session.
pub struct Agent {
    version: String,
    purpose: Purpose,
    /// The properties that the session was opened with; the agent repeats them to the client.
    properties: Value,
    channel: Channel,
    mux: Option<Mux>,
    /// Whether the single connection of a session without multiplexing is open.
    only: bool,
    ready: bool,
    /// Whether messages wait until [`Agent::send_next`] sends them one by one.
    resting: bool,
    outbox: Outbox,
    events: VecDeque<Event>,
}

impl Agent {
    /// Creates an agent before its handshake. The ids of its messages follow from `seed`.
    pub fn new(purpose: Purpose, version: &str, epoch_ms: u64, seed: u128) -> Self {
        Self {
            version: version.to_owned(),
            purpose,
            properties: json!({}),
            channel: Channel::new(Role::Agent, epoch_ms, seed),
            mux: None,
            only: false,
            ready: false,
            resting: false,
            outbox: Outbox::new(SendRate { per_second: 0, burst: 0 }),
            events: VecDeque::new(),
        }
    }

    /// Sets the properties that the session was requested with (`host`, `portNumber`, `localPortNumber`), which other
    /// clients rely on.
    #[must_use]
    pub fn with_properties(mut self, properties: Value) -> Self {
        self.properties = properties;
        self
    }

    /// Sends the handshake request, with additional actions besides the session type.
    pub fn start(&mut self, more: &[&str], now: Time) {
        let kind = match self.purpose {
            Purpose::Port => {
                let mut properties = self.properties.clone();
                properties["type"] = json!("LocalPortForwarding");
                json!({"SessionType": "Port", "Properties": properties})
            }
            Purpose::Shell => json!({"SessionType": "InteractiveCommands", "Properties": self.properties}),
        };
        let mut actions = vec![RequestedAction { action_type: "SessionType".into(), action_parameters: kind }];
        for name in more {
            actions.push(RequestedAction { action_type: (*name).to_owned(), action_parameters: json!({}) });
        }
        let request = HandshakeRequest { agent_version: self.version.clone(), requested_client_actions: Some(actions) };
        let body = serde_json::to_vec(&request).unwrap_or_default();
        self.channel.send(payload::HANDSHAKE_REQUEST, body.into(), now);
    }

    /// Processes one binary message.
    pub fn receive(&mut self, bytes: &Bytes, now: Time) -> Result<(), FrameError> {
        self.channel.receive(bytes, now)?;
        while let Some(inbound) = self.channel.take() {
            if let Inbound::Data(payload_type, payload) = inbound {
                self.data(payload_type, payload, now);
            }
        }
        Ok(())
    }

    fn data(&mut self, payload_type: u32, payload: Bytes, now: Time) {
        match payload_type {
            payload::HANDSHAKE_RESPONSE if !self.ready => {
                let Ok(response) = serde_json::from_slice::<HandshakeResponse>(&payload) else { return };
                let multiplexed =
                    is_newer(&self.version, "3.0.196.0") && is_newer(&response.client_version, "1.1.70.0");
                if self.purpose == Purpose::Port && multiplexed {
                    self.mux = Some(Mux::server());
                }
                self.ready = true;
                let body = json!({"HandshakeTimeToComplete": 1_000_000, "CustomerMessage": ""}).to_string();
                self.channel.send(payload::HANDSHAKE_COMPLETE, body.into(), now);
                self.events.push_back(Event::Ready);
            }
            // Data before the handshake is acknowledged and discarded, as the real agent does.
            _ if !self.ready => {}
            payload::FLAG => match payload.get(..4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes) {
                Some(flag::TERMINATE_SESSION) => self.events.push_back(Event::Terminate),
                Some(flag::DISCONNECT_TO_PORT) if std::mem::take(&mut self.only) => {
                    self.events.push_back(Event::Ended(1));
                }
                _ => {}
            },
            payload::SIZE => {
                if let Ok(size) = serde_json::from_slice(&payload) {
                    self.events.push_back(Event::Size(size));
                }
            }
            payload::OUTPUT if self.purpose == Purpose::Shell => self.events.push_back(Event::Input(payload)),
            payload::OUTPUT => self.carried(payload),
            _ => {}
        }
    }

    fn carried(&mut self, bytes: Bytes) {
        let Some(mux) = &mut self.mux else {
            if !std::mem::replace(&mut self.only, true) {
                self.events.push_back(Event::Opened(1));
            }
            return self.events.push_back(Event::Data(1, bytes));
        };
        match mux.receive(&bytes) {
            Ok(events) => self.events.extend(events.into_iter().filter_map(|event| match event {
                smux::Event::Opened(id) => Some(Event::Opened(id)),
                smux::Event::Data(id, bytes) => Some(Event::Data(id, bytes)),
                smux::Event::Ended(id) => Some(Event::Ended(id)),
                smux::Event::EndedOnBothSides(_) => None,
            })),
            Err(error) => self.events.push_back(Event::Broken(error.to_string())),
        }
    }

    /// Sends bytes from the far side of a connection.
    pub fn send(&mut self, stream: StreamId, bytes: &Bytes, now: Time) {
        match &self.mux {
            Some(mux) if mux.received(stream).is_some() => self.put(Mux::data(stream, bytes), now),
            Some(_) => {}
            None => self.output(bytes, now),
        }
    }

    /// Ends a connection from the far side.
    pub fn end(&mut self, stream: StreamId, now: Time) {
        self.only = false;
        let fin = self.mux.as_mut().and_then(|mux| mux.end(stream));
        self.put(fin, now);
    }

    /// Reports that the host and port of a connection cannot be reached. The flag does not identify a connection, so
    /// it is sent after the queued ends of other connections; the next end is then the refused one.
    pub fn refuse(&mut self, stream: StreamId, now: Time) {
        self.payload(payload::FLAG, flag::CONNECT_TO_PORT_ERROR.to_be_bytes().to_vec().into(), now);
        self.end(stream, now);
    }

    /// Sends bytes of the terminal.
    pub fn output(&mut self, bytes: &Bytes, now: Time) {
        let chunk = |at: usize| bytes.slice(at..bytes.len().min(at + CHUNK));
        self.put((0..bytes.len()).step_by(CHUNK).map(chunk), now);
    }

    fn put(&mut self, pieces: impl IntoIterator<Item = Bytes>, now: Time) {
        for piece in pieces {
            self.outbox.put(piece);
        }
        if !self.resting {
            while self.send_next(now) {}
        }
    }

    /// Sets whether the agent rests after each message, as the official agent does. Queued data then waits for
    /// [`Agent::send_next`].
    pub fn set_resting(&mut self, resting: bool, now: Time) {
        self.resting = resting;
        self.put([], now);
    }

    /// Sends one queued message; returns whether there was one.
    pub fn send_next(&mut self, now: Time) -> bool {
        let message = self.outbox.message();
        message.map(|message| self.channel.send(payload::OUTPUT, message, now)).is_some()
    }

    /// The number of bytes that wait for [`Agent::send_next`].
    pub fn waiting(&self) -> usize {
        self.outbox.waiting()
    }

    /// Sends a payload of any type, after all queued data.
    pub fn payload(&mut self, payload_type: u32, bytes: Bytes, now: Time) {
        while self.send_next(now) {}
        self.channel.send(payload_type, bytes, now);
    }

    /// Sends a message without a sequence number.
    pub fn raw(&mut self, kind: Kind, bytes: Bytes, now: Time) {
        self.channel.raw(kind, bytes, now);
    }

    /// Announces the end of the session, as the service does.
    pub fn close(&mut self, why: &str, now: Time) {
        while self.send_next(now) {}
        let body = json!({"MessageType": "channel_closed", "SchemaVersion": 1, "Output": why}).to_string();
        self.channel.raw(Kind::ChannelClosed, body.into(), now);
    }

    /// The WebSocket is lost: sent messages are kept until they are acknowledged.
    pub fn lost(&mut self) {
        self.channel.lost();
    }

    /// There is a new WebSocket: sends all unacknowledged messages again.
    pub fn resumed(&mut self, now: Time) {
        self.channel.resumed(now);
    }

    /// Sends overdue messages again.
    pub fn tick(&mut self, now: Time) {
        self.channel.tick(now);
    }

    /// The time of the next work for [`Agent::tick`].
    pub fn wake(&self) -> Option<Time> {
        self.channel.wake()
    }

    /// The next message for the WebSocket.
    pub fn transmit(&mut self) -> Option<Bytes> {
        self.channel.transmit()
    }

    /// The next event, if there is one.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Whether the far side may be read, because the client's window has room.
    pub fn has_room(&self) -> bool {
        self.channel.has_room()
    }
}
