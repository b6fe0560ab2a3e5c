//! A byte stream over any transport: a connection to a host, optionally with TLS.

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long to try one address before the next one. Of a host's several addresses, one may belong to a network that
/// this machine only seems to have (IPv6), or to a zone that is down.
const NEXT: Duration = Duration::from_secs(4);

/// Any byte stream.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Connects to the first address of a host that accepts a connection.
pub(super) async fn connected(host: &str, port: u16) -> io::Result<TcpStream> {
    let addresses: Vec<SocketAddr> = lookup_host((host, port)).await?.collect();
    let stream = first(&addresses, NEXT, TcpStream::connect::<SocketAddr>).await?;
    // Without this, each small answer waits for the acknowledgement of the previous one: 40 ms.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

async fn first<T, F>(addresses: &[SocketAddr], next: Duration, connect: impl Fn(SocketAddr) -> F) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    let mut failed = io::Error::new(ErrorKind::NotFound, "the host name has no address");
    for (at, address) in addresses.iter().enumerate() {
        let connecting = connect(*address);
        let connected = if at + 1 == addresses.len() {
            connecting.await
        } else {
            timeout(next, connecting).await.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
        };
        match connected {
            Ok(connected) => return Ok(connected),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Adds TLS with the host of this name.
pub(super) async fn secured(
    stream: Box<dyn Stream>,
    name: ServerName<'static>,
    trusted: Arc<ClientConfig>,
) -> io::Result<Box<dyn Stream>> {
    Ok(Box::new(TlsConnector::from(trusted).connect(name, stream).await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[tokio::test]
    async fn unresponsive_or_refusing_address_falls_back_to_the_next() {
        let [silent, refuses, takes] = [1, 2, 3].map(|last| SocketAddr::from(([192, 0, 2, last], 443)));
        let connect = move |address: SocketAddr| async move {
            if address == silent {
                return pending::<io::Result<SocketAddr>>().await;
            }
            if address == refuses { Err(io::Error::from(ErrorKind::ConnectionRefused)) } else { Ok(address) }
        };
        for (addresses, found) in [
            (&[silent, refuses, takes][..], Ok(takes)),
            (&[takes, silent][..], Ok(takes)),
            (&[silent, refuses][..], Err(ErrorKind::ConnectionRefused)),
            (&[][..], Err(ErrorKind::NotFound)),
        ] {
            let connected = first(addresses, Duration::from_millis(1), connect).await;
            assert_eq!(connected.map_err(|error| error.kind()), found);
        }
    }
}
