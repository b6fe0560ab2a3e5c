//! Tunnels as they are driven: opened at a local port, watched beside the command that opened them, and how they stand.

use crate::aws::ssm::Gateway;
use crate::model::tunnel::standing::{Phase, Standing};
use ssm_tunnel::driver::Status;
use ssm_tunnel::supervisor::Closed;
use ssm_tunnel::{Options, State, Tunnel};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::sync::{mpsc, oneshot};

/// Opens a tunnel at a port of this machine alone; it listens, and is not ready yet.
///
/// # Errors
/// The port cannot be listened on.
pub async fn listen(gateway: Gateway, options: Options, port: u16) -> io::Result<Tunnel> {
    Tunnel::open(gateway, options, SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// How it stands, for the model.
pub fn standing(status: &Status) -> Standing {
    let phase = match &status.state {
        State::Resolving => Phase::Resolving,
        State::Opening => Phase::Opening,
        State::Ready => Phase::Ready,
        State::Resuming(_) => Phase::Resuming,
        State::Replacing(_) => Phase::Replacing,
        State::Closed(Closed::Stopped) => Phase::Closed,
        State::Closed(Closed::Ended(_) | Closed::Failed(_)) => Phase::Failed,
    };
    let failure = match &status.state {
        State::Closed(Closed::Failed(failure)) => failure.hint.clone(),
        _ => None,
    };
    Standing {
        phase,
        reason: status.state.reason(),
        hint: status.hint.clone().or(failure),
        through: status.target.clone(),
        session: status.session_id.clone(),
        sent: status.sent,
        received: status.received,
        round_trip: status.round_trip,
        resumes: status.resumes,
        replacements: status.replacements,
        open: status.open,
        connections: status.connections,
        refused: status.refused,
        waits_for_reader: status.waits_for_reader,
    }
}

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
