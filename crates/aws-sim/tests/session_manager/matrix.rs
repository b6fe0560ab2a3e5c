//! Every fault with every kind of transfer: all bytes arrive, or the connection is reset. No transfer ends as if it
//! were complete, and none hangs. `./dev fuzz` and `./dev bench` run this with 20 MB and 2,000 round trips.
#![allow(clippy::unwrap_used, missing_docs, dead_code)]

use super::client::{Client, REMOTE, fault, until};
use aws_sim::{Scenario, Sim, SimOptions};
use serde_json::{Value, json};
use ssm_tunnel::{Options, SendRate, State, Tunnel};
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The sizes of a transfer.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    pub bytes: usize,
    pub rounds: usize,
    /// The number of cells that run at the same time.
    pub at_once: usize,
    pub pace: SendRate,
    /// The time limit of a transfer.
    pub patience: Duration,
}

impl Sizes {
    pub const SMALL: Self = Self {
        bytes: 512 << 10,
        rounds: 200,
        at_once: 18,
        pace: SendRate { per_second: 1000, burst: 32 },
        patience: Duration::from_mins(3),
    };
    pub const WHOLE: Self = Self {
        bytes: 20 << 20,
        rounds: 2_000,
        at_once: 9,
        pace: SendRate { per_second: 1000, burst: 32 },
        patience: Duration::from_mins(5),
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    Up,
    Down,
    Rounds,
}

/// The outcome of a transfer under a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All bytes arrived, in order.
    Exact,
    /// The connection was reset, so its user notices.
    Reset,
    /// It ended without an error but incomplete, or with wrong bytes.
    Silent,
    /// It made no progress.
    Hung,
}

/// A fault that is applied to a transfer.
#[derive(Clone)]
pub struct Fault {
    pub name: &'static str,
    /// Applied before the tunnel is opened.
    before: Vec<Value>,
    /// Applied right before the transfer.
    first: Vec<Value>,
    middle: Vec<Value>,
    /// The expected outcome.
    pub expected: Verdict,
}

fn exact(name: &'static str) -> Fault {
    Fault { name, before: Vec::new(), first: Vec::new(), middle: Vec::new(), expected: Verdict::Exact }
}

/// The fault once per direction, and once for acknowledgements.
fn each(kind: &str, count: u64) -> Vec<Value> {
    ["gateway:output", "gateway:acknowledge", "gateway:input"]
        .map(|operation| json!({"operation": operation, "kind": kind, "after": 5, "count": count}))
        .to_vec()
}

fn link(kind: &str) -> Value {
    json!({"operation": "gateway:link", "kind": kind, "count": 1})
}

fn once(operation: &str, kind: &str) -> Value {
    json!({"operation": operation, "kind": kind, "count": 1})
}

pub fn faults() -> Vec<Fault> {
    let handshake = |kind: &str, delay: u64| {
        vec![json!({"operation": "gateway:handshake", "kind": kind, "delay_ms": delay, "count": 1})]
    };
    let lost_acknowledgements = vec![
        json!({"operation": "gateway:acknowledge", "kind": "drop", "count": 40}),
        json!({"operation": "gateway:input", "kind": "drop", "count": 10}),
    ];
    vec![
        Fault { middle: vec![link("reset")], ..exact("the socket is killed") },
        Fault { middle: vec![link("close")], ..exact("1000 Bye") },
        Fault { middle: vec![link("going_away")], ..exact("1001") },
        Fault {
            first: lost_acknowledgements,
            middle: vec![link("reset")],
            ..exact("acknowledgements are lost, then the socket is killed")
        },
        Fault { before: handshake("early", 300), ..exact("start_publication comes before the agent") },
        Fault { before: handshake("delay", 2_000), ..exact("a late agent") },
        Fault { before: handshake("silent", 0), ..exact("a handshake that never comes") },
        Fault { first: each("reorder", 50), ..exact("messages in another order") },
        Fault { first: each("duplicate", 50), ..exact("messages twice") },
        Fault { first: each("drop", 20), ..exact("messages are lost") },
        Fault { first: each("damage", 20), ..exact("messages with a wrong digest") },
        Fault { first: each("unknown", 20), ..exact("messages of unknown types") },
        Fault { middle: vec![link("hang")], ..exact("a black hole") },
        Fault {
            middle: vec![
                json!({"operation": "ssm:ResumeSession", "kind": "reset", "count": 2}),
                once("gateway:connect", "reset"),
                link("reset"),
            ],
            ..exact("no network for a while, and then another one")
        },
        Fault { middle: vec![once("gateway:connect", "denied"), link("reset")], ..exact("403 when it is resumed") },
        Fault {
            middle: vec![once("gateway:connect", "signature"), link("reset")],
            ..exact("a signature that is refused")
        },
        Fault {
            middle: vec![once("ssm:ResumeSession", "empty"), link("close")],
            expected: Verdict::Reset,
            ..exact("the session timed out: an empty token")
        },
        Fault {
            first: vec![once("gateway:dial", "refused")],
            expected: Verdict::Reset,
            ..exact("a port that refuses")
        },
        Fault { before: handshake("old", 0), ..exact("an agent without multiplexing") },
        Fault { middle: vec![link("restart")], expected: Verdict::Reset, ..exact("the agent is started again") },
    ]
}

/// A sequence of bytes that does not repeat.
fn pattern(from: usize, bytes: usize) -> Vec<u8> {
    (from..from + bytes).map(|at| ((at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 29) as u8).collect()
}

const PIECE: usize = 32 << 10;

/// Reads bytes and returns whether they match `pattern`.
async fn reads(socket: &mut TcpStream, from: usize, bytes: usize) -> io::Result<bool> {
    let mut at = from;
    let mut piece = vec![0; PIECE];
    let mut same = true;
    while at < from + bytes {
        let piece = &mut piece[..PIECE.min(from + bytes - at)];
        socket.read_exact(piece).await?;
        same &= piece == pattern(at, piece.len());
        at += piece.len();
    }
    Ok(same)
}

async fn writes(socket: &mut TcpStream, from: usize, bytes: usize) -> io::Result<()> {
    let mut at = from;
    while at < from + bytes {
        let piece = PIECE.min(from + bytes - at);
        socket.write_all(&pattern(at, piece)).await?;
        at += piece;
    }
    Ok(())
}

/// The far side. The first byte selects its role: it receives and checks bytes, sends bytes, or echoes.
pub async fn far_side() -> SocketAddr {
    async fn serve(socket: &mut TcpStream) -> io::Result<()> {
        let _ = socket.set_nodelay(true);
        let role = socket.read_u8().await?;
        let bytes = socket.read_u32().await? as usize;
        match role {
            b'u' => {
                let same = reads(socket, 0, bytes).await?;
                socket.write_all(&[u8::from(same)]).await?;
            }
            b'd' => writes(socket, 0, bytes).await?,
            _ => {
                let (mut read, mut write) = socket.split();
                tokio::io::copy(&mut read, &mut write).await?;
            }
        }
        Ok(())
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move { serve(&mut socket).await });
        }
    });
    address
}

/// Transfers data, running `middle` halfway.
pub async fn transfer(
    local: SocketAddr,
    transfer: Transfer,
    sizes: Sizes,
    middle: impl Future<Output = ()>,
) -> io::Result<bool> {
    let mut socket = TcpStream::connect(local).await?;
    socket.set_nodelay(true)?;
    let bytes = sizes.bytes;
    let half = bytes / 2;
    let order = match transfer {
        Transfer::Up => b'u',
        Transfer::Down => b'd',
        Transfer::Rounds => b'e',
    };
    socket.write_all(&[order]).await?;
    socket.write_all(&(bytes as u32).to_be_bytes()).await?;
    match transfer {
        Transfer::Up => {
            writes(&mut socket, 0, half).await?;
            middle.await;
            writes(&mut socket, half, bytes - half).await?;
            Ok(socket.read_u8().await? == 1)
        }
        Transfer::Down => {
            let first = reads(&mut socket, 0, half).await?;
            middle.await;
            Ok(first && reads(&mut socket, half, bytes - half).await?)
        }
        Transfer::Rounds => {
            let mut same = true;
            let mut middle = Some(middle);
            for round in 0..sizes.rounds {
                if round == sizes.rounds / 2
                    && let Some(middle) = middle.take()
                {
                    middle.await;
                }
                let sent = pattern(round * 31, 1 + round % 90);
                socket.write_all(&sent).await?;
                let mut got = vec![0; sent.len()];
                socket.read_exact(&mut got).await?;
                same &= got == sent;
            }
            Ok(same)
        }
    }
}

/// The outcome of a transfer, running `middle` halfway.
pub async fn run_transfer(
    local: SocketAddr,
    kind: Transfer,
    sizes: Sizes,
    middle: impl Future<Output = ()>,
) -> Verdict {
    let result = timeout(sizes.patience, transfer(local, kind, sizes, middle)).await;
    result.map_or(Verdict::Hung, verdict)
}

fn verdict(result: io::Result<bool>) -> Verdict {
    match result {
        Ok(true) => Verdict::Exact,
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset || error.kind() == io::ErrorKind::BrokenPipe => {
            Verdict::Reset
        }
        Ok(false) | Err(_) => Verdict::Silent,
    }
}

/// A cell of the matrix.
#[derive(Debug, Clone)]
pub struct Cell {
    pub fault: &'static str,
    pub transfer: Transfer,
    pub verdict: Verdict,
    pub expected: Verdict,
    /// Whether the same local port served another transfer afterwards.
    pub serves_again: bool,
    pub end: String,
}

impl Cell {
    pub fn holds(&self) -> bool {
        self.verdict == self.expected && self.serves_again
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let serves_again = if self.serves_again { "" } else { ", and then no more" };
        write!(out, "{} × {:?}: {:?}{serves_again} ({})", self.fault, self.transfer, self.verdict, self.end)
    }
}

/// Switches on faults in the simulator.
async fn switch_on(sim: &Sim, faults: &[Value]) {
    for one in faults {
        fault(sim, one.clone()).await;
    }
}

async fn cell(fault: Fault, kind: Transfer, sizes: Sizes, far: SocketAddr) -> Cell {
    let map = vec![(format!("{}:{}", REMOTE.0, REMOTE.1), far)];
    let sim = Sim::start(SimOptions { scenario: Scenario::Staging, map, limited: false, ..SimOptions::default() });
    let sim = sim.await.unwrap();
    // The agent rests like the official one; otherwise everything arrives before the fault happens.
    switch_on(&sim, &[json!({"operation": "gateway:pace", "kind": "delay", "delay_ms": 1})]).await;
    switch_on(&sim, &fault.before).await;
    let gate = Client { endpoint: sim.endpoint(), command: None };
    let options = Options { region: "ap-northeast-1".into(), tls: None, proxy: None, pace: sizes.pace };
    let tunnel = Tunnel::open(gate, options, SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    timeout(sizes.patience, tunnel.ready()).await.unwrap().unwrap();
    switch_on(&sim, &fault.first).await;
    let middle = switch_on(&sim, &fault.middle);
    let verdict = run_transfer(tunnel.address().unwrap(), kind, sizes, middle).await;
    until(&tunnel, |status| status.state == State::Ready).await;
    let little = Sizes { bytes: 5_000, rounds: 5, ..sizes };
    let serves_again = run_transfer(tunnel.address().unwrap(), kind, little, async {}).await == Verdict::Exact;
    let end = format!("{:?}", *tunnel.status().borrow());
    tunnel.close().await;
    sim.shutdown();
    Cell { fault: fault.name, transfer: kind, verdict, expected: fault.expected, serves_again, end }
}

/// Runs every transfer under each fault.
pub async fn matrix(sizes: Sizes) -> Vec<Cell> {
    let far = far_side().await;
    let places = Arc::new(Semaphore::new(sizes.at_once));
    let mut cells = JoinSet::new();
    for fault in faults() {
        for kind in [Transfer::Up, Transfer::Down, Transfer::Rounds] {
            let (places, fault) = (Arc::clone(&places), fault.clone());
            cells.spawn(async move {
                let _place = places.acquire_owned().await.unwrap();
                cell(fault, kind, sizes, far).await
            });
        }
    }
    cells.join_all().await
}

#[cfg(test)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_with_every_transfer_is_byte_exact_or_a_reset() {
    let sizes = if std::env::var_os("COCKPIT_ALL_FAULTS").is_some() { Sizes::WHOLE } else { Sizes::SMALL };
    let cells = matrix(sizes).await;
    let wrong: Vec<String> = cells.iter().filter(|cell| !cell.holds()).map(Cell::to_string).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
    assert_eq!(cells.len(), 60);
}
