//! Commands and panes of a normal day: parameters, the time line, an idle Overview, `init`.

use crate::report::Report;
use crate::servers::{COCKPIT, Server, World};
use crate::terminal::Terminal;
use crate::times::{Times, ms};
use crate::{Effort, Result};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The allowed time of a command beyond the waits caused by the service's rate limits.
const CHECK: Duration = Duration::from_millis(200);
const TIMELINE: Duration = Duration::from_millis(300);
const KEY_P99: Duration = Duration::from_millis(16);
const INIT: Duration = Duration::from_secs(3);
const REQUESTS: f64 = 60.0;
const PANES_MB: f64 = 40.0;
const LONG: Duration = Duration::from_mins(2);
const PATH: &str = "/bookmark-manager/staging/";
const CLUSTER: &str = "bookmark-manager-staging-cluster";

/// Measures a command that must end with one of these exit codes; also returns the wait caused by the service's rate limits.
fn timed(world: &World, server: &Server, line: &str, codes: &[i32]) -> Result<(Duration, Duration)> {
    server.reset()?;
    let mut command = world.command(COCKPIT, &server.endpoint);
    command.args(line.split(' ')).stderr(Stdio::piped());
    let start = Instant::now();
    let out = command.output()?;
    let took = start.elapsed();
    if !out.status.code().is_some_and(|code| codes.contains(&code)) {
        return Err(format!("{line}: {} {}", out.status, String::from_utf8_lossy(&out.stderr)).into());
    }
    Ok((took, limits(&server.requests()?)))
}

/// The wait that the documented rates cause for a number of requests: those beyond the burst are sequential.
fn limits(requests: &Value) -> Duration {
    let wait = |bucket: &Value| {
        let of = |key: &str| bucket[key].as_f64().unwrap_or_default();
        let beyond = (of("count") - of("burst")).max(0.0);
        if beyond > 0.0 && of("rate") > 0.0 { beyond / of("rate") } else { 0.0 }
    };
    let longest = requests["budgets"].as_object().into_iter().flatten().map(|(_, bucket)| wait(bucket));
    Duration::from_secs_f64(longest.fold(0.0, f64::max))
}

/// `params check` of 1,000 parameters and 50 services, compared with equivalent calls of the AWS CLI.
pub(crate) fn params(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let simulator = Server::with_stopped_clock("staging")?;
    let many = json!({
        "add_parameters": {"prefix": format!("{PATH}many/"), "count": 1_000, "region": "ap-northeast-1"},
        "add_services": {"cluster": CLUSTER, "count": 48, "desired": 1},
    });
    simulator.request("POST", "/_sim/poke", &many.to_string())?;
    let config = std::fs::read_to_string(world.folder.join("config.toml"))?;
    let environment = format!(
        "[environments.all]\nproject = \"bookmark-manager\"\naccount = \"123456789012\"\nregion = \"ap-northeast-1\"\ncluster = \"{CLUSTER}\"\nparameters = [\"{PATH}\"]\n"
    );
    std::fs::write(world.folder.join("all.toml"), config + &environment)?;
    let mut times = Times::default();
    let mut waits = Duration::ZERO;
    for _ in 0..effort.pick(9, 5) {
        // Each run starts with full buckets, as after a period without requests.
        std::thread::sleep(Duration::from_secs(5));
        let (took, wait) = timed(world, &simulator, "--config all.toml --env all params check -o json", &[0, 1])?;
        times.push(took);
        waits = waits.max(wait);
    }
    let names: Vec<String> = (0..48).map(|number| format!("extra-{number:05}")).collect();
    let start = Instant::now();
    let sampled = effort.pick(names.len(), 4);
    aws(
        world,
        &simulator,
        &["ssm", "describe-parameters", "--parameter-filters", &format!("Key=Path,Option=Recursive,Values={PATH}")],
    )?;
    for name in names.iter().take(sampled) {
        let described = ["ecs", "describe-services", "--cluster", CLUSTER, "--services", name];
        let answer = aws(world, &simulator, &described)?;
        let definition = answer["services"][0]["taskDefinition"].as_str().unwrap_or_default().to_owned();
        aws(world, &simulator, &["ecs", "describe-task-definition", "--task-definition", &definition])?;
    }
    let peer = start.elapsed();
    let median = times.median();
    report.add(
        "`params check` of 1,000 parameters and 50 services, and AWS CLI calls for as many",
        "API's limits + 200 ms",
        format!(
            "{} (the limits make it wait {}); the calls for {sampled} services {:.1} s",
            ms(median),
            ms(waits),
            peer.as_secs_f64()
        ),
        median <= waits + CHECK,
    );
    Ok(())
}

/// Runs the AWS CLI and parses its JSON.
fn aws(world: &World, server: &Server, words: &[&str]) -> Result<Value> {
    let python = std::env::var("COCKPIT_PYTHON")
        .unwrap_or_else(|_| format!("{}/.cache/cockpit/venv/bin/python", std::env::var("HOME").unwrap_or_default()));
    let mut command: Command = world.command(&python, &server.endpoint);
    command.args(["-m", "awscli"]).args(words).args(["--output", "json"]).stdout(Stdio::piped());
    let out = command.output()?;
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).into_owned().into());
    }
    Ok(serde_json::from_slice(&out.stdout)?)
}

/// The last day of `big` as a command, and keys while the pane loads it.
pub(crate) fn timeline(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let simulator = Server::simulator("big")?;
    let (took, wait) = timed(world, &simulator, "--env big timeline --since 24h -o json", &[0, 3])?;
    report.add(
        "`timeline --since 24h` of `big`",
        "API's limits + 300 ms",
        format!("{} (the limits make it wait {})", ms(took), ms(wait)),
        took <= wait + TIMELINE,
    );
    let mut terminal = Terminal::open(world, &simulator, "big", &[])?;
    terminal.until("the first frame", LONG, |screen| screen.contents().contains("2 Services"))?;
    terminal.write("t")?;
    let mut keys = Times::default();
    for _ in 0..effort.pick(60, 20) {
        for key in ["2", "1"] {
            let took = terminal.press(key)?;
            keys.push(took);
            terminal.watch(Duration::from_millis(20).saturating_sub(took));
        }
    }
    report.add(
        "key to frame while the time line of `big` loads",
        "p99 ≤ 16 ms",
        keys.quantiles_and_longest(),
        keys.p99() <= KEY_P99,
    );
    Ok(())
}

/// The requests of an idle Overview.
pub(crate) fn idle(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let simulator = Server::simulator("prod")?;
    let mut terminal = Terminal::open(world, &simulator, "prod", &[])?;
    terminal.until("the first frame", LONG, |screen| screen.contents().contains("2 Services"))?;
    terminal.watch(Duration::from_secs(15));
    simulator.reset()?;
    let time = Duration::from_secs(effort.pick(180, 60));
    terminal.watch(time);
    let requests = simulator.requests()?;
    let minutes = time.as_secs_f64() / 60.0;
    let rate = requests["total"].as_f64().unwrap_or_default() / minutes;
    let mut most: Vec<(u64, &String)> = requests["operations"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (value["count"].as_u64().unwrap_or_default(), name))
        .collect();
    most.sort_unstable_by_key(|(count, _)| std::cmp::Reverse(*count));
    let most: Vec<String> =
        most.iter().take(3).map(|(count, name)| format!("{name} {:.0}", *count as f64 / minutes)).collect();
    report.add(
        "requests a minute of an idle Overview with all blocks, `prod`",
        "≤ 60",
        format!("{rate:.0} ({})", most.join(", ")),
        rate <= REQUESTS,
    );
    Ok(())
}

/// The account of `prod`, with thirty services.
pub(crate) fn init(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let simulator = Server::with_stopped_clock("prod")?;
    let more = json!({"add_services": {"cluster": "bookmark-manager-prod-cluster", "count": 26, "desired": 1}});
    simulator.request("POST", "/_sim/poke", &more.to_string())?;
    let mut times = Times::default();
    for number in 0..effort.pick(9, 5) {
        let file = format!("made-{number}.toml");
        let _ = std::fs::remove_file(world.folder.join(&file));
        let line = format!("--region ap-northeast-1 init --accept --file {file}");
        times.push(timed(world, &simulator, &line, &[0])?.0);
        std::thread::sleep(Duration::from_secs(2));
    }
    let median = times.median();
    report.add(
        "`init` on an account of 30 services",
        "≤ 3 s",
        format!("{} of {}", ms(median), times.count()),
        median <= INIT,
    );
    Ok(())
}

/// The resident memory after every pane was visited.
pub(crate) fn panes(world: &World, _: Effort, report: &mut Report) -> Result<()> {
    let simulator = Server::simulator("staging")?;
    let mut terminal = Terminal::open(world, &simulator, "staging", &[])?;
    terminal.until("the first frame", LONG, |screen| screen.contents().contains("2 Services"))?;
    terminal.watch(Duration::from_secs(3));
    for key in ["2", "\r", "\u{1b}", "v", "b", "a", "3", "4", "5", "6", "7", "\r", "8", "v", "1", "t"] {
        terminal.write(key)?;
        terminal.watch(Duration::from_secs(2));
    }
    let memory = terminal.memory()?;
    report.add("resident memory, every pane visited once", "≤ 40 MB", format!("{memory:.1} MB"), memory <= PANES_MB);
    Ok(())
}
