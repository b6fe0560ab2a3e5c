//! Opens the interactive session on the simulated AWS.

use super::args::Arguments;
use crate::app::Session;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::session;
use crate::commands::simulator::start;
use crate::config::{self, Config, DatabaseConfig, EnvironmentConfig, InfraConfig};
use crate::infra::ChildEnvironment;
use crate::infra::tools::on_path;
use crate::runtime::clock::Clock;
use crate::runtime::demo_database::{DATABASE, DemoDatabase, USER};
use crate::runtime::demo_infra;
use crate::runtime::demo_site::DemoSite;
use aws_sim::{Scenario, SimOptions};

/// Runs the interactive session on a simulated world in the same process.
pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    session::require_terminal("`cockpit sim`")?;
    let scenario = arguments.scenario;
    let database = DemoDatabase::listen(arguments.rows).await.map_err(|error| {
        Report::new("simulator", "the demo's database cannot be reached", ExitCode::Failed).caused_by(&error)
    })?;
    let leads = |name: &str, to| (format!("{name}:5432"), to);
    let map = vec![leads("reader", database.reader()), leads("*", database.address())];
    let simulator = start(SimOptions { scenario, speed: arguments.speed, map, ..SimOptions::default() }).await?;
    let mut config = built_in(scenario)?;
    for environment in &mut config.environments {
        environment.endpoint_url = Some(simulator.endpoint());
        environment.profile = None;
    }
    let site = DemoSite::start(&simulator).await.map_err(|error| {
        Report::new("simulator", "the demo's site cannot be started", ExitCode::Failed).cause(error)
    })?;
    for environment in &mut config.environments {
        site.redirect_probes(environment);
    }
    let (mut recorded, mut without_terraform) = (None, false);
    let own = config.environments.iter_mut().find(|environment| environment.name == scenario.environment());
    if let Some(environment) = own {
        let unwritten = |error: std::io::Error| {
            Report::new("simulator", "the demo's units cannot be written", ExitCode::Failed).caused_by(&error)
        };
        environment.infra = demo_infra::create(&environment.name, arguments.speed).map_err(unwritten)?;
        without_terraform = on_path("terraform", &ChildEnvironment::of_process(environment)).is_none();
        if without_terraform {
            recorded = demo_infra::start_replay(&environment.name, arguments.speed).map_err(unwritten)?;
        }
    }
    let environment = config
        .environment(scenario.environment())
        .cloned()
        .ok_or_else(|| Report::new("simulator", "the scenario has no environment", ExitCode::Failed))?;
    let overrides = crate::app::Overrides::default();
    let session =
        Session { simulated: true, recorded: without_terraform, all: arguments.all, overrides, ..context.session() };
    let code = session::show(context, config, environment, session, Clock::Simulated(simulator.clock())).await;
    drop((recorded, site));
    simulator.shutdown();
    code
}

/// Returns the environments of the simulated world: those of the example configuration, which is built in.
fn built_in(scenario: Scenario) -> Result<Config, Report> {
    let loaded = config::parse("the built-in configuration", include_str!("../../../config.toml"));
    loaded.check_errors()?;
    let mut config = loaded.config;
    // A real Terraform state must never meet a simulated world: every declared resource would seem to be gone.
    config.environments.retain(|environment| environment.account.is_some());
    for environment in &mut config.environments {
        environment.infra = InfraConfig::default();
        environment.database =
            DatabaseConfig { user: Some(USER.into()), database: Some(DATABASE.into()), ..DatabaseConfig::default() };
        // The credentials of the throwaway database differ from those in the simulated AWS: connection strings that are
        // copied must work.
        environment.tunnel.user = Some(USER.into());
        environment.tunnel.database = Some(DATABASE.into());
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulated_world_has_no_real_infrastructure() {
        let config = built_in(Scenario::Staging).unwrap();
        assert!(config.environment("staging").is_some());
        assert!(config.environments.iter().all(|environment| environment.infra == InfraConfig::default()));
    }

    #[test]
    fn demo_tunnels_use_the_demo_database_and_user() {
        for environment in built_in(Scenario::Staging).unwrap().environments {
            let tunnel = &environment.tunnel;
            assert_eq!((tunnel.user.as_deref(), tunnel.database.as_deref()), (Some(USER), Some(DATABASE)));
        }
    }
}
