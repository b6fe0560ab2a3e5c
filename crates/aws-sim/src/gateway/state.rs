//! The sessions, their tokens, and how to reach their agents.

use crate::rng::Rng;
use crate::world::{TaskKey, World};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::WebSocketStream;

/// Any stream that a WebSocket can be on.
pub(crate) type Link = WebSocketStream<hyper_util::rt::TokioIo<hyper::upgrade::Upgraded>>;

/// The target of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SessionTarget {
    /// With the local port that was asked for, which an agent tells the client.
    Port {
        host: String,
        port: u16,
        local: String,
    },
    Shell {
        command: String,
        host: String,
    },
}

/// The place that an agent runs in: a container, or an instance.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behind {
    Task(TaskKey),
    Instance(&'static str),
}

impl Behind {
    /// Whether it is still there.
    pub(crate) fn is_there(self, world: &World) -> bool {
        match self {
            Self::Task(key) => world.tasks.get(&key).is_some_and(|task| task.execution_stopped.is_none()),
            Self::Instance(id) => world.instances.iter().any(|one| one.id == id && one.online(world.now)),
        }
    }
}

/// A message to an agent.
#[derive(Debug)]
pub(crate) enum Order {
    /// There is a WebSocket, and its first message was right.
    Link(Box<Link>),
    /// The session is over.
    End,
}

/// A session of Session Manager.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) token: String,
    /// Whether its agent forgot it: it cannot be resumed.
    pub(crate) forgotten: bool,
    pub(crate) agent: mpsc::Sender<Order>,
}

/// The sessions of the simulator.
#[derive(Debug)]
pub(crate) struct Gateway {
    rng: Rng,
    links: u64,
    pub(crate) sessions: BTreeMap<String, Session>,
    map: Vec<(String, SocketAddr)>,
    looks: watch::Sender<u64>,
}

impl Gateway {
    pub(crate) fn new(seed: u64, map: Vec<(String, SocketAddr)>) -> Self {
        Self {
            rng: Rng::new(seed, "gateway"),
            links: 0,
            sessions: BTreeMap::new(),
            map,
            looks: watch::Sender::default(),
        }
    }

    /// A new session's id, in the manner of AWS.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}-{}", self.rng.token(25).to_lowercase())
    }

    /// A token; another one each time.
    pub(crate) fn token(&mut self) -> String {
        format!("AAEAA{}", self.rng.token(180))
    }

    /// The address of a session's WebSocket; another one each time, with the raw `+` and `/` that those of AWS have.
    pub(crate) fn address(&mut self, endpoint: &str, id: &str) -> String {
        self.links += 1;
        // `http` becomes `ws`, and `https` `wss`.
        let host = endpoint.replacen("http", "ws", 1);
        format!(
            "{host}{}{id}?role=publish_subscribe&cell-number=AAEAA+sim/{}+/{}==",
            super::PATH,
            self.rng.token(24),
            self.links
        )
    }

    /// Where a host and port lead on this machine: the first of its names that is mapped says so, the most exact one first;
    /// `*` is every name.
    pub(crate) fn mapped(&self, names: &[&str], port: u16) -> Option<SocketAddr> {
        let leads = |name: &&str| {
            let from = format!("{name}:{port}");
            self.map.iter().find(|(known, _)| *known == from).map(|(_, to)| *to)
        };
        names.iter().chain(&["*"]).find_map(leads)
    }

    /// Agents look at the faults that were switched on.
    pub(crate) fn look(&self) {
        self.looks.send_modify(|looks| *looks += 1);
    }

    /// A counter that tells agents to look, also those that are at work while they are told.
    pub(crate) fn looks(&self) -> watch::Receiver<u64> {
        self.looks.subscribe()
    }
}
