//! Tunnels: an echo over a link of 20 ms, downloads, the time to Ready, a day of closes and deployments, every fault,
//! many connections of which one is not read. Compared with AWS's own client if `COCKPIT_SESSION_MANAGER_PLUGIN` is
//! set.

#[path = "../../crates/aws-sim/tests/session_manager/client.rs"]
mod client;
#[path = "../../crates/aws-sim/tests/session_manager/matrix.rs"]
mod matrix;

use crate::report::Report;
use crate::servers::{COCKPIT, Server, World, own, resident};
use crate::times::{Times, ms};
use crate::{Effort, Result};
use aws_sim::{Sim, SimOptions};
use matrix::{Sizes, Transfer, Verdict};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Runtime;

/// The earlier result of AWS's own client on another machine: echo idle and during a download, and MB/s.
const MEASURED: &str = "measured earlier: 21.6 ms, 37 ms, 0.7 MB/s";

/// The time limit for output of a tunnel.
const PATIENCE: Duration = Duration::from_mins(2);

fn runtime() -> Result<Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

/// A running `cockpit tunnel`, which ends when this value is dropped.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    /// The last line with the state `ready`.
    ready: Value,
    pub(crate) local: SocketAddr,
    /// The time from starting the process until it was ready.
    pub(crate) took: Duration,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub(crate) fn start(world: &World, endpoint: &str) -> Result<Self> {
        let begin = Instant::now();
        let mut command = world.command(COCKPIT, endpoint);
        command.args(["tunnel", "staging", "--to", "db.example:5432", "--through", "web", "--port", "0", "--json"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let out = child.stdout.take().ok_or("the tunnel has no output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            BufReader::new(out).lines().map_while(std::result::Result::ok).try_for_each(|line| sender.send(line))
        });
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut running = Self { child, lines, ready: Value::Null, local, took: Duration::ZERO };
        let ready = running.until("ready")?;
        running.took = begin.elapsed();
        running.local = ready["local"].as_str().ok_or("no local address")?.parse()?;
        Ok(running)
    }

    fn until(&mut self, state: &str) -> Result<Value> {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.map_err(|error| format!("the tunnel was not {state}: {error}"))?;
            let line: Value = serde_json::from_str(&line)?;
            if line["state"] == "ready" {
                self.ready = line.clone();
            }
            if line["state"] == state {
                return Ok(line);
            }
        }
    }

    /// The last line with the state `ready`, of all lines so far.
    fn latest(&mut self) -> Result<Value> {
        while let Ok(line) = self.lines.try_recv() {
            let line: Value = serde_json::from_str(&line)?;
            if line["state"] == "ready" {
                self.ready = line;
            }
        }
        Ok(self.ready.clone())
    }

    /// The CPU time so far, in all threads.
    fn processor(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let after = stat.rsplit_once(") ").ok_or("no stat")?.1;
        let ticks: u64 = after.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }
}

/// A connection with a request for the far side.
fn ordered(local: SocketAddr, order: u8, bytes: u32) -> Result<TcpStream> {
    let mut socket = TcpStream::connect(local)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(Duration::from_mins(1)))?;
    socket.write_all(&[order])?;
    socket.write_all(&bytes.to_be_bytes())?;
    Ok(socket)
}

fn echoes(local: SocketAddr, rounds: usize) -> Result<Times> {
    let mut socket = ordered(local, b'e', 0)?;
    let mut times = Times::default();
    let mut byte = [0];
    for round in 0..rounds + 5 {
        let begin = Instant::now();
        socket.write_all(&[7])?;
        socket.read_exact(&mut byte)?;
        if round >= 5 {
            times.push(begin.elapsed());
        }
    }
    Ok(times)
}

/// The throughput of a download in MB/s.
fn download(local: SocketAddr, bytes: u32) -> Result<f64> {
    let mut socket = ordered(local, b'd', bytes)?;
    let mut buffer = vec![0; 256 << 10];
    let (begin, mut left) = (Instant::now(), bytes as usize);
    while left > 0 {
        let got = socket.read(&mut buffer)?;
        if got == 0 {
            return Err(format!("{left} bytes are missing").into());
        }
        left -= got;
    }
    Ok(f64::from(bytes) / 1e6 / begin.elapsed().as_secs_f64())
}

/// Sets a link with a round trip of 20 ms; with `paced`, the agent rests 1 ms after each message, as the official one does.
fn set_link(simulator: &Server, delay: u64, paced: bool) -> Result<()> {
    simulator.request("POST", "/_sim/fault", r#"{"clear":true}"#)?;
    let mut faults: Vec<Value> = Vec::new();
    if delay > 0 {
        faults.extend(
            ["gateway:input", "gateway:output", "gateway:acknowledge"]
                .map(|operation| json!({"operation": operation, "kind": "delay", "delay_ms": delay / 2})),
        );
    }
    if paced {
        faults.push(json!({"operation": "gateway:pace", "kind": "delay", "delay_ms": 1}));
    }
    for fault in faults {
        simulator.request("POST", "/_sim/fault", &fault.to_string())?;
    }
    Ok(())
}

struct Figures {
    idle: Times,
    busy: Times,
    paced: f64,
}

/// Measures an echo over 20 ms, idle and during a download, and the throughput of a download.
fn figures(local: SocketAddr, simulator: &Server, effort: Effort) -> Result<Figures> {
    let rounds = effort.pick(300, 60);
    set_link(simulator, 20, true)?;
    let idle = echoes(local, rounds)?;
    let over = Arc::new(AtomicBool::new(false));
    let stops = Arc::clone(&over);
    let mut load = ordered(local, b'd', u32::MAX)?;
    let loads = std::thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while !stops.load(Ordering::Relaxed) && load.read(&mut buffer).is_ok_and(|got| got > 0) {}
    });
    std::thread::sleep(Duration::from_millis(500));
    let busy = echoes(local, rounds);
    over.store(true, Ordering::Relaxed);
    let _ = loads.join();
    let busy = busy?;
    // The agent sends the rest until it learns that nothing reads it.
    std::thread::sleep(Duration::from_secs(1));
    let paced = download(local, effort.pick(10, 3) << 20)?;
    Ok(Figures { idle, busy, paced })
}

/// The figures of a link.
pub(crate) fn link(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let runtime = runtime()?;
    let far = runtime.block_on(matrix::far_side());
    let simulator = Server::with_tunnels_to(far, "1")?;
    // From the start of each session: the echo waits for the data that the agent has read ahead.
    set_link(&simulator, 0, true)?;
    let tunnel = Running::start(world, &simulator.endpoint)?;
    let ours = figures(tunnel.local, &simulator, effort)?;
    drop(tunnel);
    let theirs = match std::env::var("COCKPIT_SESSION_MANAGER_PLUGIN") {
        Ok(program) => {
            set_link(&simulator, 0, true)?;
            let (_child, local) = runtime.block_on(client::plugin(&program, &simulator.endpoint));
            let theirs = figures(local, &simulator, effort)?;
            let (idle, busy) = (ms(theirs.idle.median()), ms(theirs.busy.median()));
            format!("session-manager-plugin {idle}, {busy}, {:.2} MB/s", theirs.paced)
        }
        Err(_) => MEASURED.to_owned(),
    };
    report.add(
        "tunnel: echo of a byte over a link of 20 ms, p50; the same beside a download; a download, with the pace of the official agent",
        "≤ 21 ms; ≤ 30 ms; ≥ 0.7 MB/s",
        format!("{}; {}; {:.2} MB/s ({theirs})", ms(ours.idle.median()), ms(ours.busy.median()), ours.paced),
        ours.idle.median() <= Duration::from_millis(21)
            && ours.busy.median() <= Duration::from_millis(30)
            && ours.paced >= 0.7,
    );
    set_link(&simulator, 0, false)?;
    let tunnel = Running::start(world, &simulator.endpoint)?;
    let (before, begin) = (tunnel.processor()?, Instant::now());
    let fast = download(tunnel.local, effort.pick(400, 100) << 20)?;
    let share = tunnel.processor()?.saturating_sub(before).as_secs_f64() / begin.elapsed().as_secs_f64();
    report.add(
        "tunnel: a download from a gateway without a pace; processor meanwhile",
        "≥ 50 MB/s, < 1 core",
        format!("{fast:.0} MB/s, {share:.2} cores"),
        fast >= 50.0 && share < 1.0,
    );
    drop(tunnel);
    ready(world, &simulator, effort, report)?;
    runtime.block_on(unread(far, effort, report))
}

/// The time from the start of the command to Ready in round trips, derived from the additional time on a longer link.
fn ready(world: &World, simulator: &Server, effort: Effort, report: &mut Report) -> Result<()> {
    const ROUND: u64 = 200;
    let times = |delay: u64| -> Result<Duration> {
        let mut times = Times::default();
        for _ in 0..effort.pick(5, 3) {
            set_link(simulator, delay, false)?;
            if delay > 0 {
                let connect = json!({"operation": "gateway:connect", "kind": "delay", "delay_ms": delay});
                simulator.request("POST", "/_sim/fault", &connect.to_string())?;
            }
            times.push(Running::start(world, &simulator.endpoint)?.took);
        }
        Ok(times.median())
    };
    let (near, far) = (times(0)?, times(ROUND)?);
    let rounds = far.saturating_sub(near).as_secs_f64() * 1000.0 / ROUND as f64;
    report.add(
        "tunnel: from the start of the command to Ready, requests to AWS included; round trips of the WebSocket until then, its upgrade included",
        "≤ 3 round trips",
        format!("{}; {rounds:.1} round trips", ms(near)),
        rounds <= 3.2,
    );
    set_link(simulator, 0, false)
}

/// A hundred connections, one of which is not read, with a paced agent.
async fn unread(far: SocketAddr, effort: Effort, report: &mut Report) -> Result<()> {
    async fn rounds(local: SocketAddr, over: Arc<AtomicBool>) -> std::io::Result<Vec<Duration>> {
        let mut socket = tokio::net::TcpStream::connect(local).await?;
        socket.set_nodelay(true)?;
        socket.write_all(&[b'e', 0, 0, 0, 0]).await?;
        let mut times = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let begin = Instant::now();
            socket.write_all(&[7]).await?;
            // While the whole session waits for that reader, no answer arrives.
            match tokio::time::timeout(Duration::from_secs(3), socket.read_u8()).await {
                Ok(read) => read?,
                Err(_) => break,
            };
            // In flight when the session began to wait; it does not count.
            if over.load(Ordering::Relaxed) {
                break;
            }
            times.push(begin.elapsed());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(times)
    }
    let sim = client::simulator(Some(far)).await;
    client::fault(&sim, json!({"operation": "gateway:pace", "kind": "delay", "delay_ms": 1})).await;
    let tunnel = client::opened(&sim).await;
    let local = tunnel.address().ok_or("no address")?;
    let mut quantiles = Vec::new();
    let mut clear = false;
    for with_unread in [false, true] {
        let over = Arc::new(AtomicBool::new(false));
        let all: Vec<_> = (0..99).map(|_| tokio::spawn(rounds(local, Arc::clone(&over)))).collect();
        if with_unread {
            let mut unread = tokio::net::TcpStream::connect(local).await?;
            unread.write_all(&[b'd', 0x10, 0, 0, 0]).await?;
            let status = client::until(&tunnel, |status| status.waits_for_reader).await;
            over.store(true, Ordering::Relaxed);
            clear = status.waits_for_reader;
            let mut byte = [0; 4096];
            // The connection is read again, so the others continue.
            while tunnel.status().borrow().waits_for_reader {
                unread.read_exact(&mut byte).await?;
            }
        } else {
            tokio::time::sleep(Duration::from_secs(effort.pick(5, 2))).await;
            over.store(true, Ordering::Relaxed);
        }
        let mut times = Times::default();
        for one in all {
            for time in one.await?? {
                times.push(time);
            }
        }
        quantiles.push(times.p99());
    }
    let (without, with) = (quantiles[0], quantiles[1]);
    report.add(
        "tunnel: 99 connections with an echo each, p99; the same beside one that is not read, until 4 MiB wait for it; then the status says so",
        "unharmed; said",
        format!("{}; {}; {}", ms(without), ms(with), if clear { "said" } else { "not said" }),
        clear && with <= without * 2 + Duration::from_millis(50),
    );
    Ok(())
}

/// Midnight in Tokyo before a Saturday: `staging` is stopped in the evenings of working days, and the measured day
/// must have 24 hours.
const MIDNIGHT: &str = "2026-11-20T15:00:00Z";

/// A day with a close every hour and another task every three hours: transfers and memory.
pub(crate) fn day(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let runtime = runtime()?;
    let far = runtime.block_on(matrix::far_side());
    let options = SimOptions {
        speed: 60.0,
        start: Some(MIDNIGHT.parse()?),
        map: vec![("*:5432".to_owned(), far)],
        limited: false,
        ..SimOptions::default()
    };
    let sim = runtime.block_on(Sim::start(options))?;
    let advance = |seconds: u64| {
        runtime.block_on(client::post(&sim.endpoint(), "/_sim/advance", "", &json!({"seconds": seconds})))
    };
    // The agent rests like the official one; otherwise a whole download arrives before it is closed in the middle.
    runtime.block_on(client::fault(&sim, json!({"operation": "gateway:pace", "kind": "delay", "delay_ms": 1})));
    let mut tunnel = Running::start(world, &sim.endpoint())?;
    let sizes = Sizes { bytes: effort.pick(4, 1) << 20, ..Sizes::SMALL };
    let (mut wrong, mut memory) = (Vec::new(), Vec::new());
    let mut replacements = 0;
    for hour in 1..=24 {
        advance(3600)?;
        for kind in [Transfer::Up, Transfer::Down] {
            // Wait until the previous connection has ended; otherwise this one would use an extra session.
            std::thread::sleep(Duration::from_millis(100));
            let linked = count(&runtime, &sim, "gateway:connect")?;
            let close = client::fault(&sim, json!({"operation": "gateway:link", "kind": "close", "count": 1}));
            let verdict = runtime.block_on(matrix::run_transfer(tunnel.local, kind, sizes, close));
            if verdict != Verdict::Exact {
                wrong.push(format!("hour {hour} {kind:?}: {verdict:?}"));
                runtime.block_on(client::fault(&sim, json!({"clear": true, "operation": "gateway:link"})));
                continue;
            }
            // The simulator's counter is reliable: lines report changes, and two changes may share a line.
            let begin = Instant::now();
            while count(&runtime, &sim, "gateway:connect")? == linked {
                if begin.elapsed() > PATIENCE {
                    return Err(format!("hour {hour} {kind:?}: its link was not closed").into());
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        if hour % 3 == 0 {
            let task = task(&runtime, &sim.endpoint(), &tunnel.latest()?)?;
            let stop = json!({"cluster": client::CLUSTER, "task": task, "reason": "deployment"});
            runtime.block_on(client::ecs(&sim.endpoint(), "StopTask", &stop))?;
            advance(300)?;
            let before = replacements;
            while replacements == before {
                replacements = tunnel.until("ready")?["replacements"].as_u64().unwrap_or_default();
            }
        }
        memory.push(resident(tunnel.child.id())?);
    }
    let resumes = count(&runtime, &sim, "ssm:ResumeSession")?;
    let (first, last, own) = (memory[3], memory[23], own(tunnel.child.id())?);
    let peak = memory.iter().copied().fold(0.0, f64::max);
    let named = if wrong.is_empty() { String::new() } else { format!(" ({})", wrong.join("; ")) };
    report.add(
        "tunnel: a day of it, closed every hour in the middle of a transfer, with another task every 3 h: bytes, memory",
        "no lost byte, memory flat, ≤ 15 MB",
        format!(
            "{} of 48 transfers wrong{named}, {resumes} resumed, {replacements} replaced; {first:.1} MB after 4 h, {last:.1} MB after 24, peak {peak:.1}, {own:.1} of them its own",
            wrong.len()
        ),
        wrong.is_empty() && last <= first * 1.1 && peak <= 15.0,
    );
    Ok(())
}

/// How often an operation was requested from the simulator.
fn count(runtime: &Runtime, sim: &Sim, operation: &str) -> Result<u64> {
    let requests = runtime.block_on(client::get(&sim.endpoint(), "/_sim/requests"))?;
    Ok(requests["operations"][operation]["count"].as_u64().unwrap_or_default())
}

/// The full id of the task that a tunnel reports.
fn task(runtime: &Runtime, endpoint: &str, ready: &Value) -> Result<String> {
    let through = ready["through"].as_str().unwrap_or_default();
    let short = through.split("task ").nth(1).and_then(|rest| rest.split(',').next()).ok_or("no task")?;
    let input = json!({"cluster": client::CLUSTER, "serviceName": client::SERVICE});
    let listed = runtime.block_on(client::ecs(endpoint, "ListTasks", &input))?;
    let arns = listed["taskArns"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut ids = arns.filter_map(|arn| arn.rsplit('/').next());
    ids.find(|id| id.starts_with(short)).map(str::to_owned).ok_or_else(|| format!("no task {short}").into())
}

/// Runs every fault with every transfer.
pub(crate) fn faults(_: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let sizes = effort.pick(Sizes::WHOLE, Sizes::SMALL);
    let cells = runtime()?.block_on(matrix::matrix(sizes));
    let holds = cells.iter().filter(|cell| cell.holds()).count();
    let wrong: Vec<String> = cells
        .iter()
        .filter(|cell| !cell.holds())
        .map(|cell| format!("{} × {:?}: {:?}", cell.fault, cell.transfer, cell.verdict))
        .collect();
    report.add(
        "tunnel: every fault × 3 transfers (up, down, round trips): byte-exact, or reset where the session is lost",
        "all",
        format!(
            "{holds} of {}, {:.1} MB and {} round trips each{}{}",
            cells.len(),
            sizes.bytes as f64 / f64::from(1 << 20),
            sizes.rounds,
            if wrong.is_empty() { "" } else { ": " },
            wrong.join("; ")
        ),
        holds == cells.len() && cells.len() == 3 * matrix::faults().len(),
    );
    Ok(())
}
