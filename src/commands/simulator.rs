//! `sim` and `demo`: the simulated AWS alone, or under the interactive session.

use super::context::Context;
use super::session;
use crate::app::Session;
use crate::cli::simulator::{Demo, Sim};
use crate::cli::{ExitCode, Report};
use crate::config::{self, Config, EnvironmentConfig};
use crate::headless;
use crate::runtime::clock::Clock;
use aws_sim::{Scenario, SimOptions};
use std::io;
use tokio::signal::unix::{SignalKind, signal};

/// Serves until SIGINT or SIGTERM.
pub(super) async fn sim(arguments: &Sim, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let options = SimOptions {
        scenario: scenario(&arguments.scenario)?,
        listen: arguments.listen,
        seed: arguments.seed,
        speed: arguments.speed,
        start: None,
        limited: !arguments.unlimited,
    };
    crate::runtime::keep_what_is_freed();
    let simulator = start(options).await?;
    let failed =
        |error: &io::Error| Report::new("simulator", "the simulator cannot run", ExitCode::Failed).caused_by(error);
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

/// The interactive session on a simulated world in the same process.
pub(super) async fn demo(context: &Context, arguments: &Demo) -> Result<ExitCode, Report> {
    session::needs_terminal("`cockpit sim`")?;
    let scenario = scenario(&arguments.scenario)?;
    let simulator = start(SimOptions { scenario, speed: arguments.speed, ..SimOptions::default() }).await?;
    let mut config = built_in(scenario)?;
    for environment in &mut config.environments {
        environment.endpoint_url = Some(simulator.endpoint());
        environment.profile = None;
    }
    let environment = config
        .environment(scenario.environment())
        .cloned()
        .ok_or_else(|| Report::new("simulator", "the scenario has no environment", ExitCode::Failed))?;
    let session = Session { simulated: true, overrides: crate::app::Overrides::default(), ..context.session() };
    let code = session::show(context, config, environment, session, Clock::Simulated(simulator.clock())).await;
    simulator.shutdown();
    code
}

/// The environments of the simulated world: those of the example configuration, which is built in.
fn built_in(scenario: Scenario) -> Result<Config, Report> {
    let loaded = config::parse("the built-in configuration", include_str!("../../config.toml"));
    loaded.sound()?;
    let mut config = loaded.config;
    if scenario == Scenario::Big {
        config.environments.push(EnvironmentConfig {
            name: "big".into(),
            project: "big".into(),
            account: Some(aws_sim::ACCOUNT.into()),
            region: Some("ap-northeast-1".into()),
            cluster: Some("big-cluster".into()),
            ..EnvironmentConfig::default()
        });
    }
    Ok(config)
}

fn scenario(name: &str) -> Result<Scenario, Report> {
    Scenario::parse(name).ok_or_else(|| {
        let known: Vec<&str> = Scenario::ALL.iter().map(|scenario| scenario.name()).collect();
        Report::usage(format!("the scenario `{name}` is not there yet"))
            .hint(format!("there are: {}", known.join(", ")))
    })
}

async fn start(options: SimOptions) -> Result<aws_sim::Sim, Report> {
    aws_sim::Sim::start(options).await.map_err(|error| {
        Report::new("simulator", "the simulator cannot be started", ExitCode::Failed).caused_by(&error)
    })
}
