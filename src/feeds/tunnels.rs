//! The feed of tunnels: a private host and port made available on a local port. A tunnel is one question, which reports its
//! state until it is left. Leaving it closes the tunnel, on AWS's side too.

use super::lifetime::Lifetime;
use super::runs::Place;
use crate::model::audit::Record;
use crate::model::tunnel::TunnelGateway;
use crate::model::tunnel::remote_end::RemoteAddress;
use crate::model::tunnel::status::TunnelStatus;

/// The tunnel to open.
#[derive(Debug, Clone, PartialEq)]
pub struct TunnelOrder {
    /// The service or instance that it passes through.
    pub wanted: TunnelGateway,
    /// The remote host and port.
    pub to: RemoteAddress,
    /// The local port; 0 selects a free one.
    pub port: u16,
    /// Whether to start a stopped instance, which the user has confirmed.
    pub start: bool,
    /// The initial line for the audit file; no tunnel is opened without it.
    pub record: Record,
    /// The location of the audit file.
    pub audit: Place,
}

/// A question about a tunnel.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Opens a tunnel from the opened environment, and reports its state.
    Open(Box<TunnelOrder>),
}

impl Ask {
    /// Returns the lifetime. A tunnel continues while another environment is opened, and is closed when it is left.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Open(_) => Lifetime::Closing,
        }
    }

    /// Returns whether it continues until it is left: a tunnel does.
    pub fn goes_on(&self) -> bool {
        match self {
            Self::Open(_) => true,
        }
    }
}

/// An answer about a tunnel.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// It listens at this local address: `127.0.0.1:5432`.
    Listening(String),
    /// The instance it would pass through is stopped; its id.
    Stopped(String),
    /// The local port is in use.
    PortTaken {
        /// The process that uses the port, if the system reveals it.
        by: Option<String>,
        /// The next free port.
        free: Option<u16>,
    },
    /// The tunnel's state: at each change, and once per second while its counters grow.
    Status(Box<TunnelStatus>),
}
