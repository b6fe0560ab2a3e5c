//! Whether PostgreSQL answers at a local port.

use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// The request for TLS, which every server answers before anybody has said who they are. Source: PostgreSQL's
/// documentation, "Message Formats", SSLRequest: its length, and the code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// One that starts (Aurora from a pause) needs up to half a minute.
const TRIES: u32 = 10;
const ANSWER: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_secs(1);

/// What answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// PostgreSQL without TLS.
    Plain,
    /// PostgreSQL with TLS.
    Tls,
    /// Something else.
    Other,
    /// Nothing: the connection was reset each time.
    Refused,
}

/// Asks until there is an answer, or nothing came ten times.
pub async fn answers(port: u16) -> Answer {
    for _ in 0..TRIES {
        match timeout(ANSWER, ask(port)).await {
            Ok(Ok(b'S')) => return Answer::Tls,
            Ok(Ok(b'N')) => return Answer::Plain,
            Ok(Ok(_)) => return Answer::Other,
            Ok(Err(_)) | Err(_) => sleep(PAUSE).await,
        }
    }
    Answer::Refused
}

async fn ask(port: u16) -> std::io::Result<u8> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(&SSL_REQUEST).await?;
    stream.read_u8().await
}
