//! A local port, or a Unix socket, that is forwarded to a remote host and port.

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

/// The number of state changes to keep for a slow reader.
const CHANGES: usize = 256;

/// An open tunnel. Dropping it ends the tunnel, but only [`Tunnel::close`] waits until AWS has ended the session.
pub struct Tunnel {
    local: Local,
    beside: Option<PathBuf>,
    stop: watch::Sender<bool>,
    status: watch::Receiver<Status>,
    changes: broadcast::Receiver<Status>,
    task: JoinHandle<Option<String>>,
}

impl Tunnel {
    /// Listens at an address or at the path of a Unix socket at once, and accepts connections as soon as the session
    /// is ready. Port 0 picks a free one.
    pub async fn open<G: Gate>(gate: G, options: Options, local: impl Into<Local>) -> io::Result<Self> {
        Self::open_with_socket(gate, options, local, None).await
    }

    /// Like [`Tunnel::open`], and also listens at an additional Unix socket if it can be created; see `Tunnel::additional_socket`.
    pub async fn open_with_socket<G: Gate>(
        gate: G,
        options: Options,
        local: impl Into<Local>,
        beside: Option<&Path>,
    ) -> io::Result<Self> {
        let mut listener = Listener::bind(&local.into()).await?;
        if let Some(path) = beside {
            listener = listener.with_additional_socket(path).await;
        }
        let local = listener.local()?;
        let beside = listener.additional_socket().map(Path::to_owned);
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

    /// The path of the additional Unix socket.
    pub fn additional_socket(&self) -> Option<&Path> {
        self.beside.as_deref()
    }

    /// The address at which it listens, unless it is a Unix socket.
    pub fn address(&self) -> Option<SocketAddr> {
        self.local.address()
    }

    /// Returns a receiver to watch the status with its counters. Changes of byte counters do not wake the watchers.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// The next change of the state; none after the last one.
    pub async fn changed(&mut self) -> Option<Status> {
        loop {
            match self.changes.recv().await {
                Ok(status) => return Some(status),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// Waits until connections can be made; returns the status with the reason if that never happens.
    pub async fn ready(&self) -> Result<(), Status> {
        let mut status = self.status.clone();
        let reached = status.wait_for(|status| matches!(status.state, State::Ready | State::Closed(_))).await;
        match reached {
            Ok(status) if status.state == State::Ready => Ok(()),
            Ok(status) => Err(status.clone()),
            Err(_) => Err(self.status.borrow().clone()),
        }
    }

    /// Ends the tunnel, also with AWS, and returns its last status.
    pub async fn close(mut self) -> Status {
        let _ = self.stop.send(true);
        let _ = (&mut self.task).await;
        self.status.borrow().clone()
    }
}
