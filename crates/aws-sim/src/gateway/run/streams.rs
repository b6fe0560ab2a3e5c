//! The connections of a session: their targets, and what ends them.

use super::{Running, Stream};
use crate::faults::Kind;
use crate::gateway::connection;
use crate::gateway::state::SessionTarget;
use crate::world::databases::Role;
use bytes::Bytes;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;

/// The number of bytes of a connection to read at a time.
const PIECE: usize = 16 << 10;
/// The same for an agent that rests after each message, because other streams wait for data that was read before.
const PACED_PIECE: usize = 4 << 10;

impl Running {
    /// Opens a connection. A database's host name is resolved each time, as in DNS: it may lead to another member by now.
    pub(super) fn open(&mut self, stream: u32, now: Duration) {
        let verdict = self.shared.faults().take("gateway:dial", self.shared.clock.now_ms());
        let SessionTarget::Port { host, port, .. } = &self.target else { return };
        let mut to = None;
        let mut names = vec![host.clone()];
        let mut refused = verdict.kind == Some(Kind::Refused);
        {
            let world = self.shared.world();
            if let Some(number) = world.databases.resolve(host, world.now) {
                let instance = &world.databases.instances[number];
                to = Some((number, world.now));
                names.extend([instance.host(), instance.id.clone()]);
                names.extend(match world.databases.role(number, world.now) {
                    Role::Writer => Some("writer".to_owned()),
                    Role::Reader => Some("reader".to_owned()),
                    Role::Alone => None,
                });
                refused |= !instance.listens();
            }
        }
        if refused {
            return self.agent.refuse(stream, now);
        }
        if verdict.kind == Some(Kind::Hang) {
            // Sent data is dropped on the way; the agent waits and sends nothing.
            let (queue, mut dropped) = mpsc::unbounded_channel::<Bytes>();
            self.streams.insert(stream, Stream { queue, to });
            let waiting = self.waiting.clone();
            tokio::spawn(async move {
                while let Some(bytes) = dropped.recv().await {
                    waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
                }
            });
            return;
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let address = self.shared.gateway().mapped(&names, *port);
        let (queue, from_queue) = mpsc::unbounded_channel();
        self.streams.insert(stream, Stream { queue, to });
        let (to_agent, waiting) = (self.to_agent.clone(), self.waiting.clone());
        let paced = self.shared.faults().take("gateway:pace", self.shared.clock.now_ms()).delay_ms > 0;
        let piece = if paced { PACED_PIECE } else { PIECE };
        tokio::spawn(connection::serve(stream, address, piece, to_agent, from_queue, waiting));
    }

    /// Ends the connections to instances that have restarted, even if their name now leads elsewhere.
    pub(super) fn cut_restarted(&mut self) {
        let cut: Vec<u32> = {
            let world = self.shared.world();
            let gone = |stream: &Stream| {
                stream.to.is_some_and(|(instance, since)| world.databases.instances[instance].restarted > since)
            };
            self.streams.iter().filter(|(_, stream)| gone(stream)).map(|(number, _)| *number).collect()
        };
        let now = self.now();
        for stream in cut {
            self.streams.remove(&stream);
            self.agent.end(stream, now);
        }
    }
}
