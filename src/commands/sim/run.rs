//! Serves the simulated AWS until a signal.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::simulator::start;
use crate::headless;
use aws_sim::SimOptions;
use std::io;
use tokio::signal::unix::{SignalKind, signal};

/// Serves until SIGINT or SIGTERM.
pub(super) async fn run(arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let options = SimOptions {
        scenario: arguments.scenario,
        listen: arguments.listen,
        seed: arguments.seed,
        speed: arguments.speed,
        start: None,
        map: arguments.map.clone(),
        commands: arguments.allow_commands,
        limited: !arguments.unlimited,
    };
    crate::runtime::retain_freed_memory();
    let simulator = start(options).await?;
    let failed =
        |error: &io::Error| Report::new("simulator", "the simulator cannot run", ExitCode::Failed).caused_by(error);
    if let Some(file) = &arguments.certificate {
        std::fs::write(file, simulator.authority()).map_err(|error| {
            Report::new("simulator", format!("{} cannot be written", file.display()), ExitCode::Failed)
                .caused_by(&error)
        })?;
    }
    let hello = headless::json_line(&simulator.hello()).map_err(|error| failed(&error))?;
    headless::write(out, &(hello.trim_end().to_owned() + "\n")).map_err(|error| failed(&error))?;
    out.flush().map_err(|error| failed(&error))?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| failed(&error))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| failed(&error))?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    simulator.shutdown();
    Ok(ExitCode::Done)
}
