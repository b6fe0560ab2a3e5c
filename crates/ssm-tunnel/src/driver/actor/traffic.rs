//! Transfer of data from the link to local programs, and back.

use super::{Actor, BATCH, CHECK_INTERVAL, Local, Served};
use crate::driver::gate::Gate;
use crate::driver::listener::Accepted;
use crate::driver::local::{self, FromLocal, Key, ToLocal};
use crate::driver::recent_traffic::Recent;
use crate::driver::shell_io::{ShellInput, ShellOutput};
use crate::purpose::Event;
use crate::supervisor::{Failure, FailureKind, Input, State};
use crate::time::Time;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::error::Error;

impl<G: Gate> Actor<G> {
    pub(super) fn messages(&mut self, first: Option<Result<Message, Error>>, now: Time) {
        let mut next = Some(first);
        for left in (0..BATCH).rev() {
            let Some(message) = next else { return };
            match message {
                Some(Ok(Message::Binary(bytes))) => self.received(&bytes, now),
                Some(Ok(Message::Close(frame))) => {
                    let why = frame.map_or_else(
                        || "the service closed the connection".to_owned(),
                        |frame| format!("the service closed the connection: {} {}", frame.code, frame.reason),
                    );
                    return self.handle(Input::Lost(why), now);
                }
                Some(Ok(_)) => {}
                Some(Err(Error::Io(error))) => {
                    return self.handle(Input::Lost(format!("the connection broke: {}", error.kind())), now);
                }
                Some(Err(_)) | None => return self.handle(Input::Lost("the connection broke".into()), now),
            }
            self.link_last_received = now;
            self.pinged = None;
            if self.bucket.is_full() {
                return;
            }
            next = self.reader.as_mut().filter(|_| left > 0).and_then(|reader| reader.next().now_or_never());
        }
    }

    fn received(&mut self, bytes: &Bytes, now: Time) {
        let before = self.session.channel().last_received();
        // The sender of a damaged message sends it again.
        let _ = self.session.receive(bytes, now);
        if self.session.channel().last_received() != before {
            self.waiting_since = None;
            self.handle(Input::MessageReceived, now);
        }
        while let Some(event) = self.session.event() {
            self.event(event, now);
        }
    }

    pub(super) fn event(&mut self, event: Event, now: Time) {
        match event {
            Event::Ready { .. } => {
                self.handle(Input::HandshakeComplete, now);
                if let Some(size) = self.size {
                    self.session.resize(size, now);
                }
            }
            Event::Data(stream, bytes) => {
                if let Some(local) = self.keys.get(&stream).and_then(|key| self.locals.get_mut(key)) {
                    let length = bytes.len();
                    self.probed = None;
                    local.eof = local.eof.map(|_| now);
                    (local.heard, local.unanswered) = (true, None);
                    local.recent.add(length, now);
                    self.bucket.fill(length);
                    if local.queue.send(ToLocal::Data(bytes)).is_err() {
                        self.bucket.drain(length);
                    }
                    self.status.send_if_modified(|status| {
                        status.received += length as u64;
                        false
                    });
                }
            }
            Event::Ended { stream, refused } => {
                if let Some(local) = self.keys.remove(&stream).and_then(|key| self.locals.remove(&key)) {
                    if refused {
                        // Dropped, so that the local program sees a reset instead of an empty answer.
                        self.status.send_modify(|status| status.refused += 1);
                        self.publish_refusal(now);
                    } else {
                        let _ = local.queue.send(ToLocal::End);
                        // It ends by itself once everything is written.
                        let Local { queue, reset, .. } = local;
                        self.connections.spawn(async move {
                            queue.closed().await;
                            drop(reset);
                        });
                    }
                }
            }
            Event::Output(bytes) => self.emit(ShellOutput::Output(bytes)),
            Event::Stderr(bytes) => self.emit(ShellOutput::Stderr(bytes)),
            Event::Exit(code) => self.emit(ShellOutput::Exit(code)),
            // A requirement of the agent's handshake that cannot be met: the next agent would have the same one.
            Event::Broken(why) if matches!(self.supervisor.state(), State::Opening | State::Replacing(_)) => {
                self.handle(Input::Failed(Failure::new(FailureKind::Refused, why)), now);
            }
            Event::Closed(why) | Event::Broken(why) => self.handle(Input::Over(why), now),
        }
    }

    /// Broadcasts refusals too, once a second at most: a person waits for the reason of a reset connection.
    pub(super) fn publish_refusal(&mut self, now: Time) {
        if self.refusal_published.is_none_or(|last| now.saturating_sub(last) >= CHECK_INTERVAL) {
            self.refusal_published = Some(now);
            let _ = self.changes.send(self.status.borrow().clone());
        }
    }

    fn emit(&mut self, message: ShellOutput) {
        let Served::Shell { output, .. } = &self.served else { return };
        let length = message.len();
        self.bucket.fill(length);
        if output.send(message).is_err() {
            self.bucket.drain(length);
        }
        self.status.send_if_modified(|status| {
            status.received += length as u64;
            false
        });
    }

    pub(super) fn local(&mut self, local: FromLocal, now: Time) {
        match local {
            FromLocal::Data(key, bytes) => {
                let Some(local) = self.locals.get_mut(&key) else { return };
                self.probed = None;
                local.unanswered = Some(now).filter(|_| !local.heard);
                local.recent.add(bytes.len(), now);
                self.session.send(local.stream, &bytes, now);
                self.count_sent(bytes.len());
            }
            FromLocal::Eof(key) => {
                if let Some(local) = self.locals.get_mut(&key) {
                    local.eof = Some(now);
                }
            }
            FromLocal::Gone(key) => self.end(key, now),
        }
    }

    fn count_sent(&self, bytes: usize) {
        self.status.send_if_modified(|status| {
            status.sent += bytes as u64;
            false
        });
    }

    pub(super) fn end(&mut self, key: Key, now: Time) {
        if let Some(local) = self.locals.remove(&key) {
            self.keys.remove(&local.stream);
            self.session.end(local.stream, now);
        }
    }

    pub(super) fn typed(&mut self, input: Option<ShellInput>, now: Time) {
        match input {
            Some(ShellInput::Bytes(bytes)) => {
                self.session.input(&bytes, now);
                self.count_sent(bytes.len());
            }
            Some(ShellInput::Size(size)) => {
                self.size = Some(size);
                self.session.resize(size, now);
            }
            None => self.input_over = true,
        }
    }

    pub(super) fn accepted(&mut self, socket: Accepted, now: Time) {
        let Some(stream) = self.session.open(now) else { return socket.reset() };
        let key = self.next_key;
        self.next_key += 1;
        let (queue, from_queue) = mpsc::unbounded_channel();
        let (reset, on_reset) = oneshot::channel();
        let recent = Recent::default();
        self.locals.insert(key, Local { stream, queue, reset, eof: None, unanswered: None, heard: false, recent });
        self.keys.insert(stream, key);
        self.status.send_modify(|status| status.connections += 1);
        let (out, bucket) = (self.to_loop.clone(), self.bucket.clone());
        self.connections.spawn(local::serve(socket, key, out, from_queue, on_reset, bucket));
    }
}
