//! One connection to what a session leads to: a mapped port of this machine, or an echo.

use bytes::{BufMut as _, Bytes, BytesMut};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// From a connection, or a process, to its agent.
pub(super) enum From {
    Data(u32, Bytes),
    Ended(u32),
    Refused(u32),
    /// A process said something.
    Said(Bytes),
    /// A process has ended, with its exit code.
    Over(i32),
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
    let Ok(mut socket) = TcpStream::connect(address).await else {
        let _ = out.send(From::Refused(stream)).await;
        return;
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
    // As the agent's: when the client's side ends, the socket is closed. There is no half of it.
    tokio::select! {
        () = reading => {}
        () = writing => {}
    }
    let _ = out.send(From::Ended(stream)).await;
}
