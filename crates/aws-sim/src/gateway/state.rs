//! The sessions, their tokens, and the channels to their agents.

use crate::rng::Rng;
use crate::world::{TaskKey, World};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::WebSocketStream;

/// The server side of a session's WebSocket.
pub(crate) type Link = WebSocketStream<hyper_util::rt::TokioIo<hyper::upgrade::Upgraded>>;

/// The target of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SessionTarget {
    /// A forwarded port, with the requested local port, which an agent reports to the client.
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

/// The host of an agent: a container, or an instance.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AgentHost {
    Task(TaskKey),
    Instance(&'static str),
}

impl AgentHost {
    /// Whether it still exists.
    pub(crate) fn is_there(self, world: &World) -> bool {
        match self {
            Self::Task(key) => world.tasks.get(&key).is_some_and(|task| task.execution_stopped.is_none()),
            Self::Instance(id) => world.instances.iter().any(|one| one.id == id && one.online(world.now)),
        }
    }
}

/// A command to an agent.
#[derive(Debug)]
pub(crate) enum AgentCommand {
    /// A WebSocket whose opening message was valid.
    Link(Box<Link>),
    /// The session is over.
    End,
}

/// A session of Session Manager.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) token: String,
    /// Whether its agent lost it in a restart: it cannot be resumed.
    pub(crate) forgotten: bool,
    pub(crate) agent: mpsc::Sender<AgentCommand>,
}

/// The sessions of the simulator.
#[derive(Debug)]
pub(crate) struct Gateway {
    rng: Rng,
    links: u64,
    pub(crate) sessions: BTreeMap<String, Session>,
    map: Vec<(String, SocketAddr)>,
    fault_changes: watch::Sender<u64>,
}

impl Gateway {
    pub(crate) fn new(seed: u64, map: Vec<(String, SocketAddr)>) -> Self {
        Self {
            rng: Rng::new(seed, "gateway"),
            links: 0,
            sessions: BTreeMap::new(),
            map,
            fault_changes: watch::Sender::default(),
        }
    }

    /// Creates an id for a new session, in the format of AWS.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}-{}", self.rng.token(25).to_lowercase())
    }

    /// Creates a new token.
    pub(crate) fn token(&mut self) -> String {
        format!("AAEAA{}", self.rng.token(180))
    }

    /// Creates a new address for a session's WebSocket, with unescaped `+` and `/` as in those of AWS.
    pub(crate) fn address(&mut self, endpoint: &str, id: &str) -> String {
        self.links += 1;
        // `http` becomes `ws`, and `https` becomes `wss`.
        let host = endpoint.replacen("http", "ws", 1);
        format!(
            "{host}{}{id}?role=publish_subscribe&cell-number=AAEAA+sim/{}+/{}==",
            super::PATH,
            self.rng.token(24),
            self.links
        )
    }

    /// The local address for a host and port: the first mapping that matches one of its names, which are ordered from
    /// the most specific; `*` matches every name.
    pub(crate) fn mapped(&self, names: &[&str], port: u16) -> Option<SocketAddr> {
        let target = |name: &&str| {
            let from = format!("{name}:{port}");
            self.map.iter().find(|(known, _)| *known == from).map(|(_, to)| *to)
        };
        names.iter().chain(&["*"]).find_map(target)
    }

    /// Notifies the agents that faults were switched on.
    pub(crate) fn notify_of_faults(&self) {
        self.fault_changes.send_modify(|changes| *changes += 1);
    }

    /// A counter that notifies agents of new faults, even while they are busy.
    pub(crate) fn subscribe_to_faults(&self) -> watch::Receiver<u64> {
        self.fault_changes.subscribe()
    }
}
