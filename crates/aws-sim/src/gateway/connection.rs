//! One connection to the target of a session: a mapped port of this machine, or an echo.

use bytes::{BufMut as _, Bytes, BytesMut};
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// A message from a connection or a process to its agent.
pub(super) enum FromConnection {
    Data(u32, Bytes),
    Ended(u32),
    /// The connection could not be made, for this reason.
    Refused(u32, ErrorKind),
    /// Output of a process.
    Output(Bytes),
    /// A process ended, with its exit code.
    Exited(i32),
}

/// The waits before retrying a connection that was not refused: less than a second in total.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(100), Duration::from_millis(200), Duration::from_millis(400)];

/// Connects. A refusal is final. Other errors are retried: this machine may briefly lack a port, a file descriptor or
/// a place in a queue because of everything simulated on it, which an agent on its own machine would have.
async fn connected<T, F>(mut connect: impl FnMut() -> F) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    for pause in PAUSES {
        match connect().await {
            Err(error) if error.kind() != ErrorKind::ConnectionRefused => sleep(pause).await,
            result => return result,
        }
    }
    connect().await
}

/// Serves a connection until either side ends it; reads at most `piece` bytes at a time. `waiting` counts the bytes
/// not written yet.
pub(super) async fn serve(
    stream: u32,
    to: Option<SocketAddr>,
    piece: usize,
    out: mpsc::Sender<FromConnection>,
    mut queue: mpsc::UnboundedReceiver<Bytes>,
    waiting: Arc<AtomicUsize>,
) {
    let Some(address) = to else {
        while let Some(bytes) = queue.recv().await {
            waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
            if out.send(FromConnection::Data(stream, bytes)).await.is_err() {
                return;
            }
        }
        return;
    };
    let mut socket = match connected(|| TcpStream::connect(address)).await {
        Ok(socket) => socket,
        // The client has ended it meanwhile: there is nothing left to refuse, and with an old agent the next
        // connection has the same number.
        Err(_) if queue.is_closed() => return,
        Err(error) => {
            let _ = out.send(FromConnection::Refused(stream, error.kind())).await;
            return;
        }
    };
    let _ = socket.set_nodelay(true);
    let (mut read, mut write) = socket.split();
    let reading = async {
        let mut buffer = BytesMut::new();
        loop {
            buffer.reserve(piece);
            match read.read_buf(&mut (&mut buffer).limit(piece)).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {
                    if out.send(FromConnection::Data(stream, buffer.split().freeze())).await.is_err() {
                        return;
                    }
                }
            }
        }
    };
    let writing = async {
        while let Some(bytes) = queue.recv().await {
            let written = write.write_all(&bytes).await;
            waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
            if written.is_err() {
                return;
            }
        }
    };
    // Like the official agent: when the client's side ends, both halves of the socket are closed.
    tokio::select! {
        () = reading => {}
        () = writing => {}
    }
    let _ = out.send(FromConnection::Ended(stream)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn refusal_is_final_and_other_errors_are_retried() {
        for (failures, kind, tries, expected) in [
            (9, ErrorKind::ConnectionRefused, 1, Err(ErrorKind::ConnectionRefused)),
            (2, ErrorKind::AddrNotAvailable, 3, Ok(())),
            (9, ErrorKind::AddrNotAvailable, 1 + PAUSES.len(), Err(ErrorKind::AddrNotAvailable)),
        ] {
            let mut tried = 0;
            let answer = connected(|| {
                tried += 1;
                std::future::ready(if tried <= failures { Err(io::Error::new(kind, "a test")) } else { Ok(()) })
            });
            let answer = answer.await.map_err(|error| error.kind());
            assert_eq!((answer, tried), (expected, tries), "{kind:?}");
        }
    }
}
