//! Connections: to the addresses of a name one after the other, or to where the configuration says.

use super::Probes;
use crate::model::health_probe::results::ProbeError;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpStream;

impl Probes {
    /// A connection to a port of a host.
    pub(super) async fn dial(&self, host: &str, port: u16) -> Result<TcpStream, ProbeError> {
        let mut last = ProbeError::NoAddress;
        for address in self.socket_addresses(host, port).await? {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = trouble_of(&error),
            }
        }
        Err(last)
    }

    /// Where connections to a port of a host go.
    pub(super) async fn socket_addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, ProbeError> {
        let wanted = [format!("{}:{port}", host.to_ascii_lowercase()), format!("*:{port}")];
        if let Some((_, place)) = self.instead.iter().find(|(from, _)| wanted.contains(from)) {
            return Ok(vec![*place]);
        }
        let addresses = self.resolver.addresses(host).await?;
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }
}

/// The trouble of a connection.
pub(super) fn trouble_of(error: &io::Error) -> ProbeError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ProbeError::Refused,
        io::ErrorKind::TimedOut => ProbeError::Timeout,
        _ => ProbeError::Other(error.to_string()),
    }
}
