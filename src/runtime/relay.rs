//! A local port that leads through a tunnel of another process, and through one of this process once that has ended.

use super::offers;
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

/// The interval between two looks at whether the other tunnel is there.
const LOOK: Duration = Duration::from_secs(1);
/// Where no connection can be taken (too many files), the next one is looked for after this.
const PAUSE: Duration = Duration::from_millis(100);

/// The way that connections are led through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Theirs,
    /// A tunnel of this process, at this port.
    Own(u16),
    None,
}

/// A local port that leads through a tunnel. Its connections end with it.
pub struct Relay {
    port: u16,
    socket: PathBuf,
    way: watch::Sender<Way>,
    /// Somebody could not be led through the other tunnel.
    lost: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Relay {
    /// Listens at a free port of 127.0.0.1, and leads through the tunnel that is offered at this socket.
    ///
    /// # Errors
    /// It cannot be listened there.
    pub async fn through(socket: PathBuf) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (way, on_way) = watch::channel(Way::Theirs);
        let lost = Arc::new(Notify::new());
        let task = tokio::spawn(serve(listener, socket.clone(), on_way, Arc::clone(&lost)));
        Ok(Self { port, socket, way, lost, task })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Until the other tunnel has ended. Who connects waits from then on.
    pub async fn ended(&self) {
        loop {
            tokio::select! {
                () = self.lost.notified() => return,
                () = sleep(LOOK) => if !self.socket.exists() {
                    return;
                },
            }
        }
    }

    /// Leads those who wait, and those who will connect, to a tunnel of this process.
    pub fn lead_to(&self, port: u16) {
        self.way.send_replace(Way::Own(port));
    }

    /// Resets those who wait, and those who will connect.
    pub fn refuse(&self) {
        self.way.send_replace(Way::None);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, socket: PathBuf, way: watch::Receiver<Way>, lost: Arc<Notify>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((local, _)) => {
                    connections.spawn(lead(local, socket.clone(), way.clone(), Arc::clone(&lost)));
                }
                Err(_) => sleep(PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Leads one connection, until it ends. What is lost is reset, as far as a Unix socket tells.
async fn lead(mut local: TcpStream, socket: PathBuf, mut way: watch::Receiver<Way>, lost: Arc<Notify>) {
    let _ = local.set_nodelay(true);
    if !carried(&mut local, &socket, &mut way, &lost).await.unwrap_or(false) {
        let _ = local.set_zero_linger();
    }
}

/// Whether it was carried to an end of both sides.
async fn carried(
    local: &mut TcpStream,
    socket: &Path,
    way: &mut watch::Receiver<Way>,
    lost: &Notify,
) -> io::Result<bool> {
    if *way.borrow() == Way::Theirs {
        match offers::connect(socket).await {
            Ok(far) => return both_ways(local, far).await,
            Err(error) if !matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound) => {
                return Err(error);
            }
            Err(_) => lost.notify_one(),
        }
    }
    let led = way.wait_for(|way| *way != Way::Theirs).await.map(|way| *way);
    match led {
        Ok(Way::Own(port)) => {
            let far = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
            let _ = far.set_nodelay(true);
            both_ways(local, far).await
        }
        Ok(Way::Theirs | Way::None) | Err(_) => Ok(false),
    }
}

async fn both_ways(local: &mut TcpStream, mut far: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<bool> {
    copy_bidirectional(local, &mut far).await.map(|_| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::UnixListener;

    /// Sends a byte through the relay, and reads one.
    async fn asks(relay: &Relay, byte: u8) -> io::Result<u8> {
        let mut program = TcpStream::connect((Ipv4Addr::LOCALHOST, relay.port())).await?;
        program.write_u8(byte).await?;
        program.read_u8().await
    }

    #[tokio::test]
    async fn it_leads_through_the_other_tunnel_and_through_its_own_once_that_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("1-0.sock");
        let theirs = UnixListener::bind(&socket).unwrap();
        let relay = Relay::through(socket.clone()).await.unwrap();
        let answer = async {
            let (mut far, _) = theirs.accept().await.unwrap();
            let byte = far.read_u8().await.unwrap();
            far.write_u8(byte + 1).await.unwrap();
        };
        let (said, ()) = tokio::join!(asks(&relay, 1), answer);
        assert_eq!(said.unwrap(), 2);
        drop(theirs);
        let own = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = own.local_addr().unwrap().port();
        // Who connects in between waits for the other way.
        let waits = async {
            let (said, ()) = tokio::join!(asks(&relay, 5), async {
                relay.ended().await;
                relay.lead_to(port);
                let (mut far, _) = own.accept().await.unwrap();
                let byte = far.read_u8().await.unwrap();
                far.write_u8(byte + 2).await.unwrap();
            });
            said
        };
        assert_eq!(waits.await.unwrap(), 7);
        assert!(!socket.exists(), "what was left behind is taken away");
        relay.refuse();
        assert!(asks(&relay, 1).await.is_err());
    }

    #[tokio::test]
    async fn the_end_of_the_other_tunnel_is_seen_though_nobody_connects() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("1-0.sock");
        let _theirs = UnixListener::bind(&socket).unwrap();
        let relay = Relay::through(socket.clone()).await.unwrap();
        let ((), removed) = tokio::join!(relay.ended(), async { std::fs::remove_file(&socket) });
        removed.unwrap();
    }
}
