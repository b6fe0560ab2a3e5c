//! Runs tunnels: opens them at a local port, watches them beside the command, and reports their status.

use super::audit;
use crate::aws::ssm::Gateway;
use crate::feeds::runs::Place;
use crate::model::audit::Record;
use crate::model::tunnel::standing::{Phase, TunnelStatus};
use crate::model::{Failure, FailureKind};
use jiff::Timestamp;
use ssm_tunnel::driver::Status;
use ssm_tunnel::supervisor::Closed;
use ssm_tunnel::{Local, Options, State, Tunnel};
use std::io;
use std::path::Path;
use tokio::sync::{mpsc, oneshot};

/// Writes into the audit file that something begins or has ended.
///
/// # Errors
/// It cannot be written: then nothing is opened.
pub async fn write_down(place: &Place, record: Record) -> Result<(), Failure> {
    let path = if place.simulated { audit::simulated() } else { audit::path(place.audit_file.as_deref()) };
    let written = tokio::task::spawn_blocking(move || audit::append(path.as_deref(), record, Timestamp::now()));
    let failed = |why: String| {
        let failure = Failure::new(FailureKind::Other, format!("the audit file cannot be written: {why}"));
        failure.hinted("nothing is opened that is not written down: `audit_file` in the configuration says where it is")
    };
    match written.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed("an internal fault: see the report in the log".to_owned())),
    }
}

/// Opens a tunnel at a port of this machine alone, or at a Unix socket; it listens, and is not ready yet. `beside` is a socket at
/// which it listens too, where that can be made.
///
/// # Errors
/// It cannot be listened there.
pub async fn listen(gateway: Gateway, options: Options, local: Local, beside: Option<&Path>) -> io::Result<Tunnel> {
    Tunnel::open_beside(gateway, options, local, beside).await
}

/// The tunnel's state, for the model.
pub fn standing(status: &Status) -> TunnelStatus {
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
    TunnelStatus {
        phase,
        reason: status.reason(),
        hint: status.hint.clone().or(failure),
        through: status.target.clone(),
        session: status.session_id.clone(),
        sessions: status.sessions,
        sent: status.sent,
        received: status.received,
        round_trip: status.round_trip,
        resumes: status.resumes,
        replacements: status.replacements,
        open: status.open,
        connections: status.connections,
        refused: status.refused,
        waits_for_reader: status.waits_for_reader,
        not_ended: status.not_ended.clone(),
    }
}

/// Tells its changes, and closes it when it is told to.
pub fn watch(number: usize, mut tunnel: Tunnel, out: mpsc::Sender<(usize, Status)>) -> oneshot::Sender<()> {
    let (close, mut closing) = oneshot::channel();
    // Before it goes on: what comes as a change is not told twice.
    let first = tunnel.status().borrow().clone();
    tokio::spawn(async move {
        let _ = out.send((number, first)).await;
        loop {
            tokio::select! {
                change = tunnel.changed() => match change {
                    // Whether its sessions were ended at AWS is known at its very end.
                    Some(status) if matches!(status.state, State::Closed(_)) => {
                        let status = tunnel.close().await;
                        let _ = out.send((number, status)).await;
                        return;
                    }
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
