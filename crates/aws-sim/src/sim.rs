//! The handle on a running simulator: options, start, stop. Requests are handled elsewhere.

use crate::account::ACCOUNT;
use crate::clock::Clock;
use crate::server;
use crate::shared::{Shared, SimOptions};
use crate::site::SiteOptions;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The reason why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The address is reachable from outside this machine.
    #[error("the simulator listens on loopback only, and {0} is not a loopback address; use 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    /// The address could not be bound.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The requested address.
        address: SocketAddr,
        /// The system error.
        source: std::io::Error,
    },
}

/// A running simulator. Clones are handles on the same one; it runs until [`Sim::shutdown`] or
/// until its runtime ends.
#[derive(Debug, Clone)]
pub struct Sim(Arc<Shared>);

impl Sim {
    /// Starts a simulator on the current tokio runtime.
    pub async fn start(options: SimOptions) -> Result<Sim, SimError> {
        let requested = options.listen;
        if !requested.ip().is_loopback() {
            return Err(SimError::NotLoopback(requested));
        }
        let bind = |source| SimError::Bind { address: requested, source };
        let listener = TcpListener::bind(requested).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let start = options.start.unwrap_or_else(jiff::Timestamp::now);
        let (shared, stopped) = Shared::new(&options, address, start);
        let shared = Arc::new(shared);
        tokio::spawn(server::serve(listener, Arc::clone(&shared), stopped));
        Ok(Sim(shared))
    }

    /// The address to put into `AWS_ENDPOINT_URL`: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        self.0.endpoint()
    }

    /// The TLS endpoint on the same port: `https://127.0.0.1:PORT`.
    pub fn tls_endpoint(&self) -> String {
        self.endpoint().replacen("http://", "https://", 1)
    }

    /// The CA certificate of its TLS as PEM, for `AWS_CA_BUNDLE`.
    pub fn authority(&self) -> String {
        self.0.tls().map(|tls| tls.authority.clone()).unwrap_or_default()
    }

    /// The first line `cockpit sim` prints: endpoint, account, region, scenario.
    pub fn hello(&self) -> Value {
        json!({
            "endpoint": self.endpoint(),
            "tls_endpoint": self.tls_endpoint(),
            "account": ACCOUNT,
            "region": self.0.scenario.region(),
            "scenario": self.0.scenario.name(),
        })
    }

    /// A web site as declared in the world: its hosts with their addresses, its zones, a firewall.
    pub fn site(&self) -> SiteOptions {
        self.0.world().site_options()
    }

    /// The simulated time.
    pub fn now(&self) -> jiff::Timestamp {
        self.0.clock.now()
    }

    /// The clock of the simulator.
    pub fn clock(&self) -> Clock {
        self.0.clock.clone()
    }

    /// Stops listening and drops every connection.
    pub fn shutdown(&self) {
        self.0.stop();
    }
}
