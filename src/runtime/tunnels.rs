//! Runs tunnels: opens them at a local port, watches them beside the command, and reports their status.

use super::audit;
use crate::aws::ssm::Gateway;
use crate::feeds::runs::Place;
use crate::model::audit::Record;
use crate::model::tunnel::status::{Phase, TunnelStatus};
use crate::model::{Failure, FailureKind};
use jiff::Timestamp;
use ssm_tunnel::driver::Status;
use ssm_tunnel::supervisor::Closed;
use ssm_tunnel::{Local, Options, State, Tunnel};
use std::io;
use std::path::Path;
use tokio::sync::{mpsc, oneshot};

/// Records in the audit file that something begins or has ended.
///
/// # Errors
/// If it cannot be written; then nothing may be opened.
pub async fn write_audit_record(place: &Place, record: Record) -> Result<(), Failure> {
    let path = if place.simulated { audit::simulated_path() } else { audit::path(place.audit_file.as_deref()) };
    let written = tokio::task::spawn_blocking(move || audit::append(path.as_deref(), record, Timestamp::now()));
    let failed = |why: String| {
        let failure = Failure::new(FailureKind::Other, format!("the audit file cannot be written: {why}"));
        failure.with_hint("nothing is opened without a record: `audit_file` in the configuration sets the file")
    };
    match written.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed("an internal fault: see the report in the log".to_owned())),
    }
}

/// Opens a tunnel at a local port, or at a Unix socket. It listens, but is not ready yet. `beside` is a socket on which it also
/// listens, if that can be created.
///
/// # Errors
/// If it cannot listen there.
pub async fn listen(gateway: Gateway, options: Options, local: Local, beside: Option<&Path>) -> io::Result<Tunnel> {
    Tunnel::open_with_socket(gateway, options, local, beside).await
}

/// Converts the tunnel's status for the model.
pub fn to_model_status(status: &Status) -> TunnelStatus {
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
        termination_failure: status.not_ended.clone(),
    }
}

/// Sends the changes of a tunnel's status. Sending to the returned channel closes the tunnel.
pub fn watch(number: usize, mut tunnel: Tunnel, out: mpsc::Sender<(usize, Status)>) -> oneshot::Sender<()> {
    let (close, mut closing) = oneshot::channel();
    // Taken before the task starts, so that a change is not sent twice.
    let first = tunnel.status().borrow().clone();
    tokio::spawn(async move {
        let _ = out.send((number, first)).await;
        loop {
            tokio::select! {
                change = tunnel.changed() => match change {
                    // Whether its sessions were ended at AWS is known only after it is closed.
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
