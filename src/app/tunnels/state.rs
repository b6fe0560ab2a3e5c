//! The state of tunnels.

use crate::app::ticket::{Owner, Ticket};
use crate::feeds::runs::Place;
use crate::model::audit::Record;
use crate::model::tunnel::TunnelGateway;
use crate::model::tunnel::remote_end::{RemoteAddress, RemoteTarget};
use crate::model::tunnel::status::TunnelStatus;
use jiff::Timestamp;

/// The tunnels of this session.
#[derive(Debug, Clone, Default)]
pub struct Tunnels {
    /// Oldest first. Failed ones stay until they are removed.
    pub list: Vec<Tunnel>,
    /// The question of the open window.
    pub question: Option<TunnelQuestion>,
    /// The last number that was issued.
    pub last: u64,
}

/// A tunnel of this session, with its state.
#[derive(Debug, Clone, PartialEq)]
pub struct Tunnel {
    /// Its number, which is never reused.
    pub number: u64,
    /// The settings it was opened with.
    pub plan: Plan,
    /// Where it listens, once it does: `127.0.0.1:5432`.
    pub local: Option<String>,
    pub status: TunnelStatus,
    /// When the tunnel was opened.
    pub since: Timestamp,
    /// When its phase last changed.
    pub changed: Timestamp,
    /// The confirmed plan of the tunnel that takes its place, opened once this one has ended.
    pub next: Option<Box<Plan>>,
}

/// The settings that a tunnel is opened with.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The environment's name.
    pub environment: String,
    /// The place it leads to, as requested.
    pub to: RemoteTarget,
    /// The far end as host and port.
    pub remote: RemoteAddress,
    /// The service or instance it goes through.
    pub wanted: TunnelGateway,
    /// The local port; 0 picks a free one.
    pub port: u16,
    /// Whether a stopped instance is started: the person confirmed it.
    pub start: bool,
    /// The database user, as configured.
    pub user: Option<String>,
    /// The database it leads to, as configured or reported by AWS.
    pub database: Option<String>,
    /// The command line that opens the same tunnel.
    pub command: String,
}

/// A request for a tunnel, where it differs from the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TunnelOptions {
    pub to: Option<RemoteTarget>,
    /// The database it leads to, if there are several.
    pub database: Option<String>,
    /// The service or instance it goes through.
    pub through: Option<String>,
    /// The requested local port.
    pub port: Option<u16>,
}

/// The question in the window of a tunnel.
#[derive(Debug, Clone, PartialEq)]
pub enum TunnelQuestion {
    /// Whether to open this tunnel: the environment is guarded.
    Open(Box<Plan>),
    /// Whether to open it in place of the tunnel of this number, at that tunnel's port.
    Replace(u64, Box<Plan>),
    /// Whether to open it at another local port, since its own is taken: the process that has it, and a free port.
    Port(Box<Plan>, Option<String>, u16),
    /// Whether to start the stopped instance with this id that the tunnel goes through.
    Start(Box<Plan>, String),
    /// Whether to close this tunnel and its connections.
    Close(u64),
    /// Which service to go through.
    Service(TunnelOptions),
    /// Whether to plan enabling ECS Exec on this service, because nothing can go through it.
    Exec(String),
    /// Whether to open a shell in a container of a guarded environment.
    Shell(Box<ShellPlan>),
}

/// The settings of a shell.
#[derive(Debug, Clone, PartialEq)]
pub struct ShellPlan {
    /// The requested container.
    pub wanted: TunnelGateway,
    /// The command to run; empty for a shell.
    pub command: String,
    /// The audit record of its start.
    pub record: Record,
    /// The path of the audit file.
    pub audit: Place,
}

impl Tunnel {
    /// The ticket of the request that keeps the tunnel open.
    pub fn ticket(&self) -> Ticket {
        ticket(self.number)
    }

    /// Whether it has not ended.
    pub fn is_live(&self) -> bool {
        !self.status.phase.is_over()
    }

    /// Its local port: the one it listens on, or will.
    pub fn port(&self) -> u16 {
        let listens = self.local.as_deref().and_then(|local| local.rsplit_once(':')?.1.parse().ok());
        listens.unwrap_or(self.plan.port)
    }
}

/// The ticket of the request that keeps the tunnel of this number open, whichever environment is open.
pub fn ticket(number: u64) -> Ticket {
    Ticket { generation: 0, owner: Owner::Tunnels, serial: number }
}

impl Tunnels {
    /// The tunnel with this number.
    pub fn get(&self, number: u64) -> Option<&Tunnel> {
        self.list.iter().find(|tunnel| tunnel.number == number)
    }

    /// The tunnels that have not ended.
    pub fn live(&self) -> impl Iterator<Item = &Tunnel> {
        self.list.iter().filter(|tunnel| tunnel.is_live())
    }
}
