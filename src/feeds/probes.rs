//! The feed of probes: how an environment looks from this machine, and what AWS declares of how it is reached. Each thing that is
//! found is a page of the answer. Nothing is sent to the environment's hosts unless the order says so.

use super::lifetime::Lifetime;
use crate::model::health_probe::findings::Finding;

/// The target groups and hosts to look at, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// The target groups of the environment, by which its load balancers are found.
    pub groups: Vec<String>,
    /// The hosts that are configured; none: those whose records lead to the load balancers.
    pub hosts: Vec<String>,
    /// Where no hosts are configured, those are looked for that the outputs of Terraform name.
    pub outputs: bool,
    /// Paths that must answer.
    pub paths: Vec<String>,
    /// Whether anything is sent to the hosts, and anybody is asked for the public address of this machine.
    pub send: bool,
    /// Whether the firewall is tried, with requests that it must refuse.
    pub waf: bool,
    /// The URL of the service that tells this machine's public address.
    pub address_url: String,
    /// A name server to ask instead of the machine's.
    pub resolver: Option<String>,
    /// A file of certificates to trust instead of the machine's.
    pub ca_file: Option<String>,
    /// `HOST:PORT=ADDRESS:PORT`: where connections go instead.
    pub connect: Vec<String>,
}

/// A question about how the site is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Looks at the opened environment.
    Look(Box<Order>),
}

impl Ask {
    /// Probes belong to the opened environment.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Look(_) => Lifetime::Environment,
        }
    }

    /// Whether it goes on until it is left: none does.
    pub fn goes_on(&self) -> bool {
        match self {
            Self::Look(_) => false,
        }
    }
}

/// An answer about how the site is reached.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// One thing was found.
    Found(Box<Finding>),
    Done,
}
