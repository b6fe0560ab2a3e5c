//! The session in a terminal: its start, its response time, and the cost of keeping it open.

use crate::report::Report;
use crate::servers::{Server, World};
use crate::terminal::Terminal;
use crate::times::{Times, ms};
use crate::{Effort, Result};
use serde_json::Value;
use std::time::{Duration, Instant};

const FIRST_FRAME: Duration = Duration::from_millis(15);
const FIRST_SERVICES: Duration = Duration::from_millis(60);
const KEY_MEDIAN: Duration = Duration::from_millis(2);
const KEY_P99: Duration = Duration::from_millis(5);
const BUSY_KEY_P99: Duration = Duration::from_millis(16);
const FRAME: Duration = Duration::from_millis(4);
const STAGING_MB: f64 = 22.0;
const BIG_MB: f64 = 100.0;
/// Percent of a core.
const IDLE: f64 = 0.3;
const IDLE_KB: f64 = 30.0;
/// The time between two keys.
const PACE: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(30);

fn frame(screen: &vt100::Screen) -> bool {
    screen.contents().contains("2 Services")
}

/// Whether both services are shown with their counts.
fn services(screen: &vt100::Screen) -> bool {
    let contents = screen.contents();
    let row = |name: &str| {
        contents.lines().any(|line| line.contains(&format!("● {name} ")) || line.contains(&format!("○ {name} ")))
    };
    row("web") && row("api")
}

pub(crate) fn start(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let simulator = Server::simulator("staging")?;
    let (mut first, mut full) = (Times::default(), Times::default());
    for _ in 0..effort.pick(21, 9) {
        let mut terminal = Terminal::open(world, &simulator, "staging", &[])?;
        let frame = terminal.until("the first frame", LONG, frame)?;
        first.push(frame.duration_since(terminal.started));
        let services = if services(terminal.screen()) { frame } else { terminal.until("services", LONG, services)? };
        full.push(services.duration_since(terminal.started));
    }
    let median = first.median();
    report.add("exec to first frame", "≤ 15 ms", ms(median), median <= FIRST_FRAME);
    let median = full.median();
    report.add("exec to first frame with services", "≤ 60 ms", ms(median), median <= FIRST_SERVICES);
    Ok(())
}

pub(crate) fn slow_network(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let simulator = Server::simulator("staging")?;
    simulator.delay(300)?;
    let (mut first, mut keys) = (Times::default(), Times::default());
    for _ in 0..effort.pick(11, 5) {
        let mut terminal = Terminal::open(world, &simulator, "staging", &[])?;
        let frame = terminal.until("the first frame", LONG, frame)?;
        first.push(frame.duration_since(terminal.started));
        let end = Instant::now() + Duration::from_millis(1200);
        // First while everything loads, then while everything is reloaded.
        while Instant::now() < end {
            press_all(&mut terminal, &["2", "4", "1"], &mut keys)?;
        }
        for _ in 0..3 {
            terminal.write("r")?;
            for _ in 0..6 {
                press_all(&mut terminal, &["2", "4", "1"], &mut keys)?;
            }
        }
    }
    let median = first.median();
    report.add("with 300 ms added to every answer: exec to first frame", "≤ 15 ms", ms(median), median <= FIRST_FRAME);
    report.add(
        "… key to frame while loading and reading again",
        "p99 ≤ 16 ms",
        keys.quantiles_and_longest(),
        keys.p99() <= BUSY_KEY_P99,
    );
    Ok(())
}

fn press_all(terminal: &mut Terminal, keys: &[&str], times: &mut Times) -> Result<()> {
    for key in keys {
        let took = terminal.press(key)?;
        times.push(took);
        terminal.watch(PACE.saturating_sub(took));
    }
    Ok(())
}

pub(crate) fn keys_and_idle(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let simulator = Server::simulator("staging")?;
    let mut terminal = Terminal::open(world, &simulator, "staging", &[])?;
    terminal.until("services", LONG, services)?;
    terminal.watch(Duration::from_secs(3));
    let mut keys = Times::default();
    for _ in 0..effort.pick(100, 30) {
        press_all(&mut terminal, &["2", "j", "k", "4", "1"], &mut keys)?;
    }
    report.add(
        "key to frame, `staging`",
        "p50 ≤ 2 ms, p99 ≤ 5 ms",
        keys.quantiles(),
        keys.median() <= KEY_MEDIAN && keys.p99() <= KEY_P99,
    );
    // The requests triggered by the keys have finished.
    terminal.watch(Duration::from_secs(effort.pick(10, 5)));
    simulator.reset()?;
    let (before, written) = (terminal.processor()?, terminal.bytes);
    let time = Duration::from_secs(effort.pick(60, 20));
    terminal.watch(time);
    let percent = terminal.processor()?.saturating_sub(before).as_secs_f64() / time.as_secs_f64() * 100.0;
    let kb = (terminal.bytes - written) as f64 / 1000.0 / time.as_secs_f64() * 60.0;
    let memory = terminal.memory()?;
    report.add("resident memory, `staging` idle", "≤ 22 MB", format!("{memory:.1} MB"), memory <= STAGING_MB);
    report.add(
        "processor, `staging` idle and focused",
        "≤ 0.3 % of a core",
        format!("{percent:.2} %"),
        percent <= IDLE,
    );
    report.add("written to the terminal, idle", "≤ 30 kB a minute", format!("{kb:.1} kB a minute"), kb <= IDLE_KB);
    budgets("requests at `staging`", &simulator.requests()?, time, report);
    Ok(())
}

pub(crate) fn big(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let simulator = Server::simulator("big")?;
    let log = world.folder.join("big.log").display().to_string();
    let mut terminal = Terminal::open(world, &simulator, "big", &["-vv", "--log-file", &log])?;
    let start = Instant::now();
    terminal.until("services", LONG, |screen| screen.contents().contains("● 0001 "))?;
    terminal.write("2")?;
    terminal.watch(Duration::from_millis(200));
    let mut keys = Times::default();
    // While everything is read for the first time …
    for _ in 0..effort.pick(100, 30) {
        press_all(&mut terminal, &["j", "j", "j", "k", "G", "g"], &mut keys)?;
    }
    // … until every task definition is loaded, and then once more on demand.
    let definitions = |requests: &Value| requests["operations"]["ecs:DescribeTaskDefinition"]["count"].as_u64();
    let limit = Instant::now() + Duration::from_mins(5);
    while definitions(&simulator.requests()?).unwrap_or_default() < 1000 {
        if Instant::now() > limit {
            return Err("not all task definitions were read within 5 minutes".into());
        }
        terminal.watch(Duration::from_secs(2));
    }
    // Requests on demand use the other half of the budgets; only polling is counted.
    let polled = (simulator.requests()?, start.elapsed());
    let mut again = Times::default();
    for _ in 0..effort.pick(8, 3) {
        terminal.write("r")?;
        for _ in 0..6 {
            press_all(&mut terminal, &["j", "j", "j", "k", "G", "g"], &mut again)?;
        }
    }
    let (median, p99) = (keys.median(), keys.p99().max(again.p99()));
    keys.extend(&again);
    let what = format!("p50 {}, p99 {}, longest {} of {}", ms(median), ms(p99), ms(keys.longest()), keys.count());
    report.add("key to frame, `big` while all of it is read", "p99 ≤ 16 ms", what, p99 <= BUSY_KEY_P99);
    frames("a frame of `big`", &std::fs::read_to_string(&log)?, report);
    terminal.watch(Duration::from_secs(effort.pick(30, 10)));
    let memory = terminal.memory()?;
    report.add("resident memory, `big`", "≤ 100 MB", format!("{memory:.1} MB"), memory <= BIG_MB);
    budgets("requests at `big`", &polled.0, polled.1, report);
    Ok(())
}

/// The frame times that the session itself logged: updating rows and judgements, and drawing them.
pub(crate) fn frames(what: &str, log: &str, report: &mut Report) {
    let (mut draws, mut both) = (Times::default(), Times::default());
    for line in log.lines() {
        let figure = |name: &str| {
            let rest = line.split_once(name)?.1;
            rest.split(' ').next()?.parse().ok().map(Duration::from_micros)
        };
        if let (Some(settle), Some(draw)) = (figure("settle_us="), figure("draw_us=")) {
            draws.push(draw);
            both.push(settle + draw);
        }
    }
    let median = both.median();
    let measured = format!(
        "{} (drawing alone {}), p99 {}, longest {} of {}",
        ms(median),
        ms(draws.median()),
        ms(both.p99()),
        ms(both.longest()),
        both.count()
    );
    report.add(
        &format!("{what}: brought up to date and drawn"),
        "≤ 4 ms",
        measured,
        both.count() > 0 && median <= FRAME,
    );
}

/// The requests compared with half of every budget.
fn budgets(what: &str, requests: &Value, time: Duration, report: &mut Report) {
    let rate = requests["total"].as_f64().unwrap_or_default() / time.as_secs_f64();
    let classes = requests["budgets"].as_object();
    let over: Vec<String> = classes
        .into_iter()
        .flatten()
        .filter_map(|(class, figures)| {
            let over = figures["over_half"].as_u64().filter(|over| *over > 0)?;
            Some(format!("{class} {over} of {}", figures["count"]))
        })
        .collect();
    let beyond = if over.is_empty() { "none beyond".to_owned() } else { format!("beyond: {}", over.join(", ")) };
    let measured = format!("{rate:.1} a second over {:.0} s, {beyond}", time.as_secs_f64());
    report.add(what, "within half of every budget", measured, over.is_empty());
}
