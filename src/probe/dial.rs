//! Connections: to the addresses of a name one after the other, or to where the configuration says.

use super::Probes;
use crate::model::health_probe::answers::Trouble;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpStream;

impl Probes {
    /// A connection to a port of a host.
    pub(super) async fn dial(&self, host: &str, port: u16) -> Result<TcpStream, Trouble> {
        let mut last = Trouble::NoAddress;
        for address in self.places(host, port).await? {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = of_io(&error),
            }
        }
        Err(last)
    }

    /// Where connections to a port of a host go.
    pub(super) async fn places(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Trouble> {
        let wanted = [format!("{}:{port}", host.to_ascii_lowercase()), format!("*:{port}")];
        if let Some((_, place)) = self.instead.iter().find(|(from, _)| wanted.contains(from)) {
            return Ok(vec![*place]);
        }
        let addresses = self.resolver.addresses(host).await?;
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }
}

/// The trouble of a connection.
pub(super) fn of_io(error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Trouble::Refused,
        io::ErrorKind::TimedOut => Trouble::Timeout,
        _ => Trouble::Other(error.to_string()),
    }
}
