//! One connection to what a session leads to: a mapped port of this machine, or an echo.

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

/// A message of a connection, or a process, to its agent.
pub(super) enum From {
    Data(u32, Bytes),
    Ended(u32),
    /// It could not be made, for this reason.
    Refused(u32, ErrorKind),
    /// A process said something.
    Said(Bytes),
    /// A process has ended, with its exit code.
    Over(i32),
}

/// How long is waited before each further try of a connection that was not refused: less than a second together.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(100), Duration::from_millis(200), Duration::from_millis(400)];

/// Connects. Where nobody listens that is so at once; what this machine, with all that is simulated on it, has none of
/// for a moment (a port, a file, a place in a queue) an agent on a machine of its own would have: it is tried again.
async fn connected<T, F>(mut connect: impl FnMut() -> F) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    for pause in PAUSES {
        match connect().await {
            Err(error) if error.kind() != ErrorKind::ConnectionRefused => sleep(pause).await,
            said => return said,
        }
    }
    connect().await
}

/// Serves one until either side ends; reads at most `piece` bytes at a time. `waiting` counts the bytes that were not written yet.
pub(super) async fn serve(
    stream: u32,
    to: Option<SocketAddr>,
    piece: usize,
    out: mpsc::Sender<From>,
    mut queue: mpsc::UnboundedReceiver<Bytes>,
    waiting: Arc<AtomicUsize>,
) {
    let Some(address) = to else {
        while let Some(bytes) = queue.recv().await {
            waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
            if out.send(From::Data(stream, bytes)).await.is_err() {
                return;
            }
        }
        return;
    };
    let mut socket = match connected(|| TcpStream::connect(address)).await {
        Ok(socket) => socket,
        // The client has ended it meanwhile: nobody is left to be refused, and an old agent's next has the same number.
        Err(_) if queue.is_closed() => return,
        Err(error) => {
            let _ = out.send(From::Refused(stream, error.kind())).await;
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
                    if out.send(From::Data(stream, buffer.split().freeze())).await.is_err() {
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
    // Like the official agent: when the client's side ends, the socket is closed, both halves of it.
    tokio::select! {
        () = reading => {}
        () = writing => {}
    }
    let _ = out.send(From::Ended(stream)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_refusal_is_one_at_once_and_anything_else_is_tried_again_and_keeps_its_reason() {
        for (failures, kind, tries, said) in [
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
            assert_eq!((answer, tried), (said, tries), "{kind:?}");
        }
    }
}
