//! A local port, or a Unix socket, that leads to a host and a port at the other end.

use super::actor::{Actor, Served};
use super::bucket::Bucket;
use super::gate::{Gate, Options};
use super::listener::{Listener, Local};
use super::status::Status;
use crate::supervisor::State;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

/// As many changes of state are kept for who does not look.
const CHANGES: usize = 256;

/// An open tunnel. It ends when it is dropped, but only [`Tunnel::close`] waits until AWS knows.
pub struct Tunnel {
    local: Local,
    beside: Option<PathBuf>,
    stop: watch::Sender<bool>,
    status: watch::Receiver<Status>,
    changes: broadcast::Receiver<Status>,
    task: JoinHandle<Option<String>>,
}

impl Tunnel {
    /// Listens at an address or at the path of a Unix socket at once, and accepts as soon as the session is ready. Port 0
    /// takes a free one.
    pub async fn open<G: Gate>(gate: G, options: Options, local: impl Into<Local>) -> io::Result<Self> {
        Self::open_beside(gate, options, local, None).await
    }

    /// The same, and at a Unix socket beside, where that can be made: [`Tunnel::beside`] tells.
    pub async fn open_beside<G: Gate>(
        gate: G,
        options: Options,
        local: impl Into<Local>,
        beside: Option<&Path>,
    ) -> io::Result<Self> {
        let mut listener = Listener::bind(&local.into()).await?;
        if let Some(path) = beside {
            listener = listener.and_beside(path).await;
        }
        let local = listener.local()?;
        let beside = listener.beside().map(Path::to_owned);
        let (stop, on_stop) = watch::channel(false);
        let (status, on_status) = watch::channel(Status::new());
        let (to_changes, changes) = broadcast::channel(CHANGES);
        let served = Served::Port(listener);
        let bucket = Arc::new(Bucket::default());
        let actor = Actor::new(Arc::new(gate), options, served, bucket, on_stop, status, to_changes);
        let task = tokio::spawn(actor.run());
        Ok(Self { local, beside, stop, status: on_status, changes, task })
    }

    /// The local address at which it listens.
    pub fn local(&self) -> &Local {
        &self.local
    }

    /// The Unix socket at which it listens too.
    pub fn beside(&self) -> Option<&Path> {
        self.beside.as_deref()
    }

    /// The address at which it listens, if it is not a Unix socket.
    pub fn address(&self) -> Option<SocketAddr> {
        self.local.address()
    }

    /// The status with its counters, to be watched. Counters of bytes do not wake those who watch.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// The next change of its state; none after the last.
    pub async fn changed(&mut self) -> Option<Status> {
        loop {
            match self.changes.recv().await {
                Ok(status) => return Some(status),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// Waits until connections go through; the status says why, where they never will.
    pub async fn ready(&self) -> Result<(), Status> {
        let mut status = self.status.clone();
        let reached = status.wait_for(|status| matches!(status.state, State::Ready | State::Closed(_))).await;
        match reached {
            Ok(status) if status.state == State::Ready => Ok(()),
            Ok(status) => Err(status.clone()),
            Err(_) => Err(self.status.borrow().clone()),
        }
    }

    /// Ends the tunnel, at AWS too, and returns its last status.
    pub async fn close(mut self) -> Status {
        let _ = self.stop.send(true);
        let _ = (&mut self.task).await;
        self.status.borrow().clone()
    }
}
