//! A local port that forwards to a tunnel of another process, and to one of this process after that has ended.

use super::shared_tunnels;
use std::io::{self, ErrorKind};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

/// The interval of checks whether the other tunnel still exists.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// The pause before the next accept after one failed, for example with too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Where connections are forwarded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// The tunnel of the other process, at its socket.
    Other,
    /// A tunnel of this process, at this port.
    Own(u16),
    /// No tunnel: connections are reset.
    None,
}

/// A local port that forwards to a tunnel. Dropping it ends its connections.
pub struct Relay {
    port: u16,
    socket: PathBuf,
    target: watch::Sender<Target>,
    /// Notified when a connection could not be forwarded to the other tunnel.
    lost: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Relay {
    /// Listens on a free port of 127.0.0.1 and forwards to the tunnel that is offered at this socket.
    ///
    /// # Errors
    /// If it cannot listen there.
    pub async fn through(socket: PathBuf) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (target, target_changes) = watch::channel(Target::Other);
        let lost = Arc::new(Notify::new());
        let task = tokio::spawn(serve(listener, socket.clone(), target_changes, Arc::clone(&lost)));
        Ok(Self { port, socket, target, lost, task })
    }

    /// Returns the port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Completes when the other tunnel has ended. Connections wait from then on.
    pub async fn ended(&self) {
        loop {
            tokio::select! {
                () = self.lost.notified() => return,
                () = sleep(CHECK_INTERVAL) => if !self.socket.exists() {
                    return;
                },
            }
        }
    }

    /// Forwards waiting and future connections to a tunnel of this process.
    pub fn forward_to(&self, port: u16) {
        self.target.send_replace(Target::Own(port));
    }

    /// Resets waiting and future connections.
    pub fn reset_connections(&self) {
        self.target.send_replace(Target::None);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, socket: PathBuf, target: watch::Receiver<Target>, lost: Arc<Notify>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((local, _)) => {
                    connections.spawn(forward(local, socket.clone(), target.clone(), Arc::clone(&lost)));
                }
                Err(_) => sleep(PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Forwards one connection until it ends. A lost connection is reset, as far as a Unix socket reveals the loss.
async fn forward(mut local: TcpStream, socket: PathBuf, mut target: watch::Receiver<Target>, lost: Arc<Notify>) {
    let _ = local.set_nodelay(true);
    if !forward_to_end(&mut local, &socket, &mut target, &lost).await.unwrap_or(false) {
        let _ = local.set_zero_linger();
    }
}

/// Forwards a connection; returns true if both sides ended normally.
async fn forward_to_end(
    local: &mut TcpStream,
    socket: &Path,
    target: &mut watch::Receiver<Target>,
    lost: &Notify,
) -> io::Result<bool> {
    if *target.borrow() == Target::Other {
        match shared_tunnels::connect(socket).await {
            Ok(far) => return copy_both_ways(local, far).await,
            Err(error) if !matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound) => {
                return Err(error);
            }
            Err(_) => lost.notify_one(),
        }
    }
    let own = target.wait_for(|target| *target != Target::Other).await.map(|target| *target);
    match own {
        Ok(Target::Own(port)) => {
            let far = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
            let _ = far.set_nodelay(true);
            copy_both_ways(local, far).await
        }
        Ok(Target::Other | Target::None) | Err(_) => Ok(false),
    }
}

async fn copy_both_ways(local: &mut TcpStream, mut far: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<bool> {
    copy_bidirectional(local, &mut far).await.map(|_| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::UnixListener;

    /// Sends a byte through the relay, and reads one.
    async fn exchange(relay: &Relay, byte: u8) -> io::Result<u8> {
        let mut program = TcpStream::connect((Ipv4Addr::LOCALHOST, relay.port())).await?;
        program.write_u8(byte).await?;
        program.read_u8().await
    }

    #[tokio::test]
    async fn relay_switches_to_its_own_tunnel_when_the_other_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("1-0.sock");
        let theirs = UnixListener::bind(&socket).unwrap();
        let relay = Relay::through(socket.clone()).await.unwrap();
        let answer = async {
            let (mut far, _) = theirs.accept().await.unwrap();
            let byte = far.read_u8().await.unwrap();
            far.write_u8(byte + 1).await.unwrap();
        };
        let (answer, ()) = tokio::join!(exchange(&relay, 1), answer);
        assert_eq!(answer.unwrap(), 2);
        drop(theirs);
        let own = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = own.local_addr().unwrap().port();
        // Connections in between wait for the new target.
        let waits = async {
            let (answer, ()) = tokio::join!(exchange(&relay, 5), async {
                relay.ended().await;
                relay.forward_to(port);
                let (mut far, _) = own.accept().await.unwrap();
                let byte = far.read_u8().await.unwrap();
                far.write_u8(byte + 2).await.unwrap();
            });
            answer
        };
        assert_eq!(waits.await.unwrap(), 7);
        assert!(!socket.exists(), "the leftover socket is removed");
        relay.reset_connections();
        assert!(exchange(&relay, 1).await.is_err());
    }

    #[tokio::test]
    async fn end_of_the_other_tunnel_is_noticed_without_connections() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("1-0.sock");
        let _theirs = UnixListener::bind(&socket).unwrap();
        let relay = Relay::through(socket.clone()).await.unwrap();
        let ((), removed) = tokio::join!(relay.ended(), async { std::fs::remove_file(&socket) });
        removed.unwrap();
    }
}
