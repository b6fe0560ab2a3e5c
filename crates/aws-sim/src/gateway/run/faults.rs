//! The requested faults of a link and of the messages on it.

use super::{Running, VERSION};
use crate::faults::Kind;
use bytes::Bytes;
use futures_util::SinkExt;
use ssm_tunnel::Purpose;
use ssm_tunnel::agent::Agent;
use ssm_tunnel::frame::{self, Frame};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// Returns the bytes with the last one changed.
pub(super) fn damaged(bytes: &Bytes) -> Bytes {
    let mut bytes = bytes.to_vec();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    bytes.into()
}

impl Running {
    /// Applies the faults that are switched on for the link.
    pub(super) async fn apply_faults(&mut self, id: &str) {
        if self.link.is_none() {
            return;
        }
        let verdict = self.shared.faults().take("gateway:link", self.shared.clock.now_ms());
        match verdict.kind {
            Some(Kind::Restart) => self.restarted(id),
            Some(kind) => self.harm(kind).await,
            None => {}
        }
    }

    /// The agent's connections end with the restart, and the client's messages are ignored from then on.
    fn restarted(&mut self, id: &str) {
        self.lost_session = true;
        self.streams.clear();
        self.process = None;
        self.out.clear();
        if let Some(session) = self.shared.gateway().sessions.get_mut(id) {
            session.forgotten = true;
        }
    }

    async fn harm(&mut self, kind: Kind) {
        let now = self.now();
        let close = |code, reason: &'static str| CloseFrame { code, reason: reason.into() };
        match kind {
            Kind::Reset => {}
            Kind::Hang => return self.black_hole = true,
            Kind::Ended => {
                self.agent.close("the session was ended", now);
                return self.over = true;
            }
            Kind::Close | Kind::GoingAway => {
                let frame =
                    if kind == Kind::Close { close(CloseCode::Normal, "Bye") } else { close(CloseCode::Away, "") };
                if let Some(link) = &mut self.link {
                    let _ = link.close(Some(frame)).await;
                }
            }
            _ => return,
        }
        self.unlinked();
    }

    /// Sends the agent's messages over the link, with their faults.
    pub(super) async fn flush(&mut self) {
        let now = Instant::now();
        if self.link.is_some() {
            while let Some(bytes) = self.agent.transmit() {
                if self.lost_session {
                    continue;
                }
                let acknowledges = Frame::decode(&bytes).is_ok_and(|frame| frame.kind == frame::Kind::Acknowledge);
                let operation = if acknowledges { "gateway:acknowledge" } else { "gateway:output" };
                let verdict = self.shared.faults().take(operation, self.shared.clock.now_ms());
                let at = now + Duration::from_millis(verdict.delay_ms);
                match verdict.kind {
                    Some(Kind::Drop) => {}
                    Some(Kind::Duplicate) => {
                        self.out.push_back((at, bytes.clone()));
                        self.out.push_back((at, bytes));
                    }
                    Some(Kind::Damage) => self.out.push_back((at, damaged(&bytes))),
                    Some(Kind::Reorder) if self.held.is_none() => self.held = Some(bytes),
                    Some(kind @ (Kind::Reset | Kind::Close | Kind::GoingAway | Kind::Hang | Kind::Ended)) => {
                        self.out.push_back((at, bytes));
                        self.harm(kind).await;
                        break;
                    }
                    Some(Kind::Unknown) => {
                        let mut strange = Agent::new(Purpose::Port, VERSION, 1, 1);
                        strange.raw(frame::Kind::Other("agent_session_state".to_owned()), Bytes::new(), self.now());
                        self.out.extend(strange.transmit().map(|strange| (at, strange)));
                        self.out.push_back((at, bytes));
                    }
                    _ => {
                        self.out.push_back((at, bytes));
                        self.out.extend(self.held.take().map(|held| (at, held)));
                    }
                }
            }
        }
        let Some(link) = &mut self.link else { return };
        if self.black_hole {
            self.out.clear();
            return;
        }
        let mut failed = false;
        while let Some((_, bytes)) = self.out.pop_front_if(|(at, _)| *at <= now) {
            failed |= link.feed(Message::Binary(bytes)).await.is_err();
        }
        if failed || link.flush().await.is_err() {
            self.unlinked();
        }
    }
}
