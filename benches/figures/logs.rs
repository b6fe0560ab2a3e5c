//! Logs: the store compared with lnav and ripgrep on one file, the command compared with `aws logs tail` on one
//! simulator, and the pane while 50,000 lines per second arrive.

use crate::report::Report;
use crate::servers::{COCKPIT, Server, World, resident};
use crate::terminal::Terminal;
use crate::times::{Times, ms};
use crate::{Effort, Result};
use log_store::store::hash;
use log_store::view::Rule;
use log_store::{Limits, NewLine, Search, Source, Store, View};
use serde_json::json;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LINES: usize = 1_000_000;
const API: &str = "/ecs/bookmark-manager-prod-api";
const WEB: &str = "/ecs/bookmark-manager-staging-web";
/// Requests per second of `FilterLogEvents` and of `GetLogEvents` in ap-northeast-1.
const FILTER_RATE: f64 = 10.0;
const GET_RATE: f64 = 25.0;
/// An lnav format for the lines of the file, as a person would write it.
const LNAV: &str = r#"{"pino_log":{"title":"pino","url":"","description":"","json":true,"file-pattern":".*\\.jsonl",
"level-field":"level","level":{"error":50,"warning":40,"info":30,"debug":20},
"timestamp-field":"time","timestamp-divisor":1000,"body-field":"msg",
"line-format":[{"field":"__timestamp__"}," ",{"field":"msg"}],
"value":{"level":{"kind":"integer"},"pid":{"kind":"integer"},"context":{"kind":"string"},"req":{"kind":"json"},"res":{"kind":"json"},"responseTime":{"kind":"integer"}}}}"#;

/// Generates a million JSON lines of about 200 bytes, one of which contains a rare word.
fn generated_lines() -> String {
    let mut out = String::with_capacity(LINES * 210);
    let mut state = 1_u64;
    for n in 0..LINES as u64 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (level, status) = if state >> 57 == 0 { (50, 502) } else { (30, 200) };
        let message = if n == 777_777 { "NeedleInTheHaystack" } else { "request completed" };
        let _ = writeln!(
            out,
            r#"{{"level":{level},"time":{},"pid":1,"context":"HTTP","req":{{"id":"{:012x}","method":"GET","url":"/api/bookmarks/{}","remoteAddress":"10.0.1.7"}},"res":{{"statusCode":{status}}},"responseTime":{},"msg":"{message}"}}"#,
            1_760_000_000_000 + n,
            state >> 16,
            state >> 50,
            (state >> 40) % 900
        );
    }
    out
}

/// The best time of several runs of a command.
fn best(runs: usize, mut command: impl FnMut() -> Command) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..runs {
        let begin = Instant::now();
        let status = command().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if !status.success() {
            return Err(format!("{:?} ended with {status}", command()).into());
        }
        best = best.min(begin.elapsed());
    }
    Ok(best)
}

fn fill(store: &mut Store, text: &str) -> Duration {
    let stream = store.stream(Source { service: "api".into(), ..Source::default() });
    let begin = Instant::now();
    for (n, text) in text.lines().enumerate() {
        let at = 1_760_000_000_000 + n as i64 / 50;
        store.push(&NewLine { at, id: hash(&[&n.to_le_bytes()]), stream, text, late: false });
    }
    begin.elapsed()
}

pub(crate) fn store(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let file = world.folder.join("million.jsonl");
    let text = generated_lines();
    fs::write(&file, &text)?;
    let bytes = text.len() - LINES;
    let formats = world.folder.join("lnav/formats/pino");
    fs::create_dir_all(&formats)?;
    fs::write(formats.join("format.json"), LNAV)?;
    let runs = effort.pick(3, 1);
    let lnav = |query: &str| {
        let mut command = Command::new("lnav");
        command.arg("-n").arg("-I").arg(world.folder.join("lnav")).arg("-c").arg(query).arg(&file);
        // lnav creates folders in its working directory.
        command.current_dir(&world.folder).env("HOME", &world.folder).env("TERM", "xterm-256color");
        command
    };
    let lnav_ingest = best(runs, || lnav(";SELECT count(*) FROM pino_log"))?;
    let limits = Limits { lines: 2 * LINES, bytes: 1 << 30 };
    let mut ingest = Duration::MAX;
    for _ in 0..runs {
        let mut store = Store::new(limits);
        ingest = ingest.min(fill(&mut store, &text));
    }
    let before = resident("self")?;
    let mut store = Store::new(limits);
    fill(&mut store, &text);
    let memory = resident("self")? - before;
    let rate = LINES as f64 / ingest.as_secs_f64();
    report.add(
        "ingest, parse and index a million JSON lines of about 210 bytes, one core; lnav with a JSON format on the same file",
        "≥ 1 M lines/s, ≥ 2× lnav",
        format!("{:.2} M lines/s ({}); lnav {}", rate / 1e6, ms(ingest), ms(lnav_ingest)),
        rate >= 1e6 && ingest * 2 <= lnav_ingest,
    );
    let beyond = (store.bytes() - bytes) as f64 / LINES as f64;
    report.add(
        "memory of a million stored lines",
        "≤ 32 bytes a line beyond its text, ≤ 300 MB resident",
        format!("{beyond:.1} bytes; {memory:.0} MB for {:.0} MB of text", bytes as f64 / 1e6),
        beyond <= 32.0 && memory <= 300.0,
    );
    for (what, pattern, search) in [
        ("a rare term", "NeedleInTheHaystack", Search::plain("NeedleInTheHaystack")?),
        ("a regular expression", r#"statusCode":50\d"#, Search::regex(r#"statusCode":50\d"#)?),
    ] {
        let mut took = Duration::MAX;
        let (mut count, mut first) = (0, Duration::MAX);
        for _ in 0..5 {
            let mut view = View::new(Rule { search: Some(search.clone()), ..Rule::default() });
            // While typing, a frame examines this many rows, the newest first.
            let begin = Instant::now();
            view.update(&store, 160_000);
            first = first.min(begin.elapsed());
            let begin = Instant::now();
            let mut view = View::new(Rule { search: Some(search.clone()), ..Rule::default() });
            view.update(&store, usize::MAX);
            took = took.min(begin.elapsed());
            count = view.len();
        }
        let rg = best(5, || {
            let mut command = Command::new("rg");
            command.arg("-c").arg(pattern).arg(&file);
            command
        })?;
        report.add(
            &format!("search {what} in a million lines; `rg -c` on the same text"),
            "≤ 100 ms, ≤ 2× ripgrep; the share of a frame ≤ 16 ms",
            format!("{} ({count} lines), a frame {}; ripgrep {}", ms(took), ms(first), ms(rg)),
            took <= Duration::from_millis(100) && took <= rg * 2 && first <= Duration::from_millis(16),
        );
    }
    fs::remove_file(file)?;
    Ok(())
}

/// The output of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Printed {
    lines: usize,
    /// The size of the lines in bytes.
    bytes: usize,
    /// A hash over the lines in order.
    hash: u64,
}

/// Reads the output of a command, from each line the part after a number of blanks, and measures the duration.
fn printed(command: &mut Command, blanks: usize) -> Result<(Printed, Duration)> {
    let begin = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut out = BufReader::with_capacity(1 << 20, child.stdout.take().ok_or("no output")?);
    let mut printed = Printed { lines: 0, bytes: 0, hash: 0 };
    let mut line = Vec::new();
    // The reader shares the processors with the measured command, so it does not convert lines to text.
    while out.read_until(b'\n', &mut line)? > 0 {
        let text = line.splitn(blanks + 1, |byte| *byte == b' ').last().unwrap_or_default();
        printed.lines += 1;
        printed.bytes += text.len();
        printed.hash = hash(&[&printed.hash.to_le_bytes(), text]);
        line.clear();
    }
    child.wait()?;
    Ok((printed, begin.elapsed()))
}

pub(crate) fn command(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let aws = std::env::var("COCKPIT_AWS_V2").unwrap_or_else(|_| "/usr/bin/aws".to_owned());
    let simulator = Server::with_stopped_clock("log-storm")?;
    // The clock stands still and the times are absolute, so that all commands read the same lines.
    let state = simulator.request("GET", "/_sim/state", "")?;
    let now: jiff::Timestamp = state["now"].as_str().ok_or("no time")?.parse()?;
    let ours = |since: &str| {
        let mut command = world.command(COCKPIT, &simulator.endpoint);
        command.args(["--env", "prod", "logs", "api", "--since", since, "--until", &now.to_string(), "-o", "raw"]);
        printed(&mut command, 0)
    };
    // At the start the storm has been running for 40 s, in as many tasks as the hour of the day has: a million lines,
    // or an eighth of them.
    let (line_count, mut before) = (effort.pick(1_000_000, 125_000), effort.pick(45_000, 6_000));
    let since = loop {
        let since = (now - jiff::SignedDuration::from_millis(before)).to_string();
        let (all, _) = ours(&since)?;
        if all.lines < line_count * 6 / 5 {
            break since;
        }
        before = before * line_count as i64 / all.lines as i64;
    };
    let (mut times, mut all) = (Times::default(), Vec::new());
    for _ in 0..effort.pick(5, 3) {
        // Wait until the rate limits used by the previous run have recovered, as for a person's command.
        std::thread::sleep(Duration::from_secs(2));
        let (lines, took) = ours(&since)?;
        all.push(lines);
        times.push(took);
    }
    let mut their_times = Times::default();
    for _ in 0..effort.pick(3, 1) {
        let mut theirs = world.command(&aws, &simulator.endpoint);
        // Debian's version does not support `AWS_ENDPOINT_URL` yet.
        theirs.args(["--endpoint-url", &simulator.endpoint, "logs", "tail", API, "--since", &since]);
        std::thread::sleep(Duration::from_secs(2));
        // The output is a time, then the line.
        let (lines, took) = printed(theirs.args(["--format", "short"]), 1)?;
        all.push(lines);
        their_times.push(took);
    }
    let Printed { lines, bytes, .. } = all[0];
    let same = all.iter().all(|other| *other == all[0]);
    let (took, their_time) = (times.median(), their_times.median());
    // The number of full pages: 1 MB including 26 bytes per line, or 10,000 lines. The line ending does not count.
    let sizes = simulator.request("GET", "/_sim/requests", "")?;
    let pages = ((bytes + 25 * lines) as f64 / f64::from(1 << 20)).max(lines as f64 / 10_000.0);
    let bound = Duration::from_secs_f64(pages / (FILTER_RATE + GET_RATE));
    let refused = |api: &str| sizes["budgets"][api]["throttled"].as_u64().unwrap_or_default();
    let throttled = refused("logs:filter") + refused("logs:get");
    let part = bound.as_secs_f64() / took.as_secs_f64();
    report.add(
        "`cockpit logs --since` of stored events; `aws logs tail` (version 2) on the same, both held to AWS's limits",
        "≥ 2×, ≥ 95 % of what both limits together allow, the same lines in the same order",
        format!(
            "{lines} lines in {}, aws {} ({:.1}×); both limits together need {} ({:.0} %); {throttled} requests refused",
            ms(took),
            ms(their_time),
            their_time.as_secs_f64() / took.as_secs_f64(),
            ms(bound),
            part * 100.0,
        ),
        took * 2 <= their_time && part >= 0.95 && same,
    );
    follow(world, effort, report, &aws)
}

/// The time until a command prints newly written lines, and whether it prints one with a timestamp half a minute ago.
fn latency(simulator: &Server, effort: Effort, who: &str, command: &mut Command) -> Result<(Times, bool)> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let out = BufReader::new(child.stdout.take().ok_or("no output")?);
    let (send, seen) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in out.lines().map_while(std::result::Result::ok) {
            if send.send((Instant::now(), line)).is_err() {
                return;
            }
        }
    });
    let write = |message: &str, age: u64| {
        let body = json!({"write_log": {"group": WEB, "message": message, "age_ms": age}});
        simulator.request("POST", "/_sim/world", &body.to_string())
    };
    seen.recv_timeout(Duration::from_mins(1))?;
    std::thread::sleep(Duration::from_secs(3));
    let mut times = Times::default();
    for n in 0..effort.pick(30, 8) {
        // Unique per command, because the next one may read earlier lines as well.
        let message = format!("probe-{who}-{n}-{}", std::process::id());
        let begin = Instant::now();
        write(&message, 0)?;
        loop {
            let (at, line) = seen.recv_timeout(Duration::from_secs(30))?;
            if line.contains(&message) {
                times.push(at.duration_since(begin));
                break;
            }
        }
        std::thread::sleep(Duration::from_millis(137 * (n % 5) as u64));
    }
    let back = format!("thirty-seconds-back-{who}");
    write(&back, 30_000)?;
    let end = Instant::now() + Duration::from_secs(30);
    let mut found = false;
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|_| !found) {
        match seen.recv_timeout(left) {
            Ok((_, line)) => found = line.contains(&back),
            Err(_) => break,
        }
    }
    child.kill()?;
    child.wait()?;
    Ok((times, found))
}

/// The time until a written line is printed.
fn follow(world: &World, effort: Effort, report: &mut Report, aws: &str) -> Result<()> {
    let simulator = Server::simulator("staging")?;
    let ours = |live: bool| {
        let mut command = world.command(COCKPIT, &simulator.endpoint);
        command.args(["logs", "-f", "web", "api", "--since", "10s", "-o", "raw"]);
        if live {
            command.args(["--live", "--delay", "0s"]);
        }
        command
    };
    let (polling, late) = latency(&simulator, effort, "polling", &mut ours(false))?;
    let (live, live_late) = latency(&simulator, effort, "live", &mut ours(true))?;
    let mut tail = world.command(aws, &simulator.endpoint);
    tail.args(["--endpoint-url", &simulator.endpoint, "logs", "tail", WEB, "--follow", "--since", "10s"])
        .env("PYTHONUNBUFFERED", "1");
    let (theirs, their_late) = latency(&simulator, effort, "aws", &mut tail)?;
    let words = |found: bool| if found { "shown" } else { "lost" };
    report.add(
        "event to line in follow mode, polling; `aws logs tail --follow`",
        "p50 ≤ 1 s, nothing lost",
        format!(
            "p50 {}, max {}, a line of 30 s back {}; aws p50 {}, max {}, {}",
            ms(polling.median()),
            ms(polling.longest()),
            words(late),
            ms(theirs.median()),
            ms(theirs.longest()),
            words(their_late)
        ),
        polling.median() <= Duration::from_secs(1) && late,
    );
    report.add(
        "… with `--live`, which the service sends once a second",
        "p50 ≤ 300 ms",
        format!("p50 {}, max {}, a line of 30 s back {}", ms(live.median()), ms(live.longest()), words(live_late)),
        live.median() <= Duration::from_millis(300) && live_late,
    );
    Ok(())
}

/// Keys while 50,000 lines per second are written.
pub(crate) fn storm(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let simulator = Server::simulator("log-storm")?;
    let mut terminal = Terminal::open(world, &simulator, "prod", &[])?;
    let long = Duration::from_mins(1);
    terminal.until("the first frame", long, |screen| screen.contents().contains("3 Logs"))?;
    terminal.write("3")?;
    terminal.until("lines", long, |screen| screen.contents().contains("following"))?;
    terminal.watch(Duration::from_secs(effort.pick(10, 4)));
    let mut keys = Times::default();
    for _ in 0..effort.pick(100, 30) {
        // To the newest line, then away from it: while held, only keys move the selection.
        terminal.write("f")?;
        terminal.until("following", long, |screen| !screen.contents().contains("f follows"))?;
        terminal.write("k")?;
        terminal.until("held", long, |screen| screen.contents().contains("f follows"))?;
        terminal.watch(Duration::from_millis(60));
        // In one direction only: two opposite keys answered by one frame would leave no visible change.
        for key in ["k", "k", "k", "k"] {
            let took = terminal.press(key)?;
            keys.push(took);
            terminal.watch(Duration::from_millis(20).saturating_sub(took));
        }
    }
    report.add(
        "logs: key to frame while 50,000 lines a second are written",
        "p99 ≤ 16 ms",
        keys.quantiles(),
        keys.p99() <= Duration::from_millis(16),
    );
    Ok(())
}
