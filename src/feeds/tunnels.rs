//! The feed of tunnels: a private host and port on a port of this machine. A tunnel is one question, which tells how it stands
//! until it is left; leaving it closes it, at AWS too.

use super::lifetime::Lifetime;
use super::runs::Place;
use crate::model::audit::Record;
use crate::model::tunnel::Wanted;
use crate::model::tunnel::far::RemoteAddress;
use crate::model::tunnel::standing::TunnelStatus;

/// The tunnel to be opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The service or instance that it goes through.
    pub wanted: Wanted,
    /// The host and port that it leads to.
    pub to: RemoteAddress,
    /// The local port; 0 takes a free one.
    pub port: u16,
    /// Whether an instance that is stopped is started: somebody said yes.
    pub start: bool,
    /// The line of the audit file that it begins with; nothing is opened that is not written down.
    pub record: Record,
    /// Where the audit file is.
    pub audit: Place,
}

/// A question about a tunnel.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Opens a tunnel from the opened environment, and tells how it stands.
    Open(Box<Order>),
}

impl Ask {
    /// A tunnel goes on while another environment is looked at, and is closed when it is left.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Open(_) => Lifetime::Closing,
        }
    }

    /// Whether it goes on until it is left: a tunnel does.
    pub fn goes_on(&self) -> bool {
        match self {
            Self::Open(_) => true,
        }
    }
}

/// An answer about a tunnel.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// It listens at this address of this machine: `127.0.0.1:5432`.
    Listens(String),
    /// The instance that it would go through is stopped: its id.
    Stopped(String),
    /// The local port is taken.
    Taken {
        /// The process that has the port, where the system tells.
        by: Option<String>,
        /// The next one that is free.
        free: Option<u16>,
    },
    /// The tunnel's state: at each change, and once a second while its counters grow.
    Stands(Box<TunnelStatus>),
}
