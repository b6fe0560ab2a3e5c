//! Deployments: the delay of the verdict after the end, and the cost of watching.

use crate::report::Report;
use crate::servers::{COCKPIT, Server, World};
use crate::times::{Times, ms};
use crate::{Effort, Result};
use serde_json::Value;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The polling interval of a deployment.
const POLL: Duration = Duration::from_secs(3);
const SLACK: Duration = Duration::from_millis(200);
const WEB: &str = "bookmark-manager-staging-web";
/// A minute; the target counts calls per minute.
const MINUTE: Duration = Duration::from_mins(1);
const LONG: Duration = Duration::from_mins(4);

/// The state of the newest service deployment of a service.
fn newest(simulator: &Server, service: &str) -> Result<String> {
    let state = simulator.request("GET", "/_sim/state", "")?;
    let clusters = state["clusters"].as_array().into_iter().flatten();
    let mut services = clusters.flat_map(|cluster| cluster["services"].as_array().into_iter().flatten());
    let found = services.find(|other| other["name"] == service).ok_or("the service is gone")?;
    Ok(found["releases"][0]["status"].as_str().unwrap_or_default().to_owned())
}

/// From the end in the simulator to the end of the command, in scenarios that end in different ways.
pub(crate) fn verdicts(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let mut times = Times::default();
    let scenarios: [(&str, &str, i32); 4] =
        [("staging", "c0ffee1", 0), ("staging", "badc0de", 5), ("breaker", "c0ffee1", 5), ("stopped", "c0ffee1", 0)];
    for _ in 0..effort.pick(3, 1) {
        for (scenario, tag, code) in scenarios {
            // The world runs faster than real time; polling does not.
            let simulator = Server::at_speed(scenario, "20")?;
            let mut command = world.command(COCKPIT, &simulator.endpoint);
            command.args(["deploy", "web", "--image", tag, "--yes", "--env", "staging"]).stderr(Stdio::null());
            let before = newest(&simulator, WEB)?;
            let mut child = command.spawn()?;
            let limit = Instant::now() + LONG;
            let (mut begun, mut over) = (before != "SUCCESSFUL", None);
            let ended = loop {
                if over.is_none() {
                    let status = newest(&simulator, WEB)?;
                    begun |= status != "SUCCESSFUL";
                    let terminal = matches!(status.as_str(), "SUCCESSFUL" | "ROLLBACK_SUCCESSFUL" | "STOPPED");
                    if begun && terminal {
                        over = Some(Instant::now());
                    }
                }
                if let Some(status) = child.try_wait()? {
                    if status.code() != Some(code) {
                        return Err(format!("{scenario} {tag}: {status}").into());
                    }
                    break Instant::now();
                }
                if Instant::now() > limit {
                    return Err(format!("{scenario} {tag}: no verdict").into());
                }
                std::thread::sleep(Duration::from_millis(5));
            };
            // If it ends right after its start, only the end is observed.
            times.push(over.map_or(Duration::ZERO, |over| ended.saturating_duration_since(over)));
        }
    }
    let median = times.median();
    report.add(
        "from the end of a deployment to its verdict, over scenarios",
        "≤ 3.2 s (one poll and 0.2 s)",
        format!("median {}, longest {} of {}", ms(median), ms(times.longest()), times.count()),
        median <= POLL + SLACK,
    );
    Ok(())
}

fn total(simulator: &Server) -> Result<u64> {
    let all = simulator.requests()?;
    let count = |value: &Value| value.as_u64().or_else(|| value["count"].as_u64()).unwrap_or(0);
    Ok(all["operations"].as_object().into_iter().flatten().map(|(_, value)| count(value)).sum())
}

/// The requests in the first minute of a deployment that takes longer.
pub(crate) fn calls(world: &World, _: Effort, report: &mut Report) -> Result<()> {
    let simulator = Server::simulator("slow-rollout")?;
    let mut command = world.command(COCKPIT, &simulator.endpoint);
    command.args(["deploy", "web", "--image", "c0ffee1", "--yes", "--env", "staging"]).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let limit = Instant::now() + Duration::from_secs(30);
    while newest(&simulator, WEB)? == "SUCCESSFUL" {
        if Instant::now() > limit {
            return Err("the deployment does not begin".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let before = total(&simulator)?;
    std::thread::sleep(MINUTE);
    let calls = total(&simulator)? - before;
    // Killed; as with Ctrl-C, the deployment continues in the simulator.
    child.kill()?;
    child.wait()?;
    report.add("requests a minute while one deployment is watched", "≤ 60", calls.to_string(), calls <= 60);
    Ok(())
}
