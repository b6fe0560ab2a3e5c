//! Connections made during a transfer that blocks the session use an extra session to the same task.
#![allow(clippy::unwrap_used)]

use super::client::{CLUSTER, PATIENCE, ecs, fault, get, opened, post, simulator, until};
use super::matrix::{Sizes, Transfer, Verdict, far_side, run_transfer};
use aws_sim::Sim;
use serde_json::{Value, json};
use ssm_tunnel::{State, Tunnel};
use std::io::{self, ErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// More than fits into the sockets and the session's receive bucket.
const DOWNLOAD: u32 = 12 << 20;
/// More than fits into all buffers on the way, including the agent's queues.
const LONG: u32 = 256 << 20;

/// Starts a download that is not read, so that its whole session is blocked.
async fn unread(tunnel: &Tunnel, bytes: u32) -> TcpStream {
    let mut socket = TcpStream::connect(tunnel.address().unwrap()).await.unwrap();
    socket.write_all(b"d").await.unwrap();
    socket.write_all(&bytes.to_be_bytes()).await.unwrap();
    until(tunnel, |status| status.waits_for_reader).await;
    socket
}

/// Reads up to the end; returns the number of bytes.
async fn read(socket: &mut TcpStream) -> io::Result<usize> {
    let mut all = Vec::new();
    timeout(PATIENCE, socket.read_to_end(&mut all)).await.unwrap()
}

/// Opens an echo connection through an extra session.
async fn echo_through_extra(tunnel: &Tunnel) -> TcpStream {
    // On a slow machine the connection that triggers the extra session may use the first one after all.
    drop(TcpStream::connect(tunnel.address().unwrap()).await.unwrap());
    until(tunnel, |status| status.sessions == 2).await;
    let mut socket = TcpStream::connect(tunnel.address().unwrap()).await.unwrap();
    socket.write_all(&[b'e', 0, 0, 0, 0]).await.unwrap();
    echoed(&mut socket).await.unwrap();
    socket
}

async fn echoed(socket: &mut TcpStream) -> io::Result<()> {
    socket.write_all(b"x").await?;
    assert_eq!(timeout(PATIENCE, socket.read_u8()).await.unwrap()?, b'x');
    Ok(())
}

async fn request_count(sim: &Sim, operation: &str) -> Value {
    get(&sim.endpoint(), "/_sim/requests").await.unwrap()["operations"][operation]["count"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unread_connection_does_not_block_later_connections() {
    let sim = simulator(Some(far_side().await)).await;
    let tunnel = opened(&sim).await;
    assert_eq!((tunnel.status().borrow().sessions, request_count(&sim, "ssm:StartSession").await), (1, json!(1)));
    let mut download = unread(&tunnel, DOWNLOAD).await;
    let mut echo = echo_through_extra(&tunnel).await;
    for kind in [Transfer::Up, Transfer::Down, Transfer::Rounds] {
        let small = Sizes { bytes: 100_000, rounds: 20, ..Sizes::SMALL };
        assert_eq!(run_transfer(tunnel.address().unwrap(), kind, small, async {}).await, Verdict::Exact, "{kind:?}");
    }
    assert!(tunnel.status().borrow().waits_for_reader, "all that while");
    assert_eq!(read(&mut download).await.unwrap(), DOWNLOAD as usize);
    echoed(&mut echo).await.unwrap();
    let status = until(&tunnel, |status| !status.waits_for_reader).await;
    assert_eq!((status.sessions, status.replacements, status.resumes), (2, 0, 0));
    let status = tunnel.close().await;
    assert!(status.received > u64::from(DOWNLOAD) + 100_000 && status.sent > 100_000, "{status:?}");
    assert_eq!((status.connections, status.open, status.sessions), (6, 0, 0));
    for operation in ["ssm:StartSession", "ssm:TerminateSession"] {
        assert_eq!(request_count(&sim, operation).await, json!(2), "{operation}");
    }
    let end = timeout(PATIENCE, echo.read_u8()).await.unwrap().map_err(|error| error.kind());
    assert_eq!(end, Err(ErrorKind::ConnectionReset), "no clean end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_session_carries_all_if_no_extra_session_can_be_opened() {
    let sim = simulator(Some(far_side().await)).await;
    let mut tunnel = opened(&sim).await;
    let mut download = unread(&tunnel, DOWNLOAD).await;
    fault(&sim, json!({"operation": "ssm:StartSession", "kind": "denied"})).await;
    let local = tunnel.address().unwrap();
    let small = Sizes { rounds: 20, ..Sizes::SMALL };
    let waiting = tokio::spawn(async move { run_transfer(local, Transfer::Rounds, small, async {}).await });
    let status = until(&tunnel, |status| status.reason().is_some()).await;
    let why = status.reason().unwrap();
    assert!(status.state == State::Ready && why.contains("no other could be opened"), "{why}");
    // The change is broadcast once.
    while timeout(PATIENCE, tunnel.changed()).await.unwrap().unwrap().reason().is_none() {}
    assert_eq!(read(&mut download).await.unwrap(), DOWNLOAD as usize);
    assert_eq!(waiting.await.unwrap(), Verdict::Exact);
    assert_eq!(tunnel.close().await.connections, 2);
    assert_eq!(request_count(&sim, "ssm:TerminateSession").await, json!(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_of_both_sessions_are_resumed_without_losing_bytes() {
    let sim = simulator(Some(far_side().await)).await;
    let tunnel = opened(&sim).await;
    let mut download = unread(&tunnel, DOWNLOAD).await;
    let mut echo = echo_through_extra(&tunnel).await;
    fault(&sim, json!({"operation": "gateway:link", "kind": "close", "count": 2})).await;
    // The link of the extra session; reading from the first one is paused.
    let status = until(&tunnel, |status| status.resumes == 1 && status.state == State::Ready).await;
    assert!(status.waits_for_reader, "{status:?}");
    echoed(&mut echo).await.unwrap();
    assert_eq!(read(&mut download).await.unwrap(), DOWNLOAD as usize);
    until(&tunnel, |status| status.resumes == 2 && status.state == State::Ready).await;
    assert_eq!(tunnel.close().await.replacements, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_task_resets_the_connections_of_both_sessions() {
    let sim = simulator(Some(far_side().await)).await;
    let tunnel = opened(&sim).await;
    let mut download = unread(&tunnel, LONG).await;
    let mut echo = echo_through_extra(&tunnel).await;
    let task = tunnel.status().borrow().target.clone().unwrap();
    let stop = json!({"cluster": CLUSTER, "task": task, "reason": "test"});
    ecs(&sim.endpoint(), "StopTask", &stop).await.unwrap();
    post(&sim.endpoint(), "/_sim/advance", "", &json!({"seconds": 120})).await.unwrap();
    let status = until(&tunnel, |status| status.replacements == 1).await;
    assert!(status.waits_for_reader, "the first is not read yet: {status:?}");
    let end = timeout(PATIENCE, echo.read_u8()).await.unwrap().map_err(|error| error.kind());
    assert_eq!(end, Err(ErrorKind::ConnectionReset), "no clean end");
    let end = read(&mut download).await.map_err(|error| error.kind());
    assert_eq!(end, Err(ErrorKind::ConnectionReset), "no clean end");
    let status = until(&tunnel, |status| status.replacements == 2 && status.state == State::Ready).await;
    assert_eq!((status.sessions, status.open), (1, 0), "{status:?}");
    assert_ne!(status.target.as_deref(), Some(task.as_str()));
    let small = Sizes { bytes: 5_000, rounds: 5, ..Sizes::SMALL };
    assert_eq!(run_transfer(tunnel.address().unwrap(), Transfer::Rounds, small, async {}).await, Verdict::Exact);
}
