//! Half an hour of a log storm, for the command and for the pane: their memory must not grow with time.

use crate::report::Report;
use crate::servers::{COCKPIT, Server, World, resident};
use crate::terminal::Terminal;
use crate::{Effort, Result};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Simulated time, in seconds.
const SIMULATED: u64 = 30 * 60;
/// The allowed peak of the last third relative to that of the second.
const GROWTH: f64 = 1.1;

/// Longer than the pane needs to fill up its maximum number of lines.
const FILLING: Duration = Duration::from_mins(8);

/// A command that ends when this value is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The resident memory over half an hour in which more is written than can be requested.
pub(crate) fn soak(world: &World, effort: Effort, report: &mut Report) -> Result<()> {
    let speed: u64 = effort.pick(10, 60);
    let time = Duration::from_secs(SIMULATED / speed);
    let storm = || Server::at_speed("log-storm", &speed.to_string());

    let simulator = storm()?;
    let mut command = world.command(COCKPIT, &simulator.endpoint);
    command.args(["logs", "--env", "prod", "-f"]).stderr(Stdio::null());
    let mut running = Running(command.spawn()?);
    let command = sampled(time, || {
        std::thread::sleep(Duration::from_millis(500));
        match running.0.try_wait()? {
            Some(status) => Err(format!("`logs -f` ended with {status}").into()),
            None => resident(running.0.id()),
        }
    })?;
    drop(running);
    drop(simulator);
    flat("`logs -f`: memory", &command, report);

    let simulator = storm()?;
    let mut terminal = Terminal::open(world, &simulator, "prod", &[])?;
    let long = Duration::from_mins(1);
    terminal.until("the first frame", long, |screen| screen.contents().contains("3 Logs"))?;
    terminal.write("3")?;
    terminal.until("lines", long, |screen| screen.contents().contains("following"))?;
    let mut sample = || {
        terminal.watch(Duration::from_millis(500));
        terminal.memory()
    };
    // The pane keeps a million lines; it must not grow only once that number is reached.
    let (end, mut before) = (Instant::now() + FILLING, 0.0);
    while Instant::now() < end {
        let peak = sampled(Duration::from_secs(15), &mut sample)?.into_iter().fold(0.0, f64::max);
        if peak <= before * 1.01 {
            break;
        }
        before = peak;
    }
    let pane = sampled(time, sample)?;
    flat("logs pane: memory", &pane, report);
    Ok(())
}

/// Repeats a measurement for some time.
fn sampled(time: Duration, mut sample: impl FnMut() -> Result<f64>) -> Result<Vec<f64>> {
    let end = Instant::now() + time;
    let mut samples = Vec::new();
    while Instant::now() < end {
        samples.push(sample()?);
    }
    Ok(samples)
}

/// Reports the peaks of the thirds; the last must not exceed the second times [`GROWTH`].
fn flat(what: &str, samples: &[f64], report: &mut Report) {
    let third = samples.len() / 3;
    let peak = |from: usize, to: usize| samples[from..to].iter().copied().fold(0.0, f64::max);
    let (first, second, last) = (peak(0, third), peak(third, 2 * third), peak(2 * third, samples.len()));
    report.add(
        &format!("{what} over 30 simulated minutes of a storm"),
        "last third ≤ 1.1 × the second",
        format!("peaks of the thirds {first:.1}, {second:.1}, {last:.1} MB, {} samples", samples.len()),
        third > 0 && last <= GROWTH * second,
    );
}
