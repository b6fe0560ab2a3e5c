//! The state of tunnels.

use crate::app::ticket::{Owner, Ticket};
use crate::feeds::runs::Place;
use crate::model::audit::Record;
use crate::model::tunnel::Wanted;
use crate::model::tunnel::far::{RemoteAddress, To};
use crate::model::tunnel::standing::TunnelStatus;
use jiff::Timestamp;

/// The tunnels of this session.
#[derive(Debug, Clone, Default)]
pub struct Tunnels {
    /// Oldest first. Those that ended by a fault stay until they are dropped.
    pub list: Vec<Tunnel>,
    /// The question of the open window.
    pub asking: Option<Asking>,
    /// The last number that was given.
    pub last: u64,
}

/// A tunnel of this session, with its state.
#[derive(Debug, Clone, PartialEq)]
pub struct Tunnel {
    /// Its number, never used twice.
    pub number: u64,
    /// The settings that it was opened with.
    pub plan: Plan,
    /// Where it listens, once it does: `127.0.0.1:5432`.
    pub local: Option<String>,
    pub standing: TunnelStatus,
    /// When the tunnel was opened.
    pub since: Timestamp,
    /// When it last changed from one phase to another.
    pub changed: Timestamp,
    /// It makes room for one that leads elsewhere, which is opened at its end: as it was agreed to.
    pub next: Option<Box<Plan>>,
}

/// The settings that a tunnel is opened with.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The environment's name.
    pub environment: String,
    /// Where it leads, as it was said.
    pub to: To,
    /// The far end as a host and a port.
    pub far: RemoteAddress,
    /// The service or instance that it goes through.
    pub wanted: Wanted,
    /// The local port; 0 takes a free one.
    pub port: u16,
    /// Whether an instance that is stopped is started: somebody said yes.
    pub start: bool,
    /// The database user, as configured.
    pub user: Option<String>,
    /// The database that it leads to, as configured or as AWS says.
    pub database: Option<String>,
    /// The command line that opens the same.
    pub command: String,
}

/// Wishes for a tunnel that differ from the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    pub to: Option<To>,
    /// The database that it leads to, where there are several.
    pub database: Option<String>,
    /// The service or instance that it goes through.
    pub through: Option<String>,
    /// The local port that is asked for.
    pub port: Option<u16>,
}

/// The question in the window of a tunnel.
#[derive(Debug, Clone, PartialEq)]
pub enum Asking {
    /// Whether this one is opened: the environment is guarded.
    Open(Box<Plan>),
    /// Whether it is opened in the place of the tunnel of this number, at its port.
    Instead(u64, Box<Plan>),
    /// Whether it is opened at another local port, since its own is taken: by whom, and which is free.
    Port(Box<Plan>, Option<String>, u16),
    /// Whether the stopped instance that it goes through is started: its id.
    Start(Box<Plan>, String),
    /// Whether this one is closed, with its connections.
    Close(u64),
    /// Through which service.
    Service(Wish),
    /// Whether switching ECS Exec on for this service is looked at: nothing goes through it.
    Exec(String),
    /// Whether a shell is opened in a container of the guarded environment.
    Shell(Box<ShellPlan>),
}

/// The settings that a shell is opened with.
#[derive(Debug, Clone, PartialEq)]
pub struct ShellPlan {
    /// The container that is wanted.
    pub wanted: Wanted,
    /// The command that is run there; empty: a shell.
    pub command: String,
    /// The line of the audit file that it begins with.
    pub record: Record,
    /// Where the audit file is.
    pub audit: Place,
}

impl Tunnel {
    /// The ticket of the question that keeps it open.
    pub fn ticket(&self) -> Ticket {
        ticket(self.number)
    }

    /// Whether it has not ended.
    pub fn is_live(&self) -> bool {
        !self.standing.phase.is_over()
    }

    /// Its local port: where it listens, or where it is to.
    pub fn port(&self) -> u16 {
        let listens = self.local.as_deref().and_then(|local| local.rsplit_once(':')?.1.parse().ok());
        listens.unwrap_or(self.plan.port)
    }
}

/// The ticket of the question that keeps the tunnel of this number open, in whichever environment one is.
pub fn ticket(number: u64) -> Ticket {
    Ticket { generation: 0, owner: Owner::Tunnels, serial: number }
}

impl Tunnels {
    /// The tunnel of this number.
    pub fn get(&self, number: u64) -> Option<&Tunnel> {
        self.list.iter().find(|tunnel| tunnel.number == number)
    }

    /// The tunnels that have not ended.
    pub fn live(&self) -> impl Iterator<Item = &Tunnel> {
        self.list.iter().filter(|tunnel| tunnel.is_live())
    }
}
