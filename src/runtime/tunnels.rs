//! Tunnels beside the command that opened them.

use ssm_tunnel::Tunnel;
use ssm_tunnel::driver::Status;
use tokio::sync::{mpsc, oneshot};

/// Tells its changes, and closes it when it is told to.
pub fn watch(number: usize, mut tunnel: Tunnel, out: mpsc::Sender<(usize, Status)>) -> oneshot::Sender<()> {
    let (close, mut closing) = oneshot::channel();
    tokio::spawn(async move {
        let first = tunnel.status().borrow().clone();
        let _ = out.send((number, first)).await;
        loop {
            tokio::select! {
                change = tunnel.changed() => match change {
                    Some(status) => {
                        let _ = out.send((number, status)).await;
                    }
                    None => return,
                },
                _ = &mut closing => {
                    let status = tunnel.close().await;
                    let _ = out.send((number, status)).await;
                    return;
                }
            }
        }
    });
    close
}
