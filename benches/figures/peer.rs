//! The snapshot, compared with a script of AWS CLI calls and with its longest chain of calls.

use crate::report::Report;
use crate::servers::{COCKPIT, Server, World, root};
use crate::times::{Times, ms};
use crate::{Effort, Result};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The required speed-up over the script.
const FASTER: f64 = 120.0;
/// moto does not support four of the calls and fails; neither side retries.
const ONCE: (&str, &str) = ("AWS_MAX_ATTEMPTS", "1");
/// The number of calls that each need the answer of the previous one.
const CHAIN: f64 = 2.0;
/// The allowed duration of the snapshot relative to that chain alone.
const OVERHEAD: f64 = 1.3;

pub(crate) fn snapshot(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let python = python();
    let moto = Server::moto(&python)?;
    let seeded = Command::new(&python).arg(root().join("benches/seed.py")).arg(&moto.endpoint).output()?;
    if !seeded.status.success() {
        return Err(format!("moto could not be filled: {}", String::from_utf8_lossy(&seeded.stderr)).into());
    }
    check(world, &moto)?;
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for _ in 0..effort.pick(3, 1) {
        for _ in 0..10 {
            ours.push(once(world, &moto)?);
        }
        theirs.push(script(world, &moto, &python)?);
    }
    let times = theirs.median().as_secs_f64() / ours.median().as_secs_f64();
    report.add(
        "snapshot of `staging` against moto, and a script of AWS CLI calls",
        &format!("≥ {FASTER}× faster"),
        format!("{times:.0}× ({} and {:.1} s)", ms(ours.median()), theirs.median().as_secs_f64()),
        times >= FASTER,
    );
    Ok(())
}

pub(crate) fn latency(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let simulator = Server::simulator("staging")?;
    let measure = |delay: u64| -> Result<Times> {
        simulator.delay(delay)?;
        let mut times = Times::default();
        for _ in 0..effort.pick(15, 7) {
            times.push(once(world, &simulator)?);
        }
        Ok(times)
    };
    let (short, long) = (measure(100)?.median().as_secs_f64(), measure(300)?.median().as_secs_f64());
    let chain = (long - short) / 0.2;
    let ratio = short / (CHAIN * 0.1);
    let what = "snapshot with 100 ms added to every answer, and its longest chain of calls";
    let measured = format!("{ratio:.2}× ({:.0} ms; the chain measured is {chain:.2} calls)", short * 1000.0);
    report.add(what, &format!("≤ {OVERHEAD}×"), measured, ratio <= OVERHEAD && (chain - CHAIN).abs() < 0.3);
    Ok(())
}

/// The duration of a snapshot, from before the process is started until it has ended.
fn once(world: &World, server: &Server) -> Result<Duration> {
    let mut command = world.command(COCKPIT, &server.endpoint);
    command.args(["snapshot", "--env", "staging", "-o", "json"]).stderr(Stdio::null()).env(ONCE.0, ONCE.1);
    let start = Instant::now();
    // The exit code tells whether a source failed; moto does not support all of them.
    command.status()?;
    Ok(start.elapsed())
}

/// Checks that the measured snapshot contains both services and the database.
fn check(world: &World, server: &Server) -> Result<()> {
    let mut command = world.command(COCKPIT, &server.endpoint);
    command.args(["snapshot", "--env", "staging", "-o", "json"]).stdout(Stdio::piped()).env(ONCE.0, ONCE.1);
    let out = command.output()?;
    let snapshot: Value = serde_json::from_slice(&out.stdout)
        .map_err(|error| format!("no snapshot: {error}: {}", String::from_utf8_lossy(&out.stderr)))?;
    let count = |key: &str| snapshot[key].as_array().map_or(0, Vec::len);
    if count("services") != 2 || count("databases") != 1 {
        return Err(format!("the snapshot of moto lacks something: {snapshot:#}").into());
    }
    Ok(())
}

fn script(world: &World, server: &Server, python: &str) -> Result<Duration> {
    let mut command = world.command("sh", &server.endpoint);
    command.arg(root().join("benches/peer.sh")).args([python, "-m", "awscli"]).env(ONCE.0, ONCE.1);
    let start = Instant::now();
    let out = command.output()?;
    let time = start.elapsed();
    if !out.status.success() {
        return Err(format!("the script failed: {}", String::from_utf8_lossy(&out.stderr)).into());
    }
    Ok(time)
}

/// The Python interpreter with moto, boto3 and awscli.
fn python() -> String {
    std::env::var("COCKPIT_PYTHON").unwrap_or_else(|_| {
        let home = std::env::var("HOME").unwrap_or_default();
        format!("{home}/.cache/cockpit/venv/bin/python")
    })
}
