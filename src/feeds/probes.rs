//! The feed of probes: how an environment's site behaves seen from this machine, and what AWS declares about reaching it.
//! Each finding is a page of the answer. Nothing is sent to the environment's hosts unless the order says so.

use super::lifetime::Lifetime;
use crate::model::health_probe::findings::Finding;

/// What to probe, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProbeOrder {
    /// The target groups of the environment, which lead to its load balancers.
    pub groups: Vec<String>,
    /// The configured hosts; if empty, the hosts whose DNS records lead to the load balancers.
    pub hosts: Vec<String>,
    /// Whether to use the hosts in Terraform's outputs if none are configured.
    pub outputs: bool,
    /// Paths that must respond.
    pub paths: Vec<String>,
    /// Whether to send requests to the hosts, and to a service that returns this machine's public address.
    pub send: bool,
    /// Whether to test the firewall, with requests that it must block.
    pub waf: bool,
    /// The URL of the service that returns this machine's public address.
    pub address_url: String,
    /// A name server to use instead of the system's.
    pub resolver: Option<String>,
    /// A file of certificates to trust instead of the system's.
    pub ca_file: Option<String>,
    /// Redirected connections, as `HOST:PORT=ADDRESS:PORT`.
    pub connect: Vec<String>,
}

/// A question about how the site is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Probes the opened environment.
    Run(Box<ProbeOrder>),
}

impl Ask {
    /// Returns the lifetime. Probes belong to the opened environment.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Run(_) => Lifetime::Environment,
        }
    }

    /// Returns whether it continues until it is left: never.
    pub fn goes_on(&self) -> bool {
        match self {
            Self::Run(_) => false,
        }
    }
}

/// An answer about how the site is reached.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// One finding.
    Found(Box<Finding>),
    Done,
}
