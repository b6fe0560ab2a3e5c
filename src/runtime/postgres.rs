//! Checks whether PostgreSQL answers on a local port.

use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// The request for TLS, which every server answers before authentication. Source: PostgreSQL's documentation, "Message Formats",
/// SSLRequest: its length, and the code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// Number of attempts. A starting server (Aurora after a pause) needs up to half a minute.
const TRIES: u32 = 10;
/// Number of refused connections after which nobody listens: a server that was just restarted listens within this many attempts.
const REFUSALS: u64 = 3;
/// Number of attempts without an answer after which packets are assumed to be dropped on the way.
const SILENT_TRIES: u32 = 4;
const ANSWER: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_secs(1);
/// The time limit through an open tunnel, where the answer takes a round trip.
const TUNNEL_LIMIT: Duration = Duration::from_secs(5);

/// The kind of server that answers on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    /// PostgreSQL without TLS.
    Plain,
    /// PostgreSQL with TLS.
    Tls,
    /// Something that is not PostgreSQL.
    Other,
    /// Nothing: each connection was reset.
    Refused,
    /// Nothing: the connections stayed open.
    Silent,
}

/// Asks until there is an answer, or several attempts got none. `refused` returns the number of connections the far side refused.
pub async fn probe_port(port: u16, refused: impl Fn() -> u64) -> ServerKind {
    let mut silent = 0;
    for _ in 0..TRIES {
        match timeout(ANSWER, ask(port)).await {
            Ok(Ok(reply)) => return kind_of(reply),
            Ok(Err(_)) if refused() >= REFUSALS => return ServerKind::Refused,
            Ok(Err(_)) => sleep(PAUSE).await,
            Err(_) if silent + 1 == SILENT_TRIES => return ServerKind::Silent,
            Err(_) => silent += 1,
        }
    }
    ServerKind::Refused
}

async fn ask(port: u16) -> std::io::Result<u8> {
    request_tls(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?).await
}

async fn request_tls(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<u8> {
    stream.write_all(&SSL_REQUEST).await?;
    stream.read_u8().await
}

fn kind_of(reply: u8) -> ServerKind {
    match reply {
        b'S' => ServerKind::Tls,
        b'N' => ServerKind::Plain,
        _ => ServerKind::Other,
    }
}

/// Asks once through an open connection; `None` if nothing answers.
pub async fn probe_stream(stream: impl AsyncRead + AsyncWrite + Unpin) -> Option<ServerKind> {
    match timeout(TUNNEL_LIMIT, request_tls(stream)).await {
        Ok(Ok(reply)) => Some(kind_of(reply)),
        Ok(Err(_)) | Err(_) => None,
    }
}
