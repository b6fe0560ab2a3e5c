//! One local connection.

use super::bucket::Bucket;
use super::listener::Accepted;
use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// The largest number of bytes to read from a local connection at once.
const READ: usize = 16 << 10;
/// How long the local program has to close its side after the far side has closed.
const FAREWELL: Duration = Duration::from_secs(10);

/// The key of a local connection, never reused.
pub(super) type Key = u64;

/// A message from the connection to the loop.
pub(super) enum FromLocal {
    Data(Key, Bytes),
    /// The program has stopped sending. It is unknown whether it still reads.
    Eof(Key),
    /// The connection is gone.
    Gone(Key),
}

/// A message from the loop to the connection.
pub(super) enum ToLocal {
    Data(Bytes),
    /// The far side has ended; all data before this message still arrives.
    End,
}

/// Serves one connection until it ends, or until it is reset by dropping the sender of `reset`. A Unix socket has no
/// reset: the program sees an end in the middle of its protocol.
pub(super) async fn serve(
    socket: Accepted,
    key: Key,
    out: mpsc::Sender<FromLocal>,
    queue: mpsc::UnboundedReceiver<ToLocal>,
    reset: oneshot::Receiver<()>,
    bucket: Arc<Bucket>,
) {
    match socket {
        Accepted::Tcp(mut socket) => {
            let _ = socket.set_nodelay(true);
            let (read, write) = socket.split();
            if !carry(read, write, key, out, queue, reset, bucket).await {
                // Sends a reset, so that the program does not take it for the end of its data.
                let _ = socket.set_zero_linger();
            }
        }
        Accepted::Unix(mut socket) => {
            let (read, write) = socket.split();
            carry(read, write, key, out, queue, reset, bucket).await;
        }
    }
}

/// Carries bytes both ways. Returns whether the far side has ended and everything was written.
async fn carry(
    mut read: impl AsyncRead + Unpin,
    mut write: impl AsyncWrite + Unpin,
    key: Key,
    out: mpsc::Sender<FromLocal>,
    mut queue: mpsc::UnboundedReceiver<ToLocal>,
    mut reset: oneshot::Receiver<()>,
    bucket: Arc<Bucket>,
) -> bool {
    let clean = {
        let (ended, mut far_ended) = oneshot::channel::<()>();
        let reading = async {
            let mut buffer = BytesMut::with_capacity(READ);
            loop {
                buffer.reserve(READ);
                match read.read_buf(&mut buffer).await {
                    Ok(0) => {
                        let _ = out.send(FromLocal::Eof(key)).await;
                        return;
                    }
                    Ok(_) if far_ended.try_recv().is_ok() => buffer.clear(),
                    Ok(_) => {
                        if out.send(FromLocal::Data(key, buffer.split().freeze())).await.is_err() {
                            return;
                        }
                    }
                    Err(_) => {
                        let _ = out.send(FromLocal::Gone(key)).await;
                        return;
                    }
                }
            }
        };
        let writing = async {
            while let Some(next) = queue.recv().await {
                match next {
                    ToLocal::Data(bytes) => {
                        // Removed from the bucket even if writing is cancelled: a reset does not wait for it.
                        let held = bucket.held(bytes.len());
                        let written = write.write_all(&bytes).await;
                        drop(held);
                        if written.is_err() {
                            let _ = out.send(FromLocal::Gone(key)).await;
                            return false;
                        }
                    }
                    ToLocal::End => {
                        let _ = write.shutdown().await;
                        let _ = ended.send(());
                        return true;
                    }
                }
            }
            false
        };
        tokio::pin!(reading, writing);
        let mut read_over = false;
        let ended = loop {
            tokio::select! {
                clean = &mut writing => break Some(clean),
                () = &mut reading, if !read_over => read_over = true,
                _ = &mut reset => break None,
            }
        };
        if ended == Some(true) && !read_over {
            // Data that the program still sends is read and dropped. Closing with unread data would reset the socket
            // and discard what the program has not read yet.
            let _ = timeout(FAREWELL, &mut reading).await;
        }
        ended == Some(true)
    };
    // Data that is no longer written must not keep the bucket full.
    queue.close();
    while let Ok(left) = queue.try_recv() {
        if let ToLocal::Data(bytes) = left {
            bucket.drain(bytes.len());
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    #[tokio::test]
    async fn reset_of_an_unread_connection_empties_the_bucket() {
        // The far end accepts one byte at a time.
        let (near, mut far) = duplex(1);
        let (read, write) = tokio::io::split(near);
        let bucket = Arc::new(Bucket::default());
        let (out, _from_local) = mpsc::channel(1);
        let (to_local, queue) = mpsc::unbounded_channel();
        let (reset, on_reset) = oneshot::channel();
        for piece in ["in flight", "in the queue"] {
            bucket.fill(piece.len());
            to_local.send(ToLocal::Data(Bytes::from_static(piece.as_bytes()))).ok().unwrap();
        }
        let carried = tokio::spawn(carry(read, write, 1, out, queue, on_reset, Arc::clone(&bucket)));
        assert_eq!(far.read_u8().await.unwrap(), b'i', "the first is being written");
        drop(reset);
        assert!(!carried.await.unwrap(), "no clean end");
        assert_eq!(bucket.used(), 0);
    }
}
