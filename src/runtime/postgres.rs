//! Whether PostgreSQL answers at a local port.

use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// The request for TLS, which every server answers before anybody has said who they are. Source: PostgreSQL's
/// documentation, "Message Formats", SSLRequest: its length, and the code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// One that starts (Aurora from a pause) needs up to half a minute.
const TRIES: u32 = 10;
/// Where nobody listens, that is known at once: one that is just started again does so within this many tries.
const REFUSALS: u64 = 3;
/// Where what is sent is dropped on the way, no try comes to an end.
const SILENT: u32 = 4;
const ANSWER: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_secs(1);
/// Through a tunnel that stands it is there in a round trip.
const STANDS: Duration = Duration::from_secs(5);

/// The kind of server that answers at a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// PostgreSQL without TLS.
    Plain,
    /// PostgreSQL with TLS.
    Tls,
    /// Something that is not PostgreSQL.
    Other,
    /// Nothing: the connection was reset each time.
    Refused,
    /// Nothing: each connection stood open.
    Silent,
}

/// Asks until there is an answer, or nothing came several times. `refused`: how many connections the far side has refused.
pub async fn answers(port: u16, refused: impl Fn() -> u64) -> Answer {
    let mut silent = 0;
    for _ in 0..TRIES {
        match timeout(ANSWER, ask(port)).await {
            Ok(Ok(said)) => return meant(said),
            Ok(Err(_)) if refused() >= REFUSALS => return Answer::Refused,
            Ok(Err(_)) => sleep(PAUSE).await,
            Err(_) if silent + 1 == SILENT => return Answer::Silent,
            Err(_) => silent += 1,
        }
    }
    Answer::Refused
}

async fn ask(port: u16) -> std::io::Result<u8> {
    asked(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?).await
}

async fn asked(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<u8> {
    stream.write_all(&SSL_REQUEST).await?;
    stream.read_u8().await
}

fn meant(said: u8) -> Answer {
    match said {
        b'S' => Answer::Tls,
        b'N' => Answer::Plain,
        _ => Answer::Other,
    }
}

/// Asks once, through a connection that stands; none where nothing answers.
pub async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin) -> Option<Answer> {
    match timeout(STANDS, asked(stream)).await {
        Ok(Ok(said)) => Some(meant(said)),
        Ok(Err(_)) | Err(_) => None,
    }
}
