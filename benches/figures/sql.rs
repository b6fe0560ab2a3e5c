//! `cockpit sql` compared with psql: rows into a file, the first row, starting, cancelling; on loopback, with a
//! PostgreSQL of this machine's own programs. Also rows into a file through a tunnel of the simulator.

use crate::report::Report;
use crate::servers::{COCKPIT, Server, World};
use crate::times::{Times, ms};
use crate::tunnels::Running;
use crate::{Effort, Result};
use cockpit::runtime::local_postgres::{LocalOptions, LocalPostgres};
use std::fs::{self, File};
use std::io::Read as _;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The number of rows, about 96 bytes each as CSV.
const ROWS: u64 = 3_000_000;
/// The interval of memory samples.
const LOOK: Duration = Duration::from_millis(10);
const ALL: &str = "select * from figures";

/// A measured run of a program: its duration including the start, its peak memory in MB, its output size.
struct Measurement {
    time: Duration,
    memory: f64,
    bytes: u64,
}

pub(crate) fn sql(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let server = LocalPostgres::start(&LocalOptions::default()).map_err(|error| error.to_string())?;
    let url = server.url("postgres", "postgres");
    let rows = effort.pick(ROWS, ROWS / 10);
    let made = format!(
        "create unlogged table figures as select n as id, md5(n::text) || md5((n * 7)::text) as title, \
         timestamp '2026-01-01' + n * interval '1 second' as created from generate_series(1, {rows}) n; analyze figures"
    );
    measure(&mut psql(world, &url, &["-qc", &made]), "/dev/null", world)?;
    into_files(world, &url, rows, report)?;
    world.logging_in(|| through_a_tunnel(world, &server, rows, report))?;
    first_row(world, &url, report)?;
    start(world, &url, effort, report)?;
    cancel(world, &url, effort, report)
}

fn psql(world: &World, url: &str, arguments: &[&str]) -> Command {
    let mut command = world.command("psql", "");
    command.arg("-X").arg(url).args(arguments);
    command
}

fn cockpit_sql(world: &World, url: &str, arguments: &[&str]) -> Command {
    let mut command = world.command(COCKPIT, "");
    command.args(["sql", "--url", url]).args(arguments);
    command
}

/// Runs a program to its end with its output in a file.
fn measure(command: &mut Command, file: &str, world: &World) -> Result<Measurement> {
    let path = if file.starts_with('/') { file.into() } else { world.folder.join(file) };
    let start = Instant::now();
    let mut child = command.stdout(File::create(&path)?).spawn()?;
    let mut memory: f64 = 0.0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        memory = memory.max(peak(child.id()).unwrap_or_default());
        std::thread::sleep(LOOK);
    };
    let time = start.elapsed();
    if !status.success() {
        let mut message = String::new();
        if let Some(mut errors) = child.stderr.take() {
            errors.read_to_string(&mut message)?;
        }
        return Err(format!("{command:?} ended with {status}: {message}").into());
    }
    Ok(Measurement { time, memory, bytes: fs::metadata(&path).map(|file| file.len()).unwrap_or_default() })
}

/// The peak memory of a process so far, in MB (millions of bytes).
fn peak(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

fn describe(run: &Measurement) -> String {
    format!("{:.2} s, {:.0} MB", run.time.as_secs_f64(), run.memory)
}

/// Copies all rows into a file with psql's COPY.
fn copied(world: &World, url: &str) -> Result<Measurement> {
    let copy = format!("\\copy ({ALL}) to '{}' csv", world.folder.join("copied").display());
    measure(&mut psql(world, url, &["-qc", &copy]), "/dev/null", world)
}

/// The same through a tunnel to one gateway, each including the opening of the tunnel. Both run alternately, so that
/// other load on the machine affects them equally.
fn through_a_tunnel(world: &World, server: &LocalPostgres, rows: u64, report: &mut Report) -> Result<()> {
    let simulator = Server::with_tunnels_to(SocketAddr::from(([127, 0, 0, 1], server.port())), "1")?;
    let (mut ours, mut theirs, mut bytes) = (Times::default(), Times::default(), 0);
    for _ in 0..3 {
        let mut command = world.command(COCKPIT, &simulator.endpoint);
        command.args(["sql", "staging", "--through", "web", "-o", "csv", "-c", ALL]);
        let measured = measure(&mut command, "ours", world)?;
        ours.push(measured.time);
        bytes = measured.bytes;
        let tunnel = Running::start(world, &simulator.endpoint)?;
        let url = format!("postgresql://postgres@{}/postgres", tunnel.local);
        theirs.push(tunnel.took + copied(world, &url)?.time);
    }
    let (ours, theirs) = (ours.median().as_secs_f64(), theirs.median().as_secs_f64());
    report.add(
        "that table to a file through a tunnel, `cockpit sql -o csv`, and psql's COPY through `cockpit tunnel`",
        "≤ 1.1 × psql",
        format!("{ours:.2} s for {rows} rows, {:.0} MB (psql {theirs:.2} s)", bytes as f64 / 1e6),
        ours <= 1.1 * theirs,
    );
    Ok(())
}

/// All rows into a file. The memory of a small result is subtracted.
fn into_files(world: &World, url: &str, rows: u64, report: &mut Report) -> Result<()> {
    let base = measure(&mut cockpit_sql(world, url, &["-o", "csv", "-c", "select 1"]), "one", world)?.memory;
    let limit = |seconds: f64| seconds * rows as f64 / ROWS as f64;
    let copied = copied(world, url)?;
    for (form, seconds, theirs) in [("csv", 2.0, vec!["-At", "-F,", "-c", ALL]), ("table", 5.0, vec!["-c", ALL])] {
        let theirs = measure(&mut psql(world, url, &theirs), "theirs", world)?;
        let ours = measure(&mut cockpit_sql(world, url, &["-o", form, "-c", ALL]), "ours", world)?;
        let megabytes = ours.bytes as f64 / 1e6;
        let beside = if form == "csv" { format!("; COPY {}", describe(&copied)) } else { String::new() };
        report.add(
            &format!("a table of three million rows to a file, `cockpit sql -o {form}`, and psql"),
            &format!("≤ {:.1} s, +20 MB", limit(seconds)),
            format!("{} for {rows} rows, {megabytes:.0} MB (psql {}{beside})", describe(&ours), describe(&theirs)),
            ours.time.as_secs_f64() <= limit(seconds) && ours.memory <= base + 20.0,
        );
    }
    Ok(())
}

/// The time from starting the program to its first byte.
fn first_byte(command: &mut Command) -> Result<Duration> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut out = child.stdout.take().ok_or("it has no output")?;
    out.read_exact(&mut [0])?;
    let time = start.elapsed();
    drop(out);
    end(&mut child);
    Ok(time)
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn first_row(world: &World, url: &str, report: &mut Report) -> Result<()> {
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for _ in 0..5 {
        ours.push(first_byte(&mut cockpit_sql(world, url, &["-c", ALL]))?);
        theirs.push(first_byte(&mut psql(world, url, &["-v", "FETCH_COUNT=1000", "-c", ALL]))?);
    }
    report.add(
        "first rows of that table, from the start of the program on, and psql with FETCH_COUNT",
        "≤ 40 ms",
        format!("{} (psql {})", ms(ours.median()), ms(theirs.median())),
        ours.median() <= Duration::from_millis(40),
    );
    Ok(())
}

fn start(world: &World, url: &str, effort: Effort, report: &mut Report) -> Result<()> {
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for _ in 0..effort.pick(30, 10) {
        for (times, mut command) in [
            (&mut ours, cockpit_sql(world, url, &["-c", "select 1"])),
            (&mut theirs, psql(world, url, &["-c", "select 1"])),
        ] {
            let start = Instant::now();
            if !command.stderr(Stdio::null()).status()?.success() {
                return Err("select 1 failed".into());
            }
            times.push(start.elapsed());
        }
    }
    report.add(
        "`cockpit sql -c 'select 1'`, from start to end, and psql",
        "≤ 30 ms",
        format!("{} (psql {})", ms(ours.median()), ms(theirs.median())),
        ours.median() <= Duration::from_millis(30),
    );
    Ok(())
}

/// The time from Ctrl-C until the program has ended, with the statement cancelled on the server.
fn cancelled(world: &World, url: &str, mut command: Command) -> Result<Duration> {
    let mut child = command.stderr(Stdio::null()).spawn()?;
    // The server reports that it is running.
    let running =
        "select count(*) from pg_stat_activity where query like 'select pg_sleep(3600)%' and state = 'active'";
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        let out = psql(world, url, &["-Atc", running]).stdout(Stdio::piped()).output()?;
        if out.stdout == b"1\n" {
            break;
        }
    }
    let start = Instant::now();
    Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    child.wait()?;
    let time = start.elapsed();
    let left = psql(world, url, &["-Atc", running]).stdout(Stdio::piped()).output()?;
    if left.stdout != b"0\n" {
        return Err("the statement still runs at the server".into());
    }
    Ok(time)
}

fn cancel(world: &World, url: &str, effort: Effort, report: &mut Report) -> Result<()> {
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    let sleep = ["-c", "select pg_sleep(3600)"];
    for _ in 0..effort.pick(10, 3) {
        ours.push(cancelled(world, url, cockpit_sql(world, url, &sleep))?);
        theirs.push(cancelled(world, url, psql(world, url, &sleep))?);
    }
    report.add(
        "Ctrl-C on a running query, until it is cancelled at the server and the program has ended, and psql",
        "≤ 100 ms",
        format!("{} (psql {})", ms(ours.median()), ms(theirs.median())),
        ours.median() <= Duration::from_millis(100),
    );
    Ok(())
}
