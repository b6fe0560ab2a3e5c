//! Tunnels and shells through the simulator's Session Manager, with the driver that the cockpit uses: every byte
//! arrives in order, or the connection is reset.
#![allow(clippy::unwrap_used)]

mod bad;
mod client;
mod cut;
mod extra;
mod life;
mod matrix;
mod plugin;

use client::{Client, PATIENCE, echo, fault, get, noise, opened, options, round, simulator, until};
use serde_json::json;
use ssm_tunnel::driver::{ShellInput, ShellOutput};
use ssm_tunnel::{Shell, State};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_byte_arrives_under_link_faults() {
    let sim = simulator(Some(echo().await)).await;
    let tunnel = opened(&sim).await;
    let faults = [
        json!({"operation": "gateway:output", "kind": "reset", "after": 30, "count": 1}),
        json!({"operation": "gateway:output", "kind": "close", "after": 30, "count": 1}),
        json!({"operation": "gateway:output", "kind": "going_away", "after": 30, "count": 1}),
        json!({"operation": "gateway:acknowledge", "kind": "drop", "after": 10, "count": 40}),
        json!({"operation": "gateway:*", "kind": "duplicate", "count": 100}),
        json!({"operation": "gateway:output", "kind": "reorder", "count": 20}),
        json!({"operation": "gateway:output", "kind": "unknown", "count": 20}),
        json!({"operation": "gateway:output", "kind": "drop", "after": 20, "count": 3}),
    ];
    for one in faults {
        fault(&sim, one.clone()).await;
        timeout(PATIENCE, round(tunnel.address().unwrap(), 200_000))
            .await
            .unwrap_or_else(|_| panic!("hung: {one}"))
            .unwrap();
        fault(&sim, json!({"clear": true})).await;
    }
    // Acknowledgements are lost at the moment of a cut.
    fault(&sim, json!({"operation": "gateway:acknowledge", "kind": "drop", "count": 25})).await;
    fault(&sim, json!({"operation": "gateway:output", "kind": "reset", "after": 25, "count": 1})).await;
    timeout(PATIENCE, round(tunnel.address().unwrap(), 200_000)).await.unwrap().unwrap();
    let status = tunnel.close().await;
    assert_eq!((status.resumes, status.replacements), (4, 0), "{status:?}");
    assert_eq!(status.received, 9 * 200_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timed_out_session_resets_its_connections_and_keeps_the_port() {
    let sim = simulator(Some(echo().await)).await;
    let tunnel = opened(&sim).await;
    let mut socket = TcpStream::connect(tunnel.address().unwrap()).await.unwrap();
    socket.write_all(b"x").await.unwrap();
    assert_eq!(socket.read_u8().await.unwrap(), b'x');
    fault(&sim, json!({"operation": "ssm:ResumeSession", "kind": "empty", "count": 1})).await;
    fault(&sim, json!({"operation": "gateway:link", "kind": "close", "count": 1})).await;
    let error = timeout(PATIENCE, socket.read_u8()).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "no clean end");
    timeout(PATIENCE, round(tunnel.address().unwrap(), 1000)).await.unwrap().unwrap();
    assert_eq!(tunnel.close().await.replacements, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusing_target_resets_the_connection_and_is_counted() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let sim = simulator(Some(free)).await;
    let mut tunnel = opened(&sim).await;
    let error = timeout(PATIENCE, round(tunnel.address().unwrap(), 10)).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    until(&tunnel, |status| status.refused == 1 && status.state == State::Ready).await;
    // The refusal is broadcast at once, not only visible in the counters.
    while timeout(PATIENCE, tunnel.changed()).await.unwrap().unwrap().refused == 0 {}
    // The simulator records the reason.
    let requests = get(&sim.endpoint(), "/_sim/requests").await.unwrap();
    assert_eq!(requests["operations"]["gateway:dial:ConnectionRefused"], json!({"count": 0, "errors": 1}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_port_is_reported_within_a_second() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let sim = simulator(Some(free)).await;
    // A slow attempt means that this machine was busy, so it is repeated.
    let mut took = Vec::new();
    while took.last().is_none_or(|took| *took >= Duration::from_secs(1)) {
        assert!(took.len() < 5, "{took:?}");
        let mut tunnel = opened(&sim).await;
        let begin = Instant::now();
        let _refused = TcpStream::connect(tunnel.address().unwrap()).await.unwrap();
        while timeout(PATIENCE, tunnel.changed()).await.unwrap().unwrap().refused == 0 {}
        took.push(begin.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_far_side_is_reported_within_seconds() {
    let sim = simulator(Some(echo().await)).await;
    fault(&sim, json!({"operation": "gateway:dial", "kind": "hang", "count": 1})).await;
    let tunnel = opened(&sim).await;
    let local = tunnel.address().unwrap();
    let mut silent = TcpStream::connect(local).await.unwrap();
    silent.write_all(b"is anybody there?").await.unwrap();
    let status = until(&tunnel, |status| status.silent == 1 && status.reason().is_some()).await;
    assert!(status.reason().unwrap().contains("has not answered for 5 s"), "{status:?}");
    assert!(status.hint.as_ref().unwrap().contains("security group") && status.state == State::Ready, "{status:?}");
    // Other connections are answered and not reported.
    timeout(PATIENCE, round(local, 1000)).await.unwrap().unwrap();
    drop(silent);
    until(&tunnel, |status| status.silent == 0 && status.reason().is_none()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_agent_serves_one_connection_after_the_other() {
    let sim = simulator(Some(echo().await)).await;
    fault(&sim, json!({"operation": "gateway:handshake", "kind": "old", "count": 1})).await;
    let tunnel = opened(&sim).await;
    for _ in 0..2 {
        timeout(PATIENCE, round(tunnel.address().unwrap(), 5_000)).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_link_and_late_agent_are_reported_and_overcome() {
    let sim = simulator(None).await;
    fault(&sim, json!({"operation": "gateway:handshake", "kind": "early", "delay_ms": 300, "count": 1})).await;
    let tunnel = opened(&sim).await;
    // The connection is refused once and then accepted.
    fault(&sim, json!({"operation": "gateway:connect", "kind": "denied", "count": 1})).await;
    fault(&sim, json!({"operation": "gateway:link", "kind": "reset", "count": 1})).await;
    until(&tunnel, |status| matches!(&status.state, State::Resuming(why) if why.contains("403"))).await;
    until(&tunnel, |status| status.state == State::Ready && status.resumes == 1).await;
    timeout(PATIENCE, round(tunnel.address().unwrap(), 10)).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paused_reader_blocks_the_sender_and_loses_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sim = simulator(Some(listener.local_addr().unwrap())).await;
    let tunnel = opened(&sim).await;
    let bytes = noise(12 << 20);
    let sent = Arc::new(bytes.clone());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.write_all(&sent).await;
    });
    let mut socket = TcpStream::connect(tunnel.address().unwrap()).await.unwrap();
    until(&tunnel, |status| status.waits_for_reader).await;
    let mut got = Vec::new();
    timeout(PATIENCE, socket.read_to_end(&mut got)).await.unwrap().unwrap();
    assert!(got == bytes, "{} of {}", got.len(), bytes.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_connections_at_once_each_get_their_own_bytes() {
    let sim = simulator(None).await;
    let tunnel = opened(&sim).await;
    let local = tunnel.address().unwrap();
    let mut silent = TcpStream::connect(local).await.unwrap();
    let all: Vec<_> = (1..=150).map(|size| tokio::spawn(timeout(PATIENCE, round(local, size * 7)))).collect();
    for one in all {
        one.await.unwrap().unwrap().unwrap();
    }
    // A connection without traffic so far is served like the others.
    silent.write_all(b"x").await.unwrap();
    assert_eq!(silent.read_u8().await.unwrap(), b'x');
    assert_eq!(tunnel.close().await.connections, 151);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shell_returns_output_and_exit_code_and_ends_its_session() {
    let sim = simulator(None).await;
    let gate = Client { endpoint: sim.endpoint(), command: Some("/bin/sh".into()) };
    let mut shell = Shell::open(gate, options());
    let input = shell.input().unwrap();
    input.send(ShellInput::Bytes("echo 日本; exit 3\r".into())).await.unwrap();
    let (mut output, mut exit) = (Vec::new(), None);
    while let Some(output_event) = timeout(PATIENCE, shell.next()).await.unwrap() {
        match output_event {
            ShellOutput::Output(bytes) | ShellOutput::Stderr(bytes) => output.extend_from_slice(&bytes),
            ShellOutput::Exit(code) => exit = Some(code),
            ShellOutput::Closed => break,
        }
    }
    assert_eq!(exit, Some(3));
    let output = String::from_utf8(output).unwrap();
    assert!(output.contains("\r\n日本\r\n"), "{output}");
}
